//! Reports services that check what comes in with several libraries side by side.
//!
//! What counts is use at the edge. Settings checked at the start, schemas of a language model's tools and forms that
//! draw themselves are other work, and a library that builds on another is not a second one.

use rustc_hash::FxHashSet;

use super::Pass;
use crate::catalogue::{ApiStyle, Library, LibraryRole};
use crate::facts::FileId;
use crate::finding::Place;
use crate::model::{LibraryUse, Project, Service, ServiceKind};

/// With fewer files of its own a library is not yet a second way of doing the same.
const FEW: usize = 2;
/// One file in so many of the first library's is a trace.
const TRACE: usize = 20;

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

/// Words in paths of files that describe what is kept.
const MODELS: &[&str] = &["entities", "entity", "model", "models"];

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
            edges.iter().map(|edge| format!("`{}` in {}", edge.library.name, counted(edge.places.len()))).collect();
        let message =
            format!("{} checks its input in {} ways: {}", project.shown(service), edges.len(), shown.join(", "));
        let finding = pass.report(second.places[0], message);
        finding.related(first.places[0], format!("`{}` here", first.library.name));
        for other in &others[1..] {
            finding.related(other.places[0], format!("`{}` here", other.library.name));
        }
        let left: Vec<&str> = others.iter().map(|edge| edge.library.name.as_str()).collect();
        finding.help(format!(
            "keep one of {} and {}, best the one that the interface description comes from",
            first.library.name,
            left.join(", ")
        ));
    }
}

/// The validators at the edge, the one in most files first.
fn edges<'p>(project: &'p Project, service: &'p Service) -> Vec<Edge<'p>> {
    let used = project.used_as(service, LibraryRole::Validator);
    let mut edges: Vec<Edge> = used
        .filter(|(_, library)| checks_requests(library))
        .map(|(one, library)| Edge { library, places: places_at_edge(project, service, one) })
        .filter(|edge| !edge.places.is_empty())
        .collect();
    // What builds on another one is one way together with it.
    let names: Vec<String> = edges.iter().map(|edge| edge.library.name.clone()).collect();
    for below in 0..edges.len() {
        let above = edges[below].library.loaded_by.iter().find_map(|name| names.iter().position(|one| one == name));
        if let Some(above) = above.filter(|above| *above != below) {
            let places = std::mem::take(&mut edges[below].places);
            edges[above].places.extend(places);
        }
    }
    for edge in &mut edges {
        edge.places.sort_unstable();
        edge.places.dedup_by_key(|place| place.file);
    }
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.places.len()));
    // In a file with two of them one works inside the other.
    let mut taken: FxHashSet<FileId> = FxHashSet::default();
    for edge in &mut edges {
        edge.places.retain(|place| taken.insert(place.file));
    }
    let most = edges.iter().map(|edge| edge.places.len()).max().unwrap_or_default();
    edges.retain(|edge| edge.places.len() >= least(edge.library, most));
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.places.len()));
    edges
}

/// Forms that draw themselves, types of another style of API and frameworks that check on the way are other work.
fn checks_requests(library: &Library) -> bool {
    !library.also.contains(&LibraryRole::FrontEnd)
        && library.role != LibraryRole::WebFramework
        && matches!(library.api, None | Some(ApiStyle::Rest))
}

/// An interface description that checks stands in one place for all routes.
fn least(library: &Library, most: usize) -> usize {
    if library.role == LibraryRole::Contract { 1 } else { FEW.max(most.div_ceil(TRACE)) }
}

/// One place in each file at the edge.
fn places_at_edge(project: &Project, service: &Service, one: &LibraryUse) -> Vec<Place> {
    one.imports.iter().copied().filter(|place| is_edge(project, service, place.file)).collect()
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
    let is_model = has(inner, MODELS) && (uses(LibraryRole::DataAccess) || !uses(LibraryRole::WebFramework));
    !is_model
        && !has(name, SETTINGS)
        && !uses(LibraryRole::LanguageModel)
        && (has(inner, EDGE) || uses(LibraryRole::WebFramework) || uses(LibraryRole::Api))
}

fn counted(files: usize) -> String {
    format!("{files} file{}", if files == 1 { "" } else { "s" })
}
