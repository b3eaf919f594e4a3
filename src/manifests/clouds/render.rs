//! `render.yaml` to facts: services with what starts them, databases and caches. Does not know the folder that an
//! image is built from beyond what is written.

use super::command;
use super::tree::Node;
use super::{attributes, resource, runs_variable, text};
use crate::manifests::{Container, ContainerKind, ManifestFacts, Part, Version};

pub(super) fn read(root: &Node, facts: &mut ManifestFacts) {
    services(root, facts);
    for project in root.get("projects").map(Node::items).unwrap_or_default() {
        for environment in project.get("environments").map(Node::items).unwrap_or_default() {
            services(environment, facts);
        }
    }
}

fn services(root: &Node, facts: &mut ManifestFacts) {
    for service in root.get("services").map(Node::items).unwrap_or_default() {
        one(service, facts);
    }
    for database in root.get("databases").map(Node::items).unwrap_or_default() {
        let name = database.get("name");
        let span = name.map_or(database.span, |name| name.span);
        let attributes = attributes(database, &["databaseName", "plan", "postgresMajorVersion"]);
        let name = name.and_then(Node::text).unwrap_or_default();
        facts.resources.push(resource("databases", name, attributes, span));
        if let Some(version) = database.get("postgresMajorVersion") {
            let value = version.text().unwrap_or_default().to_owned();
            let of = "postgres".to_owned();
            facts.versions.push(Version { of, value, part: Part::Production, span: version.span });
        }
    }
}

fn one(service: &Node, facts: &mut ManifestFacts) {
    let Some(kind) = service.text_of("type") else { return };
    let name = service.get("name");
    let span = name.map_or(service.span, |name| name.span);
    let name = name.and_then(Node::text).unwrap_or_default();
    let mut said = attributes(service, &["runtime", "env", "plan", "rootDir", "schedule", "numInstances"]);
    said.extend(service.get("scaling").map(|it| attributes(it, &["minInstances", "maxInstances"])).unwrap_or_default());
    facts.resources.push(resource(kind, name, said, span));
    command(name, service.get("startCommand").or_else(|| service.get("dockerCommand")), facts);

    let variables = service.get("envVars").map(Node::items).unwrap_or_default();
    for row in variables {
        if let (Some(key), Some(value)) = (row.text_of("key"), row.get("value")) {
            runs_variable(key, value.text().unwrap_or_default(), value.span, facts);
        }
    }
    let image = service.at(&["image", "url"]).and_then(Node::text).map(str::to_owned);
    let is_built = ["runtime", "env"].iter().any(|key| service.text_of(key) == Some("docker"));
    if is_built || image.is_some() {
        let folder = text(service, "dockerContext").or_else(|| text(service, "rootDir"));
        facts.containers.push(Container {
            name: name.to_owned(),
            kind: ContainerKind::Platform,
            build: folder.or_else(|| image.is_none().then(|| ".".to_owned())),
            image,
            dockerfile: text(service, "dockerfilePath"),
            command: text(service, "dockerCommand"),
            environment: variables.iter().filter_map(|row| Some((text(row, "key")?, text(row, "value")?))).collect(),
            span,
            ..Container::default()
        });
    }
}
