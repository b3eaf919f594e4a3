//! A root to the paths below it that are worth reading. Opens no file it lists and follows no symbolic link.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::ignores::{self, Ignores};
use super::{FileKind, Foreign, Options, Skipped, base};
use crate::finding::Problem;
use crate::languages::Grammar;
use crate::manifests::ManifestKind;

/// A regular file of a known kind.
#[derive(Debug)]
pub(super) struct Found<O> {
    /// Relative to the root, with forward slashes.
    pub(super) path: String,
    /// Where its bytes are: on disk, in git.
    pub(super) origin: O,
    pub(super) kind: FileKind,
}

/// The listing of a root, each list sorted by path.
#[derive(Debug)]
pub(super) struct Tree<O> {
    pub(super) found: Vec<Found<O>>,
    /// Folders that a package manager filled: those with `*.dist-info` folders in them.
    pub(super) installed: Vec<String>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) problems: Vec<Problem>,
}

pub(super) enum Event<O> {
    Found(Found<O>),
    Installed(String),
    Skipped(Skipped),
    Problem(Problem),
}

impl<O: Ord> Tree<O> {
    pub(super) fn of(events: impl IntoIterator<Item = Event<O>>) -> Self {
        let mut tree = Self { found: Vec::new(), installed: Vec::new(), skipped: Vec::new(), problems: Vec::new() };
        for event in events {
            match event {
                Event::Found(found) => tree.found.push(found),
                Event::Installed(path) => tree.installed.push(path),
                Event::Skipped(skipped) => tree.skipped.push(skipped),
                Event::Problem(problem) => tree.problems.push(problem),
            }
        }
        // Two names that are not UTF-8 can read the same; where they come from keeps their order stable.
        tree.found.sort_by(|a, b| (&a.path, &a.origin).cmp(&(&b.path, &b.origin)));
        tree.installed.sort();
        tree
    }
}

pub(super) fn tree(root: &Path, options: &Options) -> Tree<PathBuf> {
    let base = base(root);
    let (events, received) = channel();
    if root.is_file() {
        let name = root.file_name().map(PathBuf::from).unwrap_or_default();
        let absolute = base.join(&name);
        match kind(&slashed(&name)) {
            Some(_) => send_file(absolute, &name, &events),
            None => {
                let reason = "neither a known language nor a manifest".to_owned();
                send(&events, Event::Skipped(Skipped { path: slashed(&name), reason }));
            }
        }
    } else if let Some(walker) = walker(root, options, &events) {
        walker.run(|| {
            let (events, base) = (events.clone(), &base);
            Box::new(move |entry| match entry {
                Ok(entry) if !is_asked_for(entry.path(), options) => WalkState::Skip,
                Ok(entry) => visit(&entry, base, options, &events),
                Err(error) => {
                    send(&events, Event::Problem(problem(&error, base)));
                    WalkState::Continue
                }
            })
        });
    }
    drop(events);
    Tree::of(received)
}

/// None when already the root, or a folder around it that counts, has ignore files that cannot be read.
fn walker(root: &Path, options: &Options, events: &Sender<Event<PathBuf>>) -> Option<ignore::WalkParallel> {
    // Ignore files above the root count within its git repository only. The crate stops there when git is required,
    // and outside of any repository there is nothing to ask the parents for.
    let canonical = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let repository = canonical.ancestors().find(|folder| folder.join(".git").exists());
    let ignores = Ignores::new(repository.unwrap_or(&canonical).to_path_buf());
    let around: Vec<&Path> = match repository {
        Some(repository) => canonical.ancestors().take_while(|folder| folder.starts_with(repository)).collect(),
        None => vec![&canonical],
    };
    if let Some(message) = around.into_iter().rev().find_map(|folder| ignores.refuse(folder)) {
        send(events, Event::Problem(Problem { path: String::new(), span: None, message }));
        return None;
    }

    let (base, canonical, events, hidden) = (base(root), canonical.clone(), events.clone(), options.hidden);
    let enter = move |entry: &DirEntry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        if entry.depth() > 0 && !hidden && !is_looked_at(&entry.file_name().to_string_lossy(), is_folder) {
            return false;
        }
        if entry.depth() == 0 || !is_folder {
            return true;
        }
        let relative = entry.path().strip_prefix(&base).unwrap_or(entry.path());
        let Some(message) = ignores.refuse(&canonical.join(relative)) else { return true };
        send(&events, Event::Problem(Problem { path: slashed(relative), span: None, message }));
        false
    };
    let walker = WalkBuilder::new(root)
        // Which hidden ones are looked at is told below.
        .hidden(false)
        .require_git(repository.is_some())
        .parents(repository.is_some())
        // What a user ignores on one machine must not change the report.
        .git_global(false)
        .add_custom_ignore_filename(ignores::OWN)
        .follow_links(false)
        .filter_entry(enter)
        .threads(if options.threads == 0 { rayon::current_num_threads() } else { options.threads })
        .build_parallel();
    Some(walker)
}

/// Hidden folders with pipelines, deployments and containers of developers in them.
const HIDDEN_FOLDERS: &[&str] = &[".chalice", ".devcontainer", ".forgejo", ".gitea", ".github", ".woodpecker"];

/// Whether a file or folder is visible, or hidden by a name that says what is in it.
pub(super) fn is_looked_at(name: &str, is_folder: bool) -> bool {
    !name.starts_with('.')
        || match is_folder {
            true => HIDDEN_FOLDERS.contains(&name),
            false => ManifestKind::of_path(name).is_some(),
        }
}

/// Below a hidden folder only manifests count, and only those that are known by their names.
fn is_shown(path: &str) -> bool {
    let is_hidden = path.rsplit('/').skip(1).any(|folder| folder.starts_with('.'));
    !is_hidden || ManifestKind::of_path(path).is_some()
}

/// At, below or on the way to one of the paths that were asked for.
pub(super) fn is_asked_for(path: &Path, options: &Options) -> bool {
    options.paths.is_empty() || options.paths.iter().any(|asked| path.starts_with(asked) || asked.starts_with(path))
}

fn visit(entry: &DirEntry, base: &Path, options: &Options, events: &Sender<Event<PathBuf>>) -> WalkState {
    let Some(kind) = entry.file_type().filter(|_| entry.depth() > 0) else {
        return WalkState::Continue;
    };
    let shape = match kind {
        _ if kind.is_symlink() => Shape::Link,
        _ if kind.is_dir() => Shape::Folder,
        _ if kind.is_file() => Shape::File(entry.path().to_path_buf()),
        _ => return WalkState::Continue,
    };
    let relative = entry.path().strip_prefix(base).unwrap_or(entry.path());
    let exists = |beside: &Path| base.join(beside).exists();
    if meet(relative, shape, &exists, options, events) { WalkState::Continue } else { WalkState::Skip }
}

/// What an entry of a tree is.
pub(super) enum Shape<O> {
    File(O),
    Folder,
    Link,
    /// A repository of its own, of which the tree has nothing but the name.
    Submodule,
}

/// Sends what there is to say of an entry. Whether it has something below it that counts.
pub(super) fn meet<O>(
    relative: &Path,
    shape: Shape<O>,
    exists: &dyn Fn(&Path) -> bool,
    options: &Options,
    events: &Sender<Event<O>>,
) -> bool {
    let skip = |end: &str, reason: &str| {
        send(events, Event::Skipped(Skipped { path: slashed(relative) + end, reason: reason.to_owned() }));
        false
    };
    if options.exclude.is_match(relative) {
        return skip("", "excluded by the configuration");
    }
    match shape {
        Shape::Link => return skip("", "symbolic link"),
        Shape::Submodule => return skip("/", "submodule"),
        Shape::Folder => {
            if let Some(reason) = never_entered(relative, exists) {
                return skip("/", reason);
            }
            if relative.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".dist-info")) {
                send(events, Event::Installed(relative.parent().map(slashed).unwrap_or_default()));
            }
        }
        Shape::File(origin) => {
            if options.hidden || is_shown(&slashed(relative)) {
                send_file(origin, relative, events);
            }
        }
    }
    true
}

/// Why nobody's own code is in this folder, whatever the ignore files say.
fn never_entered(folder: &Path, exists: &dyn Fn(&Path) -> bool) -> Option<&'static str> {
    match folder.file_name()?.to_str()? {
        ".git" | ".hg" | ".svn" | ".jj" => Some("version control"),
        "node_modules" | "bower_components" | "site-packages" => Some("installed packages"),
        ".venv" | "venv" => Some("virtual environment"),
        "__pycache__" => Some("byte code"),
        ".next" | ".nuxt" => Some("build output"),
        "target" if exists(&folder.join("CACHEDIR.TAG")) || exists(&folder.with_file_name("Cargo.toml")) => {
            Some("build output")
        }
        _ if exists(&folder.join("pyvenv.cfg")) => Some("virtual environment"),
        _ => None,
    }
}

fn send_file<O>(origin: O, relative: &Path, events: &Sender<Event<O>>) {
    let path = slashed(relative);
    let Some(kind) = kind(&path) else {
        return;
    };
    if relative.to_str().is_none() {
        let message = "file name is not UTF-8".to_owned();
        send(events, Event::Problem(Problem { path: path.clone(), span: None, message }));
    }
    send(events, Event::Found(Found { path, origin, kind }));
}

pub(super) fn kind(path: &str) -> Option<FileKind> {
    let name = path.rsplit('/').next()?;
    if ManifestKind::may_be(path) {
        return Some(FileKind::Manifest);
    }
    let (stem, extension) = name.rsplit_once('.')?;
    // A file whose whole name is an extension (".js") has none.
    let extension = Some(extension).filter(|_| !stem.is_empty())?;
    let source = Grammar::of_extension(extension).map(FileKind::Source);
    source.or_else(|| Foreign::of_extension(extension).map(FileKind::Foreign))
}

pub(super) fn slashed(path: &Path) -> String {
    path.components().map(|component| component.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn problem(error: &ignore::Error, base: &Path) -> Problem {
    let path = path_of(error).map(|path| slashed(path.strip_prefix(base).unwrap_or(path))).unwrap_or_default();
    let message = match error.io_error() {
        Some(io) => super::read::reason(io),
        None => error.to_string(),
    };
    Problem { path, span: None, message }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

pub(super) fn send<O>(events: &Sender<Event<O>>, event: Event<O>) {
    // The receiver outlives the walk, so that sending cannot fail.
    let _ = events.send(event);
}
