//! A rule and a place of a repository to what the rule found there, or why it found nothing. Knows what keeps a finding
//! from a report, not what any rule looks for.

use std::path::Path;
use std::time::Duration;

use crate::catalogue::Catalogue;
use crate::facts::{Comment, FileId, Span};
use crate::finding::{Account, Confidence, Finding, Place, Problem, Severity};
use crate::model::Project;
use crate::report::span_at;
use crate::rules::{self, RULES, Rule};
use crate::settings::Settings;
use crate::suppress::Answerer;
use crate::walk::{self, FileKind, Files, Role};
use crate::{Phases, Progress, Said, Told, baseline, in_pool, suppress, tell};

/// A rule, and a place as people write it.
#[derive(Clone, Debug)]
pub struct Question {
    pub rule: &'static Rule,
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in UTF-16 code units.
    pub column: Option<usize>,
}

#[derive(Debug)]
pub struct Explanation {
    pub files: Files,
    pub rule: &'static Rule,
    /// `src/report.ts:12`
    pub asked: String,
    pub outcome: Outcome,
    /// What of the file was not understood.
    pub gaps: Vec<String>,
    pub problems: Vec<Problem>,
    pub timings: Vec<(&'static str, Duration)>,
}

#[derive(Debug)]
pub enum Outcome {
    /// The findings that have something to do with the place.
    Found(Vec<Judged>),
    /// What the rule knows of the place, and why it is no finding.
    Known(Vec<Account>),
    /// Nothing that the rule looks at.
    Nothing,
    /// The rule did not look there, and why.
    Unseen(String),
}

/// A finding, and what became of it.
#[derive(Debug)]
pub struct Judged {
    pub finding: Finding,
    pub accounts: Vec<Account>,
    /// What keeps it from the report; empty for nothing.
    pub withheld: Vec<String>,
}

/// Audits what lies below a folder and explains one place of it. The number of lines where there is no such line.
pub fn explain(
    root: &Path,
    question: &Question,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Explanation, usize> {
    in_pool(settings, || {
        let mut phases = Phases::new(progress);
        let files = phases.run("walk", 0, || walk::files(root, &settings.walk));
        let Told { files, facts, manifests, problems, .. } = tell(files, Said::default(), &mut phases);
        let path = question.path.as_str();
        let file = files.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok();
        let file = file.map(|index| FileId(index as u32)).filter(|id| files.file(*id).read);
        let span = file.map(|id| span_at(&files.file(id).text, question.line, question.column)).transpose()?;
        let place = file.zip(span).map(|(file, span)| Place { file, span });
        let comments = suppress::comments(&files, &facts, &manifests);
        let catalogue = Catalogue::new(&settings.libraries);
        let project = phases.run("link", 0, || Project::link(&files, facts, manifests, &catalogue));
        let outcome = phases.run("explain", 0, || match place {
            Some(place) => {
                let asked = Asked { project: &project, files: &files, comments: &comments, settings };
                asked.outcome(question.rule, place)
            }
            None => Outcome::Unseen(unseen(&files, path)),
        });
        drop(project);
        let of_file = |problem: &&Problem| problem.path == path;
        let gaps = problems.iter().filter(of_file).map(|problem| problem.message.clone()).collect();
        let column = question.column.map(|column| format!(":{column}")).unwrap_or_default();
        let asked = format!("{path}:{}{column}", question.line);
        Ok(Explanation { files, rule: question.rule, asked, outcome, gaps, problems, timings: phases.timings })
    })
}

struct Asked<'a> {
    project: &'a Project<'a>,
    files: &'a Files,
    comments: &'a [(FileId, Comment)],
    settings: &'a Settings,
}

impl Asked<'_> {
    fn outcome(&self, rule: &'static Rule, place: Place) -> Outcome {
        let all = self.findings(rule);
        let known = self.known(&all);
        let touched = all.into_iter().zip(known).filter(|(finding, _)| touches(finding, place));
        let found: Vec<Judged> = touched.map(|(finding, known)| self.judged(rule, finding, known)).collect();
        if !found.is_empty() {
            return Outcome::Found(found);
        }
        if let Some(what) = unjudged(self.files.file(place.file).role) {
            return Outcome::Unseen(format!("the file is {what}, which no rule judges"));
        }
        if !self.project.has_facts(place.file) {
            return Outcome::Nothing;
        }
        match rule.explain(self.project, place) {
            accounts if accounts.is_empty() => Outcome::Nothing,
            accounts => Outcome::Known(accounts),
        }
    }

    /// All findings of a rule, however sure, and whether or not the rule is on.
    fn findings(&self, rule: &'static Rule) -> Vec<Finding> {
        if rule.id != suppress::STALE {
            return rule.findings(self.project, self.severity(rule));
        }
        // Only what all rules find shows what is ignored for nothing.
        let is_off = |other: &&Rule| other.severity(self.settings).is_none() && other.id != rule.id;
        let ignore = RULES.iter().filter(is_off).map(|rule| rule.id).collect();
        let severities = [(rule.id, Some(self.severity(rule)))].into_iter().collect();
        let settings = Settings { ignore, severities, honour_ignores: true, ..self.settings.clone() };
        let findings = rules::run(self.project, &settings).findings;
        let kept = suppress::apply(self.files, self.comments, findings, &settings).kept;
        kept.into_iter().filter(|finding| finding.rule == rule.id).collect()
    }

    fn severity(&self, rule: &Rule) -> Severity {
        rule.severity(self.settings).unwrap_or_else(|| rule.page().severity)
    }

    /// Whether each finding is known from before.
    fn known(&self, findings: &[Finding]) -> Vec<bool> {
        let sorted = baseline::sort_out(findings.to_vec(), self.files, self.settings);
        let mut known = sorted.known.iter().peekable();
        // Both are in the same order.
        let is = |one: &Finding, other: &Finding| one.place == other.place && one.message == other.message;
        findings.iter().map(|finding| known.next_if(|(known, _)| is(known, finding)).is_some()).collect()
    }

    fn judged(&self, rule: &'static Rule, finding: Finding, is_known: bool) -> Judged {
        let accounts = match self.project.has_facts(finding.place.file) {
            true => rule.explain(self.project, finding.place),
            false => Vec::new(),
        };
        let mut withheld = Vec::new();
        if rule.severity(self.settings).is_none() {
            withheld.push(format!("{} switches the rule off", self.settings.config));
        }
        if finding.confidence < self.settings.min_confidence {
            withheld.push(match finding.confidence {
                Confidence::Low => "its confidence is low, and only --pedantic shows it".to_owned(),
                _ => "its confidence is less than what is asked for".to_owned(),
            });
        }
        let suppressed = suppress::apply(self.files, self.comments, vec![finding.clone()], self.settings);
        for answer in
            suppressed.ignored.into_iter().filter(|one| one.finding.rule == rule.id).flat_map(|one| one.answers)
        {
            let by = match answer.by {
                Answerer::Comment => "an ignore comment".to_owned(),
                Answerer::Entry => format!("an [[ignore]] entry of {}", self.settings.config),
            };
            let reason = answer.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            withheld.push(format!("{by} answers it{reason}"));
        }
        if is_known {
            withheld.push("the baseline knows it".to_owned());
        }
        Judged { finding, accounts, withheld }
    }
}

/// Whether a finding, or what it rests on, stands at a place.
fn touches(finding: &Finding, place: Place) -> bool {
    let meets = |span: Span| span.start <= place.span.end && place.span.start <= span.end;
    let steps = finding.related.iter().chain(&finding.trail).map(|step| step.place);
    std::iter::once(finding.place).chain(steps).any(|one| one.file == place.file && meets(one.span))
}

fn unseen(files: &Files, path: &str) -> String {
    let known = files.files.iter().find(|file| file.path == path);
    if let Some(file) = known {
        return match unjudged(file.role) {
            Some(what) => format!("the file is {what}, which no rule judges"),
            None if matches!(file.kind, FileKind::Foreign(_)) => "its language is not understood".to_owned(),
            None => "the file was not read".to_owned(),
        };
    }
    let covers = |skipped: &&walk::Skipped| {
        skipped.path == path || skipped.path.ends_with('/') && path.starts_with(&skipped.path)
    };
    match files.skipped.iter().find(covers) {
        Some(skipped) => format!("{} was skipped: {}", skipped.path, skipped.reason),
        None => "the file is neither a source nor a manifest that backlint reads, is ignored by an ignore file or \
                 `exclude`, or has a name that begins with a dot"
            .to_owned(),
    }
}

/// What a file is instead of code that is judged.
fn unjudged(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Product => return None,
        Role::Test => "a test",
        Role::Fixture => "data or a helper of tests",
        Role::Migration => "a migration",
        Role::Script => "a script",
        Role::Generated => "generated",
        Role::Vendored => "vendored",
        Role::Example => "an example",
        Role::FrontEnd => "part of a front end",
    })
}
