//! One audit: paths and configuration to settings, the pipeline, its exit code. It does not know how problems are told.

use std::cell::Cell;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::args::{self, Check, Reading, Selection};
use super::console::Console;
use super::outcome::{ConfigFile, Outcome, tell_timings, write};
use super::progress::Bar;
use super::{FAILURE, baseline, config};
use crate::finding::Problem;
use crate::report::{self, Format, Report, SarifOptions};
use crate::settings::Settings;
use crate::walk;
use crate::walk::git::Sides;
use crate::{Progress, audit, audit_files, audit_sides};

pub(super) fn check(check: &Check, console: Console) -> anyhow::Result<ExitCode> {
    let mut settings = Settings::default();
    refuse_misspelt_command(&check.paths)?;
    let root = find_root(&check.paths, &mut settings)?;
    settings.partial |= check.stdin_filename.is_some();
    let config = configure(&check.reading, &root, &mut settings)?;
    select(&check.selection, &mut settings);
    let baseline = match check.no_baseline {
        true => None,
        false => baseline::known(check.baseline.as_deref(), &check.reading, &root, &mut settings)?,
    };

    let sides = sides(check, &root, console)?;
    let bar = Bar::new(!check.screen.no_progress && !check.screen.quiet);
    let report = match (&sides, &check.stdin_filename) {
        (Some(sides), _) => audit_sides(sides, &settings, &bar),
        (None, Some(name)) => audit_files(read_stdin(name, &root, &settings)?, &settings, &bar),
        (None, None) => audit(&root, &settings, &bar),
    };
    bar.clear();

    let written = bar.now();
    let sarif = SarifOptions { category: check.sarif.category.clone(), suppressed: check.sarif.include_suppressed };
    let notices = Cell::default();
    for output in &check.outputs {
        write(output.path.as_deref(), check.screen.color, console, |options, out| match output.format {
            Format::Sarif => report::write_sarif(&report, &sarif, out).map(|said| notices.set(said)),
            format => report::write(&report, format, options, out),
        })?;
    }
    notices.take().into_iter().for_each(|notice: String| console.note(notice));
    Outcome { files: &report.files, problems: &report.problems, config: config.as_ref() }.tell(console);
    if let Some(baseline) = baseline {
        baseline.tell(&report, &settings, console);
    }
    if check.screen.timings {
        let last = ("report", bar.now().saturating_sub(written));
        tell_timings(report.timings.iter().chain([&last]), console);
    }
    Ok(exit_code(&report, check))
}

/// What is to be compared, if anything is.
fn sides(check: &Check, root: &Path, console: Console) -> anyhow::Result<Option<Sides>> {
    Ok(match &check.since {
        Some(revision) => {
            let sides = Sides::since(root, revision)?;
            if sides.unrelated {
                console.note(format_args!("{revision} and HEAD have no common commit here: compared with {revision}"));
            }
            Some(sides)
        }
        None if check.staged => Some(Sides::staged(root)?),
        None => None,
    })
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

/// Puts what the flags say of findings into the settings.
pub(super) fn select(selection: &Selection, settings: &mut Settings) {
    settings.select = selection.select.iter().map(|rule| rule.id).collect();
    settings.ignore = selection.ignore.iter().map(|rule| rule.id).collect();
    settings.min_confidence = selection.confidence();
    settings.honour_ignores = !selection.no_ignores;
}

/// A first path that is not there may be meant as a command.
fn refuse_misspelt_command(paths: &[PathBuf]) -> anyhow::Result<()> {
    if let Some(path) = paths.first()
        && fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        && let Some(command) = args::meant(path)
    {
        bail!("no such file or folder: {}; did you mean the command `{command}`?", path.display());
    }
    Ok(())
}

/// The deepest folder around all paths; what is to be walked of it goes to the settings.
pub(super) fn find_root(paths: &[PathBuf], settings: &mut Settings) -> anyhow::Result<PathBuf> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
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
    settings.partial = !settings.walk.paths.is_empty();
    Ok(root)
}

fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// Puts together what the configuration and the flags say of reading.
pub(super) fn configure(reading: &Reading, root: &Path, settings: &mut Settings) -> anyhow::Result<Option<ConfigFile>> {
    let config = read_config(reading, root)?;
    if let Some(config) = &config {
        config::apply(&config.path, &config.text, today(), settings)?;
    }
    settings.threads = reading.threads.unwrap_or_default().into();
    settings.walk.hidden = reading.hidden;
    settings.walk.max_file_size = reading.max_file_size;
    Ok(config)
}

fn read_config(reading: &Reading, root: &Path) -> anyhow::Result<Option<ConfigFile>> {
    if reading.no_config {
        return Ok(None);
    }
    if let Some(path) = &reading.config {
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

fn exit_code(report: &Report, check: &Check) -> ExitCode {
    if report.problems.iter().any(Problem::is_internal) {
        return ExitCode::from(FAILURE);
    }
    let fails = |severity| report.findings.iter().any(|finding| finding.severity >= severity);
    ExitCode::from(u8::from(check.fails_from().is_some_and(fails)))
}
