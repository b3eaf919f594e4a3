//! A folder of its own for each test, and the program run in it with nothing of the developer's environment.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) struct Sandbox {
    pub(crate) root: PathBuf,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// An empty folder; the name tells tests apart.
    pub(crate) fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("the folder for tests can be written");
        Self { root }
    }

    pub(crate) fn with(name: &str, files: &[(&str, &str)]) -> Self {
        let sandbox = Self::new(name);
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("it is below the root")).expect("the root can be written");
        fs::write(path, text).expect("the root can be written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, &[], "")
    }

    pub(crate) fn run_with(&self, args: &[&str], variables: &[(&str, &str)], stdin: &str) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backlint"));
        command.args(args).current_dir(&self.root).env_clear().envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program was built");
        // It may end without reading.
        let _ = child.stdin.take().expect("it is piped").write_all(stdin.as_bytes());
        let output = child.wait_with_output().expect("it was started");
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("reports are UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("problems are UTF-8"),
        }
    }
}
