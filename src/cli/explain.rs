//! What a rule is about, and why it does or does not find a place. It does not know what any rule looks for.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, bail};

use super::args::{ExplainArguments, Spot};
use super::console::{Console, is_coloured};
use super::outcome::{tell_timings, write};
use super::progress::Bar;
use super::run::{configure, find_root};
use super::{FAILURE, baseline, name, variable};
use crate::Progress;
use crate::explain::{self, Question};
use crate::finding::Problem;
use crate::report;
use crate::rules::Rule;
use crate::settings::Settings;

/// Longer lines are hard to read.
const WIDEST: u16 = 100;

pub(super) fn explain(arguments: &ExplainArguments, console: Console) -> anyhow::Result<ExitCode> {
    match &arguments.place {
        Some(spot) => place(arguments, spot, console),
        None => {
            page(arguments)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// As it is, with its front matter as a headline; rendered where there are colours.
fn page(arguments: &ExplainArguments) -> io::Result<()> {
    let text = markdown(arguments.rule);
    let stdout = io::stdout();
    if is_coloured(arguments.screen.color, &stdout, variable) {
        let width = terminal_size::terminal_size().map_or(WIDEST, |(width, _)| width.0.min(WIDEST));
        let text = report::rendered(&text, width.into());
        return AutoStream::new(stdout.lock(), ColorChoice::Always).write_all(text.as_bytes());
    }
    stdout.lock().write_all(text.as_bytes())
}

fn markdown(rule: &Rule) -> String {
    let page = rule.page();
    format!("# {}\n\n`{}`, {}, {}\n\n{}\n", page.title, rule.id, name(page.severity), page.group, page.body)
}

fn place(arguments: &ExplainArguments, spot: &Spot, console: Console) -> anyhow::Result<ExitCode> {
    let mut settings = Settings::default();
    let root = find_root(&[], &mut settings)?;
    let path = inside(&root, &spot.path)?;
    configure(&arguments.reading, &root, &mut settings)?;
    baseline::known(None, &arguments.reading, &root, &mut settings)?;
    let question = Question { rule: arguments.rule, path, line: spot.line, column: spot.column };
    let bar = Bar::new(!arguments.screen.no_progress && !console.quiet);
    let explained = explain::explain(&root, &question, &settings, &bar);
    bar.clear();
    let explanation = match explained {
        Ok(explanation) => explanation,
        Err(1) => bail!("{} has one line", spot.path.display()),
        Err(count) => bail!("{} has {count} lines", spot.path.display()),
    };

    let written = bar.now();
    write(None, arguments.screen.color, console, |options, out| report::write_explanation(&explanation, options, out))?;
    if arguments.screen.timings {
        let last = ("report", bar.now().saturating_sub(written));
        tell_timings(explanation.timings.iter().chain([&last]), console);
    }
    Ok(ExitCode::from(if explanation.problems.iter().any(Problem::is_internal) { FAILURE } else { 0 }))
}

/// The path of a file as the audit knows it.
fn inside(root: &Path, path: &Path) -> anyhow::Result<String> {
    let whole: PathBuf = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!("no such file: {}", path.display()),
        whole => whole.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    if whole.is_dir() {
        bail!("{} is a folder: a place is a line of a file", path.display());
    }
    let Ok(path) = whole.strip_prefix(root) else {
        bail!("{} lies outside of the current folder, which is what is audited", path.display());
    };
    Ok(path.to_string_lossy().replace('\\', "/"))
}
