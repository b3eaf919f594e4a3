//! `vercel.json` to facts. Does not know the files that a pattern of functions stands for.

use super::command;
use super::tree::Node;
use super::{attributes, entries, number, resource, runs, text};
use crate::manifests::{CloudFunction, ManifestFacts, Trigger};

pub(super) fn read(root: &Node, facts: &mut ManifestFacts) {
    facts.name = text(root, "name");
    for (name, key) in [("build", "buildCommand"), ("install", "installCommand"), ("dev", "devCommand")] {
        command(name, root.get(key), facts);
    }
    for entry in entries(root, &["functions"]) {
        let node = &entry.value;
        if let Some(runtime) = node.get("runtime") {
            runs(runtime.text().unwrap_or_default(), runtime.span, facts);
        }
        facts.functions.push(CloudFunction {
            name: entry.key.clone(),
            source: Some(entry.key.clone()),
            runtime: text(node, "runtime"),
            memory: number(node, "memory"),
            timeout: number(node, "maxDuration"),
            triggers: vec![Trigger::Http],
            span: entry.key_span,
            ..CloudFunction::default()
        });
    }
    for build in root.get("builds").map(Node::items).unwrap_or_default() {
        let (Some(source), Some(with)) = (build.get("src"), build.text_of("use")) else { continue };
        // Folders of files that are only sent.
        if with.starts_with("@vercel/static") || with.starts_with("@now/static") {
            continue;
        }
        facts.functions.push(CloudFunction {
            name: source.text().unwrap_or_default().to_owned(),
            source: source.text().map(str::to_owned),
            runtime: Some(with.to_owned()),
            triggers: vec![Trigger::Http],
            span: source.span,
            ..CloudFunction::default()
        });
    }
    for cron in root.get("crons").map(Node::items).unwrap_or_default() {
        let path = cron.text_of("path").unwrap_or_default();
        facts.resources.push(resource("crons", path, attributes(cron, &["schedule"]), cron.span));
    }
    for (kind, from, to) in [("rewrites", "source", "destination"), ("routes", "src", "dest")] {
        for rewrite in root.get(kind).map(Node::items).unwrap_or_default() {
            let Some(target) = text(rewrite, to) else { continue };
            let name = rewrite.text_of(from).unwrap_or_default();
            facts.resources.push(resource(kind, name, vec![("destination".to_owned(), target)], rewrite.span));
        }
    }
}
