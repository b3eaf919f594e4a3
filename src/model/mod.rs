//! All facts and the catalogue to one immutable picture of the repository. Knows no syntax, severity or wording.

use crate::catalogue::Library;
use crate::facts::FileFacts;
use crate::walk::Files;

/// The repository as its engineers see it.
#[derive(Debug)]
pub struct Project<'p> {
    pub files: &'p Files,
    /// By file; none for what is not lowered.
    pub facts: Vec<Option<FileFacts>>,
}

impl<'p> Project<'p> {
    pub fn link(files: &'p Files, facts: Vec<Option<FileFacts>>, _libraries: &[Library]) -> Self {
        Self { files, facts }
    }
}
