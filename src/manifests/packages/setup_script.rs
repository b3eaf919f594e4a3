//! `setup.py`, as far as its texts are literal, to facts: the arguments of `setup(..)`, and lists that they name.
//! Does not know what the script would compute.

use super::python::{ask_for_python, depend_on_list};
use super::requirements::is_dev;
use super::{Broken, ManifestFacts, Node, Scope, Span, tree};
use crate::manifests::{Command, Part};

/// How deep a literal may nest. Written ones are a list in a map.
const DEEPEST: usize = 8;

/// Calls that are looked at. There is one.
const MOST_CALLS: usize = 8;

/// Names that are remembered, and arguments that are read.
const MOST_NAMES: usize = 100;

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let tokens = tokens(text);
    let mut named: Vec<(&str, Node)> = Vec::new();
    let mut calls = 0;
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at).filter(|_| calls < MOST_CALLS) {
        let is_defined = at > 0 && matches!(tokens[at - 1].kind, Kind::Name("def"));
        match (&token.kind, tokens.get(at + 1).map(|next| &next.kind)) {
            (Kind::Name("setup"), Some(Kind::Mark('('))) if !is_defined => {
                // Of several calls the first that says something counts.
                calls += 1;
                arguments(&tokens, at + 2, &named, facts);
                if facts.name.is_some() || !facts.dependencies.is_empty() {
                    break;
                }
            }
            (Kind::Name(name), Some(Kind::Mark('='))) if depth == 0 && named.len() < MOST_NAMES => {
                let (value, next) = value(&tokens, at + 2, DEEPEST);
                named.push((name, value));
                at = next;
                continue;
            }
            (Kind::Mark('(' | '[' | '{'), _) => depth += 1,
            (Kind::Mark(')' | ']' | '}'), _) => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Reads `name=value, ..` up to the closing bracket. A name is given once.
fn arguments(tokens: &[Token], mut at: usize, named: &[(&str, Node)], facts: &mut ManifestFacts) {
    let mut given: Vec<&str> = Vec::new();
    while let Some(token) = tokens.get(at).filter(|_| given.len() < MOST_NAMES) {
        match (&token.kind, tokens.get(at + 1).map(|next| &next.kind)) {
            (Kind::Mark(')'), _) => return,
            (Kind::Name(key), Some(Kind::Mark('='))) => {
                let (literal, next) = value(tokens, at + 2, DEEPEST);
                let known = match tokens.get(at + 2).map(|value| &value.kind) {
                    Some(Kind::Name(name)) => named.iter().rev().find(|(known, _)| known == name),
                    _ => None,
                };
                if !given.contains(key) {
                    argument(key, known.map_or(&literal, |(_, known)| known), facts);
                    given.push(key);
                }
                at = next;
            }
            _ => at = skip(tokens, at),
        }
    }
}

fn argument(key: &str, value: &Node, facts: &mut ManifestFacts) {
    match key {
        "name" => facts.name = value.text().map(str::to_owned),
        "python_requires" => ask_for_python(value, Part::Floor, facts),
        "install_requires" => depend_on_list(value, Scope::Product, facts),
        "tests_require" => depend_on_list(value, Scope::Dev, facts),
        "setup_requires" => depend_on_list(value, Scope::Build, facts),
        "extras_require" => {
            for group in value.entries() {
                depend_on_list(&group.value, if is_dev(&group.key) { Scope::Dev } else { Scope::Optional }, facts);
            }
        }
        "entry_points" => {
            for script in value.get("console_scripts").map(Node::items).unwrap_or_default() {
                let command = script.text().and_then(|text| text.split_once('='));
                facts.commands.extend(command.map(|(name, line)| Command {
                    name: name.trim().to_owned(),
                    line: line.trim().to_owned(),
                    span: script.span,
                }));
            }
        }
        _ => {}
    }
}

/// The literal at a place, and where it ends. What is no literal is null.
fn value(tokens: &[Token], at: usize, depth: usize) -> (Node, usize) {
    let Some(token) = tokens.get(at) else { return (Node::default(), at) };
    let (value, end) = match &token.kind {
        Kind::Text(text) => {
            // Texts side by side are one.
            let mut text = text.clone();
            let mut end = at + 1;
            while let Some(Kind::Text(next)) = tokens.get(end).map(|token| &token.kind) {
                text.push_str(next);
                end += 1;
            }
            (tree::Value::Text(text), end)
        }
        Kind::Mark('[' | '(') if depth > 0 => list(tokens, at + 1, depth - 1),
        Kind::Mark('{') if depth > 0 => map(tokens, at + 1, depth - 1),
        _ => return (Node::default(), skip(tokens, at)),
    };
    let last = tokens.get(end.saturating_sub(1)).unwrap_or(token);
    (Node { value, tag: None, span: Span { start: token.span.start, end: last.span.end } }, end)
}

fn list(tokens: &[Token], mut at: usize, depth: usize) -> (tree::Value, usize) {
    let mut items = Vec::new();
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Kind::Mark(']' | ')' | '}') => return (tree::Value::List(items), at + 1),
            Kind::Mark(',') => at += 1,
            _ => {
                let (item, end) = value(tokens, at, depth);
                items.push(item);
                at = end.max(at + 1);
            }
        }
    }
    (tree::Value::List(items), at)
}

fn map(tokens: &[Token], mut at: usize, depth: usize) -> (tree::Value, usize) {
    let mut entries = Vec::new();
    while let Some(token) = tokens.get(at) {
        let key = match &token.kind {
            Kind::Mark(']' | ')' | '}') => return (tree::Value::Map(entries), at + 1),
            Kind::Text(key) => key,
            _ => {
                at = skip(tokens, at);
                continue;
            }
        };
        let is_entry = matches!(tokens.get(at + 1).map(|token| &token.kind), Some(Kind::Mark(':')));
        at += if is_entry { 2 } else { 1 };
        if is_entry {
            let (value, end) = value(tokens, at, depth);
            entries.push(tree::Entry { key: key.clone(), key_span: token.span, value });
            at = end.max(at);
        }
    }
    (tree::Value::Map(entries), at)
}

/// Past a token, or past all that its bracket holds.
fn skip(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    at
}

struct Token<'t> {
    kind: Kind<'t>,
    span: Span,
}

enum Kind<'t> {
    Name(&'t str),
    Text(String),
    Mark(char),
}

/// Names, texts and marks; comments, spaces and numbers are left out.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let after = rest[word..].chars().next();
        let is_prefix = word <= 2 && rest[..word].chars().all(|c| "rRbBuUfF".contains(c));
        let (kind, length) = match first {
            '#' => (None, rest.find('\n').unwrap_or(rest.len())),
            _ if is_prefix && matches!(after, Some('"' | '\'')) => {
                let (content, length) = quoted(&rest[word..]);
                (Some(Kind::Text(content.to_owned())), word + length)
            }
            _ if word > 0 => (Some(Kind::Name(&rest[..word])), word),
            _ if first.is_whitespace() => (None, first.len_utf8()),
            _ => (Some(Kind::Mark(first)), first.len_utf8()),
        };
        let span = Span::new(at, at + length);
        tokens.extend(kind.map(|kind| Token { kind, span }));
        at += length;
    }
    tokens
}

/// The content of the text at the start, and the length with its quotes. A text that never ends ends with its line.
fn quoted(rest: &str) -> (&str, usize) {
    let quote = &rest[..1];
    let triple = quote.repeat(3);
    let (mark, from) = if rest.starts_with(&triple) { (triple.as_str(), 3) } else { (quote, 1) };
    let mut escaped = false;
    for (at, c) in rest[from..].char_indices() {
        let at = from + at;
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' if from == 1 => return (&rest[from..at], at),
            _ if rest[at..].starts_with(mark) => return (&rest[from..at], at + mark.len()),
            _ => {}
        }
    }
    (&rest[from..], rest.len())
}
