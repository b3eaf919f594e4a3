//! `Cargo.toml` to facts. Does not know which files there are: a program that the manifest leaves to its place is not
//! seen.

use super::{Broken, Dependency, ManifestFacts, Node, Origin, Scope, tree};
use crate::manifests::{Command, Feature, Part, Version};

/// The names with underscores are those of the first edition.
const DEPENDENCIES: &[(&str, Scope)] = &[
    ("dependencies", Scope::Product),
    ("build-dependencies", Scope::Build),
    ("build_dependencies", Scope::Build),
    ("dev-dependencies", Scope::Dev),
    ("dev_dependencies", Scope::Dev),
];

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = tree::toml(text)?;
    let string = |keys: &[&str]| Some(manifest.at(keys)?.text()?.to_owned());
    let package = string(&["package", "name"]);
    facts.name = string(&["lib", "name"]).or_else(|| package.clone());
    facts.entry = string(&["lib", "path"]);
    depend(&manifest, &mut facts.dependencies);
    features(&manifest, &mut facts.features);
    for target in manifest.get("target").map(Node::entries).unwrap_or_default() {
        depend(&target.value, &mut facts.dependencies);
    }
    if let Some(workspace) = manifest.get("workspace") {
        depend(workspace, &mut facts.shared);
        facts.members.extend(workspace.get("members").into_iter().flat_map(Node::texts).map(str::to_owned));
        let excluded = workspace.get("exclude").into_iter().flat_map(Node::texts);
        facts.members.extend(excluded.map(|path| format!("!{path}")));
    }
    let floors = [manifest.at(&["package", "rust-version"]), manifest.at(&["workspace", "package", "rust-version"])];
    for floor in floors.into_iter().flatten() {
        let value = floor.text().map(str::to_owned);
        let version = |value| Version { of: "rust".to_owned(), value, part: Part::Floor, span: floor.span };
        facts.versions.extend(value.map(version));
    }
    for program in manifest.get("bin").map(Node::items).unwrap_or_default() {
        let Some(name) = program.text_of("name") else { continue };
        let line = match program.text_of("path") {
            Some(path) => path.to_owned(),
            None if package.as_deref() == Some(name) => "src/main.rs".to_owned(),
            None => format!("src/bin/{name}.rs"),
        };
        facts.commands.push(Command { name: name.to_owned(), line, span: program.span });
    }
    Ok(())
}

/// Those of rows, of a workspace too, and those that the package's own features switch on.
fn features(manifest: &Node, features: &mut Vec<Feature>) {
    let workspace = manifest.at(&["workspace", "dependencies"]).into_iter();
    let tables = ["dependencies"].iter().filter_map(|key| manifest.get(key)).chain(workspace);
    for entry in tables.flat_map(Node::entries) {
        let of = entry.value.text_of("package").unwrap_or(&entry.key);
        for feature in entry.value.get("features").map(Node::items).unwrap_or_default() {
            let name = feature.text().map(str::to_owned);
            features.extend(name.map(|name| Feature { of: of.to_owned(), name, span: entry.key_span }));
        }
    }
    for entry in manifest.get("features").map(Node::entries).unwrap_or_default() {
        for part in entry.value.texts() {
            let Some((of, name)) = part.split_once('/') else { continue };
            let (of, name) = (of.trim_end_matches('?').to_owned(), name.to_owned());
            features.push(Feature { of, name, span: entry.key_span });
        }
    }
}

fn depend(manifest: &Node, dependencies: &mut Vec<Dependency>) {
    for (key, scope) in DEPENDENCIES {
        for entry in manifest.get(key).map(Node::entries).unwrap_or_default() {
            let row = &entry.value;
            let is = |key: &str| row.text_of(key) == Some("true");
            let origin = match () {
                () if is("workspace") => Origin::Shared(String::new()),
                () if row.get("path").is_some() => Origin::Repository,
                () if row.get("git").is_some() => Origin::Address,
                () => Origin::Registry,
            };
            dependencies.push(Dependency {
                name: row.text_of("package").unwrap_or(&entry.key).to_owned(),
                version: row.text().or(row.text_of("version")).map(str::to_owned),
                scope: if is("optional") { Scope::Optional } else { *scope },
                origin,
                span: entry.key_span,
            });
        }
    }
}
