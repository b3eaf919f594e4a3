//! What backlint knows of the world: typed view of `rules/libraries/*.toml` and of `[[library]]` in a user's
//! `backlint.toml`. Knowledge only: which shapes are harmful is the rules' business.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::facts::{Language, Name};

/// A library, framework or driver, and what its calls do.
///
/// Names are exact, or end or begin with `*`: `findBy*`. Lists that are left out are empty.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// As its users write it: "Prisma".
    pub name: String,
    pub language: LibraryLanguage,
    pub role: LibraryRole,
    /// What is imported: npm package, Python module, Go module path, Rust crate. What lies below it belongs to it.
    pub packages: Vec<String>,
    /// The header of files that it generates into the repository: their package counts as the library.
    #[serde(default)]
    pub generated: Vec<String>,
    /// Types whose values are handles: calls on them may execute.
    #[serde(default)]
    pub types: Vec<String>,
    /// Functions of the package that give a handle: `createPool`, `sql.Open`.
    #[serde(default)]
    pub opens: Vec<String>,
    /// Base classes, their factories, or decorators of models: calls on a model and its rows may execute.
    #[serde(default)]
    pub models: Vec<String>,
    /// Functions of the package or methods of a handle that give a model: `mongoose.model`, `sequelize.define`.
    #[serde(default)]
    pub defines: Vec<String>,
    /// What a handle is usually called, where its origin cannot be seen; counts only where the package is declared.
    /// A path ends in the handle: `prisma`, `models.*`.
    #[serde(default)]
    pub handles: Vec<String>,
    /// Send a statement that reads.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Send a statement that writes.
    #[serde(default)]
    pub writes: Vec<String>,
    /// Send the statement that stands in their text argument: `execute`, `query`, `raw`.
    #[serde(default)]
    pub statements: Vec<String>,
    /// Begin a statement that is sent when the result is awaited, iterated or measured.
    #[serde(default)]
    pub deferred: Vec<String>,
    /// A call of the handle itself begins a statement: `knex("users")`, `` sql`..` ``
    #[serde(default)]
    pub callable: bool,
    /// In a chain with one of these nothing is sent: `toSQL`, `none`.
    #[serde(default)]
    pub builds: Vec<String>,
    /// The calls that execute take the connection as an argument: `.load(conn)`, `.execute(&pool)`.
    #[serde(default)]
    pub connection_argument: bool,
    /// Methods of a row that read.
    #[serde(default)]
    pub row_reads: Vec<String>,
    /// Methods of a row that write.
    #[serde(default)]
    pub row_writes: Vec<String>,
    /// Many rows in one round trip.
    #[serde(default)]
    pub batch: Vec<String>,
    /// Many calls of one tick become one statement.
    #[serde(default)]
    pub coalesced: Vec<String>,
    /// May be answered without a statement: identity map, cache.
    #[serde(default)]
    pub cached: Vec<String>,
    /// Mark work that a later flush sends.
    #[serde(default)]
    pub unit_of_work: Vec<String>,
    /// Send the marked work, or end a transaction.
    #[serde(default)]
    pub flushes: Vec<String>,
    /// Add to a batch that is sent later.
    #[serde(default)]
    pub queues: Vec<String>,
    /// Run a function in a transaction and hand it a handle, or give a handle in a transaction.
    #[serde(default)]
    pub transactions: Vec<String>,
    /// Open a connection or take one from a pool.
    #[serde(default)]
    pub connects: Vec<String>,
    /// Operators that take a list of keys: one statement for many rows.
    #[serde(default)]
    pub lists: Vec<String>,
    /// Load related rows together with the row.
    #[serde(default)]
    pub eager: Vec<String>,
    /// Lock rows until the transaction ends: one row at a time on purpose.
    #[serde(default)]
    pub locks: Vec<String>,
    /// The database runs inside the process: a round trip costs microseconds.
    #[serde(default)]
    pub in_process: bool,
    #[serde(default)]
    pub advice: Advice,
}

/// What to do instead, as a command in the library's own idiom.
#[derive(Clone, Debug, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// Instead of one read per key.
    pub read: Option<String>,
    /// Instead of one count per key.
    pub count: Option<String>,
    /// Instead of one insert per element.
    pub insert: Option<String>,
    /// Instead of one update per element.
    pub update: Option<String>,
    /// Instead of one delete per element.
    pub delete: Option<String>,
    /// Instead of one flush or commit per element.
    pub flush: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LibraryLanguage {
    JavaScript,
    Python,
    Go,
    Rust,
}

/// What a library is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LibraryRole {
    /// ORMs, query builders and drivers of databases.
    DataAccess,
    /// Caches and stores asked by key, in well below a millisecond.
    KeyValue,
    /// Collects keys and loads them together.
    Loader,
}

/// Position in [`Catalogue::libraries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LibraryId(u16);

/// What one called name means to a library: the lists that hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words(u32);

macro_rules! words {
    ($($word:ident $list:ident $bit:literal)*) => {
        impl Words {
            $(pub const $word: Self = Self(1 << $bit);)*
        }

        impl Library {
            fn lists(&self) -> [(&[String], Words); [$($bit),*].len()] {
                [$((self.$list.as_slice(), Words::$word)),*]
            }
        }
    };
}

words! {
    READ reads 0
    WRITE writes 1
    STATEMENT statements 2
    DEFERRED deferred 3
    BUILDS builds 4
    ROW_READ row_reads 5
    ROW_WRITE row_writes 6
    BATCH batch 7
    COALESCED coalesced 8
    CACHED cached 9
    UNIT_OF_WORK unit_of_work 10
    FLUSH flushes 11
    QUEUES queues 12
    TRANSACTION transactions 13
    CONNECTS connects 14
    LOCKS locks 15
    TYPE types 16
    OPENS opens 17
    MODEL models 18
    DEFINES defines 19
    EAGER eager 20
    LISTS lists 21
}

impl Words {
    pub const NONE: Self = Self(0);

    pub fn is(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The built-in libraries and the user's own, indexed by package and by called name.
#[derive(Debug)]
pub struct Catalogue {
    libraries: Vec<Library>,
    words: Vec<Lexicon>,
    packages: FxHashMap<(Language, String), Vec<LibraryId>>,
    /// Packages that begin with `*`: they end somewhere in a path.
    endings: Vec<(Language, String, LibraryId)>,
    anywhere: FxHashMap<Language, Lexicon>,
}

/// Names to words; patterns are few and tried last.
#[derive(Debug, Default)]
struct Lexicon {
    exact: FxHashMap<Name, Words>,
    patterns: Vec<(String, Words)>,
}

const BUILT_IN: [&str; 4] = [
    include_str!("../rules/libraries/javascript.toml"),
    include_str!("../rules/libraries/python.toml"),
    include_str!("../rules/libraries/go.toml"),
    include_str!("../rules/libraries/rust.toml"),
];

/// A file of libraries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shelf {
    library: Vec<Library>,
}

impl Catalogue {
    /// The built-in libraries and the user's own. Where both speak of a package, the user's comes first.
    pub fn new(own: &[Library]) -> Self {
        let built_in = BUILT_IN.iter().flat_map(|text| {
            let shelf: Shelf = toml::from_str(text).expect("a test reads every built-in file");
            shelf.library
        });
        let libraries: Vec<Library> = own.iter().cloned().chain(built_in).collect();
        let mut catalogue = Self {
            words: libraries.iter().map(Lexicon::of).collect(),
            libraries: Vec::new(),
            packages: FxHashMap::default(),
            endings: Vec::new(),
            anywhere: FxHashMap::default(),
        };
        for (index, library) in libraries.iter().enumerate() {
            let (id, language) = (LibraryId(index as u16), library.language.into());
            for package in &library.packages {
                match package.strip_prefix('*') {
                    Some(ending) => catalogue.endings.push((language, ending.to_owned(), id)),
                    None => catalogue.packages.entry((language, package.clone())).or_default().push(id),
                }
            }
            catalogue.anywhere.entry(language).or_default().add(library);
        }
        catalogue.libraries = libraries;
        catalogue
    }

    pub fn library(&self, id: LibraryId) -> &Library {
        &self.libraries[id.0 as usize]
    }

    pub fn libraries(&self) -> impl Iterator<Item = (LibraryId, &Library)> {
        self.libraries.iter().enumerate().map(|(index, library)| (LibraryId(index as u16), library))
    }

    /// The libraries that a module belongs to: of those that claim part of its path, the most specific.
    pub fn libraries_of(&self, language: Language, module: &str) -> &[LibraryId] {
        let mut prefix = module;
        loop {
            if let Some(found) = self.packages.get(&(language, prefix.to_owned())) {
                return found;
            }
            match prefix.rfind(['/', '.', ':']) {
                Some(end) => prefix = prefix[..end].trim_end_matches(':'),
                None => break,
            }
        }
        let ending = self.endings.iter().find(|(of, ending, _)| *of == language && module.ends_with(ending.as_str()));
        ending.map_or(&[], |(_, _, id)| std::slice::from_ref(id))
    }

    /// What a called name means to a library.
    pub fn words(&self, id: LibraryId, name: Name) -> Words {
        self.words[id.0 as usize].words(name)
    }

    /// What a called name can mean to any library of a language.
    pub fn words_anywhere(&self, language: Language, name: Name) -> Words {
        self.anywhere.get(&language).map_or(Words::NONE, |lexicon| lexicon.words(name))
    }
}

impl Lexicon {
    fn of(library: &Library) -> Self {
        let mut lexicon = Self::default();
        lexicon.add(library);
        lexicon
    }

    fn add(&mut self, library: &Library) {
        for (list, word) in library.lists() {
            for name in list {
                if name.contains('*') {
                    self.patterns.push((name.clone(), word));
                } else {
                    let known = self.exact.entry(name.as_str().into()).or_default();
                    *known = known.or(word);
                }
            }
        }
    }

    fn words(&self, name: Name) -> Words {
        let mut words = self.exact.get(&name).copied().unwrap_or_default();
        for (pattern, word) in &self.patterns {
            let fits = match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
                (Some(ending), _) => name.ends_with(ending),
                (_, Some(beginning)) => name.starts_with(beginning),
                _ => false,
            };
            if fits {
                words = words.or(*word);
            }
        }
        words
    }
}

impl From<LibraryLanguage> for Language {
    fn from(language: LibraryLanguage) -> Self {
        match language {
            LibraryLanguage::JavaScript => Self::TypeScript,
            LibraryLanguage::Python => Self::Python,
            LibraryLanguage::Go => Self::Go,
            LibraryLanguage::Rust => Self::Rust,
        }
    }
}
