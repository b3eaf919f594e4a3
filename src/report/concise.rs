//! A report to one line per finding: `path:line:column: warning[rule] message`. It does not show any evidence.

use std::io;

use super::lines::Sources;
use super::text::{label, one_line, write_end};
use super::{Options, Report};

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    for finding in &report.findings {
        let path = one_line(sources.path(finding.place));
        let start = sources.head(finding.place).start;
        let label = label(finding.severity, finding.rule, options);
        let message = one_line(&finding.message);
        writeln!(out, "{path}:{}:{}: {label} {message}", start.line, start.character)?;
    }
    write_end(report, options, out)
}
