//! `yarn.lock` of either form to facts. Does not know which packages their authors gave up: yarn does not write it
//! down.

use std::cmp::Reverse;

use super::rows;
use crate::facts::Span;
use crate::manifests::packages::node;
use crate::manifests::{Broken, ManifestFacts};

/// A package whose version may still come.
struct Row<'t> {
    name: &'t str,
    version: Option<&'t str>,
    /// Of the repository itself.
    is_local: bool,
    span: Span,
}

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut row: Option<Row> = None;
    let mut is_lock = false;
    for line in rows::whole_lines(text) {
        let (line, span) = line?;
        let inner = line.strip_prefix("  ").filter(|inner| !inner.starts_with(' '));
        match (inner, &mut row) {
            (Some(inner), Some(row)) => {
                let (key, value) = inner.split_once([' ', ':']).unwrap_or((inner, ""));
                let value = unquoted(value);
                match key {
                    "version" => row.version = Some(value),
                    "resolution" => {
                        row.name = node::split_descriptor(value).map_or(row.name, |(name, _)| name);
                        row.is_local |= value.contains("@workspace:");
                    }
                    _ => {}
                }
            }
            (None, _) if !line.is_empty() && !line.starts_with([' ', '#']) => {
                close(row.take(), facts);
                let key = line.strip_suffix(':');
                is_lock |= key == Some("__metadata");
                row = key.and_then(|key| package(key, span));
                is_lock |= row.is_some();
            }
            _ => is_lock |= line.contains("yarn lockfile"),
        }
    }
    close(row, facts);
    // The file does not say who asks: mostly old packages get the old versions.
    facts.locked.sort_by_cached_key(|row| (row.name.clone(), Reverse(numbers(&row.version))));
    if is_lock { Ok(()) } else { rows::foreign(text, "yarn") }
}

/// `"@scope/name@^1.0", "@scope/name@^1.1"` · `name@npm:other@^2`
fn package(key: &str, span: Span) -> Option<Row<'_>> {
    let first = key.trim_start_matches('"').split([',', '"']).next().unwrap_or_default().trim();
    let (name, range) = node::split_descriptor(first)?;
    let real = range.strip_prefix("npm:").and_then(node::split_descriptor);
    Some(Row { name: real.map_or(name, |(name, _)| name), version: None, is_local: false, span })
}

fn close(row: Option<Row>, facts: &mut ManifestFacts) {
    if let Some(Row { name, version: Some(version), is_local: false, span }) = row {
        rows::keep(facts, name, version, None, span);
    }
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

fn unquoted(value: &str) -> &str {
    value.trim_start_matches(':').trim().trim_matches('"')
}
