//! All facts and the catalogue to one immutable picture of the repository. Knows no syntax, severity or wording.
//!
//! Rules ask it questions; what several rules need is computed here, once.

mod budget;
mod calls;
mod cluster;
mod effects;
mod entities;
mod imports;
mod loops;
mod modules;
mod outside;
mod reached;
mod records;
mod relations;
mod requirements;
mod resolvers;
mod runtimes;
mod schemas;
mod scopes;
mod services;
mod sharing;
mod siblings;
mod stores;
mod things;
mod updates;
pub mod versions;
mod ways;
mod wrappers;

pub use calls::{Callee, Link, Params, PropertyRead, Sent};
pub use cluster::{Cluster, Workload};
pub use effects::{Access, Effect};
pub use entities::{Entity, Statement};
pub use imports::Undeclared;
pub use loops::{Obstacle, Repetition, Turn};
pub use reached::ReachedFrom;
pub use relations::{Computed, Handed, Model, Relation, Rows, Sources, Top, Written};
pub use requirements::Requirement;
pub use resolvers::{Asked, Parents, Resolver};
pub use runtimes::{Embedded, Runtime, Stage};
pub use schemas::Schema;
pub use services::{
    Deployment, Handler, HomeMade, How, LibraryUse, Seen, Service, ServiceId, ServiceKind, SystemUse, language_of,
};
pub use sharing::Sharing;
pub use stores::Connection;
pub use things::Evidence;
pub use updates::Change;
pub use ways::{Store, Way, WayKind};

use std::borrow::Cow;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::catalogue::{Catalogue, Lexicon, Library, LibraryId, Words};
use crate::facts::{
    Call, CallIndex, FileFacts, Function, FunctionIndex, FunctionKind, Language, Loop, LoopIndex, Name, Span, Type,
    TypeIndex,
};
use crate::finding::Place;
use crate::manifests::ManifestFacts;
use crate::walk::{File, FileId, Files, Role};

use calls::{Calls, Effects};
use entities::Statements;
use imports::Imports;
use loops::has_word;
use modules::Modules;
use reached::Reached;
use relations::{Lists, Relations};
use requirements::Locks;
use scopes::Scopes;
use services::Services;

macro_rules! id {
    ($($name:ident $index:ident)*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            pub file: FileId,
            pub index: $index,
        }
    )*};
}

id! {
    FunctionId FunctionIndex
    TypeId TypeIndex
    CallId CallIndex
    LoopId LoopIndex
}

/// Words in names of functions and files that prepare the house.
#[rustfmt::skip]
const ONE_OFF_WORDS: [&str; 21] = [
    "backfill", "backup", "bootstrap", "demo", "exporter", "fixes", "fixture", "fixtures", "importer", "init",
    "initialize", "migrate", "migration", "migrations", "populate", "purge", "restore", "seed", "setup", "upgrade",
    "wipe",
];

/// The repository as its engineers see it.
#[derive(Debug)]
pub struct Project<'p> {
    files: &'p Files,
    catalogue: &'p Catalogue,
    /// By file; files that are not sources, or not worth lowering, have none.
    facts: Vec<Option<FileFacts>>,
    scopes: Vec<Option<Scopes>>,
    modules: Modules,
    /// By language: what names mean to any library that is imported or declared here.
    words: [Lexicon; 4],
    /// By file, like the facts.
    manifests: Vec<Option<ManifestFacts>>,
    services: Services,
    calls: Calls,
    statements: Statements,
    locks: OnceLock<Locks>,
    imports: OnceLock<Imports>,
    relations: OnceLock<Relations>,
    reached: OnceLock<Reached>,
    lists: OnceLock<Lists>,
}

impl<'p> Project<'p> {
    /// Joins what every file says. `facts` and `manifests` are in the order of the files.
    pub fn link(
        files: &'p Files,
        facts: Vec<Option<FileFacts>>,
        manifests: Vec<Option<ManifestFacts>>,
        catalogue: &'p Catalogue,
    ) -> Self {
        let scopes = || facts.par_iter().map(|facts| facts.as_ref().map(Scopes::of)).collect();
        let (scopes, modules) = rayon::join(scopes, || Modules::of(files, &facts, &manifests, catalogue));
        let of_language = |language: Language| {
            let declared = modules.declared().iter().copied();
            catalogue.lexicon(declared.filter(|id| catalogue.library(*id).language == language.into()))
        };
        let words = [Language::TypeScript, Language::Python, Language::Go, Language::Rust].map(of_language);
        let mut project = Self {
            files,
            catalogue,
            facts,
            scopes,
            modules,
            words,
            manifests,
            services: Services::default(),
            calls: Calls::default(),
            statements: Statements::default(),
            locks: OnceLock::new(),
            imports: OnceLock::new(),
            relations: OnceLock::new(),
            reached: OnceLock::new(),
            lists: OnceLock::new(),
        };
        // Not on demand: this works in parallel, and rules that wait for it in parallel would wait for each other.
        let (services, (effects, _)) =
            rayon::join(|| Services::of(&project), || rayon::join(|| Effects::of(&project), || project.relations()));
        project.services = services;
        project.calls = Calls::of(&project, effects);
        project.statements = Statements::of(&project);
        project
    }

    /// What it was made of.
    pub fn into_facts(self) -> (Vec<Option<FileFacts>>, Vec<Option<ManifestFacts>>) {
        (self.facts, self.manifests)
    }

    /// Services, workers, functions, front ends and libraries, sorted by folder.
    pub fn services(&self) -> &[Service] {
        &self.parts().all
    }

    /// Systems that manifests name which concern no part of the repository.
    pub fn systems_beside(&self) -> &[SystemUse] {
        &self.parts().beside
    }

    pub fn service(&self, id: ServiceId) -> &Service {
        &self.parts().all[id.0 as usize]
    }

    /// The innermost part of the repository that a file belongs to.
    pub fn service_of(&self, file: FileId) -> Option<ServiceId> {
        self.parts().of_file.get(file.get()).copied().flatten()
    }

    fn parts(&self) -> &Services {
        &self.services
    }

    pub fn manifests(&self) -> impl Iterator<Item = (FileId, &ManifestFacts)> {
        let with_ids = self.manifests.iter().enumerate();
        with_ids.filter_map(|(index, manifest)| Some((FileId(index as u32), manifest.as_ref()?)))
    }

    pub fn manifest(&self, file: FileId) -> Option<&ManifestFacts> {
        self.manifests.get(file.get())?.as_ref()
    }

    pub fn catalogue(&self) -> &'p Catalogue {
        self.catalogue
    }

    pub fn file(&self, file: FileId) -> &'p File {
        self.files.file(file)
    }

    /// Every file that was found, those that nobody judges among them.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &'p File)> {
        self.files.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
    }

    /// Whether [`facts`](Self::facts) may be asked of a file.
    pub fn has_facts(&self, file: FileId) -> bool {
        self.facts.get(file.get()).is_some_and(Option::is_some)
    }

    pub fn facts(&self, file: FileId) -> &FileFacts {
        self.facts[file.get()].as_ref().expect("ids of files without facts are not handed out")
    }

    fn scopes(&self, file: FileId) -> &Scopes {
        self.scopes[file.get()].as_ref().expect("files with facts have scopes")
    }

    /// The source files of the product itself: what rules judge.
    pub fn product_files(&self) -> impl Iterator<Item = FileId> {
        self.source_files().filter(|file| self.file(*file).role == Role::Product)
    }

    fn source_files(&self) -> impl Iterator<Item = FileId> {
        let ids = (0..self.facts.len()).filter(|index| self.facts[*index].is_some());
        ids.map(|index| FileId(index as u32))
    }

    pub fn call(&self, id: CallId) -> &Call {
        self.facts(id.file).call(id.index)
    }

    pub fn loop_at(&self, id: LoopId) -> &Loop {
        self.facts(id.file).loop_at(id.index)
    }

    pub fn function(&self, id: FunctionId) -> &Function {
        self.facts(id.file).function(id.index)
    }

    /// The calls of a file that stand in a loop or in a function literal: those that may be repeated.
    pub fn repeated_calls(&self, file: FileId) -> impl Iterator<Item = CallId> {
        let facts = self.facts(file);
        let calls = facts.calls.iter().enumerate().filter(|(_, call)| {
            let function = facts.function(call.function);
            (call.each.is_some() || function.kind == FunctionKind::Literal) && !function.test
        });
        calls.map(move |(index, _)| CallId { file, index: CallIndex(index as u32) })
    }

    /// The named function, or the file, in which a call stands.
    pub fn function_of(&self, id: CallId) -> &Function {
        self.function_around(id.file, self.call(id).function)
    }

    /// The named function, or the file, that a function literal stands in.
    pub fn function_around(&self, file: FileId, index: FunctionIndex) -> &Function {
        let facts = self.facts(file);
        let mut function = facts.function(index);
        while function.kind == FunctionKind::Literal
            && let Some(parent) = function.parent
        {
            function = facts.function(parent);
        }
        function
    }

    /// The named function or else the type around a place, with its owner: `Shop.report`. Empty outside of any.
    pub fn symbol(&self, file: FileId, span: Span) -> String {
        let Some(facts) = self.facts.get(file.get()).and_then(Option::as_ref) else { return String::new() };
        let length = |span: Span| span.end.saturating_sub(span.start);
        let functions = facts.functions.iter().filter(|one| one.span.contains(span) && !one.name.is_empty());
        let types = facts.types.iter().filter(|one| one.span.contains(span));
        match (functions.min_by_key(|one| length(one.span)), types.min_by_key(|one| length(one.span))) {
            (Some(Function { owner: Some(owner), name, .. }), _) => format!("{owner}.{name}"),
            (Some(function), _) => function.name.to_string(),
            (None, Some(of)) => of.name.to_string(),
            (None, None) => String::new(),
        }
    }

    /// The last call of the chain that a call begins or goes on with.
    pub fn whole(&self, id: CallId) -> CallId {
        CallId { file: id.file, index: self.facts(id.file).last_of_chain(id.index) }
    }

    /// The chain of a call as its reader knows it, shortened in the middle.
    pub fn called(&self, id: CallId) -> String {
        let chain = &self.call(id).chain;
        let names: Vec<&str> = chain.iter().map(|name| name.as_str()).filter(|name| !name.is_empty()).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| !matches!(*name, "[]" | "self" | "Self")).collect();
        match names.len() {
            0..=4 => names.join("."),
            count => format!("{}.{}…{}", names[0], names[1], names[count - 1]),
        }
    }

    /// Code that prepares the house rather than serving in it: start-up, seeds, upgrades. A callback in such code may
    /// well serve.
    pub fn is_one_off(&self, each: LoopId) -> bool {
        let facts = self.facts(each.file);
        self.prepares(each.file, facts.function(facts.loop_at(each.index).function))
    }

    /// The same of the function in which a call stands.
    pub fn is_in_one_off(&self, id: CallId) -> bool {
        self.prepares(id.file, self.function_of(id))
    }

    fn prepares(&self, file: FileId, function: &Function) -> bool {
        let path = &self.file(file).path;
        let stem = path.rsplit('/').next().and_then(|name| name.split('.').next());
        // Python's `__init__.py` is a package, not a start.
        let stem = stem.filter(|stem| !stem.starts_with("__"));
        has_word(&function.name, &ONE_OFF_WORDS) || stem.is_some_and(|stem| has_word(stem, &ONE_OFF_WORDS))
    }

    /// Whether a folder on the way to a file, or the file, is called by one of the words.
    pub fn is_in_path(&self, file: FileId, words: &[&str]) -> bool {
        let path = &self.file(file).path;
        path.split(['/', '.']).any(|part| has_word(part, words))
    }

    /// Whether a type of the package that a file belongs to has a method.
    fn has_method(&self, file: FileId, owner: Name, method: Name) -> bool {
        let siblings = self.modules.siblings(file, self.language(file));
        std::iter::once(&file).chain(siblings).any(|file| self.scopes(*file).method(owner, method).is_some())
    }

    fn type_at(&self, id: TypeId) -> &Type {
        &self.facts(id.file).types[id.index.get()]
    }

    /// The libraries of a language that the repository imports or declares.
    fn declared(&self, language: Language) -> impl Iterator<Item = (LibraryId, &'p Library)> {
        let declared = self.modules.declared().iter().map(|id| (*id, self.catalogue.library(*id)));
        declared.filter(move |(_, library)| library.language == language.into())
    }

    /// Every library that claims a module or part of its path, the most specific first.
    fn claiming(&self, language: Language, module: Name) -> Cow<'_, [LibraryId]> {
        self.modules.claiming(self.catalogue, language, module)
    }

    /// What a name means to any library of a language that the repository imports or declares.
    fn words_anywhere(&self, language: Language, name: Name) -> Words {
        self.words[language as usize].words(name)
    }

    fn language(&self, file: FileId) -> Language {
        self.facts(file).language
    }

    /// Whether a module that a file imports lies outside the repository.
    fn is_external(&self, file: FileId, module: Name) -> bool {
        let (found, _) = self.modules.resolve(self.files, file, self.language(file), module);
        found == modules::Module::External
    }

    pub fn place(&self, file: FileId, span: Span) -> Place {
        Place { file, span }
    }
}
