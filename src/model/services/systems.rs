//! What is deployed beside a service, what its libraries speak to and where its addresses lead, to the systems of the
//! catalogue. Knows no protocol and no version.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::deployments::{Concerns, Holder, is_aside};
use super::lines::lines;
use super::names::{By, Named, Names};
use super::units::{Unit, Units, asked};
use super::{How, LibraryUse, Seen, ServiceKind, SystemUse};
use crate::catalogue::{LibraryRole, System, SystemId, SystemRole};
use crate::facts::{FileFacts, Span, Value};
use crate::finding::Place;
use crate::manifests::{ManifestFacts, ManifestKind};
use crate::model::Project;
use crate::paths::{below, folder};
use crate::walk::{File, FileId, Role};

const PLACES: usize = 6;
/// One of so many lines makes a language one that a service runs.
const SHARE: u32 = 3;

/// What manifests say of systems, by unit.
#[derive(Debug)]
pub(super) struct Systems {
    names: Names,
    by_unit: Vec<Vec<Told>>,
    /// By file: addresses in the product's code, whichever units it runs in.
    texts: Vec<Vec<(SystemId, Span, By)>>,
    /// What manifests say that concern no unit.
    beside: Vec<(SystemId, Seen)>,
}

/// What a manifest tells one unit.
#[derive(Clone, Debug)]
struct Told {
    named: Named,
    /// It stands around several units, and nothing ties it to this one.
    is_loose: bool,
}

impl Systems {
    pub(super) fn of(project: &Project, units: &Units, concerns: &Concerns) -> Self {
        let names = Names::of(project.catalogue);
        let mut by_unit = vec![Vec::new(); units.all.len()];
        let mut beside: Vec<(FileId, Named)> = Vec::new();
        for (id, concerned) in &concerns.all {
            let Some(manifest) = project.manifest(*id) else {
                continue; // Only manifests concern units.
            };
            let found = concerns.named(project, &names, *id, manifest);
            let is_shared = concerned.len() > 1 && manifest.kind == ManifestKind::EnvironmentExample;
            for named in found {
                let (holders, is_loose) = match concerns.holder(*id, named.container) {
                    Some(Holder::Units(holders)) => (holders.as_slice(), false),
                    Some(Holder::Nobody) => (concerned.as_slice(), concerned.len() > 1),
                    None => (concerned.as_slice(), is_shared),
                };
                for unit in holders {
                    by_unit[*unit as usize].push(Told { named: named.clone(), is_loose });
                }
                if holders.is_empty() || is_loose {
                    beside.push((*id, named));
                }
            }
        }
        let concerned: FxHashSet<FileId> = concerns.all.iter().map(|(id, _)| *id).collect();
        let is_product =
            |id: FileId| !matches!(project.file(id).role, Role::Test | Role::Fixture | Role::Vendored | Role::Example);
        let is_aside = |id: FileId, manifest: &ManifestFacts| is_aside(manifest.kind, &project.file(id).path);
        let others = project.manifests().filter(|(id, _)| !concerned.contains(id) && is_product(*id));
        let others = others.filter(|(id, manifest)| !is_aside(*id, manifest));
        for (id, manifest) in others {
            beside.extend(concerns.named(project, &names, id, manifest).into_iter().map(|named| (id, named)));
        }
        beside.sort_by_key(|(id, _)| *id);
        let beside = beside.into_iter().map(|(_, named)| (named.system, named.seen)).collect();
        let of_file = |(facts, file): (&Option<FileFacts>, &File)| match facts {
            Some(facts) if file.role == Role::Product => names.of_texts(facts),
            _ => Vec::new(), // Only counted.
        };
        let texts = project.facts.par_iter().zip(&project.files.files).map(of_file).collect();
        Self { names, by_unit, texts, beside }
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
        index: usize,
        kind: ServiceKind,
        unit: &Unit,
        files: &[FileId],
        libraries: &[LibraryUse],
    ) -> Vec<SystemUse> {
        let mut found = Found::default();
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
                found.by_system.entry(system).or_default().extend(seen);
            }
        }
        for (system, seen) in self.features(project, unit, libraries) {
            in_use.insert(system);
            found.by_system.entry(system).or_default().push(seen);
        }
        for file in files.iter().filter(|file| project.file(**file).role == Role::Product) {
            if kind == ServiceKind::Functions {
                for (system, span) in exported(project, *file) {
                    let seen = Seen { place: Place { file: *file, span }, how: How::Deployed };
                    found.add(system, seen, By::Itself);
                }
            }
            for (system, span, by) in &self.texts[file.get()] {
                found.add(*system, Seen { place: Place { file: *file, span: *span }, how: How::Deployed }, *by);
            }
        }
        let speaks = Speaks::of(project, libraries, &found);
        let spoken = Spoken::of(project, kind, unit);
        let is_composed = |seen: &Seen| {
            project.manifest(seen.place.file).is_some_and(|manifest| manifest.kind == ManifestKind::Compose)
        };
        for Told { named, is_loose } in &self.by_unit[index] {
            let system = project.catalogue.system(named.system);
            let is_kept = match system.role {
                SystemRole::Runtime => spoken.runs_on(system),
                SystemRole::Platform | SystemRole::Proxy | SystemRole::Delivery => true,
                // Pages ask services, and nothing of the Compose file that all of them stand in.
                _ if kind == ServiceKind::FrontEnd && is_composed(&named.seen) => false,
                role if is_around(role) => true,
                _ => !is_loose || speaks.with(named.system, system),
            };
            if is_kept {
                found.add(named.system, named.seen.clone(), named.by);
            }
        }
        found.settle(project);
        uses(found.by_system, &in_use)
    }

    /// Engines that a library in use is built for: `sqlx = { features = ["postgres"] }`.
    fn features(&self, project: &Project, unit: &Unit, libraries: &[LibraryUse]) -> Vec<(SystemId, Seen)> {
        let mut found = Vec::new();
        for library in libraries.iter().filter(|library| library.used) {
            let known = project.catalogue.library(library.library);
            let roles = [known.role].into_iter().chain(known.also.iter().copied());
            if !roles.into_iter().any(is_driver) {
                continue; // Its parts are no engines.
            }
            let is_it = |name: &str| known.packages.iter().chain(&known.distributions).any(|one| alike(one, name));
            for (id, manifest) in project.manifests().filter(|(_, manifest)| manifest.kind == ManifestKind::Cargo) {
                let home = folder(&project.file(id).path);
                let asks = unit.manifests.contains(&id)
                    || below(&unit.folder, home) && !manifest.shared.is_empty() && self.inherits(project, unit, &is_it);
                for feature in manifest.features.iter().filter(|feature| asks && is_it(&feature.of)) {
                    let words = feature.name.rsplit('-').next().into_iter().chain([feature.name.as_str()]);
                    let seen = Seen { place: Place { file: id, span: feature.span }, how: How::Registered };
                    let systems: BTreeSet<SystemId> = words.flat_map(|word| self.names.of_engine(word)).collect();
                    let is_store = |system: &SystemId| !is_around(project.catalogue.system(*system).role);
                    found.extend(systems.into_iter().filter(is_store).map(|system| (system, seen.clone())));
                }
            }
        }
        found
    }

    fn inherits(&self, project: &Project, unit: &Unit, is_it: &dyn Fn(&str) -> bool) -> bool {
        let manifests = unit.manifests.iter().filter_map(|id| project.manifest(*id));
        manifests.into_iter().any(|manifest| asked(manifest).any(|dependency| is_it(&dependency.name)))
    }
}

/// A crate as it is imported, and as it is asked for.
fn alike(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.replace('-', "_") == other.replace('-', "_")
}

fn is_driver(role: LibraryRole) -> bool {
    matches!(role, LibraryRole::DataAccess | LibraryRole::KeyValue | LibraryRole::Messaging | LibraryRole::Jobs)
}

/// Whether systems of a role stand around services rather than being asked by them.
fn is_around(role: SystemRole) -> bool {
    matches!(
        role,
        SystemRole::Delivery
            | SystemRole::Mesh
            | SystemRole::Observability
            | SystemRole::Orchestrator
            | SystemRole::Platform
            | SystemRole::Proxy
            | SystemRole::Runtime
    )
}

/// What speaks for the systems of one unit.
#[derive(Default)]
struct Found {
    by_system: BTreeMap<SystemId, Vec<Seen>>,
    /// Those that something names for themselves.
    itself: BTreeSet<SystemId>,
    /// Those for which more speaks than what a pipeline sets up.
    runs: BTreeSet<SystemId>,
}

impl Found {
    fn add(&mut self, system: SystemId, seen: Seen, by: By) {
        self.by_system.entry(system).or_default().push(seen);
        match by {
            By::Itself => {
                self.itself.insert(system);
                self.runs.insert(system);
            }
            By::Way => {
                self.runs.insert(system);
            }
            By::Pipeline => {}
        }
    }

    /// One name for what one address leads to, and no runtime of a pipeline beside that of the service.
    fn settle(&mut self, project: &Project) {
        let system = |id: &SystemId| project.catalogue.system(*id);
        let is_runtime = |id: &SystemId| system(id).role == SystemRole::Runtime;
        let of = |id: &SystemId| LANGUAGES.iter().position(|(_, names)| is_one_of(system(id), names));
        let running = self.by_system.keys().filter(|id| is_runtime(id) && self.runs.contains(id));
        let running: BTreeSet<Option<usize>> = running.map(of).collect();
        self.by_system.retain(|id, _| !is_runtime(id) || self.runs.contains(id) || !running.contains(&of(id)));
        let pairs = self.by_system.keys().filter_map(|id| {
            let like = project.catalogue.system_named(system(id).like.as_deref()?)?;
            self.by_system.contains_key(&like).then_some((*id, like))
        });
        for (own, like) in pairs.collect::<Vec<_>>() {
            let gone = match (self.itself.contains(&own), self.itself.contains(&like)) {
                (true, false) => like,
                (false, true) => own,
                _ => continue, // Both are there, or nothing tells which.
            };
            let kept = if gone == own { like } else { own };
            let seen = self.by_system.remove(&gone).unwrap_or_default();
            self.by_system.entry(kept).or_default().extend(seen);
        }
    }
}

/// Which stores a unit has the means to speak with.
struct Speaks {
    systems: BTreeSet<SystemId>,
    likes: BTreeSet<String>,
    /// Uses a library that speaks with whatever keeps tables, and nothing says with which.
    with_tables: bool,
}

impl Speaks {
    fn of(project: &Project, libraries: &[LibraryUse], found: &Found) -> Self {
        let systems: BTreeSet<SystemId> = found.by_system.keys().copied().collect();
        let known = || systems.iter().map(|id| project.catalogue.system(*id));
        let likes = known().flat_map(|system| [Some(system.name.clone()), system.like.clone()]).flatten().collect();
        let keeps_tables = |system: &System| system.family.as_deref() == Some(TABLES);
        let is_open = |library: &LibraryUse| {
            let known = project.catalogue.library(library.library);
            known.role == LibraryRole::DataAccess && known.systems.is_empty()
        };
        let with_tables = libraries.iter().any(is_open) && !known().any(keeps_tables);
        Self { systems, likes, with_tables }
    }

    fn with(&self, id: SystemId, system: &System) -> bool {
        self.systems.contains(&id)
            || system.like.as_ref().is_some_and(|like| self.likes.contains(like))
            || self.likes.contains(&system.name)
            || self.with_tables && system.family.as_deref() == Some(TABLES)
    }
}

/// The family of what keeps tables.
const TABLES: &str = "relational";

/// The runtimes for the languages that a unit is written in.
struct Spoken(Vec<&'static str>);

impl Spoken {
    fn of(project: &Project, kind: ServiceKind, unit: &Unit) -> Self {
        let counts = |file: &&FileId| match project.file(**file).role {
            Role::Product => true,
            Role::FrontEnd => kind == ServiceKind::FrontEnd,
            _ => false,
        };
        let files: Vec<FileId> = unit.files.iter().filter(counts).copied().collect();
        let lines = lines(project, &files);
        let all: u32 = lines.iter().map(|(_, count)| count).sum();
        let most = lines.first().map_or(0, |(_, count)| *count);
        let main = lines.iter().filter(|(_, count)| *count == most || count.saturating_mul(SHARE) >= all);
        Self(main.flat_map(|(language, _)| runtimes(language)).copied().collect())
    }

    fn runs_on(&self, system: &System) -> bool {
        self.0.is_empty() || is_one_of(system, &self.0)
    }
}

/// What runs languages, by the short names of the catalogue.
const LANGUAGES: &[(&[&str], &[&str])] = &[
    (&["JavaScript", "TypeScript", "Svelte", "Vue"], &["node", "bun", "deno"]),
    (&["Python"], &["python", "pypy"]),
    (&["Go"], &["go"]),
    (&["Rust"], &["rust"]),
    (&["Java", "Kotlin", "Scala"], &["java", "graalvm"]),
    (&["C#"], &["dotnet"]),
    (&["Elixir"], &["elixir"]),
    (&["PHP"], &["php"]),
    (&["Ruby"], &["ruby"]),
];

fn runtimes(language: &str) -> &'static [&'static str] {
    LANGUAGES.iter().find(|(languages, _)| languages.contains(&language)).map_or(&[], |(_, names)| names)
}

fn is_one_of(system: &System, names: &[&str]) -> bool {
    system.engines.iter().any(|engine| names.contains(&engine.as_str()))
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
