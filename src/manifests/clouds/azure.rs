//! `host.json` and `function.json` of Azure Functions to facts. Does not know functions that their sources declare.

use super::tree::Node;
use super::{add_trigger, attributes, resource, text};
use crate::manifests::{CloudFunction, ManifestFacts, Trigger};

pub(super) fn read(path: &str, root: &Node, facts: &mut ManifestFacts) {
    let mut parts = path.rsplit('/');
    if parts.next() == Some("host.json") {
        if let Some(version) = root.get("version") {
            facts.resources.push(resource("host", "", attributes(root, &["version", "functionTimeout"]), version.span));
        }
        return;
    }
    let Some(bindings) = root.get("bindings") else { return };
    let name = parts.next().unwrap_or_default();
    let mut function = CloudFunction {
        name: name.to_owned(),
        source: text(root, "scriptFile"),
        handler: text(root, "entryPoint"),
        span: bindings.span,
        ..CloudFunction::default()
    };
    for kind in bindings.items().iter().filter_map(|binding| binding.get("type")) {
        if let Some(trigger) = kind.text().and_then(trigger) {
            add_trigger(&mut function, trigger);
            function.span = kind.span;
        }
    }
    facts.name = Some(function.name.clone());
    facts.functions.push(function);
}

/// The other bindings are what a function reads and writes.
fn trigger(kind: &str) -> Option<Trigger> {
    match kind.strip_suffix("Trigger")? {
        "http" => Some(Trigger::Http),
        "timer" => Some(Trigger::Schedule),
        "queue" | "serviceBus" | "rabbitMQ" => Some(Trigger::Queue),
        "eventHub" | "kafka" | "cosmosDB" => Some(Trigger::Stream),
        _ => Some(Trigger::Other),
    }
}
