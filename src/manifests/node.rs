//! `package.json` to facts.

use serde_json::{Map, Value};

use super::{Broken, ManifestFacts, json};

const DEPENDENCIES: &[(&str, bool)] =
    &[("dependencies", false), ("optionalDependencies", false), ("peerDependencies", false), ("devDependencies", true)];

/// Conditions of `exports` in the order we prefer: what was written by hand first.
const CONDITIONS: &[&str] = &["source", "development", "import", "module", "node", "default", "require"];

pub(super) fn read(text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let value = json::parse(text)?;
    let Some(package) = value.as_object() else {
        return Ok(());
    };
    facts.name = string(package, "name");
    for (key, dev) in DEPENDENCIES {
        if let Some(table) = package.get(*key).and_then(Value::as_object) {
            facts.depend(table.keys().map(String::as_str), *dev);
        }
    }
    facts.entry = string(package, "source")
        .or_else(|| exported(package.get("exports")?))
        .or_else(|| string(package, "module"))
        .or_else(|| string(package, "main"));
    if let Some(imports) = package.get("imports").and_then(Value::as_object) {
        let aliases = imports.iter().filter_map(|(pattern, target)| Some((pattern.clone(), vec![condition(target)?])));
        facts.path_aliases.extend(aliases);
    }
    Ok(())
}

fn string(package: &Map<String, Value>, key: &str) -> Option<String> {
    package.get(key)?.as_str().map(str::to_owned)
}

fn exported(exports: &Value) -> Option<String> {
    match exports.get(".") {
        Some(main) => condition(main),
        None => condition(exports),
    }
}

/// The target of nested conditions; JSON nests at most 128 deep here.
fn condition(target: &Value) -> Option<String> {
    match target {
        Value::String(path) => Some(path.clone()),
        Value::Array(targets) => targets.iter().find_map(condition),
        Value::Object(conditions) => CONDITIONS.iter().find_map(|name| condition(conditions.get(*name)?)),
        _ => None,
    }
}
