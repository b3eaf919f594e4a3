//! What the readers of lock files share: bounds, an order, and tables of TOML. Knows no ranges: which of several
//! versions a range leads to is for the file to say.

use std::collections::BTreeSet;

use crate::facts::Span;
use crate::manifests::lines::lines;
use crate::manifests::{Broken, Locked, ManifestFacts};

/// Rows of one file. Large repositories have twenty thousand.
pub(super) const MOST: usize = 100_000;

/// Characters of what an author says. Written ones are a sentence or two.
const LONGEST: usize = 500;

/// Characters of a name or a version.
const LONGEST_NAME: usize = 300;

/// Keeps a row. Of equal rows side by side, which differ in their peers alone, one is enough.
pub(super) fn keep(facts: &mut ManifestFacts, name: &str, version: &str, deprecated: Option<String>, span: Span) {
    let is_sound = |text: &str| !text.is_empty() && text.len() <= LONGEST_NAME;
    let is_known = facts.locked.last().is_some_and(|last| last.name == name && last.version == version);
    if facts.locked.len() < MOST && is_sound(name) && is_sound(version) && !is_known {
        facts.locked.push(Locked { name: name.to_owned(), version: version.to_owned(), deprecated, span });
    }
}

/// Puts what packages of the repository ask for by name before what others ask for.
pub(super) fn put_first(direct: &BTreeSet<(String, String)>, facts: &mut ManifestFacts) {
    facts.locked.sort_by_cached_key(|row| !direct.contains(&(row.name.clone(), row.version.clone())));
}

/// A text as a line, cut where it becomes an article.
pub(super) fn sentence(text: &str) -> Option<String> {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(LONGEST));
        if line.len() >= LONGEST {
            break;
        }
    }
    Some(line).filter(|line| !line.is_empty())
}

/// The lines of a lock file, until a merge was left unfinished.
pub(super) fn whole_lines(text: &str) -> impl Iterator<Item = Result<(&str, Span), Broken>> {
    lines(text).map(|(line, span)| {
        let is_conflict = ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark));
        let message = || "a lock file with an unfinished merge".to_owned();
        if is_conflict { Err(Broken { message: message(), span: Some(span) }) } else { Ok((line, span)) }
    })
}

/// A text in which nothing was recognised, though something stands there.
pub(super) fn foreign(text: &str, of: &str) -> Result<(), Broken> {
    let first = lines(text).find(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'));
    let Some((_, span)) = first else { return Ok(()) };
    Err(Broken { message: format!("not a lock file of {of}"), span: Some(span) })
}

/// `[[package]]` with `name` and `version`, as Cargo and the tools of Python write it.
pub(super) fn tables(text: &str, of: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut is_lock = false;
    let mut package: Option<Package> = None;
    let mut direct = BTreeSet::new();
    for line in whole_lines(text) {
        let (line, span) = line?;
        if line.starts_with('[') {
            let is_package = line == "[[package]]";
            is_lock |= is_package || line == "[metadata]";
            direct.extend(package.take().and_then(Package::asked).into_iter().flatten());
            package = is_package.then(Package::default);
            continue;
        }
        let quoted = |value| str::strip_prefix(value, '"').and_then(|value| value.strip_suffix('"'));
        let Some((key, value)) = line.split_once(" = ") else {
            let asked = quoted(line.trim_start().trim_end_matches(','));
            if let (Some(package), Some(asked)) = (&mut package, asked) {
                package.asks.push(asked);
            }
            continue;
        };
        is_lock |= key == "version" || key == "lock-version";
        match (&mut package, key, quoted(value)) {
            (Some(package), "name", Some(name)) => package.name = Some((name, span)),
            (Some(package), "version", Some(version)) => {
                if let Some((name, span)) = package.name.take() {
                    keep(facts, name, version, None, span);
                }
            }
            (Some(package), "source", _) => package.has_source = true,
            _ => {}
        }
    }
    direct.extend(package.and_then(Package::asked).into_iter().flatten());
    put_first(&direct, facts);
    if is_lock { Ok(()) } else { foreign(text, of) }
}

#[derive(Default)]
struct Package<'t> {
    name: Option<(&'t str, Span)>,
    /// It comes from elsewhere.
    has_source: bool,
    /// `"rand"`, or `"rand 0.8.5"` where there are several.
    asks: Vec<&'t str>,
}

impl Package<'_> {
    /// What a package of the repository asks for, where the name alone does not say it.
    fn asked(self) -> Option<Vec<(String, String)>> {
        let versions = self.asks.iter().filter_map(|asked| asked.split_once(' '));
        let plain = |version: &str| version.split(' ').next().unwrap_or_default().to_owned();
        (!self.has_source).then(|| versions.map(|(name, version)| (name.to_owned(), plain(version))).collect())
    }
}
