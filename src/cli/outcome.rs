//! What a run leaves behind: a report to where it goes, problems and timings to people. It does not know what was
//! asked for.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::args::Color;
use super::console::{Console, is_coloured};
use super::variable;
use crate::finding::Problem;
use crate::report::{self, Options};
use crate::walk::{self, FileKind, Files};

/// Writes a report to a file, or to standard output.
pub(super) fn write(
    path: Option<&Path>,
    color: Color,
    console: Console,
    report: impl Fn(&Options, &mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    let options = |colour| Options { colour, verbose: console.verbose, quiet: console.quiet, ..Options::default() };
    match path {
        Some(path) => {
            let context = || format!("{} cannot be written", path.display());
            let mut out = BufWriter::new(fs::File::create(path).with_context(context)?);
            report(&options(color == Color::Always), &mut out).and_then(|()| out.flush()).with_context(context)
        }
        None => {
            let stdout = io::stdout();
            let colour = is_coloured(color, &stdout, variable);
            let mut out = BufWriter::new(anstream::AutoStream::new(stdout.lock(), anstream::ColorChoice::Always));
            report(&options(colour), &mut out)
                .and_then(|()| out.flush())
                .context("the report cannot be written to standard output")
        }
    }
}

/// A configuration that was read.
pub(super) struct ConfigFile {
    /// As people are told.
    pub(super) path: String,
    pub(super) text: String,
}

/// What is told of a run beside its report.
pub(super) struct Outcome<'r> {
    pub(super) files: &'r Files,
    pub(super) problems: &'r [Problem],
    pub(super) config: Option<&'r ConfigFile>,
}

impl Outcome<'_> {
    /// Tells what was not seen.
    pub(super) fn tell(&self, console: Console) {
        let (gaps, problems): (Vec<_>, Vec<_>) = self.problems.iter().partition(|problem| self.is_gap(problem));
        for problem in problems {
            // A run that failed in part is an error, which `--quiet` does not silence.
            match problem.is_internal() {
                true => console.error(&problem.message),
                false => console.problem(format_args!("{}: {}", self.place(problem), problem.message)),
            }
        }
        let skipped = &self.files.skipped;
        if console.verbose {
            for gap in gaps {
                console.problem(format_args!("{}: {}", self.place(gap), gap.message));
            }
            for file in skipped {
                console.note(format_args!("skipped: {}: {}", file.path, file.reason));
            }
        } else {
            if !gaps.is_empty() {
                console.note(format_args!("{} with code that was not understood (-v lists them)", count(gaps.len())));
            }
            if !skipped.is_empty() {
                console.note(format_args!("{} skipped (-v lists them)", count(skipped.len())));
            }
        }
        if !self.files.files.iter().any(|file| matches!(file.kind, FileKind::Source(_))) {
            console.note("no source files were found");
        }
    }

    /// Code that a grammar did not understand; the rest of its file was read.
    fn is_gap(&self, problem: &Problem) -> bool {
        let is_source = |file: &walk::File| matches!(file.kind, FileKind::Source(_));
        problem.span.is_some() && self.file(&problem.path).is_some_and(is_source)
    }

    fn file(&self, path: &str) -> Option<&walk::File> {
        let files = &self.files.files;
        files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(|index| &files[index])
    }

    /// `path:line:column`
    fn place(&self, problem: &Problem) -> String {
        let path = &problem.path;
        let text = self.file(path).map(|file| &file.text);
        let text = text.or(self.config.filter(|config| config.path == *path).map(|config| &config.text));
        match (text, problem.span) {
            (Some(text), Some(span)) => {
                let (line, column) = report::position(text, span.start);
                format!("{path}:{line}:{column}")
            }
            _ => path.clone(),
        }
    }
}

fn count(files: usize) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

/// Tells how long each phase took.
pub(super) fn tell_timings<'a>(timings: impl Iterator<Item = &'a (&'static str, Duration)>, console: Console) {
    let line = |(phase, duration): &(&str, Duration)| format!("{phase:8}{:10.1} ms\n", duration.as_secs_f64() * 1000.0);
    console.block(&timings.map(line).collect::<String>());
}
