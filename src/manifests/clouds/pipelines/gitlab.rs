//! A pipeline of GitLab to facts. Jobs that only serve as templates are told as jobs: their steps run in others.

use super::whole;
use crate::facts::Span;
use crate::manifests::containers::substitute;
use crate::manifests::tree::{Entry, Node};
use crate::manifests::{Container, ContainerKind, ManifestFacts, Reference, Resource, Step};

/// Keys beside the jobs.
const GLOBAL: &[&str] = &[
    "after_script",
    "before_script",
    "cache",
    "image",
    "include",
    "services",
    "spec",
    "stages",
    "variables",
    "workflow",
];

/// More variables than a pipeline has.
const MOST: usize = 1000;
/// The longest name of an image, and value of a variable in it.
const LONGEST: usize = 200;

pub(super) fn read(document: &Node, text: &str, facts: &mut ManifestFacts) {
    let variables = document.get("variables");
    if let Some(include) = document.get("include") {
        for item in std::iter::once(include).chain(include.items()) {
            let file = item.get("local").unwrap_or(item);
            let path = file.text().filter(|path| !path.contains("://"));
            let path = path.map(|path| path.trim_start_matches('/').to_owned());
            facts.includes.extend(path.map(|path| Reference { path, span: file.span }));
        }
    }
    facts.containers.extend(containers("default", document, &[variables]));
    if let Some(scripts) = document.entry("before_script") {
        facts.steps.extend(step("default", document, whole(scripts, text)));
    }
    for entry in document.entries() {
        if !GLOBAL.contains(&entry.key.as_str()) && entry.value.is_map() {
            job(entry, variables, text, facts);
        }
    }
}

fn job(entry: &Entry, variables: Option<&Node>, text: &str, facts: &mut ManifestFacts) {
    let job = &entry.value;
    let span = whole(entry, text);
    let environment = job.get("environment");
    let environment = environment.and_then(|named| named.get("name")).or(environment).and_then(Node::text);
    let said = [("environment", environment), ("stage", job.text_of("stage"))];
    let attributes = said.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.to_owned())));
    facts.resources.push(Resource {
        kind: "job".to_owned(),
        name: entry.key.clone(),
        group: None,
        attributes: attributes.collect(),
        span,
    });
    facts.containers.extend(containers(&entry.key, job, &[job.get("variables"), variables]));
    facts.steps.extend(step(&entry.key, job, span));
}

/// The scripts of a job one after the other; those of `default` stand there alone.
fn step(name: &str, node: &Node, span: Span) -> Option<Step> {
    let parts = ["before_script", "script", "after_script"].iter().filter_map(|key| node.get(key));
    // A reference or an anchor brings a list into a list.
    let lines = parts.flat_map(|part| part.text().into_iter().chain(part.items().iter().flat_map(Node::texts)));
    let lines: Vec<&str> = lines.collect();
    let run = Some(lines.join("\n")).filter(|run| !run.is_empty())?;
    Some(Step { job: name.to_owned(), uses: None, run: Some(run), inputs: Vec::new(), folder: None, span })
}

/// The image around a job and the services beside it.
fn containers(name: &str, node: &Node, variables: &[Option<&Node>]) -> Vec<Container> {
    let value = |name: &str| {
        let few = variables.iter().flatten().filter(|variables| variables.entries().len() <= MOST);
        let said = few.into_iter().find_map(|variables| variables.get(name))?;
        let text = said.text().or_else(|| said.text_of("value"))?;
        (text.len() <= LONGEST).then(|| text.to_owned())
    };
    let service = node.get("services").map(Node::items).unwrap_or_default();
    let places = node.get("image").into_iter().map(|image| (name, image)).chain(service.iter().map(|one| ("", one)));
    let containers = places.filter_map(|(name, place)| {
        let image = place.get("name").unwrap_or(place);
        let image_of = image.text().filter(|text| text.len() <= LONGEST)?;
        let name = place.text_of("alias").unwrap_or(name).to_owned();
        Some(Container {
            name,
            kind: ContainerKind::Pipeline,
            image: Some(substitute(image_of, &value)),
            span: image.span,
            ..Container::default()
        })
    });
    containers.collect()
}
