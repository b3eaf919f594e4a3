//! Imports, registrations and manifest rows to the libraries of a service: which it uses, and which it only asks for.
//! Knows what a library is called, not what is right or wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::kinds::draws;
use super::sources::Sources;
use super::units::{Unit, asked, home, speaking};
use super::{How, LibraryUse, Seen, ServiceKind, language_of};
use crate::catalogue::{LibraryId, LibraryLanguage};
use crate::finding::Place;
use crate::manifests::ManifestFacts;
use crate::model::Project;
use crate::paths::folder;
use crate::walk::{FileId, Role};

/// Places that are kept for a library; the first few say it all.
const PLACES: usize = 6;

/// The manifests of the repository by the folder they speak for.
pub(super) type ByFolder<'m> = FxHashMap<String, Vec<(FileId, &'m ManifestFacts)>>;

pub(super) fn by_folder<'m>(project: &'m Project) -> ByFolder<'m> {
    let mut found: ByFolder = FxHashMap::default();
    for (id, manifest) in project.manifests() {
        let home = home(manifest.kind, &project.file(id).path);
        found.entry(folder(&home).to_owned()).or_default().push((id, manifest));
    }
    found
}

/// The libraries of a unit, by their position in the catalogue.
pub(super) fn libraries(
    project: &Project,
    sources: &Sources,
    manifests: &ByFolder,
    unit: &Unit,
    kind: ServiceKind,
    beyond: &[FileId],
) -> Vec<LibraryUse> {
    let mut found: BTreeMap<LibraryId, Vec<Seen>> = BTreeMap::new();
    let mut imports: BTreeMap<LibraryId, Vec<Place>> = BTreeMap::new();
    let own = unit.files.iter().filter(|file| matches!(project.file(**file).role, Role::Product | Role::Generated));
    for file in own.chain(beyond).copied() {
        let Some(source) = sources.of_file(file) else {
            continue; // A page, a script, a language that is only counted.
        };
        let imported = source.libraries.iter().map(|found| (found, How::Imported));
        for ((library, span), how) in imported.chain(source.named.iter().map(|found| (found, How::Registered))) {
            let (seen, place) = (found.entry(*library).or_default(), Place { file, span: *span });
            if seen.len() < PLACES {
                seen.push(Seen { place, how });
            }
            if how == How::Imported {
                imports.entry(*library).or_default().push(place);
            }
        }
    }
    let has_pages = unit.files.iter().any(|file| project.file(*file).role == Role::FrontEnd);
    let is_drawn = kind == ServiceKind::FrontEnd && has_pages;
    let mut asked_for: BTreeMap<LibraryId, Vec<Asked>> = BTreeMap::new();
    for (id, manifest) in speaking(manifests, unit) {
        let Some(language) = language_of(manifest.kind).filter(|_| !manifest.kind.is_lock()) else {
            continue; // Asks for no libraries, or repeats what was asked.
        };
        for dependency in asked(manifest) {
            for library in project.catalogue.distributed(language, &dependency.name) {
                let seen = Seen { place: Place { file: id, span: dependency.span }, how: How::Declared };
                let is_of_page = draws(project.catalogue.library(library)) && has_pages;
                let is_unread = language.of_sources().is_none() || is_drawn && language == LibraryLanguage::JavaScript;
                // Where sources are not read, the row is the best evidence there is; what a page is made of is often
                // only there until it is built.
                let is_evidence = is_of_page || is_unread && !dependency.is_dev();
                let is_meant = project.catalogue.speaks_for(library, &dependency.name);
                asked_for.entry(library).or_default().push(Asked {
                    runs: !dependency.is_dev(),
                    seen,
                    is_evidence: is_evidence && is_meant,
                    is_meant,
                });
            }
        }
    }
    let mut libraries: Vec<LibraryUse> = Vec::new();
    let used: Vec<LibraryId> = found.keys().copied().collect();
    let ids: BTreeSet<LibraryId> = found.keys().chain(asked_for.keys()).copied().collect();
    for library in ids {
        let mut seen = found.remove(&library).unwrap_or_default();
        let asked = asked_for.remove(&library).unwrap_or_default();
        let is_loaded = asked.iter().any(|asked| asked.runs)
            && (is_loaded(project, library, &used) || is_configured(project, library, unit));
        let used = !seen.is_empty() || is_loaded || asked.iter().any(|asked| asked.is_evidence);
        if !used && !asked.iter().any(|asked| asked.is_meant) {
            continue; // The row asks for something around it.
        }
        seen.extend(asked.into_iter().map(|asked| match is_loaded {
            true => Seen { how: How::Registered, ..asked.seen },
            false => asked.seen,
        }));
        seen.sort_by_key(|seen| seen.how);
        seen.dedup();
        seen.truncate(PLACES);
        libraries.push(LibraryUse { library, used, seen, imports: imports.remove(&library).unwrap_or_default() });
    }
    libraries
}

/// A row of a manifest that asks for a library.
struct Asked {
    /// Of a package that is there where the product runs.
    runs: bool,
    seen: Seen,
    /// Says by itself that the library is in use.
    is_evidence: bool,
    /// Asks for the library rather than for something around it.
    is_meant: bool,
}

/// Whether a library in use loads this one by its name.
fn is_loaded(project: &Project, library: LibraryId, used: &[LibraryId]) -> bool {
    let loaders = &project.catalogue.library(library).loaded_by;
    !loaders.is_empty() && used.iter().any(|used| loaders.contains(&project.catalogue.library(*used).name))
}

/// Whether a manifest of the unit configures a library: `loaded_by = ["wrangler"]` names its kind.
fn is_configured(project: &Project, library: LibraryId, unit: &Unit) -> bool {
    let loaders = &project.catalogue.library(library).loaded_by;
    let kinds = unit.manifests.iter().filter_map(|id| project.manifest(*id)).map(|manifest| manifest.kind);
    !loaders.is_empty() && kinds.into_iter().any(|kind| loaders.contains(&kind.name()))
}
