//! `Cargo.toml` to facts.

use toml::{Table, Value};

use super::{Broken, Dependency, ManifestFacts, table, toml_table};

const DEPENDENCIES: &[(&str, bool)] =
    &[("dependencies", false), ("build-dependencies", true), ("dev-dependencies", true)];

pub(super) fn read(text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = toml_table(text)?;
    let string = |keys: &[&str], key: &str| Some(table(&manifest, keys)?.get(key)?.as_str()?.to_owned());
    facts.name = string(&["lib"], "name").or_else(|| string(&["package"], "name"));
    facts.entry = string(&["lib"], "path");
    depend(&manifest, facts);
    if let Some(targets) = table(&manifest, &["target"]) {
        targets.values().filter_map(Value::as_table).for_each(|target| depend(target, facts));
    }
    if let Some(workspace) = table(&manifest, &["workspace"]) {
        depend(workspace, facts);
    }
    Ok(())
}

fn depend(manifest: &Table, facts: &mut ManifestFacts) {
    for (key, dev) in DEPENDENCIES {
        let Some(dependencies) = table(manifest, &[key]) else {
            continue;
        };
        for (name, dependency) in dependencies {
            let renamed = dependency.get("package").and_then(Value::as_str);
            facts.dependencies.push(Dependency { name: renamed.unwrap_or(name).to_owned(), dev: *dev });
        }
    }
}
