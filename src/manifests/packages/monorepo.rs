//! `lerna.json`, `rush.json`, `turbo.json`, `nx.json` to facts. The last two name no members: that they are there
//! is all that they say.

use super::{Broken, ManifestFacts, Node, tree};

pub(in crate::manifests) fn read(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let manifest = tree::json(text)?;
    match path.rsplit('/').next() {
        Some("lerna.json") => {
            let packages = manifest.get("packages").into_iter().flat_map(Node::texts);
            facts.members.extend(packages.map(str::to_owned));
        }
        Some("rush.json") => {
            let projects = manifest.get("projects").map(Node::items).unwrap_or_default();
            let folders = projects.iter().filter_map(|project| project.text_of("projectFolder"));
            facts.members.extend(folders.map(str::to_owned));
        }
        _ => {}
    }
    Ok(())
}
