//! `compose.yaml` to facts: its services. Whether it is for development or for users it does not know.

use super::tree::{self, Entry, Node};
use super::{command, environment, join, with_defaults};
use crate::manifests::{Broken, Container, ContainerKind, ManifestFacts, Reference};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (documents, broken) = tree::yaml(text);
    for document in &documents {
        facts.name = facts.name.take().or_else(|| document.text_of("name").map(with_defaults));
        include(document.get("include"), facts);
        for entry in document.get("services").map(Node::entries).unwrap_or_default() {
            if let Some(file) = entry.value.at(&["extends", "file"]) {
                refer(file, facts);
            }
            facts.containers.push(service(entry));
        }
    }
    broken.map_or(Ok(()), Err)
}

/// Other files of Compose: a path, or a list of paths and of maps with paths.
fn include(node: Option<&Node>, facts: &mut ManifestFacts) {
    let Some(node) = node else { return };
    for item in std::iter::once(node).chain(node.items()) {
        refer(item, facts);
        let Some(paths) = item.get("path") else { continue };
        for path in std::iter::once(paths).chain(paths.items()) {
            refer(path, facts);
        }
    }
}

fn refer(node: &Node, facts: &mut ManifestFacts) {
    facts.includes.extend(node.text().map(|path| Reference { path: with_defaults(path), span: node.span }));
}

fn service(entry: &Entry) -> Container {
    let service = &entry.value;
    let (image, build) = (service.get("image"), service.get("build"));
    let said = |key: &str| Some(with_defaults(build?.text_of(key)?));
    let folder = build.and_then(Node::text).map(with_defaults).or_else(|| said("context"));
    // A build without folder happens where the file is.
    let folder = folder.or_else(|| build.filter(|build| build.is_map()).map(|_| ".".to_owned()));
    let is_address = folder.as_deref().is_some_and(|folder| folder.contains("://"));
    let below = |path: String| join(folder.as_deref().unwrap_or_default(), &path);
    let dockerfile = said("dockerfile").filter(|_| !is_address).map(below);
    let place = image.or(build.and_then(|build| build.get("context")).or(build.filter(|build| build.text().is_some())));
    let words = ["entrypoint", "command"].iter().filter_map(|key| command(service.get(key)?));
    let words: Vec<String> = words.collect();
    Container {
        name: entry.key.clone(),
        kind: ContainerKind::Service,
        image: image.and_then(Node::text).map(with_defaults),
        dockerfile,
        target: said("target"),
        build: folder.map(|folder| if is_address { folder } else { join("", &folder) }),
        command: Some(words.join(" ")).filter(|line| !line.is_empty()),
        environment: environment(service.get("environment")),
        needs: needs(service),
        optional: service.get("profiles").is_some_and(|profiles| profiles.texts().next().is_some()),
        span: place.map_or(entry.key_span, |node| node.span),
        ..Container::default()
    }
}

/// `depends_on` as a list or a map, and `links`, whose second part is another name for the same.
fn needs(service: &Node) -> Vec<String> {
    let Some(first) = service.get("depends_on") else { return linked(service).collect() };
    let keys = first.entries().iter().map(|entry| entry.key.clone());
    first.texts().map(str::to_owned).chain(keys).chain(linked(service)).collect()
}

fn linked(service: &Node) -> impl Iterator<Item = String> {
    let links = ["links", "external_links"].into_iter().filter_map(|key| service.get(key));
    links.flat_map(Node::texts).filter_map(|link| Some(link.split(':').next()?.to_owned()))
}
