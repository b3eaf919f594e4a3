//! `package.json` to facts.

use super::{Broken, Dependency, ManifestFacts, Node, Origin, Scope, tree};
use crate::manifests::{Command, Part, Version};

const DEPENDENCIES: &[(&str, Scope)] = &[
    ("dependencies", Scope::Product),
    ("optionalDependencies", Scope::Optional),
    ("peerDependencies", Scope::Peer),
    ("devDependencies", Scope::Dev),
];

/// Conditions of `exports` in the order we prefer: what was written by hand first.
const CONDITIONS: &[&str] = &["source", "development", "import", "module", "node", "default", "require"];

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let package = tree::json(text)?;
    let string = |key: &str| package.text_of(key).map(str::to_owned);
    facts.name = string("name");
    for (key, scope) in DEPENDENCIES {
        for entry in package.get(key).map(Node::entries).unwrap_or_default() {
            let version = entry.value.text().unwrap_or_default();
            facts.dependencies.push(Dependency {
                name: entry.key.clone(),
                version: Some(version.to_owned()),
                scope: *scope,
                origin: origin(version),
                span: entry.key_span,
            });
        }
    }
    facts.entry = string("source")
        .or_else(|| exported(package.get("exports")?))
        .or_else(|| string("module"))
        .or_else(|| string("main"));
    for entry in package.get("imports").map(Node::entries).unwrap_or_default() {
        facts.path_aliases.extend(condition(&entry.value).map(|target| (entry.key.clone(), vec![target])));
    }
    let workspaces = package.get("workspaces");
    let workspaces = workspaces.and_then(|listed| listed.get("packages")).or(workspaces);
    facts.members.extend(workspaces.into_iter().flat_map(Node::texts).map(str::to_owned));
    for entry in package.get("scripts").map(Node::entries).unwrap_or_default() {
        let line = entry.value.text().unwrap_or_default().to_owned();
        facts.commands.push(Command { name: entry.key.clone(), line, span: entry.value.span });
    }
    for entry in package.get("engines").map(Node::entries).unwrap_or_default() {
        let value = entry.value.text().unwrap_or_default().to_owned();
        facts.versions.push(Version { of: entry.key.clone(), value, part: Part::Floor, span: entry.value.span });
    }
    Ok(())
}

fn origin(version: &str) -> Origin {
    match version.split_once(':') {
        Some(("workspace" | "file" | "link" | "portal", _)) => Origin::Repository,
        Some(("catalog", name)) => Origin::Shared(name.to_owned()),
        Some(("npm", _)) | None => Origin::Registry,
        Some(_) => Origin::Address,
    }
}

fn exported(exports: &Node) -> Option<String> {
    condition(exports.get(".").unwrap_or(exports))
}

/// The target of nested conditions; the tree is not deep.
fn condition(target: &Node) -> Option<String> {
    if let Some(path) = target.text() {
        return Some(path.to_owned());
    }
    let listed = target.items().iter().find_map(condition);
    listed.or_else(|| CONDITIONS.iter().find_map(|name| condition(target.get(name)?)))
}
