//! `skaffold.yaml` to facts: which images are built from which folders, and what they are deployed with.

use super::join;
use super::tree::{self, Node};
use crate::manifests::{Broken, Container, ContainerKind, ManifestFacts, Reference};

/// Where manifests, folders of Kustomize and charts are named, in newer and older forms.
const INCLUDED: &[&[&str]] = &[
    &["manifests", "rawYaml"],
    &["manifests", "kustomize", "paths"],
    &["deploy", "kubectl", "manifests"],
    &["deploy", "kustomize", "paths"],
    &["deploy", "kustomize", "path"],
];

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (documents, broken) = tree::yaml(text);
    for document in &documents {
        facts.name = facts.name.take().or_else(|| document.at(&["metadata", "name"])?.text().map(str::to_owned));
        let listed = |path: &[&str]| document.at(path).map(Node::items).unwrap_or_default().iter();
        facts.containers.extend(listed(&["build", "artifacts"]).filter_map(artifact));
        let files = INCLUDED.iter().filter_map(|path| document.at(path));
        let files = files.flat_map(|node| std::iter::once(node).chain(node.items()));
        let required = listed(&["requires"]).filter_map(|required| required.get("path"));
        let releases = listed(&["manifests", "helm", "releases"]).chain(listed(&["deploy", "helm", "releases"]));
        let charts = releases.filter_map(|release| release.get("chartPath"));
        for node in files.chain(required).chain(charts) {
            facts.includes.extend(node.text().map(|path| Reference { path: path.to_owned(), span: node.span }));
        }
    }
    broken.map_or(Ok(()), Err)
}

fn artifact(artifact: &Node) -> Option<Container> {
    let image = artifact.get("image")?;
    let folder = artifact.text_of("context").unwrap_or(".");
    let dockerfile = artifact.at(&["docker", "dockerfile"]).and_then(Node::text);
    let project = artifact.at(&["jib", "project"]).and_then(Node::text).filter(|project| !project.contains(':'));
    Some(Container {
        name: image.text()?.rsplit('/').next().unwrap_or_default().to_owned(),
        kind: ContainerKind::Platform,
        image: image.text().map(str::to_owned),
        // Jib builds one project of those in the folder.
        build: Some(join(folder, project.unwrap_or_default())),
        dockerfile: dockerfile.map(|path| join(folder, path)),
        target: artifact.at(&["docker", "target"]).and_then(Node::text).map(str::to_owned),
        span: image.span,
        ..Container::default()
    })
}
