//! What a run found, and its forms. Everything that turns byte spans into lines and columns is below this module;
//! it does not know the model or what any rule looks for.

use std::time::Duration;

use crate::finding::{Finding, Problem};
use crate::walk::Files;

/// The outcome of a run: findings sorted by path, line and rule.
#[derive(Debug)]
pub struct Report {
    pub files: Files,
    pub findings: Vec<Finding>,
    /// Files that could not be read or understood as a whole; sorted.
    pub problems: Vec<Problem>,
    pub counts: Counts,
    pub timings: Vec<(&'static str, Duration)>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Source files that were lowered.
    pub files: usize,
    /// Findings that an ignore comment or entry answers.
    pub ignored: usize,
    /// Findings below the confidence asked for.
    pub hidden: usize,
}
