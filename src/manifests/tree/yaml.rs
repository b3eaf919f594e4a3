//! YAML to trees, one for each document.
//!
//! An alias repeats what its anchor holds, and merge keys are resolved, within a budget of nodes: a bomb of aliases
//! ends as a short tree.

use rustc_hash::{FxHashMap, FxHashSet};
use saphyr_parser::{Event, Marker, Parser, Tag};

use super::{Broken, DEEPEST, Entry, Node, Value};
use crate::facts::Span;

/// Nodes of one file, those that aliases repeat included. Long texts count as several.
const BUDGET: usize = 500_000;
const TEXT: usize = 64;

/// The documents of a text. When it breaks, those before, the one that broke as far as it went, and why.
pub(in crate::manifests) fn yaml(text: &str) -> (Vec<Node>, Option<Broken>) {
    let mut parsed = parse(text);
    let mut mended = None;
    for _ in 0..MENDED {
        let at = parsed.1.as_ref().and_then(|broken| broken.span).map(|span| span.start as usize);
        let whole = mended.as_deref().unwrap_or(text);
        let Some(better) = at.and_then(|at| with_bracket_above(whole, at)) else { break };
        parsed = parse(&better);
        mended = Some(better);
    }
    parsed
}

/// How many brackets of one file are moved.
const MENDED: usize = 16;

/// Most readers let a closing bracket stand as far left as the key of its list; ours does not. It goes to the end of
/// the line above: bytes keep their places.
fn with_bracket_above(text: &str, at: usize) -> Option<String> {
    let (before, after) = text.split_at_checked(at)?;
    let (above, indentation) = before.rsplit_once('\n')?;
    let line = above.rsplit('\n').next().unwrap_or_default();
    let is_alone = after.starts_with([']', '}']) && indentation.trim().is_empty() && !line.contains('#');
    is_alone.then(|| [above, " ", indentation, after].concat())
}

fn parse(text: &str) -> (Vec<Node>, Option<Broken>) {
    let mut builder = Builder::default();
    let mut broken = None;
    let offsets = Offsets::of(text);
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((event, span)) => {
                let span = Span { start: offsets.byte(span.start), end: offsets.byte(span.end) };
                builder.take(event, span)
            }
            Err(error) => {
                let at = offsets.byte(*error.marker());
                Err(Broken { message: format!("not YAML: {}", error.info()), span: Some(Span { start: at, end: at }) })
            }
        };
        if let Err(problem) = step {
            broken = Some(problem);
            break;
        }
    }
    while !builder.open.is_empty() {
        builder.close(None);
    }
    (builder.documents, broken)
}

/// Characters to bytes.
struct Offsets<'t> {
    text: &'t str,
    /// The byte of every 64th character; empty where characters are bytes.
    marks: Vec<u32>,
}

impl<'t> Offsets<'t> {
    fn of(text: &'t str) -> Self {
        let marks = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().step_by(64).map(|(byte, _)| byte as u32).collect(),
        };
        Self { text, marks }
    }

    fn byte(&self, marker: Marker) -> u32 {
        let index = marker.index();
        if self.marks.is_empty() {
            return index.min(self.text.len()) as u32;
        }
        let Some(start) = self.marks.get(index / 64).copied() else {
            return self.text.len() as u32;
        };
        let rest = &self.text[start as usize..];
        start + rest.char_indices().nth(index % 64).map_or(rest.len(), |(byte, _)| byte) as u32
    }
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    /// What each anchor holds, with its number of nodes.
    anchors: FxHashMap<usize, (Node, usize)>,
    spent: usize,
}

/// A list or map that is being read.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next.
    key: Option<(String, Span)>,
    /// Nodes spent before it.
    before: usize,
}

impl Builder {
    fn take(&mut self, event: Event, span: Span) -> Result<(), Broken> {
        self.spent += 1;
        if self.spent > BUDGET {
            return Err(Broken { message: "too many nodes".to_owned(), span: Some(span) });
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_null = style == saphyr_parser::ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let size = 1 + text.len() / TEXT;
                self.spent += size - 1;
                let value = if is_null { Value::Null } else { Value::Text(text.into_owned()) };
                self.put(Node { value, tag: name(tag.as_deref()), span }, anchor, size);
            }
            Event::SequenceStart(anchor, tag) => self.start(Value::List(Vec::new()), anchor, tag.as_deref(), span)?,
            Event::MappingStart(anchor, tag) => self.start(Value::Map(Vec::new()), anchor, tag.as_deref(), span)?,
            Event::SequenceEnd | Event::MappingEnd => self.close(Some(span)),
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor);
                let size = known.map_or(1, |(_, size)| *size);
                if self.spent + size > BUDGET {
                    return Err(Broken { message: "too many nodes from aliases".to_owned(), span: Some(span) });
                }
                let node = known.map(|(node, _)| node.clone()).unwrap_or_default();
                self.spent += size;
                self.put(Node { span, ..node }, 0, size);
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn start(&mut self, value: Value, anchor: usize, tag: Option<&Tag>, span: Span) -> Result<(), Broken> {
        if self.open.len() >= DEEPEST {
            return Err(Broken { message: "nested too deep".to_owned(), span: Some(span) });
        }
        let node = Node { value, tag: name(tag), span };
        self.open.push(Open { node, anchor, key: None, before: self.spent });
        Ok(())
    }

    fn close(&mut self, end: Option<Span>) {
        let Some(mut open) = self.open.pop() else { return };
        if let Some(end) = end {
            open.node.span.end = open.node.span.end.max(end.start);
        }
        if let Some((key, key_span)) = open.key
            && let Value::Map(entries) = &mut open.node.value
        {
            entries.push(Entry { key, key_span, value: Node::default() });
        }
        merge(&mut open.node);
        let size = self.spent - open.before + 1;
        self.put(open.node, open.anchor, size);
    }

    fn put(&mut self, node: Node, anchor: usize, size: usize) {
        if anchor > 0 {
            self.spent += size;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match open.key.take() {
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: node }),
                None => open.key = Some((node.text().unwrap_or_default().to_owned(), node.span)),
            },
            Value::Null | Value::Text(_) => {}
        }
    }
}

/// `!Ref` is `Ref`; the tags of YAML's own types say nothing.
fn name(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| !tag.is_yaml_core_schema()).map(|tag| tag.suffix.clone())
}

/// Gives a map what the maps behind its `<<` have and it has not.
fn merge(node: &mut Node) {
    let Value::Map(entries) = &mut node.value else { return };
    if !entries.iter().any(|entry| entry.key == "<<") {
        return;
    }
    let (merged, own): (Vec<Entry>, Vec<Entry>) = entries.drain(..).partition(|entry| entry.key == "<<");
    let mut known: FxHashSet<String> = own.iter().map(|entry| entry.key.clone()).collect();
    *entries = own;
    for source in merged.into_iter().map(|entry| entry.value) {
        let sources = if let Value::List(items) = source.value { items } else { vec![source] };
        for source in sources {
            let Value::Map(inherited) = source.value else { continue };
            entries.extend(inherited.into_iter().filter(|entry| entry.key != "<<" && known.insert(entry.key.clone())));
        }
    }
}
