//! A report to the diagnostic format of reviewdog, which comments on pull requests. It does not know which lines a
//! pull request changes.

use std::io;

use serde::Serialize;

use super::json::escaped;
use super::lines::Sources;
use super::{Report, address};
use crate::finding::{self, Finding, Severity};

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    let result = DiagnosticResult {
        source: Source { name: env!("CARGO_PKG_NAME"), url: address::home() },
        diagnostics: report.findings.iter().map(|finding| Diagnostic::new(finding, &sources)).collect(),
    };
    let json = serde_json::to_string_pretty(&result)?;
    writeln!(out, "{}", escaped(&json))
}

#[derive(Serialize)]
struct DiagnosticResult<'r> {
    source: Source,
    diagnostics: Vec<Diagnostic<'r>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostic<'r> {
    message: String,
    location: Location<'r>,
    severity: &'static str,
    code: Code<'r>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<RelatedLocation<'r>>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    range: Range,
}

/// The end is the first position after.
#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    /// In bytes, from 1.
    column: usize,
}

#[derive(Serialize)]
struct Code<'r> {
    value: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct RelatedLocation<'r> {
    message: &'r str,
    location: Location<'r>,
}

impl<'r> Diagnostic<'r> {
    fn new(finding: &'r Finding, sources: &Sources<'r>) -> Self {
        let mut message = finding.message.clone();
        if let Some(help) = &finding.help {
            message.push_str(&format!("\nhelp: {help}"));
        }
        let related = finding.related.iter().chain(&finding.trail);
        let related =
            related.map(|step| RelatedLocation { message: &step.message, location: location(step.place, sources) });
        Self {
            message,
            location: location(finding.place, sources),
            severity: match finding.severity {
                Severity::Note => "INFO",
                Severity::Warning => "WARNING",
                Severity::Error => "ERROR",
            },
            code: Code { value: finding.rule, url: address::of_rule(finding.rule) },
            related_locations: related.collect(),
        }
    }
}

/// One line only: a comment on several needs all of them in the change.
fn location<'r>(place: finding::Place, sources: &Sources<'r>) -> Location<'r> {
    let lines = sources.lines(place);
    let line = lines.head(place.span).start.line;
    let bytes = lines.head_in_line(place.span);
    let position = |at| Position { line, column: at + 1 };
    Location { path: sources.path(place), range: Range { start: position(bytes.start), end: position(bytes.end) } }
}
