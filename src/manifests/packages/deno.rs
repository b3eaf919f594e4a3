//! `deno.json` to facts. Does not know what an address on the network holds.

use super::{Broken, Dependency, ManifestFacts, Node, Origin, Scope, node, tree};
use crate::manifests::Command;

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = tree::json(text)?;
    facts.name = manifest.text_of("name").map(str::to_owned);
    let exports = manifest.get("exports").map(|exports| exports.get(".").unwrap_or(exports));
    facts.entry = exports.and_then(Node::text).map(str::to_owned);
    for entry in manifest.get("imports").map(Node::entries).unwrap_or_default() {
        let target = entry.value.text().unwrap_or_default();
        match target.split_once(':') {
            Some(("npm" | "jsr", specifier)) => {
                let (name, version) = package(specifier);
                facts.dependencies.push(Dependency {
                    name: name.to_owned(),
                    version: version.map(str::to_owned),
                    scope: Scope::Product,
                    origin: Origin::Registry,
                    span: entry.key_span,
                });
            }
            Some(("http" | "https", _)) => facts.dependencies.push(Dependency {
                name: entry.key.trim_end_matches('/').to_owned(),
                version: None,
                scope: Scope::Product,
                origin: Origin::Address,
                span: entry.key_span,
            }),
            Some(_) => {}
            None => {
                // A name that ends in a slash stands for a folder.
                let (pattern, target) = match entry.key.ends_with('/') {
                    true => (format!("{}*", entry.key), format!("{target}*")),
                    false => (entry.key.clone(), target.to_owned()),
                };
                facts.path_aliases.push((pattern, vec![target]));
            }
        }
    }
    for task in manifest.get("tasks").map(Node::entries).unwrap_or_default() {
        let line = task.value.get("command").unwrap_or(&task.value);
        let text = line.text().map(str::to_owned);
        facts.commands.extend(text.map(|text| Command { name: task.key.clone(), line: text, span: line.span }));
    }
    let workspace = manifest.get("workspace");
    let members = workspace.and_then(|listed| listed.get("members")).or(workspace);
    facts.members.extend(members.into_iter().flat_map(Node::texts).map(str::to_owned));
    Ok(())
}

/// `/@scope/name@^1/sub/path` to name and version.
fn package(specifier: &str) -> (&str, Option<&str>) {
    let specifier = specifier.trim_start_matches('/');
    let slashes = if specifier.starts_with('@') { 1 } else { 0 };
    let end = specifier.match_indices('/').nth(slashes).map_or(specifier.len(), |(at, _)| at);
    let specifier = &specifier[..end];
    node::split_descriptor(specifier).map_or((specifier, None), |(name, version)| (name, Some(version)))
}
