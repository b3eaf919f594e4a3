//! Findings that somebody answered: ignore comments and `[[ignore]]` entries. Knows the rules' ids, not their logic.
//!
//! A comment `backlint: ignore[rule, rule] -- reason` answers findings on its line, or on the next line of code when
//! it stands alone, and those whose loop or function begins there; `ignore-file[rule]` those of its whole file. What
//! answers nothing is itself reported, as `stale-ignore`.

use rustc_hash::FxHashMap;

use crate::facts::{Comment, FileFacts, Language, Span};
use crate::finding::{Confidence, Finding, Place, Problem, Severity};
use crate::manifests::{self, ManifestFacts};
use crate::rules::{RULES, Rule};
use crate::settings::{Ignore, Settings};
use crate::spelling::nearest;
use crate::walk::{FileId, FileKind, Files, Role};

/// What is left after ignores have been honoured.
#[derive(Debug, Default)]
pub struct Suppressed {
    /// With the findings of `stale-ignore`; unsorted.
    pub kept: Vec<Finding>,
    /// Unsorted.
    pub ignored: Vec<Ignored>,
    /// `[[ignore]]` entries that answer nothing, or no longer.
    pub problems: Vec<Problem>,
}

/// A finding that is answered.
#[derive(Debug)]
pub struct Ignored {
    pub finding: Finding,
    /// By all that answer it.
    pub answers: Vec<Answer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub by: Answerer,
    /// As it was written down.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answerer {
    /// A comment in the source.
    Comment,
    /// An `[[ignore]]` entry of the configuration.
    Entry,
}

/// The comments that speak to backlint, and their files.
pub fn comments(
    files: &Files,
    facts: &[Option<FileFacts>],
    manifests: &[Option<ManifestFacts>],
) -> Vec<(FileId, Comment)> {
    let mut comments = Vec::new();
    for (index, (facts, manifest)) in facts.iter().zip(manifests).enumerate() {
        let file = FileId(index as u32);
        let found = facts.iter().flat_map(|facts| &facts.comments);
        comments.extend(found.map(|comment| (file, comment.clone())));
        let text = &files.file(file).text;
        let found = manifest.iter().flat_map(|manifest| manifests::comments(manifest.kind, text));
        comments.extend(found.map(|comment| (file, comment)));
    }
    comments
}

pub fn apply(files: &Files, comments: &[(FileId, Comment)], findings: Vec<Finding>, settings: &Settings) -> Suppressed {
    if !settings.honour_ignores {
        return Suppressed { kept: findings, ..Suppressed::default() };
    }
    let mut answers = Answers::new(files, comments, &settings.ignores);
    let mut suppressed = Suppressed::default();
    answers.sort_out(findings, &mut suppressed);
    if let Some(severity) = severity_of_stale(settings) {
        // Twice, since an `ignore[stale-ignore]` answers the first findings and may be stale itself.
        let stale = answers.stale(settings, severity, |rule| rule.id != STALE);
        answers.sort_out(stale, &mut suppressed);
        suppressed.kept.extend(answers.stale_answers_to_stale(settings, severity));
    }
    suppressed.problems = answers.stale_entries(settings);
    suppressed
}

pub(crate) const STALE: &str = "stale-ignore";

fn severity_of_stale(settings: &Settings) -> Option<Severity> {
    Rule::find(STALE)?.severity(settings)
}

/// Everything that may answer a finding, and what of it did.
struct Answers<'a> {
    files: &'a Files,
    directives: Vec<Directive>,
    listings: FxHashMap<FileId, Listing<'a>>,
    entries: &'a [Ignore],
    used_entries: Vec<bool>,
}

/// A comment that speaks to backlint.
struct Directive {
    place: Place,
    said: Said,
    /// The lines from its first to its last, counted from zero.
    lines: (usize, usize),
    /// Nothing else stands on its lines, so that it speaks of the next.
    alone: bool,
}

enum Said {
    Ignore {
        /// Of the whole file.
        file: bool,
        names: Vec<Named>,
        reason: Option<String>,
    },
    /// Not understood; with the reason why.
    Malformed(&'static str),
}

/// A name between the brackets.
struct Named {
    name: String,
    span: Span,
    rule: Option<&'static Rule>,
    used: bool,
}

/// A file with directives, by lines.
struct Listing<'a> {
    text: &'a str,
    /// Where each line begins.
    starts: Vec<usize>,
    /// For each line the first of the comments and decorators directly above it, or the line itself.
    tops: Vec<usize>,
    /// Positions in [`Answers::directives`], in order.
    directives: Vec<usize>,
    /// Those of the whole file.
    whole: Vec<usize>,
}

/// How many comments above one line are looked at. A file of nothing but ignores would take the square of its length.
const MOST_ABOVE: usize = 100;

impl<'a> Answers<'a> {
    fn new(files: &'a Files, comments: &[(FileId, Comment)], entries: &'a [Ignore]) -> Self {
        let mut answers = Self {
            files,
            directives: Vec::new(),
            listings: FxHashMap::default(),
            entries,
            used_entries: vec![false; entries.len()],
        };
        for (file, comment) in comments {
            let signs = match files.file(*file).kind {
                FileKind::Source(grammar) => joining(grammar.language()),
                FileKind::Manifest => manifests::SIGNS,
                FileKind::Foreign(_) => continue,
            };
            let text = files.file(*file).text.as_str();
            let listing = answers.listings.entry(*file).or_insert_with(|| Listing::new(text, signs));
            if let Some(directive) = listing.directive(*file, comment.span) {
                let index = answers.directives.len();
                listing.directives.push(index);
                if matches!(directive.said, Said::Ignore { file: true, .. }) {
                    listing.whole.push(index);
                }
                answers.directives.push(directive);
            }
        }
        answers
    }

    fn sort_out(&mut self, findings: Vec<Finding>, suppressed: &mut Suppressed) {
        for finding in findings {
            let answers = self.answers(&finding);
            if answers.is_empty() {
                suppressed.kept.push(finding);
            } else {
                suppressed.ignored.push(Ignored { finding, answers });
            }
        }
    }

    /// What answers a finding. All of it is marked: that one of two is too many is not worth a finding.
    fn answers(&mut self, finding: &Finding) -> Vec<Answer> {
        let mut answers = Vec::new();
        for directive in self.directives_for(finding) {
            let Said::Ignore { names, reason, .. } = &mut self.directives[directive].said else { continue };
            let mut answered = false;
            for named in names.iter_mut().filter(|named| named.name == finding.rule) {
                named.used = true;
                answered = true;
            }
            if answered {
                answers.push(Answer { by: Answerer::Comment, reason: reason.clone() });
            }
        }
        let path = &self.files.file(finding.place.file).path;
        for (entry, used) in self.entries.iter().zip(&mut self.used_entries) {
            if !entry.expired && entry.rule == finding.rule && entry.paths.is_match(path) {
                *used = true;
                answers.push(Answer { by: Answerer::Entry, reason: entry.reason.clone() });
            }
        }
        answers
    }

    fn directives_for(&self, finding: &Finding) -> Vec<usize> {
        let mut found = Vec::new();
        if let Some(listing) = self.listings.get(&finding.place.file) {
            found.extend(&listing.whole);
        }
        for place in std::iter::once(&finding.place).chain(&finding.scopes) {
            let Some(listing) = self.listings.get(&place.file) else { continue };
            let (first, last) = listing.lines(place.span);
            let top = listing.tops[first];
            let lines = |index: &usize| self.directives[*index].lines;
            let above = listing.directives.partition_point(|index| lines(index).1 < first);
            let begin =
                listing.directives.partition_point(|index| lines(index).1 < top).max(above.saturating_sub(MOST_ABOVE));
            for index in listing.directives[begin..].iter().take_while(|index| lines(index).0 <= last) {
                if lines(index).1 >= first || self.directives[*index].alone {
                    found.push(*index);
                }
            }
        }
        found
    }

    /// The findings about directives that name rules for which `about` holds, or no rule at all.
    fn stale(&self, settings: &Settings, severity: Severity, about: fn(&Rule) -> bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        for directive in self.judged() {
            let file = directive.place.file;
            let mut report = |span, message: String, help: String| {
                findings.push(finding(Place { file, span }, severity, message, help));
            };
            let (names, reason) = match &directive.said {
                Said::Ignore { names, reason, .. } => (names, reason),
                Said::Malformed(why) => {
                    report(directive.place.span, format!("comment to backlint {why}"), form());
                    continue;
                }
            };
            for named in names {
                let Some(rule) = named.rule else {
                    let message = format!("ignore of `{}`, which is no rule", named.name);
                    report(named.span, message, help_for_unknown(&named.name));
                    continue;
                };
                if about(rule) && is_stale(named, rule, settings) {
                    let message = format!("ignore of `{}`, which finds nothing here", rule.id);
                    report(named.span, message, help_for_unused(names));
                }
            }
            if settings.require_reason && reason.is_none() {
                report(directive.place.span, "ignore without a reason".to_owned(), form());
            }
        }
        findings
    }

    fn stale_answers_to_stale(&self, settings: &Settings, severity: Severity) -> Vec<Finding> {
        let mut findings = Vec::new();
        for directive in self.judged() {
            let Said::Ignore { names, .. } = &directive.said else { continue };
            for named in names {
                if let Some(rule) = named.rule.filter(|rule| rule.id == STALE)
                    && is_stale(named, rule, settings)
                {
                    let place = Place { file: directive.place.file, span: named.span };
                    let message = format!("ignore of `{STALE}`, which finds nothing here");
                    findings.push(finding(place, severity, message, help_for_unused(names)));
                }
            }
        }
        findings
    }

    /// In files of other roles nothing is found, so that nothing can be stale.
    fn judged(&self) -> impl Iterator<Item = &Directive> {
        self.directives.iter().filter(|directive| self.files.file(directive.place.file).role == Role::Product)
    }

    fn stale_entries(&self, settings: &Settings) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (entry, used) in self.entries.iter().zip(&self.used_entries) {
            let said = format!("[[ignore]] of `{}` in `{}`", entry.rule, entry.paths.glob().glob());
            let is_on = Rule::find(entry.rule).is_some_and(|rule| rule.severity(settings).is_some());
            let message = match entry.expires.filter(|_| entry.expired) {
                Some(date) => format!("{said} expired on {date}"),
                None if !used && is_on && !settings.partial => format!("{said} finds nothing to ignore"),
                None => continue,
            };
            problems.push(Problem { path: settings.config.clone(), span: Some(entry.span), message });
        }
        problems
    }
}

impl<'a> Listing<'a> {
    fn new(text: &'a str, signs: &[&str]) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts: Vec<_> = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        let mut tops = Vec::with_capacity(starts.len());
        let mut top = 0;
        for (line, text) in text.split('\n').enumerate() {
            tops.push(top);
            if !joins(signs, text) {
                top = line + 1;
            }
        }
        Self { text, starts, tops, directives: Vec::new(), whole: Vec::new() }
    }

    fn directive(&self, file: FileId, span: Span) -> Option<Directive> {
        let comment = self.text.get(span.start as usize..span.end as usize)?.trim_end();
        let said = comment.find("backlint:")?;
        let (start, end) = (span.start as usize, span.start as usize + comment.len());
        let span = Span::new(start, end);
        let lines = self.lines(span);
        // `{/* .. */}` is how JSX writes a comment.
        let before = self.text[self.starts[lines.0]..start].trim();
        let after = self.text[end..].lines().next().unwrap_or_default().trim();
        let alone = matches!((before, after), ("", "") | ("{", "}"));
        Some(Directive { place: Place { file, span }, said: parse(&comment[said..], start + said), lines, alone })
    }

    /// The first and the last line of a span.
    fn lines(&self, span: Span) -> (usize, usize) {
        let line = |at: u32| self.starts.partition_point(|start| *start <= at as usize).saturating_sub(1);
        (line(span.start), line(span.end.saturating_sub(1).max(span.start)))
    }
}

/// What begins the lines between a comment and what it speaks of: comments, decorators and attributes.
fn joining(language: Language) -> &'static [&'static str] {
    match language {
        Language::Python => &["#", "@"],
        Language::Rust => &["//", "/*", "* ", "*/", "#["],
        Language::TypeScript | Language::Go => &["//", "/*", "* ", "*/", "{/*", "@"],
    }
}

/// Whether a comment above the line speaks of what is below it.
fn joins(signs: &[&str], line: &str) -> bool {
    let line = line.trim();
    line == "*" || signs.iter().any(|sign| line.starts_with(sign))
}

/// What a comment says from `backlint:` on, which stands at `at` of its file.
fn parse(said: &str, at: usize) -> Said {
    const UNKNOWN: Said = Said::Malformed("that is not understood");
    let said = said.lines().next().unwrap_or_default().trim_end().trim_end_matches("*/");
    let Some(rest) = said["backlint:".len()..].trim_start().strip_prefix("ignore") else { return UNKNOWN };
    let (file, rest) = rest.strip_prefix("-file").map_or((false, rest), |rest| (true, rest));
    let Some(rest) = rest.trim_start().strip_prefix('[') else {
        return if rest.starts_with(|next: char| next.is_alphanumeric() || next == '-') {
            UNKNOWN
        } else {
            Said::Malformed("that names no rule")
        };
    };
    let mut start = at + said.len() - rest.len();
    let Some((inside, rest)) = rest.split_once(']') else { return Said::Malformed("without a closing `]`") };
    let mut names = Vec::new();
    for piece in inside.split(',') {
        let name = piece.trim();
        let begin = start + piece.len() - piece.trim_start().len();
        let span = Span::new(begin, begin + name.len());
        start += piece.len() + 1;
        if !name.is_empty() {
            names.push(Named { name: name.to_owned(), span, rule: Rule::find(name), used: false });
        }
    }
    if names.is_empty() {
        return Said::Malformed("that names no rule");
    }
    let rest = rest.trim();
    match rest.strip_prefix("--") {
        Some(reason) => {
            Said::Ignore { file, names, reason: Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty()) }
        }
        // Another tool may be spoken to on the same line: `# backlint: ignore[..]  # noqa`
        None if rest.is_empty() || rest.starts_with('#') || rest.starts_with("//") => {
            Said::Ignore { file, names, reason: None }
        }
        None => Said::Malformed("whose reason does not begin with `--`"),
    }
}

fn is_stale(named: &Named, rule: &Rule, settings: &Settings) -> bool {
    !named.used && !settings.partial && rule.severity(settings).is_some()
}

fn finding(place: Place, severity: Severity, message: String, help: String) -> Finding {
    Finding {
        rule: STALE,
        severity,
        confidence: Confidence::High,
        place,
        symbol: String::new(),
        message,
        related: Vec::new(),
        trail: Vec::new(),
        help: Some(help),
        scopes: Vec::new(),
    }
}

fn form() -> String {
    "write `backlint: ignore[rule] -- reason`".to_owned()
}

fn help_for_unknown(name: &str) -> String {
    match nearest(name, RULES.iter().map(|rule| rule.id)) {
        Some(id) => format!("did you mean `{id}`?"),
        None => "`backlint rules` lists the rules".to_owned(),
    }
}

fn help_for_unused(names: &[Named]) -> String {
    if names.len() == 1 { "remove the comment".to_owned() } else { "remove the name from the comment".to_owned() }
}
