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

/// Whether every version that a range allows lies below a number. An open range takes what is newest, so it does not.
/// `loose` is a language in which a bare version allows later ones: `0.5` of Cargo.
pub fn stays_below(range: &str, below: &Number, loose: bool) -> bool {
    range.split("||").all(|way| {
        let way = way.rsplit_once(" - ").map_or(way.trim().to_owned(), |(_, last)| format!("<={}", last.trim()));
        let mut sign = String::new();
        way.split([',', ' ']).filter(|bound| !bound.is_empty()).any(|bound| {
            sign.extend(bound.chars().take_while(|c| "<>=~^!".contains(*c)));
            if bound.chars().all(|c| "<>=~^!".contains(c)) {
                return false; // `< 2` stands apart from its sign.
            }
            let sign = std::mem::take(&mut sign);
            Number::first(bound).is_some_and(|number| number.caps(&sign, bound, below, loose))
        })
    })
}

impl Number {
    /// Whether a bound with this number keeps a range below another.
    fn caps(&self, sign: &str, bound: &str, below: &Self, loose: bool) -> bool {
        let precision = self.precision();
        let caret = self.0.iter().position(|part| *part > 0).unwrap_or(precision - 1);
        match sign {
            "<" => self <= below,
            "<=" => self < below,
            "^" => self.next(caret) <= *below,
            "" if loose => self.next(caret) <= *below,
            "~" => self.next(1.min(precision - 1)) <= *below,
            "~=" | "~>" => self.next(precision.saturating_sub(2)) <= *below,
            "" | "=" | "==" | "===" => {
                let is_open = bound.ends_with(['*', 'x', 'X']) || sign.is_empty() && precision < 3;
                if is_open { self.next(precision - 1) <= *below } else { self < below }
            }
            _ => false,
        }
    }

    /// The least number beyond all that share its parts up to one.
    fn next(&self, part: usize) -> Self {
        let mut parts = self.parts(part + 1);
        parts[part] = parts[part].saturating_add(1);
        Self(parts)
    }
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
