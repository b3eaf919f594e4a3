//! Findings of now and findings known from before to those that are new, known and gone. It compares what the code
//! says, not where it stands, and does not know where the known ones were written down.

mod fate;
mod file;

use std::collections::VecDeque;
use std::hash::Hash;

use rustc_hash::FxHashMap;

pub use fate::{Fate, Frame, fates};
pub use file::{Baseline, Broken};

use crate::finding::Finding;
use crate::paths::ancestors;
use crate::rules::Rule;
use crate::settings::Settings;
use crate::walk::Files;

/// By what a finding is known again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    pub path: String,
    pub rule: String,
    /// The function or type it stands in: `Shop.report`. Empty outside of any.
    pub symbol: String,
    /// A hash of its words, without the signs and spaces between them.
    pub code: u64,
    pub message: String,
}

impl Identity {
    pub fn of(finding: &Finding, files: &Files) -> Self {
        let file = files.file(finding.place.file);
        let span = finding.place.span;
        let code = file.text.get(span.start as usize..).unwrap_or_default();
        let code = match span.end.saturating_sub(span.start) {
            0 => code.lines().next().unwrap_or_default(),
            length => code.get(..length as usize).unwrap_or(code),
        };
        Self {
            path: file.path.clone(),
            rule: finding.rule.to_owned(),
            symbol: finding.symbol.clone(),
            code: hash(code.split(|sign: char| !is_of_word(sign)).filter(|word| !word.is_empty())),
            message: finding.message.clone(),
        }
    }

    /// Stays the same when lines move and code is laid out anew.
    pub fn fingerprint(&self) -> u64 {
        hash([self.rule.as_str(), &self.path, &self.symbol, &format!("{:x}", self.code)])
    }
}

fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// The same on every machine and in every version: FNV-1a.
fn hash<'w>(words: impl IntoIterator<Item = &'w str>) -> u64 {
    let bytes = words.into_iter().flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What became of a finding since it was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    None,
    /// Its code or the function around it reads differently.
    Edited,
    /// Its file has another path.
    Moved,
}

/// What findings have to do with those known from before; all by position.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// For each finding the known one that it is.
    pub known: Vec<Option<(usize, Change)>>,
    /// The known ones that are found no more.
    pub gone: Vec<usize>,
}

/// Ties findings to known ones, each to one at most: the same code in the same function first, then what was edited,
/// last what moved away from a path that no longer `exists`.
pub fn matches(found: &[Identity], known: &[Identity], exists: impl Fn(&str) -> bool) -> Matches {
    let mut ties = Ties { found, known, of_found: vec![None; found.len()] };
    let left = (0..known.len()).collect();
    let left = ties.tie(left, Change::None, |one| Some((&one.rule, &one.path, &one.symbol, one.code)));
    let left = ties.tie(left, Change::Edited, |one| Some((&one.rule, &one.path, one.code)));
    let left = ties.tie(left, Change::Edited, |one| Some((&one.rule, &one.path, &one.message)));
    // Outside of functions that much is the same of all findings of a rule.
    let in_symbol = |one: &Identity| !one.symbol.is_empty();
    let left = ties.tie(left, Change::Edited, |one| in_symbol(one).then_some((&one.rule, &one.path, &one.symbol)));
    let (stayed, away): (Vec<_>, Vec<_>) = left.into_iter().partition(|index| exists(&known[*index].path));
    let mut gone = ties.tie(away, Change::Moved, |one| Some((&one.rule, &one.symbol, one.code)));
    gone.extend(stayed);
    gone.sort_unstable();
    Matches { known: ties.of_found, gone }
}

struct Ties<'i> {
    found: &'i [Identity],
    known: &'i [Identity],
    of_found: Vec<Option<(usize, Change)>>,
}

impl<'i> Ties<'i> {
    /// Ties what has the same key, in order; what is left of the known ones comes back.
    fn tie<K: Hash + Eq>(
        &mut self,
        known: Vec<usize>,
        change: Change,
        key: impl Fn(&'i Identity) -> Option<K>,
    ) -> Vec<usize> {
        let mut open: FxHashMap<K, VecDeque<usize>> = FxHashMap::default();
        let mut left = Vec::new();
        for index in known {
            match key(&self.known[index]) {
                Some(key) => open.entry(key).or_default().push_back(index),
                None => left.push(index),
            }
        }
        for (one, tie) in self.found.iter().zip(&mut self.of_found).filter(|(_, tie)| tie.is_none()) {
            let same = key(one).and_then(|key| open.get_mut(&key)?.pop_front());
            *tie = same.map(|index| (index, change));
        }
        left.extend(open.into_values().flatten());
        left.sort_unstable();
        left
    }
}

/// The findings of a run, by whether they were known before it.
#[derive(Debug, Default)]
pub struct Sorted {
    pub new: Vec<Finding>,
    pub known: Vec<(Finding, Change)>,
    /// What was known and is found no more; sorted.
    pub gone: Vec<Identity>,
    /// How many are new and below the confidence asked for.
    pub hidden: usize,
}

/// Keeps the order of the findings.
pub fn sort_out(findings: Vec<Finding>, files: &Files, settings: &Settings) -> Sorted {
    let mut sorted = Sorted::default();
    let is_hidden = |finding: &Finding| finding.confidence < settings.min_confidence;
    let mut ties = vec![None; findings.len()];
    if !settings.known.is_empty() {
        // What is hidden was perhaps shown when it was written down, but takes no entry away from what is shown.
        let mut order: Vec<usize> = (0..findings.len()).collect();
        order.sort_by_key(|index| is_hidden(&findings[*index]));
        let found: Vec<Identity> = order.iter().map(|index| Identity::of(&findings[*index], files)).collect();
        let matches = matches(&found, &settings.known, |path| exists(path, files, settings));
        for (index, tie) in order.into_iter().zip(matches.known) {
            ties[index] = tie;
        }
        let gone = matches.gone.into_iter().map(|index| &settings.known[index]);
        sorted.gone = gone.filter(|one| is_seen(one, files, settings)).cloned().collect();
        sorted.gone.sort();
    }
    for (finding, tie) in findings.into_iter().zip(ties) {
        match tie {
            Some((_, change)) => sorted.known.push((finding, change)),
            None if is_hidden(&finding) => sorted.hidden += 1,
            None => sorted.new.push(finding),
        }
    }
    sorted
}

/// Of a repository that is seen in part nothing can be said to have moved.
fn exists(path: &str, files: &Files, settings: &Settings) -> bool {
    settings.partial || files.files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok()
}

/// Whether a run would have found what is known, were it still there.
fn is_seen(known: &Identity, files: &Files, settings: &Settings) -> bool {
    let is_skipped = |path: &str| files.skipped.binary_search_by(|skipped| skipped.path.as_str().cmp(path)).is_ok();
    let is_on = Rule::find(&known.rule).is_none_or(|rule| rule.severity(settings).is_some());
    let is_read = !is_skipped(&known.path) && !ancestors(&known.path).any(|folder| is_skipped(&format!("{folder}/")));
    !settings.partial && is_on && is_read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, symbol: &str, code: u64, message: &str) -> Identity {
        let [path, symbol, message] = [path, symbol, message].map(str::to_owned);
        Identity { path, rule: "query-in-loop".to_owned(), symbol, code, message }
    }

    fn tied(found: &[Identity], known: &[Identity]) -> Matches {
        matches(found, known, |path| found.iter().any(|one| one.path == path))
    }

    #[test]
    fn the_same_code_is_the_same_finding_whatever_its_order() {
        let [a, b] = [one("a.py", "f", 1, "a"), one("a.py", "f", 2, "b")];
        let matches = tied(&[a.clone(), b.clone()], &[b, a]);
        assert_eq!(matches.known, [Some((1, Change::None)), Some((0, Change::None))]);
        assert_eq!(matches.gone, [0; 0]);
    }

    #[test]
    fn a_second_finding_like_a_known_one_is_new() {
        let a = one("a.py", "f", 1, "a");
        assert_eq!(tied(&[a.clone(), a.clone()], &[a]).known, [Some((0, Change::None)), None]);
    }

    #[test]
    fn edits_of_code_message_or_function_do_not_make_a_finding_new() {
        for edited in [one("a.py", "g", 1, "b"), one("a.py", "g", 2, "a"), one("a.py", "f", 2, "b")] {
            assert_eq!(tied(&[edited], &[one("a.py", "f", 1, "a")]).known, [Some((0, Change::Edited))]);
        }
        assert_eq!(tied(&[one("a.py", "g", 2, "b")], &[one("a.py", "f", 1, "a")]).gone, [0]);
    }

    #[test]
    fn only_files_that_are_gone_have_moved() {
        let moved = one("new/a.py", "f", 1, "a");
        let stays = one("old/a.py", "other", 9, "z");
        let known = [one("old/a.py", "f", 1, "a")];
        assert_eq!(tied(std::slice::from_ref(&moved), &known).known, [Some((0, Change::Moved))]);
        let matches = tied(&[moved, stays], &known);
        assert_eq!((matches.known, matches.gone), (vec![None, None], vec![0]));
    }
}
