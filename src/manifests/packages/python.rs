//! The manifests of Python to facts: `pyproject.toml`, `requirements.txt`, `Pipfile`, `setup.cfg`.

use super::{Broken, Dependency, ManifestFacts, Node, Origin, Scope, Span, tree};
use crate::manifests::{Part, Reference, Version};

/// Groups of dependencies that are not for the product.
const DEV_GROUPS: &[&str] =
    &["dev", "develop", "development", "test", "tests", "testing", "lint", "docs", "doc", "typing"];

pub(in crate::manifests) fn pyproject(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = tree::toml(text)?;
    let name = manifest.at(&["project", "name"]).or_else(|| manifest.at(&["tool", "poetry", "name"]));
    facts.name = name.and_then(Node::text).map(str::to_owned);
    if let Some(floor) = manifest.at(&["project", "requires-python"]) {
        floor_of_python(floor, facts);
    }
    if let Some(list) = manifest.at(&["project", "dependencies"]) {
        depend_on_list(list, Scope::Product, facts);
    }
    for group in entries(&manifest, &["project", "optional-dependencies"]) {
        depend_on_list(&group.value, if is_dev(&group.key) { Scope::Dev } else { Scope::Optional }, facts);
    }
    for group in entries(&manifest, &["dependency-groups"]) {
        depend_on_list(&group.value, Scope::Dev, facts);
    }
    if let Some(list) = manifest.at(&["tool", "uv", "dev-dependencies"]) {
        depend_on_list(list, Scope::Dev, facts);
    }
    if let Some(members) = manifest.at(&["tool", "uv", "workspace", "members"]) {
        facts.members.extend(members.texts().map(str::to_owned));
    }
    depend_on_keys(&manifest, &["tool", "poetry", "dependencies"], Scope::Product, facts);
    depend_on_keys(&manifest, &["tool", "poetry", "dev-dependencies"], Scope::Dev, facts);
    for group in entries(&manifest, &["tool", "poetry", "group"]) {
        let scope = if is_dev(&group.key) { Scope::Dev } else { Scope::Product };
        depend_on_keys(&group.value, &["dependencies"], scope, facts);
    }
    Ok(())
}

pub(in crate::manifests) fn pipfile(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = tree::toml(text)?;
    depend_on_keys(&manifest, &["packages"], Scope::Product, facts);
    depend_on_keys(&manifest, &["dev-packages"], Scope::Dev, facts);
    Ok(())
}

pub(in crate::manifests) fn requirements(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_for_development = name.split(|c: char| !c.is_alphanumeric()).any(is_dev);
    let scope = if is_for_development { Scope::Dev } else { Scope::Product };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
        let included =
            ["-r ", "-c ", "--requirement ", "--constraint "].iter().find_map(|flag| line.strip_prefix(flag));
        match included {
            Some(path) => facts.includes.push(Reference { path: path.trim().to_owned(), span }),
            None => facts.dependencies.extend(required(line, scope, span)),
        }
    }
    Ok(())
}

pub(in crate::manifests) fn setup_config(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (mut section, mut key) = ("", "");
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
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
        let scope = match (section, key) {
            ("metadata", "name") if !continues => {
                facts.name = Some(value.to_owned());
                continue;
            }
            ("options", "install_requires") => Scope::Product,
            ("options.extras_require", group) if is_dev(group) => Scope::Dev,
            ("options.extras_require", _) => Scope::Optional,
            _ => continue,
        };
        facts.dependencies.extend(required(value, scope, span));
    }
    Ok(())
}

fn entries<'a>(manifest: &'a Node, keys: &[&str]) -> &'a [tree::Entry] {
    manifest.at(keys).map(Node::entries).unwrap_or_default()
}

fn floor_of_python(node: &Node, facts: &mut ManifestFacts) {
    let value = node.text().unwrap_or_default().to_owned();
    facts.versions.push(Version { of: "python".to_owned(), value, part: Part::Floor, span: node.span });
}

fn depend_on_list(list: &Node, scope: Scope, facts: &mut ManifestFacts) {
    let rows = list.items().iter().filter_map(|row| required(row.text()?, scope, row.span));
    facts.dependencies.extend(rows);
}

fn depend_on_keys(manifest: &Node, keys: &[&str], scope: Scope, facts: &mut ManifestFacts) {
    for entry in entries(manifest, keys) {
        if entry.key == "python" {
            floor_of_python(&entry.value, facts);
            continue;
        }
        let row = &entry.value;
        let origin = match () {
            () if row.get("path").is_some() => Origin::Repository,
            () if row.get("git").or(row.get("url")).is_some() => Origin::Address,
            () => Origin::Registry,
        };
        let version = row.text().or(row.text_of("version")).map(str::to_owned);
        let scope = if row.text_of("optional") == Some("true") { Scope::Optional } else { scope };
        facts.dependencies.push(Dependency { name: entry.key.clone(), version, scope, origin, span: entry.key_span });
    }
}

fn is_dev(group: &str) -> bool {
    DEV_GROUPS.contains(&group.to_ascii_lowercase().as_str())
}

/// A requirement: `uvicorn[standard]>=0.30 ; python_version > "3.8"`. None for options and addresses.
fn required(line: &str, scope: Scope, span: Span) -> Option<Dependency> {
    let line = line.trim();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(line.len());
    let is_name = line.starts_with(|c: char| c.is_ascii_alphanumeric()) && !line[end..].starts_with([':', '/']);
    let rest = line[end..].split([';', '#']).next().unwrap_or_default();
    let version = rest.split_once(']').map_or(rest, |(_, rest)| rest).trim();
    let origin = if version.starts_with('@') { Origin::Address } else { Origin::Registry };
    is_name.then(|| Dependency {
        name: line[..end].to_owned(),
        version: Some(version.to_owned()).filter(|version| !version.is_empty()),
        scope,
        origin,
        span,
    })
}
