//! `wrangler.toml`, `wrangler.json` to facts: the worker, what calls it, and what is bound to it. Does not know what
//! the worker does with its bindings.

use super::tree::Node;
use super::{add_trigger, document, each, ended, entries, resource, text};
use crate::facts::Span;
use crate::manifests::{Broken, CloudFunction, Container, ContainerKind, ManifestFacts, Resource, Trigger};

pub(in crate::manifests) fn read(path: &str, content: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (root, broken) = document(path, content);
    facts.name = text(&root, "name");
    if let Some(main) = root.get("main").filter(|main| main.text().is_some()) {
        worker(facts.name.clone(), main, &root, facts);
    }
    bind(&root, None, facts);
    if let Some(crons) = root.at(&["triggers", "crons"]).filter(|crons| crons.texts().next().is_some()) {
        let (kind, name) = ("triggers".to_owned(), "crons".to_owned());
        facts.resources.push(Resource { kind, name, span: crons.span, ..Resource::default() });
    }
    for environment in entries(&root, &["env"]) {
        let section = &environment.value;
        bind(section, Some(&environment.key), facts);
        if let Some(main) = section.get("main").filter(|main| main.text().is_some()) {
            worker(text(section, "name").or_else(|| facts.name.clone()), main, section, facts);
        } else if let Some(function) = facts.functions.first_mut() {
            call(section, function);
        }
    }
    ended(broken)
}

fn worker(name: Option<String>, main: &Node, section: &Node, facts: &mut ManifestFacts) {
    let mut function = CloudFunction {
        name: name.unwrap_or_default(),
        runtime: Some("workers".to_owned()),
        source: main.text().map(str::to_owned),
        triggers: vec![Trigger::Http],
        span: main.span,
        ..CloudFunction::default()
    };
    call(section, &mut function);
    facts.functions.push(function);
}

fn call(section: &Node, function: &mut CloudFunction) {
    if section.at(&["triggers", "crons"]).is_some_and(|crons| crons.texts().next().is_some()) {
        add_trigger(function, Trigger::Schedule);
    }
    if each(section.at(&["queues", "consumers"])).next().is_some() {
        add_trigger(function, Trigger::Queue);
    }
}

/// Where bindings stand, and what the last key says of them beside their own name.
const BINDINGS: &[&[&str]] = &[
    &["ai"],
    &["analytics_engine_datasets"],
    &["browser"],
    &["d1_databases"],
    &["dispatch_namespaces"],
    &["durable_objects", "bindings"],
    &["hyperdrive"],
    &["images"],
    &["kv_namespaces"],
    &["mtls_certificates"],
    &["pipelines"],
    &["queues", "consumers"],
    &["queues", "producers"],
    &["r2_buckets"],
    &["send_email"],
    &["services"],
    &["vectorize"],
    &["workflows"],
];

const ATTRIBUTES: &[&str] =
    &["database_name", "bucket_name", "class_name", "script_name", "queue", "service", "index_name", "dataset"];

fn bind(section: &Node, environment: Option<&str>, facts: &mut ManifestFacts) {
    let of_environment = environment.map(|name| ("environment".to_owned(), name.to_owned()));
    for keys in BINDINGS {
        for binding in each(section.at(keys)) {
            let name = ["binding", "name", "queue"].iter().find_map(|key| binding.get(key));
            let mut attributes = super::attributes(binding, ATTRIBUTES);
            attributes.extend(of_environment.clone());
            let (text, span) = name.map_or(("", binding.span), |name| (name.text().unwrap_or_default(), name.span));
            let kind = if keys[0] == "queues" { keys.join(".") } else { keys[0].to_owned() };
            facts.resources.push(resource(&kind, text, attributes, span));
        }
    }
    for container in each(section.get("containers")) {
        let image = text(container, "image");
        let is_file =
            image.as_deref().is_some_and(|image| image.starts_with(['.', '/']) || image.ends_with("Dockerfile"));
        let (image, dockerfile) = if is_file { (None, image) } else { (image, None) };
        facts.containers.push(Container {
            name: text(container, "name").or_else(|| text(container, "class_name")).unwrap_or_default(),
            kind: ContainerKind::Platform,
            image,
            dockerfile,
            span: container.get("image").map_or(container.span, |image| image.span),
            ..Container::default()
        });
    }
    let flags = section.get("compatibility_flags");
    let date = section.get("compatibility_date");
    if let Some(span) = date.or(flags).map(|node| node.span) {
        let flags = flags.map(|flags| flags.texts().collect::<Vec<_>>().join(" ")).unwrap_or_default();
        let mut attributes = super::attributes(section, &["compatibility_date"]);
        attributes.extend((!flags.is_empty()).then(|| ("compatibility_flags".to_owned(), flags)));
        attributes.extend(of_environment);
        facts.resources.push(resource("compatibility", environment.unwrap_or_default(), attributes, span));
    }
    for (key, folder) in [("pages_build_output_dir", "pages"), ("assets", "assets")] {
        let Some(node) = section.get(key) else { continue };
        let directory = node.text().or_else(|| node.text_of("directory")).unwrap_or_default().to_owned();
        let span = Span { start: node.span.start, end: node.span.end };
        facts.resources.push(resource(folder, "", vec![("directory".to_owned(), directory)], span));
    }
}
