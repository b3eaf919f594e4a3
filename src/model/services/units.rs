//! Manifests and programs to the folders that are built and started on their own, and every file to the innermost of
//! them. Knows where things lie, not what they are for.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::sources::Sources;
use crate::catalogue::{LibraryId, LibraryRole};
use crate::facts::Language;
use crate::manifests::{Dependency, ManifestFacts, ManifestKind, Scope};
use crate::model::Project;
use crate::paths::{ancestors, below, folder, join};
use crate::walk::{File, FileId, FileKind, Role};

/// A folder that is built and started on its own.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) folder: String,
    /// Manifests in its folder, and those that describe it from elsewhere.
    pub(super) manifests: Vec<FileId>,
    /// Everything that is the product's, whether it has facts or not.
    pub(super) files: Vec<FileId>,
    /// One of several programs of a package.
    pub(super) is_program: bool,
    /// The unit around it, whose package it is a program of.
    pub(super) package: Option<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Units {
    pub(super) all: Vec<Unit>,
    pub(super) of_file: Vec<Option<u32>>,
}

impl Units {
    pub(super) fn of(project: &Project, sources: &Sources) -> Self {
        let mut roots: BTreeMap<String, bool> = packages(project).into_iter().map(|folder| (folder, false)).collect();
        described(project, sources, &mut roots);
        programs(project, sources, &mut roots);
        if let Some(rest) = left_over(project, &roots) {
            roots.insert(rest, false);
        }
        absorb(project, &mut roots);
        Self::with_files(project, roots)
    }

    /// The units with some of them joined to one.
    pub(super) fn joined(&self, project: &Project, folder: &str, parts: &[u32]) -> Self {
        let rest = self.all.iter().enumerate().filter(|(index, _)| !parts.contains(&(*index as u32)));
        let mut roots: BTreeMap<String, bool> = rest.map(|(_, unit)| (unit.folder.clone(), unit.is_program)).collect();
        roots.insert(folder.to_owned(), false);
        Self::with_files(project, roots)
    }

    fn with_files(project: &Project, roots: BTreeMap<String, bool>) -> Self {
        let new =
            |(folder, is_program)| Unit { folder, manifests: Vec::new(), files: Vec::new(), is_program, package: None };
        let mut units: Vec<Unit> = roots.into_iter().map(new).collect();
        let by_folder: FxHashMap<String, usize> =
            units.iter().enumerate().map(|(index, unit)| (unit.folder.clone(), index)).collect();
        let innermost = |path: &str| ancestors(folder(path)).find_map(|folder| by_folder.get(folder).copied());
        let files = &project.files.files;
        for (index, file) in files.iter().enumerate() {
            let id = FileId(index as u32);
            if file.kind == FileKind::Manifest {
                let Some(manifest) = project.manifest(id) else {
                    continue; // Of a test, or of nobody's interest.
                };
                if let Some(unit) = innermost(&home(manifest.kind, &file.path)) {
                    units[unit].manifests.push(id);
                }
            } else if is_product(file)
                && let Some(unit) = innermost(&file.path)
            {
                units[unit].files.push(id);
            }
        }
        // A folder without sources is no part of the product: the root of a workspace, a collection of settings.
        units.retain(|unit| !unit.files.is_empty());
        let by_folder: FxHashMap<String, u32> =
            units.iter().enumerate().map(|(index, unit)| (unit.folder.clone(), index as u32)).collect();
        for unit in units.iter_mut().filter(|unit| unit.is_program) {
            unit.package = ancestors(&unit.folder).skip(1).find_map(|above| by_folder.get(above).copied());
        }
        let mut of_file = vec![None; files.len()];
        for (index, unit) in units.iter().enumerate() {
            for file in unit.files.iter().chain(&unit.manifests) {
                of_file[file.get()] = Some(index as u32);
            }
        }
        Self { all: units, of_file }
    }

    pub(super) fn unit(&self, id: u32) -> &Unit {
        &self.all[id as usize]
    }
}

/// Counts as a part of the product: written or generated for it, for the server or the browser.
pub(super) fn is_product(file: &File) -> bool {
    let is_code = matches!(file.kind, FileKind::Source(_) | FileKind::Foreign(_));
    is_code && matches!(file.role, Role::Product | Role::Generated | Role::FrontEnd | Role::Script)
}

/// Where a manifest would stand if it stood beside what it describes.
pub(super) fn home(kind: ManifestKind, path: &str) -> String {
    let (at, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_inside = match kind {
        ManifestKind::Requirements => at.ends_with("requirements"),
        ManifestKind::Chalice => true,
        _ => false,
    };
    if is_inside { format!("{}/{name}", folder(at)).trim_start_matches('/').to_owned() } else { path.to_owned() }
}

/// Folders with the manifest of a package, and those that a monorepo's tool lists.
fn packages(project: &Project) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (id, manifest) in project.manifests() {
        let path = &project.file(id).path;
        let is_package =
            manifest.kind.is_package() && !is_for_development(manifest.kind, path) && says_something(manifest);
        if is_package || is_project(manifest.kind, path) {
            found.insert(folder(&home(manifest.kind, path)).to_owned());
        }
    }
    found
}

/// A module may be called `setup.py`, and a `package.json` may do no more than choose how modules are loaded.
fn says_something(manifest: &ManifestFacts) -> bool {
    let lists = manifest.dependencies.len() + manifest.commands.len() + manifest.members.len();
    let is_named = manifest.name.is_some() || manifest.module.is_some() || manifest.entry.is_some();
    let may_be_short = !matches!(manifest.kind, ManifestKind::SetupScript | ManifestKind::Node);
    may_be_short || is_named || lists > 0
}

/// `requirements-dev.txt` says nothing of what is in its folder.
fn is_for_development(kind: ManifestKind, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let words = ["dev", "test", "lint", "docs", "ci", "constraints"];
    kind == ManifestKind::Requirements
        && name.split(['-', '_', '.']).any(|word| words.iter().any(|known| word.starts_with(known)))
}

/// A project of a monorepo that has one package for all.
fn is_project(kind: ManifestKind, path: &str) -> bool {
    kind == ManifestKind::Monorepo && path.ends_with("/project.json")
}

/// Folders that a deployment describes: functions of a platform, images with sources.
fn described(project: &Project, sources: &Sources, roots: &mut BTreeMap<String, bool>) {
    for (id, manifest) in project.manifests() {
        let path = &project.file(id).path;
        if describes_functions(manifest) {
            roots.entry(folder(&home(manifest.kind, path)).to_owned()).or_insert(false);
        }
    }
    let starting: FxHashSet<&str> = starting_folders(project, sources);
    for (id, manifest) in project.manifests() {
        let path = &project.file(id).path;
        let built = match manifest.kind {
            ManifestKind::Dockerfile => vec![folder(path).to_owned()],
            ManifestKind::Compose => {
                let contexts = manifest.containers.iter().filter_map(|container| container.build.as_deref());
                contexts.filter_map(|context| join(folder(path), context)).collect()
            }
            _ => continue, // Builds nothing from a folder.
        };
        // A package says better what belongs together; an image of a folder in it is a program in it that serves.
        for folder in built {
            let is_in_package = ancestors(&folder).any(|above| roots.contains_key(above));
            if !is_in_package || starting.contains(folder.as_str()) {
                roots.entry(folder).or_insert(false);
            }
        }
    }
}

pub(super) fn describes_functions(manifest: &ManifestFacts) -> bool {
    match manifest.kind {
        ManifestKind::Serverless | ManifestKind::Chalice | ManifestKind::Zappa => true,
        // A worker without a program sends pages.
        ManifestKind::CloudFormation | ManifestKind::Terraform | ManifestKind::Wrangler => {
            !manifest.functions.is_empty()
        }
        ManifestKind::Netlify => directory_of_functions(manifest).is_some(),
        _ => false,
    }
}

/// Folders whose functions a manifest describes.
fn described_folders(project: &Project) -> FxHashSet<String> {
    let describing = project.manifests().filter(|(_, manifest)| describes_functions(manifest));
    describing.map(|(id, manifest)| folder(&home(manifest.kind, &project.file(id).path)).to_owned()).collect()
}

/// The folder each of whose files is a function.
pub(super) fn directory_of_functions(manifest: &ManifestFacts) -> Option<&str> {
    let folders = manifest.resources.iter().filter(|resource| resource.kind == "functions");
    let mut folders = folders.flat_map(|resource| &resource.attributes);
    folders.find(|(key, _)| key == "directory").map(|(_, folder)| folder.as_str())
}

/// Folders with a file that makes an application or begins to serve.
fn starting_folders<'f>(project: &'f Project, sources: &Sources) -> FxHashSet<&'f str> {
    let files = project.product_files();
    files.filter(|file| serves(project, sources, *file)).map(|file| folder(&project.file(file).path)).collect()
}

/// Whether a file makes an application that answers requests, or begins to answer them.
pub(super) fn serves(project: &Project, sources: &Sources, file: FileId) -> bool {
    sources.of_file(file).is_some_and(|source| {
        let marks = source.apps.iter().chain(&source.starts);
        marks.into_iter().any(|(library, _)| answers(project, *library))
    })
}

pub(super) fn answers(project: &Project, library: LibraryId) -> bool {
    let library = project.catalogue.library(library);
    let roles = library.also.iter().copied().chain([library.role]);
    roles.into_iter().any(|role| matches!(role, LibraryRole::WebFramework | LibraryRole::Api))
}

/// Programs of one package that serve on their own: `cmd/api`, `cmd/worker`. A single one is the package.
fn programs(project: &Project, sources: &Sources, roots: &mut BTreeMap<String, bool>) {
    let mut by_package: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut mains: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
    for file in project.product_files() {
        let has_main = sources.of_file(file).is_some_and(|source| source.main.is_some());
        if has_main && project.language(file) == Language::Go {
            mains.entry(folder(&project.file(file).path)).or_default().push(file);
        }
    }
    let described = described_folders(project);
    for (home, files) in mains.into_iter().take(MOST_PROGRAMS) {
        if ancestors(home).any(|above| described.contains(above)) {
            continue; // The programs of functions belong to what names the functions.
        }
        let package = ancestors(home).find(|above| roots.contains_key(*above)).unwrap_or_default();
        if home != package && super::reach::files(sources, &files).iter().any(|file| serves(project, sources, *file)) {
            by_package.entry(package.to_owned()).or_default().insert(home.to_owned());
        }
    }
    for folders in by_package.into_values().filter(|folders| folders.len() > 1) {
        roots.extend(folders.into_iter().map(|folder| (folder, true)));
    }
    scripts(project, sources, roots);
    side_by_side(project, sources, roots);
}

/// Folders side by side that each make an application, none of which runs another's files.
fn side_by_side(project: &Project, sources: &Sources, roots: &mut BTreeMap<String, bool>) {
    let mut making: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
    for file in project.product_files() {
        let makes = sources
            .of_file(file)
            .is_some_and(|source| source.apps.iter().any(|(library, _)| makes_application(project, *library)));
        if makes && project.language(file) == Language::Python {
            making.entry(folder(&project.file(file).path)).or_default().push(file);
        }
    }
    if making.len() > MOST_PROGRAMS {
        return;
    }
    let reached: BTreeMap<&str, Vec<FileId>> =
        making.iter().map(|(home, files)| (*home, super::reach::files(sources, files))).collect();
    let runs = |home: &str, other: &str| making[other].iter().any(|file| reached[home].binary_search(file).is_ok());
    let mut by_parent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for home in making.keys().filter(|home| !home.is_empty() && !roots.contains_key(**home)) {
        by_parent.entry(folder(home)).or_default().push(*home);
    }
    for homes in by_parent.into_values().filter(|homes| homes.len() > 1) {
        // What something else puts together is a part of that.
        let is_part = |home: &&str| making.keys().any(|other| other != home && runs(other, home));
        if !homes.iter().any(is_part) {
            roots.extend(homes.into_iter().map(|home| (home.to_owned(), true)));
        }
    }
}

/// More of them are examples.
const MOST_PROGRAMS: usize = 200;

fn makes_application(project: &Project, library: LibraryId) -> bool {
    project.catalogue.library(library).role == LibraryRole::WebFramework
}

/// Scripts side by side that each serve: together they are one part, apart from the package around them.
fn scripts(project: &Project, sources: &Sources, roots: &mut BTreeMap<String, bool>) {
    let mut by_folder: BTreeMap<&str, u32> = BTreeMap::new();
    for file in project.product_files() {
        let is_script = sources.of_file(file).is_some_and(|source| {
            let serving = |marks: &[(_, _)]| marks.iter().any(|(library, _)| answers(project, *library));
            serving(&source.apps) && serving(&source.starts)
        });
        if is_script && project.language(file) == Language::Python {
            *by_folder.entry(folder(&project.file(file).path)).or_default() += 1;
        }
    }
    for (folder, count) in by_folder {
        if count > 1 {
            roots.entry(folder.to_owned()).or_insert(false);
        }
    }
}

/// The folder of what no package holds: as far down as all of it lies.
fn left_over(project: &Project, roots: &BTreeMap<String, bool>) -> Option<String> {
    let files = project.files.files.iter().filter(|file| is_product(file) && file.role != Role::Script);
    let mut files = files.filter(|file| !ancestors(folder(&file.path)).any(|above| roots.contains_key(above)));
    let mut common = folder(&files.next()?.path).to_owned();
    for file in files {
        let shared = ancestors(&common).find(|above| below(&file.path, above)).unwrap_or_default().len();
        common.truncate(shared);
    }
    Some(common)
}

/// The code of functions belongs to the manifest that names them, even where it has a list of dependencies of its own.
fn absorb(project: &Project, roots: &mut BTreeMap<String, bool>) {
    let describing: FxHashMap<&str, &ManifestFacts> = project
        .manifests()
        .filter(|(_, manifest)| describes_functions(manifest) && !manifest.functions.is_empty())
        .map(|(id, manifest)| (folder(&project.file(id).path), manifest))
        .collect();
    let mut gone = Vec::new();
    let packages = packages(project);
    for root in roots.keys() {
        let above = ancestors(root).skip(1).find_map(|above| Some((above, *describing.get(above)?)));
        let above = above.filter(|(above, _)| !packages.contains(*above) && !describing.contains_key(root.as_str()));
        let Some((above, manifest)) = above else {
            continue; // No functions are described above it, or by a package that holds it as another package.
        };
        let is_code = manifest.functions.iter().any(|function| {
            let places = [&function.code, &function.handler, &function.source];
            let places = places.into_iter().flatten().filter_map(|place| join(above, place));
            places.into_iter().any(|place| place == *root || below(&place, root))
        });
        if is_code {
            gone.push(root.clone());
        }
    }
    for root in gone {
        roots.remove(&root);
    }
}

/// The manifest of a language's packages that speaks for a unit: its own, or the nearest above.
pub(super) fn speaking<'m>(
    by_folder: &FxHashMap<String, Vec<(FileId, &'m ManifestFacts)>>,
    unit: &Unit,
) -> Vec<(FileId, &'m ManifestFacts)> {
    let own: Vec<_> = by_folder.get(unit.folder.as_str()).into_iter().flatten().copied().collect();
    if own.iter().any(|(_, manifest)| manifest.kind.is_package()) {
        return own;
    }
    let above = ancestors(&unit.folder).skip(1).filter_map(|above| by_folder.get(above));
    let above = above.map(|manifests| manifests.iter().filter(|(_, manifest)| manifest.kind.is_package()).copied());
    let nearest: Option<Vec<_>> = above.map(Iterator::collect).find(|found: &Vec<_>| !found.is_empty());
    own.into_iter().chain(nearest.into_iter().flatten()).collect()
}

/// What a manifest asks for, those of [`ManifestFacts::shared`] not among them.
pub(super) fn asked(manifest: &ManifestFacts) -> impl Iterator<Item = &Dependency> {
    let is_own = |dependency: &&Dependency| dependency.scope != Scope::Indirect;
    manifest.dependencies.iter().filter(is_own)
}
