//! The root folder to files: id, path, role, text. With the configuration the only door to the file system; it
//! knows file names and headers, but no grammar and no rule.
//!
//! Three steps: [`find`] lists the tree, [`role`] tells from the paths what is never judged, [`read`] reads the
//! rest, and [`content`] and [`front_end`] tell from the texts what the paths left open. [`tracked`] does the same with
//! what [`git`] has instead of the disk.

#![expect(clippy::disallowed_methods, reason = "with cli the only door to the file system, and alone that to git")]

mod content;
mod find;
mod front_end;
pub mod git;
mod ignores;
mod read;
mod role;
mod tracked;

use std::path::{Path, PathBuf};

use globset::{GlobMatcher, GlobSet};
use rayon::prelude::*;

pub use crate::facts::FileId;
use crate::finding::Problem;
use crate::languages::Grammar;
use crate::manifests::ManifestKind;
use find::Found;
pub use tracked::tracked;

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

/// One file of a known kind.
#[derive(Clone, Debug)]
pub struct File {
    /// Relative to the root, with forward slashes.
    pub path: String,
    pub role: Role,
    pub kind: FileKind,
    /// Without a byte order mark: spans count from the first character.
    pub text: String,
    /// False where the path alone says that nothing inside matters (tests, fixtures, vendored code, examples);
    /// `text` is then empty.
    pub read: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Source(Grammar),
    /// In a language that is counted but not understood.
    Foreign(Foreign),
    /// `package.json`, `go.mod`, ...: name and text say which.
    Manifest,
}

/// A language without a grammar here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Foreign {
    CSharp,
    Elixir,
    Java,
    Kotlin,
    Php,
    Ruby,
    Scala,
    /// Drawn in the browser, whatever else its file says.
    Svelte,
    Vue,
    /// Never read: that there are such files is all that is asked.
    Sql,
}

impl Foreign {
    fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "cs" => Some(Self::CSharp),
            "ex" | "exs" => Some(Self::Elixir),
            "java" => Some(Self::Java),
            "kt" => Some(Self::Kotlin),
            "php" => Some(Self::Php),
            "rb" => Some(Self::Ruby),
            "scala" => Some(Self::Scala),
            "svelte" => Some(Self::Svelte),
            "vue" => Some(Self::Vue),
            "sql" => Some(Self::Sql),
            _ => None,
        }
    }
}

/// A file that was not read, and why: "larger than 1 MiB", "binary", "minified". Folders end in a slash.
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

/// What the command line and the configuration say about walking.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only what lies at or below these is walked; empty for all of the root. Absolute and without symbolic links.
    pub paths: Vec<PathBuf>,
    /// In bytes; larger files are skipped.
    pub max_file_size: u64,
    /// Whether to look into files and folders whose name begins with a dot.
    pub hidden: bool,
    /// Threads that list the tree; 0 takes as many as the current thread pool has. Files are read in that pool.
    pub threads: usize,
    /// Not walked, as if an ignore file said so.
    pub exclude: GlobSet,
    /// Roles by path. They overrule everything else, and a later one overrules an earlier one.
    pub roles: Vec<(GlobMatcher, Role)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            max_file_size: 1 << 20,
            hidden: false,
            threads: 0,
            exclude: GlobSet::empty(),
            roles: Vec::new(),
        }
    }
}

/// Reads what is below `root`, a folder or a single file. A single file is audited as if it were alone in its folder.
pub fn files(root: &Path, options: &Options) -> Files {
    let tree = find::tree(root, options);
    let decided = role::by_path(&tree.found, &tree.installed, &options.roles);
    let read = |(found, decided): (Found<PathBuf>, role::ByPath)| {
        if !decided.worth_reading(&found) {
            return unread(found.path, found.kind, decided);
        }
        let read = read::file(&found.path, &found.origin, found.kind, options.max_file_size);
        outcome(found.path, found.kind, decided, read)
    };
    let outcomes: Vec<Outcome> = tree.found.into_par_iter().zip(decided).map(read).collect();
    gather(outcomes, tree.skipped, tree.problems, options)
}

/// One file whose bytes come from elsewhere: standard input.
pub fn single(path: String, bytes: Vec<u8>, options: &Options) -> Files {
    let Some(kind) = find::kind(&path) else {
        let reason = "neither a known language nor a manifest".to_owned();
        return Files { skipped: vec![Skipped { path, reason }], ..Files::default() };
    };
    let found = [Found { path: path.clone(), origin: (), kind }];
    let decided = role::by_path(&found, &[], &options.roles);
    let read = read::text(&path, bytes, kind, options.max_file_size);
    let outcomes = decided.into_iter().map(|decided| outcome(path.clone(), kind, decided, read.clone())).collect();
    gather(outcomes, Vec::new(), Vec::new(), options)
}

fn gather(outcomes: Vec<Outcome>, mut skipped: Vec<Skipped>, mut problems: Vec<Problem>, options: &Options) -> Files {
    let mut files = Vec::new();
    for outcome in outcomes {
        problems.extend(outcome.problem);
        match outcome.file {
            Ok(file) => files.push(file),
            Err(reason) => skipped.extend(reason),
        }
    }
    front_end::mark(&mut files, |path| overridden(&options.roles, path).is_some());
    skipped.sort();
    problems.sort();
    Files { files, skipped, problems }
}

/// What became of one found file: the file or the reason to skip it (none when a problem says it), and a problem.
struct Outcome {
    file: Result<File, Option<Skipped>>,
    problem: Option<Problem>,
}

fn unread(path: String, kind: FileKind, decided: role::ByPath) -> Outcome {
    Outcome { file: Ok(File { path, role: decided.role, kind, text: String::new(), read: false }), problem: None }
}

fn outcome(path: String, kind: FileKind, decided: role::ByPath, read: read::Read) -> Outcome {
    match read {
        // Most YAML and JSON is no manifest, and nobody asked for it.
        read::Read::Text { text, .. } if kind == FileKind::Manifest && ManifestKind::of(&path, &text).is_none() => {
            Outcome { file: Err(None), problem: None }
        }
        read::Read::Text { text, problem } => {
            let kind = if is_plain_setup(&path, &text) { FileKind::Source(Grammar::Python) } else { kind };
            let role = match kind {
                FileKind::Source(grammar) if !decided.is_final => content::role(grammar.language(), &text),
                FileKind::Foreign(Foreign::Svelte | Foreign::Vue) if !decided.is_final => Role::FrontEnd,
                _ => decided.role,
            };
            let problem = problem.map(|message| Problem { path: path.clone(), span: None, message });
            Outcome { file: Ok(File { path, role, kind, text, read: true }), problem }
        }
        read::Read::Skipped(_) if kind == FileKind::Manifest && ManifestKind::of_path(&path).is_none() => {
            Outcome { file: Err(None), problem: None }
        }
        read::Read::Skipped(reason) => Outcome { file: Err(Some(Skipped { path, reason })), problem: None },
        read::Read::Failed(message) => {
            Outcome { file: Err(None), problem: Some(Problem { path, span: None, message }) }
        }
    }
}

/// A module that is called like the script of a package, and sets up something else.
fn is_plain_setup(path: &str, text: &str) -> bool {
    ManifestKind::of_path(path) == Some(ManifestKind::SetupScript)
        && !["setuptools", "distutils"].iter().any(|tool| text.contains(tool))
}

type Overrides = [(GlobMatcher, Role)];

fn overridden(overrides: &Overrides, path: &str) -> Option<Role> {
    overrides.iter().rev().find(|(glob, _)| glob.is_match(path)).map(|(_, role)| *role)
}

/// The folder that paths of findings are relative to: the root, or the folder of a root that is a file.
pub fn base(root: &Path) -> PathBuf {
    if root.is_file() { root.parent().unwrap_or(Path::new("")).to_path_buf() } else { root.to_path_buf() }
}
