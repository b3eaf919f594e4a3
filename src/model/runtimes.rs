//! Which version of a runtime or engine the repository uses where: what it asks for at least, what developers have,
//! what pipelines test with, what is shipped. Compares nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Project;
use super::versions::{Number, least};
use crate::catalogue::{SystemId, SystemRole, fits};
use crate::facts::FileId;
use crate::finding::Place;
use crate::manifests::{Container, ContainerKind, ManifestFacts, ManifestKind, Part, Version};
use crate::paths::folder;
use crate::walk::Role;

/// A version of a runtime or engine at one place.
#[derive(Clone, Debug)]
pub struct Runtime {
    pub system: SystemId,
    pub stage: Stage,
    pub number: Number,
    /// As written there: `node:22-alpine`, `>=3.10`.
    pub written: String,
    pub place: Place,
    /// The folders it speaks for; the root is empty.
    pub folders: Vec<String>,
    /// It speaks for everything below those: a pin or floor, unlike an image or a job that may be about any unit.
    pub is_general: bool,
    /// In a variant of a Dockerfile that no other file names: `Dockerfile.alpine` beside the one that is built.
    pub is_spare: bool,
    /// Where it is too old, what the code asks for is fetched before it runs: toolchains of Go and Rust.
    pub fetches: bool,
    /// Newer versions promise to run what was tested with older ones.
    pub compatible: bool,
}

/// A schema that keeps its rows in a file.
#[derive(Clone, Debug)]
pub struct Embedded {
    pub system: SystemId,
    pub place: Place,
    /// The folder it speaks for.
    pub folder: String,
}

/// Where a version is used, from the desk to the users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The least that works.
    Floor,
    /// On a developer's machine.
    Development,
    /// In a pipeline that builds and tests.
    Pipeline,
    /// In an image or a Compose file that is meant for others.
    Shipped,
    /// In a cloud, by its own description.
    Cloud,
}

/// Words in paths of what never reaches users.
const DEVELOPMENT_WORDS: &[&str] =
    &["dev", "devcontainer", "devcontainers", "develop", "development", "local", "override"];
/// Words in names of what is meant for users alone.
const PRODUCTION_WORDS: &[&str] = &["live", "prod", "production", "release"];
/// Words in paths of what serves other ends than to run the product.
const ASIDE_WORDS: &[&str] = &[
    "bench",
    "benchmark",
    "ci",
    "docs",
    "e2e",
    "example",
    "examples",
    "fuzz",
    "integration",
    "lint",
    "smoke",
    "template",
    "templates",
    "test",
    "testing",
    "tests",
    "tool",
    "tooling",
    "tools",
];
/// Words in names of jobs that neither build nor test the product.
const ASIDE_JOBS: &[&str] = &[
    "analysis",
    "analyze",
    "android",
    "audit",
    "changelog",
    "codeql",
    "deps",
    "docs",
    "documentation",
    "format",
    "i18n",
    "ios",
    "label",
    "labeler",
    "lint",
    "mobile",
    "pre",
    "publish",
    "release",
    "scan",
    "security",
    "stale",
    "translation",
    "translations",
    "triage",
    "website",
];

/// Folders that hold what runs the product, not the product: it stands around the first of them.
const APART: &[&str] = &[
    "build",
    "compose",
    "config",
    "deploy",
    "deployment",
    "deployments",
    "dev",
    "devops",
    "docker",
    "docker-compose",
    "helm",
    "iac",
    "infra",
    "infrastructure",
    "k8s",
    "kubernetes",
    "ops",
    "terraform",
];

/// The family of what keeps tables.
const TABLES: &str = "relational";

impl Project<'_> {
    /// Every version of a runtime or engine that is written as a number, sorted by place.
    pub fn runtimes(&self) -> Vec<Runtime> {
        let mut found = Vec::new();
        let defaults = self.defaults();
        for (file, manifest) in self.manifests().filter(|(file, _)| self.file(*file).role == Role::Product) {
            let versions = manifest.versions.iter();
            found.extend(versions.filter_map(|version| self.of_version(file, manifest, version, &defaults)));
            let containers = manifest.containers.iter();
            found.extend(containers.filter_map(|container| self.of_container(file, manifest, container)));
        }
        self.settle_compose(&mut found);
        self.settle_channels(&mut found);
        found.sort_by(|one, other| (one.place, &one.number).cmp(&(other.place, &other.number)));
        found.dedup_by(|one, other| (one.place, one.system, &one.number) == (other.place, other.system, &other.number));
        found
    }

    /// Schemas for an embedded database. Empty where any schema of the repository is for another: that is a choice.
    pub fn embedded_schemas(&self) -> Vec<Embedded> {
        let mut found = Vec::new();
        let schemas = self.manifests().filter(|(_, manifest)| manifest.kind == ManifestKind::Prisma);
        for (file, manifest) in schemas.filter(|(file, _)| self.file(*file).role == Role::Product) {
            for resource in &manifest.resources {
                let engine = resource.attributes.iter().find(|(key, _)| key == "engine");
                let Some(system) = engine.and_then(|(_, engine)| self.system_called(engine)) else { continue };
                if !self.catalogue.system(system).embedded {
                    return Vec::new();
                }
                let folder = folder(&self.file(file).path);
                let folder = folder.strip_suffix("prisma").unwrap_or(folder).trim_end_matches('/').to_owned();
                found.push(Embedded { system, place: Place { file, span: resource.span }, folder });
            }
        }
        found
    }

    /// Whether a system is a server that keeps tables.
    pub fn keeps_tables(&self, system: SystemId) -> bool {
        let system = self.catalogue.system(system);
        system.family.as_deref() == Some(TABLES) && !system.embedded
    }

    fn of_version(
        &self,
        file: FileId,
        manifest: &ManifestFacts,
        version: &Version,
        defaults: &Defaults,
    ) -> Option<Runtime> {
        let path = &self.file(file).path;
        let stage = match version.part {
            Part::Floor => Stage::Floor,
            Part::Development => Stage::Development,
            Part::Pipeline => Stage::Pipeline,
            Part::Production => Stage::Cloud,
        };
        let job = manifest.steps.iter().find(|step| step.span.contains(version.span)).map(|step| step.job.as_str());
        let is_aside = match stage {
            Stage::Floor => false,
            Stage::Pipeline => is_aside_job(path, job.unwrap_or_default()),
            _ => has_word(path, ASIDE_WORDS),
        };
        if is_aside {
            return None;
        }
        let mut place = Place { file, span: version.span };
        let mut value = version.value.as_str();
        if let Some(name) = value.strip_prefix("var.") {
            (value, place) = defaults.of(folder(path), name)?;
        }
        // What is open above says no version of its own, except where it is the floor.
        let number = match stage {
            Stage::Floor => least(value)?,
            _ if value.starts_with(['>', '<', '^', '~', '*']) => return None,
            _ => Number::first(value).filter(|_| value.starts_with(|c: char| c.is_ascii_digit() || c == 'v'))?,
        };
        let system = self.system_called(&version.of)?;
        let folders = match stage {
            Stage::Pipeline => self.folders_of_job(manifest, job.unwrap_or_default(), path),
            // What a function runs lies beside what describes it; a database serves all.
            Stage::Cloud if self.catalogue.system(system).role == SystemRole::Runtime => {
                vec![if manifest.kind == ManifestKind::Terraform {
                    folder(path).to_owned()
                } else {
                    around(folder(path))
                }]
            }
            Stage::Cloud => vec![around(folder(path))],
            _ if path.starts_with('.') && path.contains('/') => vec![String::new()],
            _ => vec![folder(path).to_owned()],
        };
        let compatible = self.is_compiled(system);
        // Go learned to fetch another Go with 1.21.
        let fetches = self.is_go(system) && number.parts(2).as_slice() >= FIRST_FETCHING.as_slice();
        let written = value.to_owned();
        let is_general = stage != Stage::Pipeline;
        let is_spare = false;
        Some(Runtime { system, stage, number, written, place, folders, is_general, is_spare, fetches, compatible })
    }

    fn of_container(&self, file: FileId, manifest: &ManifestFacts, container: &Container) -> Option<Runtime> {
        let path = &self.file(file).path;
        let image = container.image.as_deref()?;
        let (system, number) = self.version_of_image(image)?;
        let is_runtime = self.catalogue.system(system).role == SystemRole::Runtime;
        let compatible = self.is_compiled(system);
        let mut folders = vec![around(folder(path))];
        let stage = match container.kind {
            // What is built in a stage of a compiled language runs without it; an interpreter's image is the last.
            ContainerKind::Stage | ContainerKind::Image => {
                let is_last = container.kind == ContainerKind::Image;
                let is_built_in =
                    if is_runtime { is_last || compatible } else { is_last && container.command.is_none() };
                // With a command of its own, what starts from a database is its client.
                if !is_built_in || has_word(path, ASIDE_WORDS) {
                    return None;
                }
                if has_word(path, DEVELOPMENT_WORDS) { Stage::Development } else { Stage::Shipped }
            }
            ContainerKind::Service if container.optional || has_word(path, ASIDE_WORDS) => return None,
            ContainerKind::Service if has_word(path, DEVELOPMENT_WORDS) => Stage::Development,
            // Without anything of the product it is what the product needs on a developer's machine.
            ContainerKind::Service if manifest.containers.iter().all(|one| self.is_bought(one)) => Stage::Development,
            ContainerKind::Service => Stage::Shipped,
            ContainerKind::Workload | ContainerKind::Platform if has_word(path, ASIDE_WORDS) => return None,
            // What ends is a client of a database: it fills or saves one.
            ContainerKind::Workload if !is_runtime && ends(manifest, container) => return None,
            ContainerKind::Workload | ContainerKind::Platform => Stage::Shipped,
            ContainerKind::Pipeline => {
                let jobs = manifest.resources.iter().filter(|resource| resource.kind == "job");
                let job = jobs.into_iter().find(|job| job.span.contains(container.span));
                let job = job.map_or(container.name.as_str(), |job| job.name.as_str());
                if is_runtime && is_aside_job(path, job) {
                    return None;
                }
                folders = self.folders_of_job(manifest, job, path);
                Stage::Pipeline
            }
        };
        // Official images of Go fetch no other Go unless they are told to.
        let is_freed = |(name, value): &(String, String)| name == "GOTOOLCHAIN" && value != "local";
        let fetches = self.is_go(system) && container.environment.iter().any(is_freed);
        // An image that brings a runtime among others counts its own versions.
        if is_runtime && number.major() == 0 {
            return None;
        }
        // A stage that starts from another has its image from there.
        let is_told = |one: &&Container| one.image == container.image && one.kind == ContainerKind::Stage;
        let told = manifest.containers.iter().find(is_told).filter(|_| container.kind == ContainerKind::Image);
        let place = Place { file, span: told.unwrap_or(container).span };
        let (written, is_general) = (image.to_owned(), false);
        let is_spare = stage == Stage::Shipped && self.is_spare(file);
        Some(Runtime { system, stage, number, written, place, folders, is_general, is_spare, fetches, compatible })
    }

    /// Whether a file is a further Dockerfile that no manifest names.
    fn is_spare(&self, file: FileId) -> bool {
        let is_dockerfile =
            |file| self.manifest(file).is_some_and(|manifest| manifest.kind == ManifestKind::Dockerfile);
        let name = self.file(file).path.rsplit('/').next().unwrap_or_default();
        let has_plain =
            || self.manifests().any(|(one, _)| one != file && is_dockerfile(one) && is_plain(&self.file(one).path));
        let is_named = || {
            let others =
                self.manifests().filter(|(one, manifest)| *one != file && manifest.kind != ManifestKind::Document);
            others.into_iter().any(|(one, _)| self.file(one).text.contains(name))
        };
        is_dockerfile(file) && !is_plain(name) && has_plain() && !is_named()
    }

    /// Whether a container runs what others made.
    fn is_bought(&self, container: &Container) -> bool {
        let name = container.image.as_deref().map(|image| split(image).0);
        container.build.is_none() && name.is_some_and(|name| self.systems_of_image(name).next().is_some())
    }

    /// A Compose file beside one for production is for development, as far as both say the same.
    fn settle_compose(&self, found: &mut [Runtime]) {
        let is_compose = |one: &Runtime| {
            self.manifest(one.place.file).is_some_and(|manifest| manifest.kind == ManifestKind::Compose)
        };
        let path = |one: &Runtime| &self.file(one.place.file).path;
        let ours = found.iter().filter(|one| is_compose(one) && has_word(path(one), PRODUCTION_WORDS));
        let known: FxHashSet<(SystemId, String)> = ours.map(|one| (one.system, folder(path(one)).to_owned())).collect();
        for one in found.iter_mut().filter(|one| one.stage == Stage::Shipped && is_compose(one)) {
            let key = (one.system, folder(path(one)).to_owned());
            if known.contains(&key) && !has_word(path(one), PRODUCTION_WORDS) {
                one.stage = Stage::Development;
            }
        }
    }

    /// Where a file names the channel of Rust, that is fetched whatever is there.
    fn settle_channels(&self, found: &mut [Runtime]) {
        let pins =
            found.iter().filter(|one| one.compatible && one.stage == Stage::Development && !self.is_go(one.system));
        let pinned: FxHashSet<SystemId> = pins.map(|one| one.system).collect();
        for one in found.iter_mut().filter(|one| one.stage != Stage::Development && pinned.contains(&one.system)) {
            one.fetches = true;
        }
    }

    /// The folders that a job of a pipeline is about: where its commands run, and those that it names. The root when it
    /// names none.
    fn folders_of_job(&self, manifest: &ManifestFacts, job: &str, path: &str) -> Vec<String> {
        let steps = manifest.steps.iter().filter(|step| step.job == job);
        let commands: Vec<_> = steps.filter(|step| step.run.is_some()).take(MOST_STEPS).collect();
        let mut folders: Vec<String> = commands.iter().filter_map(|step| step.folder.clone()).collect();
        let file = path.rsplit('/').next().unwrap_or_default();
        let units = self.services().iter().map(|service| service.folder.as_str()).filter(|folder| !folder.is_empty());
        for unit in units.take(MOST_UNITS) {
            let name = unit.rsplit('/').next().unwrap_or_default();
            let is_named = has_word(job, &[name]) || has_word(file, &[name]);
            let is_entered =
                || commands.iter().any(|step| step.run.as_deref().is_some_and(|run| names_path(run, unit)));
            if is_named || is_entered() {
                folders.push(unit.to_owned());
            }
        }
        folders.sort_unstable();
        folders.dedup();
        if folders.is_empty() || commands.iter().any(|step| step.folder.is_none()) && folders.len() != 1 {
            folders.push(String::new());
        }
        folders
    }

    /// What variables of Terraform stand for.
    fn defaults(&self) -> Defaults {
        let mut defaults = Defaults::default();
        for (file, manifest) in self.manifests().filter(|(_, manifest)| manifest.kind == ManifestKind::Terraform) {
            let folder = folder(&self.file(file).path);
            for variable in manifest.resources.iter().filter(|resource| resource.kind == "variable") {
                let Some((_, value)) = variable.attributes.iter().find(|(key, _)| key == "default") else { continue };
                let place = Place { file, span: variable.span };
                let all = defaults.0.entry(variable.name.clone()).or_default();
                all.push((folder.to_owned(), value.clone(), place));
            }
        }
        defaults
    }

    fn is_go(&self, system: SystemId) -> bool {
        self.system_called("go") == Some(system)
    }

    fn is_compiled(&self, system: SystemId) -> bool {
        ["go", "rust"].iter().any(|name| self.system_called(name) == Some(system))
    }

    /// The runtime or engine of a short name: `node`, `postgres`, `aurora-mysql`.
    fn system_called(&self, name: &str) -> Option<SystemId> {
        let name = name.to_ascii_lowercase();
        let found = self.catalogue.systems().find(|(_, system)| system.engines.contains(&name));
        found.map(|(id, _)| id)
    }

    /// The system whose image has a name, whatever registry it comes from.
    pub fn system_of_image(&self, name: &str) -> Option<SystemId> {
        self.systems_of_image(name).next()
    }

    /// All systems that an image brings: one with an extension is also the database.
    pub fn systems_of_image(&self, image: &str) -> impl Iterator<Item = SystemId> {
        let (name, _) = split(image);
        // `ghcr.io/example/postgres` is known by each of its endings.
        let starts = std::iter::once(0).chain(name.match_indices('/').map(|(at, _)| at + 1));
        let endings: Vec<&str> = starts.filter_map(|start| name.get(start..)).collect();
        let found = self.catalogue.systems().filter(move |(_, system)| {
            system.images.iter().any(|image| endings.iter().any(|ending| fits(image, ending)))
        });
        found.map(|(id, _)| id)
    }

    /// What an image runs, and in which version.
    fn version_of_image(&self, image: &str) -> Option<(SystemId, Number)> {
        let (name, tag) = split(image);
        let own = name.rsplit('/').next().unwrap_or_default();
        let engines = |id: SystemId| self.catalogue.system(id).engines.iter();
        // A tag may count something else first: `0.8.0-pg16`, `0.5-python3.12`.
        let named = self.systems_of_image(name).find_map(|id| {
            let number = engines(id).find_map(|engine| after(tag, engine).or_else(|| after(own, engine)))?;
            Some((id, number))
        });
        let plain = || {
            let is_alike = |engine: &String| own.starts_with(engine.as_str()) || engine.starts_with(own);
            let system = self.systems_of_image(name).find(|id| engines(*id).any(is_alike))?;
            // Images to develop in have a version of their own: `1-3.12-bookworm`.
            let inner = tag.split_once('-').map(|(_, rest)| rest).filter(|_| name.contains("devcontainers/"));
            let inner = inner.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            let tag = inner.unwrap_or(tag);
            let is_number = tag.strip_prefix('v').unwrap_or(tag).starts_with(|c: char| c.is_ascii_digit());
            Some((system, Number::first(tag).filter(|_| is_number)?))
        };
        named.or_else(plain)
    }
}

/// Values of variables by name: the folder of each, the value and where it stands.
#[derive(Default)]
struct Defaults(FxHashMap<String, Vec<(String, String, Place)>>);

impl Defaults {
    /// The default in the same folder, or the only one that any folder gives.
    fn of(&self, folder: &str, name: &str) -> Option<(&str, Place)> {
        let all = self.0.get(name)?;
        let beside = all.iter().find(|(home, ..)| home == folder);
        let found = beside.or_else(|| all.first().filter(|first| all.iter().all(|one| one.1 == first.1)))?;
        Some((found.1.as_str(), found.2))
    }
}

/// The first version of Go that fetches another.
const FIRST_FETCHING: [u32; 2] = [1, 21];
/// More steps of a job, and more units, are not looked at.
const MOST_STEPS: usize = 200;
const MOST_UNITS: usize = 200;

/// The folder around those that only hold what runs the product.
fn around(folder: &str) -> String {
    let parts = folder.split('/').take_while(|part| !part.starts_with('.') && !APART.contains(part));
    parts.collect::<Vec<_>>().join("/")
}

/// The one that is built where none is named.
fn is_plain(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case("dockerfile"))
}

fn is_aside_job(path: &str, job: &str) -> bool {
    has_word(job, ASIDE_JOBS) || has_word(path.rsplit('/').next().unwrap_or_default(), ASIDE_JOBS)
}

fn ends(manifest: &ManifestFacts, container: &Container) -> bool {
    let mut workloads = manifest.resources.iter().filter(|resource| resource.name == container.name);
    workloads.any(|resource| matches!(resource.kind.as_str(), "CronJob" | "Job"))
}

/// An image without digest, and its tag.
fn split(image: &str) -> (&str, &str) {
    let image = image.split('@').next().unwrap_or_default();
    image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((image, ""))
}

/// The number that follows a name within a word: `latest-pg16` after `pg`.
fn after(text: &str, name: &str) -> Option<Number> {
    let starts = text.match_indices(name).filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_ascii_alphanumeric()));
    let mut rests = starts.map(|(at, _)| &text[at + name.len()..]);
    let rest = rests.find_map(|rest| {
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        rest.starts_with(|c: char| c.is_ascii_digit()).then_some(rest)
    })?;
    Number::first(rest)
}

/// Whether commands name a folder: `cd services/api && npm ci`.
fn names_path(commands: &str, folder: &str) -> bool {
    let is_edge = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
    commands.match_indices(folder).take(20).any(|(at, _)| {
        let (before, rest) = (&commands[..at], &commands[at + folder.len()..]);
        let before = before.strip_suffix("./").unwrap_or(before);
        before.chars().next_back().is_none_or(|c| is_edge(c) && c != '/') && rest.chars().next().is_none_or(is_edge)
    })
}

fn has_word(text: &str, words: &[&str]) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}
