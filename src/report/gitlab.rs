//! A report to GitLab's Code Quality report, a list of findings for the widget of a merge request. It does not know
//! which of them the merge request brings about: GitLab compares two reports by their fingerprints.

use std::io;

use serde::Serialize;

use super::Report;
use super::fingerprints::Ordinals;
use super::json::escaped;
use super::lines::Sources;
use crate::baseline::Identity;
use crate::finding::{Finding, Severity};

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    let mut ordinals = Ordinals::default();
    let mut violation = |finding| Violation::new(finding, report, &sources, &mut ordinals);
    let violations: Vec<Violation> = report.findings.iter().map(&mut violation).collect();
    let json = serde_json::to_string_pretty(&violations)?;
    writeln!(out, "{}", escaped(&json))
}

#[derive(Serialize)]
struct Violation<'r> {
    description: &'r str,
    check_name: &'r str,
    /// Also of two findings that look the same: of equal ones GitLab keeps the last.
    fingerprint: String,
    severity: &'static str,
    location: Location<'r>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

impl<'r> Violation<'r> {
    fn new(finding: &'r Finding, report: &Report, sources: &Sources<'r>, ordinals: &mut Ordinals) -> Self {
        let begin = sources.head(finding.place).start.line;
        Self {
            description: &finding.message,
            check_name: finding.rule,
            fingerprint: ordinals.number(Identity::of(finding, &report.files).fingerprint()).to_string(),
            severity: match finding.severity {
                Severity::Note => "info",
                Severity::Warning => "major",
                Severity::Error => "critical",
            },
            location: Location { path: sources.path(finding.place), lines: Lines { begin } },
        }
    }
}
