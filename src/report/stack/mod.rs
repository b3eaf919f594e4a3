//! A stack to its forms, and the words they share. It does not know how anything was found.

pub(super) mod full;
pub(super) mod json;
pub(super) mod markdown;

use serde::Serialize;

use super::lines::Sources;
use super::text::counted;
use crate::stack::{Column, Item, Kind, Stack};

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Service => "service",
        Kind::Worker => "worker",
        Kind::Functions => "functions",
        Kind::FrontEnd => "front end",
    }
}

/// A line that speaks for an item. Two rows of a manifest may stand on one.
#[derive(PartialEq, Eq, Serialize)]
struct Spot<'r> {
    path: &'r str,
    line: usize,
    how: &'static str,
}

fn spots<'r>(item: &Item, sources: &Sources<'r>) -> Vec<Spot<'r>> {
    let mut spots: Vec<Spot> = Vec::new();
    for sight in &item.seen {
        let (path, line) = (sources.path(sight.place), sources.head(sight.place).start.line);
        let spot = Spot { path, line, how: sight.how };
        if !spots.contains(&spot) {
            spots.push(spot);
        }
    }
    spots
}

/// "data access"
fn label(column: Column) -> String {
    column.key().replace('_', " ")
}

/// "Redis (declared)"
fn shown(item: &Item) -> String {
    if item.used { item.name.clone() } else { format!("{} (declared)", item.name) }
}

/// "TypeScript 1240, Go 300"
fn languages(languages: &[(&str, u32)]) -> String {
    languages.iter().map(|(name, lines)| format!("{name} {lines}")).collect::<Vec<_>>().join(", ")
}

/// "11 libraries, 2 tools"
fn others(stack: &Stack) -> Option<String> {
    let mut parts = Vec::new();
    match stack.libraries.len() {
        0 => {}
        1 => parts.push("1 library".to_owned()),
        count => parts.push(format!("{count} libraries")),
    }
    if !stack.tools.is_empty() {
        parts.push(counted(stack.tools.len(), "tool"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
