//! A pipeline of Woodpecker to facts: its steps, each in an image of its own, and what runs beside them. A step without
//! commands is a plugin, which its image names. When steps run it does not know.

use super::{trimmed, whole};
use crate::facts::Span;
use crate::manifests::tree::Node;
use crate::manifests::{Container, ContainerKind, ManifestFacts, Resource, Step};

pub(super) fn read(document: &Node, text: &str, facts: &mut ManifestFacts) {
    // Before version 2 steps stood below `pipeline`.
    for (name, node, span) in ["steps", "pipeline"].iter().flat_map(|key| named(document.get(key), text)) {
        facts.resources.push(Resource {
            kind: "job".to_owned(),
            name: name.to_owned(),
            group: None,
            attributes: Vec::new(),
            span,
        });
        facts.containers.extend(container(name, node));
        let image = node.text_of("image").map(|image| image.split(['@', ':']).next().unwrap_or_default());
        let lines: Vec<&str> = node.get("commands").into_iter().flat_map(Node::texts).collect();
        let settings = node.get("settings").map(Node::entries).unwrap_or_default();
        let texts =
            settings.iter().map(|entry| (entry.key.clone(), entry.value.texts().collect::<Vec<_>>().join("\n")));
        facts.steps.push(Step {
            job: name.to_owned(),
            uses: image.filter(|_| lines.is_empty()).map(str::to_owned),
            run: Some(lines.join("\n")).filter(|run| !run.is_empty()),
            inputs: texts.collect(),
            folder: node.text_of("directory").map(str::to_owned),
            span,
        });
    }
    let beside = named(document.get("services"), text);
    facts.containers.extend(beside.into_iter().filter_map(|(name, node, _)| container(name, node)));
}

/// A map by its keys, or a list whose items say their name.
fn named<'n>(node: Option<&'n Node>, text: &str) -> Vec<(&'n str, &'n Node, Span)> {
    let mapped = node.map(Node::entries).unwrap_or_default().iter();
    let mapped = mapped.map(|entry| (entry.key.as_str(), &entry.value, whole(entry, text)));
    let listed = node.map(Node::items).unwrap_or_default().iter();
    let listed = listed.map(|item| (item.text_of("name").unwrap_or_default(), item, trimmed(item, text)));
    mapped.chain(listed).filter(|(_, node, _)| node.is_map()).collect()
}

fn container(name: &str, node: &Node) -> Option<Container> {
    let image = node.get("image")?;
    let (name, image_of) = (name.to_owned(), Some(image.text()?.to_owned()));
    Some(Container { name, kind: ContainerKind::Pipeline, image: image_of, span: image.span, ..Container::default() })
}
