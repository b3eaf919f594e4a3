//! A report to the names of files, each above a line per finding. It does not show any evidence.

use std::io;

use anstyle::Style;

use super::lines::Sources;
use super::text::{file, label, linked, one_line, styled, write_end};
use super::{Options, Report};

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    for group in report.findings.chunk_by(|one, next| one.place.file == next.place.file) {
        let starts: Vec<String> = group
            .iter()
            .map(|finding| sources.head(finding.place).start)
            .map(|start| format!("{}:{}", start.line, start.character))
            .collect();
        let width = starts.iter().map(String::len).max().unwrap_or_default();
        let path = sources.path(group[0].place);
        let file = file(path, options);
        writeln!(out, "{}", styled(&linked(&one_line(path), file.clone()), Style::new().bold(), options))?;
        for (finding, start) in group.iter().zip(starts) {
            let label = label(finding.severity, finding.rule, options);
            let gap = " ".repeat(width - start.len());
            let start = linked(&start, file.clone());
            writeln!(out, "  {start}{gap}  {label} {}", one_line(&finding.message))?;
        }
        writeln!(out)?;
    }
    write_end(report, options, out)
}
