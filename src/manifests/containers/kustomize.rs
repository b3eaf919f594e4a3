//! `kustomization.yaml` to facts: what it takes together and what it changes. What comes out it does not know.

use super::tree::{self, Node};
use crate::manifests::{Broken, Dependency, ManifestFacts, Reference, Resource};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (documents, broken) = tree::yaml(text);
    for document in documents.iter().filter(|document| document.is_map()) {
        let attributes = texts(document, &["namespace", "namePrefix", "nameSuffix"]);
        let kind = document.get("kind");
        facts.resources.push(Resource {
            kind: kind.and_then(Node::text).unwrap_or("Kustomization").to_owned(),
            name: String::new(),
            group: document.text_of("apiVersion").map(str::to_owned),
            attributes,
            span: kind.unwrap_or(document).span,
        });
        for key in ["resources", "bases", "components", "crds"] {
            facts.includes.extend(items(document, key).iter().filter_map(reference));
        }
        for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
            let files = items(document, key).iter().filter_map(|item| reference(item.get("path").unwrap_or(item)));
            facts.patches.extend(files);
        }
        for image in items(document, "images") {
            facts.resources.push(named("image", image, texts(image, &["newName", "newTag", "digest"])));
        }
        for replicas in items(document, "replicas") {
            let count = replicas.text_of("count").map(|count| ("replicas".to_owned(), count.to_owned()));
            facts.resources.push(named("replicas", replicas, count.into_iter().collect()));
        }
        for map in items(document, "configMapGenerator") {
            let literals = items(map, "literals").iter().filter_map(|pair| pair.text()?.split_once('='));
            let attributes = literals.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            facts.resources.push(named("ConfigMap", map, attributes));
        }
        for chart in items(document, "helmCharts") {
            let Some(name) = chart.get("name") else { continue };
            facts.dependencies.push(Dependency {
                name: name.text().unwrap_or_default().to_owned(),
                version: chart.text_of("version").map(str::to_owned),
                span: name.span,
                ..Dependency::default()
            });
        }
    }
    broken.map_or(Ok(()), Err)
}

fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

/// A file or folder; a patch that is written out is none.
fn reference(node: &Node) -> Option<Reference> {
    let path = node.text().filter(|path| !path.contains('\n'))?;
    Some(Reference { path: path.to_owned(), span: node.span })
}

fn named(kind: &str, node: &Node, attributes: Vec<(String, String)>) -> Resource {
    let name = node.get("name");
    Resource {
        kind: kind.to_owned(),
        name: name.and_then(Node::text).unwrap_or_default().to_owned(),
        group: None,
        attributes,
        span: name.unwrap_or(node).span,
    }
}

fn texts(node: &Node, keys: &[&str]) -> Vec<(String, String)> {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), node.text_of(key)?.to_owned()))).collect()
}
