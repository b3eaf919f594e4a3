//! Packages, modules and methods that check what comes in, written in the repository itself. Knows them by what they
//! are called and who uses them, not what they check.

use std::collections::{BTreeMap, BTreeSet};

use super::super::sources::Sources;
use crate::catalogue::{Library, LibraryRole};
use crate::facts::{FileFacts, Function, FunctionKind, Language, Span};
use crate::finding::Place;
use crate::model::Project;
use crate::paths::folder;
use crate::walk::{FileId, Role};

/// What packages and modules of checks are called.
const NAMES: [&str; 6] = ["val", "validate", "validation", "validations", "validator", "validators"];

/// What methods that check their own object are called.
const METHODS: [&str; 2] = ["check", "validate"];

/// How the names of types end that a request is read into.
const REQUESTS: [&str; 8] = ["command", "dto", "form", "input", "params", "payload", "req", "request"];

/// Fewer types with such a method may have it for another reason.
const TYPES: usize = 3;

/// Fewer files that answer requests and use a package may use it for another reason.
const USERS: usize = 2;

/// What one file has to do with checks.
#[derive(Debug, Default)]
pub(super) struct Checks {
    /// The package or module of checks that it is of.
    home: Option<Home>,
    /// Where its first function stands.
    head: Option<Span>,
    /// Brings a library that checks: what stands here only wraps it.
    wraps: bool,
    /// Imports what answers requests.
    answers: bool,
    /// Methods of types that requests are read into: the type, the method and where.
    methods: Vec<(String, String, Span)>,
}

/// A package or module of checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Home {
    /// The folder, or the file where that is all of it.
    path: String,
    name: String,
    is_file: bool,
}

impl Checks {
    pub(super) fn of_file(project: &Project, sources: &Sources, file: FileId) -> Self {
        let path = &project.file(file).path;
        let (Some(source), true) = (sources.of_file(file), project.has_facts(file)) else {
            return Self::default(); // Not understood.
        };
        let facts = project.facts(file);
        let libraries: Vec<&Library> =
            source.libraries.iter().map(|(library, _)| project.catalogue.library(*library)).collect();
        let checks = |library: &&Library| {
            library.role == LibraryRole::Validator || library.also.contains(&LibraryRole::Validator)
        };
        // Of a large module any part will do.
        let catalogue = project.catalogue;
        let imported = facts.imports.iter().flat_map(|import| catalogue.imported(facts.language, &import.module));
        let mut imported = imported.map(|library| catalogue.library(library).role);
        let named = |function: &&Function| !function.test && !function.name.is_empty();
        Self {
            home: home(facts.language, path),
            head: facts.functions.iter().find(named).map(|function| function.head),
            wraps: libraries.iter().any(checks),
            answers: imported.any(|role| matches!(role, LibraryRole::WebFramework | LibraryRole::Api)),
            methods: methods(facts),
        }
    }
}

/// The package or module of checks that a path is of.
fn home(language: Language, path: &str) -> Option<Home> {
    let is_named = |name: &str| NAMES.contains(&name.to_ascii_lowercase().as_str());
    let around = folder(path);
    let last = around.rsplit('/').next().unwrap_or_default();
    if is_named(last) {
        return Some(Home { path: around.to_owned(), name: last.to_owned(), is_file: false });
    }
    let file = path.rsplit('/').next().unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default();
    // A file of a Go package is no module of its own.
    (language != Language::Go && is_named(stem)).then(|| Home {
        path: path.to_owned(),
        name: stem.to_owned(),
        is_file: true,
    })
}

fn methods(facts: &FileFacts) -> Vec<(String, String, Span)> {
    let methods = facts.functions.iter().filter(|function| {
        let is_fallible = facts.language != Language::Go
            || function.returns.as_ref().is_some_and(|returns| returns.path.iter().any(|name| name == "error"));
        let is_plain = function.kind == FunctionKind::Method && function.params.is_empty() && !function.test;
        is_plain && is_fallible && METHODS.contains(&function.name.to_ascii_lowercase().as_str())
    });
    let found = methods.filter_map(|function| {
        let owner = function.owner?.to_ascii_lowercase();
        let is_request = REQUESTS.iter().any(|ending| owner.ends_with(ending));
        is_request.then(|| (owner, function.name.to_string(), function.head))
    });
    found.collect()
}

/// The names of own checks in the files that run in a service, with where they stand.
pub(super) fn of_service(
    project: &Project,
    sources: &Sources,
    checks: &[Checks],
    running: &[FileId],
) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    for (home, (files, users)) in homes(project, sources, checks, running) {
        let wraps = files.iter().any(|file| checks[file.get()].wraps);
        if wraps || users.len() < USERS {
            continue; // The library is shown, or it is about something else.
        }
        let kind = if home.is_file { "module" } else { "package" };
        // Lengths and patterns alone check nothing.
        let heads = files.iter().filter_map(|file| Some((*file, checks[file.get()].head?)));
        let places = heads.map(|(file, span)| Place { file, span });
        found.extend(places.map(|place| (format!("own {} {kind}", home.name), place)));
    }
    let mut methods: BTreeMap<&str, (BTreeSet<&str>, Vec<Place>)> = BTreeMap::new();
    for file in running.iter().filter(|file| !checks[file.get()].wraps) {
        for (owner, method, span) in &checks[file.get()].methods {
            let (owners, places) = methods.entry(method).or_default();
            owners.insert(owner);
            places.push(Place { file: *file, span: *span });
        }
    }
    for (method, (_, places)) in methods.into_iter().filter(|(_, (owners, _))| owners.len() >= TYPES) {
        found.extend(places.into_iter().map(|place| (format!("own {method} methods"), place)));
    }
    found
}

/// The packages of checks among files, with their own files and those that answer requests with them.
fn homes(
    project: &Project,
    sources: &Sources,
    checks: &[Checks],
    running: &[FileId],
) -> BTreeMap<Home, (BTreeSet<FileId>, BTreeSet<FileId>)> {
    let mut found: BTreeMap<Home, (BTreeSet<FileId>, BTreeSet<FileId>)> = BTreeMap::new();
    for file in running.iter().filter(|file| project.file(**file).role == Role::Product) {
        let one = &checks[file.get()];
        if let Some(home) = &one.home {
            found.entry(home.clone()).or_default().0.insert(*file);
        }
        if !one.answers {
            continue; // Checks something else.
        }
        for used in sources.of_file(*file).into_iter().flat_map(|source| &source.files) {
            if let Some(home) = checks[used.get()].home.as_ref().filter(|home| one.home.as_ref() != Some(home)) {
                found.entry(home.clone()).or_default().1.insert(*file);
            }
        }
    }
    found
}
