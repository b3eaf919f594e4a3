//! What the packages of the repository ask for where their product runs, with the versions that were chosen.

use rustc_hash::FxHashMap;

use super::services::language_of;
use super::versions::{Number, least};
use super::{Project, ServiceKind};
use crate::catalogue::{Deprecation, Library, LibraryId, LibraryLanguage};
use crate::facts::FileId;
use crate::finding::Place;
use crate::manifests::{Dependency, Locked, ManifestFacts, Origin, Scope};
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

    fn is_back_end(&self, manifest: FileId) -> bool {
        let service = self.service_of(manifest).map(|id| self.service(id));
        service.is_none_or(|service| !matches!(service.kind, ServiceKind::FrontEnd | ServiceKind::Tool))
    }

    fn requirements_of<'a>(
        &'a self,
        file: FileId,
        manifest: &'a ManifestFacts,
    ) -> impl Iterator<Item = Requirement<'a>> {
        let language = language_of(manifest.kind);
        let wanted = manifest.dependencies.iter().filter(move |dependency| match dependency.scope {
            Scope::Product => dependency.origin != Origin::Repository,
            Scope::Indirect => self.is_imported(file, language, dependency),
            Scope::Optional | Scope::Peer | Scope::Dev | Scope::Build => false,
        });
        wanted.filter_map(move |dependency| {
            Some(Requirement {
                language: language?,
                dependency,
                place: Place { file, span: dependency.span },
                range: self.range(file, dependency),
                locked: self.locked(file, language?, &dependency.name),
            })
        })
    }

    fn is_imported(&self, manifest: FileId, language: Option<LibraryLanguage>, dependency: &Dependency) -> bool {
        let (Some(service), Some(language)) = (self.service_of(manifest), language) else { return false };
        let service = self.service(service);
        let libraries = self.catalogue.distributed(language, &dependency.name);
        libraries.iter().any(|library| service.library(*library).is_some_and(|known| known.used))
    }

    /// The range of a dependency, which may stand in a manifest above.
    fn range<'a>(&'a self, manifest: FileId, dependency: &'a Dependency) -> Option<&'a str> {
        let Origin::Shared(catalog) = &dependency.origin else { return dependency.version.as_deref() };
        let path = &self.file(manifest).path;
        let above = self
            .manifests()
            .filter(|(file, facts)| !facts.shared.is_empty() && below(path, folder(&self.file(*file).path)));
        let rows = above.flat_map(|(_, facts)| &facts.shared);
        let rows: Vec<&Dependency> = rows.filter(|row| row.name == dependency.name).collect();
        let named = rows.iter().find(|row| matches!(&row.origin, Origin::Shared(name) if name == catalog));
        named.or(rows.first())?.version.as_deref()
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
    /// The version in use: what was chosen, or the least that is asked for.
    pub fn version(&self) -> Option<Number> {
        let locked = self.locked.and_then(|(locked, _)| Number::first(&locked.version));
        locked.or_else(|| least(self.range?))
    }

    /// The libraries of the catalogue that it asks for.
    pub fn libraries(&self, project: &Project) -> Vec<LibraryId> {
        project.catalogue.distributed(self.language, &self.dependency.name)
    }

    /// What the catalogue says against using it in this version.
    pub fn deprecation<'l>(&self, library: &'l Library) -> Option<&'l Deprecation> {
        library.deprecated.iter().find(|deprecation| {
            let is_meant = deprecation.packages.is_empty() || deprecation.packages.contains(&self.dependency.name);
            let below = deprecation.below.as_deref().and_then(Number::first);
            is_meant && below.is_none_or(|below| self.version().is_some_and(|version| version < below))
        })
    }
}

fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |end| &path[..end])
}

fn below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
