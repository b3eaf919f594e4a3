//! Objects of Kubernetes to facts: every one is a resource, and what runs is a container too. Which of them are the
//! same object for another environment it does not know.

use super::tree::{self, Node};
use super::{WORKLOADS, command, helm};
use crate::manifests::{Broken, Container, ContainerKind, ManifestFacts, Resource};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (documents, broken) = tree::yaml(text);
    // A template is no YAML before it is filled in, and not broken either.
    if broken.is_some() && (text.contains("{{") || text.contains("{%")) {
        helm::scan(text, facts);
        return Ok(());
    }
    let mut open: Vec<&Node> = documents.iter().rev().collect();
    while let Some(document) = open.pop() {
        let is_list = document.text_of("kind").is_some_and(|kind| kind.ends_with("List"));
        match document.get("items").filter(|_| is_list) {
            Some(items) => open.extend(items.items().iter().rev()),
            None => object(document, facts),
        }
    }
    broken.map_or(Ok(()), Err)
}

/// What rules ask of an object, and where it stands.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("namespace", &["metadata", "namespace"]),
    ("replicas", &["spec", "replicas"]),
    ("minReplicas", &["spec", "minReplicas"]),
    ("maxReplicas", &["spec", "maxReplicas"]),
    ("minReplicaCount", &["spec", "minReplicaCount"]),
    ("maxReplicaCount", &["spec", "maxReplicaCount"]),
    ("scaleTargetRef", &["spec", "scaleTargetRef", "name"]),
    ("schedule", &["spec", "schedule"]),
    ("suspend", &["spec", "suspend"]),
    ("type", &["spec", "type"]),
    ("path", &["spec", "path"]),
    ("path", &["spec", "source", "path"]),
    ("chart", &["spec", "source", "chart"]),
    ("chart", &["spec", "chart", "spec", "chart"]),
    ("repoURL", &["spec", "source", "repoURL"]),
];

/// Where objects, and the pods that they make, are annotated.
const ANNOTATIONS: &[&[&str]] = &[&["metadata", "annotations"], &["spec", "template", "metadata", "annotations"]];

fn object(object: &Node, facts: &mut ManifestFacts) {
    let Some(kind) = object.get("kind") else { return };
    let (Some(name_of_kind), Some(group)) = (kind.text(), object.text_of("apiVersion")) else { return };
    let metadata = object.get("metadata");
    let name = metadata.and_then(|metadata| metadata.text_of("name").or_else(|| metadata.text_of("generateName")));
    let mut resource = Resource {
        kind: name_of_kind.to_owned(),
        name: name.unwrap_or_default().to_owned(),
        group: Some(group.to_owned()),
        attributes: Vec::new(),
        span: kind.span,
    };
    let mut say = |key: &str, value: &str| resource.attributes.push((key.to_owned(), value.to_owned()));
    for (key, path) in ATTRIBUTES {
        if let Some(value) = object.at(path).and_then(Node::text) {
            say(key, value);
        }
    }
    if name_of_kind == "ConfigMap" {
        for entry in object.get("data").map(Node::entries).unwrap_or_default() {
            // Whole files are no variables.
            if let Some(value) = entry.value.text().filter(|value| !value.contains('\n')) {
                say(&entry.key, value);
            }
        }
    }
    for path in ANNOTATIONS {
        for entry in object.at(path).map(Node::entries).unwrap_or_default() {
            if entry.value.text().is_some_and(|value| value != "false") {
                say("annotation", &entry.key);
            }
        }
    }
    let containers = containers(object, name_of_kind, group);
    if let Some(image) = containers.first().and_then(|container| container.text_of("image")) {
        say("image", image);
    }
    for source in containers.iter().filter_map(|container| container.get("envFrom")).flat_map(Node::items) {
        let names = source.entries().iter().filter_map(|entry| entry.value.text_of("name"));
        names.for_each(|name| say("envFrom", name));
    }
    facts.containers.extend(containers.iter().map(|container| workload(&resource.name, container)));
    facts.resources.push(resource);
}

/// The containers of a workload, the main one first. A service of Knative runs what another kind of service only
/// leads to.
fn containers<'n>(object: &'n Node, kind: &str, group: &str) -> &'n [Node] {
    let is_knative = kind == "Service" && group.starts_with("serving.knative.dev/");
    let path: &[&str] = match kind {
        "Pod" => &["spec", "containers"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec", "containers"],
        _ if is_knative || WORKLOADS.contains(&kind) => &["spec", "template", "spec", "containers"],
        _ => return &[],
    };
    object.at(path).map(Node::items).unwrap_or_default()
}

fn workload(name: &str, container: &Node) -> Container {
    let words = ["command", "args"].iter().filter_map(|key| command(container.get(key)?));
    let words: Vec<String> = words.collect();
    let variables = container
        .get("env")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|variable| Some((variable.text_of("name")?.to_owned(), variable.text_of("value")?.to_owned())));
    let image = container.get("image");
    Container {
        name: name.to_owned(),
        kind: ContainerKind::Workload,
        image: image.and_then(Node::text).map(str::to_owned),
        command: Some(words.join(" ")).filter(|line| !line.is_empty()),
        environment: variables.collect(),
        span: image.unwrap_or(container).span,
        ..Container::default()
    }
}
