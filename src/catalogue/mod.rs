//! What backlint knows of the world: typed view of `rules/libraries/*.toml` and of `[[library]]` in a user's
//! `backlint.toml`. Knowledge only: which shapes are harmful is the rules' business.

mod functions;
mod library;
mod system;
mod words;

pub use functions::{FunctionCalls, TriggerCalls};
pub use library::{
    Advice, ApiStyle, Background, Deprecation, EagerOption, Graph, Leg, Library, LibraryLanguage, LibraryRole,
    Relations, State, Unproven, Writers,
};
pub use system::{System, SystemRole};
pub use words::{Lexicon, Words, fits};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use crate::facts::{Language, Name};

/// Position in [`Catalogue::libraries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LibraryId(u16);

type ByName = FxHashMap<String, Vec<LibraryId>>;

/// The built-in libraries and the user's own, indexed by package and by called name.
#[derive(Debug)]
pub struct Catalogue {
    libraries: Vec<Library>,
    words: Vec<Lexicon>,
    /// Of the libraries whose calls mean something.
    packages: FxHashMap<Language, ByName>,
    /// Packages that begin with `*`: they end somewhere in a path.
    endings: Vec<(Language, String, LibraryId)>,
    /// Of all libraries, by what sources import.
    imported: FxHashMap<LibraryLanguage, ByName>,
    /// Of all libraries, by what manifests call them, made plain.
    distributed: FxHashMap<(LibraryLanguage, String), Vec<LibraryId>>,
    /// What manifests call them, up to a `*`.
    distributed_below: Vec<(LibraryLanguage, String, LibraryId)>,
    systems: Vec<System>,
    /// What is written for calls that are slower than a statement.
    slow: FxHashMap<Language, FxHashSet<String>>,
}

/// Position in [`Catalogue::systems`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemId(u16);

const BUILT_IN: [&str; 8] = [
    include_str!("../../rules/libraries/javascript.toml"),
    include_str!("../../rules/libraries/python.toml"),
    include_str!("../../rules/libraries/go.toml"),
    include_str!("../../rules/libraries/rust.toml"),
    include_str!("../../rules/libraries/java.toml"),
    include_str!("../../rules/libraries/ruby.toml"),
    include_str!("../../rules/libraries/php.toml"),
    include_str!("../../rules/libraries/csharp.toml"),
];

const SYSTEMS: &str = include_str!("../../rules/systems.toml");

/// The file of systems.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Systems {
    system: Vec<System>,
}

/// A file of libraries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shelf {
    library: Vec<Library>,
}

impl Catalogue {
    /// The built-in libraries and the user's own. Where both speak of a package, the user's comes first.
    pub fn new(own: &[Library]) -> Self {
        let shelf = |text: &&str| -> Vec<Library> {
            toml::from_str::<Shelf>(text).expect("a test reads every built-in file").library
        };
        let built_in: Vec<Vec<Library>> = BUILT_IN.par_iter().map(shelf).collect();
        let libraries: Vec<Library> = own.iter().cloned().chain(built_in.into_iter().flatten()).collect();
        let mut catalogue = Self {
            words: libraries.iter().map(Lexicon::of).collect(),
            libraries: Vec::new(),
            packages: FxHashMap::default(),
            endings: Vec::new(),
            imported: FxHashMap::default(),
            distributed: FxHashMap::default(),
            distributed_below: Vec::new(),
            systems: toml::from_str::<Systems>(SYSTEMS).expect("a test reads the built-in file").system,
            slow: FxHashMap::default(),
        };
        for (index, library) in libraries.iter().enumerate() {
            let id = LibraryId(index as u16);
            catalogue.add_names(id, library);
            let Some(language) = library.language.of_sources().filter(|_| library.means_something()) else {
                continue;
            };
            for package in &library.packages {
                match package.strip_prefix('*') {
                    Some(ending) => catalogue.endings.push((language, ending.to_owned(), id)),
                    None => {
                        let packages = catalogue.packages.entry(language).or_default();
                        packages.entry(package.clone()).or_default().push(id);
                    }
                }
            }
        }
        catalogue.libraries = libraries;
        catalogue
    }

    fn add_names(&mut self, id: LibraryId, library: &Library) {
        let language = library.language;
        if let Some(language) = language.of_sources() {
            self.slow.entry(language).or_default().extend(library.slow.iter().map(|name| name.replace("::", ".")));
        }
        for package in &library.packages {
            self.imported.entry(language).or_default().entry(package.clone()).or_default().push(id);
        }
        for name in library.packages.iter().chain(&library.distributions) {
            match name.strip_suffix('*') {
                Some(start) => self.distributed_below.push((language, plain(language, start), id)),
                None => self.distributed.entry((language, plain(language, name))).or_default().push(id),
            }
        }
    }

    /// Every library that claims the module or part of its path, the most specific first.
    pub fn imported(&self, language: Language, module: &str) -> Vec<LibraryId> {
        let mut found = Vec::new();
        let Some(known) = self.imported.get(&language.into()) else { return found };
        for libraries in prefixes(module).filter_map(|prefix| known.get(prefix)) {
            for library in libraries {
                if !found.contains(library) {
                    found.push(*library);
                }
            }
        }
        found
    }

    /// The libraries that a manifest calls so.
    pub fn distributed(&self, language: LibraryLanguage, name: &str) -> Vec<LibraryId> {
        let name = plain(language, name);
        let mut found = self.distributed.get(&(language, name.clone())).cloned().unwrap_or_default();
        let below = self.distributed_below.iter();
        found.extend(below.filter(|(of, start, _)| *of == language && name.starts_with(start)).map(|(.., id)| *id));
        found
    }

    /// Whether a row of a manifest alone speaks for a library. A row that brings more, a package around it or other
    /// symbols of the same package, says that it may be there and no more.
    pub fn speaks_for(&self, library: LibraryId, row: &str) -> bool {
        let library = self.library(library);
        let modules = |name: &str| match library.language {
            LibraryLanguage::Python => name.to_ascii_lowercase().replace('_', "-"),
            language => plain(language, name),
        };
        let row = modules(row);
        let is_part = |package: &String| {
            let package = modules(package);
            package.strip_prefix(&row).is_some_and(|rest| rest.starts_with(['/', '.', ':']))
        };
        library.symbols.is_empty() && (library.packages.is_empty() || !library.packages.iter().all(is_part))
    }

    pub fn systems(&self) -> impl Iterator<Item = (SystemId, &System)> {
        self.systems.iter().enumerate().map(|(index, system)| (SystemId(index as u16), system))
    }

    pub fn system(&self, id: SystemId) -> &System {
        &self.systems[id.0 as usize]
    }

    pub fn system_named(&self, name: &str) -> Option<SystemId> {
        self.systems().find(|(_, system)| system.name == name).map(|(id, _)| id)
    }

    pub fn library(&self, id: LibraryId) -> &Library {
        &self.libraries[id.0 as usize]
    }

    pub fn libraries(&self) -> impl Iterator<Item = (LibraryId, &Library)> {
        self.libraries.iter().enumerate().map(|(index, library)| (LibraryId(index as u16), library))
    }

    /// The libraries that a module belongs to: of those that claim part of its path, the most specific.
    pub fn libraries_of(&self, language: Language, module: &str) -> &[LibraryId] {
        let known = self.packages.get(&language);
        if let Some(found) = known.and_then(|known| prefixes(module).find_map(|prefix| known.get(prefix))) {
            return found;
        }
        let ending = self.endings.iter().find(|(of, ending, _)| *of == language && module.ends_with(ending.as_str()));
        ending.map_or(&[], |(_, _, id)| std::slice::from_ref(id))
    }

    /// The library that a module belongs to whose calls declare routes.
    pub fn routed(&self, language: Language, module: &str) -> Option<LibraryId> {
        self.imported(language, module).into_iter().find(|library| !self.library(*library).routes.is_empty())
    }

    /// Whether a call waits longer than a statement does: its name, or that with the name before it.
    pub fn is_slow(&self, language: Language, called: &str) -> bool {
        self.slow.get(&language).is_some_and(|slow| slow.contains(called))
    }

    /// Databases that run inside the process, by name.
    pub fn in_process(&self) -> impl Iterator<Item = &str> {
        let libraries = self.libraries.iter().filter(|library| library.in_process);
        libraries.flat_map(|library| library.systems.iter().map(String::as_str))
    }

    /// What a called name means to a library.
    pub fn words(&self, id: LibraryId, name: Name) -> Words {
        self.words[id.0 as usize].words(name)
    }

    /// The words of some libraries together: what a name means to any of them.
    pub fn lexicon(&self, libraries: impl Iterator<Item = LibraryId>) -> Lexicon {
        let mut lexicon = Lexicon::default();
        libraries.for_each(|id| lexicon.add(self.library(id)));
        lexicon
    }
}

/// A module, the module that it belongs to, and so on.
fn prefixes(module: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(module), |prefix| {
        let end = prefix.bytes().rposition(|byte| matches!(byte, b'/' | b'.' | b':'))?;
        Some(prefix[..end].trim_end_matches(':'))
    })
}

/// A name as registries compare it.
fn plain(language: LibraryLanguage, name: &str) -> String {
    match language {
        LibraryLanguage::Python => name.to_ascii_lowercase().replace(['_', '.'], "-"),
        LibraryLanguage::Rust => name.replace('_', "-"),
        LibraryLanguage::Php | LibraryLanguage::CSharp => name.to_ascii_lowercase(),
        LibraryLanguage::Go => without_major(name).to_owned(),
        LibraryLanguage::JavaScript | LibraryLanguage::Java | LibraryLanguage::Ruby => name.to_owned(),
    }
}

/// A Go module path without the `/v2` at its end.
fn without_major(name: &str) -> &str {
    match name.rsplit_once("/v") {
        Some((path, major)) if !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit()) => path,
        _ => name,
    }
}
