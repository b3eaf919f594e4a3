//! Reports services that check what comes in with several libraries side by side.
//!
//! What counts are schemas at the edge. Settings checked at the start, schemas of a language model's tools and answers,
//! shapes of what is sent back and forms that draw themselves are other work, and a library that builds on another is
//! not a second one.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Pass;
use crate::catalogue::{ApiStyle, Library, LibraryRole};
use crate::facts::FileId;
use crate::finding::Place;
use crate::model::{LibraryUse, Project, Schema, Service, ServiceKind};

/// With fewer schemas, in fewer files of its own, a library is not yet a second way of doing the same.
const FEW_SCHEMAS: usize = 3;
const FEW_FILES: usize = 2;
/// One schema in so many of the first library's is a trace.
const TRACE: usize = 10;
/// Places that are shown of each library.
const SHOWN: usize = 2;

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

/// Words in paths of files, and in names of modules they import, that ask language models: input of their tools and
/// shapes of their answers.
const ASKED: &[&str] = &["agent", "agents", "ai", "llm", "llms", "mcp", "prompt", "prompts", "tool", "tools"];

/// Words in names of files that ask other services, and check what those answer.
const CLIENTS: &[&str] = &["client", "clients", "sdk"];

/// Words that end names of shapes of what is sent back, or of settings.
const SENT: &[&str] = &["answer", "config", "env", "environment", "out", "output", "reply", "response", "result", "settings"];

/// A validator at the edge of a service.
struct Edge<'p> {
    library: &'p Library,
    schemas: Vec<Place>,
}

impl Edge<'_> {
    fn files(&self) -> usize {
        self.schemas.iter().map(|place| place.file).collect::<BTreeSet<_>>().len()
    }

    /// `` `Zod` in 12 schemas of 5 files ``; what checks by an interface description has one for all routes.
    fn shown(&self) -> String {
        let name = &self.library.name;
        if self.library.role == LibraryRole::Contract {
            return format!("`{name}` by the interface description");
        }
        let (schemas, files) = (self.schemas.len(), self.files());
        format!("`{name}` in {schemas} schema{} of {files} file{}", plural(schemas), plural(files))
    }

    /// Places in different files first.
    fn places(&self) -> impl Iterator<Item = Place> {
        let mut seen = FxHashSet::default();
        let (first, others): (Vec<Place>, Vec<Place>) = self.schemas.iter().partition(|place| seen.insert(place.file));
        first.into_iter().chain(others).take(SHOWN)
    }
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
        let shown: Vec<String> = edges.iter().map(Edge::shown).collect();
        let message =
            format!("{} checks its input in {} ways: {}", project.shown(service), edges.len(), shown.join(", "));
        let finding = pass.report(second.schemas[0], message);
        for edge in &edges {
            for place in edge.places().filter(|place| *place != second.schemas[0]) {
                finding.related(place, format!("`{}` here", edge.library.name));
            }
        }
        let left: Vec<&str> = others.iter().map(|edge| edge.library.name.as_str()).collect();
        finding.help(format!(
            "keep one of {} and {}, best the one that the interface description comes from",
            first.library.name,
            left.join(", ")
        ));
    }
}

/// The validators at the edge, the one with most schemas first.
fn edges<'p>(project: &'p Project, service: &'p Service) -> Vec<Edge<'p>> {
    let used = project.used_as(service, LibraryRole::Validator);
    let used: Vec<(&LibraryUse, &Library)> = used.filter(|(_, library)| checks_requests(library)).collect();
    if used.len() < 2 {
        return Vec::new();
    }
    let edges = used.into_iter().map(|(one, library)| Edge { library, schemas: at_edge(project, service, one) });
    let mut edges: Vec<Edge> = edges.filter(|edge| !edge.schemas.is_empty()).collect();
    // What builds on another one is one way together with it.
    let names: Vec<String> = edges.iter().map(|edge| edge.library.name.clone()).collect();
    for below in 0..edges.len() {
        let above = edges[below].library.loaded_by.iter().find_map(|name| names.iter().position(|one| one == name));
        if let Some(above) = above.filter(|above| *above != below) {
            let schemas = std::mem::take(&mut edges[below].schemas);
            edges[above].schemas.extend(schemas);
        }
    }
    for edge in &mut edges {
        edge.schemas.sort_unstable();
        edge.schemas.dedup();
    }
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.schemas.len()));
    // In a file with two of them one works inside the other.
    let mut taken: FxHashSet<FileId> = FxHashSet::default();
    for edge in &mut edges {
        edge.schemas.retain(|place| !taken.contains(&place.file));
        taken.extend(edge.schemas.iter().map(|place| place.file));
    }
    let most = edges.iter().map(|edge| edge.schemas.len()).max().unwrap_or_default();
    edges.retain(|edge| is_way(edge, most));
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.schemas.len()));
    edges
}

/// Forms that draw themselves, types of another style of API and frameworks that check on the way are other work.
fn checks_requests(library: &Library) -> bool {
    !library.also.contains(&LibraryRole::FrontEnd)
        && library.role != LibraryRole::WebFramework
        && matches!(library.api, None | Some(ApiStyle::Rest))
}

/// An interface description that checks stands in one place for all routes.
fn is_way(edge: &Edge, most: usize) -> bool {
    let is_contract = edge.library.role == LibraryRole::Contract;
    is_contract && !edge.schemas.is_empty()
        || edge.schemas.len() >= FEW_SCHEMAS.max(most.div_ceil(TRACE)) && edge.files() >= FEW_FILES
}

/// The schemas that check what comes in.
fn at_edge(project: &Project, service: &Service, one: &LibraryUse) -> Vec<Place> {
    if project.catalogue().library(one.library).role == LibraryRole::Contract {
        return one.imports.iter().copied().filter(|place| is_edge(project, service, place.file)).collect();
    }
    let schemas = project.schemas(service, one).into_iter();
    let coming = schemas.filter(|schema| !is_sent(schema)).map(|schema| schema.place);
    let mut known: FxHashMap<FileId, bool> = FxHashMap::default();
    let mut is_edge = |file: FileId| *known.entry(file).or_insert_with(|| is_edge(project, service, file));
    coming.filter(|place| is_edge(place.file)).collect()
}

fn is_sent(schema: &Schema) -> bool {
    let name = schema.name.map(|name| words(&name)).unwrap_or_default();
    // `orderResponseSchema`, `ORDER_RESULT`
    let mut words = name.iter().rev().filter(|word| !["schema", "model", "dto"].contains(&word.as_str()));
    words.next().is_some_and(|word| SENT.contains(&word.as_str()))
}

fn is_edge(project: &Project, service: &Service, file: FileId) -> bool {
    let path = &project.file(file).path;
    let inner = path.strip_prefix(service.folder.as_str()).unwrap_or(path);
    let has = |text: &str, known: &[&str]| words(text).iter().any(|word| known.contains(&word.as_str()));
    let name = inner.rsplit('/').next().unwrap_or_default();
    let uses = |role| project.imports_role(file, role);
    let is_model = has(inner, MODELS) && (uses(LibraryRole::DataAccess) || !uses(LibraryRole::WebFramework));
    let asks = project.facts(file).imports.iter().any(|import| {
        let module = import.module.as_str();
        has(module.rsplit('/').next().unwrap_or(module), ASKED)
    });
    let is_client = has(name, CLIENTS) || uses(LibraryRole::HttpClient) && !uses(LibraryRole::WebFramework);
    let is_asked = asks || has(inner, ASKED) || uses(LibraryRole::LanguageModel);
    let is_other = is_model || is_asked || is_client || has(name, SETTINGS);
    !is_other
        && (has(inner, EDGE) || uses(LibraryRole::WebFramework) || uses(LibraryRole::Api))
}

/// The words of a name or path, in small letters: `orderResponse` is two.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && was_small {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("there is always one").extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
