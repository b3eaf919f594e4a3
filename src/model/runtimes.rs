//! Which version of a runtime or engine the repository uses where: what it asks for at least, what developers have,
//! what pipelines test with, what is shipped. Compares nothing.

use super::Project;
use super::versions::{Number, least};
use crate::catalogue::{SystemId, SystemRole};
use crate::facts::FileId;
use crate::finding::Place;
use crate::manifests::{Container, ContainerKind, ManifestFacts, ManifestKind, Part, Version};
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
const DEVELOPMENT_WORDS: &[&str] = &["dev", "devcontainer", "development", "develop", "local"];
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
    "test",
    "testing",
    "tests",
    "tool",
    "tooling",
    "tools",
];
/// Words in names of jobs that neither build nor test the product.
const ASIDE_JOBS: &[&str] = &[
    "changelog",
    "codeql",
    "deps",
    "docs",
    "documentation",
    "format",
    "i18n",
    "label",
    "labeler",
    "lint",
    "pre",
    "publish",
    "release",
    "stale",
    "translation",
    "translations",
    "website",
];

impl Project<'_> {
    /// Every version of a runtime or engine that is written as a number, sorted by place.
    pub fn runtimes(&self) -> Vec<Runtime> {
        let mut found = Vec::new();
        for (file, manifest) in self.manifests().filter(|(file, _)| self.file(*file).role == Role::Product) {
            let versions = manifest.versions.iter().filter_map(|version| self.of_version(file, manifest, version));
            let containers = manifest.containers.iter().filter_map(|one| self.of_container(file, manifest, one));
            found.extend(versions.chain(containers));
        }
        found.sort_by_key(|runtime| runtime.place);
        found.dedup_by_key(|runtime| (runtime.place, runtime.system));
        found
    }

    fn of_version(&self, file: FileId, manifest: &ManifestFacts, version: &Version) -> Option<Runtime> {
        let stage = match version.part {
            Part::Floor => Stage::Floor,
            Part::Development => Stage::Development,
            Part::Pipeline => Stage::Pipeline,
            Part::Production => Stage::Cloud,
        };
        if stage == Stage::Pipeline && self.is_aside(manifest, version) {
            return None;
        }
        // What is open above says no version of its own, except where it is the floor.
        let number = match stage {
            Stage::Floor => least(&version.value)?,
            _ if version.value.starts_with(['>', '<', '^', '~', '*']) => return None,
            _ => Number::first(&version.value)?,
        };
        let (written, place) = (version.value.clone(), Place { file, span: version.span });
        let system = self.system_called(&version.of)?;
        Some(Runtime { system, stage, number, written, place, folder: self.home(file) })
    }

    /// Whether a version of a pipeline is set up for something else than the product.
    fn is_aside(&self, manifest: &ManifestFacts, version: &Version) -> bool {
        let step = manifest.steps.iter().find(|step| step.span.contains(version.span));
        step.is_some_and(|step| has_word(&step.job, ASIDE_JOBS))
    }

    fn of_container(&self, file: FileId, manifest: &ManifestFacts, container: &Container) -> Option<Runtime> {
        let path = &self.file(file).path;
        let image = container.image.as_deref()?;
        let (name, tag) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?;
        let system = self.system_of_image(name)?;
        let role = self.catalogue.system(system).role;
        let stage = match container.kind {
            // What is built in a stage of a compiled language runs without it; an interpreter's image is the last.
            ContainerKind::Stage | ContainerKind::Image => {
                let is_built_in = container.kind == ContainerKind::Image || self.is_compiled(system);
                if role != SystemRole::Runtime || !is_built_in || has_word(path, ASIDE_WORDS) {
                    return None;
                }
                if has_word(path, DEVELOPMENT_WORDS) { Stage::Development } else { Stage::Shipped }
            }
            ContainerKind::Service if container.optional || has_word(path, ASIDE_WORDS) => return None,
            ContainerKind::Service if has_word(path, DEVELOPMENT_WORDS) => Stage::Development,
            ContainerKind::Service => Stage::Shipped,
            ContainerKind::Workload | ContainerKind::Platform => Stage::Shipped,
            ContainerKind::Pipeline => Stage::Pipeline,
        };
        let number = Number::first(tag).filter(|_| tag.starts_with(|c: char| c.is_ascii_digit() || c == 'v'))?;
        // An image that brings a runtime among others counts its own versions.
        if role == SystemRole::Runtime && number.major() == 0 {
            return None;
        }
        let place = Place { file, span: container.span };
        let folder = match manifest.kind {
            ManifestKind::GitHubWorkflow | ManifestKind::GitLabPipeline => String::new(),
            _ => self.home(file),
        };
        Some(Runtime { system, stage, number, written: image.to_owned(), place, folder })
    }

    /// The folder that a manifest speaks for: its own, or the one above a folder for configuration.
    fn home(&self, file: FileId) -> String {
        let path = &self.file(file).path;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let own = folder.rsplit('/').next().unwrap_or_default();
        let is_apart = own.starts_with('.')
            || ["build", "deploy", "dev", "docker", "infra", "infrastructure", "workflows", "terraform"].contains(&own);
        match folder.split('/').next() {
            Some(top) if top.starts_with('.') => String::new(),
            _ if is_apart => folder.rsplit_once('/').map_or("", |(above, _)| above).to_owned(),
            _ => folder.to_owned(),
        }
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
        let plain = name.trim_start_matches("docker.io/").trim_start_matches("library/");
        let found = self.catalogue.systems().find(|(_, system)| {
            system.images.iter().any(|image| plain == image || plain.ends_with(&format!("/{image}")))
        });
        found.map(|(id, _)| id)
    }
}

fn has_word(text: &str, words: &[&str]) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}
