//! The root folder to files: id, path, role, text. With the configuration the only door to the file system; it
//! knows file names and headers, but no grammar and no rule.

#![expect(clippy::disallowed_methods, reason = "with cli the only door to the file system")]

use std::path::{Path, PathBuf};

use crate::finding::Problem;
use crate::languages::Grammar;

/// Position in [`Files::files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// What a file is for. Only product code is judged; other roles are known so that they are not mistaken for it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Product,
    Test,
    /// Data and helpers of tests.
    Fixture,
    Migration,
    /// Runs by hand or once: seeds, demo data, maintenance scripts, benchmarks.
    Script,
    Generated,
    Vendored,
    Example,
    FrontEnd,
}

/// One file that was read.
#[derive(Clone, Debug)]
pub struct File {
    /// Relative to the root, with forward slashes.
    pub path: String,
    pub role: Role,
    pub kind: FileKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Source(Grammar),
    /// `package.json`, `go.mod`, ...: the file name says which.
    Manifest,
}

/// A file that was not read, and why: "larger than 1 MiB", "binary", "minified".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    pub path: String,
    pub reason: String,
}

/// Everything that was found below a root, sorted by path.
#[derive(Debug, Default)]
pub struct Files {
    pub files: Vec<File>,
    pub skipped: Vec<Skipped>,
    pub problems: Vec<Problem>,
}

impl Files {
    pub fn file(&self, id: FileId) -> &File {
        &self.files[id.get()]
    }
}

/// What to read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only what lies at or below these is walked; empty for all of the root. Absolute and without symbolic links.
    pub paths: Vec<PathBuf>,
    /// Also files and folders whose names begin with a dot.
    pub hidden: bool,
    /// Larger files are skipped; in bytes.
    pub max_file_size: u64,
    /// Not walked, as if an ignore file said so.
    pub exclude: globset::GlobSet,
    /// Roles by glob over whole paths, where `*` stays within a folder and `**` does not; the last that matches counts.
    pub roles: Vec<(String, Role)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            hidden: false,
            max_file_size: 1 << 20,
            exclude: globset::GlobSet::empty(),
            roles: Vec::new(),
        }
    }
}

pub fn files(root: &Path, options: &Options) -> Files {
    let mut files = Files::default();
    for entry in ignore::WalkBuilder::new(root).hidden(!options.hidden).require_git(false).build().flatten() {
        let wanted = options.paths.is_empty() || options.paths.iter().any(|path| entry.path().starts_with(path));
        let Ok(relative) = entry.path().strip_prefix(root) else { continue };
        if !wanted || !entry.file_type().is_some_and(|kind| kind.is_file()) || options.exclude.is_match(relative) {
            continue;
        }
        let path = relative.to_string_lossy().replace('\\', "/");
        let Ok(bytes) = std::fs::read(entry.path()) else { continue };
        add(&mut files, path, bytes, options);
    }
    files.files.sort_by(|a, b| a.path.cmp(&b.path));
    files.skipped.sort();
    files
}

/// One file whose bytes come from elsewhere: standard input.
pub fn single(path: String, bytes: Vec<u8>, options: &Options) -> Files {
    let mut files = Files::default();
    add(&mut files, path, bytes, options);
    files
}

fn add(files: &mut Files, path: String, bytes: Vec<u8>, options: &Options) {
    let extension = Path::new(&path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let Some(grammar) = Grammar::of_extension(extension) else { return };
    if bytes.len() as u64 > options.max_file_size {
        files.skipped.push(Skipped { path, reason: format!("larger than {} bytes", options.max_file_size) });
        return;
    }
    let matches = |glob: &str| globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(&path));
    let role = options.roles.iter().rev().find(|(glob, _)| matches(glob)).map_or(Role::Product, |(_, role)| *role);
    match String::from_utf8(bytes) {
        Ok(text) => files.files.push(File { path, role, kind: FileKind::Source(grammar), text }),
        Err(_) => files.problems.push(Problem { path, span: None, message: "bytes that are not UTF-8".to_owned() }),
    }
}
