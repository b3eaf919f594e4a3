//! A report to JUnit's XML, in which every finding is a test that failed. It does not know which tests passed: what
//! is clean has one, since a suite without tests is an error to many readers.

use std::io;

use rustc_hash::FxHashMap;

use super::Report;
use super::lines::Sources;
use super::text::{one_line, printable, severity};
use crate::finding::{Finding, Step};

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    let failures = report.findings.len();
    let tests = failures.max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"backlint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    writeln!(
        out,
        "  <testsuite name=\"backlint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">"
    )?;
    if failures == 0 {
        writeln!(out, "    <testcase name=\"no findings\" classname=\"backlint\" time=\"0\"/>")?;
    }
    let mut names = FxHashMap::default();
    for finding in &report.findings {
        write_case(finding, &sources, &mut names, out)?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn write_case<'r>(
    finding: &'r Finding,
    sources: &Sources<'r>,
    names: &mut FxHashMap<(&'r str, &'r str, &'r str), usize>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let path = sources.path(finding.place);
    let line = sources.head(finding.place).start.line;
    // By name and class readers know a test again, so that no line is part of them, and none may come twice.
    let count = names.entry((path, finding.rule, &finding.message)).or_default();
    *count += 1;
    let mut name = format!("{}: {}", finding.rule, finding.message);
    if *count > 1 {
        name.push_str(&format!(" ({count})"));
    }
    let (name, path, message) = (attribute(&name), attribute(path), attribute(&finding.message));
    let severity = severity(finding.severity);
    writeln!(out, "    <testcase name=\"{name}\" classname=\"{path}\" file=\"{path}\" line=\"{line}\" time=\"0\">")?;
    writeln!(
        out,
        "      <failure message=\"{message}\" type=\"{severity}\">{}</failure>",
        content(&details(finding, sources))
    )?;
    writeln!(out, "    </testcase>")
}

/// All of a finding; many readers show nothing else.
fn details(finding: &Finding, sources: &Sources) -> String {
    let located = |step: &Step| format!("{}: {}", one_line(&step.message), place(step, sources));
    let start = sources.head(finding.place).start;
    let path = one_line(sources.path(finding.place));
    let label = format!("{}[{}]", severity(finding.severity), finding.rule);
    let mut lines = vec![format!("{path}:{}:{}: {label} {}", start.line, start.character, one_line(&finding.message))];
    lines.extend(finding.related.iter().map(located));
    lines.extend((1..).zip(&finding.trail).map(|(number, step): (usize, _)| format!("{number}. {}", located(step))));
    lines.extend(finding.help.iter().map(|help| format!("help: {}", printable(help))));
    lines.join("\n")
}

fn place(step: &Step, sources: &Sources) -> String {
    let start = sources.head(step.place).start;
    format!("{}:{}:{}", one_line(sources.path(step.place)), start.line, start.character)
}

/// Text between the quotes of an attribute.
fn attribute(text: &str) -> String {
    content(&one_line(text)).replace('"', "&quot;").replace('\t', "&#9;")
}

/// Text between tags. The two code points that are no characters may not even be written by number.
fn content(text: &str) -> String {
    let text = printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
