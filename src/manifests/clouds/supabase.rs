//! `supabase/config.toml` to facts: functions, and the database that developers start. Does not know functions that
//! lie in the folder without a section here.

use super::tree::Node;
use super::{attributes, entries, resource, text};
use crate::manifests::{CloudFunction, ManifestFacts, Part, Trigger, Version};

pub(super) fn read(root: &Node, facts: &mut ManifestFacts) {
    facts.name = text(root, "project_id");
    if let Some(version) = root.at(&["db", "major_version"]) {
        let value = version.text().unwrap_or_default().to_owned();
        let of = "postgres".to_owned();
        facts.versions.push(Version { of, value, part: Part::Development, span: version.span });
    }
    for key in ["pooler", "migrations"] {
        if let Some(node) = root.at(&["db", key]) {
            let said = attributes(node, &["enabled", "pool_mode", "default_pool_size", "max_client_conn"]);
            facts.resources.push(resource(&format!("db.{key}"), "", said, node.span));
        }
    }
    for entry in entries(root, &["functions"]).iter().filter(|entry| entry.value.is_map()) {
        let default = format!("functions/{}/index.ts", entry.key);
        facts.functions.push(CloudFunction {
            name: entry.key.clone(),
            source: Some(text(&entry.value, "entrypoint").unwrap_or(default)),
            runtime: Some("deno".to_owned()),
            triggers: vec![Trigger::Http],
            span: entry.key_span,
            ..CloudFunction::default()
        });
    }
}
