//! `go.mod` and `go.work` to facts. Does not know what the modules in reach need in turn.

use std::collections::BTreeSet;

use super::{Broken, Dependency, ManifestFacts, Origin, Scope, Span, lines};
use crate::manifests::{Part, Version};

/// Directives that say nothing here.
const SILENT: &[&str] = &["exclude", "retract", "godebug", "ignore", "tool", "replace", ""];

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut block: Option<(&str, Span)> = None;
    let mut tools: Vec<&str> = Vec::new();
    let mut broken: Option<Broken> = None;
    for (line, span) in lines(text) {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        let mut words = code.split_whitespace();
        let directive = match block {
            Some((directive, _)) => directive,
            None => words.next().unwrap_or_default(),
        };
        let arguments: Vec<&str> = words.map(|word| word.trim_matches(['"', '`'])).collect();
        match (directive, arguments.as_slice()) {
            (_, [")"]) => block = None,
            (directive, ["("]) => block = Some((directive, span)),
            (directive, []) if directive.ends_with('(') => block = Some((directive.trim_end_matches('('), span)),
            ("module", [module, ..]) => {
                facts.module = Some((*module).to_owned());
                facts.name = Some((*module).to_owned());
            }
            ("go", [version, ..]) => facts.versions.push(go_version(version, Part::Floor, span)),
            ("toolchain", [version, ..]) => {
                facts.versions.push(go_version(version.trim_start_matches("go"), Part::Development, span));
            }
            ("require", [module, rest @ ..]) => facts.dependencies.push(Dependency {
                name: (*module).to_owned(),
                version: rest.first().map(|version| (*version).to_owned()),
                scope: if is_indirect(comment) { Scope::Indirect } else { Scope::Product },
                origin: Origin::Registry,
                span,
            }),
            ("use", [folder, ..]) => facts.members.push((*folder).to_owned()),
            ("tool", [package, ..]) => tools.push(package),
            ("replace", [module, .., "=>", target]) if is_path(target) => {
                facts.path_aliases.push(((*module).to_owned(), vec![(*target).to_owned()]));
            }
            (_, []) => {}
            (directive, _) if SILENT.contains(&directive) => {}
            (directive, _) => {
                let message = format!("not a module file: unknown directive `{}`", shown(directive));
                broken.get_or_insert(Broken { message, span: Some(span) });
            }
        }
    }
    if let Some((directive, span)) = block {
        let message = format!("not a module file: the block `{}` is never closed", shown(directive));
        broken.get_or_insert(Broken { message, span: Some(span) });
    }
    settle(&tools, facts);
    broken.map_or(Ok(()), Err)
}

/// Modules of the repository, and modules that only tools need.
fn settle(tools: &[&str], facts: &mut ManifestFacts) {
    let local: BTreeSet<&str> = facts.path_aliases.iter().map(|(module, _)| module.as_str()).collect();
    // The module of a package is the package, or a path above it.
    let of_tools = tools.iter().flat_map(|package| {
        let ends = package.match_indices('/').take(20).map(|(end, _)| end).chain([package.len()]);
        ends.map(|end| &package[..end])
    });
    let of_tools: BTreeSet<&str> = of_tools.collect();
    for known in &mut facts.dependencies {
        if local.contains(known.name.as_str()) {
            known.origin = Origin::Repository;
        }
        if known.scope == Scope::Indirect && of_tools.contains(known.name.as_str()) {
            known.scope = Scope::Dev;
        }
    }
}

/// `// indirect`, perhaps with more behind a semicolon.
fn is_indirect(comment: &str) -> bool {
    let rest = comment.trim().strip_prefix("indirect");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(';'))
}

fn is_path(target: &str) -> bool {
    target.starts_with("./") || target.starts_with("../") || matches!(target, "." | "..")
}

/// As much of a word as a message bears.
fn shown(word: &str) -> String {
    word.chars().take(30).collect()
}

fn go_version(value: &str, part: Part, span: Span) -> Version {
    Version { of: "go".to_owned(), value: value.to_owned(), part, span }
}
