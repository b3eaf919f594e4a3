//! The manifests of Python to facts: `pyproject.toml`, `requirements.txt`, `Pipfile`, `setup.cfg`.

use toml::{Table, Value};

use super::{Broken, ManifestFacts, table, toml_table};

/// Groups of dependencies that are not for the product.
const DEV_GROUPS: &[&str] =
    &["dev", "develop", "development", "test", "tests", "testing", "lint", "docs", "doc", "typing"];

pub(super) fn read_pyproject(text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = toml_table(text)?;
    let name = |keys| table(&manifest, keys)?.get("name")?.as_str();
    facts.name = name(&["project"]).or_else(|| name(&["tool", "poetry"])).map(str::to_owned);

    if let Some(project) = table(&manifest, &["project"]) {
        facts.depend(requirements(project.get("dependencies")), false);
    }
    for (group, requires) in tables(&manifest, &["project", "optional-dependencies"]) {
        facts.depend(requirements(Some(requires)), is_dev(group));
    }
    for (_, requires) in tables(&manifest, &["dependency-groups"]) {
        facts.depend(requirements(Some(requires)), true);
    }
    if let Some(uv) = table(&manifest, &["tool", "uv"]) {
        facts.depend(requirements(uv.get("dev-dependencies")), true);
    }
    depend_on_keys(table(&manifest, &["tool", "poetry", "dependencies"]), false, facts);
    depend_on_keys(table(&manifest, &["tool", "poetry", "dev-dependencies"]), true, facts);
    for (group, content) in tables(&manifest, &["tool", "poetry", "group"]) {
        depend_on_keys(content.get("dependencies").and_then(Value::as_table), is_dev(group), facts);
    }
    Ok(())
}

pub(super) fn read_pipfile(text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = toml_table(text)?;
    depend_on_keys(table(&manifest, &["packages"]), false, facts);
    depend_on_keys(table(&manifest, &["dev-packages"]), true, facts);
    Ok(())
}

pub(super) fn read_requirements(file_name: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let dev = file_name.split(|c: char| !c.is_alphanumeric()).any(is_dev);
    facts.depend(text.lines().filter_map(required), dev);
    Ok(())
}

pub(super) fn read_setup_config(text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (mut section, mut key) = ("", "");
    for line in text.lines() {
        let continues = line.starts_with([' ', '\t']);
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            (section, key) = (name, "");
            continue;
        }
        let value = match line.split_once('=').filter(|_| !continues) {
            Some((name, value)) => {
                key = name.trim();
                value.trim()
            }
            None => line,
        };
        match (section, key) {
            ("metadata", "name") if !continues => facts.name = Some(value.to_owned()),
            ("options", "install_requires") => facts.depend(value.split(';').next().and_then(required), false),
            ("options.extras_require", group) => facts.depend(required(value), is_dev(group)),
            _ => {}
        }
    }
    Ok(())
}

fn tables<'a>(manifest: &'a Table, keys: &[&str]) -> impl Iterator<Item = (&'a String, &'a Value)> {
    table(manifest, keys).into_iter().flatten()
}

fn requirements(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(|value| required(value.as_str()?))
}

fn depend_on_keys(dependencies: Option<&Table>, dev: bool, facts: &mut ManifestFacts) {
    let names = dependencies.into_iter().flat_map(Table::keys).map(String::as_str);
    facts.depend(names.filter(|name| *name != "python"), dev);
}

fn is_dev(group: &str) -> bool {
    DEV_GROUPS.contains(&group.to_ascii_lowercase().as_str())
}

/// The name in a requirement: `uvicorn[standard]>=0.30 ; python_version > "3.8"`. None for options and addresses.
fn required(line: &str) -> Option<&str> {
    let line = line.trim();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(line.len());
    let is_name = line.starts_with(|c: char| c.is_ascii_alphanumeric()) && !line[end..].starts_with([':', '/']);
    is_name.then(|| &line[..end])
}
