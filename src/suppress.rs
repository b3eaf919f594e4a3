//! Findings that somebody answered: ignore comments and `[[ignore]]` entries. Knows the rules' ids, not their logic.

use crate::finding::Finding;
use crate::settings::Settings;
use crate::walk::Files;

/// What is left after ignores have been honoured.
#[derive(Debug, Default)]
pub struct Suppressed {
    pub kept: Vec<Finding>,
    pub ignored: usize,
}

pub fn apply(_files: &Files, findings: Vec<Finding>, _settings: &Settings) -> Suppressed {
    Suppressed { kept: findings, ignored: 0 }
}
