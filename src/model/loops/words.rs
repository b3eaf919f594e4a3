//! Names and values in a few words, and the words in names.

use crate::facts::{FileFacts, Name, Value};

/// What nothing names.
pub(in crate::model) const UNNAMED: &str = "the loop";

/// A value in a few words: `users`, `active()`, `user.orders`.
pub(in crate::model) fn describe(facts: &FileFacts, value: &Value) -> String {
    let dotted = |path: &[Name]| {
        let names: Vec<&str> =
            path.iter().map(|name| name.as_str()).filter(|name| !matches!(*name, "[]" | "Self")).collect();
        match names.len() {
            0 => UNNAMED.to_owned(),
            1..=3 => names.join("."),
            _ => format!("{}…{}", names[0], names[names.len() - 1]),
        }
    };
    match value {
        // `while (queue.length)` is about the queue.
        Value::Path(path) => match &**path {
            [rest @ .., last] if matches!(last.as_str(), "length" | "size" | "len") && !rest.is_empty() => dotted(rest),
            path => dotted(path),
        },
        Value::Call(call, _) => {
            let call = facts.call(*call);
            let wraps = matches!(
                call.root().as_str(),
                "Array" | "Object" | "dict" | "enumerate" | "list" | "reversed" | "set" | "sorted" | "tuple" | "zip"
            );
            match call.arguments.first() {
                Some(inner) if wraps && call.chain.len() <= 2 => describe(facts, &inner.value),
                _ => format!("{}()", dotted(&call.chain)),
            }
        }
        Value::Element(element) => describe(facts, &element.0),
        Value::Each(each) => {
            let each = facts.loop_at(*each);
            let over = each.over.as_ref().map_or_else(|| UNNAMED.to_owned(), |over| describe(facts, over));
            // `{item.list_id for item in items}` is about lists, not items.
            match &each.gives {
                Some(Value::Path(path)) if path.len() > 1 && each.binds.contains(&path[0]) && over != UNNAMED => {
                    format!("{over}.{}", path[path.len() - 1])
                }
                _ => over,
            }
        }
        // `[first, ...others.map(..)]` is mostly about the others.
        Value::List(values) => {
            let spread = values.iter().find(|value| matches!(value, Value::Call(..) | Value::Each(_)));
            spread.map_or_else(|| UNNAMED.to_owned(), |value| describe(facts, value))
        }
        Value::Other(values) if !values.is_empty() => describe(facts, &values[0]),
        _ => UNNAMED.to_owned(),
    }
}

/// `MAX_RETRIES`, `KINDS`
pub(in crate::model) fn is_constant_name(name: &str) -> bool {
    name.len() > 1
        && name.chars().any(|letter| letter.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// Whether a name in camel or snake case has one of the words.
pub(in crate::model) fn has_word(name: &str, words: &[&str]) -> bool {
    let mut start = 0;
    let bytes = name.as_bytes();
    for end in 1..=bytes.len() {
        let boundary = end == bytes.len()
            || bytes[end] == b'_'
            || bytes[end].is_ascii_uppercase() && !bytes[end - 1].is_ascii_uppercase();
        if boundary {
            let word = name.get(start..end).unwrap_or_default().trim_matches('_');
            if words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
                return true;
            }
            start = end;
        }
    }
    false
}
