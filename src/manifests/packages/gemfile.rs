//! `Gemfile` to facts. It is a program: what is written down is read, what is computed is not.

use super::{Broken, Dependency, ManifestFacts, Origin, Scope};
use crate::manifests::tokens::{Comments, Tokens};
use crate::manifests::{Part, Reference, Version};

/// Groups of dependencies that are not for the product.
const DEV_GROUPS: &[&str] = &["development", "test", "ci", "lint", "rubocop", "docs", "doc", "guard", "debug"];
/// What ends with an `end` of its own.
const OPENS: &[&str] = &["if", "unless", "case", "begin", "def", "while", "for"];

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let tokens = Tokens::of(text, Comments::Hash);
    // What surrounds a statement: each block with what its gems become.
    let mut blocks: Vec<(Scope, Origin)> = Vec::new();
    let mut at = 0;
    while let Some(word) = tokens.get(at).map(|token| token.text) {
        let end = statement_end(&tokens, at);
        let (scope, origin) = blocks.last().cloned().unwrap_or_default();
        let span = tokens.span(at, end);
        let first = tokens.text(at + 1).or_else(|| tokens.text(at + 2).filter(|_| tokens.is(at + 1, "(")));
        let opens = OPENS.contains(&word) || (at..end).any(|at| tokens.is(at, "do"));
        match (word, first) {
            ("gem", Some(name)) => {
                let dependency = Dependency { name: name.to_owned(), version: None, scope, origin, span };
                facts.dependencies.push(gem(&tokens, at, end, dependency));
            }
            ("ruby", Some(version)) => {
                let value = version.to_owned();
                facts.versions.push(Version { of: "ruby".to_owned(), value, part: Part::Floor, span });
            }
            ("eval_gemfile", Some(path)) => facts.includes.push(Reference { path: path.to_owned(), span }),
            ("end", _) => {
                blocks.pop();
            }
            ("group", _) if opens => blocks.push((group(&tokens, at, end).unwrap_or(scope), origin)),
            ("path", _) if opens => blocks.push((scope, Origin::Repository)),
            ("git" | "github", _) if opens => blocks.push((scope, Origin::Address)),
            _ if opens => blocks.push((scope, origin)),
            _ => {}
        }
        at = end;
    }
    Ok(())
}

/// A statement ends with its line, unless a comma or a bracket goes on.
fn statement_end(tokens: &Tokens, at: usize) -> usize {
    let mut end = tokens.next(at);
    while let Some(token) = tokens.get(end) {
        if token.starts_line && !tokens.is(end - 1, ",") || tokens.is(end, ";") {
            break;
        }
        end = tokens.next(end);
    }
    (if tokens.is(end, ";") { end + 1 } else { end }).min(tokens.len())
}

fn gem(tokens: &Tokens, at: usize, end: usize, mut dependency: Dependency) -> Dependency {
    let mut ranges: Vec<&str> = Vec::new();
    let is_plain = |at: usize| tokens.is(at - 1, ",") && !tokens.is(at + 1, "=");
    let mut seen = false;
    let mut grouped = None;
    for at in at + 1..end {
        // `key: value` and `:key => value`; a text behind them is no range.
        seen |= tokens.word(at).is_some();
        match tokens.word(at) {
            Some("path") => dependency.origin = Origin::Repository,
            Some("git" | "github" | "gist" | "bitbucket") => dependency.origin = Origin::Address,
            Some("group" | "groups") if grouped.is_none() => grouped = group(tokens, at, end),
            _ => {}
        }
        if let Some(text) = tokens.text(at).filter(|_| !seen && is_plain(at)) {
            ranges.push(text);
        }
    }
    dependency.scope = grouped.unwrap_or(dependency.scope);
    dependency.version = (!ranges.is_empty()).then(|| ranges.join(", "));
    dependency
}

/// What the groups make of a gem: `:development, :test`, `[:test]`. None where none is named.
fn group(tokens: &Tokens, at: usize, end: usize) -> Option<Scope> {
    let is_name = |at: &usize| *at > 1 && tokens.is(at - 1, ":");
    let words = (at + 1..end).filter(is_name).filter_map(|at| tokens.word(at));
    let names: Vec<&str> = words.take_while(|word| *word != "require" && *word != "platforms").collect();
    match names.as_slice() {
        [] => None,
        names if names.iter().all(|name| DEV_GROUPS.contains(name)) => Some(Scope::Dev),
        names if names.contains(&"default") || names.contains(&"production") => Some(Scope::Product),
        _ if (at..end).any(|at| tokens.is(at, "optional") && tokens.is(at + 2, "true")) => Some(Scope::Optional),
        _ => Some(Scope::Product),
    }
}
