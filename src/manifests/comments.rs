//! The comments of a manifest that speak to backlint. Knows the signs of comments, not what they say.

use super::ManifestKind;
use crate::facts::{Comment, Span};

/// What begins a comment in one format or another.
pub const SIGNS: &[&str] = &["#", "//", "<!--"];

/// Comments of one line, with their signs. Prose speaks about comments rather than in them.
pub fn comments(kind: ManifestKind, text: &str) -> Vec<Comment> {
    if kind.is_lock() || kind == ManifestKind::Document || !text.contains(ADDRESS) {
        return Vec::new();
    }
    let mut comments = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        comments.extend(comment(line.trim_end(), start));
        start += line.len();
    }
    comments
}

const ADDRESS: &str = "backlint:";

fn comment(line: &str, start: usize) -> Option<Comment> {
    let before = line[..line.find(ADDRESS)?].trim_end();
    let sign = SIGNS.iter().find(|sign| before.ends_with(**sign))?;
    let at = before.len() - sign.len();
    let end = line.trim_end_matches("-->").trim_end().len();
    let alone = line[..at].trim().is_empty();
    Some(Comment { text: line[at..end].into(), alone, span: Span::new(start + at, start + end) })
}
