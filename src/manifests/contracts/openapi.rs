//! Documents of OpenAPI, Swagger and AsyncAPI to facts: they are counted, not resolved. Whether an operation exists in
//! code, it does not know.

use std::collections::BTreeSet;

use crate::facts::Span;
use crate::manifests::lines::lines;
use crate::manifests::tree::{self, Node, Value};
use crate::manifests::{Broken, Contract, ContractKind, ManifestFacts, ManifestKind, Reference};

/// The last is a gateway's, for all at once.
const METHODS: &[&str] =
    &["get", "put", "post", "delete", "options", "head", "patch", "trace", "query", "x-amazon-apigateway-any-method"];

pub(in crate::manifests) fn read(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    if text.len() > LARGEST_TREE {
        facts.contract = scanned(facts.kind, text);
        return Ok(());
    }
    let (document, broken) = if path.ends_with(".json") {
        (tree::json(text)?, None)
    } else {
        let (mut documents, broken) = tree::yaml(text);
        (if documents.is_empty() { Node::default() } else { documents.swap_remove(0) }, broken)
    };
    let head = ["openapi", "swagger", "asyncapi"].iter().find_map(|key| document.entry(key));
    if let Some(head) = head.filter(|_| document.is_map()) {
        let (kind, operations) = match facts.kind {
            ManifestKind::AsyncApi => (ContractKind::AsyncApi, messages(&document)),
            _ => (ContractKind::OpenApi, requests(&document)),
        };
        let schemas = [["components", "schemas"].as_slice(), &["definitions"]].map(|keys| document.at(keys));
        let schemas = || schemas.iter().flatten();
        let sent = document.at(&["components", "messages"]);
        let types = match kind {
            ContractKind::AsyncApi => sent.map_or(0, size),
            _ => schemas().map(|schemas| size(schemas)).sum(),
        };
        let mut references = References::default();
        schemas().for_each(|schemas| references.collect(schemas));
        let relations = references.inside;
        references.collect(&document);
        facts.contract = Some(Contract {
            kind,
            version: head.value.text().map(str::to_owned),
            operations,
            types,
            relations,
            subscriptions: 0,
            span: head.key_span,
        });
        facts.includes = references.files;
    }
    broken.map_or(Ok(()), Err)
}

/// Larger documents are scanned by line.
const LARGEST_TREE: usize = 1 << 20;

/// What the lines of a large document tell: its version and its operations, one on each line. Types are not counted.
fn scanned(kind: ManifestKind, text: &str) -> Option<Contract> {
    let mut version = None;
    let mut operations = 0;
    for (line, span) in lines(text) {
        let Some((key, value)) = line.trim().split_once(':') else { continue };
        let (key, value) = (key.trim_matches(['"', '\'', ' ', '{']), value.trim().trim_matches(['"', '\'', ',', ' ']));
        let opens = value.is_empty() || value == "{";
        match key {
            "openapi" | "swagger" | "asyncapi"
                if version.is_none() && value.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                let end = value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(value.len());
                version = Some((value[..end].to_owned(), Span { end: span.start, ..span }));
            }
            _ if opens && METHODS.contains(&key) => operations += 1,
            _ => {}
        }
    }
    let kind = if kind == ManifestKind::AsyncApi { ContractKind::AsyncApi } else { ContractKind::OpenApi };
    let (version, span) = version?;
    Some(Contract { kind, version: Some(version), operations, types: 0, relations: 0, subscriptions: 0, span })
}

fn size(node: &Node) -> u32 {
    node.entries().len() as u32
}

fn entries<'n>(node: &'n Node, key: &str) -> &'n [tree::Entry] {
    node.get(key).map(Node::entries).unwrap_or_default()
}

/// Paths with a method.
fn requests(document: &Node) -> u32 {
    let methods = entries(document, "paths").iter().flat_map(|path| path.value.entries());
    methods.filter(|entry| METHODS.contains(&entry.key.as_str())).count() as u32
}

/// What is sent or received: `operations` since version 3, the two verbs of each channel before.
fn messages(document: &Node) -> u32 {
    let channels = entries(document, "channels");
    let verbs = channels.iter().flat_map(|channel| channel.value.entries());
    let verbs = verbs.filter(|entry| matches!(entry.key.as_str(), "publish" | "subscribe")).count();
    match document.get("operations") {
        Some(operations) => size(operations),
        None if verbs > 0 => verbs as u32,
        None => channels.len() as u32,
    }
}

#[derive(Default)]
struct References {
    /// To other places of the document.
    inside: u32,
    /// Other files, each once.
    files: Vec<Reference>,
    seen: BTreeSet<String>,
}

impl References {
    /// The trees bound how deep this goes.
    fn collect(&mut self, node: &Node) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Map(entries) => {
                for entry in entries {
                    match entry.value.text().filter(|_| entry.key == "$ref") {
                        Some(target) => self.take(target, &entry.value),
                        None => self.collect(&entry.value),
                    }
                }
            }
            Value::Null | Value::Text(_) => {}
        }
    }

    fn take(&mut self, target: &str, node: &Node) {
        let path = target.split('#').next().unwrap_or_default();
        if path.is_empty() {
            self.inside += 1;
        } else if !path.contains("://") && self.seen.insert(path.to_owned()) {
            self.files.push(Reference { path: path.to_owned(), span: node.span });
        }
    }
}
