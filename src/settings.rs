//! What a run is asked to do, after flags and `backlint.toml` have been put together. Plain data: it does not know
//! where a value came from.

use rustc_hash::FxHashMap;

use crate::baseline::Identity;
use crate::catalogue::Library;
use crate::facts::Span;
use crate::finding::{Confidence, Severity};
use crate::walk;

#[derive(Clone, Debug)]
pub struct Settings {
    /// Severities that the configuration overrules; `None` switches the rule off.
    pub severities: FxHashMap<&'static str, Option<Severity>>,
    /// When not empty, only these rules run.
    pub select: Vec<&'static str>,
    pub ignore: Vec<&'static str>,
    /// Findings below it are counted, not shown.
    pub min_confidence: Confidence,
    /// Honour ignore comments and `[[ignore]]` entries.
    pub honour_ignores: bool,
    /// An ignore comment must say why.
    pub require_reason: bool,
    pub ignores: Vec<Ignore>,
    /// Findings that are known from before, and not reported again.
    pub known: Vec<Identity>,
    /// Where the configuration says that they are written down, from its own folder.
    pub baseline: Option<String>,
    /// The path of the configuration as it is shown to people.
    pub config: String,
    /// Not all of the repository is seen: an ignore that answers nothing here may answer something in a whole run.
    pub partial: bool,
    /// Zero for as many as the machine has cores.
    pub threads: usize,
    /// The user's own libraries, beside the built-in catalogue.
    pub libraries: Vec<Library>,
    pub walk: walk::Options,
}

/// An `[[ignore]]` entry of the configuration.
#[derive(Clone, Debug)]
pub struct Ignore {
    pub rule: &'static str,
    pub paths: globset::GlobMatcher,
    pub reason: Option<String>,
    pub expires: Option<jiff::civil::Date>,
    /// Past its date of expiry: it ignores nothing any more.
    pub expired: bool,
    /// Where the configuration says it.
    pub span: Span,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            severities: FxHashMap::default(),
            select: Vec::new(),
            ignore: Vec::new(),
            min_confidence: Confidence::Medium,
            honour_ignores: true,
            require_reason: false,
            ignores: Vec::new(),
            known: Vec::new(),
            baseline: None,
            config: String::new(),
            partial: false,
            threads: 0,
            libraries: Vec::new(),
            walk: walk::Options::default(),
        }
    }
}
