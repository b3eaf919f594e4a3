//! What a called name means: the lists of a library as a set of bits.

use rustc_hash::FxHashMap;

use super::Library;
use crate::facts::Name;

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

            /// Whether names of it mean something to the model.
            pub(super) fn means_something(&self) -> bool {
                let is_of_routes = |word: Words| word.is(Words::APP.or(Words::ROUTER));
                let mut lists = self.lists().into_iter().filter(|(_, word)| !is_of_routes(*word));
                self.role.has_effects() && lists.any(|(names, _)| !names.is_empty())
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
    APP apps 22
    ROUTER routers 23
    TABLE tables 24
    TABLE_NAME table_names 25
    LOADS_ALL loads_all 26
    SELECTS selects 27
    MANY many 28
    COLUMNS columns 29
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

/// Names to words; patterns are few and tried last.
#[derive(Debug, Default)]
pub struct Lexicon {
    exact: FxHashMap<Name, Words>,
    /// What stands before a `*`.
    beginnings: Vec<(String, Words)>,
    /// What stands behind one.
    endings: Vec<(String, Words)>,
}

impl Lexicon {
    pub(super) fn of(library: &Library) -> Self {
        let mut lexicon = Self::default();
        lexicon.add(library);
        lexicon
    }

    pub(super) fn add(&mut self, library: &Library) {
        for (list, word) in library.lists() {
            for name in list {
                if let Some(ending) = name.strip_prefix('*') {
                    self.endings.push((ending.to_owned(), word));
                } else if let Some(beginning) = name.strip_suffix('*') {
                    self.beginnings.push((beginning.to_owned(), word));
                } else {
                    // Paths are joined by dots, whatever the language writes: `Router::new`
                    for name in [name.as_str().into(), Name::from(&name.replace("::", "."))] {
                        let known = self.exact.entry(name).or_default();
                        *known = known.or(word);
                    }
                }
            }
        }
    }

    pub fn words(&self, name: Name) -> Words {
        let mut words = self.exact.get(&name).copied().unwrap_or_default();
        let beginning = self.beginnings.iter().filter(|(beginning, _)| name.starts_with(beginning.as_str()));
        let ending = self.endings.iter().filter(|(ending, _)| name.ends_with(ending.as_str()));
        for (_, word) in beginning.chain(ending) {
            words = words.or(*word);
        }
        words
    }
}

/// Whether a name is what the catalogue says, which may begin or end with `*`.
pub fn fits(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(ending), _) => name.ends_with(ending),
        (_, Some(beginning)) => name.starts_with(beginning),
        _ => pattern == name,
    }
}
