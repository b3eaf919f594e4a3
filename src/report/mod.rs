//! What a run found, and its forms. Everything that turns byte spans into lines and columns is below this module;
//! it does not know the model or what any rule looks for.

use std::io;
use std::time::Duration;

use crate::finding::{Finding, Problem};
use crate::walk::Files;

/// The outcome of a run: findings sorted by path, line and rule.
#[derive(Debug)]
pub struct Report {
    pub files: Files,
    pub findings: Vec<Finding>,
    /// What kept backlint from seeing all of the repository; sorted. With a span: the first place of a source file
    /// that was not understood.
    pub problems: Vec<Problem>,
    pub counts: Counts,
    pub timings: Vec<(&'static str, Duration)>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Source files that were lowered.
    pub files: usize,
    /// Findings that an ignore comment or entry answers.
    pub ignored: usize,
    /// Findings below the confidence asked for.
    pub hidden: usize,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Source, evidence and help of each finding
    Full,
    /// One line a finding
    Concise,
    /// One line a finding, under the name of its file
    Grouped,
    Json,
    /// One JSON object a line and finding
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub workflows
    Github,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub colour: bool,
    pub verbose: bool,
    pub quiet: bool,
}

pub fn write(report: &Report, _format: Format, _options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in &report.findings {
        let file = report.files.file(finding.place.file);
        let (line, column) = position(&file.text, finding.place.span.start);
        writeln!(out, "{}:{line}:{column}: {}: {}", file.path, finding.rule, finding.message)?;
    }
    Ok(())
}

/// The line and the UTF-16 column of a byte, both from 1.
pub fn position(text: &str, at: u32) -> (usize, usize) {
    let before = text.get(..at as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.bytes().filter(|byte| *byte == b'\n').count() + 1, line.encode_utf16().count() + 1)
}
