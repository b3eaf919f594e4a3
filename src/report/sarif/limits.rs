//! What GitHub takes of a SARIF file, and which results are left out so that it takes this one. It does not know what a
//! result looks like.

use std::cmp::Reverse;

use miniz_oxide::deflate::compress_to_vec_zlib;

use super::results::Entry;

/// How much of each there may be.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// GitHub refuses a run with more.
    pub(super) results: usize,
    /// Of these it shows no more than the most severe.
    pub(super) shown: usize,
    /// Of the compressed file; GitHub refuses larger ones.
    pub(super) bytes: usize,
    /// Places that a message links to. GitHub shows no more, and more links help nobody.
    pub(super) related: usize,
    /// Steps on the way from cause to effect that GitHub shows.
    pub(super) steps: usize,
    /// GitHub shows none; a reader of the file has enough of these.
    pub(super) notifications: usize,
}

pub(super) const GITHUB: Limits =
    Limits { results: 25_000, shown: 5_000, bytes: 10_000_000, related: 100, steps: 1_000, notifications: 1_000 };

/// Which entries are among the first `room` of those wanted: what is reported before what is not, then by severity, then
/// by confidence.
pub(super) fn keep(entries: &[Entry], suppressed: bool, room: usize) -> Vec<bool> {
    let wanted = |index: &usize| suppressed || entries[*index].is_reported();
    let mut ranked: Vec<usize> = (0..entries.len()).filter(wanted).collect();
    ranked.sort_by_key(|index| Reverse(entries[*index].weight()));
    let mut kept = vec![false; entries.len()];
    for index in ranked.into_iter().take(room) {
        kept[index] = true;
    }
    kept
}

/// How many results may stay of so many that make up this text; as many when it is short enough.
pub(super) fn room(text: &str, results: usize, limits: &Limits) -> usize {
    // Nothing grows by more than a few bytes when it is compressed.
    if text.len() < limits.bytes {
        return results;
    }
    let size = compress_to_vec_zlib(text.as_bytes(), LEVEL).len();
    if size < limits.bytes {
        return results;
    }
    // What is left may compress less well, hence a tenth less; but at least one goes each time.
    let share = limits.bytes as f64 / size as f64 * 0.9;
    ((results as f64 * share) as usize).min(results.saturating_sub(1))
}

/// The one that is usual, and that the action which uploads SARIF uses.
const LEVEL: u8 = 6;

/// What a reader of the file should know that is not in it.
pub(super) fn notices(wanted: usize, kept: usize, limits: &Limits) -> Vec<String> {
    let mut notices = Vec::new();
    if kept < wanted {
        let left_out = wanted - kept;
        let why = if kept == limits.results { "results in a run" } else { "bytes, compressed," };
        let most = if kept == limits.results { limits.results } else { limits.bytes };
        notices.push(format!(
            "{left_out} of {wanted} results are left out of SARIF, the least severe first: GitHub takes {most} {why} at most"
        ));
    }
    if kept > limits.shown {
        notices.push(format!("GitHub shows the {} most severe of {kept} results", limits.shown));
    }
    notices
}
