//! Statements to the ways in which a service gets at its data: each mapper or builder with all that it wraps, and SQL
//! that is written by hand. Knows how many statements and which tables, not how many ways are too many.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Access, Project, Service, Statement};
use crate::catalogue::{Library, LibraryId};
use crate::facts::{FileId, Name};

/// One way to the data.
#[derive(Clone, Debug)]
pub struct Way<'p> {
    pub kind: WayKind<'p>,
    pub store: Store,
    /// In the order of the files; ends of transactions and what prepares the house are not among them.
    pub statements: Vec<&'p Statement>,
}

/// How statements come to be.
#[derive(Clone, Copy, Debug)]
pub enum WayKind<'p> {
    /// A library makes them.
    Library(&'p Library),
    /// They are written out, whichever library sends them.
    Sql,
}

/// What sort of store is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Tables,
    Documents,
    /// Counts, searches, remembers: an addition to a store of one of the two others.
    Other,
}

impl<'p> Project<'p> {
    /// The ways of a service to its data, the one of most statements first.
    pub fn ways(&'p self, service: &'p Service) -> Vec<Way<'p>> {
        let mut by_library: Vec<(LibraryId, Way)> = Vec::new();
        let mut sql: Vec<(Store, Way)> = Vec::new();
        let files: FxHashSet<FileId> = self.running(service).collect();
        let mut files: Vec<FileId> = files.into_iter().collect();
        files.sort_unstable();
        for statement in files.iter().flat_map(|file| self.statements(*file)) {
            let effect = &statement.effect;
            if effect.access == Access::Flush || self.is_in_one_off(statement.call) {
                continue;
            }
            let library = self.catalogue().library(effect.library);
            let store = self.store_of(library);
            let kind = if effect.raw || !library.makes_statements() { WayKind::Sql } else { WayKind::Library(library) };
            let way = || Way { kind, store, statements: Vec::new() };
            let ways = match kind {
                WayKind::Library(_) => {
                    let at = by_library.iter().position(|(id, _)| *id == effect.library);
                    let at = at.unwrap_or_else(|| {
                        by_library.push((effect.library, way()));
                        by_library.len() - 1
                    });
                    &mut by_library[at].1
                }
                WayKind::Sql => {
                    let at = sql.iter().position(|(known, _)| *known == store);
                    let at = at.unwrap_or_else(|| {
                        sql.push((store, way()));
                        sql.len() - 1
                    });
                    &mut sql[at].1
                }
            };
            ways.statements.push(statement);
        }
        let mut ways = joined(by_library.into_iter().map(|(_, way)| way).collect());
        ways.extend(sql.into_iter().map(|(_, way)| way));
        ways.sort_by_key(|way| std::cmp::Reverse(way.statements.len()));
        ways
    }

    /// The sort of store that a statement goes to.
    pub fn store(&self, statement: &Statement) -> Store {
        self.store_of(self.catalogue().library(statement.effect.library))
    }

    /// Whether two ways are back ends of which one is chosen: the same functions stand on both sides, in other files.
    pub fn are_alternatives(&self, first: &Way, second: &Way) -> bool {
        let functions = |way: &Way| -> FxHashSet<Name> {
            way.statements.iter().map(|one| self.function_of(one.call).name).filter(|name| !name.is_empty()).collect()
        };
        let files = |way: &Way| -> FxHashSet<FileId> { way.statements.iter().map(|one| one.call.file).collect() };
        if !files(first).is_disjoint(&files(second)) {
            return false;
        }
        let (first, second) = (functions(first), functions(second));
        let both = first.intersection(&second).count();
        both > 2 && both * 2 >= first.len().min(second.len())
    }

    /// Whether it has a database of tables at all: a library that knows many databases may be used with another.
    pub fn has_tables(&self, service: &Service) -> bool {
        let systems = || service.systems.iter().map(|one| self.catalogue().system(one.system));
        systems().any(|system| system.family.as_deref() == Some("relational"))
            || !systems().any(|system| system.documents)
    }

    fn store_of(&self, library: &Library) -> Store {
        let systems = library.systems.iter().filter_map(|name| self.catalogue().system_named(name));
        let systems: Vec<_> = systems.map(|id| self.catalogue().system(id)).collect();
        if systems.iter().any(|system| system.documents) {
            Store::Documents
        } else if systems.is_empty() || systems.iter().any(|system| system.family.as_deref() == Some("relational")) {
            Store::Tables
        } else {
            Store::Other
        }
    }
}

/// A library and those that it wraps are one way.
fn joined(ways: Vec<Way>) -> Vec<Way> {
    let mut joined: Vec<Way> = Vec::new();
    let wraps = |above: &Way, below: &Way| match (above.kind, below.kind) {
        (WayKind::Library(above), WayKind::Library(below)) => {
            above.shown_name() == below.shown_name() || above.builds_on.contains(&below.name)
        }
        _ => false,
    };
    for way in ways {
        match joined.iter_mut().find(|known| wraps(known, &way) || wraps(&way, known)) {
            Some(known) => {
                if wraps(&way, known) {
                    known.kind = way.kind;
                }
                known.statements.extend(way.statements);
            }
            None => joined.push(way),
        }
    }
    for way in &mut joined {
        way.statements.sort_by_key(|statement| statement.call);
    }
    joined
}

impl Way<'_> {
    /// Tables that another way is about as well, as they are compared and as the other writes them, sorted.
    pub fn shared(&self, other: &Way) -> Vec<(Name, Name)> {
        let (own, others) = (self.tables(), other.tables());
        let both = others.iter().filter(|(key, _)| own.contains_key(*key));
        let mut shared: Vec<(Name, Name)> = both.map(|(key, name)| (*key, *name)).collect();
        shared.sort_by_key(|(_, name)| name.as_str());
        shared
    }

    /// The tables that statements are about, with the names under which they are first met.
    fn tables(&self) -> FxHashMap<Name, Name> {
        let mut tables = FxHashMap::default();
        for entity in self.statements.iter().flat_map(|statement| &statement.entities) {
            tables.entry(entity.key).or_insert(entity.name);
        }
        tables
    }
}
