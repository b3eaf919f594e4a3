//! A report to one JSON object per line and finding, the same as in [`super::json`]. It has no summary and no problems.

use std::io;

use super::Report;
use super::json::{Finding, escaped};
use super::lines::Sources;

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    for finding in &report.findings {
        let json = serde_json::to_string(&Finding::new(finding, &sources))?;
        writeln!(out, "{}", escaped(&json))?;
    }
    Ok(())
}
