//! Where a repository says why it is built as it is: records of decisions, and chapters that give reasons. Knows the
//! forms of such records, not whether they are owed.

use super::Project;
use crate::facts::FileId;
use crate::finding::Place;
use crate::manifests::{Heading, ManifestFacts, ManifestKind};
use crate::walk::Role;

/// Headings of a record; two of them make one, wherever it lies.
const PARTS: &[&str] = &["status", "context", "decision", "consequences", "considered options", "decision outcome"];
/// What files of records are called that are none.
const ASIDE: &[&str] = &["readme", "index", "template", "adr-template", "_template", "contributing", "summary"];
/// Words of chapters that give reasons. A list of technologies gives none, and why one should use a product is praise.
const REASONS: &[&str] = &["architecture", "decision", "decisions", "design", "rationale"];
/// With fewer words a chapter lists and does not reason.
const ENOUGH: u32 = 150;

impl Project<'_> {
    /// The records of decisions.
    pub fn records(&self) -> impl Iterator<Item = FileId> {
        self.documents().filter(|(file, document)| self.is_record(*file, document)).map(|(file, _)| file)
    }

    /// A chapter that gives reasons at some length.
    pub fn rationale(&self) -> Option<Place> {
        self.documents().find_map(|(file, document)| {
            let path = self.file(file).path.to_ascii_lowercase();
            let is_about_it = path.contains("architecture") || path.contains("design");
            let long = |heading: &&Heading| {
                let lower = heading.text.to_ascii_lowercase();
                let words = lower.split(|c: char| !c.is_alphanumeric());
                heading.words >= ENOUGH && (is_about_it || words.into_iter().any(|word| REASONS.contains(&word)))
            };
            let whole: u32 = document.headings.iter().map(|heading| heading.words).sum();
            let heading = document.headings.iter().find(long);
            let heading = heading.or_else(|| document.headings.first().filter(|_| is_about_it && whole >= ENOUGH));
            Some(Place { file, span: heading?.span })
        })
    }

    /// Whether a record speaks of a technology.
    pub fn is_recorded(&self, name: &str) -> bool {
        self.records().any(|file| self.names(file, name))
    }

    /// Whether a record or a chapter that gives reasons speaks of a technology.
    pub fn is_explained(&self, name: &str) -> bool {
        self.is_recorded(name) || self.rationale().is_some_and(|place| self.names(place.file, name))
    }

    fn names(&self, file: FileId, name: &str) -> bool {
        let (text, name) = (self.file(file).text.to_lowercase(), name.to_lowercase());
        text.match_indices(&name).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + name.len()..]);
            !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
        })
    }

    fn documents(&self) -> impl Iterator<Item = (FileId, &ManifestFacts)> {
        self.manifests().filter(|(file, manifest)| {
            manifest.kind == ManifestKind::Document && self.file(*file).role != Role::Vendored
        })
    }

    fn is_record(&self, file: FileId, document: &ManifestFacts) -> bool {
        let path = self.file(file).path.to_ascii_lowercase();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let stem = name.split('.').next().unwrap_or_default();
        if ASIDE.contains(&stem) || stem.contains("template") {
            return false;
        }
        let parts = document.headings.iter().filter(|heading| {
            let text = heading.text.trim().trim_end_matches(':').to_ascii_lowercase();
            PARTS.contains(&text.as_str())
        });
        let is_at_home = ManifestKind::holds_records(folder);
        parts.count() >= 2 || is_at_home && !document.headings.is_empty()
    }
}
