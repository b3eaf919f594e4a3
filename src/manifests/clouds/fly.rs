//! `fly.toml` to facts. Does not know the image that the platform builds by itself.

use super::command;
use super::tree::Node;
use super::{attributes, each, entries, pairs, resource, text};
use crate::manifests::{Container, ContainerKind, ManifestFacts};

pub(super) fn read(root: &Node, facts: &mut ManifestFacts) {
    facts.name = text(root, "app");
    let name = facts.name.clone().unwrap_or_default();
    for process in entries(root, &["processes"]) {
        command(&process.key, Some(&process.value), facts);
    }
    command("release", root.at(&["deploy", "release_command"]), facts);
    if let Some(build) = root.get("build") {
        facts.containers.push(Container {
            name: name.clone(),
            kind: ContainerKind::Platform,
            image: text(build, "image"),
            dockerfile: text(build, "dockerfile"),
            environment: root.get("env").map(pairs).unwrap_or_default(),
            span: build.span,
            ..Container::default()
        });
    }
    let asked =
        ["internal_port", "processes", "auto_stop_machines", "min_machines_running", "protocol", "source", "memory"];
    for kind in ["http_service", "services", "mounts", "vm"] {
        for node in each(root.get(kind)) {
            facts.resources.push(resource(kind, &name, attributes(node, &asked), node.span));
        }
    }
}
