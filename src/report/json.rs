//! A report to one JSON document. Its structs are the published form: they do not follow when the model changes.

use std::borrow::Cow;
use std::io;

use serde::Serialize;

use super::Report;
use super::lines::{self, Sources};
use super::text;
use crate::finding::{self, Severity};

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(&Document::new(report))?;
    writeln!(out, "{}", escaped(&json))
}

/// JSON that may go to a terminal: what JSON itself leaves as it is becomes an escape with the same meaning. Outside
/// of strings there is nothing to escape.
pub fn escaped(json: &str) -> Cow<'_, str> {
    if !json.contains(text::is_unsafe_in_text) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if text::is_unsafe_in_text(character) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

#[derive(Serialize)]
struct Document<'r> {
    /// Grows when a reader of the old form could no longer read the new one.
    version: u32,
    findings: Vec<Finding<'r>>,
    summary: Summary,
    problems: Vec<Problem<'r>>,
}

/// Also a line of [`super::jsonl`].
#[derive(Serialize)]
pub(super) struct Finding<'r> {
    rule: &'r str,
    severity: &'static str,
    confidence: &'static str,
    message: &'r str,
    help: Option<&'r str>,
    #[serde(flatten)]
    place: Place<'r>,
    related: Vec<Step<'r>>,
    trail: Vec<Step<'r>>,
}

#[derive(Serialize)]
struct Step<'r> {
    #[serde(flatten)]
    place: Place<'r>,
    message: &'r str,
}

#[derive(Serialize)]
struct Place<'r> {
    path: &'r str,
    start: Position,
    end: Position,
}

/// Counted from 1, columns in UTF-16 code units; the end is the first position after.
#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Summary {
    findings: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    files: usize,
    ignored: usize,
    known: usize,
    hidden: usize,
}

#[derive(Serialize)]
struct Problem<'r> {
    path: &'r str,
    start: Option<Position>,
    end: Option<Position>,
    message: &'r str,
}

impl<'r> Document<'r> {
    fn new(report: &'r Report) -> Self {
        let sources = Sources::new(&report.files);
        Self {
            version: 1,
            findings: report.findings.iter().map(|finding| Finding::new(finding, &sources)).collect(),
            summary: Summary::new(report),
            problems: report.problems.iter().map(|problem| Problem::new(problem, &sources)).collect(),
        }
    }
}

impl<'r> Finding<'r> {
    pub(super) fn new(finding: &'r finding::Finding, sources: &Sources<'r>) -> Self {
        let steps =
            |steps: &'r [finding::Step]| steps.iter().map(|step| Step::new(step, sources)).collect::<Vec<Step<'r>>>();
        Self {
            rule: finding.rule,
            severity: text::severity(finding.severity),
            confidence: text::confidence(finding.confidence),
            message: &finding.message,
            help: finding.help.as_deref(),
            place: Place::new(finding.place, sources),
            related: steps(&finding.related),
            trail: steps(&finding.trail),
        }
    }
}

impl<'r> Step<'r> {
    fn new(step: &'r finding::Step, sources: &Sources<'r>) -> Self {
        Self { place: Place::new(step.place, sources), message: &step.message }
    }
}

impl<'r> Place<'r> {
    fn new(place: finding::Place, sources: &Sources<'r>) -> Self {
        let whole = sources.whole(place);
        Self { path: sources.path(place), start: whole.start.into(), end: whole.end.into() }
    }
}

impl From<lines::Position> for Position {
    fn from(position: lines::Position) -> Self {
        Self { line: position.line, column: position.column }
    }
}

impl Summary {
    fn new(report: &Report) -> Self {
        let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
        Self {
            findings: report.findings.len(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            files: report.counts.files,
            ignored: report.counts.ignored,
            known: report.known.len(),
            hidden: report.counts.hidden,
        }
    }
}

impl<'r> Problem<'r> {
    fn new(problem: &'r finding::Problem, sources: &Sources<'r>) -> Self {
        let lines = sources.lines_of(&problem.path);
        let whole = problem.span.zip(lines).map(|(span, lines)| lines.whole(span));
        Self {
            path: &problem.path,
            start: whole.map(|whole| whole.start.into()),
            end: whole.map(|whole| whole.end.into()),
            message: &problem.message,
        }
    }
}
