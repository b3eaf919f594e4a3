//! Files to the files that run with them, and units to the units they import. Knows edges, not what stands in a file.

use rustc_hash::{FxHashMap, FxHashSet};

use super::language_of;
use super::sources::Sources;
use super::units::Units;
use crate::catalogue::LibraryLanguage;
use crate::facts::Name;
use crate::model::Project;
use crate::walk::{FileId, Role};

/// All files that the given ones lead to, themselves among them, sorted.
pub(super) fn files(sources: &Sources, from: &[FileId]) -> Vec<FileId> {
    let mut seen: FxHashSet<FileId> = from.iter().copied().collect();
    let mut next: Vec<FileId> = from.to_vec();
    while let Some(file) = next.pop() {
        for inner in sources.of_file(file).into_iter().flat_map(|source| &source.files) {
            if seen.insert(*inner) {
                next.push(*inner);
            }
        }
    }
    let mut files: Vec<FileId> = seen.into_iter().collect();
    files.sort_unstable();
    files
}

/// Files that are visited for all units together, each time they are asked for: more than any repository has, and
/// few enough where ten thousand units lead to each other.
const MOST_FILES: usize = 20_000_000;

/// Which unit imports which.
#[derive(Debug)]
pub(super) struct Reach {
    /// By file: units that it imports as a whole, since nothing says which of their files.
    packages: FxHashMap<FileId, Vec<u32>>,
    /// By unit: those that some other imports.
    pub(super) imported: Vec<bool>,
    names: FxHashMap<(LibraryLanguage, String), u32>,
}

impl Reach {
    pub(super) fn of(project: &Project, sources: &Sources, units: &Units) -> Self {
        let names = names(project, units);
        let imported = vec![false; units.all.len()];
        let mut reach = Self { packages: FxHashMap::default(), imported, names };
        for (index, unit) in units.all.iter().enumerate() {
            for file in &unit.files {
                let Some(source) = sources.of_file(*file).filter(|_| project.file(*file).role != Role::Script) else {
                    continue; // What a script or a page imports makes nobody its library.
                };
                let by_name = source.packages.iter().filter_map(|module| {
                    let language = project.language(*file).into();
                    reach.names.get(&(language, package_of(language, module)?)).copied()
                });
                let mut found: Vec<u32> = by_name.filter(|other| *other != index as u32).collect();
                found.sort_unstable();
                found.dedup();
                let others = source.files.iter().filter_map(|file| units.of_file[file.get()]);
                for other in others.filter(|other| *other != index as u32).chain(found.iter().copied()) {
                    reach.imported[other as usize] = true;
                }
                if !found.is_empty() {
                    reach.packages.insert(*file, found);
                }
            }
        }
        reach
    }

    /// The units that others import as a whole, sorted.
    pub(super) fn named(&self) -> Vec<u32> {
        let mut units: Vec<u32> = self.packages.values().flatten().copied().collect();
        units.sort_unstable();
        units.dedup();
        units
    }

    /// The unit whose package a file calls so.
    pub(super) fn package(&self, project: &Project, file: FileId, module: Name) -> Option<u32> {
        let language = project.language(file).into();
        self.names.get(&(language, package_of(language, &module)?)).copied()
    }

    /// The units that files of a unit import.
    pub(super) fn direct(&self, sources: &Sources, units: &Units, from: u32) -> Vec<u32> {
        let mut used = Vec::new();
        for file in &units.unit(from).files {
            let led = sources.of_file(*file).map_or(&[][..], |source| &source.files);
            used.extend(led.iter().filter_map(|file| units.of_file[file.get()]));
            used.extend(self.packages.get(file).into_iter().flatten());
        }
        used.retain(|unit| *unit != from);
        used.sort_unstable();
        used.dedup();
        used
    }

    /// The files that run in a unit beyond its own, and the units they are of: only those that `may` be entered.
    pub(super) fn beyond(
        &self,
        project: &Project,
        sources: &Sources,
        units: &Units,
        from: u32,
        may: &dyn Fn(u32) -> bool,
    ) -> (Vec<FileId>, Vec<u32>) {
        let most = MOST_FILES / units.all.len().max(1);
        let may = |unit: u32| may(unit) || units.unit(from).package == Some(unit);
        let own = &units.unit(from).files;
        let mut entered: FxHashSet<u32> = FxHashSet::default();
        let mut used: Vec<u32> = Vec::new();
        // Scripts run by hand; those that the product imports run with it.
        let runs = |file: &&FileId| project.file(**file).role != Role::Script;
        let mut seen: FxHashSet<FileId> = own.iter().filter(runs).copied().collect();
        let mut next: Vec<FileId> = own.iter().filter(runs).copied().collect();
        let mut files = Vec::new();
        while let Some(file) = next.pop() {
            let led = sources.of_file(file).map_or(&[][..], |source| &source.files).iter().copied();
            let mut reached: Vec<FileId> = led.collect();
            let named = self.packages.get(&file).into_iter().flatten().copied();
            let entering: Vec<u32> = named.filter(|unit| *unit != from && may(*unit)).collect();
            for unit in entering {
                if entered.insert(unit) {
                    reached.extend(&units.unit(unit).files);
                }
            }
            for file in reached {
                let unit = units.of_file[file.get()];
                let is_open = unit.is_none_or(|unit| unit == from || may(unit));
                if is_open && files.len() < most && seen.insert(file) {
                    files.push(file);
                    next.push(file);
                    used.extend(unit.filter(|unit| *unit != from));
                }
            }
        }
        files.sort_unstable();
        used.sort_unstable();
        used.dedup();
        (files, used)
    }
}

/// Units by the names that imports may call them.
fn names(project: &Project, units: &Units) -> FxHashMap<(LibraryLanguage, String), u32> {
    let mut names = FxHashMap::default();
    for (index, unit) in units.all.iter().enumerate() {
        for manifest in unit.manifests.iter().filter_map(|id| project.manifest(*id)) {
            let (Some(language), Some(name)) = (language_of(manifest.kind), &manifest.name) else {
                continue; // Not a package, or without a name.
            };
            names.entry((language, plain(language, name))).or_insert(index as u32);
        }
    }
    names
}

/// The package that a module is of, as far as its name says.
fn package_of(language: LibraryLanguage, module: &str) -> Option<String> {
    let parts = match language {
        LibraryLanguage::JavaScript if module.starts_with('.') => return None,
        LibraryLanguage::JavaScript if module.starts_with('@') => {
            module.splitn(3, '/').take(2).collect::<Vec<_>>().join("/")
        }
        LibraryLanguage::JavaScript => module.split('/').next()?.to_owned(),
        LibraryLanguage::Python => module.split('.').next().filter(|name| !name.is_empty())?.to_owned(),
        LibraryLanguage::Rust => module.split("::").next()?.to_owned(),
        _ => return None,
    };
    Some(plain(language, &parts))
}

fn plain(language: LibraryLanguage, name: &str) -> String {
    match language {
        LibraryLanguage::Python | LibraryLanguage::Rust => name.to_ascii_lowercase().replace('-', "_"),
        _ => name.to_owned(),
    }
}
