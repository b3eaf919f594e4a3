//! Manifests that deploy something to the units they deploy: by folder, by what an image is built from, by the names
//! and paths that commands and copies speak of. Where several fit and nothing ties, none is taken.

use rustc_hash::{FxHashMap, FxHashSet};

use super::kinds::Kind;
use super::names::{Named, Names, host};
use super::units::Units;
use super::{Deployment, ServiceKind};
use crate::catalogue::SystemRole;
use crate::finding::Place;
use crate::manifests::{Container, ContainerKind, ManifestFacts, ManifestKind};
use crate::model::Project;
use crate::paths::{ancestors, below, folder, join};
use crate::walk::{FileId, Role};

/// Places that are kept for one kind of deployment of a unit.
const PLACES: usize = 4;

/// Words in the paths of containers that nobody deploys.
const ASIDE: &[&str] = &[
    "a11y",
    "ci",
    "devcontainer",
    "docs",
    "dummy",
    "e2e",
    "emulator",
    "fuzz",
    "lighthouse",
    "lint",
    "mock",
    "test",
    "testing",
    "tests",
];

/// Whether an image or a Compose file serves a pipeline, a test or an editor.
pub(super) fn is_aside(kind: ManifestKind, path: &str) -> bool {
    matches!(kind, ManifestKind::Dockerfile | ManifestKind::Compose) && has_word(path, ASIDE)
}

fn has_word(path: &str, known: &[&str]) -> bool {
    let mut words = path.split(['/', '.', '-', '_']).map(str::to_ascii_lowercase);
    words.any(|word| known.contains(&word.as_str()))
}

/// Words in the paths of images for a developer's machine.
const DEVELOPMENT: &[&str] = &["dev", "development", "example", "examples", "local"];

/// Dockerfiles that a Compose file, a platform or a pipeline builds.
fn referred(project: &Project) -> FxHashSet<String> {
    let mut found = FxHashSet::default();
    for (id, manifest) in project.manifests() {
        let base = folder(&project.file(id).path);
        for container in &manifest.containers {
            let context = container.build.as_deref().and_then(|build| join(base, build));
            let file = container.dockerfile.as_deref().unwrap_or("Dockerfile");
            found.extend(context.and_then(|context| join(&context, file)));
            found.extend(container.dockerfile.as_deref().and_then(|file| join(base, file)));
        }
        for step in &manifest.steps {
            let words = step.run.iter().flat_map(|run| run.split_whitespace());
            let words = words.chain(step.inputs.iter().map(|(_, value)| value.as_str()));
            let folders = ["", step.folder.as_deref().unwrap_or_default()];
            let named = words.filter(|word| word.to_ascii_lowercase().contains("dockerfile"));
            found.extend(named.flat_map(|word| folders.iter().filter_map(|folder| join(folder, word))));
        }
    }
    found
}

/// Which manifest concerns which units.
#[derive(Debug, Default)]
pub(super) struct Concerns {
    /// In the order of the files.
    pub(super) all: Vec<(FileId, Vec<u32>)>,
    /// Of each file of Compose, by container.
    composed: FxHashMap<FileId, Vec<Holder>>,
    /// Files of Compose that run something of the repository.
    running: FxHashSet<FileId>,
    /// Images for a developer's machine that nothing refers to.
    unread: FxHashSet<FileId>,
}

/// Whose container it is.
#[derive(Clone, Debug)]
pub(super) enum Holder {
    /// It runs these, or these need it.
    Units(Vec<u32>),
    /// Nothing says who needs it.
    Nobody,
}

impl Concerns {
    pub(super) fn of(project: &Project, units: &Units, kinds: &[Kind]) -> Self {
        let mut ties = Ties::of(project, units, kinds);
        let is_image = |manifest: &ManifestFacts| manifest.kind == ManifestKind::Dockerfile;
        for (id, manifest) in project.manifests().filter(|(_, manifest)| is_image(manifest)) {
            let concerned = ties.image(id, manifest);
            ties.images.insert(project.file(id).path.clone(), concerned);
        }
        let referred = referred(project);
        let is_unread = |id: &FileId| {
            let path = &project.file(*id).path;
            has_word(path, DEVELOPMENT) && !referred.contains(path.as_str())
        };
        let images = project.manifests().filter(|(_, manifest)| is_image(manifest)).map(|(id, _)| id);
        let unread: FxHashSet<FileId> = images.filter(is_unread).collect();
        let concern = |(id, manifest): (FileId, &ManifestFacts)| {
            let concerned = match is_image(manifest) {
                true if unread.contains(&id) => Vec::new(),
                true => ties.images.get(&project.file(id).path).cloned().unwrap_or_default(),
                false => ties.concerned(id, manifest),
            };
            (id, concerned)
        };
        let all: Vec<(FileId, Vec<u32>)> =
            project.manifests().map(concern).filter(|(_, units)| !units.is_empty()).collect();
        let mut concerns = Self { all, unread, ..Self::default() };
        let files = project.manifests().filter(|(_, manifest)| manifest.kind == ManifestKind::Compose);
        let is_ours = |id: FileId| matches!(project.file(id).role, Role::Product | Role::Script);
        for (id, manifest) in files.filter(|(id, _)| is_ours(*id)) {
            let concerned = concerns.all.binary_search_by_key(&id, |(id, _)| *id);
            let concerned = concerned.map(|at| concerns.all[at].1.clone()).unwrap_or_default();
            let (holders, runs) = ties.composed(id, manifest, &concerned);
            concerns.composed.insert(id, holders);
            if runs {
                concerns.running.insert(id);
            }
        }
        concerns
    }

    /// Whose a container is; None where the file does not tell its containers apart.
    pub(super) fn holder(&self, id: FileId, container: Option<usize>) -> Option<&Holder> {
        self.composed.get(&id)?.get(container?)
    }

    /// The systems of a manifest. An image that nobody builds tells of none. A Compose file without anything of the repository arranges nothing.
    pub(super) fn named(&self, project: &Project, names: &Names, id: FileId, manifest: &ManifestFacts) -> Vec<Named> {
        if self.unread.contains(&id) {
            return Vec::new();
        }
        let mut named = names.of_manifest(id, manifest, project.catalogue);
        if manifest.kind == ManifestKind::Compose && !self.running.contains(&id) {
            named.retain(|named| named.container.is_some());
        }
        named
    }

    /// The deployments of all units, in their order.
    pub(super) fn deployments(&self, project: &Project, count: usize) -> Vec<Vec<Deployment>> {
        let mut found: Vec<Vec<Deployment>> = vec![Vec::new(); count];
        for (id, units) in &self.all {
            let deploys = |manifest: &&ManifestFacts| {
                deploys(manifest) && (manifest.kind != ManifestKind::Compose || self.running.contains(id))
            };
            let Some(manifest) = project.manifest(*id).filter(deploys) else {
                continue; // Asks, describes or documents.
            };
            let span = manifest.containers.first().map(|one| one.span);
            let span = span.or(manifest.functions.first().map(|one| one.span));
            let place = Place { file: *id, span: span.unwrap_or_default() };
            for unit in units {
                let deployments = &mut found[*unit as usize];
                if deployments.iter().filter(|known| known.kind == manifest.kind).count() < PLACES {
                    deployments.push(Deployment { kind: manifest.kind, place });
                }
            }
        }
        found
    }
}

fn deploys(manifest: &ManifestFacts) -> bool {
    use ManifestKind as Kind;
    match manifest.kind {
        Kind::Terraform | Kind::CloudFormation => {
            !manifest.resources.is_empty() || !manifest.functions.is_empty() || !manifest.containers.is_empty()
        }
        Kind::Dockerfile
        | Kind::Compose
        | Kind::Kubernetes
        | Kind::Kustomize
        | Kind::HelmChart
        | Kind::Skaffold
        | Kind::Serverless
        | Kind::Chalice
        | Kind::Zappa
        | Kind::Wrangler
        | Kind::Cdk
        | Kind::Vercel
        | Kind::Netlify
        | Kind::Fly
        | Kind::Render
        | Kind::Railway
        | Kind::Procfile
        | Kind::Heroku
        | Kind::AppEngine
        | Kind::Firebase
        | Kind::AzureFunctions
        | Kind::Supabase => true,
        _ => false,
    }
}

struct Ties<'t> {
    project: &'t Project<'t>,
    units: &'t Units,
    /// By unit: whether it runs for users.
    runs: Vec<bool>,
    by_folder: FxHashMap<&'t str, u32>,
    /// None where several have the name.
    by_name: FxHashMap<String, Option<u32>>,
    own_names: FxHashSet<String>,
    /// What each Dockerfile builds, by its path.
    images: FxHashMap<String, Vec<u32>>,
}

impl<'t> Ties<'t> {
    fn of(project: &'t Project<'t>, units: &'t Units, kinds: &[Kind]) -> Self {
        let is_running = |kind: &Kind| !matches!(kind.kind, ServiceKind::Library | ServiceKind::Tool);
        let runs: Vec<bool> = kinds.iter().map(is_running).collect();
        let mut by_folder = FxHashMap::default();
        let mut by_name: FxHashMap<String, Option<u32>> = FxHashMap::default();
        for (index, unit) in units.all.iter().enumerate().filter(|(index, _)| runs[*index]) {
            let index = index as u32;
            by_folder.insert(unit.folder.as_str(), index);
            let name = super::kinds::name(project, unit).to_ascii_lowercase();
            let last = unit.folder.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            let mut names = vec![name.clone(), name.rsplit('/').next().unwrap_or_default().to_owned(), last];
            names.sort_unstable();
            names.dedup();
            for name in names.into_iter().filter(|name| name.len() > 2) {
                by_name.entry(plain(&name)).and_modify(|known| *known = None).or_insert(Some(index));
            }
        }
        Self { project, units, runs, by_folder, by_name, own_names: own_names(project), images: FxHashMap::default() }
    }

    /// What a Dockerfile builds.
    fn image(&self, id: FileId, manifest: &ManifestFacts) -> Vec<u32> {
        let path = &self.project.file(id).path;
        if is_aside(manifest.kind, path) {
            return Vec::new(); // An image for a pipeline.
        }
        let home = self.units.of_file[id.get()];
        if let Some(unit) = home.filter(|unit| self.runs[*unit as usize] && !self.units.unit(*unit).folder.is_empty()) {
            return vec![unit];
        }
        let base = folder(path);
        let mut named = Vec::new();
        for container in &manifest.containers {
            let copies = container.copies.iter().map(String::as_str);
            let command = container.command.iter().flat_map(|command| command.split_whitespace());
            for word in copies.chain(command) {
                named.extend(self.named(base, word));
            }
        }
        // `docker/worker.Dockerfile`, `Dockerfile.api`
        for word in path.rsplit('/').take(2).flat_map(|name| name.split(['.', '/'])) {
            named.extend(self.by_name.get(&plain(word)).copied().flatten());
        }
        self.or_around(id, named)
    }

    /// What any other manifest deploys.
    fn concerned(&self, id: FileId, manifest: &ManifestFacts) -> Vec<u32> {
        if is_aside(manifest.kind, &self.project.file(id).path) {
            return Vec::new();
        }
        let base = folder(&self.project.file(id).path);
        let mut named = Vec::new();
        for container in &manifest.containers {
            named.extend(self.built(base, container));
        }
        for function in &manifest.functions {
            let places = [&function.code, &function.source, &function.handler];
            for place in places.into_iter().flatten().filter_map(|place| join(base, place)) {
                named.extend(self.inside(&place));
            }
        }
        if manifest.kind == ManifestKind::HelmChart {
            named.extend(manifest.name.iter().flat_map(|name| self.named(base, name)));
        }
        let home = self.units.of_file[id.get()].filter(|unit| self.runs[*unit as usize]);
        match manifest.containers.iter().any(|container| container.build.is_some()) {
            true if named.is_empty() => Vec::new(), // It builds something else.
            _ => {
                named.extend(home.filter(|unit| !self.units.unit(*unit).folder.is_empty()));
                self.or_around(id, named)
            }
        }
    }

    /// What a container is built from, or is called after.
    fn built(&self, base: &str, container: &Container) -> Vec<u32> {
        if matches!(container.kind, ContainerKind::Pipeline | ContainerKind::Stage | ContainerKind::Image) {
            return Vec::new();
        }
        let words = container.command.iter().flat_map(|command| command.split_whitespace());
        let named: Vec<u32> = words.flat_map(|word| self.named(base, word)).collect();
        if !named.is_empty() {
            return named;
        }
        let context = container.build.as_deref().and_then(|build| join(base, build));
        let file = container.dockerfile.as_deref().unwrap_or("Dockerfile");
        let file = context.as_deref().and_then(|context| join(context, file));
        let beside = container.dockerfile.as_deref().and_then(|file| join(base, file));
        if let Some(context) = &context {
            if let Some(unit) = self.by_folder.get(context.as_str()) {
                return vec![*unit];
            }
            let by_image = file.iter().chain(&beside).find_map(|file| self.images.get(file));
            return by_image.cloned().or_else(|| self.inside(context).map(|unit| vec![unit])).unwrap_or_default();
        }
        let image = container.image.as_deref().unwrap_or_default();
        let image = image.split(['@', ':']).next().unwrap_or_default();
        let of_image = self.by_name.get(&plain(image.rsplit('/').next().unwrap_or_default()));
        of_image.or_else(|| self.by_name.get(&plain(&container.name))).copied().flatten().into_iter().collect()
    }

    /// Whose each container of a Compose file is: what is built or runs here belongs to itself, a store to those that
    /// need it. And whether any is the repository's own.
    fn composed(&self, id: FileId, manifest: &ManifestFacts, concerned: &[u32]) -> (Vec<Holder>, bool) {
        let base = folder(&self.project.file(id).path);
        let containers = &manifest.containers;
        let own = |container: &Container| {
            let built = self.built(base, container);
            let is_told = || !built.is_empty() || container.build.is_some();
            let runs = !self.is_bought(container) && (is_told() || self.is_named(container));
            // An image that is called after the repository may be of all that the file is about.
            let is_whole = built.is_empty() && container.build.is_none();
            runs.then(|| if is_whole { concerned.to_vec() } else { built })
        };
        let own: Vec<Option<Vec<u32>>> = containers.iter().take(MOST_CONTAINERS).map(own).collect();
        let edges = edges(containers);
        let mut needed: Vec<Vec<u32>> = vec![Vec::new(); containers.len()];
        for (index, units) in own.iter().enumerate().filter_map(|(index, units)| Some((index, units.as_ref()?))) {
            let mut seen: FxHashSet<usize> = FxHashSet::default();
            let mut next: Vec<usize> = vec![index];
            while let Some(at) = next.pop() {
                // What another part of the repository needs is that part's.
                let further = edges.get(at).into_iter().flatten().copied();
                next.extend(
                    further.filter(|other| own.get(*other).is_some_and(Option::is_none) && seen.insert(*other)),
                );
            }
            seen.iter().for_each(|other| needed[*other].extend(units));
        }
        let runs = own.iter().any(Option::is_some);
        let holder = |(index, mut needed): (usize, Vec<u32>)| {
            if let Some(Some(units)) = own.get(index) {
                return Holder::Units(units.clone());
            }
            needed.sort_unstable();
            needed.dedup();
            if needed.is_empty() { Holder::Nobody } else { Holder::Units(needed) }
        };
        (needed.into_iter().enumerate().map(holder).collect(), runs)
    }

    /// Whether an image is called after something of the repository, or is left to whoever starts it.
    fn is_named(&self, container: &Container) -> bool {
        let image = container.image.as_deref().unwrap_or_default();
        let is_runtime = self.project.system_of_image(image).is_some() && container.command.is_some();
        let owner = image.rsplit('/').nth(1).unwrap_or_default();
        let is_known = |name: &str| self.own_names.contains(&plain(name));
        is_runtime || image.starts_with("${") || is_known(image_name(image)) || is_known(owner)
    }

    /// Whether a container runs what others made: a runtime alone runs what it is given.
    fn is_bought(&self, container: &Container) -> bool {
        let is_runtime = |id| self.project.catalogue.system(id).role == SystemRole::Runtime;
        let image = container.image.as_deref().filter(|_| container.build.is_none());
        let mut systems = image.into_iter().flat_map(|image| self.project.systems_of_image(image)).peekable();
        systems.peek().is_some() && !systems.all(is_runtime)
    }

    /// The running unit that a path leads into.
    fn inside(&self, path: &str) -> Option<u32> {
        ancestors(path).find_map(|above| self.by_folder.get(above).copied())
    }

    /// Units whose folder or name a word says: `apps/api/package.json`, `@acme/api`, `shop.orders.main:app`.
    fn named(&self, base: &str, word: &str) -> Option<u32> {
        let word = word.trim_matches(['"', '\'', '/']).trim_start_matches("./");
        let (_, word) = word.rsplit_once('=').unwrap_or(("", word));
        let modules = word.split(':').next().unwrap_or_default().replace('.', "/");
        let places = [join(base, word), join("", word), join(base, &modules), join("", &modules)];
        let inside = |path: String| {
            let mut folders = ancestors(&path).filter(|above| !above.is_empty());
            folders.find_map(|above| self.by_folder.get(above).copied())
        };
        let by_path = places.into_iter().flatten().find_map(inside);
        let last = plain(word.rsplit('/').next().unwrap_or_default());
        let lower = plain(word);
        by_path.or_else(|| self.by_name.get(&lower).or_else(|| self.by_name.get(&last)).copied().flatten())
    }

    /// Those that were named, or the only one that it can mean; at the root, all that have nothing of their own.
    fn or_around(&self, id: FileId, mut named: Vec<u32>) -> Vec<u32> {
        named.sort_unstable();
        named.dedup();
        if !named.is_empty() {
            return named;
        }
        let path = &self.project.file(id).path;
        if let Some(unit) = self.units.of_file[id.get()].filter(|unit| self.runs[*unit as usize]) {
            return vec![unit];
        }
        let home = self.units.of_file[id.get()].map_or("", |unit| self.units.unit(unit).folder.as_str());
        let around = self
            .units
            .all
            .iter()
            .enumerate()
            .filter(|(index, unit)| self.runs[*index] && (unit.folder == home || below(&unit.folder, home)));
        let mut around = around.map(|(index, _)| index as u32);
        if folder(path).is_empty() {
            return around.collect();
        }
        let beside: Vec<u32> =
            around.clone().filter(|index| below(&self.units.unit(*index).folder, folder(path))).collect();
        if let [only] = beside[..] {
            return vec![only];
        }
        match (around.next(), around.next()) {
            (Some(only), None) => vec![only],
            _ => Vec::new(),
        }
    }
}

/// A name as it is compared: `shop_api` is `shop-api`.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// More containers than a Compose file has.
const MOST_CONTAINERS: usize = 500;

/// By container those that it starts after, is linked with or has the address of.
fn edges(containers: &[Container]) -> Vec<Vec<usize>> {
    let few = || containers.iter().take(MOST_CONTAINERS).enumerate();
    let by_name: FxHashMap<&str, usize> = few().map(|(index, container)| (container.name.as_str(), index)).collect();
    let of = |(index, container): (usize, &Container)| {
        let hosts = container.environment.iter().flat_map(|(_, value)| value.split(',')).map(|value| {
            let value = value.trim();
            host(value).unwrap_or(value.split(':').next().unwrap_or_default())
        });
        let names = container.needs.iter().map(String::as_str).chain(hosts);
        let mut found: Vec<usize> = names.filter_map(|name| by_name.get(name).copied()).collect();
        found.retain(|other| *other != index);
        found.sort_unstable();
        found.dedup();
        found
    };
    few().map(of).collect()
}

/// Names that images of the repository may have: of its packages and modules, and of what its pipelines publish.
fn own_names(project: &Project) -> FxHashSet<String> {
    let mut found = FxHashSet::default();
    for (_, manifest) in project.manifests() {
        let module = manifest.module.iter().flat_map(|module| module.split('/').skip(1));
        let package = manifest.name.iter().filter(|_| manifest.kind.is_package()).flat_map(|name| name.split('/'));
        let published = manifest.steps.iter().flat_map(|step| &step.inputs);
        let published = published.filter(|(name, _)| matches!(name.as_str(), "images" | "tags" | "repo"));
        let published = published.flat_map(|(_, images)| images.split_whitespace()).map(image_name);
        let names = module.chain(package).map(|name| plain(name.trim_start_matches('@')));
        found.extend(
            names.chain(published.map(plain)).filter(|name| name.len() > 2 && !COMMON.contains(&name.as_str())),
        );
    }
    found
}

/// Names that a package has as often as an image of others.
const COMMON: &[&str] = &["api", "app", "backend", "client", "frontend", "root", "server", "test", "web", "workspace"];

/// An image without registry, owner, tag and digest.
fn image_name(image: &str) -> &str {
    let image = image.rsplit('/').next().unwrap_or_default();
    image.split(['@', ':']).next().unwrap_or_default()
}
