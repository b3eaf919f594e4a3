//! Reports, once, a repository whose choices are worth a record and that keeps none.
//!
//! Most repositories have no records and owe none. This one speaks where several services, several stores that the code
//! is built around or a choice that few have made stand in enough code that somebody will ask why, or where there are
//! many of them.

use std::collections::BTreeMap;

use super::Pass;
use crate::catalogue::ApiStyle;
use crate::finding::{Place, Step};
use crate::model::{Project, Service, ServiceKind};

/// With fewer lines the code is its own explanation, unless it holds many choices.
const ENOUGH_LINES: u32 = 5_000;
/// So many choices are asked about however little code there is.
const MANY_CHOICES: usize = 3;
/// Choices whose places are shown.
const SHOWN: usize = 8;

/// A choice that somebody will ask about.
struct Choice {
    said: String,
    places: Vec<Step>,
    /// Asked about even where it is the only one.
    is_enough: bool,
}

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    if project.is_collection() {
        return; // Each shows one thing, and none was decided for the others.
    }
    let back_ends: Vec<&Service> = project.services().iter().filter(|service| service.runs()).collect();
    let lines: u32 = back_ends.iter().map(|service| service.count_lines()).sum();
    let owed = owed(project, &back_ends);
    let is_owed = owed.iter().any(|choice| choice.is_enough);
    let is_enough = is_owed && (lines >= ENOUGH_LINES || owed.len() >= MANY_CHOICES);
    if !is_enough || project.records().next().is_some() || project.rationale().is_some() {
        return;
    }
    let Some(place) = place(project, &back_ends) else { return };
    let said: Vec<&str> = owed.iter().map(|choice| choice.said.as_str()).collect();
    let message = format!("no decision is recorded, and some are worth it: {}", said.join("; "));
    let finding = pass.report(place, message);
    for step in owed.into_iter().flat_map(|choice| choice.places).take(SHOWN) {
        finding.related(step.place, step.message);
    }
    finding.help(
        "write down in a page what was chosen, what else was considered and what follows from it: `docs/adr/0001-title.md`; \
         looked for records in folders such as `docs/adr`, `decisions` or `rfcs`, and for reasons in README and ARCHITECTURE",
    );
}

fn owed(project: &Project, back_ends: &[&Service]) -> Vec<Choice> {
    let first = [services(project, back_ends), stores(project, back_ends), graph(project, back_ends), cluster(project)];
    first.into_iter().flatten().chain(unproven(project, back_ends)).collect()
}

/// Several of them. A worker is another process of the same code, and what draws pages is the front of the same product.
fn services(project: &Project, back_ends: &[&Service]) -> Option<Choice> {
    let answers = |service: &&&Service| service.kind != ServiceKind::Worker && !project.draws_pages(service);
    let services: Vec<&&Service> = back_ends.iter().filter(answers).collect();
    let faces = services.iter().filter_map(|service| {
        Some(Step { place: project.face(service)?, message: format!("service `{}`", service.name) })
    });
    let places = faces.take(3).collect();
    let said = format!("{} services", services.len());
    (services.len() > 1).then_some(Choice { said, places, is_enough: true })
}

/// Several families of stores.
fn stores(project: &Project, back_ends: &[&Service]) -> Option<Choice> {
    let mut stores = BTreeMap::new();
    for (family, name, place) in back_ends.iter().flat_map(|service| project.central_stores(service)) {
        stores.entry(family).or_insert((name, place));
    }
    let names: Vec<&str> = stores.values().map(|(name, _)| *name).collect();
    let said = format!("{} side by side", names.join(", "));
    let places = stores.values().map(|(name, place)| Step { place: *place, message: (*name).to_owned() });
    (stores.len() > 1).then(|| Choice { said, places: places.collect(), is_enough: true })
}

/// Usual enough not to be asked about alone.
fn graph(project: &Project, back_ends: &[&Service]) -> Option<Choice> {
    let used = back_ends.iter().flat_map(|service| &service.libraries).filter(|one| one.used);
    let mut graphs = used.filter_map(|one| {
        let library = project.catalogue().library(one.library);
        let places = vec![Step { place: one.seen.first()?.place, message: library.name.clone() }];
        let said = format!("GraphQL with {}", library.name);
        (library.api == Some(ApiStyle::GraphQl)).then_some(Choice { said, places, is_enough: false })
    });
    graphs.next()
}

/// A cluster that the team itself deploys to, not one that is offered to others.
fn cluster(project: &Project) -> Option<Choice> {
    let cluster = project.cluster();
    let first = cluster.own.first().filter(|_| !cluster.deployed.is_empty() && cluster.distributed.is_empty())?;
    let said = "Kubernetes".to_owned();
    Some(Choice { places: vec![Step { place: first.place, message: said.clone() }], said, is_enough: true })
}

/// What the catalogue calls a minority's choice.
fn unproven(project: &Project, back_ends: &[&Service]) -> Vec<Choice> {
    let found = back_ends.iter().flat_map(|service| project.unproven_libraries(service));
    let uncommon: BTreeMap<&str, Place> = found.map(|(library, place)| (library.name.as_str(), place)).collect();
    let step = |name: &str, place| vec![Step { place, message: name.to_owned() }];
    let choice = |(name, place): (&str, Place)| Choice { said: name.to_owned(), places: step(name, place), is_enough: true };
    uncommon.into_iter().map(choice).collect()
}

/// Where a reader would look first: the README, or where the first service stands.
fn place(project: &Project, back_ends: &[&Service]) -> Option<Place> {
    let readme = project.manifests().find(|(file, _)| project.file(*file).path.eq_ignore_ascii_case("readme.md"));
    let readme = readme.map(|(file, _)| Place { file, span: Default::default() });
    readme.or_else(|| back_ends.iter().find_map(|service| project.face(service)))
}
