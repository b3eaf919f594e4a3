//! JSON as people write it, with comments and trailing commas, to a tree.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::{Broken, Entry, Node, Value};
use crate::facts::Span;

pub(in crate::manifests) fn json(text: &str) -> Result<Node, Broken> {
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    // The mark that may begin a text becomes spaces, so that positions stay.
    let plain = text.strip_prefix('\u{feff}').map(|rest| format!("   {rest}"));
    let text = plain.as_deref().unwrap_or(text);
    let parsed = parse_to_ast(text, &collect, &options).map_err(|error| {
        let range = error.range();
        let message = error.kind().to_string().to_lowercase();
        Broken { message: format!("not JSON: {message}"), span: Some(Span::new(range.start, range.end)) }
    })?;
    Ok(parsed.value.map(node).unwrap_or_default())
}

/// The parser refuses what nests too deep to recurse into.
fn node(value: ast::Value) -> Node {
    let span = Span::new(value.start(), value.end());
    let value = match value {
        ast::Value::StringLit(literal) => Value::Text(literal.value.into_owned()),
        ast::Value::NumberLit(literal) => Value::Text(literal.value.to_owned()),
        ast::Value::BooleanLit(literal) => Value::Text(literal.value.to_string()),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => Value::List(array.elements.into_iter().map(node).collect()),
        ast::Value::Object(object) => Value::Map(object.properties.into_iter().map(entry).collect()),
    };
    Node { value, tag: None, span }
}

fn entry(property: ast::ObjectProp) -> Entry {
    let key_span = Span::new(property.name.start(), property.name.end());
    Entry { key: property.name.into_string(), key_span, value: node(property.value) }
}
