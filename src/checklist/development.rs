//! The question whether developers have what production has. It leaves the comparison of versions to the rule about
//! them, and does not know whether anybody starts what Compose describes.

use std::collections::BTreeSet;

use super::view::{View, enumerated, has_path_word};
use super::{Reply, Verdict};
use crate::catalogue::{SystemId, SystemRole};
use crate::finding::{Severity, Step};
use crate::manifests::{ManifestKind, Part};
use crate::model::{How, Stage, SystemUse};
use crate::rules::Rule;

/// What has to run for a service to work.
const NEEDS: [SystemRole; 4] = [SystemRole::Cache, SystemRole::Database, SystemRole::Messaging, SystemRole::Search];

/// Images and pins of which the places are shown.
const SHOWN: usize = 4;

pub(super) fn development(view: &View) -> Reply {
    if view.backends.is_empty() {
        return Reply::not_applicable("No back end was found.");
    }
    let mut evidence = Vec::new();
    let local = local_systems(view, &mut evidence);
    let pinned = pins(view, &mut evidence);
    if let Some(reply) = drifts(view) {
        return reply;
    }
    let needed = needed_systems(view);
    let missing = needed.iter().filter(|id| !is_served(view, **id, &local));
    let missing: Vec<String> = missing.map(|id| view.project.catalogue().system(*id).name.clone()).collect();
    let pin = if pinned { "the runtime is pinned" } else { "no runtime is pinned" };
    match (missing.is_empty(), pinned) {
        (true, _) if needed.is_empty() => {
            let why = format!("No database or broker has to run, and {pin}.");
            Reply::new(if pinned { Verdict::Yes } else { Verdict::Partly }, why, evidence)
        }
        (true, true) => Reply::yes("Compose runs what the services need, and the runtime is pinned.", evidence),
        (true, false) => Reply::partly("Compose runs what the services need, but no runtime is pinned.", evidence),
        (false, pinned) => {
            let why = format!("Compose does not run {}, and {pin}.", enumerated(&missing));
            let some = pinned || missing.len() < needed.len();
            Reply::new(if some { Verdict::Partly } else { Verdict::No }, why, evidence)
        }
    }
}

/// What the rule about versions finds.
fn drifts(view: &View) -> Option<Reply> {
    let mut findings = Rule::find("dev-prod-drift")?.findings(view.project, Severity::Warning);
    // What others begin with is not what is run here.
    findings.retain(|finding| !has_path_word(view.path(finding.place.file), &["template", "templates"]));
    let first = findings.first()?;
    let more = match findings.len() {
        1 => String::new(),
        2 => "; and at 1 more place".to_owned(),
        count => format!("; and at {} more places", count - 1),
    };
    let why = format!("Versions differ: {}{more}.", first.message);
    let steps = findings.iter().map(|finding| Step { place: finding.place, message: finding.message.clone() });
    Some(Reply::partly(why, steps.collect()))
}

/// Databases, brokers and the like that the services use and that could run in a container.
fn needed_systems(view: &View) -> BTreeSet<SystemId> {
    let used = view.backends.iter().flat_map(|service| service.systems.iter().filter(|known| known.used));
    used.filter(|known| has_to_run(view, known)).map(|known| known.system).collect()
}

fn has_to_run(view: &View, known: &SystemUse) -> bool {
    let catalogue = view.project.catalogue();
    let system = catalogue.system(known.system);
    let is_inside = || {
        let mut libraries = catalogue.libraries();
        libraries.any(|(_, library)| library.in_process && library.systems.contains(&system.name))
    };
    // What is only known by its makers' hosts is called there, unless something shows that it is run.
    let is_elsewhere = !system.hosts.is_empty() && system.schemes.is_empty() && system.engines.is_empty();
    // Of what only a cloud has, images are imitations.
    let is_of_cloud = || {
        let kinds = ["AWS::", "aws_", "azurerm_", "google_"];
        let of_cloud = |resource: &String| kinds.iter().any(|start| resource.starts_with(start));
        !system.resources.is_empty() && system.resources.iter().all(of_cloud)
    };
    let is_run = || known.seen.iter().any(|seen| seen.how == How::Deployed);
    NEEDS.contains(&system.role)
        && !system.images.is_empty()
        && !is_inside()
        && !is_of_cloud()
        && (!is_elsewhere || is_run())
}

/// Whether Compose runs a system, or a cache that takes the place of another.
fn is_served(view: &View, needed: SystemId, local: &BTreeSet<SystemId>) -> bool {
    let role = |id: SystemId| view.project.catalogue().system(id).role;
    let is_cache = |id: &SystemId| role(*id) == SystemRole::Cache;
    local.contains(&needed) || (is_cache(&needed) && local.iter().any(is_cache))
}

/// What Compose and the tools of platforms start on a developer's machine.
fn local_systems(view: &View, evidence: &mut Vec<Step>) -> BTreeSet<SystemId> {
    let mut local = BTreeSet::new();
    for (file, manifest) in view.manifests().filter(|(file, _)| !view.path(*file).to_lowercase().contains("prod")) {
        let kind = manifest.kind.name();
        let systems = view.project.catalogue().systems();
        let described = systems.filter(|(_, system)| NEEDS.contains(&system.role) && system.manifests.contains(&kind));
        local.extend(described.map(|(id, _)| id));
        for container in manifest.containers.iter().filter(|_| manifest.kind == ManifestKind::Compose) {
            let image = container.image.as_deref().unwrap_or_default();
            let found: Vec<SystemId> = view.project.systems_of_image(image).collect();
            let is_needed = |id: &SystemId| NEEDS.contains(&view.project.catalogue().system(*id).role);
            if found.iter().any(is_needed) {
                let place = view.project.place(file, container.span);
                evidence.push(Step { place, message: format!("{image} runs locally") });
            }
            local.extend(found);
        }
    }
    let mut said = BTreeSet::new();
    evidence.retain(|step| said.insert(step.message.clone()));
    local
}

/// Whether something says which runtime to install: a pin, the line of a module, the image that is built.
fn pins(view: &View, evidence: &mut Vec<Step>) -> bool {
    let mut pins = Vec::new();
    let role = |id: SystemId| view.project.catalogue().system(id).role;
    for runtime in view.project.runtimes().iter().filter(|runtime| role(runtime.system) == SystemRole::Runtime) {
        let name = &view.project.catalogue().system(runtime.system).name;
        let is_module = view.project.manifest(runtime.place.file).is_some_and(|one| one.kind == ManifestKind::GoModule);
        let message = match runtime.stage {
            Stage::Development => format!("{name} {} for developers", runtime.number),
            Stage::Floor if is_module => format!("{name} {} for the module", runtime.number),
            Stage::Shipped => format!("an image on {name} {}", runtime.number),
            Stage::Cloud => format!("{name} {} in the cloud", runtime.number),
            Stage::Floor | Stage::Pipeline => continue,
        };
        pins.push(Step { place: runtime.place, message });
    }
    // A channel is no number, but everybody gets it.
    for (file, manifest) in view.manifests().filter(|(_, manifest)| manifest.kind == ManifestKind::VersionPin) {
        let is_channel = |value: &str| matches!(value, "stable" | "nightly" | "beta") || value.starts_with("lts/");
        for version in manifest.versions.iter().filter(|one| one.part == Part::Development && is_channel(&one.value)) {
            let place = view.project.place(file, version.span);
            pins.push(Step { place, message: format!("{} {} for developers", version.of, version.value) });
        }
    }
    let mut said = BTreeSet::new();
    pins.retain(|step| said.insert(step.message.clone()));
    let pinned = !pins.is_empty();
    evidence.extend(pins.into_iter().take(SHOWN));
    pinned
}
