//! `netlify.toml` to facts. Does not know the functions that lie in the folder it names.

use super::command;
use super::tree::Node;
use super::{attributes, each, entries, resource, runs_variable, text};
use crate::manifests::{CloudFunction, ManifestFacts, Trigger};

pub(super) fn read(root: &Node, facts: &mut ManifestFacts) {
    command("build", root.at(&["build", "command"]), facts);
    for context in entries(root, &["context"]) {
        command(&format!("build.{}", context.key), context.value.get("command"), facts);
    }
    for row in entries(root, &["build", "environment"]) {
        runs_variable(&row.key, row.value.text().unwrap_or_default(), row.value.span, facts);
    }
    let folder = root.at(&["functions", "directory"]).or_else(|| root.at(&["build", "functions"]));
    if let Some(folder) = folder {
        let directory = folder.text().unwrap_or_default().to_owned();
        facts.resources.push(resource("functions", "", vec![("directory".to_owned(), directory)], folder.span));
    }
    for entry in entries(root, &["functions"]).iter().filter(|entry| entry.value.get("schedule").is_some()) {
        facts.functions.push(CloudFunction {
            name: entry.key.clone(),
            triggers: vec![Trigger::Schedule],
            span: entry.key_span,
            ..CloudFunction::default()
        });
    }
    for edge in each(root.get("edge_functions")) {
        facts.functions.push(CloudFunction {
            name: text(edge, "function").unwrap_or_default(),
            runtime: Some("edge".to_owned()),
            triggers: vec![Trigger::Http],
            span: edge.span,
            ..CloudFunction::default()
        });
    }
    for plugin in each(root.get("plugins")) {
        facts.resources.extend(plugin.text_of("package").map(|name| resource("plugin", name, Vec::new(), plugin.span)));
    }
    for redirect in each(root.get("redirects")) {
        let from = redirect.text_of("from").unwrap_or_default();
        facts.resources.push(resource("redirects", from, attributes(redirect, &["to", "status"]), redirect.span));
    }
}
