//! TOML to a tree.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::{Broken, Entry, Node, Value};
use crate::facts::Span;

pub(in crate::manifests) fn toml(text: &str) -> Result<Node, Broken> {
    let table = DeTable::parse(text).map_err(|error| Broken {
        message: format!("not TOML: {}", error.message()),
        // What nests too deep is refused as a whole.
        span: Some(error.span().map_or(Span::default(), |span| Span::new(span.start, span.end))),
    })?;
    let span = Span::new(table.span().start, table.span().end);
    Ok(Node { value: map(table.into_inner()), tag: None, span })
}

fn map(table: DeTable) -> Value {
    let entries = table.into_iter().map(|(key, value)| Entry {
        key_span: Span::new(key.span().start, key.span().end),
        key: key.into_inner().into_owned(),
        value: node(value),
    });
    let mut entries: Vec<Entry> = entries.collect();
    entries.sort_by_key(|entry| entry.key_span);
    Value::Map(entries)
}

/// The parser refuses what nests too deep to recurse into.
fn node(value: Spanned<DeValue>) -> Node {
    let span = Span::new(value.span().start, value.span().end);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Text(number.to_string()),
        DeValue::Float(number) => Value::Text(number.to_string()),
        DeValue::Boolean(truth) => Value::Text(truth.to_string()),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Array(items) => Value::List(items.into_iter().map(node).collect()),
        DeValue::Table(table) => map(table),
    };
    Node { value, tag: None, span }
}
