//! The `git` program: found outside of what is audited, run so that nothing of that is executed, fetched or changed,
//! and asked for names of commits. Does not know what is listed with it.

use std::env;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use super::GitError;

/// A repository and the program that reads it.
#[derive(Clone, Debug)]
pub(in crate::walk) struct Git {
    program: PathBuf,
    /// The highest folder of the work tree.
    top: PathBuf,
    /// Where objects and the index are.
    folder: PathBuf,
    inherits: bool,
}

/// Settings of a repository that make git start programs, and those that let what lies in a checkout be a repository.
const CONFIGURATION: [&str; 3] = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "safe.bareRepository=explicit"];

const ENVIRONMENT: [(&str, &str); 6] = [
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    // Versions of git that do not know the one above can still not speak to anybody.
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_PAGER", "cat"),
];

/// What git tells its hooks about their repository.
const INHERITED: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

impl Git {
    /// The repository around a folder.
    pub(super) fn open(root: &Path) -> Result<Self, GitError> {
        let program = program(root).ok_or(GitError::Missing)?;
        let own = Self::discover(&program, Some(root));
        // A hook is told of an index of its own. It is meant when the repository is.
        let is_told = INHERITED.iter().any(|name| env::var_os(name).is_some());
        let told = if is_told { Self::discover(&program, None).ok() } else { None };
        match (own, told) {
            (Ok(own), Some(told)) if own.top == told.top => Ok(told),
            (Err(_), Some(told)) if root.starts_with(&told.top) => Ok(told),
            (own, _) => own,
        }
    }

    /// By a folder alone, or else by what the environment tells.
    fn discover(program: &Path, folder: Option<&Path>) -> Result<Self, GitError> {
        let tell = |what: &str| {
            let mut command = command(program, folder.is_none());
            if let Some(folder) = folder {
                command.current_dir(folder);
            }
            let told = output(command.args(["rev-parse", what]))?;
            Ok(path(told.strip_suffix(b"\n").unwrap_or(&told)))
        };
        let top = tell("--show-toplevel")?;
        let top = top.canonicalize().unwrap_or(top);
        let folder_of_git = tell("--absolute-git-dir")?;
        let git = Self { program: program.to_owned(), top, folder: folder_of_git, inherits: folder.is_none() };
        match folder.is_none_or(|folder| folder.starts_with(&git.top)) {
            true => Ok(git),
            false => Err(GitError::Refused("the folder is outside of its repository's work tree".to_owned())),
        }
    }

    pub(in crate::walk) fn top(&self) -> &Path {
        &self.top
    }

    fn command(&self) -> Command {
        let mut command = command(&self.program, self.inherits);
        command.env("GIT_DIR", &self.folder).env("GIT_WORK_TREE", &self.top).current_dir(&self.top);
        command
    }

    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        output(self.command().args(arguments))
    }

    /// A conversation on standard input and output.
    pub(super) fn talk(&self, arguments: &[&str]) -> Option<Child> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().ok()
    }

    /// The name of the commit that is meant.
    pub(super) fn commit(&self, revision: &str) -> Result<String, GitError> {
        let none = || {
            let is_shallow = self.ask(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|said| said == b"true\n");
            let name = revision.to_owned();
            if is_shallow { GitError::NotFetched(name) } else { GitError::NoSuchCommit(name) }
        };
        // What begins so is an option.
        if revision.starts_with('-') {
            return Err(GitError::NoSuchCommit(revision.to_owned()));
        }
        let said = self.ask(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")]);
        said.ok().and_then(|said| name(&said)).ok_or_else(none)
    }

    /// What HEAD is, if anything was committed.
    pub(super) fn head(&self) -> Result<Option<String>, GitError> {
        match self.commit("HEAD") {
            Ok(commit) => Ok(Some(commit)),
            // On a branch that does not exist yet.
            Err(_) if self.ask(&["rev-parse", "--verify", "--quiet", "HEAD"]).is_err() => {
                self.ask(&["symbolic-ref", "--quiet", "HEAD"]).map(|_| None)
            }
            Err(error) => Err(error),
        }
    }

    /// Where two commits parted.
    pub(super) fn common(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        match self.ask(&["merge-base", one, other]) {
            Ok(said) => Ok(name(&said)),
            // It says nothing when there is none.
            Err(GitError::Silent) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The one of the folders that programs are looked for in, unless the name of the folder depends on where backlint was
/// called or the program is itself audited.
fn program(root: &Path) -> Option<PathBuf> {
    let name = format!("git{}", env::consts::EXE_SUFFIX);
    let folders = env::var_os("PATH")?;
    let programs = env::split_paths(&folders).filter(|folder| folder.is_absolute()).map(|folder| folder.join(&name));
    programs.into_iter().find(|program| program.is_file() && !program.starts_with(root))
}

fn command(program: &Path, inherits: bool) -> Command {
    let mut command = Command::new(program);
    command.args(["--no-pager", "--literal-pathspecs"]);
    for setting in CONFIGURATION {
        command.args(["-c", setting]);
    }
    command.envs(ENVIRONMENT).stdin(Stdio::null());
    if !inherits {
        for name in INHERITED {
            command.env_remove(name);
        }
    }
    command
}

/// More than any listing has: trees that contain themselves many times over have no end.
const MOST: u64 = 256 << 20;
/// How much of what git complains of is told.
const MOST_WORDS: u64 = 2000;

fn output(command: &mut Command) -> Result<Vec<u8>, GitError> {
    let failed = |error: std::io::Error| GitError::Refused(super::super::read::reason(&error));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let stderr = child.stderr.take();
    let words = thread::spawn(move || {
        let mut words = Vec::new();
        if let Some(mut stderr) = stderr {
            // Less of a complaint is still one; the rest is taken, so that git can go on.
            let _ = stderr.by_ref().take(MOST_WORDS).read_to_end(&mut words);
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
        }
        words
    });
    let mut said = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MOST + 1).read_to_end(&mut said).map_err(failed)?;
    }
    if said.len() as u64 > MOST {
        // It may have ended meanwhile.
        let _ = child.kill();
        let _ = child.wait();
        return Err(GitError::TooMany);
    }
    let status = child.wait().map_err(failed)?;
    let words = words.join().unwrap_or_default();
    match in_one_line(&words) {
        _ if status.success() => Ok(said),
        words if words.is_empty() => Err(GitError::Silent),
        words => Err(GitError::Refused(words)),
    }
}

fn in_one_line(words: &[u8]) -> String {
    let words = String::from_utf8_lossy(words);
    let words = words.trim_start_matches("fatal: ").split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

/// The first line, when it is the name of an object.
fn name(said: &[u8]) -> Option<String> {
    let line = str::from_utf8(said).ok()?.lines().next()?;
    let is_name = line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then(|| line.to_owned())
}

#[cfg(unix)]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::new(&*String::from_utf8_lossy(bytes)))
}
