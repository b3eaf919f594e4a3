//! The questions about the way from a developer's machine to production. It does not know whether any of it was run.

use std::collections::{BTreeMap, BTreeSet};

use super::view::{View, enumerated, has_role};
use super::{Reply, Verdict};
use crate::catalogue::{LibraryRole, System, SystemRole};
use crate::facts::Span;
use crate::finding::{Place, Step};
use crate::manifests::{self, Container, ContainerKind, ManifestFacts, ManifestKind, Part};
use crate::walk::{File, FileKind, Role};

pub(super) fn development(view: &View) -> Reply {
    if view.backends.is_empty() {
        return Reply::not_applicable("No back end was found.");
    }
    let mut evidence = Vec::new();
    let local = local_systems(view, &mut evidence);
    let pinned = pins(view, &mut evidence);
    let needed = needed_systems(view);
    let drifts = drifts(view);
    if !drifts.is_empty() {
        let names: Vec<String> = drifts.iter().map(|drift| drift.shown.clone()).collect();
        evidence.extend(drifts.into_iter().flat_map(|drift| drift.steps));
        return Reply::partly(format!("Versions differ: {}.", enumerated(&names)), evidence);
    }
    let missing: Vec<String> = needed.iter().filter(|name| !local.contains(*name)).cloned().collect();
    let pin = if pinned { "the runtime is pinned" } else { "no runtime is pinned" };
    match (missing.is_empty(), pinned) {
        (true, _) if needed.is_empty() => {
            let why = format!("No database or broker has to run, and {pin}.");
            Reply::new(if pinned { Verdict::Yes } else { Verdict::Partly }, why, evidence)
        }
        (true, true) => Reply::yes("Compose runs what the services need, and the runtime is pinned.", evidence),
        (true, false) => Reply::partly("Compose runs what the services need, but no runtime is pinned.", evidence),
        (false, pinned) => {
            let why = format!("Nothing runs {} locally, and {pin}.", enumerated(&missing));
            let some = pinned || missing.len() < needed.len();
            Reply::new(if some { Verdict::Partly } else { Verdict::No }, why, evidence)
        }
    }
}

/// Databases, brokers and the like that the services use and that could run in a container.
fn needed_systems(view: &View) -> BTreeSet<String> {
    let needs = [SystemRole::Cache, SystemRole::Database, SystemRole::Messaging, SystemRole::Search].as_slice();
    let used = view.backends.iter().flat_map(|service| service.systems.iter().filter(|known| known.used));
    let systems = used.map(|known| view.project.catalogue().system(known.system));
    let needed = systems.filter(|system| needs.contains(&system.role) && !system.images.is_empty());
    needed.map(|system| system.name.clone()).collect()
}

/// What Compose starts on a developer's machine.
fn local_systems(view: &View, evidence: &mut Vec<Step>) -> BTreeSet<String> {
    let mut local = BTreeSet::new();
    let files = view
        .manifests()
        .filter(|(file, manifest)| manifest.kind == ManifestKind::Compose && !speaks_of_production(view.path(*file)));
    for (file, manifest) in files {
        for container in &manifest.containers {
            let Some(image) = container.image.as_deref() else { continue };
            local.insert(name_of(view, plain_name(image)));
            evidence
                .push(Step { place: Place { file, span: container.span }, message: format!("{image} runs locally") });
        }
    }
    local
}

fn speaks_of_production(path: &str) -> bool {
    path.to_lowercase().contains("prod")
}

/// Whether a file tells developers which runtime to install, or builds the image they run.
fn pins(view: &View, evidence: &mut Vec<Step>) -> bool {
    let before = evidence.len();
    for (file, manifest) in view.manifests() {
        for version in manifest.versions.iter().filter(|version| version.part == Part::Development) {
            let message = format!("{} {} for developers", version.of, version.value);
            evidence.push(Step { place: Place { file, span: version.span }, message });
        }
        let is_image = |container: &&Container| container.kind == ContainerKind::Image;
        if let Some(container) = manifest.containers.iter().find(is_image)
            && let Some((name, version)) = container.image.as_deref().and_then(tagged)
            && system_of(view, name).is_some_and(|system| system.role == SystemRole::Runtime)
        {
            let message = format!("an image on {name} {version}");
            evidence.push(Step { place: Place { file, span: container.span }, message });
        }
    }
    evidence.len() > before
}

/// A runtime or engine with one major version here and another there.
struct Drift {
    shown: String,
    steps: Vec<Step>,
}

/// A version and where it counts.
struct Known {
    major: u32,
    is_production: bool,
    step: Step,
}

fn drifts(view: &View) -> Vec<Drift> {
    let mut known: BTreeMap<String, Vec<Known>> = BTreeMap::new();
    for (file, manifest) in view.manifests() {
        for (name, version, is_production, span) in versions(view.path(file), manifest) {
            let Some(major) = major(&version) else { continue };
            let part = if is_production { "production" } else { "development" };
            let step = Step { place: Place { file, span }, message: format!("{name} {version} in {part}") };
            known.entry(name_of(view, &name)).or_default().push(Known { major, is_production, step });
        }
    }
    let mut drifts = Vec::new();
    for (name, versions) in known {
        let of = |is_production| -> Vec<&Known> {
            versions.iter().filter(|known| known.is_production == is_production).collect()
        };
        let (development, production) = (of(false), of(true));
        // A product that supports several versions has one of them in common.
        let apart = !development.iter().any(|one| production.iter().any(|other| one.major == other.major));
        if let (Some(here), Some(there), true) = (development.first(), production.first(), apart) {
            let shown = format!("{name} {} in development, {} in production", here.major, there.major);
            drifts.push(Drift { shown, steps: vec![here.step.clone(), there.step.clone()] });
        }
    }
    drifts
}

/// Names and versions that a manifest speaks of, and whether each is production's.
fn versions(path: &str, manifest: &ManifestFacts) -> Vec<(String, String, bool, Span)> {
    let mut versions = Vec::new();
    for version in &manifest.versions {
        match version.part {
            Part::Development => versions.push((version.of.clone(), version.value.clone(), false, version.span)),
            Part::Production => versions.push((version.of.clone(), version.value.clone(), true, version.span)),
            Part::Floor | Part::Pipeline => {}
        }
    }
    for container in &manifest.containers {
        let is_production = match container.kind {
            ContainerKind::Image | ContainerKind::Workload | ContainerKind::Platform => true,
            ContainerKind::Service => speaks_of_production(path),
            ContainerKind::Stage | ContainerKind::Pipeline => continue,
        };
        if let Some((name, version)) = container.image.as_deref().and_then(tagged) {
            versions.push((name.to_owned(), version.to_owned(), is_production, container.span));
        }
    }
    versions
}

/// `docker.io/library/postgres:16-alpine` to `postgres` and `16-alpine`
fn tagged(image: &str) -> Option<(&str, &str)> {
    let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
    (!tag.contains('/') && tag.starts_with(|first: char| first.is_ascii_digit())).then_some((plain_name(image), tag))
}

/// `docker.io/library/postgres:16-alpine` to `postgres`, `quay.io/keycloak/keycloak` to `keycloak/keycloak`
fn plain_name(image: &str) -> &str {
    let mut name = image.split('@').next().unwrap_or_default();
    if let Some((registry, rest)) = name.split_once('/')
        && (registry.contains(['.', ':']) || registry == "localhost")
    {
        name = rest;
    }
    let name = name.strip_prefix("library/").unwrap_or(name);
    name.split(':').next().unwrap_or_default()
}

fn major(version: &str) -> Option<u32> {
    let digits = version.trim_start_matches(|first: char| !first.is_ascii_digit());
    digits.split(|next: char| !next.is_ascii_digit()).next()?.parse().ok()
}

/// One name for what images, engines and pins call differently.
fn name_of(view: &View, name: &str) -> String {
    system_of(view, name).map_or(name.to_lowercase(), |system| system.name.clone())
}

fn system_of<'p>(view: &View<'p>, name: &str) -> Option<&'p System> {
    let lower = name.to_lowercase();
    let fits = |pattern: &String| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(ending), _) => lower.ends_with(ending),
        (_, Some(beginning)) => lower.starts_with(beginning),
        _ => *pattern == lower,
    };
    let mut systems = view.project.catalogue().systems();
    let found = systems.find(|(_, system)| {
        system.images.iter().chain(&system.engines).any(fits) || system.name.to_lowercase() == lower
    });
    found.map(|(_, system)| system)
}

pub(super) fn tests(view: &View) -> Reply {
    let mut unit = Vec::new();
    let mut integration = Vec::new();
    let mut contract = Vec::new();
    let sources =
        view.project.files().filter(|(_, file)| matches!(file.kind, FileKind::Source(_) | FileKind::Foreign(_)));
    let is_test = |file: &File| file.role == Role::Test && !is_preparation(&file.path);
    for (id, file) in sources.filter(|(_, file)| is_test(file)) {
        let place = Place { file: id, span: Span::default() };
        let kind = if has_path_word(&file.path, &["contract", "contracts", "pact", "pacts"]) {
            &mut contract
        } else if has_path_word(&file.path, &["integration", "acceptance", "e2e", "functional", "system"]) {
            &mut integration
        } else {
            &mut unit
        };
        kind.push(place);
    }
    for file in view.project.product_files() {
        unit.extend(
            view.project
                .facts(file)
                .functions
                .iter()
                .find(|function| function.test)
                .map(|function| Place { file, span: function.head }),
        );
    }
    for service in view.project.services() {
        for known in &service.libraries {
            let library = view.project.catalogue().library(known.library);
            if !has_role(library, &[LibraryRole::Testing]) {
                continue;
            }
            let places = known.seen.first().map(|seen| seen.place);
            if has_role(library, &[LibraryRole::Contract]) {
                contract.extend(places);
            } else if !library.systems.is_empty() {
                // It starts what the services need.
                integration.extend(places);
            }
        }
    }
    for (file, manifest) in view.manifests() {
        let beside = manifest.containers.iter().find(|container| container.kind == ContainerKind::Pipeline);
        integration.extend(beside.map(|container| Place { file, span: container.span }));
    }
    reply_of_tests(&[("unit", unit), ("integration", integration), ("contract", contract)])
}

/// `jest.config.js`, `conftest.py`
fn is_preparation(path: &str) -> bool {
    has_path_word(path.rsplit('/').next().unwrap_or_default(), &["config", "conftest", "init", "setup"])
}

fn reply_of_tests(kinds: &[(&str, Vec<Place>); 3]) -> Reply {
    let mut evidence = Vec::new();
    let (mut has, mut lacks) = (Vec::new(), Vec::new());
    for (kind, places) in kinds {
        match places.first() {
            Some(place) => {
                has.push((*kind).to_owned());
                let more = match places.len() {
                    1 => String::new(),
                    count => format!(", the first of {count} places"),
                };
                evidence.push(Step { place: *place, message: format!("{kind} tests{more}") });
            }
            None => lacks.push((*kind).to_owned()),
        }
    }
    match (has.as_slice(), lacks.as_slice()) {
        ([], _) => Reply::no("No tests were found.", evidence),
        (has, []) => Reply::yes(format!("There are {} tests.", enumerated(has)), evidence),
        (has, lacks) => {
            let why = format!("There are {} tests; none are known as {} tests.", enumerated(has), enumerated(lacks));
            Reply::partly(why, evidence)
        }
    }
}

/// Whether a folder or the name of a file has one of some words.
fn has_path_word(path: &str, words: &[&str]) -> bool {
    path.to_lowercase().split(|next: char| !next.is_alphanumeric()).any(|word| words.contains(&word))
}

/// What steps and headings say that lead back to the version before.
const BACK: [&str; 6] = ["rollback", "roll back", "roll-back", "rollout undo", "canary", "blue-green"];

pub(super) fn deployment(view: &View) -> Reply {
    let (mut deploys, mut back, mut described, mut pipelines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (file, manifest) in view.manifests() {
        let at = |span| Place { file, span };
        let is_pipeline = matches!(manifest.kind, ManifestKind::GitHubWorkflow | ManifestKind::GitLabPipeline);
        if is_pipeline {
            pipelines.push(Step { place: at(Span::default()), message: "a pipeline".to_owned() });
        }
        if let Some(step) = manifest.steps.iter().find(|step| is_deployment(view, step)) {
            deploys.push(Step { place: at(step.span), message: format!("job `{}` deploys", step.job) });
        }
        if let Some(step) = manifest.steps.iter().find(|step| leads_back(step)) {
            back.push(Step { place: at(step.span), message: format!("job `{}` can go back", step.job) });
        }
        if let Some(object) = manifest.resources.iter().find(|resource| is_delivered(view, resource)) {
            let message = format!("{} `{}` follows the repository", object.kind, object.name);
            deploys.push(Step { place: at(object.span), message });
        }
        if follows_pushes(manifest.kind) {
            let message = "a platform that deploys what is pushed".to_owned();
            deploys.push(Step { place: at(Span::default()), message });
        }
        let speaks = |heading: &&manifests::Heading| has_any(&heading.text, &BACK);
        if let Some(heading) = manifest.headings.iter().find(speaks) {
            described.push(Step { place: at(heading.span), message: "the way back is described".to_owned() });
        }
    }
    match (deploys.is_empty(), back.is_empty(), described.is_empty()) {
        (false, false, _) => {
            deploys.extend(back);
            Reply::yes("Deployment is automated, and a pipeline knows the way back.", deploys)
        }
        (false, true, false) => {
            deploys.extend(described);
            Reply::partly("Deployment is automated; the way back is described, but no pipeline takes it.", deploys)
        }
        (false, true, true) => Reply::partly("Deployment is automated, but nothing speaks of rollback.", deploys),
        (true, ..) if pipelines.is_empty() => {
            Reply::no("No pipeline and no platform that deploys was found.", pipelines)
        }
        (true, ..) => Reply::no("Pipelines build and test, but none was seen to deploy.", pipelines),
    }
}

/// What brings code to where it runs, rather than building or testing it.
const DEPLOYS: [&str; 6] = [" apply", " upgrade", " deploy", " sync", " rollout", " set image"];

/// Actions of platforms that only make the others work.
const PREPARES: [&str; 5] = ["auth", "credentials", "login", "render", "setup"];

fn is_deployment(view: &View, step: &manifests::Step) -> bool {
    if has_any(&step.job, &["deploy", "rollout"]) {
        return true;
    }
    let run = step.run.as_deref().unwrap_or_default().to_lowercase();
    // Migrations are deployed to the databases of tests as well.
    let speaks = |line: &str| line.contains("deploy") && !line.contains("migrat");
    let brings = |role| matches!(role, SystemRole::Delivery | SystemRole::Orchestrator | SystemRole::Platform);
    let mut systems = view.project.catalogue().systems().filter(|(_, system)| brings(system.role));
    step.uses.as_ref().is_some_and(|uses| has_any(uses, &["deploy"]))
        || run.lines().any(speaks)
        || systems.any(|(_, system)| {
            let calls = |line: &str| {
                let is_called = system.commands.iter().any(|command| is_called(line, command));
                is_called && DEPLOYS.iter().any(|verb| line.contains(verb))
            };
            let acts = |uses: &String| system.role == SystemRole::Platform && system.actions.contains(uses);
            step.uses.as_ref().is_some_and(|uses| acts(uses) && !has_any(uses, &PREPARES)) || run.lines().any(calls)
        })
}

/// Whether a line begins with a command, alone or after another.
fn is_called(line: &str, command: &str) -> bool {
    line.split(['&', ';', '|']).any(|part| part.split_whitespace().next() == Some(command))
}

fn leads_back(step: &manifests::Step) -> bool {
    let texts = [Some(step.job.as_str()), step.uses.as_deref(), step.run.as_deref()];
    texts.into_iter().flatten().any(|text| has_any(text, &BACK))
}

fn has_any(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

/// An object by which something in the cluster follows a repository.
fn is_delivered(view: &View, resource: &manifests::Resource) -> bool {
    let Some(group) = resource.group.as_deref().and_then(|group| group.split('/').next()) else { return false };
    let mut systems = view.project.catalogue().systems().filter(|(_, system)| system.role == SystemRole::Delivery);
    systems.any(|(_, system)| {
        system
            .groups
            .iter()
            .any(|known| group == known || group.strip_suffix(known).is_some_and(|at| at.ends_with('.')))
    })
}

fn follows_pushes(kind: ManifestKind) -> bool {
    use ManifestKind as Kind;
    matches!(kind, Kind::Vercel | Kind::Netlify | Kind::Render | Kind::Railway)
}
