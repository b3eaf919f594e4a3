//! Files of known findings: where they lie, how they are read and written, and the commands about them. It does not
//! know how findings are known again.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::slice;

use anyhow::{Context, anyhow, bail};

use super::FAILURE;
use super::args::{BaselineCommand, BaselineCreate, BaselinePrune, BaselineRun, BaselineShow, By, Reading};
use super::console::Console;
use super::outcome::{ConfigFile, Outcome, tell_timings};
use super::progress::Bar;
use super::run::{configure, find_root, select};
use crate::baseline::{Baseline, Change, Fate, Frame, Identity, fates};
use crate::finding::Problem;
use crate::report::{self, Report, one_line};
use crate::settings::Settings;

/// The name of the file in the root of an audit, where nothing says another.
const NAME: &str = "backlint-baseline.jsonl";

/// A hundred thousand entries have a third of it.
const MOST_BYTES: u64 = 32 << 20;

/// More moves than these are summed up.
const MOST_MOVES: usize = 3;

pub(super) fn run(command: &BaselineCommand, console: Console) -> anyhow::Result<ExitCode> {
    match command {
        BaselineCommand::Create(create) => self::create(create, console),
        BaselineCommand::Prune(prune) => self::prune(prune, console),
        BaselineCommand::Show(show) => self::show(show, console),
    }
}

fn create(create: &BaselineCreate, console: Console) -> anyhow::Result<ExitCode> {
    let audit = Audit::new(&create.run)?;
    let to_stdout = create.output_file.as_deref() == Some(Path::new("-"));
    let place = match to_stdout {
        true => None,
        false => Some(audit.place(create.output_file.as_deref())?),
    };
    if let Some(place) = &place {
        place.refuse_link()?;
        if !create.force && fs::symlink_metadata(&place.path).is_ok() {
            bail!(
                "{} exists already; --force writes it anew, `backlint baseline prune` brings it up to date",
                place.name
            );
        }
    }
    let report = audit.run(&create.run, console);
    if has_failed(&report) {
        return Ok(ExitCode::from(FAILURE));
    }

    let root = place.as_ref().and_then(|place| place.root_of(&audit.root));
    let frame = place.as_ref().map(|place| place.frame(root, &audit.root)).unwrap_or_default();
    let found = report.findings.iter().map(|finding| Identity::of(finding, &report.files));
    let entries: Vec<_> = found.filter_map(|one| Some(Identity { path: frame.in_entry(&one.path)?, ..one })).collect();
    let written = counted(entries.len(), "entry", "entries");
    let text = Baseline { root, entries }.write();
    match place {
        Some(place) => {
            place.write(&text, create.force)?;
            console.note(format_args!("wrote {written} to {}", place.name));
        }
        None => io::stdout().lock().write_all(report::escaped(&text).as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn prune(prune: &BaselinePrune, console: Console) -> anyhow::Result<ExitCode> {
    let mut audit = Audit::new(&prune.run)?;
    let place = audit.place(prune.baseline.as_deref())?;
    place.refuse_link()?;
    let known = Known::read(place, &audit.root, &mut audit.settings)?;
    if audit.settings.partial || !known.frame.audited.is_empty() {
        bail!(
            "{} speaks of more than {}, and only all of it can be pruned",
            known.place.name,
            prune.run.path.display()
        );
    }
    let report = audit.run(&prune.run, console);
    if has_failed(&report) {
        return Ok(ExitCode::from(FAILURE));
    }

    let fates = known.fates(&report, &audit.settings);
    let (mut dropped, mut changed) = (0, 0);
    let mut entries = Vec::new();
    for (entry, fate) in known.baseline.entries.iter().zip(fates) {
        match fate {
            Fate::Gone => dropped += 1,
            Fate::Unseen => entries.push(entry.clone()),
            Fate::Found(change, now) => {
                changed += usize::from(change != Change::None);
                entries.push(now);
            }
        }
    }
    let left = entries.len();
    let text = Baseline { root: known.baseline.root, entries }.write();
    if *report::escaped(&text) != known.text {
        known.place.write(&text, true)?;
    }
    let dropped = counted(dropped, "entry", "entries");
    console.note(format_args!("dropped {dropped}, brought {changed} up to date, left {left} in {}", known.place.name));
    Ok(ExitCode::SUCCESS)
}

fn show(show: &BaselineShow, console: Console) -> anyhow::Result<ExitCode> {
    let mut audit = Audit::new(&show.run)?;
    let place = audit.place(show.baseline.as_deref())?;
    let known = Known::read(place, &audit.root, &mut audit.settings)?;
    let report = audit.run(&show.run, console);

    let fates = known.fates(&report, &audit.settings);
    // Equal lines are one, with their number.
    let mut groups: BTreeMap<&str, BTreeMap<(&str, String), usize>> = BTreeMap::new();
    let mut states: BTreeMap<State, usize> = BTreeMap::new();
    for (entry, fate) in known.baseline.entries.iter().zip(&fates) {
        let state = State::of(fate);
        *states.entry(state).or_default() += 1;
        let name = if show.by == By::Rule { &entry.rule } else { &entry.path };
        let line = line(entry, fate, show.by);
        *groups.entry(name).or_default().entry((&entry.path, line)).or_default() += 1;
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (name, lines) in groups {
        writeln!(out, "{}: {}", one_line(name), counted(lines.values().sum(), "entry", "entries"))?;
        for ((_, line), count) in lines {
            let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
            writeln!(out, "  {}{times}", one_line(&line))?;
        }
        writeln!(out)?;
    }
    let states: Vec<_> = states.iter().map(|(state, count)| format!("{count} {}", state.word())).collect();
    let in_all = counted(fates.len(), "entry", "entries");
    let parts = if states.is_empty() { String::new() } else { format!(" ({})", states.join(", ")) };
    writeln!(out, "{in_all} in {}{parts}", one_line(&known.place.name))?;
    out.flush()?;
    Ok(ExitCode::from(if has_failed(&report) { FAILURE } else { 0 }))
}

/// `edited   src/a.py in `Shop.report`: `order.findMany` runs once per element of `users``
fn line(entry: &Identity, fate: &Fate, by: By) -> String {
    let mut line = format!("{:8} ", State::of(fate).word());
    line += if by == By::Rule { &entry.path } else { &entry.rule };
    if !entry.symbol.is_empty() {
        line += &format!(" in `{}`", entry.symbol);
    }
    if let Fate::Found(Change::Moved, now) = fate {
        line += &format!(", now {}", now.path);
    }
    if !entry.message.is_empty() {
        line += &format!(": {}", entry.message);
    }
    line
}

/// What is said of an entry, in the order of the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Found,
    Edited,
    Moved,
    Gone,
    Unseen,
}

impl State {
    fn of(fate: &Fate) -> Self {
        match fate {
            Fate::Found(Change::None, _) => Self::Found,
            Fate::Found(Change::Edited, _) => Self::Edited,
            Fate::Found(Change::Moved, _) => Self::Moved,
            Fate::Gone => Self::Gone,
            Fate::Unseen => Self::Unseen,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Edited => "edited",
            Self::Moved => "moved",
            Self::Gone => "gone",
            Self::Unseen => "not seen",
        }
    }
}

/// The audit behind a command.
struct Audit {
    root: PathBuf,
    settings: Settings,
    config: Option<ConfigFile>,
    /// Where files lie that nobody named.
    shown_root: PathBuf,
    of_config: OfConfig,
}

impl Audit {
    fn new(run: &BaselineRun) -> anyhow::Result<Self> {
        let mut settings = Settings::default();
        let root = find_root(slice::from_ref(&run.path), &mut settings)?;
        let config = configure(&run.reading, &root, &mut settings)?;
        select(&run.selection, &mut settings);
        let shown_root = if settings.partial { root.clone() } else { run.path.clone() };
        let of_config = OfConfig::new(&run.reading, &root, &settings);
        Ok(Self { root, settings, config, shown_root, of_config })
    }

    fn place(&self, named: Option<&Path>) -> anyhow::Result<Place> {
        if let Some(place) = Place::wanted(named, &self.of_config)? {
            return Ok(place);
        }
        let shown = self.shown_root.strip_prefix(".").unwrap_or(&self.shown_root).join(NAME);
        Place::inside(&self.root, Path::new(NAME), &shown.display().to_string(), &self.root)
    }

    fn run(&self, run: &BaselineRun, console: Console) -> Report {
        let bar = Bar::new(!run.screen.no_progress && !run.screen.quiet);
        let report = crate::audit(&self.root, &self.settings, &bar);
        bar.clear();
        Outcome { files: &report.files, problems: &report.problems, config: self.config.as_ref() }.tell(console);
        if run.screen.timings {
            tell_timings(report.timings.iter(), console);
        }
        report
    }
}

/// Then something that is still there may be missing from the findings.
fn has_failed(report: &Report) -> bool {
    report.problems.iter().any(Problem::is_internal)
}

/// The file that the configuration names.
struct OfConfig {
    path: Option<String>,
    /// The folder of the configuration.
    folder: PathBuf,
    /// Set when the audited repository wrote it: it must not lead outside.
    within: Option<PathBuf>,
}

impl OfConfig {
    fn new(reading: &Reading, root: &Path, settings: &Settings) -> Self {
        let folder = reading.config.as_deref().map(|path| parent(path).to_owned());
        let within = folder.is_none().then(|| root.to_owned());
        Self { path: settings.baseline.clone(), folder: folder.unwrap_or_else(|| root.to_owned()), within }
    }
}

/// Where a file of known findings lies.
struct Place {
    /// As people are told.
    name: String,
    /// Without symbolic links.
    folder: PathBuf,
    path: PathBuf,
}

impl Place {
    /// What is named, or what the configuration says.
    fn wanted(named: Option<&Path>, of_config: &OfConfig) -> anyhow::Result<Option<Self>> {
        if let Some(path) = named {
            return Self::of(path, &path.display().to_string()).map(Some);
        }
        let Some(path) = &of_config.path else { return Ok(None) };
        match &of_config.within {
            Some(root) => Self::inside(&of_config.folder, Path::new(path), path, root),
            None => Self::of(&of_config.folder.join(path), path),
        }
        .map(Some)
    }

    fn of(path: &Path, name: &str) -> anyhow::Result<Self> {
        let file = path.file_name().ok_or_else(|| anyhow!("{name} names no file"))?;
        let folder = fs::canonicalize(parent(path)).with_context(|| format!("the folder of {name} cannot be read"))?;
        Ok(Self { name: name.to_owned(), path: folder.join(file), folder })
    }

    fn inside(folder: &Path, path: &Path, name: &str, root: &Path) -> anyhow::Result<Self> {
        let place = Self::of(&folder.join(path), name)?;
        let target = fs::canonicalize(&place.path).unwrap_or_else(|_| place.path.clone());
        if !place.folder.starts_with(root) || !target.starts_with(root) {
            bail!("{name} leads out of the audited folder");
        }
        Ok(place)
    }

    /// What is written must land here, and not where somebody else wants it.
    fn refuse_link(&self) -> anyhow::Result<()> {
        match fs::symlink_metadata(&self.path) {
            Ok(kind) if !kind.is_file() => bail!("{} is no plain file", self.name),
            _ => Ok(()),
        }
    }

    fn read(&self) -> anyhow::Result<String> {
        let kind = match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("no such file: {}; `backlint baseline create` writes one", self.name)
            }
            kind => kind.with_context(|| format!("{} cannot be read", self.name))?,
        };
        if !kind.is_file() {
            bail!("{} is no plain file", self.name);
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&self.path).with_context(|| format!("{} cannot be read", self.name))?;
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(|| format!("{} cannot be read", self.name))?;
        if bytes.len() as u64 > MOST_BYTES {
            bail!("{} is larger than {} MiB", self.name, MOST_BYTES >> 20);
        }
        String::from_utf8(bytes).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            anyhow!("{}:{line}: bytes that are not UTF-8", self.name)
        })
    }

    fn write(&self, text: &str, overwrite: bool) -> anyhow::Result<()> {
        let context = || format!("{} cannot be written", self.name);
        let file = if overwrite { fs::File::create(&self.path) } else { fs::File::create_new(&self.path) };
        file.and_then(|mut file| file.write_all(report::escaped(text).as_bytes())).with_context(context)
    }

    /// How far above the file its paths begin: in its own folder when the audit takes place there or below, else in the
    /// root of the audit.
    fn root_of(&self, root: &Path) -> Option<usize> {
        if root.starts_with(&self.folder) {
            return Some(0);
        }
        self.folder.strip_prefix(root).ok().map(|below| below.components().count())
    }

    fn frame(&self, up: Option<usize>, root: &Path) -> Frame {
        let Some(begin) = up.and_then(|up| self.folder.ancestors().nth(up)) else { return Frame::default() };
        match (root.strip_prefix(begin), begin.strip_prefix(root)) {
            (Ok(audited), _) => Frame { audited: slashed(audited), ..Frame::default() },
            (_, Ok(spoken_of)) => Frame { spoken_of: slashed(spoken_of), ..Frame::default() },
            // A file that was taken elsewhere speaks of whatever is audited.
            _ => Frame::default(),
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn slashed(path: &Path) -> String {
    let names: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    names.join("/")
}

/// Puts what a run is to know into its settings, when a file is named.
pub(super) fn known(
    named: Option<&Path>,
    reading: &Reading,
    root: &Path,
    settings: &mut Settings,
) -> anyhow::Result<Option<Known>> {
    let place = Place::wanted(named, &OfConfig::new(reading, root, settings))?;
    place.map(|place| Known::read(place, root, settings)).transpose()
}

/// A file of known findings beside an audit.
pub(super) struct Known {
    place: Place,
    text: String,
    baseline: Baseline,
    frame: Frame,
}

impl Known {
    fn read(place: Place, root: &Path, settings: &mut Settings) -> anyhow::Result<Self> {
        let text = place.read()?;
        let baseline = Baseline::read(&text).map_err(|broken| anyhow!("{}:{broken}", place.name))?;
        let frame = place.frame(baseline.root, root);
        settings.known.extend(frame.known(&baseline.entries));
        Ok(Self { place, text, baseline, frame })
    }

    fn fates(&self, report: &Report, settings: &Settings) -> Vec<Fate> {
        fates(&self.baseline.entries, &self.frame, &report.known, &report.files, settings)
    }

    /// Tells what should be brought up to date.
    pub(super) fn tell(&self, report: &Report, settings: &Settings, console: Console) {
        let name = &self.place.name;
        let fates = self.fates(report, settings);
        let gone = fates.iter().filter(|fate| **fate == Fate::Gone).count();
        if gone > 0 {
            let (entries, are) = (counted(gone, "entry", "entries"), if gone == 1 { "is" } else { "are" });
            let them = if gone == 1 { "it" } else { "them" };
            console
                .note(format_args!("{entries} of {name} {are} found no more; `backlint baseline prune` drops {them}"));
        }
        let mut moves: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (entry, fate) in self.baseline.entries.iter().zip(&fates) {
            if let Fate::Found(Change::Moved, now) = fate {
                *moves.entry((&entry.path, &now.path)).or_default() += 1;
            }
        }
        let all = moves.values().sum();
        let follows = format!("`backlint baseline prune` follows {}", them(all));
        if moves.len() > MOST_MOVES {
            let (entries, files) = (counted(all, "entry", "entries"), moves.len());
            console.note(format_args!("{entries} of {name} moved with {files} files; {follows}"));
            return;
        }
        for ((from, to), count) in moves {
            let entries = counted(count, "entry", "entries");
            console.note(format_args!("{entries} of {name} moved from {from} to {to}; {follows}"));
        }
    }
}

fn them(count: usize) -> &'static str {
    if count == 1 { "it" } else { "them" }
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}
