//! A report to one JSON document. Its structs are the published form: they do not follow when the model changes.

use std::borrow::Cow;
use std::io;

use schemars::{JsonSchema, generate::SchemaSettings};
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

/// The published schema of the document; a line of [`super::jsonl`] is its definition `Finding`.
pub fn schema() -> serde_json::Value {
    let settings = SchemaSettings::draft07().for_serialize();
    settings.into_generator().into_root_schema_for::<Document>().to_value()
}

const VERSION: u32 = 1;

/// What `backlint --output-format json` writes; each line of `jsonl` is one of its findings, `#/definitions/Finding`.
/// New keys may come within a version: skip those that are not described here.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "A report of backlint")]
struct Document<'r> {
    /// Grows when a reader of the old form could no longer read the new one.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// Sorted by path, line and rule.
    findings: Vec<Finding<'r>>,
    summary: Summary,
    /// What kept backlint from seeing all of the repository.
    problems: Vec<Problem<'r>>,
}

/// Something that costs, where it stands, and what to do.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding<'r> {
    /// The id of the rule: `query-in-loop`.
    rule: &'r str,
    #[schemars(extend("enum" = ["note", "warning", "error"]))]
    severity: &'static str,
    /// How sure backlint is; findings of low confidence are there only when asked for.
    #[schemars(extend("enum" = ["low", "medium", "high"]))]
    confidence: &'static str,
    /// One line that stands alone. Names from the code are between backticks, and as they are in the code.
    message: &'r str,
    /// What to do, if there is one thing to do.
    help: Option<&'r str>,
    #[serde(flatten)]
    place: Place<'r>,
    /// Why here: other places that the finding has to do with.
    related: Vec<Step<'r>>,
    /// How it gets from here to what costs, call by call.
    trail: Vec<Step<'r>>,
}

/// A place with what there is to say of it.
#[derive(Serialize, JsonSchema)]
struct Step<'r> {
    #[serde(flatten)]
    place: Place<'r>,
    /// "the loop"
    message: &'r str,
}

#[derive(Serialize, JsonSchema)]
struct Place<'r> {
    /// From the root of the audit, with forward slashes.
    path: &'r str,
    /// The first character.
    start: Position,
    /// The first character after.
    end: Position,
}

#[derive(Serialize, JsonSchema)]
struct Position {
    /// From 1.
    #[schemars(range(min = 1))]
    line: usize,
    /// From 1, in UTF-16 code units.
    #[schemars(range(min = 1))]
    column: usize,
}

/// How many there are of what.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// All that are listed.
    findings: usize,
    /// Those of severity `error`.
    errors: usize,
    /// Those of severity `warning`.
    warnings: usize,
    /// Those of severity `note`.
    notes: usize,
    /// The sources that were audited.
    files: usize,
    /// Findings that an ignore comment or entry answers; they are not listed.
    ignored: usize,
    /// Findings that a baseline knows; they are not listed.
    known: usize,
    /// Findings below the confidence asked for; they are not listed.
    hidden: usize,
}

/// What was not seen, or not understood.
#[derive(Serialize, JsonSchema)]
struct Problem<'r> {
    /// From the root of the audit, with forward slashes.
    path: &'r str,
    /// Where it begins, when it is about a part of a file.
    start: Option<Position>,
    /// The first character after.
    end: Option<Position>,
    /// One line.
    message: &'r str,
}

impl<'r> Document<'r> {
    fn new(report: &'r Report) -> Self {
        let sources = Sources::new(&report.files);
        Self {
            version: VERSION,
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
