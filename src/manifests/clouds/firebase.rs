//! `firebase.json` to facts. Does not know the functions: their sources declare them.

use super::tree::Node;
use super::{attributes, each, entries, resource, runs, text};
use crate::manifests::ManifestFacts;

pub(super) fn read(root: &Node, facts: &mut ManifestFacts) {
    for functions in each(root.get("functions")) {
        let name = functions.text_of("codebase").unwrap_or("default");
        let mut said = attributes(functions, &["source", "runtime"]);
        if functions.get("source").is_none() {
            said.push(("source".to_owned(), "functions".to_owned()));
        }
        facts.resources.push(resource("functions", name, said, functions.span));
        if let Some(runtime) = functions.get("runtime") {
            runs(runtime.text().unwrap_or_default(), runtime.span, facts);
        }
    }
    for hosting in each(root.get("hosting")) {
        let name = hosting.text_of("target").or_else(|| hosting.text_of("site")).unwrap_or_default();
        facts.resources.push(resource("hosting", name, attributes(hosting, &["public", "source"]), hosting.span));
        for rewrite in hosting.get("rewrites").map(Node::items).unwrap_or_default() {
            let function = rewrite.get("function");
            let function = function.and_then(|it| text(it, "functionId").or_else(|| it.text().map(str::to_owned)));
            let service = rewrite.at(&["run", "serviceId"]).and_then(Node::text).map(str::to_owned);
            let target = function.map(|it| ("function".to_owned(), it)).or(service.map(|it| ("run".to_owned(), it)));
            if let Some(target) = target {
                let from = rewrite.text_of("source").unwrap_or_default();
                facts.resources.push(resource("rewrites", from, vec![target], rewrite.span));
            }
        }
    }
    for kind in ["firestore", "database", "storage", "dataconnect", "apphosting"] {
        for node in each(root.get(kind)) {
            facts.resources.push(resource(kind, "", attributes(node, &["database", "source", "rules"]), node.span));
        }
    }
    for emulator in entries(root, &["emulators"]).iter().filter(|emulator| emulator.value.is_map()) {
        let port = attributes(&emulator.value, &["port"]);
        facts.resources.push(resource("emulator", &emulator.key, port, emulator.key_span));
    }
}
