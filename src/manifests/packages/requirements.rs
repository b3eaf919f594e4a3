//! `requirements.txt` and its relatives to facts, and single requirements as all of Python writes them. Does not know
//! which of several files is installed.

use std::collections::BTreeSet;

use super::{Broken, Dependency, ManifestFacts, Origin, Scope, Span, lines};
use crate::manifests::Reference;

/// Groups of dependencies that are not for the product.
const DEV_GROUPS: &[&str] = &[
    "benchmark",
    "ci",
    "check",
    "dev",
    "develop",
    "development",
    "doc",
    "docs",
    "lint",
    "linting",
    "mypy",
    "quality",
    "test",
    "testing",
    "tests",
    "types",
    "typing",
];

const INCLUDES: &[&str] = &["-r", "--requirement", "-c", "--constraint"];
const EDITABLE: &[&str] = &["-e", "--editable"];

pub(in crate::manifests) fn read(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let scope = if is_dev(name) { Scope::Dev } else { Scope::Product };
    let mut because = Because::default();
    let mut logical = String::new();
    let mut start: Option<u32> = None;
    for (line, span) in lines(text) {
        let (code, comment) = split_comment(line);
        let (code, continues) = code.trim_end().strip_suffix('\\').map_or((code, false), |code| (code, true));
        logical.push_str(code);
        let whole = Span { start: start.unwrap_or(span.start), end: span.end };
        if continues {
            start = Some(whole.start);
            continue;
        }
        start = None;
        let row = std::mem::take(&mut logical);
        if !row.trim().is_empty() {
            let next = facts.dependencies.len();
            read_row(row.trim(), scope, whole, facts);
            because.row = (next < facts.dependencies.len()).then_some(next);
            because.told = false;
        }
        because.add(comment);
    }
    let rest = Span { start: start.unwrap_or_default(), end: text.len() as u32 };
    read_row(logical.trim(), scope, rest, facts);
    because.settle(&mut facts.dependencies);
    Ok(())
}

/// What a tool wrote after each row: `# via flask`, or `# via` and a line for each reason.
#[derive(Default)]
struct Because {
    row: Option<usize>,
    /// The comments that follow are reasons.
    told: bool,
    reasons: Vec<(usize, String)>,
}

impl Because {
    fn add(&mut self, comment: &str) {
        let Some(row) = self.row.filter(|_| !comment.is_empty()) else {
            self.told = false;
            return;
        };
        let comment = comment.trim_start_matches('#').trim();
        let reasons = match comment.strip_prefix("via") {
            Some(reasons) if reasons.is_empty() || reasons.starts_with(' ') => reasons,
            _ if self.told => comment,
            _ => return,
        };
        self.told = true;
        let reasons = reasons.split(',').map(|reason| reason.split('[').next().unwrap_or_default().trim());
        let reasons = reasons.filter(|reason| !reason.is_empty() && !reason.starts_with("-c"));
        self.reasons.extend(reasons.map(|reason| (row, normal(reason))));
    }

    /// A row that only other rows ask for is indirect: `-r base.in` and the project itself are none.
    fn settle(self, rows: &mut [Dependency]) {
        let names: BTreeSet<String> = rows.iter().map(|row| normal(&row.name)).collect();
        let told: BTreeSet<usize> = self.reasons.iter().map(|(row, _)| *row).collect();
        let outside = self.reasons.iter().filter(|(_, reason)| !names.contains(reason));
        let direct: BTreeSet<usize> = outside.map(|(row, _)| *row).collect();
        for row in told.difference(&direct).copied() {
            if let Some(row) = rows.get_mut(row).filter(|row| row.scope == Scope::Product) {
                row.scope = Scope::Indirect;
            }
        }
    }
}

/// As the registry compares names.
pub(super) fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// A comment begins a line or stands after a space.
fn split_comment(line: &str) -> (&str, &str) {
    let is_comment = |(at, _): &(usize, &str)| line[..*at].ends_with(char::is_whitespace) || *at == 0;
    let at = line.match_indices('#').find(is_comment).map_or(line.len(), |(at, _)| at);
    line.split_at(at)
}

fn read_row(row: &str, scope: Scope, span: Span, facts: &mut ManifestFacts) {
    if let Some(path) = option(row, INCLUDES) {
        facts.includes.push(Reference { path: path.to_owned(), span });
    } else if let Some(target) = option(row, EDITABLE) {
        facts.dependencies.extend(requirement(target, scope, span));
    } else if !row.starts_with('-') {
        facts.dependencies.extend(requirement(row, scope, span));
    }
}

/// What stands after an option: `-r base.txt`, `-rbase.txt`, `--requirement=base.txt`.
fn option<'t>(row: &'t str, names: &[&str]) -> Option<&'t str> {
    let value = names.iter().find_map(|name| {
        let rest = row.strip_prefix(name)?;
        let is_long = name.starts_with("--");
        let rest = rest.strip_prefix('=').or_else(|| Some(rest).filter(|rest| !is_long || rest.starts_with(' ')))?;
        Some(rest.trim().trim_matches(['"', '\'']))
    });
    value.filter(|value| !value.is_empty())
}

/// Whether a group, or a file named after one, is for development: `requirements-dev.txt`, `test`.
pub(super) fn is_dev(group: &str) -> bool {
    let group = group.to_ascii_lowercase();
    group.split(|c: char| !c.is_alphanumeric()).any(|word| DEV_GROUPS.contains(&word))
}

/// A requirement: `uvicorn[standard]>=0.30 ; python_version > "3.8"`, `lib @ git+https://..`, an address, a path.
/// None for what has no name.
pub(super) fn requirement(row: &str, scope: Scope, span: Span) -> Option<Dependency> {
    let row = row.trim();
    let end = row.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(row.len());
    let is_name = row.starts_with(|c: char| c.is_ascii_alphanumeric()) && !row[end..].starts_with([':', '/', '+']);
    if !is_name {
        return located(row, scope, span);
    }
    let rest = row[end..].trim_start();
    let rest = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(rest, |(_, rest)| rest);
    if let Some(address) = rest.trim_start().strip_prefix('@') {
        let origin = origin(address.trim());
        return Some(Dependency { name: row[..end].to_owned(), version: None, scope, origin, span });
    }
    let rest = rest.split([';', '#']).next().unwrap_or_default();
    let rest = rest.split(" --").next().unwrap_or_default();
    let version = rest.trim().trim_start_matches('(').trim_end_matches(')').trim();
    Some(Dependency {
        name: row[..end].to_owned(),
        version: Some(version.to_owned()).filter(|version| !version.is_empty()),
        scope,
        origin: Origin::Registry,
        span,
    })
}

fn origin(address: &str) -> Origin {
    let is_remote = address.contains("://") && !address.starts_with("file:");
    if is_remote { Origin::Address } else { Origin::Repository }
}

/// A requirement without a name before it, named after where it lies: `git+https://host/lib.git@v1#egg=shop-lib`,
/// `./libs/common[extra]`.
fn located(row: &str, scope: Scope, span: Span) -> Option<Dependency> {
    let row = row.split([';', ' ']).next().unwrap_or_default();
    let (place, fragment) = row.split_once('#').unwrap_or((row, ""));
    let place = place.split_once(".git@").map_or(place, |(place, _)| place);
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="));
    let last = place.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let last = last.split(['@', '[', '?']).next().unwrap_or_default();
    let is_archive = last.ends_with(".whl") || last.ends_with(".zip") || last.ends_with(".gz");
    let digits = last.match_indices('-').find(|(at, _)| last[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let (named, version) = match digits.filter(|_| is_archive) {
        Some((at, _)) => (&last[..at], last[at + 1..].split('-').next().filter(|_| last.ends_with(".whl"))),
        None if is_archive => ("", None),
        None => (last.trim_end_matches(".git"), None),
    };
    let name = egg.map_or(named, |egg| egg.split('[').next().unwrap_or(egg));
    // The project itself, or nothing that a package may be called.
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && (place.contains('/') || egg.is_some());
    is_name.then(|| Dependency {
        name: name.to_owned(),
        version: version.map(str::to_owned),
        scope,
        origin: origin(place),
        span,
    })
}
