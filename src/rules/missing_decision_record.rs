//! Reports, once, a repository whose choices are worth a record and that keeps none.
//!
//! Most repositories have no records and owe none. This one speaks where several services, several stores or a choice
//! that few have made stand in enough code that somebody will ask why.

use super::Pass;
use crate::catalogue::{ApiStyle, SystemRole};
use crate::finding::Place;
use crate::model::{Project, Service, ServiceKind};

/// With fewer lines the code is its own explanation.
const ENOUGH_LINES: u32 = 5_000;

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let back_ends: Vec<&Service> = project.services().iter().filter(|service| is_back_end(service)).collect();
    let lines: u32 = back_ends.iter().flat_map(|service| &service.lines).map(|(_, lines)| lines).sum();
    let owed = owed(project, &back_ends);
    if owed.is_empty() || lines < ENOUGH_LINES || project.records().next().is_some() || project.rationale().is_some() {
        return;
    }
    let Some(place) = place(project, &back_ends) else { return };
    let message = format!(
        "no decision is recorded, and some are worth it: {}; looked for records in folders such as `docs/adr`, `decisions` \
         or `rfcs`, and for reasons in README and ARCHITECTURE",
        owed.join("; ")
    );
    let finding = pass.report(place, message);
    finding.help("write down in a page what was chosen, what else was considered, and what follows from it: `docs/adr/0001-title.md`");
}

fn is_back_end(service: &Service) -> bool {
    matches!(service.kind, ServiceKind::Service | ServiceKind::Worker | ServiceKind::Functions)
}

/// The choices that somebody will ask about.
fn owed(project: &Project, back_ends: &[&Service]) -> Vec<String> {
    let catalogue = project.catalogue();
    let mut owed = Vec::new();
    if back_ends.len() > 1 {
        owed.push(format!("{} services", back_ends.len()));
    }
    let systems = back_ends.iter().flat_map(|service| &service.systems).map(|one| catalogue.system(one.system));
    let mut stores: Vec<&str> = systems
        .clone()
        .filter(|system| matches!(system.role, SystemRole::Database | SystemRole::Search | SystemRole::Cache))
        .map(|system| system.name.as_str())
        .collect();
    stores.sort_unstable();
    stores.dedup();
    if stores.len() > 1 {
        owed.push(format!("{} side by side", stores.join(", ")));
    }
    let mut uncommon: Vec<&str> =
        systems.filter(|system| system.role == SystemRole::Orchestrator).map(|system| system.name.as_str()).collect();
    let libraries = back_ends.iter().flat_map(|service| &service.libraries).filter(|one| one.used);
    for library in libraries.map(|one| catalogue.library(one.library)) {
        if library.unproven.is_some() || library.api == Some(ApiStyle::GraphQl) {
            uncommon.push(&library.name);
        }
    }
    uncommon.sort_unstable();
    uncommon.dedup();
    owed.extend(uncommon.into_iter().map(str::to_owned));
    owed
}

/// Where a reader would look first: the README, or where the first service stands.
fn place(project: &Project, back_ends: &[&Service]) -> Option<Place> {
    let readme = project.manifests().find(|(file, _)| project.file(*file).path.eq_ignore_ascii_case("readme.md"));
    let readme = readme.map(|(file, _)| Place { file, span: Default::default() });
    readme.or_else(|| back_ends.iter().find_map(|service| project.face(service)))
}
