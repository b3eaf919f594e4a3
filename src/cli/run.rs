//! One audit: paths and configuration to settings, the pipeline, reports to where they go, problems to people.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::args::{Check, Color, Output};
use super::console::{Console, is_coloured};
use super::progress::Bar;
use super::{FAILURE, config, variable};
use crate::finding::Problem;
use crate::report::{self, Report};
use crate::settings::Settings;
use crate::walk::{self, FileKind};
use crate::{Progress, audit, audit_files};

pub(super) fn check(check: &Check, console: Console) -> anyhow::Result<ExitCode> {
    let mut settings = Settings::default();
    let root = find_root(check, &mut settings)?;
    let config = read_config(check, &root)?;
    if let Some(config) = &config {
        config::apply(&config.path, &config.text, today(), &mut settings)?;
    }
    apply_flags(check, &mut settings);

    let bar = Bar::new(!check.no_progress && !check.quiet);
    let report = match &check.stdin_filename {
        Some(name) => audit_files(read_stdin(name, &root, &settings)?, &settings, &bar),
        None => audit(&root, &settings, &bar),
    };
    bar.clear();

    let written = bar.now();
    for output in &check.outputs {
        write(&report, output, check, console)?;
    }
    tell(&report, config.as_ref(), console);
    if check.timings {
        let last = ("report", bar.now().saturating_sub(written));
        console.block(&table(report.timings.iter().chain([&last])));
    }
    Ok(exit_code(&report, check))
}

/// Writes a commented configuration into the current folder.
pub(super) fn init(console: Console) -> anyhow::Result<()> {
    let mut file = match fs::File::create_new(config::NAME) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!("{} exists already", config::NAME),
        file => file.with_context(|| format!("{} cannot be written", config::NAME))?,
    };
    file.write_all(config::TEMPLATE.as_bytes()).with_context(|| format!("{} cannot be written", config::NAME))?;
    console.note(format_args!("wrote {}", config::NAME));
    Ok(())
}

/// The deepest folder around all paths; what is to be walked of it goes to the settings.
fn find_root(check: &Check, settings: &mut Settings) -> anyhow::Result<PathBuf> {
    let here = [PathBuf::from(".")];
    let paths = if check.paths.is_empty() { &here } else { check.paths.as_slice() };
    let mut found: Vec<(PathBuf, bool)> = Vec::new();
    for path in paths {
        let whole = match fs::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("no such file or folder: {}", path.display())
            }
            whole => whole.with_context(|| format!("{} cannot be read", path.display()))?,
        };
        let kind = fs::metadata(&whole).with_context(|| format!("{} cannot be read", path.display()))?;
        if !kind.is_dir() && !kind.is_file() {
            bail!("neither a file nor a folder: {}", path.display());
        }
        found.push((whole, kind.is_dir()));
    }
    let folders = found.iter().map(|(path, is_folder)| if *is_folder { path } else { path.parent().unwrap_or(path) });
    let root = folders.map(Path::to_owned).reduce(|a, b| common(&a, &b)).unwrap_or_default();
    if !found.iter().any(|(path, _)| *path == root) {
        settings.walk.paths = found.into_iter().map(|(path, _)| path).collect();
    }
    settings.partial = check.stdin_filename.is_some() || !settings.walk.paths.is_empty();
    Ok(root)
}

fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// A configuration that was read.
struct ConfigFile {
    /// As people are told.
    path: String,
    text: String,
}

fn read_config(check: &Check, root: &Path) -> anyhow::Result<Option<ConfigFile>> {
    if check.no_config {
        return Ok(None);
    }
    if let Some(path) = &check.config {
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        return Ok(Some(ConfigFile { path: path.display().to_string(), text }));
    }
    // The audited repository wrote this one: it must be a plain file inside the root.
    let path = match fs::canonicalize(root.join(config::NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        path => path.with_context(|| format!("{} cannot be read", config::NAME))?,
    };
    if !path.starts_with(root) {
        bail!("{} is a link that leads out of the audited folder", config::NAME);
    }
    let kind = fs::metadata(&path).with_context(|| format!("{} cannot be read", config::NAME))?;
    if !kind.is_file() || kind.len() > MAX_CONFIG_SIZE {
        bail!("{} is no file of reasonable size", config::NAME);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", config::NAME))?;
    Ok(Some(ConfigFile { path: config::NAME.to_owned(), text }))
}

/// Nobody writes so much by hand, and the globs of a hostile one take half a kilobyte for each byte.
const MAX_CONFIG_SIZE: u64 = 256 << 10;

fn apply_flags(check: &Check, settings: &mut Settings) {
    settings.select = check.select.iter().map(|rule| rule.id).collect();
    settings.ignore = check.ignore.iter().map(|rule| rule.id).collect();
    settings.min_confidence = check.confidence();
    settings.honour_ignores = !check.no_ignores;
    settings.threads = check.threads.unwrap_or_default().into();
    settings.walk.hidden = check.hidden;
    settings.walk.max_file_size = check.max_file_size;
}

fn today() -> Date {
    // The same day for everybody, wherever the run takes place.
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn read_stdin(name: &str, root: &Path, settings: &Settings) -> anyhow::Result<walk::Files> {
    let path = Path::new(name);
    let path = path.strip_prefix(root).unwrap_or(path);
    let path = path.to_string_lossy().replace('\\', "/").trim_start_matches("./").to_owned();
    let mut bytes = Vec::new();
    // One byte more than allowed, so that the walk sees that it is too much.
    let limit = settings.walk.max_file_size.saturating_add(1);
    io::stdin().lock().take(limit).read_to_end(&mut bytes).context("standard input cannot be read")?;
    Ok(walk::single(path, bytes, &settings.walk))
}

fn write(report: &Report, output: &Output, check: &Check, console: Console) -> anyhow::Result<()> {
    let options = |colour| report::Options { colour, verbose: console.verbose, quiet: console.quiet };
    match &output.path {
        Some(path) => {
            let context = || format!("{} cannot be written", path.display());
            let mut out = BufWriter::new(fs::File::create(path).with_context(context)?);
            report::write(report, output.format, &options(check.color == Color::Always), &mut out)
                .and_then(|()| out.flush())
                .with_context(context)
        }
        None => {
            let stdout = io::stdout();
            let colour = is_coloured(check.color, &stdout, variable);
            let mut out = BufWriter::new(anstream::AutoStream::new(stdout.lock(), anstream::ColorChoice::Always));
            report::write(report, output.format, &options(colour), &mut out)
                .and_then(|()| out.flush())
                .context("the report cannot be written to standard output")
        }
    }
}

/// Tells what was not seen.
fn tell(report: &Report, config: Option<&ConfigFile>, console: Console) {
    let (gaps, problems): (Vec<_>, Vec<_>) = report.problems.iter().partition(|problem| is_gap(problem, report));
    for problem in problems {
        // An audit that failed in part is an error, which `--quiet` does not silence.
        match problem.is_internal() {
            true => console.error(&problem.message),
            false => console.problem(format_args!("{}: {}", place(problem, report, config), problem.message)),
        }
    }
    let skipped = &report.files.skipped;
    if console.verbose {
        for gap in gaps {
            console.problem(format_args!("{}: {}", place(gap, report, config), gap.message));
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
    if !report.files.files.iter().any(|file| matches!(file.kind, FileKind::Source(_))) {
        console.note("no source files were found");
    }
}

fn count(files: usize) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

/// Code that a grammar did not understand; the rest of its file was audited.
fn is_gap(problem: &Problem, report: &Report) -> bool {
    let is_source = |file: &walk::File| matches!(file.kind, FileKind::Source(_));
    problem.span.is_some() && file(report, &problem.path).is_some_and(is_source)
}

fn file<'r>(report: &'r Report, path: &str) -> Option<&'r walk::File> {
    let files = &report.files.files;
    files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(|index| &files[index])
}

/// `path:line:column`
fn place(problem: &Problem, report: &Report, config: Option<&ConfigFile>) -> String {
    let path = &problem.path;
    let text = file(report, path).map(|file| &file.text);
    let text = text.or(config.filter(|config| config.path == *path).map(|config| &config.text));
    match (text, problem.span) {
        (Some(text), Some(span)) => {
            let (line, column) = report::position(text, span.start);
            format!("{path}:{line}:{column}")
        }
        _ => path.clone(),
    }
}

fn table<'a>(timings: impl Iterator<Item = &'a (&'static str, Duration)>) -> String {
    let mut table = String::new();
    for (phase, duration) in timings {
        table.push_str(&format!("{phase:8}{:10.1} ms\n", duration.as_secs_f64() * 1000.0));
    }
    table
}

fn exit_code(report: &Report, check: &Check) -> ExitCode {
    if report.problems.iter().any(Problem::is_internal) {
        return ExitCode::from(FAILURE);
    }
    let fails = |severity| report.findings.iter().any(|finding| finding.severity >= severity);
    ExitCode::from(u8::from(check.fails_from().is_some_and(fails)))
}
