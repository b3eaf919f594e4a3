//! The manifests of Python to facts: `pyproject.toml`, `Pipfile`, `setup.cfg`. Does not know which groups anybody
//! installs.

use std::collections::BTreeMap;

use super::requirements::{is_dev, normal, requirement};
use super::{Broken, Dependency, ManifestFacts, Node, Origin, Scope, Span, lines, tree};
use crate::manifests::{Command, Part, Reference, Version};

/// Tables of what can be started by name.
const COMMANDS: &[&[&str]] = &[
    &["project", "scripts"],
    &["tool", "poetry", "scripts"],
    &["tool", "pdm", "scripts"],
    &["tool", "poe", "tasks"],
    &["tool", "taskipy", "tasks"],
];

/// Keys of a command that is a table.
const COMMAND_LINES: &[&str] = &["reference", "callable", "cmd", "shell", "call", "script"];

/// Lists of what developers install.
const DEV_LISTS: &[&[&str]] = &[&["tool", "uv", "dev-dependencies"], &["tool", "rye", "dev-dependencies"]];

/// Tables of groups that developers install.
const DEV_GROUPS: &[&[&str]] = &[&["dependency-groups"], &["tool", "pdm", "dev-dependencies"]];

/// Files that requirements are taken from.
const REQUIREMENT_FILES: &[&[&str]] = &[
    &["tool", "setuptools", "dynamic", "dependencies", "file"],
    &["tool", "hatch", "metadata", "hooks", "requirements_txt", "files"],
];

pub(in crate::manifests) fn pyproject(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = tree::toml(text)?;
    let name = manifest.at(&["project", "name"]).or_else(|| manifest.at(&["tool", "poetry", "name"]));
    facts.name = name.and_then(Node::text).map(str::to_owned);
    if let Some(floor) = manifest.at(&["project", "requires-python"]) {
        ask_for_python(floor, Part::Floor, facts);
    }
    if let Some(list) = manifest.at(&["project", "dependencies"]) {
        depend_on_list(list, Scope::Product, facts);
    }
    for group in entries(&manifest, &["project", "optional-dependencies"]) {
        depend_on_list(&group.value, if is_dev(&group.key) { Scope::Dev } else { Scope::Optional }, facts);
    }
    if let Some(list) = manifest.at(&["build-system", "requires"]) {
        depend_on_list(list, Scope::Build, facts);
    }
    for list in DEV_LISTS.iter().filter_map(|keys| manifest.at(keys)) {
        depend_on_list(list, Scope::Dev, facts);
    }
    // A group that another includes is in the table itself.
    for group in DEV_GROUPS.iter().flat_map(|keys| entries(&manifest, keys)) {
        depend_on_list(&group.value, Scope::Dev, facts);
    }
    for environment in entries(&manifest, &["tool", "hatch", "envs"]) {
        for key in ["dependencies", "extra-dependencies"] {
            if let Some(list) = environment.value.get(key) {
                depend_on_list(list, Scope::Dev, facts);
            }
        }
    }
    poetry(&manifest, facts);
    for key in ["uv", "rye"] {
        let workspace = |list: &str| manifest.at(&["tool", key, "workspace", list]).into_iter().flat_map(Node::texts);
        facts.members.extend(workspace("members").map(str::to_owned));
        facts.members.extend(workspace("exclude").map(|folder| format!("!{folder}")));
    }
    for files in REQUIREMENT_FILES.iter().filter_map(|keys| manifest.at(keys)) {
        let reference = |file: &str| Reference { path: file.to_owned(), span: files.span };
        facts.includes.extend(files.texts().map(reference));
    }
    for entry in COMMANDS.iter().flat_map(|keys| entries(&manifest, keys)) {
        start(entry, facts);
    }
    locate(entries(&manifest, &["tool", "uv", "sources"]), facts);
    Ok(())
}

fn poetry(manifest: &Node, facts: &mut ManifestFacts) {
    let Some(poetry) = manifest.at(&["tool", "poetry"]) else { return };
    if let Some(python) = poetry.at(&["dependencies", "python"]) {
        ask_for_python(python.get("version").unwrap_or(python), Part::Floor, facts);
    }
    depend_on_keys(poetry, "dependencies", Scope::Product, facts);
    depend_on_keys(poetry, "dev-dependencies", Scope::Dev, facts);
    for group in entries(poetry, &["group"]) {
        let scope = match () {
            () if is_dev(&group.key) => Scope::Dev,
            () if group.value.text_of("optional") == Some("true") => Scope::Optional,
            () => Scope::Product,
        };
        depend_on_keys(&group.value, "dependencies", scope, facts);
    }
}

/// What `tool.uv.sources` says of where dependencies come from.
fn locate(sources: &[tree::Entry], facts: &mut ManifestFacts) {
    let places = sources.iter().map(|source| (&source.key, source.value.items().first().unwrap_or(&source.value)));
    let origins: BTreeMap<String, Origin> = places.map(|(name, place)| (normal(name), table_origin(place))).collect();
    for known in &mut facts.dependencies {
        match origins.get(&normal(&known.name)) {
            // An index is a registry as well.
            None | Some(Origin::Registry) => {}
            Some(origin) => known.origin = origin.clone(),
        }
    }
}

pub(in crate::manifests) fn pipfile(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = tree::toml(text)?;
    depend_on_keys(&manifest, "packages", Scope::Product, facts);
    depend_on_keys(&manifest, "dev-packages", Scope::Dev, facts);
    let asked = ["python_full_version", "python_version"].iter().find_map(|key| manifest.at(&["requires", key]));
    if let Some(python) = asked {
        ask_for_python(python, Part::Development, facts);
    }
    for entry in entries(&manifest, &["scripts"]) {
        start(entry, facts);
    }
    Ok(())
}

pub(in crate::manifests) fn setup_config(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (mut section, mut key) = ("", "");
    for (line, span) in lines(text) {
        let continues = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')).filter(|_| !continues) {
            (section, key) = (name.trim(), "");
            continue;
        }
        let value = match line.split_once(['=', ':']).filter(|_| !continues) {
            Some((name, value)) => {
                key = name.trim();
                value.trim()
            }
            None => line,
        };
        if !value.is_empty() {
            configure(section, key, value, span, facts);
        }
    }
    Ok(())
}

/// One value of `setup.cfg`, or one of the lines of it.
fn configure(section: &str, key: &str, value: &str, span: Span, facts: &mut ManifestFacts) {
    let scope = match (section, key) {
        ("metadata", "name") => {
            facts.name = Some(value.to_owned());
            return;
        }
        ("options", "python_requires") => {
            let of = "python".to_owned();
            facts.versions.push(Version { of, value: value.to_owned(), part: Part::Floor, span });
            return;
        }
        ("options.entry_points", "console_scripts") => {
            let command = value.split_once('=');
            facts.commands.extend(command.map(|(name, line)| Command {
                name: name.trim().to_owned(),
                line: line.trim().to_owned(),
                span,
            }));
            return;
        }
        ("options", "install_requires") => Scope::Product,
        ("options", "tests_require") => Scope::Dev,
        ("options", "setup_requires") => Scope::Build,
        ("options.extras_require", group) if is_dev(group) => Scope::Dev,
        ("options.extras_require", _) => Scope::Optional,
        _ => return,
    };
    match value.strip_prefix("file:") {
        Some(files) if scope == Scope::Product => {
            facts.includes.extend(files.split(',').map(|file| Reference { path: file.trim().to_owned(), span }));
        }
        Some(_) => {}
        None => facts.dependencies.extend(requirement(value, scope, span)),
    }
}

fn entries<'a>(manifest: &'a Node, keys: &[&str]) -> &'a [tree::Entry] {
    manifest.at(keys).map(Node::entries).unwrap_or_default()
}

pub(super) fn ask_for_python(node: &Node, part: Part, facts: &mut ManifestFacts) {
    let value = node.text().map(str::to_owned);
    facts.versions.extend(value.map(|value| Version { of: "python".to_owned(), value, part, span: node.span }));
}

pub(super) fn depend_on_list(list: &Node, scope: Scope, facts: &mut ManifestFacts) {
    let rows = list.items().iter().filter_map(|row| requirement(row.text()?, scope, row.span));
    facts.dependencies.extend(rows);
}

/// `name = ">=1"`, `name = { version = ">=1", optional = true }`, or a list of those for several platforms.
fn depend_on_keys(manifest: &Node, table: &str, scope: Scope, facts: &mut ManifestFacts) {
    let rows = entries(manifest, &[table]).iter().filter(|entry| entry.key != "python");
    facts.dependencies.extend(rows.map(|entry| {
        let row = entry.value.items().first().unwrap_or(&entry.value);
        Dependency {
            name: entry.key.clone(),
            version: row.text().or(row.text_of("version")).map(str::to_owned),
            scope: if row.text_of("optional") == Some("true") { Scope::Optional } else { scope },
            origin: table_origin(row),
            span: entry.key_span,
        }
    }));
}

fn table_origin(row: &Node) -> Origin {
    match () {
        () if row.text_of("workspace") == Some("true") || row.get("path").is_some() => Origin::Repository,
        () if ["git", "url", "file"].iter().any(|key| row.get(key).is_some()) => Origin::Address,
        () => Origin::Registry,
    }
}

fn start(entry: &tree::Entry, facts: &mut ManifestFacts) {
    let line = COMMAND_LINES.iter().find_map(|key| entry.value.get(key)).unwrap_or(&entry.value);
    let text = line.text().map(str::to_owned);
    facts.commands.extend(text.map(|text| Command { name: entry.key.clone(), line: text, span: line.span }));
}
