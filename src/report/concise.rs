//! A report to one line per finding: `path:line:column: warning[rule] message`. It does not show any evidence.

use std::io;

use super::lines::Sources;
use super::text::{file, label, linked, one_line, write_end};
use super::{Options, Report};

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    for finding in &report.findings {
        let path = sources.path(finding.place);
        let start = sources.head(finding.place).start;
        let place = format!("{}:{}:{}", one_line(path), start.line, start.character);
        let place = linked(&place, file(path, options));
        let label = label(finding.severity, finding.rule, options);
        let message = one_line(&finding.message);
        writeln!(out, "{place}: {label} {message}")?;
    }
    write_end(report, options, out)
}
