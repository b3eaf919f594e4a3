//! `composer.json` to facts.

use super::{Broken, Dependency, ManifestFacts, Node, Origin, Scope, tree};
use crate::manifests::{Command, Part, Version};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = tree::json(text)?;
    facts.name = manifest.text_of("name").map(str::to_owned);
    for (key, scope) in [("require", Scope::Product), ("require-dev", Scope::Dev)] {
        for entry in manifest.get(key).map(Node::entries).unwrap_or_default() {
            let version = entry.value.text().unwrap_or_default().to_owned();
            match entry.key.as_str() {
                "php" | "php-64bit" => {
                    let part = Part::Floor;
                    facts.versions.push(Version { of: "php".to_owned(), value: version, part, span: entry.value.span });
                }
                // What composer itself must offer.
                "composer-plugin-api" | "composer-runtime-api" | "composer" => {}
                name => facts.dependencies.push(Dependency {
                    name: name.to_owned(),
                    version: Some(version),
                    scope,
                    origin: Origin::Registry,
                    span: entry.key_span,
                }),
            }
        }
    }
    let repositories = manifest.get("repositories");
    let listed = repositories.map(Node::items).unwrap_or_default().iter();
    let named = repositories.map(Node::entries).unwrap_or_default().iter().map(|entry| &entry.value);
    let folders = listed.chain(named).filter(|repository| repository.text_of("type") == Some("path"));
    facts.members.extend(folders.filter_map(|repository| repository.text_of("url")).map(str::to_owned));
    for entry in manifest.get("scripts").map(Node::entries).unwrap_or_default() {
        let lines: Vec<&str> = entry.value.texts().collect();
        facts.commands.push(Command { name: entry.key.clone(), line: lines.join(" && "), span: entry.value.span });
    }
    Ok(())
}
