//! A [`Snapshot`] to the files in it that are worth reading, by the same rules as those on disk, and to their texts.
//! It opens no file of the work tree.
//!
//! What git tracks is not subject to `.gitignore`; `.ignore` and `.backlintignore` count as that tree has them.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::find::{Event, Found, Shape, Tree, is_asked_for, is_looked_at, meet, send, slashed};
use super::git::{Answer, Entry, EntryKind, Objects, Snapshot};
use super::read::{self, Read};
use super::role::ByPath;
use super::{Files, Options, Outcome, gather, ignores, outcome, role, unread};
use crate::finding::Problem;

/// Reads what a snapshot has below its root. What another one, that was read before, has in the same place, is taken
/// from its files.
pub fn tracked(snapshot: &Snapshot, options: &Options, before: Option<(&Snapshot, &Files)>) -> Files {
    let tree = tree(snapshot, options);
    let decided = role::by_path(&tree.found, &tree.installed, &options.roles);
    let mut found: Vec<(Found<String>, ByPath)> = tree.found.into_iter().zip(decided).collect();
    let before = before.map(|(snapshot, files)| texts(snapshot, files)).unwrap_or_default();
    let share = found.len().div_ceil(rayon::current_num_threads()).max(LEAST);
    let mut shares = Vec::new();
    while !found.is_empty() {
        let rest = found.split_off(found.len().min(share));
        shares.push(std::mem::replace(&mut found, rest));
    }
    let read = |share| outcomes(share, snapshot, options, &before);
    let outcomes: Vec<Vec<Outcome>> = shares.into_par_iter().map(read).collect();
    gather(outcomes.into_iter().flatten().collect(), tree.skipped, tree.problems, options)
}

/// So many files are worth processes of their own.
const LEAST: usize = 200;

/// Texts that were read before, by path and name of the content.
type Texts<'f> = FxHashMap<(&'f str, &'f str), &'f str>;

fn texts<'f>(snapshot: &'f Snapshot, files: &'f Files) -> Texts<'f> {
    let text = |file: &'f super::File| {
        let entry = snapshot.file(&snapshot.prefix().join(&file.path)).filter(|_| file.read)?;
        Some(((file.path.as_str(), entry.blob.as_str()), file.text.as_str()))
    };
    files.files.iter().filter_map(text).collect()
}

fn outcomes(
    share: Vec<(Found<String>, ByPath)>,
    snapshot: &Snapshot,
    options: &Options,
    before: &Texts,
) -> Vec<Outcome> {
    let max = options.max_file_size;
    let is_asked = |(found, decided): &&(Found<String>, ByPath)| {
        decided.worth_reading(found) && text_before(found, before).is_none()
    };
    let asked: Vec<&Found<String>> = share.iter().filter(is_asked).map(|(found, _)| found).collect();
    let names: Vec<&str> = asked.iter().map(|found| found.origin.as_str()).collect();

    let mut outcomes = Vec::with_capacity(share.len());
    let mut rest = share.iter();
    // Up to the next that was asked for.
    let mut go_on = |answer: Option<Answer>| {
        for (found, decided) in rest.by_ref() {
            let Found { path, kind, .. } = found;
            if !decided.worth_reading(found) {
                outcomes.push(unread(path.clone(), *kind, *decided));
            } else if let Some(text) = text_before(found, before) {
                let read = Read::Text { text: text.to_owned(), problem: None };
                outcomes.push(outcome(path.clone(), *kind, *decided, read));
            } else {
                let read = match answer {
                    Some(Answer::Bytes(bytes)) => read::text(path, bytes, *kind, max),
                    Some(Answer::Unwanted) => read::too_large(path, max),
                    Some(Answer::Missing) | None => Read::Failed(MISSING.to_owned()),
                };
                outcomes.push(outcome(path.clone(), *kind, *decided, read));
                return;
            }
        }
    };
    let wanted = |index: usize, size: u64| size <= read::most(&asked[index].path, asked[index].kind, max);
    Objects::new(snapshot.git()).read(&names, wanted, |_, answer| go_on(Some(answer)));
    go_on(None);
    outcomes
}

fn text_before<'f>(found: &Found<String>, before: &Texts<'f>) -> Option<&'f str> {
    before.get(&(found.path.as_str(), found.origin.as_str())).copied()
}

/// Of a partial clone, or damaged.
const MISSING: &str = "git has no content of it here";

fn tree(snapshot: &Snapshot, options: &Options) -> Tree<String> {
    let (events, received) = channel();
    Descent::new(snapshot, options, &events).run();
    drop(events);
    Tree::of(received)
}

/// The way through a sorted listing, as if it were a tree.
struct Descent<'a> {
    snapshot: &'a Snapshot,
    options: &'a Options,
    events: &'a Sender<Event<String>>,
    /// The ignore files of the folders that have some.
    ignores: FxHashMap<PathBuf, Vec<IgnoreFile>>,
    /// From the top of the repository to the current folder.
    open: Vec<Folder>,
}

struct IgnoreFile {
    name: &'static str,
    text: Answer,
}

struct Folder {
    /// Relative to the top of the repository.
    path: PathBuf,
    /// Whether what is in it counts.
    is_entered: bool,
    /// How much its ignore files and those around it have.
    size: u64,
    /// Of `.backlintignore`, which is asked first.
    own: Gitignore,
    plain: Gitignore,
}

impl<'a> Descent<'a> {
    fn new(snapshot: &'a Snapshot, options: &'a Options, events: &'a Sender<Event<String>>) -> Self {
        Self { snapshot, options, events, ignores: ignore_files(snapshot), open: Vec::new() }
    }

    fn run(&mut self) {
        let prefix = self.snapshot.prefix();
        for folder in prefix.ancestors().collect::<Vec<_>>().into_iter().rev() {
            match self.folder(folder.to_owned()) {
                Ok(folder) => self.open.push(folder),
                Err(message) => {
                    let problem = Problem { path: String::new(), span: None, message };
                    return send(self.events, Event::Problem(problem));
                }
            }
        }
        let around = self.open.len();
        let entries = self.snapshot.entries();
        let first = entries.partition_point(|entry| entry.path.as_path() < prefix);
        for entry in entries[first..].iter().take_while(|entry| entry.path.starts_with(prefix)) {
            let Some(parent) = entry.path.parent().filter(|parent| parent.starts_with(prefix)) else { continue };
            while self.open.len() > around && self.open.last().is_some_and(|open| !parent.starts_with(&open.path)) {
                self.open.pop();
            }
            self.enter(parent);
            if self.open.last().is_none_or(|folder| folder.is_entered) {
                self.see(entry);
            }
        }
    }

    /// Opens the folders between the current one and another.
    fn enter(&mut self, parent: &Path) {
        let depth = self.open.len().saturating_sub(1);
        let mut path: PathBuf = parent.components().take(depth).collect();
        for part in parent.components().skip(depth) {
            path.push(part);
            // What is below a folder that is not entered is not looked at.
            if self.open.last().is_some_and(|open| !open.is_entered) {
                return;
            }
            let is_entered = self.counts(&path, true) && self.meet(&path, Shape::Folder);
            let folder = match is_entered {
                true => self.folder(path.clone()),
                false => Ok(Folder::closed(path.clone())),
            };
            let folder = folder.unwrap_or_else(|message| {
                let path_of_problem = slashed(self.relative(&path));
                send(self.events, Event::Problem(Problem { path: path_of_problem, span: None, message }));
                Folder::closed(path.clone())
            });
            self.open.push(folder);
        }
    }

    fn see(&self, entry: &Entry) {
        let shape = match entry.kind {
            EntryKind::File => Shape::File(entry.blob.clone()),
            EntryKind::Link => Shape::Link,
            EntryKind::Submodule => Shape::Submodule,
        };
        if self.counts(&entry.path, entry.kind == EntryKind::Submodule) {
            self.meet(&entry.path, shape);
        }
    }

    fn meet(&self, path: &Path, shape: Shape<String>) -> bool {
        let exists = |beside: &Path| self.snapshot.file(&self.snapshot.prefix().join(beside)).is_some();
        meet(self.relative(path), shape, &exists, self.options, self.events)
    }

    /// Whether a path is neither ignored nor hidden nor beside what was asked for.
    fn counts(&self, path: &Path, is_folder: bool) -> bool {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let is_seen = self.options.hidden || is_looked_at(&name, is_folder);
        is_seen
            && !self.is_ignored(path, is_folder)
            && is_asked_for(&self.snapshot.root().join(self.relative(path)), self.options)
    }

    /// The innermost ignore file that speaks of a path decides.
    fn is_ignored(&self, path: &Path, is_folder: bool) -> bool {
        let mut parts = path.components();
        // The path as each of the open folders has it: they follow one another.
        let paths = self.open.iter().map(|folder| {
            let path = parts.as_path();
            parts.next();
            (folder, path)
        });
        let paths: Vec<(&Folder, &Path)> = paths.collect();
        let decide = |globs: fn(&Folder) -> &Gitignore| {
            let matches = paths.iter().rev().map(|(folder, path)| globs(folder).matched(path, is_folder));
            matches.into_iter().find(|found| !found.is_none()).map(|found| found.is_ignore())
        };
        decide(|folder| &folder.own).or_else(|| decide(|folder| &folder.plain)).unwrap_or(false)
    }

    fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.snapshot.prefix()).unwrap_or(path)
    }

    /// A folder that is entered, or why it is not.
    fn folder(&self, path: PathBuf) -> Result<Folder, String> {
        let mut folder =
            Folder { is_entered: true, size: self.open.last().map_or(0, |open| open.size), ..Folder::closed(path) };
        for file in self.ignores.get(&folder.path).into_iter().flatten() {
            let text = match &file.text {
                Answer::Bytes(bytes) => String::from_utf8_lossy(bytes),
                Answer::Unwanted => return Err(ignores::too_large()),
                Answer::Missing => {
                    return Err(format!("not entered, since git has no content of its {} here", file.name));
                }
            };
            folder.size += text.len() as u64;
            if folder.size > ignores::MOST {
                return Err(ignores::too_large());
            }
            let mut builder = GitignoreBuilder::new("");
            for line in text.trim_start_matches('\u{feff}').lines() {
                // A line that is no glob ignores nothing.
                let _ = builder.add_line(None, line);
            }
            let globs = builder.build().unwrap_or_else(|_| Gitignore::empty());
            *(if file.name == ignores::OWN { &mut folder.own } else { &mut folder.plain }) = globs;
        }
        Ok(folder)
    }
}

impl Folder {
    fn closed(path: PathBuf) -> Self {
        Self { path, is_entered: false, size: 0, own: Gitignore::empty(), plain: Gitignore::empty() }
    }
}

/// Reads all ignore files that can count.
fn ignore_files(snapshot: &Snapshot) -> FxHashMap<PathBuf, Vec<IgnoreFile>> {
    let prefix = snapshot.prefix();
    let known = |entry: &'_ Entry| {
        let name = entry.path.file_name()?;
        let name = [".ignore", ignores::OWN].into_iter().find(|known| name == *known)?;
        let folder = entry.path.parent()?;
        let counts = folder.starts_with(prefix) || prefix.starts_with(folder);
        (entry.kind == EntryKind::File && counts).then_some((name, folder.to_owned()))
    };
    let found: Vec<(&Entry, (&'static str, PathBuf))> =
        snapshot.entries().iter().filter_map(|entry| Some((entry, known(entry)?))).collect();
    let names: Vec<&str> = found.iter().map(|(entry, _)| entry.blob.as_str()).collect();
    let mut files: FxHashMap<PathBuf, Vec<IgnoreFile>> = FxHashMap::default();
    Objects::new(snapshot.git()).read(
        &names,
        |_, size| size <= ignores::MOST,
        |index, text| {
            let (_, (name, folder)) = &found[index];
            files.entry(folder.clone()).or_default().push(IgnoreFile { name, text });
        },
    );
    files
}
