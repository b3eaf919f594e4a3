//! Texts to the values by which a finding is known again after the lines around it have moved. It does not know
//! findings or their order.

use std::fmt;

use rustc_hash::FxHashMap;

/// How much text from the start of a line on makes up its hash, in UTF-16 code units without spaces and tabs.
const WINDOW: usize = 100;
const BASE: u64 = 37;
/// Stands for the end of the text, which makes the hashes of its last lines differ from those inside a longer one.
const END: u16 = u16::MAX;

/// A hash, and how often it has been seen up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    hash: u64,
    ordinal: u32,
}

/// `a7f2ff13bc495cf2:1`
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:x}:{}", self.hash, self.ordinal)
    }
}

/// Numbers equal hashes in the order in which they come.
#[derive(Default)]
pub(super) struct Ordinals(FxHashMap<u64, u32>);

impl Ordinals {
    pub(super) fn number(&mut self, hash: u64) -> Fingerprint {
        let ordinal = self.0.entry(hash).or_default();
        *ordinal += 1;
        Fingerprint { hash, ordinal: *ordinal }
    }
}

/// What GitHub calls `primaryLocationLineHash`, of each line.
///
/// These have to be the very values that the action which uploads SARIF computes, or it warns about each of them:
/// a rolling hash over the next hundred code units, where every kind of line end is one LF.
pub(super) fn of_lines(text: &str) -> Vec<Fingerprint> {
    let (units, starts) = significant_units(text);
    let mut ordinals = Ordinals::default();
    let oldest = (0..WINDOW).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let unit = |at: usize| units.get(at).map_or(0, |&unit| u64::from(unit));

    let mut hash = (0..WINDOW).fold(0_u64, |hash, at| hash.wrapping_mul(BASE).wrapping_add(unit(at)));
    let mut at = 0;
    let mut fingerprints = Vec::with_capacity(starts.len());
    for start in starts {
        while at < start {
            let next = unit(at + WINDOW);
            hash = hash.wrapping_mul(BASE).wrapping_add(next).wrapping_sub(oldest.wrapping_mul(unit(at)));
            at += 1;
        }
        fingerprints.push(ordinals.number(hash));
    }
    fingerprints
}

/// The code units that count, and where among them each line starts.
fn significant_units(text: &str) -> (Vec<u16>, Vec<usize>) {
    let mut units = Vec::with_capacity(text.len() + 1);
    let mut starts = vec![0];
    let mut after_cr = false;
    for unit in text.encode_utf16() {
        let second_half = after_cr && unit == u16::from(b'\n');
        after_cr = unit == u16::from(b'\r');
        if second_half || unit == u16::from(b' ') || unit == u16::from(b'\t') {
            continue;
        }
        if after_cr || unit == u16::from(b'\n') {
            units.push(u16::from(b'\n'));
            starts.push(units.len());
        } else {
            units.push(unit);
        }
    }
    units.push(END);
    (units, starts)
}
