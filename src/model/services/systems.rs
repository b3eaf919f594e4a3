//! What is deployed beside a service, what its libraries speak to and where its addresses lead, to the systems of the
//! catalogue. Knows no protocol and no version.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::deployments::{Concerns, is_aside};
use super::kinds::is_start;
use super::units::Units;
use super::{How, LibraryUse, Seen, ServiceKind, SystemUse, whole};
use crate::catalogue::{Catalogue, System, SystemId, SystemRole, fits};
use crate::facts::{FileFacts, Name, Span, Value};
use crate::finding::Place;
use crate::manifests::{ContainerKind, ManifestFacts, ManifestKind};
use crate::model::Project;
use crate::walk::{FileId, Role};

const PLACES: usize = 6;

/// What manifests say of systems, by unit.
#[derive(Debug)]
pub(super) struct Systems {
    names: Names,
    by_unit: Vec<Vec<(SystemId, Seen)>>,
    /// What manifests say that concern no unit.
    beside: Vec<(SystemId, Seen)>,
}

impl Systems {
    pub(super) fn of(project: &Project, units: &Units, concerns: &Concerns) -> Self {
        let names = Names::of(project.catalogue);
        let mut by_unit = vec![Vec::new(); units.all.len()];
        for (id, concerned) in &concerns.all {
            let Some(manifest) = project.manifest(*id) else {
                continue; // Only manifests concern units.
            };
            let found = names.of_manifest(*id, manifest);
            for unit in concerned {
                by_unit[*unit as usize].extend(found.iter().cloned());
            }
        }
        let concerned: FxHashSet<FileId> = concerns.all.iter().map(|(id, _)| *id).collect();
        let is_product =
            |id: FileId| !matches!(project.file(id).role, Role::Test | Role::Fixture | Role::Vendored | Role::Example);
        let is_aside = |id: FileId, manifest: &ManifestFacts| is_aside(manifest.kind, &project.file(id).path);
        let others = project.manifests().filter(|(id, _)| !concerned.contains(id) && is_product(*id));
        let others = others.filter(|(id, manifest)| !is_aside(*id, manifest));
        let beside = others.flat_map(|(id, manifest)| names.of_manifest(id, manifest)).collect();
        Self { names, by_unit, beside }
    }

    /// The systems that stand beside all units, by their position in the catalogue.
    pub(super) fn beside(&self) -> Vec<SystemUse> {
        let mut found: BTreeMap<SystemId, Vec<Seen>> = BTreeMap::new();
        for (system, seen) in &self.beside {
            found.entry(*system).or_default().push(seen.clone());
        }
        uses(found, &BTreeSet::new())
    }

    /// The systems of one unit, by their position in the catalogue.
    pub(super) fn of_unit(
        &self,
        project: &Project,
        unit: usize,
        kind: ServiceKind,
        files: &[FileId],
        libraries: &[LibraryUse],
    ) -> Vec<SystemUse> {
        let mut found: BTreeMap<SystemId, Vec<Seen>> = BTreeMap::new();
        // Where sources are not understood, a row of a manifest is all that speaks for a library in use.
        let mut in_use: BTreeSet<SystemId> = BTreeSet::new();
        for library in libraries {
            for system in &project.catalogue.library(library.library).systems {
                let Some(system) = project.catalogue.system_named(system) else {
                    continue; // A user's own library may name a system that nobody knows.
                };
                if library.used {
                    in_use.insert(system);
                }
                let seen = library.seen.iter().take(2).cloned();
                let seen = seen.filter(|seen| library.used || seen.how == How::Declared);
                found.entry(system).or_default().extend(seen);
            }
        }
        // Pages ask services, and no store of the Compose file that all of them stand in.
        let is_of_page = |system: &System| {
            matches!(system.role, SystemRole::Platform | SystemRole::Proxy | SystemRole::Runtime | SystemRole::Delivery)
        };
        let is_composed = |seen: &Seen| {
            project.manifest(seen.place.file).is_some_and(|manifest| manifest.kind == ManifestKind::Compose)
        };
        for (system, seen) in &self.by_unit[unit] {
            let is_kept = is_of_page(project.catalogue.system(*system)) || !is_composed(seen);
            if kind != ServiceKind::FrontEnd || is_kept {
                found.entry(*system).or_default().push(seen.clone());
            }
        }
        for file in files.iter().filter(|file| project.file(**file).role == Role::Product) {
            if kind == ServiceKind::Functions {
                for (system, span) in exported(project, *file) {
                    let seen = Seen { place: Place { file: *file, span }, how: How::Deployed };
                    found.entry(system).or_default().push(seen);
                }
            }
            let Some(facts) = project.facts[file.get()].as_ref() else {
                continue; // Only counted.
            };
            for (system, span) in self.names.of_texts(facts) {
                let seen = Seen { place: Place { file: *file, span }, how: How::Deployed };
                found.entry(system).or_default().push(seen);
            }
        }
        uses(found, &in_use)
    }
}

/// Systems that call what a file gives to its platform: `export default { fetch, scheduled }`
fn exported(project: &Project, file: FileId) -> Vec<(SystemId, Span)> {
    let bindings = project.facts[file.get()].iter().flat_map(|facts| &facts.bindings);
    let mut given = bindings.filter(|binding| matches!(&*binding.target, [name] if *name == "default"));
    let Some((Value::Object(entries), span)) = given.next().map(|binding| (&binding.value, binding.span)) else {
        return Vec::new();
    };
    let is_given =
        |system: &System| entries.iter().any(|(key, _)| system.exports.iter().any(|one| one == key.as_str()));
    project.catalogue.systems().filter(|(_, system)| is_given(system)).map(|(id, _)| (id, span)).collect()
}

fn uses(found: BTreeMap<SystemId, Vec<Seen>>, in_use: &BTreeSet<SystemId>) -> Vec<SystemUse> {
    let systems = found.into_iter().filter(|(_, seen)| !seen.is_empty()).map(|(system, mut seen)| {
        seen.sort_by_key(|seen| (seen.how, seen.place));
        seen.dedup();
        seen.truncate(PLACES);
        let used = in_use.contains(&system) || seen.iter().any(|seen| seen.how != How::Declared);
        SystemUse { system, used, seen }
    });
    systems.collect()
}

/// Systems by all that manifests may call them.
#[derive(Debug)]
struct Names {
    images: Patterns,
    resources: Patterns,
    engines: Patterns,
    runtimes: Patterns,
    groups: Vec<(String, SystemId)>,
    annotations: Patterns,
    hosts: Vec<(String, SystemId)>,
    manifests: Patterns,
    commands: Patterns,
    deploys: Vec<(String, SystemId)>,
    actions: Patterns,
    variables: Patterns,
    schemes: Patterns,
    of_runtimes: FxHashSet<SystemId>,
}

/// Names, and those that begin or end with `*`.
#[derive(Debug, Default)]
struct Patterns {
    exact: FxHashMap<String, Vec<SystemId>>,
    open: Vec<(String, SystemId)>,
}

impl Patterns {
    fn of(catalogue: &Catalogue, list: fn(&System) -> &[String]) -> Self {
        let mut patterns = Self::default();
        for (id, system) in catalogue.systems() {
            for name in list(system) {
                match name.contains('*') {
                    true => patterns.open.push((name.clone(), id)),
                    false => patterns.exact.entry(name.clone()).or_default().push(id),
                }
            }
        }
        patterns
    }

    fn of_name(&self, name: &str) -> Vec<SystemId> {
        let mut found = self.exact.get(name).cloned().unwrap_or_default();
        let open = self.open.iter().filter(|(pattern, _)| fits(pattern, name));
        found.extend(open.map(|(_, id)| *id));
        found
    }
}

impl Names {
    fn of(catalogue: &Catalogue) -> Self {
        let all = |list: fn(&System) -> &[String]| {
            let rows =
                catalogue.systems().flat_map(|(id, system)| list(system).iter().map(move |name| (name.clone(), id)));
            rows.collect::<Vec<_>>()
        };
        Self {
            images: Patterns::of(catalogue, |system| &system.images),
            resources: Patterns::of(catalogue, |system| &system.resources),
            engines: Patterns::of(catalogue, |system| &system.engines),
            runtimes: Patterns::of(catalogue, |system| &system.runtimes),
            groups: all(|system| &system.groups),
            annotations: Patterns::of(catalogue, |system| &system.annotations),
            hosts: all(|system| &system.hosts),
            manifests: Patterns::of(catalogue, |system| &system.manifests),
            commands: Patterns::of(catalogue, |system| &system.commands),
            deploys: all(|system| if system.functions { &system.deploys } else { &[] }),
            actions: Patterns::of(catalogue, |system| &system.actions),
            variables: Patterns::of(catalogue, |system| &system.variables),
            schemes: Patterns::of(catalogue, |system| &system.schemes),
            of_runtimes: catalogue
                .systems()
                .filter(|(_, system)| system.role == SystemRole::Runtime)
                .map(|(id, _)| id)
                .collect(),
        }
    }

    fn of_manifest(&self, id: FileId, manifest: &ManifestFacts) -> Vec<(SystemId, Seen)> {
        let mut found: Vec<(SystemId, Seen)> = Vec::new();
        let mut add = |systems: Vec<SystemId>, span: Span, how: How| {
            found.extend(systems.into_iter().map(|system| (system, Seen { place: Place { file: id, span }, how })));
        };
        if !is_triage(manifest) {
            add(self.manifests.of_name(&kebab(manifest.kind)), whole(id).span, How::Deployed);
        }
        for container in manifest.containers.iter().filter(|one| one.kind != ContainerKind::Pipeline) {
            if container.kind != ContainerKind::Stage {
                add(self.of_image(container.image.as_deref().unwrap_or_default()), container.span, How::Deployed);
            }
            for word in container.command.iter().flat_map(|command| command.split_whitespace()) {
                add(self.of_word(word), container.span, How::Deployed);
            }
            for (name, value) in &container.environment {
                // Options of a runtime load what watches it: `NODE_OPTIONS=--require dd-trace/init`.
                for word in value.split_whitespace().filter(|_| name.ends_with("_OPTIONS")).take(50) {
                    add(self.of_word(word), container.span, How::Deployed);
                }
                add(self.of_address(value), container.span, How::Deployed);
                add(self.variables.of_name(name), container.span, How::Declared);
            }
        }
        let providers = self.providers(manifest);
        for function in &manifest.functions {
            let mut platforms = self.runtimes.of_name(function.runtime.as_deref().unwrap_or_default());
            platforms.retain(|platform| providers.is_empty() || providers.contains(platform));
            add(platforms, function.span, How::Deployed);
        }
        for variable in &manifest.variables {
            add(self.of_address(&variable.value), variable.span, How::Deployed);
            add(self.variables.of_name(&variable.name), variable.span, How::Declared);
        }
        for resource in &manifest.resources {
            add(self.resources.of_name(&resource.kind), resource.span, How::Deployed);
            if resource.kind == "provider" {
                add(providers.clone(), resource.span, How::Deployed);
            }
            if let Some(group) = resource.group.as_deref().and_then(|group| group.split('/').next()) {
                let is = |known: &&(String, SystemId)| is_below(group, &known.0);
                add(self.groups.iter().filter(is).map(|(_, id)| *id).collect(), resource.span, How::Deployed);
            }
            for (_, annotation) in resource.attributes.iter().filter(|(key, _)| key == "annotation") {
                add(self.annotations.of_name(annotation), resource.span, How::Deployed);
            }
            let engines = resource.attributes.iter().filter(|(key, _)| key == "engine" || key == "database_version");
            for (_, engine) in engines {
                add(self.of_engine(engine), resource.span, How::Deployed);
            }
        }
        for command in &manifest.commands {
            add(self.deploying(&command.line), command.span, How::Deployed);
            for word in command.line.split_whitespace().take(50) {
                let mut named = self.commands.of_name(word);
                // What builds and checks need says nothing of what runs.
                let runs = !manifest.kind.is_package() || is_start(manifest.kind, &command.name);
                named.retain(|system| runs || !self.of_runtimes.contains(system));
                add(named, command.span, How::Declared);
            }
        }
        for step in &manifest.steps {
            add(
                step.uses.as_deref().map(|uses| self.actions.of_name(uses)).unwrap_or_default(),
                step.span,
                How::Deployed,
            );
        }
        found
    }

    /// A word of a command: a program, or what it is told to load, `-javaagent:/opt/agent.jar`.
    fn of_word(&self, word: &str) -> Vec<SystemId> {
        let word = word.rsplit(['=', ':']).next().unwrap_or_default();
        let found = self.commands.of_name(word);
        if found.is_empty() { self.commands.of_name(word.rsplit('/').next().unwrap_or_default()) } else { found }
    }

    /// The platform that a service says it is for: other platforms call their runtimes the same.
    fn providers(&self, manifest: &ManifestFacts) -> Vec<SystemId> {
        let is_provider = |kind: &str| manifest.kind == ManifestKind::Serverless && kind == "provider";
        let named = manifest.resources.iter().filter(|resource| is_provider(&resource.kind));
        named.flat_map(|resource| self.resources.of_name(&format!("serverless.{}", resource.name))).collect()
    }

    /// `wrangler deploy --minify`
    fn deploying(&self, line: &str) -> Vec<SystemId> {
        self.deploys.iter().filter(|(start, _)| line.contains(start.as_str())).map(|(_, id)| *id).collect()
    }

    /// `docker.io/library/postgres:16` is `postgres`.
    fn of_image(&self, image: &str) -> Vec<SystemId> {
        let image = image.split('@').next().unwrap_or_default();
        let name = match image.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => name,
            _ => image,
        };
        let (first, rest) = name.split_once('/').unwrap_or(("", name));
        let is_registry = first.contains(['.', ':']) || first == "localhost";
        let name = if is_registry { rest } else { name };
        let name = name.strip_prefix("library/").unwrap_or(name);
        if name.is_empty() { Vec::new() } else { self.images.of_name(name) }
    }

    fn of_engine(&self, engine: &str) -> Vec<SystemId> {
        let found = self.engines.of_name(engine);
        if found.is_empty() { self.engines.of_name(&engine.to_ascii_lowercase()) } else { found }
    }

    /// `postgres://db/shop` by its scheme, `https://x.supabase.co` by its host.
    fn of_address(&self, text: &str) -> Vec<SystemId> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Vec::new();
        };
        let scheme =
            scheme.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "+.-".contains(c))).next().unwrap_or_default();
        // `jdbc:postgresql://`, `postgresql+asyncpg://`
        let mut found = self.schemes.of_name(scheme);
        if found.is_empty() {
            found = self.schemes.of_name(scheme.split('+').next().unwrap_or_default());
        }
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        found.extend(self.hosts.iter().filter(|(known, _)| is_below(host, known)).map(|(_, id)| *id));
        found
    }

    /// Addresses that stand in code, the first of each system.
    fn of_texts(&self, facts: &FileFacts) -> Vec<(SystemId, Span)> {
        let mut found: Vec<(SystemId, Span)> = Vec::new();
        let mut add = |text: Name, span: Span| {
            if text.contains("://") && !text.starts_with("http") {
                for system in self.of_address(&text) {
                    if found.iter().all(|(known, _)| *known != system) {
                        found.push((system, span));
                    }
                }
            }
        };
        let of_calls = facts.calls.iter().flat_map(|call| call.arguments.iter().map(|one| (&one.value, call.span)));
        let of_bindings = facts.bindings.iter().map(|binding| (&binding.value, binding.span));
        let of_fields = facts.types.iter().flat_map(|one| &one.fields);
        let of_fields = of_fields.filter_map(|field| Some((field.value.as_ref()?, field.span)));
        for (value, span) in of_calls.chain(of_bindings).chain(of_fields) {
            let mut next = vec![value];
            while let Some(value) = next.pop() {
                match value {
                    Value::Text(text) | Value::Template(text, _) => add(*text, span),
                    Value::Object(entries) => next.extend(entries.iter().map(|(_, value)| value)),
                    Value::List(values) | Value::Other(values) => next.extend(values.iter()),
                    _ => {}
                }
            }
        }
        found
    }
}

/// A pipeline that sorts issues and neither builds nor runs anything.
fn is_triage(manifest: &ManifestFacts) -> bool {
    manifest.kind == ManifestKind::GitHubWorkflow
        && manifest.steps.len() < 2
        && manifest.steps.iter().all(|step| step.run.is_none())
}

/// A host or group at or below another.
fn is_below(name: &str, known: &str) -> bool {
    name == known || name.strip_suffix(known).is_some_and(|rest| rest.ends_with('.'))
}

/// `HelmChart` is `helm-chart`.
pub(super) fn kebab(kind: ManifestKind) -> String {
    let mut name = String::new();
    for letter in format!("{kind:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
