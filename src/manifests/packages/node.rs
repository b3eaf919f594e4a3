//! `package.json` to facts. Does not know which of its scripts anybody runs.

use super::{Broken, Dependency, ManifestFacts, Node, Origin, Scope, Span, tree};
use crate::manifests::{Command, Part, Version};

const DEPENDENCIES: &[(&str, Scope)] = &[
    ("dependencies", Scope::Product),
    ("optionalDependencies", Scope::Optional),
    ("peerDependencies", Scope::Peer),
    ("devDependencies", Scope::Dev),
];

/// Conditions of `exports` in the order we prefer: what was written by hand first.
const CONDITIONS: &[&str] =
    &["source", "development", "import", "module", "node", "default", "require", "types", "typings"];

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let package = tree::json(text)?;
    facts.name = package.text_of("name").map(str::to_owned);
    for (key, scope) in DEPENDENCIES {
        for entry in package.get(key).map(Node::entries).unwrap_or_default() {
            let asked = entry.value.text().unwrap_or_default();
            facts.dependencies.push(dependency(&entry.key, asked, *scope, entry.key_span));
        }
    }
    facts.entry = entry(&package);
    for entry in package.get("imports").map(Node::entries).unwrap_or_default() {
        let target = targets(&entry.value).first().map(|target| (*target).to_owned());
        facts.path_aliases.extend(target.map(|target| (entry.key.clone(), vec![target])));
    }
    let workspaces = package.get("workspaces");
    let listed = workspaces.and_then(|listed| listed.get("packages")).or(workspaces);
    facts.members.extend(listed.into_iter().flat_map(Node::texts).map(str::to_owned));
    for place in workspaces.into_iter().chain([&package]) {
        share(place, facts);
    }
    offer(&package, facts);
    runtimes(&package, facts);
    Ok(())
}

/// A row of dependencies: what the name stands for, and what is asked of it.
pub(super) fn dependency(key: &str, asked: &str, scope: Scope, span: Span) -> Dependency {
    let origin = origin(asked);
    let (name, version) = match (&origin, asked.split_once(':')) {
        (Origin::Shared(_), _) => (key, ""),
        (Origin::Registry, Some(("npm" | "jsr", target))) => aliased(key, target),
        // A patch of yarn: `patch:left-pad@npm%3A1.3.0#~/.yarn/patches/left-pad.patch`.
        (Origin::Registry, Some(("patch", target))) => {
            let version = target.split(['#', ':']).next().unwrap_or_default().rsplit("npm%3A").next();
            (key, version.unwrap_or_default())
        }
        _ => (key, asked),
    };
    let version = Some(version.to_owned()).filter(|version| !version.is_empty());
    Dependency { name: name.to_owned(), version, scope, origin, span }
}

/// What `npm:` stands before: a range, or another package with its range.
pub(super) fn aliased<'t>(key: &'t str, target: &'t str) -> (&'t str, &'t str) {
    let target = target.trim_start_matches('/');
    match split_descriptor(target) {
        Some(split) => split,
        None if target.starts_with(|c: char| c == '@' || c.is_alphabetic()) => (target, ""),
        None => (key, target),
    }
}

/// `@scope/name@^1` to name and range. None without a range.
pub(super) fn split_descriptor(descriptor: &str) -> Option<(&str, &str)> {
    let (scope, _) = descriptor.split_once('/').filter(|_| descriptor.starts_with('@')).unwrap_or(("", ""));
    let from = scope.len().max(1);
    let at = from + descriptor.get(from..)?.find('@')?;
    Some((&descriptor[..at], &descriptor[at + 1..]))
}

fn origin(asked: &str) -> Origin {
    match asked.split_once(':') {
        Some(("workspace" | "file" | "link" | "portal", _)) => Origin::Repository,
        Some(("catalog", name)) => Origin::Shared(catalog(name)),
        Some(("npm" | "jsr" | "patch", _)) => Origin::Registry,
        Some(_) => Origin::Address,
        None if asked.starts_with(['.', '~']) && asked.contains('/') => Origin::Repository,
        // `someone/repository#branch` is short for GitHub.
        None if asked.contains('/') => Origin::Address,
        None => Origin::Registry,
    }
}

/// The catalog without a name may be called `default`.
fn catalog(name: &str) -> String {
    if name == "default" { String::new() } else { name.to_owned() }
}

/// Catalogs of pnpm and bun: versions that members refer to.
pub(super) fn share(place: &Node, facts: &mut ManifestFacts) {
    let only = place.entry("catalog").map(|entry| ("", &entry.value));
    let named = place.get("catalogs").map(Node::entries).unwrap_or_default();
    let named = named.iter().map(|entry| (entry.key.as_str(), &entry.value));
    for (name, rows) in only.into_iter().chain(named) {
        for row in rows.entries() {
            let asked = row.value.text().unwrap_or_default();
            let known = dependency(&row.key, asked, Scope::Product, row.key_span);
            let origin = if known.origin == Origin::Registry { Origin::Shared(catalog(name)) } else { known.origin };
            facts.shared.push(Dependency { origin, ..known });
        }
    }
}

/// The file that others get. What was written by hand is preferred to what is built from it.
fn entry(package: &Node) -> Option<String> {
    let exports = package.get("exports").map(|exports| exports.get(".").unwrap_or(exports));
    let keys = ["module", "main", "types", "typings"];
    let mut places: Vec<&str> = package.text_of("source").into_iter().collect();
    places.extend(exports.map(targets).unwrap_or_default());
    places.extend(keys.iter().filter_map(|key| package.text_of(key)));
    let is_source = |place: &&str| {
        let (stem, extension) = place.rsplit_once('.').unwrap_or((place, ""));
        matches!(extension, "ts" | "tsx" | "mts" | "cts") && !stem.ends_with(".d")
    };
    places.retain(|place| !place.is_empty());
    let chosen = places.iter().copied().find(is_source).or_else(|| places.first().copied());
    chosen.map(str::to_owned)
}

/// The targets of nested conditions, the preferred first; the tree is not deep.
fn targets(target: &Node) -> Vec<&str> {
    let mut found: Vec<&str> = target.text().into_iter().collect();
    found.extend(target.items().iter().flat_map(targets));
    found.extend(CONDITIONS.iter().filter_map(|name| target.get(name)).flat_map(targets));
    found
}

/// Scripts, and programs that others may call.
fn offer(package: &Node, facts: &mut ManifestFacts) {
    let mut add = |name: &str, line: &Node| {
        let text = line.text().map(str::to_owned);
        facts.commands.extend(text.map(|text| Command { name: name.to_owned(), line: text, span: line.span }));
    };
    for key in ["scripts", "bin"] {
        for entry in package.get(key).map(Node::entries).unwrap_or_default() {
            add(&entry.key, &entry.value);
        }
    }
    if let (Some(bin), Some(name)) = (package.get("bin"), package.text_of("name")) {
        // A single program has the name of the package, without its scope.
        add(name.rsplit('/').next().unwrap_or(name), bin);
    }
}

fn runtimes(package: &Node, facts: &mut ManifestFacts) {
    let mut add = |of: &str, value: &str, part: Part, span: Span| {
        facts.versions.push(Version { of: of.to_owned(), value: value.to_owned(), part, span });
    };
    for (key, part) in [("engines", Part::Floor), ("volta", Part::Development)] {
        for entry in package.get(key).map(Node::entries).unwrap_or_default() {
            if let Some(value) = entry.value.text().filter(|_| entry.key != "extends") {
                add(&entry.key, value, part, entry.value.span);
            }
        }
    }
    for kind in ["runtime", "packageManager"] {
        let Some(asked) = package.at(&["devEngines", kind]) else { continue };
        for engine in asked.items().iter().chain([asked]) {
            if let (Some(name), Some(version)) = (engine.text_of("name"), engine.get("version")) {
                add(name, version.text().unwrap_or_default(), Part::Development, version.span);
            }
        }
    }
    if let Some(manager) = package.get("packageManager")
        && let Some((name, version)) = manager.text().and_then(split_descriptor)
    {
        // What stands behind `+` is a sum of the archive.
        let version = version.split('+').next().unwrap_or_default();
        add(name, version, Part::Development, manager.span);
    }
}
