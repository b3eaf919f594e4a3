//! Reports, once, a repository whose choices are worth a record and that keeps none.
//!
//! Most repositories have no records and owe none. This one speaks where several services, several stores or a choice
//! that few have made stand in enough code that somebody will ask why, or where there are many of them.

use std::collections::BTreeMap;

use super::Pass;
use crate::catalogue::{ApiStyle, SystemRole};
use crate::finding::{Place, Step};
use crate::model::{How, Project, Service, ServiceKind};

/// With fewer lines the code is its own explanation, unless it holds many choices.
const ENOUGH_LINES: u32 = 5_000;
/// So many choices are asked about however little code there is.
const MANY_CHOICES: usize = 3;
/// More services than this, and hardly any lines in each, are a collection of examples.
const COLLECTION: usize = 20;
const EXAMPLE_LINES: usize = 400;
/// Choices whose places are shown.
const SHOWN: usize = 8;

/// A choice that somebody will ask about.
struct Choice {
    said: String,
    places: Vec<Step>,
}

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let back_ends: Vec<&Service> = project.services().iter().filter(|service| is_back_end(service)).collect();
    let lines: u32 = back_ends.iter().flat_map(|service| &service.lines).map(|(_, lines)| lines).sum();
    if back_ends.len() > COLLECTION && (lines as usize) < back_ends.len() * EXAMPLE_LINES {
        return; // Each shows one thing, and none was decided for the others.
    }
    let owed = owed(project, &back_ends);
    let is_enough = !owed.is_empty() && lines >= ENOUGH_LINES || owed.len() >= MANY_CHOICES;
    if !is_enough || project.records().next().is_some() || project.rationale().is_some() {
        return;
    }
    let Some(place) = place(project, &back_ends) else { return };
    let said: Vec<&str> = owed.iter().map(|choice| choice.said.as_str()).collect();
    let message = format!(
        "no decision is recorded, and some are worth it: {}",
        said.join("; ")
    );
    let finding = pass.report(place, message);
    for step in owed.into_iter().flat_map(|choice| choice.places).take(SHOWN) {
        finding.related(step.place, step.message);
    }
    finding.help(
        "write down in a page what was chosen, what else was considered and what follows from it: `docs/adr/0001-title.md`; \
         looked for records in folders such as `docs/adr`, `decisions` or `rfcs`, and for reasons in README and ARCHITECTURE",
    );
}

fn is_back_end(service: &Service) -> bool {
    matches!(service.kind, ServiceKind::Service | ServiceKind::Worker | ServiceKind::Functions)
}

fn owed(project: &Project, back_ends: &[&Service]) -> Vec<Choice> {
    let catalogue = project.catalogue();
    let mut owed = Vec::new();
    if back_ends.len() > 1 {
        let faces = back_ends.iter().filter_map(|service| {
            Some(Step { place: project.face(service)?, message: format!("service `{}`", service.name) })
        });
        owed.push(Choice { said: format!("{} services", back_ends.len()), places: faces.take(3).collect() });
    }
    let mut stores: BTreeMap<&str, (&str, Place)> = BTreeMap::new();
    let mut uncommon: BTreeMap<&str, Place> = BTreeMap::new();
    for one in back_ends.iter().flat_map(|service| &service.systems).filter(|one| one.used) {
        let (system, Some(seen)) = (catalogue.system(one.system), one.seen.first()) else { continue };
        // What packs and starts containers is no choice any more; what runs a cluster is. A cache beside a database is
        // what everybody has.
        match system.role {
            SystemRole::Database | SystemRole::Search if seen.how != How::Declared => {
                let family = system.family.as_deref().unwrap_or(&system.name);
                stores.entry(family).or_insert((&system.name, seen.place));
            }
            SystemRole::Orchestrator if !system.groups.is_empty() => {
                uncommon.entry(system.name.as_str()).or_insert(seen.place);
            }
            _ => {}
        }
    }
    if stores.len() > 1 {
        let names: Vec<&str> = stores.values().map(|(name, _)| *name).collect();
        let places = stores.values().map(|(name, place)| Step { place: *place, message: (*name).to_owned() });
        owed.push(Choice { said: format!("{} side by side", names.join(", ")), places: places.collect() });
    }
    let mut graphs: Option<Choice> = None;
    for one in back_ends.iter().flat_map(|service| &service.libraries).filter(|one| one.used) {
        let (library, Some(seen)) = (catalogue.library(one.library), one.seen.first()) else { continue };
        if library.api == Some(ApiStyle::GraphQl) {
            let places = vec![Step { place: seen.place, message: library.name.clone() }];
            graphs.get_or_insert(Choice { said: format!("GraphQL with {}", library.name), places });
        } else if project.unproven(one.library).is_some() {
            uncommon.entry(library.name.as_str()).or_insert(seen.place);
        }
    }
    owed.extend(graphs);
    owed.extend(uncommon.into_iter().map(|(name, place)| {
        let places = vec![Step { place, message: name.to_owned() }];
        Choice { said: name.to_owned(), places }
    }));
    owed
}

/// Where a reader would look first: the README, or where the first service stands.
fn place(project: &Project, back_ends: &[&Service]) -> Option<Place> {
    let readme = project.manifests().find(|(file, _)| project.file(*file).path.eq_ignore_ascii_case("readme.md"));
    let readme = readme.map(|(file, _)| Place { file, span: Default::default() });
    readme.or_else(|| back_ends.iter().find_map(|service| project.face(service)))
}
