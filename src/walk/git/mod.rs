//! A revision or the index to a [`Snapshot`]: the paths that git keeps and where their contents are. Knows neither
//! which of them are worth reading nor what is in them.
//!
//! It asks the `git` that is installed: a library for it would be C, or a hundred crates, and where there are hooks or
//! pipelines there is git. Only plumbing is asked, which refreshes nothing, takes no lock, and runs no filter or hook.

mod command;
mod objects;

use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use command::Git;
pub(super) use objects::{Answer, Objects};

/// Why git could not tell.
#[derive(Debug, Error)]
pub enum GitError {
    #[error("git is needed to compare, and is not installed")]
    Missing,
    #[error("git: {0}")]
    Refused(String),
    #[error("git failed without a word")]
    Silent,
    #[error("no such commit: {0}")]
    NoSuchCommit(String),
    #[error("no such commit: {0}; this clone is shallow, so that it may have to be fetched first")]
    NotFetched(String),
    #[error("there is no commit yet to compare with")]
    NoCommits,
    #[error("the index has unmerged entries, the first of them {0}")]
    Unmerged(String),
    #[error("more files than any repository has")]
    TooMany,
}

/// What is compared.
#[derive(Debug)]
pub struct Sides {
    pub base: Snapshot,
    pub head: Snapshot,
    /// HEAD and the commit asked for have no common one here, so that the latter itself is the base.
    pub unrelated: bool,
}

impl Sides {
    /// What HEAD has beside where it left `revision`. `root` is absolute and without symbolic links.
    pub fn since(root: &Path, revision: &str) -> Result<Self, GitError> {
        let git = Git::open(root)?;
        let asked = git.commit(revision)?;
        let head = git.commit("HEAD").map_err(|_| GitError::NoCommits)?;
        let common = git.common(&asked, &head)?;
        let unrelated = common.is_none();
        let base = Snapshot::of_commit(&git, root, &common.unwrap_or(asked))?;
        Ok(Self { base, head: Snapshot::of_commit(&git, root, &head)?, unrelated })
    }

    /// What the next commit adds to HEAD, which is nothing before the first.
    pub fn staged(root: &Path) -> Result<Self, GitError> {
        let git = Git::open(root)?;
        let base = match git.head()? {
            Some(commit) => Snapshot::of_commit(&git, root, &commit)?,
            None => Snapshot { git: git.clone(), root: root.to_path_buf(), entries: Vec::new() },
        };
        Ok(Self { base, head: Snapshot::of_index(&git, root)?, unrelated: false })
    }
}

/// All files of a commit or of the index.
#[derive(Clone, Debug)]
pub struct Snapshot {
    git: Git,
    root: PathBuf,
    /// Sorted by path, also those beside the root.
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Relative to the top of the repository.
    pub(super) path: PathBuf,
    pub(super) kind: EntryKind,
    /// The name of its content.
    pub(super) blob: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EntryKind {
    File,
    Link,
    Submodule,
}

impl Snapshot {
    fn of_commit(git: &Git, root: &Path, commit: &str) -> Result<Self, GitError> {
        let listing = git.ask(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        // `100644 blob 95d09f2b10159347eece71399a7e2e907ea3df4f`
        let entry = |words: &[&str], path| Some(Entry::new(words.first()?, words.get(2)?, path));
        Self::new(git, root, &listing, entry)
    }

    fn of_index(git: &Git, root: &Path) -> Result<Self, GitError> {
        let listing = git.ask(&["ls-files", "-s", "-z", "--full-name"])?;
        let mut unmerged = None;
        // `100644 95d09f2b10159347eece71399a7e2e907ea3df4f 0`
        let entry = |words: &[&str], path: PathBuf| {
            if words.get(2) != Some(&"0") {
                unmerged.get_or_insert_with(|| path.to_string_lossy().into_owned());
            }
            Some(Entry::new(words.first()?, words.get(1)?, path))
        };
        let snapshot = Self::new(git, root, &listing, entry)?;
        unmerged.map_or(Ok(snapshot), |path| Err(GitError::Unmerged(path)))
    }

    fn new(
        git: &Git,
        root: &Path,
        listing: &[u8],
        mut entry: impl FnMut(&[&str], PathBuf) -> Option<Entry>,
    ) -> Result<Self, GitError> {
        let mut entries = Vec::new();
        for line in listing.split(|byte| *byte == 0) {
            let Some(tab) = line.iter().position(|byte| *byte == b'\t') else { continue };
            let words: Vec<&str> = str::from_utf8(&line[..tab]).unwrap_or_default().split(' ').collect();
            let path = command::path(&line[tab + 1..]);
            if is_sane(&path) {
                entries.extend(entry(&words, path));
            }
        }
        entries.sort();
        Ok(Self { git: git.clone(), root: root.to_path_buf(), entries })
    }

    pub(super) fn git(&self) -> &Git {
        &self.git
    }

    /// The audited folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The audited folder, relative to the top of the repository.
    pub(super) fn prefix(&self) -> &Path {
        self.root.strip_prefix(self.git.top()).unwrap_or(Path::new(""))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The file of a path from the top of the repository.
    pub(super) fn file(&self, path: &Path) -> Option<&Entry> {
        let index = self.entries.binary_search_by(|entry| entry.path.as_path().cmp(path)).ok()?;
        Some(&self.entries[index]).filter(|entry| entry.kind == EntryKind::File)
    }
}

/// Of a path, in bytes and in folders.
const LONGEST: usize = 4096;
const DEEPEST: usize = 256;

/// What no checkout could write, or nobody would, somebody made up.
fn is_sane(path: &Path) -> bool {
    let mut parts = path.components();
    path.as_os_str().len() <= LONGEST
        && parts.by_ref().take(DEEPEST).all(|part| matches!(part, Component::Normal(_)))
        && parts.next().is_none()
}

impl Entry {
    fn new(mode: &str, blob: &str, path: PathBuf) -> Self {
        let kind = match mode {
            "120000" => EntryKind::Link,
            "160000" => EntryKind::Submodule,
            _ => EntryKind::File,
        };
        Self { path, kind, blob: blob.to_owned() }
    }
}
