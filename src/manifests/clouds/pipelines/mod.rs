//! `.github/workflows/*.yml`, `.gitlab-ci.yml` and `.woodpecker.yml` to facts: jobs, their steps, what these set up, and what runs beside
//! them. Which part of the repository a job is about it does not know.

mod expressions;
mod github;
mod gitlab;
mod woodpecker;

use crate::facts::Span;
use crate::manifests::tree::{self, Entry, Node};
use crate::manifests::{Broken, ManifestFacts, ManifestKind};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (documents, broken) = tree::yaml(text);
    for document in documents.iter().filter(|document| document.is_map()) {
        match facts.kind {
            ManifestKind::GitLabPipeline => gitlab::read(document, text, facts),
            ManifestKind::Woodpecker => woodpecker::read(document, text, facts),
            _ => github::read(document, text, facts),
        }
    }
    broken.map_or(Ok(()), Err)
}

/// A key with all that stands below it.
fn whole(entry: &Entry, text: &str) -> Span {
    Span { start: entry.key_span.start, ..trimmed(&entry.value, text) }
}

/// A block ends where the next begins; without the blanks in between.
fn trimmed(node: &Node, text: &str) -> Span {
    let within = text.get(node.span.start as usize..node.span.end as usize).unwrap_or_default();
    Span { end: node.span.start + within.trim_end().len() as u32, ..node.span }
}
