//! A report to workflow commands, which a GitHub Actions run turns into annotations. It does not know which of them
//! GitHub shows: ten of each severity and step, at the time of writing.

use std::io;

use super::Report;
use super::lines::Sources;
use super::text::printable;
use crate::finding::Severity;

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    for finding in &report.findings {
        let command = match finding.severity {
            Severity::Note => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let path = property(sources.path(finding.place));
        // Columns count only while both ends are on one line.
        let head = sources.head(finding.place);
        let mut message = data(&finding.message);
        if let Some(help) = &finding.help {
            message.push_str(&data(&format!("\nhelp: {help}")));
        }
        writeln!(
            out,
            "::{command} file={path},line={},col={},endLine={},endColumn={},title={}::{message}",
            head.start.line,
            head.start.column,
            head.end.line,
            head.end.column,
            property(finding.rule),
        )?;
    }
    Ok(())
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A CR is escaped before the text is made printable, since the runner understands it and a terminal never sees it.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D");
    printable(&text).replace('\n', "%0A")
}
