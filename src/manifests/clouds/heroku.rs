//! `app.json` and `heroku.yml` to facts: what stands beside the application, and what starts it. The price of a plan it
//! does not know.

use super::tree::Node;
use super::{command, resource};
use crate::manifests::{Container, ContainerKind, ManifestFacts};

pub(super) fn read(root: &Node, facts: &mut ManifestFacts) {
    facts.name = root.text_of("name").map(str::to_owned);
    for addon in addons(root).chain(root.get("setup").into_iter().flat_map(addons)) {
        let named = addon.get("plan").unwrap_or(addon);
        if let Some((name, plan)) = named.text().map(|text| text.split_once(':').unwrap_or((text, ""))) {
            let attributes = Some(("plan".to_owned(), plan.to_owned())).filter(|_| !plan.is_empty());
            facts.resources.push(resource(name, name, attributes.into_iter().collect(), named.span));
        }
    }
    for entry in root.get("run").map(Node::entries).unwrap_or_default() {
        command(&entry.key, Some(entry.value.get("command").unwrap_or(&entry.value)), facts);
    }
    for entry in root.at(&["build", "docker"]).map(Node::entries).unwrap_or_default() {
        facts.containers.push(Container {
            name: entry.key.clone(),
            kind: ContainerKind::Platform,
            build: Some(".".to_owned()),
            dockerfile: entry.value.text().map(str::to_owned),
            span: entry.key_span,
            ..Container::default()
        });
    }
}

/// Names with plans, or maps that say more.
fn addons(node: &Node) -> impl Iterator<Item = &Node> {
    node.get("addons").map(Node::items).unwrap_or_default().iter()
}
