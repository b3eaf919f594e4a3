//! `*.proto` to facts: what services offer, and of which messages. What an imported file says, it does not know.

use rustc_hash::FxHashSet;

use crate::manifests::tokens::{Comments, Tokens};
use crate::manifests::{Broken, Contract, ContractKind, ManifestFacts, Reference};

/// What may begin a line of a message and is no field.
const STATEMENTS: &[&str] = &["message", "enum", "oneof", "option", "reserved", "extensions", "extend", "group"];
/// Packages around the type of a field that are followed.
const DEEPEST: usize = 16;
const LABELS: &[&str] = &["optional", "repeated", "required"];

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let tokens = Tokens::of(text, Comments::Slashes);
    let mut version = None;
    let mut operations = 0;
    let mut messages: FxHashSet<&str> = FxHashSet::default();
    let mut types = 0;
    // The last words of the types of fields.
    let mut fields: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let begins = at.checked_sub(1).is_none_or(|at| ["{", "}", ";"].iter().any(|mark| tokens.is(at, mark)));
        let word = tokens.word(at).filter(|_| begins || tokens.get(at).is_some_and(|token| token.starts_line));
        match word {
            Some("syntax" | "edition") if tokens.is(at + 1, "=") => version = tokens.text(at + 2).map(str::to_owned),
            Some("package") => {
                let end = (at + 1..tokens.len()).find(|at| tokens.is(*at, ";")).unwrap_or(tokens.len());
                let words: Vec<&str> = (at + 1..end).filter_map(|at| tokens.word(at)).collect();
                facts.name = Some(words.join("."));
                at = end;
            }
            Some("import") => {
                let path = tokens.text(at + 1).or_else(|| tokens.text(at + 2));
                let reference = |path: &str| Reference { path: path.to_owned(), span: tokens.span(at, at + 3) };
                facts.includes.extend(path.map(reference));
            }
            Some("rpc") if tokens.is(at + 2, "(") => operations += 1,
            Some("message") if tokens.is(at + 2, "{") => {
                types += 1;
                messages.extend(tokens.word(at + 1));
            }
            Some(word) if !STATEMENTS.contains(&word) => {
                if let Some((of, end)) = field(&tokens, at) {
                    fields.push(of);
                    at = end;
                }
            }
            _ => {}
        }
        at += 1;
    }
    let relations = fields.iter().filter(|of| messages.contains(**of)).count() as u32;
    if operations + types > 0 {
        facts.contract = Some(Contract {
            kind: ContractKind::Proto,
            version,
            operations,
            types,
            relations,
            subscriptions: 0,
            span: tokens.span(0, 1),
        });
    }
    tokens.sound()
}

/// `repeated shop.Item items = 4;` or `map<string, Item> items = 4;`: the last word of the type, and where it ends.
fn field<'t>(tokens: &Tokens<'t>, at: usize) -> Option<(&'t str, usize)> {
    let mut at = at + usize::from(LABELS.iter().any(|label| tokens.is(at, label)));
    if tokens.is(at, "map") && tokens.is(at + 1, "<") {
        at = (at + 2..at + 6).find(|at| tokens.is(*at, ","))? + 1;
    }
    for _ in 0..DEEPEST {
        at += if tokens.is(at + 1, ".") { 2 } else { 0 };
    }
    let of = tokens.word(at)?;
    let is_field = tokens.word(at + 1).is_some() && tokens.is(at + 2, "=") || tokens.is(at + 1, ">");
    is_field.then_some((of, at))
}
