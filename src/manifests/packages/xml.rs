//! XML to a document with places, for Maven and .NET, and the properties that its texts refer to. Knows neither.
//!
//! Types of documents are refused, and with them entities. The parser takes the square of a tag's attributes and more
//! of nested namespaces; written manifests have a handful.

use roxmltree::{Document, Node, ParsingOptions};
use rustc_hash::FxHashMap;

use super::{Broken, Span};

const MOST_ATTRIBUTES: usize = 1_000;
const MOST_NAMESPACES: usize = 100;

pub(super) fn document(text: &str) -> Result<Document<'_>, Broken> {
    let crowded = text.split('<').find(|tag| tag.matches('=').nth(MOST_ATTRIBUTES).is_some());
    if crowded.is_some() || text.matches("xmlns").nth(MOST_NAMESPACES).is_some() {
        return Err(Broken { message: "not XML: too many attributes".to_owned(), span: Some(Span::new(0, 0)) });
    }
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| {
        let position = error.pos();
        let start = offset(text, position.row as usize, position.col as usize);
        let message = error.to_string();
        let message = message.rsplit_once(" at ").map_or(message.as_str(), |(message, _)| message);
        Broken { message: format!("not XML: {message}"), span: Some(Span::new(start, start)) }
    })
}

/// Row and column count from one; columns are characters.
fn offset(text: &str, row: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(row.saturating_sub(1)).map(str::len).sum();
    let line = &text[before..];
    before + line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at)
}

pub(super) fn span(node: Node) -> Span {
    let range = node.range();
    Span::new(range.start, range.end)
}

pub(super) fn name<'a>(node: Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

/// The elements below, of one name.
pub(super) fn children<'a, 'i>(node: Node<'a, 'i>, wanted: &str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.is_element() && name(*child) == wanted)
}

pub(super) fn child<'a, 'i>(node: Node<'a, 'i>, wanted: &str) -> Option<Node<'a, 'i>> {
    children(node, wanted).next()
}

/// The element below several.
pub(super) fn at<'a, 'i>(node: Node<'a, 'i>, names: &[&str]) -> Option<Node<'a, 'i>> {
    names.iter().try_fold(node, |node, wanted| child(node, wanted))
}

pub(super) fn text<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    node.text().map(str::trim).filter(|text| !text.is_empty())
}

pub(super) fn text_of<'a>(node: Node<'a, '_>, wanted: &str) -> Option<&'a str> {
    text(child(node, wanted)?)
}

/// Values that texts of the same file name: `${java.version}`, `$(EfVersion)`.
#[derive(Debug)]
pub(super) struct Properties<'a> {
    open: &'static str,
    close: char,
    values: FxHashMap<String, &'a str>,
}

/// What a property may become, through others that it names.
const LONGEST: usize = 500;
const MOST_STEPS: usize = 8;

impl<'a> Properties<'a> {
    pub(super) fn new(open: &'static str, close: char) -> Self {
        Self { open, close, values: FxHashMap::default() }
    }

    pub(super) fn set(&mut self, name: impl Into<String>, value: &'a str) {
        self.values.insert(name.into(), value);
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|value| self.resolved(value))
    }

    /// The text with what is known put in; the rest stays as it is written.
    pub(super) fn resolved(&self, text: &str) -> String {
        let mut resolved = text.to_owned();
        for _ in 0..MOST_STEPS {
            match self.step(&resolved) {
                Some(next) if next != resolved => resolved = next,
                _ => break,
            }
        }
        resolved
    }

    fn step(&self, text: &str) -> Option<String> {
        let mut parts = text.split(self.open);
        let mut step = parts.next()?.to_owned();
        for part in parts {
            let (name, rest) = part.split_once(self.close).unwrap_or(("", part));
            match self.values.get(name) {
                Some(value) => step.extend([value, rest]),
                None => step.extend([self.open, part]),
            }
            if step.len() > LONGEST {
                return None;
            }
        }
        Some(step)
    }
}
