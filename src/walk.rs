//! The root folder to files: id, path, role, text. With the configuration the only door to the file system; it
//! knows file names and headers, but no grammar and no rule.

use std::path::Path;

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
#[derive(Clone, Debug, Default)]
pub struct Options {}

pub fn files(_root: &Path, _options: &Options) -> Files {
    Files::default()
}
