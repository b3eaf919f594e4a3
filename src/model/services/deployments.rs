//! Manifests that deploy something to the units they deploy: by folder, by what an image is built from, by the names
//! and paths that commands and copies speak of. Where several fit and nothing ties, none is taken.

use rustc_hash::FxHashMap;

use super::kinds::Kind;
use super::units::Units;
use super::{Deployment, ServiceKind};
use crate::finding::Place;
use crate::manifests::{Container, ContainerKind, ManifestFacts, ManifestKind};
use crate::model::Project;
use crate::paths::{ancestors, below, folder, join};
use crate::walk::FileId;

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
    let mut words = path.split(['/', '.', '-', '_']).map(str::to_ascii_lowercase);
    matches!(kind, ManifestKind::Dockerfile | ManifestKind::Compose) && words.any(|word| ASIDE.contains(&word.as_str()))
}

/// Which manifest concerns which units.
#[derive(Debug, Default)]
pub(super) struct Concerns {
    /// In the order of the files.
    pub(super) all: Vec<(FileId, Vec<u32>)>,
}

impl Concerns {
    pub(super) fn of(project: &Project, units: &Units, kinds: &[Kind]) -> Self {
        let mut ties = Ties::of(project, units, kinds);
        let is_image = |manifest: &ManifestFacts| manifest.kind == ManifestKind::Dockerfile;
        for (id, manifest) in project.manifests().filter(|(_, manifest)| is_image(manifest)) {
            let concerned = ties.image(id, manifest);
            ties.images.insert(project.file(id).path.clone(), concerned);
        }
        let concern = |(id, manifest): (FileId, &ManifestFacts)| {
            let concerned = match is_image(manifest) {
                true => ties.images.get(&project.file(id).path).cloned().unwrap_or_default(),
                false => ties.concerned(id, manifest),
            };
            (id, concerned)
        };
        Self { all: project.manifests().map(concern).filter(|(_, units)| !units.is_empty()).collect() }
    }

    /// The deployments of all units, in their order.
    pub(super) fn deployments(&self, project: &Project, count: usize) -> Vec<Vec<Deployment>> {
        let mut found: Vec<Vec<Deployment>> = vec![Vec::new(); count];
        for (id, units) in &self.all {
            let Some(manifest) = project.manifest(*id).filter(|manifest| deploys(manifest)) else {
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
        Self { project, units, runs, by_folder, by_name, images: FxHashMap::default() }
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
