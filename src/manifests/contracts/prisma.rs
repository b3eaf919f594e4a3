//! Schemas of Prisma to facts: the database and what generates clients. Models are not read.

use crate::manifests::tokens::{Comments, Tokens};
use crate::manifests::{Broken, ManifestFacts, Resource};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let tokens = Tokens::of(text, Comments::Slashes);
    let mut at = 0;
    while at < tokens.len() {
        let kind = match tokens.word(at) {
            Some("datasource") if tokens.is(at + 2, "{") => "prisma-datasource",
            Some("generator") if tokens.is(at + 2, "{") => "prisma-generator",
            _ => {
                at = tokens.next(at);
                continue;
            }
        };
        let end = tokens.next(at + 2);
        facts.resources.push(Resource {
            kind: kind.to_owned(),
            name: tokens.word(at + 1).unwrap_or_default().to_owned(),
            group: None,
            attributes: attributes(&tokens, at + 2),
            span: tokens.span(at, end),
        });
        at = end;
    }
    tokens.sound()
}

/// `url = env("DATABASE_URL")` is `${DATABASE_URL}`; of a list there is one row for each item.
fn attributes(tokens: &Tokens, open: usize) -> Vec<(String, String)> {
    let end = tokens.close(open);
    let mut attributes = Vec::new();
    let mut at = open + 1;
    while at < end {
        let Some(key) = tokens.word(at).filter(|_| tokens.is(at + 1, "=")) else {
            at += 1;
            continue;
        };
        let value = at + 2;
        let key = if key == "provider" && tokens.is(open - 2, "datasource") { "engine" } else { key };
        if tokens.is(value, "env") {
            attributes.extend(tokens.text(value + 2).map(|name| (key.to_owned(), format!("${{{name}}}"))));
        } else if tokens.is(value, "[") {
            let items = (value..tokens.close(value)).filter_map(|at| tokens.text(at));
            attributes.extend(items.map(|item| (key.to_owned(), item.to_owned())));
        } else {
            attributes.extend(tokens.text(value).map(|text| (key.to_owned(), text.to_owned())));
        }
        at = tokens.next(value);
    }
    attributes
}
