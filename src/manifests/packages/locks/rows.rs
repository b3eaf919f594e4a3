//! What the readers of lock files share: bounds, and what no lock file that works holds. Knows no format.

use crate::facts::Span;
use crate::manifests::packages::lines::lines;
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
    let mut in_package = false;
    let mut is_lock = false;
    let mut name: Option<(&str, Span)> = None;
    for line in whole_lines(text) {
        let (line, span) = line?;
        if line.starts_with('[') {
            in_package = line == "[[package]]";
            is_lock |= in_package || line == "[metadata]";
            name = None;
            continue;
        }
        let Some((key, value)) = line.split_once(" = ") else { continue };
        is_lock |= key == "version" || key == "lock-version";
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        match (in_package, key, value) {
            (true, "name", Some(value)) => name = Some((value, span)),
            (true, "version", Some(version)) => {
                if let Some((name, span)) = name.take() {
                    keep(facts, name, version, None, span);
                }
            }
            _ => {}
        }
    }
    if is_lock { Ok(()) } else { foreign(text, of) }
}
