//! All that manifests and code may call the systems of the catalogue, and what one manifest says of them. Knows no
//! service.

use rustc_hash::{FxHashMap, FxHashSet};

use super::kinds::is_start;
use super::pipelines::{self, Commands};
use super::{How, Seen, whole};
use crate::catalogue::{Catalogue, System, SystemId, SystemRole, fits};
use crate::facts::{FileFacts, FunctionIndex, Name, Span, Value};
use crate::finding::Place;
use crate::manifests::{ContainerKind, ManifestFacts, ManifestKind, Part};
use crate::walk::FileId;

/// A system where a manifest speaks of it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) system: SystemId,
    pub(super) seen: Seen,
    pub(super) by: By,
    /// The container that says it, by its position in the manifest.
    pub(super) container: Option<usize>,
}

/// What of a system is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The system itself: an image, a resource, a host.
    Itself,
    /// What leads to it or to another that speaks like it: a scheme, a variable, a command.
    Way,
    /// What a pipeline sets up.
    Pipeline,
}

/// Systems by all that manifests may call them.
#[derive(Debug)]
pub(super) struct Names {
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
    pub(super) fn of(catalogue: &Catalogue) -> Self {
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

    /// What a manifest says. Whether what Compose runs is the repository's own, the caller knows.
    pub(super) fn of_manifest(&self, id: FileId, manifest: &ManifestFacts, catalogue: &Catalogue) -> Vec<Named> {
        let mut found: Vec<Named> = Vec::new();
        let mut add = |systems: Vec<SystemId>, span: Span, how: How, by: By, container: Option<usize>| {
            let seen = Seen { place: Place { file: id, span }, how };
            found.extend(systems.into_iter().map(|system| Named { system, seen: seen.clone(), by, container }));
        };
        let commands: Vec<Commands> = manifest.steps.iter().map(Commands::of).collect();
        let delivering = pipelines::delivering(catalogue, manifest, &commands);
        if !pipelines::is_pipeline(manifest.kind) || !delivering.is_empty() {
            add(self.manifests.of_name(&manifest.kind.name()), whole(id).span, How::Deployed, By::Itself, None);
        }
        let containers = manifest.containers.iter().enumerate();
        for (index, container) in containers.filter(|(_, one)| one.kind != ContainerKind::Pipeline) {
            let (span, at) = (container.span, Some(index));
            if container.kind != ContainerKind::Stage {
                let image = self.of_image(container.image.as_deref().unwrap_or_default());
                add(image, span, How::Deployed, By::Itself, at);
            }
            for word in container.command.iter().flat_map(|command| command.split_whitespace()) {
                add(self.of_word(word), span, How::Deployed, By::Way, at);
            }
            for (name, value) in &container.environment {
                // Options of a runtime load what watches it: `NODE_OPTIONS=--require dd-trace/init`.
                for word in value.split_whitespace().filter(|_| name.ends_with("_OPTIONS")).take(50) {
                    add(self.of_word(word), span, How::Deployed, By::Way, at);
                }
                add(self.of_scheme(value), span, How::Deployed, By::Way, at);
                add(self.of_host(value), span, How::Deployed, By::Itself, at);
                add(self.variables.of_name(name), span, How::Declared, By::Way, at);
            }
        }
        let providers = self.providers(manifest);
        for function in &manifest.functions {
            let mut platforms = self.runtimes.of_name(function.runtime.as_deref().unwrap_or_default());
            platforms.retain(|platform| providers.is_empty() || providers.contains(platform));
            add(platforms, function.span, How::Deployed, By::Itself, None);
        }
        for variable in &manifest.variables {
            add(self.of_scheme(&variable.value), variable.span, How::Deployed, By::Way, None);
            add(self.of_host(&variable.value), variable.span, How::Deployed, By::Itself, None);
            add(self.variables.of_name(&variable.name), variable.span, How::Declared, By::Way, None);
        }
        for version in manifest.versions.iter().filter(|version| version.part != Part::Pipeline) {
            let mut named = self.of_engine(&version.of);
            named.retain(|system| self.of_runtimes.contains(system));
            add(named, version.span, How::Pinned, By::Itself, None);
        }
        for resource in &manifest.resources {
            let mut named = self.resources.of_name(&resource.kind);
            if resource.kind == "provider" {
                named.extend(&providers);
            }
            let annotations = resource.attributes.iter().filter(|(key, _)| key == "annotation");
            named.extend(annotations.flat_map(|(_, annotation)| self.annotations.of_name(annotation)));
            if let Some(group) = resource.group.as_deref().and_then(|group| group.split('/').next()) {
                let is = |known: &&(String, SystemId)| is_below(group, &known.0);
                named.extend(self.groups.iter().filter(is).map(|(_, id)| *id));
            }
            let engines = resource.attributes.iter().filter(|(key, _)| key == "engine" || key == "database_version");
            named.extend(engines.flat_map(|(_, engine)| self.of_engine(engine)));
            add(named, resource.span, How::Deployed, By::Itself, None);
        }
        for command in &manifest.commands {
            add(self.deploying(&command.line), command.span, How::Deployed, By::Itself, None);
            // A platform runs a command of its name: `heroku-postbuild`.
            let platform = command.name.split_once('-').map(|(first, _)| self.commands.of_name(first));
            add(platform.unwrap_or_default(), command.span, How::Declared, By::Way, None);
            for word in command.line.split_whitespace().take(50) {
                let mut named = self.commands.of_name(word);
                // What builds and checks need says nothing of what runs.
                let runs = !manifest.kind.is_package() || is_start(manifest.kind, &command.name);
                named.retain(|system| runs || !self.of_runtimes.contains(system));
                add(named, command.span, How::Declared, By::Way, None);
            }
        }
        for (step, commands) in manifest.steps.iter().zip(&commands) {
            let mut named = step.uses.as_deref().map(|uses| self.actions.of_name(uses)).unwrap_or_default();
            named.retain(|system| {
                pipelines::tells(catalogue.system(*system).role, delivering.contains(step.job.as_str()))
            });
            named.extend(pipelines::reached(catalogue, step, commands));
            add(named, step.span, How::Deployed, By::Pipeline, None);
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

    pub(super) fn of_engine(&self, engine: &str) -> Vec<SystemId> {
        let found = self.engines.of_name(engine);
        if found.is_empty() { self.engines.of_name(&engine.to_ascii_lowercase()) } else { found }
    }

    /// `postgres://db/shop`, `jdbc:postgresql://`, `postgresql+asyncpg://`
    fn of_scheme(&self, text: &str) -> Vec<SystemId> {
        let Some((scheme, _)) = text.split_once("://").filter(|_| !is_prose(text)) else {
            return Vec::new();
        };
        let scheme =
            scheme.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "+.-".contains(c))).next().unwrap_or_default();
        let found = self.schemes.of_name(scheme);
        if found.is_empty() { self.schemes.of_name(scheme.split('+').next().unwrap_or_default()) } else { found }
    }

    /// `https://x.supabase.co`
    fn of_host(&self, text: &str) -> Vec<SystemId> {
        let Some(host) = host(text).filter(|_| !is_prose(text)) else {
            return Vec::new();
        };
        self.hosts.iter().filter(|(known, _)| is_below(host, known)).map(|(_, id)| *id).collect()
    }

    /// Addresses that stand in code, the first of each system. What is compiled for tests alone counts for nothing.
    pub(super) fn of_texts(&self, facts: &FileFacts) -> Vec<(SystemId, Span, By)> {
        let mut found: Vec<(SystemId, Span, By)> = Vec::new();
        let mut add = |text: Name, span: Span| {
            if text.contains("://") && !text.starts_with("http") {
                let by_host = self.of_host(&text).into_iter().map(|system| (system, By::Itself));
                for (system, by) in self.of_scheme(&text).into_iter().map(|system| (system, By::Way)).chain(by_host) {
                    if found.iter().all(|(known, ..)| *known != system) {
                        found.push((system, span, by));
                    }
                }
            }
        };
        let runs = |function: FunctionIndex| !facts.function(function).test;
        let calls = facts.calls.iter().filter(|call| runs(call.function));
        let of_calls = calls.flat_map(|call| call.arguments.iter().map(|one| (&one.value, call.span)));
        let bindings = facts.bindings.iter().filter(|binding| runs(binding.function));
        let of_bindings = bindings.map(|binding| (&binding.value, binding.span));
        let of_fields = facts.types.iter().filter(|one| !one.test).flat_map(|one| &one.fields);
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

/// A host or group at or below another.
fn is_below(name: &str, known: &str) -> bool {
    name == known || name.strip_suffix(known).is_some_and(|rest| rest.ends_with('.'))
}

/// A sentence may speak of an address without leading there; one within a statement stands in quotes of its own.
fn is_prose(text: &str) -> bool {
    let before = text.split_once("://").map_or("", |(before, _)| before);
    let start = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+.-:".contains(c));
    text.trim().contains(char::is_whitespace) && !start.ends_with(['\'', '"', '='])
}

/// The host of an address, without who is asking and at which port.
pub(super) fn host(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    host.rsplit('@').next()?.split(':').next()
}
