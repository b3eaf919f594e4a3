//! `pnpm-lock.yaml` of any version to facts, line by line. Does not know which member of the workspace asks for
//! what, only what they all ask for.

use std::collections::BTreeSet;

use super::rows;
use crate::facts::Span;
use crate::manifests::packages::node;
use crate::manifests::{Broken, ManifestFacts};

/// A package whose rows are being read.
#[derive(Default)]
struct Row {
    name: String,
    version: String,
    deprecated: Option<String>,
    /// The lines that follow may belong to the deprecation.
    continues: bool,
    span: Span,
}

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut row: Option<Row> = None;
    let mut section = "";
    let mut is_lock = false;
    let mut asked = "";
    let mut direct = BTreeSet::new();
    for line in rows::whole_lines(text) {
        let (line, span) = line?;
        let depth = line.len() - line.trim_start_matches(' ').len();
        let content = &line[depth..];
        match depth {
            0 if !content.is_empty() && !content.starts_with('#') => {
                close(row.take(), facts);
                section = content;
                is_lock |= content.starts_with("lockfileVersion:");
            }
            2 if section == "packages:" => {
                close(row.take(), facts);
                row = content.strip_suffix(':').map(|key| package(unquoted(key), span));
            }
            4 if section == "packages:" => {
                if let Some(row) = &mut row {
                    say(row, content);
                }
            }
            2.. if section == "importers:" || section.ends_with("ependencies:") => {
                direct.extend(ask(&mut asked, content));
            }
            _ => {
                if let Some(Row { continues: true, deprecated: Some(text), .. }) = &mut row
                    && text.len() < 2000
                {
                    text.push(' ');
                    text.extend(content.chars().take(2000));
                }
            }
        }
    }
    close(row, facts);
    rows::put_first(&direct, facts);
    if is_lock { Ok(()) } else { rows::foreign(text, "pnpm") }
}

/// What a member asks for, and gets: `name: 1.0.0_peer`, or `name:` with `version: 1.0.0(peer)` below it.
fn ask<'t>(asked: &mut &'t str, content: &'t str) -> Option<(String, String)> {
    let (key, value) = content.split_once(": ").unwrap_or((content.trim_end_matches(':'), ""));
    let name = if key == "version" { *asked } else { unquoted(key) };
    let version = unquoted(value).split(['(', '_']).next().unwrap_or_default();
    if value.is_empty() {
        *asked = name;
    }
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    is_version.then(|| (name.to_owned(), version.to_owned()))
}

/// A key of a package: `name: value`.
fn say(row: &mut Row, content: &str) {
    row.continues = false;
    let (key, value) = content.split_once(':').unwrap_or((content, ""));
    let value = value.trim();
    match key {
        // What comes from elsewhere says name and version beside its key.
        "name" => row.name = unquoted(value).to_owned(),
        "version" => row.version = unquoted(value).to_owned(),
        "deprecated" if value != "false" => {
            let is_block = value.starts_with(['|', '>']);
            row.deprecated = Some(if is_block { String::new() } else { value.to_owned() });
            row.continues = true;
        }
        _ => {}
    }
}

/// `/name/1.0.0_peer` · `/@scope/name@1.0.0(peer@1)` · `name@1.0.0`
fn package(key: &str, span: Span) -> Row {
    let key = key.trim_start_matches('/');
    let key = key.split('(').next().unwrap_or(key);
    let (name, version) = old(key).or_else(|| node::split_descriptor(key)).unwrap_or((key, ""));
    // A place is no version.
    let version = if version.contains([':', '/']) { "" } else { version };
    Row { name: name.to_owned(), version: version.to_owned(), span, ..Row::default() }
}

/// The form of versions before 6: `@scope/name/1.0.0_peer@1.0.0`.
fn old(key: &str) -> Option<(&str, &str)> {
    let from = if key.starts_with('@') { key.find('/')? + 1 } else { 0 };
    let at = from + key[from..].find('/')?;
    let version = key[at + 1..].split('_').next().unwrap_or_default();
    version.starts_with(|c: char| c.is_ascii_digit()).then_some((&key[..at], version))
}

fn close(row: Option<Row>, facts: &mut ManifestFacts) {
    if let Some(row) = row {
        let deprecated = row.deprecated.and_then(|text| rows::sentence(&spoken(text.trim())));
        rows::keep(facts, &row.name, &row.version, deprecated, row.span);
    }
}

fn unquoted(value: &str) -> &str {
    value.trim_matches(['\'', '"'])
}

/// A text of several words, perhaps in quotes.
fn spoken(text: &str) -> String {
    let within = |quote| text.strip_prefix(quote).and_then(|text: &str| text.strip_suffix(quote));
    match (within('\''), within('"')) {
        (Some(text), _) => text.replace("''", "'"),
        (None, Some(text)) => text.replace("\\\"", "\""),
        (None, None) => text.to_owned(),
    }
}
