//! What the packages of the repository ask for where their product runs, with the versions that were chosen.

use rustc_hash::FxHashMap;

use super::services::language_of;
use super::versions::{Number, least, stays_below};
use super::{How, Project, ServiceKind};
use crate::catalogue::{Deprecation, Library, LibraryId, LibraryLanguage, LibraryRole, Unproven};
use crate::facts::FileId;
use crate::finding::Place;
use crate::manifests::{Dependency, Locked, ManifestFacts, ManifestKind, Origin, Scope};
use crate::paths::{below, folder};
use crate::walk::Role;

/// A row of a manifest that asks for a package in production.
#[derive(Clone, Copy, Debug)]
pub struct Requirement<'p> {
    pub language: LibraryLanguage,
    pub dependency: &'p Dependency,
    /// The row.
    pub place: Place,
    /// The range that is asked for, wherever it is written.
    pub range: Option<&'p str>,
    /// The row of a manifest above that says the range for all: a catalog, a workspace.
    pub shared: Option<Place>,
    /// Where product code first imports it.
    pub imported: Option<Place>,
    /// What the package manager chose, and where that stands.
    pub locked: Option<(&'p Locked, Place)>,
}

/// The lock files of the repository.
#[derive(Debug, Default)]
pub(super) struct Locks {
    /// The folder and language of each, and its rows by name.
    files: Vec<Lock>,
}

#[derive(Debug)]
struct Lock {
    folder: String,
    language: LibraryLanguage,
    file: FileId,
    /// The first row of each name: what the package itself gets, as lock files put it before the needs of others.
    rows: FxHashMap<String, usize>,
}

impl Locks {
    pub(super) fn of(project: &Project) -> Self {
        let mut files = Vec::new();
        for (file, manifest) in project.manifests().filter(|(_, manifest)| !manifest.locked.is_empty()) {
            let Some(language) = language_of(manifest.kind) else { continue };
            let mut rows = FxHashMap::default();
            for (index, row) in manifest.locked.iter().enumerate() {
                rows.entry(row.name.clone()).or_insert(index);
            }
            files.push(Lock { folder: folder(&project.file(file).path).to_owned(), language, file, rows });
        }
        files.sort_by_key(|lock| std::cmp::Reverse(lock.folder.len()));
        Self { files }
    }
}

impl<'p> Project<'p> {
    /// What back ends of the repository ask for in production, by manifest. What front ends and tools ask for is left
    /// out, and what only a dependency asks for, unless product code imports it all the same.
    pub fn requirements(&self) -> impl Iterator<Item = Requirement<'_>> {
        let manifests = self.manifests().filter(|(file, manifest)| {
            manifest.kind.is_package() && self.file(*file).role == Role::Product && self.is_back_end(*file)
        });
        manifests.flat_map(|(file, manifest)| self.requirements_of(file, manifest))
    }

    /// What the catalogue says against a library's proof, in the versions that are asked for.
    pub fn unproven(&self, library: LibraryId) -> Option<&'p Unproven> {
        let unproven = self.catalogue.library(library).unproven.as_ref()?;
        let Some(from) = unproven.from.as_deref().and_then(Number::first) else { return Some(unproven) };
        let mut asked = self.requirements().filter(|one| one.libraries(self).contains(&library));
        asked.any(|one| one.least().is_some_and(|version| version >= from)).then_some(unproven)
    }

    fn is_back_end(&self, manifest: FileId) -> bool {
        let service = self.service_of(manifest).map(|id| self.service(id));
        service.is_none_or(|service| match service.kind {
            ServiceKind::FrontEnd => false,
            // What is started by hand and keeps data does the work of a back end.
            ServiceKind::Tool => self.used_as(service, LibraryRole::DataAccess).next().is_some(),
            _ => true,
        })
    }

    fn requirements_of<'a>(
        &'a self,
        file: FileId,
        manifest: &'a ManifestFacts,
    ) -> impl Iterator<Item = Requirement<'a>> {
        let language = language_of(manifest.kind);
        manifest.dependencies.iter().filter_map(move |dependency| {
            let imported = self.first_import(language?, file, &dependency.name);
            let is_wanted = match dependency.scope {
                Scope::Product if dependency.origin == Origin::Repository => false,
                Scope::Product => imported.is_some() || !self.asks_an_import(file, manifest, language?, dependency),
                Scope::Indirect => imported.is_some(),
                Scope::Optional | Scope::Peer | Scope::Dev | Scope::Build => false,
            };
            let shared = self.shared(file, dependency);
            let version = if shared.is_some() { shared.map(|(row, _)| row) } else { Some(dependency) };
            is_wanted.then_some(Requirement {
                language: language?,
                dependency,
                place: Place { file, span: dependency.span },
                range: version.and_then(|row| row.version.as_deref()),
                shared: shared.map(|(_, place)| place),
                imported,
                locked: self.locked(file, language?, &dependency.name),
            })
        })
    }

    /// Whether a row that no product code imports says nothing of what runs.
    fn asks_an_import(
        &self,
        file: FileId,
        manifest: &ManifestFacts,
        language: LibraryLanguage,
        dependency: &Dependency,
    ) -> bool {
        match language {
            // Nothing sets apart what tests alone need.
            LibraryLanguage::Go => true,
            // One manifest for the server and the pages it serves.
            LibraryLanguage::JavaScript => self.has_pages(file),
            _ => is_frozen(manifest) && !self.is_registered(file, language, dependency),
        }
    }

    /// Whether a configuration loads what a row asks for.
    pub(super) fn is_registered(&self, manifest: FileId, language: LibraryLanguage, dependency: &Dependency) -> bool {
        let Some(service) = self.service_of(manifest) else { return false };
        let service = self.service(service);
        let libraries = self.catalogue.distributed(language, &dependency.name);
        let mut seen = libraries.iter().filter_map(|library| service.library(*library)).flat_map(|known| &known.seen);
        seen.any(|seen| seen.how == How::Registered)
    }

    /// The row of a manifest above that a dependency refers to for its range.
    fn shared<'a>(&'a self, manifest: FileId, dependency: &Dependency) -> Option<(&'a Dependency, Place)> {
        let Origin::Shared(catalog) = &dependency.origin else { return None };
        let path = &self.file(manifest).path;
        let above = self
            .manifests()
            .filter(|(file, facts)| !facts.shared.is_empty() && below(path, folder(&self.file(*file).path)));
        let rows = above.flat_map(|(file, facts)| facts.shared.iter().map(move |row| (row, file)));
        let rows: Vec<(&Dependency, FileId)> = rows.filter(|(row, _)| row.name == dependency.name).collect();
        let named = rows.iter().find(|(row, _)| matches!(&row.origin, Origin::Shared(name) if name == catalog));
        let (row, file) = *named.or(rows.first())?;
        Some((row, Place { file, span: row.span }))
    }

    /// The row of the nearest lock file above a manifest.
    fn locked(&self, manifest: FileId, language: LibraryLanguage, name: &str) -> Option<(&Locked, Place)> {
        let locks = self.locks.get_or_init(|| Locks::of(self));
        let path = &self.file(manifest).path;
        let lock = locks.files.iter().find(|lock| lock.language == language && below(path, &lock.folder))?;
        let row = &self.manifest(lock.file)?.locked[*lock.rows.get(name)?];
        Some((row, Place { file: lock.file, span: row.span }))
    }
}

impl Requirement<'_> {
    /// The libraries of the catalogue that it asks for.
    pub fn libraries(&self, project: &Project) -> Vec<LibraryId> {
        project.catalogue.distributed(self.language, &self.dependency.name)
    }

    /// What the catalogue says against using it in this version.
    pub fn deprecation<'l>(&self, library: &'l Library) -> Option<&'l Deprecation> {
        library.deprecated.iter().find(|deprecation| {
            let is_meant = deprecation.packages.is_empty() || deprecation.packages.contains(&self.dependency.name);
            let below = deprecation.below.as_deref().and_then(Number::first);
            is_meant && below.is_none_or(|below| self.stays_below(&below))
        })
    }

    /// The version that was chosen, or the least that is asked for.
    fn least(&self) -> Option<Number> {
        let locked = self.locked.and_then(|(locked, _)| Number::first(&locked.version));
        locked.or_else(|| least(self.range?))
    }

    /// Whether the version that was chosen, or else every one that is asked for, lies below a number.
    fn stays_below(&self, below: &Number) -> bool {
        let locked = self.locked.and_then(|(locked, _)| Number::first(&locked.version));
        let loose = self.language == LibraryLanguage::Rust;
        locked.map_or_else(|| self.range.is_some_and(|range| stays_below(range, below, loose)), |one| one < *below)
    }
}

/// Where every row is pinned, the file may well be what an installer wrote, and many a row is there for another.
fn is_frozen(manifest: &ManifestFacts) -> bool {
    let is_pinned = |row: &Dependency| row.version.as_deref().is_some_and(|version| version.starts_with("=="));
    manifest.kind == ManifestKind::Requirements && manifest.dependencies.iter().all(is_pinned)
}
