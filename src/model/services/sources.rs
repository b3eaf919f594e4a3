//! What each source file brings to the part of the repository that holds it: the libraries it imports, the files it
//! leads to, the places where it makes an application or begins to serve. Knows no folders and no manifests beyond
//! which libraries they ask for.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::language_of;
use crate::catalogue::{Library, LibraryId, LibraryLanguage, LibraryRole, fits};
use crate::facts::{Argument, FileFacts, FunctionKind, Import, Language, LoopKind, Name, Span, TypeRef, Value};
use crate::manifests::Scope;
use crate::model::Project;
use crate::model::modules::Module;
use crate::walk::{FileId, Role};

/// One file, as far as services ask.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) libraries: Vec<(LibraryId, Span)>,
    /// Named in a list of texts, as configurations load modules.
    pub(super) named: Vec<(LibraryId, Span)>,
    /// Files that run when this one does.
    pub(super) files: Vec<FileId>,
    /// Modules that are no file of the repository, yet may be a package of it by name.
    pub(super) packages: Vec<Name>,
    /// Makes an application of a library.
    pub(super) apps: Vec<(LibraryId, Span)>,
    /// Makes or answers a contract with a library.
    pub(super) contracts: Vec<(LibraryId, Span)>,
    /// Begins to serve or to work with a library.
    pub(super) starts: Vec<(LibraryId, Span)>,
    /// Every place of these two, where they hold the first of each library.
    pub(super) marks: Vec<Mark>,
    /// Libraries by whose words it declares routes.
    pub(super) declares: Vec<LibraryId>,
    /// Has the function that a program begins with.
    pub(super) main: Option<Span>,
    pub(super) endless: bool,
}

/// A call that makes an application or begins to serve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) library: LibraryId,
    pub(super) span: Span,
    /// The called name is the library's own; otherwise a method is called what the library calls its own.
    pub(super) is_proven: bool,
}

#[derive(Debug)]
pub(super) struct Sources {
    by_file: Vec<Option<Source>>,
}

impl Sources {
    pub(super) fn of(project: &Project) -> Self {
        let declared = declared(project);
        let known = Known { globals: globals(project), types: types(project, &declared), declared };
        let read = |index: usize| {
            let file = FileId(index as u32);
            let counts = matches!(project.file(file).role, Role::Product | Role::Generated | Role::Script);
            let facts = project.facts[index].as_ref().filter(|_| counts)?;
            Some(Reader { project, file, facts, known: &known, found: Source::default() }.read())
        };
        Self { by_file: (0..project.facts.len()).into_par_iter().map(read).collect() }
    }

    pub(super) fn of_file(&self, file: FileId) -> Option<&Source> {
        self.by_file[file.get()].as_ref()
    }
}

/// The libraries that some manifest of the repository asks for.
fn declared(project: &Project) -> FxHashSet<LibraryId> {
    let mut found = FxHashSet::default();
    for (_, manifest) in project.manifests() {
        let Some(language) = language_of(manifest.kind) else {
            continue; // Asks for no libraries.
        };
        for dependency in manifest.dependencies.iter().filter(|dependency| dependency.scope != Scope::Indirect) {
            found.extend(project.catalogue.distributed(language, &dependency.name));
        }
    }
    found
}

/// Starts of JavaScript that belong to the runtime: `Deno.serve`.
fn globals(project: &Project) -> Vec<(String, LibraryId)> {
    let libraries = project.catalogue.libraries();
    let libraries = libraries.filter(|(_, library)| library.language == LibraryLanguage::JavaScript);
    let starts = libraries.flat_map(|(id, library)| library.starts.iter().map(move |start| (start.clone(), id)));
    starts
        .filter(|(start, _)| start.starts_with(|first: char| first.is_ascii_uppercase()) && start.contains('.'))
        .collect()
}

/// Types that tell a declared library apart from others in its package: some of them are there without an import.
fn types(project: &Project, declared: &FxHashSet<LibraryId>) -> FxHashMap<Name, Vec<LibraryId>> {
    let mut types: FxHashMap<Name, Vec<LibraryId>> = FxHashMap::default();
    let libraries = project
        .catalogue
        .libraries()
        .filter(|(id, library)| library.language == LibraryLanguage::JavaScript && declared.contains(id));
    for (id, library) in libraries {
        for name in library.types.iter().filter(|name| library.symbols.contains(name)) {
            types.entry(Name::from(name)).or_default().push(id);
        }
    }
    types
}

/// What all files are read with.
struct Known {
    declared: FxHashSet<LibraryId>,
    globals: Vec<(String, LibraryId)>,
    /// Types of declared libraries of JavaScript, by names that are theirs alone.
    types: FxHashMap<Name, Vec<LibraryId>>,
}

struct Reader<'r, 'p> {
    project: &'r Project<'p>,
    file: FileId,
    facts: &'r FileFacts,
    known: &'r Known,
    found: Source,
}

/// What a name of the file was imported as: the libraries, the module and the symbol.
type Imported<'r> = FxHashMap<Name, Vec<(LibraryId, &'r Import)>>;

impl<'r> Reader<'r, '_> {
    fn read(mut self) -> Source {
        let mut imported: Imported<'r> = FxHashMap::default();
        let mut stars: Vec<(LibraryId, &Import)> = Vec::new();
        for import in self.facts.imports.iter().filter(|import| !import.type_only) {
            for library in self.import(import) {
                self.found.libraries.push((library, import.span));
                match import.symbol.is_some_and(|symbol| symbol == "*") {
                    true => stars.push((library, import)),
                    false => imported.entry(import.alias).or_default().push((library, import)),
                }
            }
        }
        match self.facts.language {
            Language::Rust => self.rust_paths(),
            Language::TypeScript => {
                self.required();
                self.global_types();
            }
            Language::Python | Language::Go => {}
        }
        self.names();
        self.marks(&imported, &stars);
        self.beginnings();
        let Source { libraries, named, files, packages, apps, contracts, starts, declares, .. } = &mut self.found;
        for found in [libraries, named, apps, contracts, starts] {
            found.sort_unstable_by_key(|(library, span)| (*library, *span));
            found.dedup_by_key(|(library, _)| *library);
        }
        declares.sort_unstable();
        declares.dedup();
        files.sort_unstable();
        files.dedup();
        packages.sort_unstable();
        packages.dedup();
        self.found
    }

    /// The libraries that an import brings; what it leads to in the repository is noted.
    fn import(&mut self, import: &Import) -> Vec<LibraryId> {
        let language = self.facts.language;
        let full = submodule(language, import);
        let known = match is_relative(language, &import.module) {
            true => Vec::new(),
            false => self.libraries_of(language, &full),
        };
        let inside = self.follow(language, import.module, &full);
        let mut libraries: Vec<LibraryId> = match (inside, language) {
            // A file beside it that is named like a library does not take its place.
            (true, Language::Python | Language::Rust) => {
                known.into_iter().filter(|library| self.known.declared.contains(library)).collect()
            }
            (true, _) => Vec::new(),
            (false, _) => known,
        };
        libraries.retain(|library| self.is_meant(self.project.catalogue.library(*library), import));
        libraries
    }

    fn libraries_of(&self, language: Language, module: &str) -> Vec<LibraryId> {
        let catalogue = self.project.catalogue;
        let mut known = catalogue.imported(language, module);
        // Some are known by the end of the path alone.
        known.extend(
            catalogue
                .libraries_of(language, module)
                .iter()
                .filter(|one| !known.contains(one))
                .copied()
                .collect::<Vec<_>>(),
        );
        known
    }

    /// Whether a module is of the repository.
    fn follow(&mut self, language: Language, module: Name, full: &str) -> bool {
        let modules = &self.project.modules;
        let (mut found, _) = modules.resolve(self.project.files, self.file, language, module);
        if language == Language::Python && full != module.as_str() {
            // `from package import module`
            let (inner, _) = modules.resolve(self.project.files, self.file, language, Name::from(full));
            if inner != Module::External {
                if let Module::File(file) = found {
                    self.found.files.push(file);
                }
                found = inner;
            }
        }
        match found {
            Module::File(file) => {
                self.found.libraries.extend(modules.generator_of_file(file).map(|library| (library, Span::default())));
                self.found.files.push(file);
                true
            }
            Module::Folder(folder) => {
                self.found.libraries.extend(modules.generator(folder).map(|library| (library, Span::default())));
                self.found.files.extend(modules.files_in(folder));
                true
            }
            Module::External => {
                self.found.packages.push(module);
                false
            }
        }
    }

    /// Of a library that is a part of a package, only its own symbols count.
    fn is_meant(&self, library: &Library, import: &Import) -> bool {
        if library.symbols.is_empty() {
            return true;
        }
        match import.symbol {
            Some(symbol) if symbol != "*" && symbol != "default" => has(&library.symbols, &symbol),
            _ => self.mentions(import.alias, &library.symbols),
        }
    }

    /// Whether the file speaks of one of the symbols of a module: `fastapi.BackgroundTasks`, `boto3.client("dynamodb")`.
    fn mentions(&self, alias: Name, symbols: &[String]) -> bool {
        let is = |path: &[Name]| path.len() > 1 && path[0] == alias && path[1..].iter().any(|name| has(symbols, name));
        let asks = |argument: &Argument| matches!(&argument.value, Value::Text(text) if has(symbols, text));
        self.facts.calls.iter().any(|call| is(&call.chain) || call.arguments.iter().any(asks))
            || self.type_paths().any(is)
    }

    fn type_paths(&self) -> impl Iterator<Item = &'r [Name]> {
        let facts = self.facts;
        // What is compiled for tests alone brings nothing to the product.
        let functions = facts.functions.iter().filter(|function| !function.test).flat_map(|function| {
            let declared = function.params.iter().filter_map(|param| param.declared.as_ref());
            declared.chain(&function.returns).flat_map(paths).chain(function.decorators.iter().map(|one| &*one.path))
        });
        let types = facts.types.iter().filter(|one| !one.test).flat_map(|one| {
            let declared = one.fields.iter().filter_map(|field| field.declared.as_ref());
            declared.chain(&one.bases).flat_map(paths).chain(one.decorators.iter().map(|one| &*one.path))
        });
        functions.chain(types)
    }

    /// Crates that are named in the code itself: `sqlx::query(..)`, `axum::serve(..)`.
    fn rust_paths(&mut self) {
        let calls = self.facts.calls.iter().filter(|call| !self.facts.function(call.function).test);
        let spans = calls.filter(|call| call.chain.len() > 1).map(|call| (call.root(), call.span));
        let types = self.type_paths().filter(|path| path.len() > 1).map(|path| (path[0], Span::default()));
        let mut roots: FxHashMap<Name, Span> = FxHashMap::default();
        for (root, span) in types.chain(spans) {
            roots.insert(root, span);
        }
        let mut roots: Vec<(Name, Span)> = roots.into_iter().collect();
        roots.sort_unstable_by_key(|(_, span)| *span);
        let mut local: FxHashSet<Name> = self.facts.imports.iter().map(|import| import.alias).collect();
        local.extend(self.facts.bindings.iter().filter_map(|binding| match &*binding.target {
            [name] => Some(*name),
            _ => None,
        }));
        let params = self.facts.functions.iter().flat_map(|function| &function.params);
        local.extend(params.map(|param| param.name));
        local.extend(self.facts.loops.iter().flat_map(|each| each.binds.iter().copied()));
        for (root, span) in roots {
            let is_crate = root.starts_with(|first: char| first.is_ascii_lowercase())
                && !local.contains(&root)
                && !is_relative(Language::Rust, &root);
            if !is_crate {
                continue; // A type, a name that an import gave, a value.
            }
            let known = self.project.catalogue.imported(Language::Rust, &root);
            let is_declared = |library: &&LibraryId| self.known.declared.contains(library);
            let whole = |library: &&LibraryId| self.project.catalogue.library(**library).symbols.is_empty();
            let meant: Vec<_> =
                known.iter().filter(is_declared).filter(whole).map(|library| (*library, span)).collect();
            if meant.is_empty() {
                self.follow(Language::Rust, root, &root);
            }
            self.found.libraries.extend(meant);
        }
    }

    /// Modules that are called as soon as they are loaded: `require("express")()`
    fn required(&mut self) {
        for call in self.facts.calls.iter().filter(|call| call.chain.len() == 1 && call.name() == "require") {
            let Some(Value::Text(module)) = call.arguments.first().map(|argument| &argument.value) else {
                continue; // Only the running program knows what.
            };
            if is_relative(Language::TypeScript, module) {
                self.follow(Language::TypeScript, *module, module);
                continue;
            }
            for library in self.libraries_of(Language::TypeScript, module) {
                let meant = self.project.catalogue.library(library);
                if !meant.symbols.is_empty() {
                    continue; // It is a part of the module, and nothing says which was meant.
                }
                self.found.libraries.push((library, call.span));
                let package = module.rsplit('/').next().unwrap_or_default();
                let makes = |list: &[String]| list.iter().any(|name| name == "default" || name == package);
                let is_called = call.continued.is_some();
                if is_called && makes(&meant.apps) {
                    self.app(library, call.span);
                }
                if is_called && makes(&meant.starts) {
                    self.start(library, call.span, true);
                }
            }
        }
    }

    /// Types that are there without an import, where a manifest asks for the library that declares them.
    fn global_types(&mut self) {
        let bindings = self.facts.bindings.iter().filter_map(|binding| binding.declared.as_ref()).flat_map(paths);
        let single = self.type_paths().chain(bindings).filter(|path| path.len() == 1).map(|path| path[0]);
        let mut names: Vec<Name> = single.filter(|name| self.known.types.contains_key(name)).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let is_local = self.facts.imports.iter().any(|import| import.alias == name)
                || self.facts.types.iter().any(|one| one.name == name);
            if !is_local {
                let known = self.known.types.get(&name).into_iter().flatten();
                self.found.libraries.extend(known.map(|library| (*library, Span::default())));
            }
        }
    }

    /// Modules that stand as texts in a list: what configurations load.
    fn names(&mut self) {
        if self.facts.language != Language::Python {
            return; // Elsewhere what is loaded by name is loaded from configurations, not from sources.
        }
        for binding in &self.facts.bindings {
            let mut lists = vec![&binding.value];
            while let Some(value) = lists.pop() {
                match value {
                    Value::List(values) => lists.extend(values.iter().take(1000)),
                    Value::Other(values) => lists.extend(values.iter().filter(|value| matches!(value, Value::List(_)))),
                    Value::Text(text) if !matches!(binding.value, Value::Text(_)) && is_module(text) => {
                        let known = self.project.catalogue.imported(Language::Python, text);
                        let known = known.into_iter().filter(|library| self.known.declared.contains(library));
                        self.found.named.extend(known.map(|library| (library, binding.span)));
                    }
                    _ => {}
                }
            }
        }
    }

    fn marks(&mut self, imported: &Imported<'r>, stars: &[(LibraryId, &Import)]) {
        let libraries: FxHashSet<LibraryId> = self.found.libraries.iter().map(|(library, _)| *library).collect();
        let mut speaking: Vec<LibraryId> = libraries.into_iter().collect();
        speaking.sort_unstable();
        let decorators = self.facts.functions.iter().flat_map(|function| &function.decorators);
        let types = self.facts.types.iter().flat_map(|one| &one.decorators);
        let decorators = decorators.chain(types).map(|decorator| (&*decorator.path, decorator.span, false));
        // What tests start, users never see.
        let calls = self.facts.calls.iter().filter(|call| !self.facts.function(call.function).test);
        let calls = calls.map(|call| (&*call.chain, call.span, call.receiver.is_some()));
        for (chain, span, continued) in calls.chain(decorators) {
            let (Some(root), Some(last)) = (chain.first(), chain.last()) else {
                continue; // Calls something that has no name.
            };
            let known = imported.get(root).into_iter().flatten().copied();
            let known: Vec<(LibraryId, &Import)> = known.chain(stars.iter().copied()).collect();
            for (library, import) in known {
                let meant = self.project.catalogue.library(library);
                // A longer chain is spelled as it ends, and most libraries have nothing that ends so.
                let may_be =
                    |list: &[String]| list.iter().any(|pattern| chain.len() == 1 || pattern.ends_with(last.as_str()));
                if !may_be(&meant.apps) && !may_be(&meant.starts) && meant.contracts.is_empty() {
                    continue;
                }
                let names = spellings(import, chain);
                let is = |list: &[String]| list.iter().any(|pattern| names.contains(&pattern.replace("::", ".")));
                if is(&meant.apps) {
                    self.app(library, span);
                }
                if is(&meant.starts) {
                    self.start(library, span, true);
                }
                if meant.contracts.iter().any(|pattern| names.iter().any(|name| fits(pattern, name))) {
                    self.found.contracts.push((library, span));
                }
            }
            for library in
                speaking.iter().filter(|_| chain.len() > 1 || continued || self.facts.language == Language::Rust)
            {
                let meant = self.project.catalogue.library(*library);
                // A method of something that the library made: `app.listen(3000)`. Rust's paths need no import.
                let whole = || chain.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(".");
                let is = |list: &[String]| {
                    let mut ending = list.iter().filter(|pattern| pattern.ends_with(last.as_str()));
                    ending.any(|pattern| pattern == last.as_str() || pattern.replace("::", ".") == whole())
                };
                if is(&meant.starts) {
                    let is_whole = chain.len() > 1 && meant.starts.iter().any(|one| one.replace("::", ".") == whole());
                    self.start(*library, span, is_whole);
                }
                if is(&meant.contracts) {
                    self.found.contracts.push((*library, span));
                }
                if self.facts.language == Language::Rust && is(&meant.apps) {
                    self.app(*library, span);
                }
            }
            if let [made] = chain
                && let Some(library) = self.extended(imported, *made)
            {
                self.app(library, span);
            }
        }
        if self.facts.language == Language::TypeScript {
            self.globals(imported);
        }
        self.declared_routes(&speaking, imported);
    }

    /// The library whose application a type of the file extends: `class Shop(Flask)`
    fn extended(&self, imported: &Imported<'r>, name: Name) -> Option<LibraryId> {
        let one = self.facts.types.iter().find(|one| one.name == name)?;
        one.bases.iter().find_map(|base| {
            let known = imported.get(base.path.first()?).into_iter().flatten();
            let mut known = known.map(|(library, import)| (*library, spellings(import, &base.path)));
            let found = known.find(|(library, names)| {
                let meant = self.project.catalogue.library(*library);
                meant.role == LibraryRole::WebFramework && meant.apps.iter().any(|app| names.contains(app))
            });
            found.map(|(library, _)| library)
        })
    }

    fn declared_routes(&mut self, speaking: &[LibraryId], imported: &Imported<'r>) {
        let text = |one: Option<&'r Argument>| match one.map(|one| &one.value) {
            Some(Value::Text(text)) => Some(*text),
            _ => None,
        };
        for library in speaking {
            let routes = &self.project.catalogue.library(*library).routes;
            let is = |path: &[Name]| path.last().is_some_and(|name| has(routes, name));
            let of_functions = self.facts.functions.iter().flat_map(|function| &function.decorators);
            let mut decorators = of_functions.chain(self.facts.types.iter().flat_map(|one| &one.decorators));
            // The word alone is the library's own where it is imported: `path("orders/", ..)`
            let is_own = |name: Name| imported.get(&name).into_iter().flatten().any(|(known, _)| known == library);
            let mut calls = self.facts.calls.iter().filter(|call| is(&call.chain));
            let declares = decorators.any(|decorator| is(&decorator.path))
                || calls.any(|call| match text(call.arguments.first()) {
                    Some(path) if call.chain.len() > 1 => path.is_empty() || path.starts_with('/'),
                    Some(_) => is_own(call.name()),
                    None => false,
                });
            self.found.declares.extend(declares.then_some(*library));
        }
    }

    fn app(&mut self, library: LibraryId, span: Span) {
        self.found.apps.push((library, span));
        self.found.marks.push(Mark { library, span, is_proven: true });
    }

    fn start(&mut self, library: LibraryId, span: Span, is_proven: bool) {
        self.found.starts.push((library, span));
        self.found.marks.push(Mark { library, span, is_proven });
    }

    /// Programs that come without an import: `Deno.serve`, `Bun.serve`.
    fn globals(&mut self, imported: &Imported<'r>) {
        for call in self.facts.calls.iter().filter(|call| call.chain.len() == 2) {
            let [root, name] = [call.chain[0], call.chain[1]];
            let known = self.known.globals.iter().filter(|(known, _)| {
                known.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('.')) == Some(name.as_str())
            });
            let known: Vec<LibraryId> = known.map(|(_, library)| *library).collect();
            if known.is_empty() || imported.contains_key(&root) {
                continue; // A name that the file brings in.
            }
            self.found.libraries.extend(known.iter().map(|library| (*library, call.span)));
            for library in known {
                self.start(library, call.span, true);
            }
        }
    }

    fn beginnings(&mut self) {
        let main = self.facts.functions.iter().find(|function| {
            function.name == "main"
                && function.kind == FunctionKind::Named
                && function.owner.is_none()
                && !function.test
        });
        self.found.main = main.map(|main| main.head);
        self.found.endless = self.facts.loops.iter().any(|each| each.kind == LoopKind::Endless && !each.once);
    }
}

/// What a call of an imported name may be called in the catalogue.
fn spellings(import: &Import, chain: &[Name]) -> Vec<String> {
    let package = import.module.rsplit(['/', '.', ':']).next().unwrap_or_default();
    let rest: Vec<&str> = chain[1..].iter().map(|name| name.as_str()).collect();
    let joined = |parts: &[&str]| {
        let parts = parts.iter().chain(&rest).copied().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(".")
    };
    let mut names = match import.symbol.as_ref().map(|symbol| symbol.as_str()) {
        Some("*") => {
            let first = chain[0].as_str();
            return vec![joined(&[first]), joined(&[package, first])];
        }
        Some("default") | None => {
            vec![joined(&[]), joined(&[package]), joined(&["default"]), joined(&[&import.module])]
        }
        Some(symbol) => vec![joined(&[symbol]), joined(&[package, symbol])],
    };
    names.push(joined(&[&import.alias]));
    names
}

fn paths(declared: &TypeRef) -> Vec<&[Name]> {
    let mut found = Vec::new();
    let mut next = vec![declared];
    while let Some(one) = next.pop() {
        found.push(&*one.path);
        next.extend(&one.arguments);
    }
    found
}

fn has(symbols: &[String], name: &str) -> bool {
    symbols.iter().any(|symbol| fits(symbol, name))
}

/// Looks like the path of a Python module.
fn is_module(text: &str) -> bool {
    text.len() < 100 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
}

fn is_relative(language: Language, module: &str) -> bool {
    match language {
        Language::Python | Language::TypeScript => module.starts_with('.'),
        Language::Rust => matches!(module.split("::").next(), Some("crate" | "self" | "super")),
        Language::Go => false,
    }
}

/// The module that an import would name if its symbol were one.
fn submodule(language: Language, import: &Import) -> String {
    let module = import.module;
    match (import.symbol.filter(|symbol| symbol != "*" && symbol != "default"), language) {
        (Some(symbol), Language::Python) if module.ends_with('.') => format!("{module}{symbol}"),
        (Some(symbol), Language::Python) => format!("{module}.{symbol}"),
        (Some(symbol), Language::Rust) => format!("{module}::{symbol}"),
        _ => module.to_string(),
    }
}
