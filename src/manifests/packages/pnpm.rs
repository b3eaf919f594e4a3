//! `pnpm-workspace.yaml` to facts: where the members are, and the versions that they share. Does not know which
//! folders match.

use super::{Broken, ManifestFacts, Node, node, tree};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (documents, broken) = tree::yaml(text);
    for workspace in &documents {
        facts.members.extend(workspace.get("packages").into_iter().flat_map(Node::texts).map(str::to_owned));
        node::share(workspace, facts);
    }
    broken.map_or(Ok(()), Err)
}
