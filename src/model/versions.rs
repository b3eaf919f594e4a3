//! Versions and ranges as people write them to numbers that can be compared. Knows no registry.

use std::cmp::Ordering;

/// A version, as far as it is written: `22`, `3.12`, `1.22.1`.
#[derive(Clone, Debug)]
pub struct Number(Vec<u32>);

impl Number {
    /// The first number of a text: `v18.2.0`, `^4.18`, `>=2,<3`, `~> 7.1`, `node:22-alpine` has none before the tag.
    pub fn first(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let parts: Vec<u32> = text[..end].split('.').map_while(|part| part.parse().ok()).take(4).collect();
        (!parts.is_empty()).then_some(Self(parts))
    }

    pub fn major(&self) -> u32 {
        self.0[0]
    }

    /// The first parts of it; what is not written is zero.
    pub fn parts(&self, count: usize) -> Vec<u32> {
        (0..count).map(|index| self.0.get(index).copied().unwrap_or_default()).collect()
    }

    /// How many parts are written.
    pub fn precision(&self) -> usize {
        self.0.len()
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    /// What is not written is zero: `2` equals `2.0`.
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.0.len().max(other.0.len());
        self.parts(length).cmp(&other.parts(length))
    }
}

/// The least version that a range allows. None for ranges that allow any, or whose least is not written: `*`, `<3`.
pub fn least(range: &str) -> Option<Number> {
    let ways = range.split("||").map(|way| {
        let bounds = way.split([',', ' ']).filter(|bound| !bound.is_empty());
        let mut least: Option<Number> = None;
        let mut is_upper = false;
        for bound in bounds {
            // `>= 2` may stand apart from its sign.
            if bound.chars().all(|c| "<>=~^!".contains(c)) {
                is_upper = bound.starts_with(['<', '!']);
                continue;
            }
            let upper = std::mem::take(&mut is_upper) || bound.starts_with(['<', '!']);
            if !upper && bound != "-" && least.is_none() {
                least = Number::first(bound);
            }
        }
        least
    });
    let ways: Option<Vec<Number>> = ways.collect();
    ways?.into_iter().min()
}

/// The part of a version that says it is not finished: `-rc.1`, `b2`, `.dev3`.
pub fn prerelease(version: &str) -> Option<&str> {
    let start = version.find(|c: char| c.is_ascii_digit())?;
    let rest = &version[start..];
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let (number, tail) = rest.split_at(end);
    let word: String = tail.trim_start_matches(['-', '.', '_']).chars().take_while(char::is_ascii_alphabetic).collect();
    let words = [
        "a",
        "alpha",
        "b",
        "beta",
        "canary",
        "c",
        "dev",
        "experimental",
        "milestone",
        "next",
        "nightly",
        "pre",
        "preview",
        "rc",
        "snapshot",
    ];
    let length = tail.find([' ', ',', '|', ';']).unwrap_or(tail.len());
    (!number.is_empty() && words.contains(&word.to_ascii_lowercase().as_str())).then(|| &tail[..length])
}
