//! Entries of a baseline and what a run found to what became of each entry. It does not know where the file lies, only
//! how far its paths and those of the run are apart.

use super::{Change, Identity, exists, is_seen, matches};
use crate::finding::Finding;
use crate::paths::{below, join};
use crate::settings::Settings;
use crate::walk::Files;

/// How the paths of entries and of an audit are apart. At least one of the two is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The folder of the entries' root in which the audit takes place.
    pub audited: String,
    /// The folder of the audit's root of which the entries speak.
    pub spoken_of: String,
}

impl Frame {
    /// What the audit calls a path of an entry; none where it does not look.
    pub fn in_audit(&self, path: &str) -> Option<String> {
        join(&self.spoken_of, without(path, &self.audited)?)
    }

    /// What an entry calls a path of the audit; none where no entry can speak of it.
    pub fn in_entry(&self, path: &str) -> Option<String> {
        join(&self.audited, without(path, &self.spoken_of)?)
    }

    /// The entries that the audit can find, each with its position.
    fn audited<'e>(&self, entries: &'e [Identity]) -> impl Iterator<Item = (usize, Identity)> + use<'_, 'e> {
        let here = |(index, entry): (usize, &Identity)| {
            let path = self.in_audit(&entry.path)?;
            Some((index, Identity { path, ..entry.clone() }))
        };
        entries.iter().enumerate().filter_map(here)
    }

    /// What a run has to know of the entries.
    pub fn known(&self, entries: &[Identity]) -> Vec<Identity> {
        self.audited(entries).map(|(_, entry)| entry).collect()
    }
}

fn without<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.get(folder.len()..).filter(|_| below(path, folder))?;
    Some(rest.strip_prefix('/').filter(|_| !folder.is_empty()).unwrap_or(rest))
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// As what it is found now, with the path that an entry would have.
    Found(Change, Identity),
    Gone,
    /// It may be there still: the run did not look.
    Unseen,
}

/// The fate of each entry, after a run that knew them all.
pub fn fates(
    entries: &[Identity],
    frame: &Frame,
    known: &[(Finding, Change)],
    files: &Files,
    settings: &Settings,
) -> Vec<Fate> {
    let (positions, here): (Vec<usize>, Vec<Identity>) = frame.audited(entries).unzip();
    let found: Vec<Identity> = known.iter().map(|(finding, _)| Identity::of(finding, files)).collect();
    let matches = matches(&found, &here, |path| exists(path, files, settings));
    let mut fates = vec![Fate::Unseen; entries.len()];
    // What a folder alone does not show, may be found from the root: calls lead out of it.
    for index in matches.gone.into_iter().filter(|_| frame.audited.is_empty()) {
        if is_seen(&here[index], files, settings) {
            fates[positions[index]] = Fate::Gone;
        }
    }
    for (now, tie) in found.into_iter().zip(matches.known) {
        let Some((index, change)) = tie else { continue };
        let entry = positions[index];
        fates[entry] = match frame.in_entry(&now.path) {
            Some(path) => Fate::Found(change, Identity { path, ..now }),
            None => Fate::Found(Change::None, entries[entry].clone()),
        };
    }
    fates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart_by_whole_folders() {
        let frame = Frame { audited: "a/b".to_owned(), ..Frame::default() };
        assert_eq!(frame.in_audit("a/b/c.py").as_deref(), Some("c.py"));
        assert_eq!(frame.in_audit("a/bc.py"), None);
        assert_eq!(frame.in_audit("a/b"), None);
        assert_eq!(frame.in_entry("c.py").as_deref(), Some("a/b/c.py"));
        let frame = Frame { spoken_of: "a".to_owned(), ..Frame::default() };
        assert_eq!(frame.in_audit("c.py").as_deref(), Some("a/c.py"));
        assert_eq!(frame.in_audit("../c.py").as_deref(), Some("c.py"));
        assert_eq!(frame.in_entry("a/c.py").as_deref(), Some("c.py"));
        assert_eq!(frame.in_entry("b/c.py"), None);
        assert_eq!(Frame::default().in_audit("a/c.py").as_deref(), Some("a/c.py"));
    }
}
