//! `Cargo.toml` to facts.

use super::{Broken, Dependency, ManifestFacts, Node, Origin, Scope, tree};

const DEPENDENCIES: &[(&str, Scope)] =
    &[("dependencies", Scope::Product), ("build-dependencies", Scope::Build), ("dev-dependencies", Scope::Dev)];

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = tree::toml(text)?;
    let string = |keys: &[&str]| Some(manifest.at(keys)?.text()?.to_owned());
    facts.name = string(&["lib", "name"]).or_else(|| string(&["package", "name"]));
    facts.entry = string(&["lib", "path"]);
    depend(&manifest, &mut facts.dependencies);
    for target in manifest.get("target").map(Node::entries).unwrap_or_default() {
        depend(&target.value, &mut facts.dependencies);
    }
    if let Some(workspace) = manifest.get("workspace") {
        depend(workspace, &mut facts.shared);
        facts.members.extend(workspace.get("members").into_iter().flat_map(Node::texts).map(str::to_owned));
        let excluded = workspace.get("exclude").into_iter().flat_map(Node::texts);
        facts.members.extend(excluded.map(|path| format!("!{path}")));
    }
    Ok(())
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
