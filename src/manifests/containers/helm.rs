//! Charts of Helm, their values and templates to facts. What a template becomes it does not know: its lines are read
//! as they stand.

use super::WORKLOADS;
use super::tree::{self, Entry, Node};
use crate::facts::Span;
use crate::manifests::{
    Broken, Container, ContainerKind, Dependency, ManifestFacts, ManifestKind, Origin, Resource, Scope,
};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    if facts.kind == ManifestKind::HelmTemplate {
        scan(text, facts);
        return Ok(());
    }
    let (documents, broken) = tree::yaml(text);
    for document in documents.iter().filter(|document| document.is_map()) {
        match facts.kind {
            ManifestKind::HelmChart => chart(document, facts),
            _ => values(document, facts),
        }
    }
    broken.map_or(Ok(()), Err)
}

fn chart(chart: &Node, facts: &mut ManifestFacts) {
    let Some(name) = chart.get("name") else { return };
    facts.name = name.text().map(str::to_owned);
    let said = ["type", "version", "appVersion"].iter();
    let said = said.filter_map(|key| Some(((*key).to_owned(), chart.text_of(key)?.to_owned())));
    facts.resources.push(Resource {
        kind: "chart".to_owned(),
        name: facts.name.clone().unwrap_or_default(),
        group: chart.text_of("apiVersion").map(str::to_owned),
        attributes: said.collect(),
        span: name.span,
    });
    for needed in chart.get("dependencies").map(Node::items).unwrap_or_default() {
        let Some(name) = needed.get("name") else { continue };
        let is_near = needed.text_of("repository").is_none_or(|place| place.is_empty() || place.starts_with("file:"));
        facts.dependencies.push(Dependency {
            name: name.text().unwrap_or_default().to_owned(),
            version: needed.text_of("version").map(str::to_owned),
            scope: if needed.get("condition").is_some() { Scope::Optional } else { Scope::Product },
            origin: if is_near { Origin::Repository } else { Origin::Registry },
            span: name.span,
        });
    }
}

/// What the values of a chart, or of one of its parts, say of a workload.
const VALUES: &[(&str, &[&str])] = &[
    ("replicaCount", &["replicaCount"]),
    ("replicas", &["replicas"]),
    ("enabled", &["autoscaling", "enabled"]),
    ("minReplicas", &["autoscaling", "minReplicas"]),
    ("maxReplicas", &["autoscaling", "maxReplicas"]),
];

/// The longest name that keys may make; what is deeper is not looked at.
const LONGEST: usize = 200;

/// One resource for each map that speaks of a workload, named by the keys that lead to it.
fn values(root: &Node, facts: &mut ManifestFacts) {
    let mut open = vec![(String::new(), root)];
    while let Some((name, node)) = open.pop() {
        let said = VALUES.iter().filter_map(|(key, path)| Some(((*key).to_owned(), node.at(path)?.text()?.to_owned())));
        let image = node.get("image").and_then(image).map(|image| ("image".to_owned(), image));
        let attributes: Vec<(String, String)> = said.chain(image).collect();
        let speaks = |entry: &&Entry| entry.key == "image" || VALUES.iter().any(|(_, path)| path[0] == entry.key);
        let first = node.entries().iter().find(speaks).filter(|_| !attributes.is_empty());
        let kind = "values".to_owned();
        facts.resources.extend(first.map(|first| Resource {
            kind,
            name: name.clone(),
            group: None,
            attributes,
            span: first.key_span,
        }));
        let below = node.entries().iter().rev().filter(|entry| entry.value.is_map());
        let below = below.filter(|entry| name.len() + entry.key.len() < LONGEST);
        open.extend(below.map(|entry| {
            let dot = if name.is_empty() { "" } else { "." };
            (format!("{name}{dot}{}", entry.key), &entry.value)
        }));
    }
}

/// `image: nginx:1.27`, or a map of registry, repository and tag.
fn image(node: &Node) -> Option<String> {
    if let Some(image) = node.text() {
        return Some(image.to_owned());
    }
    let registry = node.text_of("registry").map(|registry| format!("{registry}/")).unwrap_or_default();
    let repository = node.text_of("repository").or_else(|| node.text_of("name"))?;
    let tag = node.text_of("tag").filter(|tag| !tag.is_empty()).map(|tag| format!(":{tag}")).unwrap_or_default();
    Some(format!("{registry}{repository}{tag}"))
}

/// Keys of templates whose first value in an object is kept as it is written.
const SCANNED: &[&str] = &[
    "image",
    "maxReplicaCount",
    "maxReplicas",
    "minReplicaCount",
    "minReplicas",
    "namespace",
    "replicas",
    "schedule",
    "type",
];

/// The objects of a template, by its lines.
pub(super) fn scan(text: &str, facts: &mut ManifestFacts) {
    let mut object = Resource::default();
    let mut image: Option<Span> = None;
    let mut in_metadata = false;
    let mut start = 0;
    for line in text.split_inclusive('\n').chain(["---"]) {
        let at = start + line.len() - line.trim_start().len();
        start += line.len();
        let span = Span::new(at, at + line.trim().len());
        if line.starts_with("---") {
            finish(std::mem::take(&mut object), image.take(), facts);
            in_metadata = false;
            continue;
        }
        let is_top = !line.starts_with([' ', '\t', '-', '{', '#']);
        let Some((key, value)) = line.trim().trim_start_matches("- ").split_once(':') else { continue };
        let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        in_metadata = if is_top { key == "metadata" } else { in_metadata };
        match key {
            "kind" if is_top && object.kind.is_empty() && !value.contains("{{") => {
                object.kind = value.to_owned();
                object.span = span;
            }
            "apiVersion" if is_top && !value.contains("{{") => object.group = Some(value.to_owned()),
            "name" if in_metadata && object.name.is_empty() && !value.contains("{{") => object.name = value.to_owned(),
            _ if value.is_empty() || object.attributes.iter().any(|(known, _)| known == key) => {}
            _ if SCANNED.contains(&key) => {
                object.attributes.push((key.to_owned(), value.to_owned()));
                if key == "image" {
                    image = Some(span);
                }
            }
            _ => {}
        }
    }
}

fn finish(object: Resource, image: Option<Span>, facts: &mut ManifestFacts) {
    if object.kind.is_empty() {
        return;
    }
    if let Some(span) = image.filter(|_| WORKLOADS.contains(&object.kind.as_str())) {
        let image = object.attributes.iter().find(|(key, _)| key == "image").map(|(_, image)| image.clone());
        let name = object.name.clone();
        facts.containers.push(Container { name, kind: ContainerKind::Workload, image, span, ..Container::default() });
    }
    facts.resources.push(object);
}
