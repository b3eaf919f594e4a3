//! `libs.versions.toml` to facts. An entry is found by its alias as scripts write it, with dots: the name of its
//! [`Origin::Shared`]. Which scripts use it, it does not know.

use rustc_hash::FxHashMap;

use super::{Broken, Dependency, ManifestFacts, Node, Origin, Scope, tree};

pub(super) fn read(text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let catalog = tree::toml(text)?;
    let entries = |key: &str| catalog.get(key).map(Node::entries).unwrap_or_default();
    let versions: FxHashMap<&str, String> =
        entries("versions").iter().filter_map(|entry| Some((entry.key.as_str(), rich(&entry.value)?))).collect();
    let version = |row: &Node| {
        let asked = row.get("version")?;
        asked.text_of("ref").and_then(|name| versions.get(name).cloned()).or_else(|| rich(asked))
    };
    let mut modules: FxHashMap<&str, (String, Option<String>)> = FxHashMap::default();
    for entry in entries("libraries") {
        let row = &entry.value;
        let module = match (row.text(), row.text_of("module"), row.text_of("group"), row.text_of("name")) {
            (Some(written), ..) => split(written, 2),
            (_, Some(module), ..) => (module.to_owned(), version(row)),
            (.., Some(group), Some(name)) => (format!("{group}:{name}"), version(row)),
            _ => continue,
        };
        facts.shared.push(shared(&module, alias(&entry.key), Scope::Product, entry));
        modules.insert(&entry.key, module);
    }
    for entry in entries("bundles") {
        for module in entry.value.texts().filter_map(|name| modules.get(name)) {
            facts.shared.push(shared(module, format!("bundles.{}", alias(&entry.key)), Scope::Product, entry));
        }
    }
    for entry in entries("plugins") {
        let row = &entry.value;
        let plugin = match (row.text(), row.text_of("id")) {
            (Some(written), _) => split(written, 1),
            (_, Some(id)) => (id.to_owned(), version(row)),
            _ => continue,
        };
        facts.shared.push(shared(&plugin, format!("plugins.{}", alias(&entry.key)), Scope::Build, entry));
    }
    Ok(())
}

fn shared((name, version): &(String, Option<String>), alias: String, scope: Scope, entry: &tree::Entry) -> Dependency {
    let origin = Origin::Shared(alias);
    Dependency { name: name.clone(), version: version.clone(), scope, origin, span: entry.key_span }
}

fn alias(key: &str) -> String {
    key.replace(['-', '_'], ".")
}

/// `group:artifact:version`, the name in as many parts as are asked.
fn split(written: &str, parts: usize) -> (String, Option<String>) {
    match written.match_indices(':').nth(parts - 1) {
        Some((at, _)) => (written[..at].to_owned(), Some(written[at + 1..].to_owned())),
        None => (written.to_owned(), None),
    }
}

/// A version, or the strongest of several wishes.
fn rich(node: &Node) -> Option<String> {
    let wish = || ["strictly", "require", "prefer"].iter().find_map(|key| node.text_of(key));
    node.text().or_else(wish).map(str::to_owned)
}
