//! What an import leads to: a file of the repository, a folder of them, or a library. Knows paths and manifests,
//! not what is in a file.

use std::borrow::Cow;
use std::collections::hash_map::Entry;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::{Catalogue, LibraryId};
use crate::facts::{FileFacts, Language, Name};
use crate::manifests::{ManifestFacts, ManifestKind, Scope};
use crate::paths::{ancestors, below, folder, join};
use crate::walk::{FileId, Files, Role};

/// Where a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Module {
    File(FileId),
    /// A Go package, or a Python package without a file of its own: position in [`Modules::folders`].
    Folder(u32),
    /// Outside the repository.
    External,
}

/// The libraries of one module.
#[derive(Debug)]
struct Claims {
    /// Every one that claims it or a part of its path, the most specific first.
    all: Vec<LibraryId>,
    /// The one that it belongs to, of those whose calls mean something.
    first: Option<LibraryId>,
}

#[derive(Debug, Default)]
pub(super) struct Modules {
    files: FxHashMap<String, FileId>,
    /// TypeScript files by all that a specifier may call them; of several that one call fits, the lowest rank.
    specifiers: FxHashMap<String, (usize, FileId)>,
    folders: Vec<Vec<FileId>>,
    folder_of: FxHashMap<(Language, String), u32>,
    /// The folder of each source file of a language that joins the files of a folder.
    home: Vec<Option<u32>>,
    /// npm and Cargo packages of the repository: name to folder and entry file.
    packages: FxHashMap<(Language, String), (String, Option<String>)>,
    /// Go modules: module path and folder, the longest first.
    go_modules: Vec<(String, String)>,
    /// Path aliases: the folder of the configuration, the pattern, its targets.
    aliases: Vec<(String, String, Vec<String>)>,
    /// Libraries imported or declared anywhere in the repository.
    declared: Vec<LibraryId>,
    /// What the catalogue says of the modules that files import: the same ones are asked for again and again.
    claims: FxHashMap<(Language, Name), Claims>,
    /// Folders that a library generated.
    generated: FxHashMap<u32, LibraryId>,
    /// What the imports of all files lead to, by folder: many files of one import the same, and many ask.
    known: FxHashMap<(u32, Name), Module>,
    /// The same of Rust, where it also depends on the file, and what is left of a path names a symbol.
    known_paths: FxHashMap<(FileId, Name), (Module, Vec<Name>)>,
    /// What Rust's modules and packages are called: other paths begin elsewhere.
    rust_names: FxHashSet<Name>,
    /// Rust's modules by their paths without an ending, crates by their folders.
    rust_modules: FxHashMap<String, FileId>,
    /// The folders in which crates have their roots.
    rust_roots: FxHashMap<String, FileId>,
    /// Python's modules by their paths without an ending.
    python_modules: FxHashMap<String, Module>,
    /// What they are called: paths that end otherwise name symbols, or lead outside.
    python_names: FxHashSet<String>,
}

/// How far into a file the words of its generator stand.
const HEADER: usize = 1000;

/// What a TypeScript specifier may leave out, the likeliest first.
const EXTENSIONS: [&str; 8] = [".ts", ".tsx", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs"];

impl Modules {
    pub(super) fn of(
        files: &Files,
        facts: &[Option<FileFacts>],
        manifests: &[Option<ManifestFacts>],
        catalogue: &Catalogue,
    ) -> Self {
        let mut modules = Self { home: vec![None; facts.len()], ..Self::default() };
        for (index, file) in files.files.iter().enumerate() {
            let id = FileId(index as u32);
            if let Some(facts) = &facts[index] {
                modules.files.insert(file.path.clone(), id);
                if facts.language == Language::TypeScript {
                    modules.add_specifiers(&file.path, id);
                }
                modules.add_to_folder(facts.language, folder(&file.path), id);
            }
            if let Some(manifest) = &manifests[index] {
                modules.add_manifest(folder(&file.path), manifest, catalogue);
            }
        }
        modules.go_modules.sort_by_key(|(module, _)| std::cmp::Reverse(module.len()));
        modules.aliases.sort_by_key(|(folder, pattern, _)| std::cmp::Reverse((folder.len(), pattern.len())));
        modules.name_python();
        modules.name_rust();
        modules.find_declared(facts, catalogue);
        modules.find_generated(files, facts, catalogue);
        modules.known = modules.find_known(files, facts);
        modules.known_paths = modules.find_known_paths(files, facts);
        modules
    }

    fn name_rust(&mut self) {
        let of_files = self.files.keys().filter_map(|path| path.strip_suffix(".rs"));
        let parts = of_files.flat_map(|path| path.rsplit('/').take(2)).map(Name::from);
        let packages = self.packages.keys().filter(|(language, _)| *language == Language::Rust);
        let packages = packages.map(|(_, name)| Name::from(name));
        self.rust_names = parts.chain(packages).collect();
        // Of several files that one path fits, the first.
        for ending in [".rs", "/mod.rs"] {
            for (stem, file) in self.files_with(ending) {
                self.rust_modules.entry(stem).or_insert(file);
            }
        }
        for ending in ["/lib.rs", "/main.rs"] {
            for (folder, file) in self.files_with(ending) {
                self.rust_roots.entry(folder.clone()).or_insert(file);
                self.rust_modules.entry(folder).or_insert(file);
            }
        }
    }

    /// The files whose paths end so, by what stands before; a file of that name in the root has nothing before it.
    fn files_with(&self, ending: &str) -> Vec<(String, FileId)> {
        let files = self.files.iter().filter_map(|(path, file)| {
            let start = match path.strip_suffix(ending) {
                Some(start) => start,
                None => (ending.strip_prefix('/') == Some(path)).then_some("")?,
            };
            Some((start.to_owned(), *file))
        });
        files.collect()
    }

    fn name_python(&mut self) {
        for ending in [".py", "/__init__.py"] {
            for (stem, file) in self.files_with(ending) {
                self.python_modules.entry(stem).or_insert(Module::File(file));
            }
        }
        let folders = self.folder_of.iter().filter(|((language, _), _)| *language == Language::Python);
        for ((_, path), folder) in folders {
            self.python_modules.entry(path.clone()).or_insert(Module::Folder(*folder));
        }
        let names = self.python_modules.keys().map(|path| path.rsplit('/').next().unwrap_or_default().to_owned());
        self.python_names = names.collect();
    }

    fn find_known_paths(
        &self,
        files: &Files,
        facts: &[Option<FileFacts>],
    ) -> FxHashMap<(FileId, Name), (Module, Vec<Name>)> {
        let of_file = |(index, facts): (usize, &Option<FileFacts>)| {
            let from = FileId(index as u32);
            let imports =
                facts.iter().filter(|facts| facts.language == Language::Rust).flat_map(|facts| &facts.imports);
            let asked = imports.flat_map(|import| {
                let inner = import.symbol.map(|symbol| submodule(Language::Rust, import.module, symbol));
                [Some(import.module), inner].into_iter().flatten()
            });
            let found = asked.map(|module| ((from, module), self.find(files, from, Language::Rust, module)));
            found.collect::<Vec<_>>()
        };
        facts.par_iter().enumerate().flat_map_iter(of_file).collect()
    }

    fn find_known(&self, files: &Files, facts: &[Option<FileFacts>]) -> FxHashMap<(u32, Name), Module> {
        let mut asked: FxHashMap<(u32, Name), FileId> = FxHashMap::default();
        for (index, facts) in facts.iter().enumerate() {
            let from = FileId(index as u32);
            let Some(facts) = facts.as_ref().filter(|facts| facts.language != Language::Rust) else { continue };
            let Some(home) = self.home[index] else { continue };
            for import in &facts.imports {
                asked.entry((home, import.module)).or_insert(from);
                if let (Language::Python, Some(symbol)) = (facts.language, import.symbol) {
                    asked.entry((home, submodule(Language::Python, import.module, symbol))).or_insert(from);
                }
            }
        }
        let asked: Vec<((u32, Name), FileId)> = asked.into_iter().collect();
        let found = asked.into_par_iter().map(|((home, module), from)| {
            let language = facts[from.get()].as_ref().map_or(Language::Rust, |facts| facts.language);
            ((home, module), self.find(files, from, language, module).0)
        });
        found.collect()
    }

    fn add_specifiers(&mut self, path: &str, file: FileId) {
        let Some(extension) = EXTENSIONS.iter().position(|extension| path.ends_with(extension)) else {
            return; // Imported by its whole name, if at all.
        };
        let stem = &path[..path.len() - EXTENSIONS[extension].len()];
        let of_folder = stem.strip_suffix("index").filter(|folder| folder.is_empty() || folder.ends_with('/'));
        let of_folder = of_folder.map(|folder| folder.trim_end_matches('/'));
        let of_package = of_folder.and_then(|folder| folder.strip_suffix("src"));
        let of_package = of_package.map(|folder| folder.trim_end_matches('/'));
        let names = [Some(path), Some(stem), of_folder, of_package];
        for (kind, name) in names.into_iter().enumerate().filter_map(|(kind, name)| Some((kind, name?))) {
            let rank = kind * EXTENSIONS.len() + extension;
            let known = self.specifiers.entry(name.to_owned()).or_insert((rank, file));
            if rank < known.0 {
                *known = (rank, file);
            }
        }
    }

    fn add_to_folder(&mut self, language: Language, folder: &str, file: FileId) {
        let next = self.folders.len() as u32;
        let index = *self.folder_of.entry((language, folder.to_owned())).or_insert(next);
        if index == next {
            self.folders.push(Vec::new());
        }
        self.folders[index as usize].push(file);
        self.home[file.get()] = Some(index);
    }

    fn add_manifest(&mut self, folder: &str, manifest: &ManifestFacts, catalogue: &Catalogue) {
        let Some(language) = language_of(manifest.kind) else {
            return; // Says nothing about modules.
        };
        if let Some(name) = &manifest.name {
            let name = if language == Language::Rust { name.replace('-', "_") } else { name.clone() };
            self.packages.insert((language, name), (folder.to_owned(), manifest.entry.clone()));
        }
        if let Some(module) = &manifest.module {
            self.go_modules.push((module.clone(), folder.to_owned()));
        }
        for (pattern, targets) in &manifest.path_aliases {
            self.aliases.push((folder.to_owned(), pattern.clone(), targets.clone()));
        }
        let direct = manifest.dependencies.iter().filter(|dependency| dependency.scope != Scope::Indirect);
        for dependency in direct.chain(&manifest.shared) {
            self.declared.extend(catalogue.libraries_of(language, &dependency.name));
        }
    }

    fn find_declared(&mut self, facts: &[Option<FileFacts>], catalogue: &Catalogue) {
        for facts in facts.iter().flatten() {
            for import in &facts.imports {
                let Entry::Vacant(unknown) = self.claims.entry((facts.language, import.module)) else { continue };
                let meant = catalogue.libraries_of(facts.language, &import.module);
                let all = catalogue.imported(facts.language, &import.module);
                unknown.insert(Claims { all, first: meant.first().copied() });
                self.declared.extend(meant);
            }
        }
        self.declared.sort_unstable();
        self.declared.dedup();
    }

    fn find_generated(&mut self, files: &Files, facts: &[Option<FileFacts>], catalogue: &Catalogue) {
        for (index, file) in files.files.iter().enumerate() {
            let Some(facts) = facts[index].as_ref().filter(|_| file.role == Role::Generated) else {
                continue;
            };
            let head = String::from_utf8_lossy(&file.text.as_bytes()[..file.text.len().min(HEADER)]);
            let library = catalogue.libraries().find(|(_, library)| {
                library.language == facts.language.into()
                    && library.generated.iter().any(|header| head.contains(header.as_str()))
            });
            if let Some((library, _)) = library {
                self.generated.extend(self.home[index].map(|home| (home, library)));
            }
        }
    }

    /// Every library that claims a module or part of its path, the most specific first.
    pub(super) fn claiming(&self, catalogue: &Catalogue, language: Language, module: Name) -> Cow<'_, [LibraryId]> {
        match self.claims.get(&(language, module)) {
            Some(claims) => Cow::Borrowed(&claims.all),
            None => Cow::Owned(catalogue.imported(language, &module)),
        }
    }

    /// The library that a module belongs to, of those whose calls mean something.
    pub(super) fn library(&self, catalogue: &Catalogue, language: Language, module: Name) -> Option<LibraryId> {
        match self.claims.get(&(language, module)) {
            Some(claims) => claims.first,
            None => catalogue.libraries_of(language, &module).first().copied(),
        }
    }

    /// The libraries imported or declared anywhere in the repository.
    pub(super) fn declared(&self) -> &[LibraryId] {
        &self.declared
    }

    pub(super) fn files_in(&self, folder: u32) -> &[FileId] {
        &self.folders[folder as usize]
    }

    /// The files whose names a file sees without importing them, itself among them.
    pub(super) fn siblings(&self, file: FileId, language: Language) -> &[FileId] {
        match self.home[file.get()] {
            Some(home) if language == Language::Go => self.files_in(home),
            _ => &[],
        }
    }

    /// The library whose generator wrote a folder.
    pub(super) fn generator(&self, folder: u32) -> Option<LibraryId> {
        self.generated.get(&folder).copied()
    }

    pub(super) fn generator_of_file(&self, file: FileId) -> Option<LibraryId> {
        self.generator(self.home[file.get()]?)
    }

    /// What a module name leads to, and how much of it was used: in Rust and Python the rest names a symbol.
    pub(super) fn resolve(&self, files: &Files, from: FileId, language: Language, module: Name) -> (Module, Vec<Name>) {
        let known = self.home[from.get()].and_then(|home| self.known.get(&(home, module)));
        if let Some(found) = known {
            return (*found, Vec::new());
        }
        if let Some(found) = self.known_paths.get(&(from, module)).filter(|_| language == Language::Rust) {
            return found.clone();
        }
        self.find(files, from, language, module)
    }

    fn find(&self, files: &Files, from: FileId, language: Language, module: Name) -> (Module, Vec<Name>) {
        let path = &files.file(from).path;
        match language {
            Language::TypeScript => (self.typescript(path, &module), Vec::new()),
            Language::Python => (self.python(path, &module), Vec::new()),
            Language::Go => (self.go(&module), Vec::new()),
            Language::Rust => self.rust(path, &module),
        }
    }

    fn typescript(&self, from: &str, specifier: &str) -> Module {
        if specifier.starts_with('.') {
            return join(folder(from), specifier).map_or(Module::External, |path| self.typescript_file(&path));
        }
        for (base, pattern, targets) in &self.aliases {
            if !below(from, base) {
                continue;
            }
            let Some(rest) = matches_alias(pattern, specifier) else {
                continue;
            };
            for target in targets {
                let target = join(base, &target.replacen('*', rest, 1));
                if let Some(found) =
                    target.map(|path| self.typescript_file(&path)).filter(|found| *found != Module::External)
                {
                    return found;
                }
            }
        }
        if let Some(found) = self.workspace_package(specifier) {
            return found;
        }
        self.root_alias(from, specifier)
    }

    fn typescript_file(&self, path: &str) -> Module {
        // `./db.js` is how the compiled file is called; the source may be `./db.ts`.
        let stem = path.strip_suffix(".js").or_else(|| path.strip_suffix(".mjs"));
        let found = self.specifiers.get(path).or_else(|| self.specifiers.get(stem?));
        found.map_or(Module::External, |(_, file)| Module::File(*file))
    }

    /// `@acme/db` or `@acme/db/client`, when the repository holds the package.
    fn workspace_package(&self, specifier: &str) -> Option<Module> {
        let mut name = specifier;
        loop {
            if let Some((folder, entry)) = self.packages.get(&(Language::TypeScript, name.to_owned())) {
                let rest = specifier[name.len()..].trim_start_matches('/');
                let candidates = if rest.is_empty() {
                    vec![join(folder, entry.as_deref().unwrap_or(".")), join(folder, "src"), join(folder, ".")]
                } else {
                    vec![join(folder, rest), join(folder, &format!("src/{rest}"))]
                };
                let found = candidates.into_iter().flatten().map(|path| self.typescript_file(&path));
                return found.into_iter().find(|found| *found != Module::External);
            }
            name = &name[..name.rfind('/')?];
        }
    }

    /// `@/lib/db`, `~/lib/db`, `src/lib/db`: by convention relative to a folder above, or to its `src`.
    fn root_alias(&self, from: &str, specifier: &str) -> Module {
        let rest = ["@/", "~/", "#/", "$/"].iter().find_map(|prefix| specifier.strip_prefix(prefix));
        let Some(rest) = rest.or_else(|| specifier.contains('/').then_some(specifier)) else {
            return Module::External;
        };
        for base in ancestors(folder(from)) {
            for inner in ["", "src", "app"] {
                let path = join(base, &format!("{inner}/{rest}"));
                let found = path.map_or(Module::External, |path| self.typescript_file(&path));
                if found != Module::External {
                    return found;
                }
            }
        }
        Module::External
    }

    fn python(&self, from: &str, module: &str) -> Module {
        let dots = module.len() - module.trim_start_matches('.').len();
        let path = module[dots..].replace('.', "/");
        let last = path.rsplit('/').next().unwrap_or_default();
        if !last.is_empty() && !self.python_names.contains(last) {
            return Module::External;
        }
        if dots > 0 {
            let base = ancestors(folder(from)).nth(dots - 1);
            return base.and_then(|base| self.python_module(base, &path)).unwrap_or(Module::External);
        }
        let found = ancestors(folder(from)).find_map(|base| {
            self.python_module(base, &path).or_else(|| self.python_module(join(base, "src")?.as_str(), &path))
        });
        found.unwrap_or(Module::External)
    }

    fn python_module(&self, base: &str, path: &str) -> Option<Module> {
        self.python_modules.get(&join(base, path)?).copied()
    }

    fn go(&self, module: &str) -> Module {
        for (name, base) in &self.go_modules {
            let Some(rest) = module.strip_prefix(name.as_str()) else {
                continue;
            };
            let path = join(base, rest.trim_start_matches('/')).unwrap_or_default();
            if let Some(folder) = self.folder_of.get(&(Language::Go, path)) {
                return Module::Folder(*folder);
            }
        }
        Module::External
    }

    /// The file of as many leading segments as name modules, and the segments after them.
    fn rust(&self, from: &str, module: &str) -> (Module, Vec<Name>) {
        let segments: Vec<&str> = module.split("::").collect();
        let first = segments.first().copied().unwrap_or_default();
        if !matches!(first, "crate" | "self" | "super") && !self.rust_names.contains(&Name::from(first)) {
            return (Module::External, Vec::new());
        }
        let Some((base, used)) = self.rust_base(from, &segments) else {
            return (Module::External, Vec::new());
        };
        for end in (used..=segments.len()).rev() {
            let path = join(&base, &segments[used..end].join("/"));
            if let Some(file) = path.and_then(|path| self.rust_modules.get(&path).copied()) {
                return (Module::File(file), segments[end..].iter().map(|name| Name::from(name)).collect());
            }
        }
        (Module::External, Vec::new())
    }

    /// The folder in which the modules named by a path lie, and how many segments said so.
    fn rust_base(&self, from: &str, segments: &[&str]) -> Option<(String, usize)> {
        let source = ancestors(folder(from)).find(|base| self.rust_roots.contains_key(*base));
        match *segments.first()? {
            "crate" => Some((source?.to_owned(), 1)),
            "self" => Some((submodules(from), 1)),
            "super" => {
                let ups = segments.iter().take_while(|segment| **segment == "super").count();
                let home = submodules(from);
                let base = ancestors(&home).nth(ups)?.to_owned();
                Some((base, ups))
            }
            name => {
                if let Some((folder, _)) = self.packages.get(&(Language::Rust, name.to_owned())) {
                    return Some((join(folder, "src")?, 1));
                }
                let home = submodules(from);
                let local = [home.as_str(), source?]
                    .into_iter()
                    .find(|base| join(base, name).is_some_and(|path| self.rust_modules.contains_key(&path)));
                local.map(|base| (base.to_owned(), 0))
            }
        }
    }
}

/// The language whose modules a manifest speaks of.
fn language_of(kind: ManifestKind) -> Option<Language> {
    match kind {
        ManifestKind::Node | ManifestKind::TypeScriptConfig | ManifestKind::Deno => Some(Language::TypeScript),
        ManifestKind::GoModule => Some(Language::Go),
        ManifestKind::Cargo => Some(Language::Rust),
        ManifestKind::PyProject
        | ManifestKind::Requirements
        | ManifestKind::Pipfile
        | ManifestKind::SetupConfig
        | ManifestKind::SetupScript => Some(Language::Python),
        _ => None,
    }
}

/// The folder in which the modules declared by a Rust file lie.
fn submodules(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    match stem.rsplit('/').next() {
        Some("mod" | "lib" | "main") => folder(path).to_owned(),
        _ => stem.to_owned(),
    }
}

/// What a `*` in an alias stands for, when the specifier fits it.
fn matches_alias<'s>(pattern: &str, specifier: &'s str) -> Option<&'s str> {
    match pattern.split_once('*') {
        Some((before, after)) => specifier.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == specifier).then_some(""),
    }
}

/// The module that a symbol of another would be, if it is one.
pub(super) fn submodule(language: Language, module: Name, symbol: Name) -> Name {
    match language {
        Language::Python if module.ends_with('.') => Name::from(&format!("{module}{symbol}")),
        Language::Python => Name::from(&format!("{module}.{symbol}")),
        Language::Rust => Name::from(&format!("{module}::{symbol}")),
        Language::TypeScript | Language::Go => Name::from(&format!("{module}/{symbol}")),
    }
}
