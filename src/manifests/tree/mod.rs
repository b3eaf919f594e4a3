//! Documents of YAML, JSON and TOML to one kind of tree with positions. Knows no manifest.

mod json;
mod toml;
mod yaml;

pub(super) use self::toml::toml;
pub(super) use json::json;
pub(super) use yaml::yaml;

use super::Broken;
use crate::facts::Span;

/// What stands at one place of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) value: Value,
    /// `!Ref`, `!Sub`, without the exclamation mark.
    pub(super) tag: Option<String>,
    pub(super) span: Span,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Value {
    #[default]
    Null,
    /// Strings, and numbers and booleans as they are written.
    Text(String),
    List(Vec<Node>),
    /// In the order of the text; of equal keys the last counts.
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

/// How deep a document may nest. Written ones stay below twenty.
const DEEPEST: usize = 100;

impl Node {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        Some(&self.entry(key)?.value)
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rev().find(|entry| entry.key == key)
    }

    /// The value below several keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// A string, number or boolean as it is written.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a key.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The texts of a list, or a text as if it were a list of one.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.text().into_iter().chain(self.items().iter().filter_map(Self::text))
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }
}
