//! What product code imports, by package: where a package is first imported, and what is imported although no manifest
//! asks for it. Knows names of modules, and nothing of how an installer finds them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::services::language_of;
use super::{Project, Requirement, ServiceId, ServiceKind};
use crate::catalogue::{Deprecation, LibraryId, LibraryLanguage};
use crate::facts::{FileId, Language, Name};
use crate::finding::Place;
use crate::manifests::ManifestKind;
use crate::paths::{below, folder};
use crate::walk::Role;

/// The imports of the repository.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// By module and by each part of its path from the left, one place a file.
    places: FxHashMap<Language, FxHashMap<String, Vec<Place>>>,
    /// Services that hold pages as well.
    with_pages: FxHashSet<ServiceId>,
}

/// A deprecated library that product code imports and no manifest asks for: a platform brings it, or a tool that is not known.
#[derive(Clone, Debug)]
pub struct Undeclared<'p> {
    /// What the catalogue says against it.
    pub deprecation: &'p Deprecation,
    /// As imported.
    pub module: String,
    pub place: Place,
}

impl Imports {
    pub(super) fn of(project: &Project) -> Self {
        let mut imports = Self::default();
        // What is generated stands behind what is written.
        for wanted in [Role::Product, Role::Generated] {
            for file in project.source_files().filter(|file| project.file(*file).role == wanted) {
                imports.add(project, file);
            }
        }
        let pages = project.files().filter(|(_, file)| file.role == Role::FrontEnd);
        imports.with_pages = pages.filter_map(|(file, _)| project.service_of(file)).collect();
        imports
    }

    fn add(&mut self, project: &Project, file: FileId) {
        let facts = project.facts(file);
        for import in facts.imports.iter().filter(|import| !import.type_only && !import.module.starts_with('.')) {
            let separator = separator(facts.language);
            let module = import.module.as_str();
            let ends = module.match_indices(separator).map(|(end, _)| end).chain([module.len()]);
            for end in ends {
                self.note(facts.language, &module[..end], Place { file, span: import.span });
            }
        }
        if facts.language == Language::Rust {
            self.add_paths(project, file);
        }
    }

    /// A crate needs no `use`: `serde_json::to_string(&order)`.
    fn add_paths(&mut self, project: &Project, file: FileId) {
        let facts = project.facts(file);
        let bound = facts.bindings.iter().filter_map(|binding| binding.target.first());
        let params = facts.functions.iter().flat_map(|function| &function.params).map(|param| &param.name);
        let imported = facts.imports.iter().map(|import| &import.alias);
        let turns = facts.loops.iter().flat_map(|each| &each.binds);
        let explained: FxHashSet<&Name> = bound.chain(params).chain(imported).chain(turns).collect();
        for call in facts.calls.iter().filter(|call| call.receiver.is_none() && call.chain.len() > 1) {
            if explained.contains(&call.chain[0]) || facts.function(call.function).test {
                continue;
            }
            self.note(facts.language, &call.chain[0], Place { file, span: call.span });
        }
    }

    /// The first place of each file counts.
    fn note(&mut self, language: Language, module: &str, place: Place) {
        let known = self.places.entry(language).or_default();
        match known.get_mut(module) {
            Some(places) if places.last().is_some_and(|last| last.file == place.file) => {}
            Some(places) => places.push(place),
            None => drop(known.insert(module.to_owned(), vec![place])),
        }
    }
}

impl Project<'_> {
    /// Where product code below a manifest first imports what the manifest asks for by this name.
    pub(super) fn first_import(&self, language: LibraryLanguage, manifest: FileId, name: &str) -> Option<Place> {
        self.imports_below(language, manifest, name).min()
    }

    /// The places, one in a file, where product code below a manifest imports what it asks for by this name. None
    /// where imports would not show it: its language is not read, there are no sources, something loads or names it.
    pub fn importers(&self, requirement: &Requirement) -> Option<Vec<Place>> {
        let (language, manifest) = (requirement.language, requirement.place.file);
        let name = &requirement.dependency.name;
        let mut places: Vec<Place> = self.imports_below(language, manifest, name).collect();
        places.sort_unstable();
        places.dedup_by_key(|place| place.file);
        let source = language.of_sources()?;
        let above = folder(&self.file(manifest).path);
        let is_below = |file: FileId| self.language(file) == source && below(&self.file(file).path, above);
        let is_absent = || {
            self.product_files().any(is_below)
                && !self.is_registered(manifest, language, requirement.dependency)
                && !self.is_mentioned(above, &self.modules_of(language, name))
        };
        (!places.is_empty() || is_absent()).then_some(places)
    }

    /// Whether any file but a manifest speaks of a module, if only in a macro, a script or a test.
    fn is_mentioned(&self, above: &str, modules: &[String]) -> bool {
        let mut files =
            self.files().filter(|(file, known)| below(&known.path, above) && self.manifest(*file).is_none());
        files.any(|(_, file)| modules.iter().any(|module| file.text.contains(module)))
    }

    fn imports_below<'a>(
        &'a self,
        language: LibraryLanguage,
        manifest: FileId,
        name: &str,
    ) -> impl Iterator<Item = Place> + 'a {
        let imports = self.imports.get_or_init(|| Imports::of(self));
        let folder = folder(&self.file(manifest).path);
        let modules = if language.of_sources().is_some() { self.modules_of(language, name) } else { Vec::new() };
        let places =
            modules.into_iter().filter_map(move |module| imports.places.get(&language.of_sources()?)?.get(&module));
        places.flatten().copied().filter(move |place| below(&self.file(place.file).path, folder))
    }

    /// Whether the part of the repository that a file belongs to holds pages of a front end.
    pub(super) fn has_pages(&self, file: FileId) -> bool {
        let imports = self.imports.get_or_init(|| Imports::of(self));
        self.service_of(file).is_some_and(|service| imports.with_pages.contains(&service))
    }

    /// What is imported of a package.
    fn modules_of(&self, language: LibraryLanguage, name: &str) -> Vec<String> {
        let libraries = self.catalogue.distributed(language, name);
        let packages = libraries.iter().flat_map(|id| &self.catalogue.library(*id).packages);
        match language {
            LibraryLanguage::Go => {
                // A library that is a part of its module alone: `golang.org/x/net/websocket`.
                let parts: Vec<String> = packages.filter(|package| is_below(package, name)).cloned().collect();
                let is_whole = parts.is_empty() || parts.iter().any(|part| is_version(part, name));
                if is_whole { vec![name.to_owned()] } else { parts }
            }
            LibraryLanguage::Rust => vec![name.replace('-', "_")],
            LibraryLanguage::Python => {
                let plain = name.to_lowercase().replace(['-', '.'], "_");
                let whole: FxHashSet<&String> =
                    libraries.iter().flat_map(|id| &self.catalogue.library(*id).distributions).collect();
                let is_meant = |package: &&String| {
                    let module = package.to_lowercase().replace('.', "_");
                    whole.len() < 2 || plain.contains(&module) || module.contains(&plain)
                };
                let mut modules: Vec<String> = packages.filter(is_meant).cloned().collect();
                modules.push(plain);
                modules
            }
            _ => vec![name.to_owned()],
        }
    }

    /// Deprecated libraries that back ends import and no manifest above asks for, each once a service.
    pub fn undeclared(&self) -> Vec<Undeclared<'_>> {
        let mut found = Vec::new();
        let mut known: FxHashSet<(Option<ServiceId>, LibraryId)> = FxHashSet::default();
        for file in self.product_files() {
            let service = self.service_of(file);
            let kind = service.map(|id| self.service(id).kind);
            let facts = self.facts(file);
            if matches!(kind, Some(ServiceKind::FrontEnd | ServiceKind::Tool)) || facts.language == Language::Rust {
                continue; // Cargo builds nothing that is not asked for.
            }
            for import in facts.imports.iter().filter(|import| !import.type_only) {
                for library in self.claiming(facts.language, import.module).iter().copied() {
                    let all = &self.catalogue.library(library).deprecated;
                    // Where versions decide, only a manifest can tell.
                    let mut meant = all.iter().filter(|one| one.below.is_none() && one.is_said_of(&import.module));
                    let Some(deprecation) = meant.next().filter(|_| self.is_external(file, import.module)) else {
                        continue;
                    };
                    let is_new = known.insert((service, library));
                    if is_new && !self.is_declared(file, service, library, &import.module) {
                        let module = import.module.as_str().to_owned();
                        found.push(Undeclared { deprecation, module, place: Place { file, span: import.span } });
                    }
                }
            }
        }
        found
    }

    fn is_declared(&self, file: FileId, service: Option<ServiceId>, library: LibraryId, module: &str) -> bool {
        let language: LibraryLanguage = self.language(file).into();
        let own = service.map(|id| self.service(id).manifests.as_slice()).unwrap_or_default();
        let path = &self.file(file).path;
        self.manifests().any(|(id, manifest)| {
            if language_of(manifest.kind) != Some(language) || manifest.kind.is_lock() {
                return false;
            }
            if !own.contains(&id) && !below(path, folder(&self.file(id).path)) {
                return false;
            }
            // Go builds nothing that its module does not ask for.
            manifest.kind == ManifestKind::GoModule
                || manifest.dependencies.iter().any(|row| {
                    is_below(module, &row.name) || self.catalogue.distributed(language, &row.name).contains(&library)
                })
        })
    }
}

impl Deprecation {
    /// Whether it is said of what is imported so.
    fn is_said_of(&self, module: &str) -> bool {
        self.packages.is_empty() || self.packages.iter().any(|package| is_below(module, package))
    }
}

fn separator(language: Language) -> &'static str {
    match language {
        Language::Python => ".",
        Language::Rust => "::",
        _ => "/",
    }
}

/// Whether a module is a package or lies in it.
pub(super) fn is_below(module: &str, package: &str) -> bool {
    module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.', ':']))
}

/// Whether a Go package is its module, or another major version of it.
fn is_version(package: &str, module: &str) -> bool {
    let rest = package.strip_prefix(module).unwrap_or(package);
    rest.is_empty() || rest.strip_prefix("/v").is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit()))
}
