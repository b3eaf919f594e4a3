//! Findings to results of SARIF: places, links, the way from cause to effect, and by what they are known again. It does
//! not know how many results fit.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Location, PhysicalLocation, PropertyBag, Region, Result, ResultLevel, Suppression,
    ThreadFlow, ThreadFlowLocation,
};

use super::limits::Limits;
use super::{ROOT, message, properties_of};
use crate::baseline::{Change, Identity};
use crate::finding::{Confidence, Finding, Place, Severity, Step};
use crate::report::Report;
use crate::report::fingerprints::{self, Fingerprint, Ordinals};
use crate::report::lines::{Extent, Sources};
use crate::report::text;
use crate::rules::RULES;
use crate::suppress::{Answer, Answerer};

/// A finding, and whether anything speaks against showing it.
#[derive(Clone, Copy)]
pub(super) struct Entry<'r> {
    pub(super) finding: &'r Finding,
    pub(super) standing: Standing<'r>,
}

#[derive(Clone, Copy)]
pub(super) enum Standing<'r> {
    Reported,
    Known(Change),
    Ignored(&'r [Answer]),
}

impl<'r> Entry<'r> {
    /// All there are, by path, line and rule.
    pub(super) fn all(report: &'r Report, sources: &Sources) -> Vec<Self> {
        let of = |finding, standing| Entry { finding, standing };
        let mut entries: Vec<Self> = report.findings.iter().map(|finding| of(finding, Standing::Reported)).collect();
        if report.known.is_empty() && report.ignored.is_empty() {
            return entries;
        }
        entries.extend(report.known.iter().map(|(finding, change)| of(finding, Standing::Known(*change))));
        entries.extend(report.ignored.iter().map(|one| of(&one.finding, Standing::Ignored(&one.answers))));
        entries.sort_by_cached_key(|entry| {
            let (finding, line) = (entry.finding, sources.head(entry.finding.place).start.line);
            (finding.place.file, line, finding.rule, finding.place.span, &finding.message)
        });
        entries
    }

    pub(super) fn is_reported(&self) -> bool {
        matches!(self.standing, Standing::Reported)
    }

    /// What is worth most comes first when it is sorted in reverse.
    pub(super) fn weight(&self) -> (bool, Severity, Confidence) {
        (self.is_reported(), self.finding.severity, self.finding.confidence)
    }
}

/// Entries to results, which are numbered across the run where they look the same.
pub(super) struct Results<'r> {
    report: &'r Report,
    sources: &'r Sources<'r>,
    limits: &'r Limits,
    /// The lines of the file that the last finding was in; entries are sorted by file.
    line_hashes: Option<(&'r str, Vec<Fingerprint>)>,
    own: Ordinals,
}

impl<'r> Results<'r> {
    pub(super) fn new(report: &'r Report, sources: &'r Sources<'r>, limits: &'r Limits) -> Self {
        Self { report, sources, limits, line_hashes: None, own: Ordinals::default() }
    }

    /// The results of those entries that are kept. All of them are counted, so that a finding has the same fingerprint
    /// whatever is left out.
    pub(super) fn of(mut self, entries: &[Entry], kept: &[bool]) -> Vec<Result> {
        let mut results = Vec::new();
        for (entry, kept) in entries.iter().zip(kept) {
            let own = self.own.number(Identity::of(entry.finding, &self.report.files).fingerprint());
            if *kept {
                results.push(self.result(entry, own));
            }
        }
        results
    }

    fn result(&mut self, entry: &Entry, own: Fingerprint) -> Result {
        let finding = entry.finding;
        let line_hash = self.line_hash(finding.place);
        let sources = self.sources;
        let related = &finding.related[..finding.related.len().min(self.limits.related)];
        let confidence = [("confidence", text::confidence(finding.confidence))];
        let mut result = Result::builder()
            .rule_id(finding.rule)
            .level(level(finding.severity))
            .message(message(sentences(finding, related)))
            .locations(vec![location(sources, finding.place)])
            .partial_fingerprints(BTreeMap::from([
                ("primaryLocationLineHash".to_owned(), line_hash.to_string()),
                ("backlint/v1".to_owned(), own.to_string()),
            ]))
            .properties(PropertyBag::builder().additional_properties(properties_of(confidence)).build())
            .build();
        result.rule_index = RULES.iter().position(|rule| rule.id == finding.rule).and_then(|at| at.try_into().ok());
        if !related.is_empty() {
            result.related_locations =
                Some((1..).zip(related).map(|(id, step)| hop(sources, step, Some(id))).collect());
        }
        if !finding.trail.is_empty() {
            let trail = &finding.trail[..finding.trail.len().min(self.limits.steps)];
            result.code_flows = Some(vec![code_flow(sources, trail)]);
        }
        self.say_standing(entry, &mut result);
        result
    }

    /// GitHub's own value for the line that a place begins on.
    fn line_hash(&mut self, place: Place) -> Fingerprint {
        let path = self.sources.path(place);
        let lines = self.sources.lines(place);
        let line = self.sources.head(place).start.line;
        let hashes = match &mut self.line_hashes {
            Some((hashed, hashes)) if *hashed == path => hashes,
            other => &mut other.insert((path, fingerprints::of_lines(lines.text()))).1,
        };
        hashes[line - 1]
    }

    fn say_standing(&self, entry: &Entry, result: &mut Result) {
        match entry.standing {
            Standing::Reported => {}
            Standing::Known(change) => {
                result.suppressions = Some(vec![suppression("external", Some(when_known(change)))]);
            }
            Standing::Ignored(answers) => {
                let of = |answer: &Answer| suppression(kind(answer.by), answer.reason.as_deref());
                result.suppressions = Some(answers.iter().map(of).collect());
            }
        }
        // Of a run that was compared, all results say what came of it.
        if !self.report.known.is_empty() || !self.report.gone.is_empty() {
            let state = match entry.standing {
                Standing::Known(Change::None) => "unchanged",
                Standing::Known(Change::Edited | Change::Moved) => "updated",
                Standing::Reported | Standing::Ignored(_) => "new",
            };
            result.baseline_state = Some(Value::from(state));
        }
    }
}

fn kind(by: Answerer) -> &'static str {
    match by {
        Answerer::Comment => "inSource",
        Answerer::Entry => "external",
    }
}

fn when_known(change: Change) -> &'static str {
    match change {
        Change::None => "known from before",
        Change::Edited => "known from before, and edited since",
        Change::Moved => "known from before, and moved since",
    }
}

fn suppression(kind: &str, justification: Option<&str>) -> Suppression {
    let mut suppression = Suppression::builder().kind(Value::from(kind)).build();
    suppression.justification = justification.map(str::to_owned);
    suppression
}

/// What, what to do, and links to the evidence: GitHub shows related places only where the message links to them.
fn sentences(finding: &Finding, related: &[Step]) -> String {
    let mut text = sentence(&without_links(&finding.message));
    if let Some(help) = &finding.help {
        text.push(' ');
        text.push_str(&sentence(&capitalised(&without_links(help))));
    }
    if !related.is_empty() {
        let link = |(id, step): (usize, &Step)| format!("[{}]({id})", escaped(&step.message));
        let links: Vec<String> = (1..).zip(related).map(link).collect();
        text.push_str(&format!(" See {}.", links.join(", ")));
    }
    text
}

pub(super) fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{text}{end}")
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

/// Names from the repository could otherwise be read as a link that leads anywhere.
pub(super) fn without_links(text: &str) -> String {
    if text.contains("](") { escaped(text) } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn code_flow(sources: &Sources, trail: &[Step]) -> CodeFlow {
    let hop = |step| ThreadFlowLocation::builder().location(hop(sources, step, None)).build();
    let flow = ThreadFlow::builder().locations(trail.iter().map(hop).collect::<Vec<_>>()).build();
    CodeFlow::builder().thread_flows(vec![flow]).build()
}

fn hop(sources: &Sources, step: &Step, id: Option<i64>) -> Location {
    let mut location = location(sources, step.place);
    location.id = id;
    location.message = Some(message(step.message.clone()));
    location
}

/// One line only: GitHub shows an alert on a pull request when all lines of its region were changed there.
fn location(sources: &Sources, place: Place) -> Location {
    physical(sources.path(place), Some(sources.head(place)))
}

pub(super) fn physical(path: &str, extent: Option<Extent>) -> Location {
    let artifact = ArtifactLocation::builder().uri(percent_encoded(path)).uri_base_id(ROOT).build();
    let mut physical = PhysicalLocation::builder().artifact_location(artifact).build();
    physical.region = extent.map(region);
    Location::builder().physical_location(physical).build()
}

fn region(extent: Extent) -> Region {
    Region::builder()
        .start_line(extent.start.line as i64)
        .start_column(extent.start.column as i64)
        .end_line(extent.end.line as i64)
        .end_column(extent.end.column as i64)
        .build()
}

/// A path as a relative reference. A colon is encoded too: in the first segment it would end a scheme.
fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(byte)),
            b'/' | b'-' | b'.' | b'_' | b'~' | b'@' | b'!' | b'$' | b'&' | b'(' | b')' | b'*' | b'+' | b',' | b'=' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Note => ResultLevel::Note,
        Severity::Warning => ResultLevel::Warning,
        Severity::Error => ResultLevel::Error,
    }
}
