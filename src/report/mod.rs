//! What a run found, and its forms. Everything that turns byte spans into lines and columns is below this module;
//! it does not know the model or what any rule looks for.

mod address;
mod agent;
mod checklist;
mod concise;
mod explanation;
mod fingerprints;
mod full;
mod github;
mod gitlab;
mod grouped;
mod json;
mod jsonl;
mod junit;
mod lines;
mod markdown;
mod markup;
mod page;
mod rdjson;
mod sarif;
mod stack;
mod text;

use std::io;
use std::time::Duration;

pub use address::percent_encoded;
pub use json::escaped;
pub use page::rendered;
pub use sarif::SarifOptions;
pub use text::{one_line, printable};

use crate::baseline::{Change, Identity};
use crate::checklist::Checklist;
use crate::explain::Explanation;
use crate::facts::Span;
use crate::finding::{Finding, Problem};
use crate::stack::Stack;
use crate::suppress::Ignored;
use crate::walk::Files;

/// The outcome of a run: findings sorted by path, line and rule.
#[derive(Debug)]
pub struct Report {
    pub files: Files,
    pub findings: Vec<Finding>,
    /// Those that are known from before, in the same order.
    pub known: Vec<(Finding, Change)>,
    /// Those that an ignore comment or entry answers, without those below the confidence asked for; unsorted.
    pub ignored: Vec<Ignored>,
    /// What was known from before and is found no more; sorted.
    pub gone: Vec<Identity>,
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
    /// Findings that an ignore comment or entry answers, however sure backlint is of them.
    pub ignored: usize,
    /// Findings below the confidence asked for.
    pub hidden: usize,
}

/// The outcome of a survey: what there is, and what it answers.
#[derive(Debug)]
pub struct Survey {
    pub files: Files,
    pub stack: Stack,
    pub checklist: Checklist,
    /// As in [`Report`].
    pub problems: Vec<Problem>,
    pub timings: Vec<(&'static str, Duration)>,
}

/// The forms a report can take. The first three are for people, the others for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
#[value(rename_all = "kebab-case")]
pub enum Format {
    /// The source of every finding, with its evidence and what to do
    #[default]
    Full,
    /// One line per finding
    Concise,
    /// One line per finding, below the name of its file
    Grouped,
    /// One JSON document
    Json,
    /// One JSON object per finding and line
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub Actions run
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
    /// JUnit's XML, in which each finding is a failed test
    Junit,
    /// The diagnostics of reviewdog
    Rdjson,
    /// Markdown for the summary of a run or a comment
    Markdown,
    /// One line per finding with all that is known of it
    Agent,
}

/// The forms a survey can take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum SurveyFormat {
    /// For people
    #[default]
    Full,
    /// One JSON document
    Json,
    /// For a page of a repository
    Markdown,
}

/// How the formats for people look; the others pay no attention to it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Write ANSI colours.
    pub colour: bool,
    /// Say how confident each finding is.
    pub verbose: bool,
    /// Leave out the summary.
    pub quiet: bool,
    /// Where the audited commit can be read, for Markdown: `https://github.com/acme/shop/blob/4f2a…/`.
    pub blobs: Option<String>,
    /// The root on this machine, when places and rules are links of the terminal: `file://host/home/me/shop/`.
    pub ground: Option<String>,
}

/// The line and the column (in UTF-16 code units) of a byte, both from 1.
pub fn position(text: &str, at: u32) -> (usize, usize) {
    let start = lines::Lines::new(text).head(Span { start: at, end: at }).start;
    (start.line, start.column)
}

/// The bytes of a line, or the point at one of its columns; counted as by [`position`]. The number of lines where there
/// is no such line.
pub fn span_at(text: &str, line: usize, column: Option<usize>) -> Result<Span, usize> {
    let lines = lines::Lines::new(text);
    lines.span(line, column).ok_or_else(|| lines.count())
}

/// Why a rule finds a place, or does not.
pub fn write_explanation(explanation: &Explanation, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    explanation::write(explanation, options, out)
}

pub fn write(report: &Report, format: Format, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Full => full::write(report, options, out),
        Format::Concise => concise::write(report, options, out),
        Format::Grouped => grouped::write(report, options, out),
        Format::Json => json::write(report, out),
        Format::Jsonl => jsonl::write(report, out),
        Format::Sarif => write_sarif(report, &SarifOptions::default(), out).map(|_| ()),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Rdjson => rdjson::write(report, out),
        Format::Markdown => markdown::write(report, options, out),
        Format::Agent => agent::write(report, options, out),
    }
}

/// SARIF with more or less than usual. Gives what its readers should know of what is not in it.
pub fn write_sarif(report: &Report, options: &SarifOptions, out: &mut dyn io::Write) -> io::Result<Vec<String>> {
    sarif::write(report, options, out)
}

/// What the parts of a repository are built with; where each was seen when `evidence` is wanted.
pub fn write_stack(
    survey: &Survey,
    format: SurveyFormat,
    evidence: bool,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        SurveyFormat::Full => stack::full::write(survey, evidence, options, out),
        SurveyFormat::Json => stack::json::write(survey, evidence, out),
        SurveyFormat::Markdown => stack::markdown::write(survey, evidence, out),
    }
}

/// What a repository answers to the checklist.
pub fn write_checklist(
    survey: &Survey,
    format: SurveyFormat,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        SurveyFormat::Full => checklist::full::write(survey, options, out),
        SurveyFormat::Json => checklist::json::write(survey, out),
        SurveyFormat::Markdown => checklist::markdown::write(survey, out),
    }
}
