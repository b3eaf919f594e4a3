//! Reports services that check what comes in with several libraries side by side.
//!
//! What counts is use at the edge. Settings checked at the start, schemas of a language model's tools and forms that
//! draw themselves are other work, and a library that builds on another is not a second one.

use super::Pass;
use crate::catalogue::{Library, LibraryRole};
use crate::facts::FileId;
use crate::finding::Place;
use crate::model::{How, LibraryUse, Project, Service, ServiceKind};

/// With fewer files of its own a library is not yet a second way of doing the same.
const FEW: usize = 2;

/// Words in paths of files where input arrives or is described.
#[rustfmt::skip]
const EDGE: &[&str] = &[
    "api", "apis", "controller", "controllers", "dto", "dtos", "endpoint", "endpoints", "handler", "handlers",
    "middleware", "middlewares", "openapi", "payload", "payloads", "request", "requests", "resource", "resources",
    "route", "router", "routers", "routes", "schema", "schemas", "serializer", "serializers", "validation",
    "validations", "validator", "validators", "view", "views",
];
/// Words in names of files that check the settings of the service itself.
const SETTINGS: &[&str] = &["config", "configuration", "env", "environment", "settings"];

/// A validator at the edge of a service.
struct Edge<'p> {
    library: &'p Library,
    places: Vec<Place>,
}

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    for service in project.services() {
        if !matches!(service.kind, ServiceKind::Service | ServiceKind::Functions) {
            continue;
        }
        let edges = edges(project, service);
        let [first, others @ ..] = edges.as_slice() else { continue };
        let Some(second) = others.first() else { continue };
        let shown: Vec<String> =
            edges.iter().map(|edge| format!("`{}` in {} files", edge.library.name, edge.places.len())).collect();
        let message =
            format!("{} checks its input in {} ways: {}", project.shown(service), edges.len(), shown.join(", "));
        let finding = pass.report(second.places[0], message);
        finding.related(first.places[0], format!("`{}` here", first.library.name));
        for other in &others[1..] {
            finding.related(other.places[0], format!("`{}` here", other.library.name));
        }
        let left: Vec<&str> = others.iter().map(|edge| edge.library.name.as_str()).collect();
        finding.help(format!("move the schemas of {} to {}", left.join(" and "), first.library.name));
    }
}

/// The validators at the edge, the one in most files first.
fn edges<'p>(project: &'p Project, service: &'p Service) -> Vec<Edge<'p>> {
    let used = project.used_as(service, LibraryRole::Validator);
    let checks = used.filter(|(_, library)| !library.also.contains(&LibraryRole::FrontEnd));
    let mut edges: Vec<Edge> = checks
        .map(|(one, library)| Edge { library, places: places_at_edge(project, service, one) })
        .filter(|edge| edge.places.len() >= FEW)
        .collect();
    let names: Vec<&String> = edges.iter().map(|edge| &edge.library.name).collect();
    let is_part = |edge: &Edge| edge.library.loaded_by.iter().any(|name| names.contains(&name));
    let parts: Vec<bool> = edges.iter().map(is_part).collect();
    let mut parts = parts.into_iter();
    edges.retain(|_| parts.next() == Some(false));
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.places.len()));
    edges
}

/// One place in each file at the edge.
fn places_at_edge(project: &Project, service: &Service, one: &LibraryUse) -> Vec<Place> {
    let imported = one.seen.iter().filter(|seen| seen.how == How::Imported).map(|seen| seen.place);
    let mut places: Vec<Place> = imported.filter(|place| is_edge(project, service, place.file)).collect();
    places.sort_unstable();
    places.dedup_by_key(|place| place.file);
    places
}

fn is_edge(project: &Project, service: &Service, file: FileId) -> bool {
    let path = &project.file(file).path;
    let inner = path.strip_prefix(service.folder.as_str()).unwrap_or(path);
    let has = |text: &str, words: &[&str]| {
        let lower = text.to_ascii_lowercase();
        lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
    };
    let name = inner.rsplit('/').next().unwrap_or_default();
    let uses = |role| project.imports_role(file, role);
    !has(name, SETTINGS)
        && !uses(LibraryRole::LanguageModel)
        && (has(inner, EDGE) || uses(LibraryRole::WebFramework) || uses(LibraryRole::Api))
}
