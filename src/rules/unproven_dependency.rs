//! Reports choices whose ways of failing nobody knows yet: unfinished versions where it matters, and too many
//! minorities' choices in one service.
//!
//! The catalogue counts innovation tokens; a record that names the choice answers for it.

use super::Pass;
use crate::catalogue::{Library, LibraryRole, SystemRole};
use crate::finding::{Place, Step};
use crate::manifests::ContainerKind;
use crate::model::versions::prerelease;
use crate::model::{How, Project, Requirement, Service, ServiceKind};
use crate::walk::Role;

/// So many tokens an organisation has to spend.
const PURSE: u8 = 3;

/// A choice that costs tokens.
struct Choice {
    name: String,
    tokens: u8,
    why: String,
    place: Place,
}

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let mut experiments = unfinished_packages(project);
    experiments.extend(unfinished_images(project));
    let mut spent = Vec::new();
    for service in project.services() {
        if !matches!(service.kind, ServiceKind::Service | ServiceKind::Worker | ServiceKind::Functions) {
            continue;
        }
        let (two, one): (Vec<Choice>, Vec<Choice>) =
            choices(project, service).into_iter().partition(|choice| choice.tokens > 1);
        experiments.extend(two);
        spent.push((service, one));
    }
    experiments.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
    experiments.dedup_by(|a, b| a.place == b.place);
    // A chapter that names the database says nothing of the unfinished version.
    for choice in experiments.iter().filter(|choice| !project.is_recorded(&choice.name)) {
        let message = format!("`{}` is used in an unfinished state: {}", choice.name, choice.why);
        let finding = pass.report(choice.place, message);
        finding.help("take a finished version, or record the decision and what happens when it fails");
    }
    for (service, choices) in spent {
        report_spent(pass, service, choices);
    }
}

fn report_spent(pass: &mut Pass, service: &Service, choices: Vec<Choice>) {
    let project = pass.project;
    let open: Vec<Choice> = choices.into_iter().filter(|choice| !project.is_explained(&choice.name)).collect();
    let tokens: u8 = open.iter().map(|choice| choice.tokens).sum();
    let Some(first) = open.first().filter(|_| tokens >= PURSE) else { return };
    let names: Vec<String> = open.iter().map(|choice| format!("`{}`", choice.name)).collect();
    let message = format!(
        "{} builds on {} choices that few have made, and no decision record names them: {}",
        project.shown(service),
        open.len(),
        names.join(", ")
    );
    let finding = pass.report(first.place, message);
    finding.trail(open.iter().map(|one| Step { place: one.place, message: format!("`{}`: {}", one.name, one.why) }).collect());
    finding.help("keep the one that sets the product apart, take the usual choice for the others, and record why");
}

/// What the catalogue calls unproven in a service.
fn choices(project: &Project, service: &Service) -> Vec<Choice> {
    let catalogue = project.catalogue();
    let libraries = service.libraries.iter().filter(|one| one.used).filter_map(|one| {
        let library = catalogue.library(one.library);
        let unproven = project.unproven(one.library)?;
        // What only a library of the repository imports is that library's choice.
        let place = one.seen.iter().map(|seen| seen.place).find(|place| service.files.contains(&place.file))?;
        Some(Choice { name: library.name.clone(), tokens: unproven.tokens, why: unproven.why.clone(), place })
    });
    let systems = service.systems.iter().filter_map(|one| {
        let system = catalogue.system(one.system);
        let unproven = system.unproven.as_ref()?;
        let seen = one.seen.iter().find(|seen| seen.how != How::Declared)?;
        Some(Choice { name: system.name.clone(), tokens: unproven.tokens, why: unproven.why.clone(), place: seen.place })
    });
    libraries.chain(systems).collect()
}

/// Unfinished versions of what a service stands on: its framework, its way to the data, its queue, its locks.
fn unfinished_packages(project: &Project) -> Vec<Choice> {
    let unfinished = project.requirements().filter_map(|requirement| {
        let libraries = requirement.libraries(project);
        libraries.iter().map(|id| project.catalogue().library(*id)).find(|library| carries(library))?;
        let version = version_in_use(&requirement)?;
        let tail = prerelease(version)?;
        let name = requirement.dependency.name.clone();
        let why = format!("version {version} is not finished (`{}`)", tail.trim_start_matches(['-', '.']));
        Some(Choice { name, tokens: 2, why, place: requirement.place })
    });
    unfinished.collect()
}

/// What was chosen, or what is asked for by itself. A lower bound says nothing of what is in use.
fn version_in_use<'r>(requirement: &Requirement<'r>) -> Option<&'r str> {
    let locked = requirement.locked.map(|(locked, _)| locked.version.as_str());
    locked.or_else(|| requirement.range.filter(|range| !range.starts_with(['>', '^', '~']) && !range.contains("||")))
}

fn carries(library: &Library) -> bool {
    let carries = |role: &LibraryRole| {
        matches!(
            role,
            LibraryRole::WebFramework
                | LibraryRole::Api
                | LibraryRole::DataAccess
                | LibraryRole::KeyValue
                | LibraryRole::Jobs
                | LibraryRole::Messaging
                | LibraryRole::Auth
        )
    };
    carries(&library.role)
}

/// Images of runtimes and stores whose tag says that they are not finished.
fn unfinished_images(project: &Project) -> Vec<Choice> {
    let mut found = Vec::new();
    for (file, manifest) in project.manifests().filter(|(file, _)| project.file(*file).role == Role::Product) {
        for container in &manifest.containers {
            let runs = matches!(
                container.kind,
                ContainerKind::Image | ContainerKind::Service | ContainerKind::Workload | ContainerKind::Platform
            );
            let named = container.image.as_deref().and_then(|image| image.split('@').next());
            let Some((image, tag)) = named.and_then(|image| image.rsplit_once(':')) else { continue };
            let role = project.system_of_image(image).map(|system| project.catalogue().system(system).role);
            let matters = matches!(
                role,
                Some(
                    SystemRole::Runtime
                        | SystemRole::Database
                        | SystemRole::Cache
                        | SystemRole::Messaging
                        | SystemRole::Search
                )
            );
            if runs && matters && !container.optional && prerelease(tag).is_some() {
                let why = format!("the image `{image}:{tag}` is not finished");
                let place = Place { file, span: container.span };
                found.push(Choice { name: plain(image).to_owned(), tokens: 2, why, place });
            }
        }
    }
    found
}

fn plain(image: &str) -> &str {
    image.rsplit('/').next().unwrap_or(image)
}
