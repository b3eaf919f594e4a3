//! Pairs of services to the tables that both reach in one database, each with code of its own. Knows who writes, not
//! whether sharing is harmful.

use rustc_hash::{FxHashMap, FxHashSet};

use super::entities::fold;
use super::{Connection, Project, Service, ServiceKind, Statement, Store};
use crate::catalogue::LibraryRole;
use crate::facts::Name;

/// Two services on the same tables of one database.
#[derive(Clone, Debug)]
pub struct Sharing<'p> {
    /// One that writes.
    pub writer: &'p Service,
    pub other: &'p Service,
    /// As the writer's code calls them, sorted.
    pub tables: Vec<Name>,
    /// A statement of each on one of the tables, if possible one that writes.
    pub statements: [&'p Statement; 2],
    pub both_write: bool,
    /// Where each is told of the database.
    pub connections: [Connection; 2],
}

/// More services than these are not told by hand of one database on a developer's machine.
const SAMPLES: usize = 4;

impl Project<'_> {
    /// Every pair of services that share tables without sharing code that reaches them.
    pub fn sharings(&self) -> Vec<Sharing<'_>> {
        let runs = |service: &&Service| {
            matches!(service.kind, ServiceKind::Service | ServiceKind::Worker | ServiceKind::Functions)
        };
        if self.services().iter().filter(runs).count() < 2 {
            return Vec::new();
        }
        let libraries = self.catalogue.libraries().flat_map(|(_, library)| &library.own_tables);
        let of_tools: FxHashSet<Name> = libraries.map(|table| fold(table)).collect();
        let sides: Vec<Side> = self.services().iter().filter_map(|service| self.side(service, &of_tools)).collect();
        let mut found = Vec::new();
        for (at, first) in sides.iter().enumerate() {
            for second in &sides[at + 1..] {
                let Some([one, other]) = meeting(&sides, first, second) else { continue };
                if self.share_models(first.service, second.service) {
                    continue; // One code base in two processes.
                }
                let keys = tables(first, second);
                let first_writes = keys.iter().any(|key| first.writes(*key));
                let (writer, second) = if first_writes { (first, second) } else { (second, first) };
                let (one, other) = if first_writes { (one, other) } else { (other, one) };
                let Some(key) = keys.iter().copied().find(|key| writer.writes(*key)) else {
                    continue; // Each keeps its own tables.
                };
                found.push(Sharing {
                    writer: writer.service,
                    other: second.service,
                    tables: keys.iter().map(|key| writer.shown(*key)).collect(),
                    statements: [writer.statement(key), second.statement(key)],
                    both_write: keys.iter().any(|key| second.writes(*key)),
                    connections: [one.clone(), other.clone()],
                });
            }
        }
        found
    }

    fn side<'a>(&'a self, service: &'a Service, of_tools: &FxHashSet<Name>) -> Option<Side<'a>> {
        if !matches!(service.kind, ServiceKind::Service | ServiceKind::Worker | ServiceKind::Functions) {
            return None;
        }
        let mut tables: FxHashMap<Name, Vec<&Statement>> = FxHashMap::default();
        for statement in service.files.iter().flat_map(|file| self.statements(*file)) {
            if self.store(statement) == Store::Other || self.is_in_one_off(statement.call) {
                continue; // Stores that count and search are filled from others; what prepares the house has no owner.
            }
            for entity in statement.entities.iter().filter(|entity| !of_tools.contains(&entity.key)) {
                tables.entry(entity.key).or_default().push(statement);
            }
        }
        (!tables.is_empty()).then(|| Side { service, connections: self.connections(service), tables })
    }

    /// A library of the repository that reaches the database stands behind both, or one is built on the other.
    fn share_models(&self, first: &Service, second: &Service) -> bool {
        let reaches = |service: &Service| self.used_as(service, LibraryRole::DataAccess).next().is_some();
        let common = first.uses.iter().filter(|id| second.uses.contains(id));
        let is = |one: &Service, other: &Service| other.uses.iter().any(|id| std::ptr::eq(self.service(*id), one));
        is(first, second) || is(second, first) || common.map(|id| self.service(*id)).any(reaches)
    }
}

impl Connection {
    /// One for all who are told of it: not a developer's machine, not a variable that each may be given another value.
    pub fn is_one(&self) -> bool {
        let is_local =
            |address: &str| ["localhost/", "127.0.0.1/", "0.0.0.0/"].iter().any(|one| address.starts_with(one));
        self.address.as_deref().is_some_and(|address| !is_local(address))
    }

    fn is_like(&self, other: &Self) -> bool {
        self.address == other.address && (self.address.is_some() || self.variable == other.variable)
    }
}

/// A service and what it sends from files of its own.
struct Side<'a> {
    service: &'a Service,
    connections: Vec<Connection>,
    /// By table, as it is compared.
    tables: FxHashMap<Name, Vec<&'a Statement>>,
}

impl<'a> Side<'a> {
    fn writes(&self, key: Name) -> bool {
        self.tables.get(&key).is_some_and(|all| all.iter().any(|one| one.writes()))
    }

    fn statement(&self, key: Name) -> &'a Statement {
        let all = &self.tables[&key];
        all.iter().find(|one| one.writes()).copied().unwrap_or(all[0])
    }

    /// A table as this side writes it.
    fn shown(&self, key: Name) -> Name {
        let entities = self.tables[&key].iter().flat_map(|one| &one.entities);
        entities.filter(|entity| entity.key == key).map(|entity| entity.name).next().unwrap_or(key)
    }
}

/// Where two services are told of the same database.
fn meeting<'s>(sides: &[Side], first: &'s Side, second: &'s Side) -> Option<[&'s Connection; 2]> {
    let pairs = || first.connections.iter().flat_map(|one| second.connections.iter().map(move |other| [one, other]));
    let known = pairs().find(|[one, other]| one.address.is_some() && one.is_like(other));
    let [one, other] = known.or_else(|| {
        // An address that is known on either side is another one.
        let is_open = |side: &Side| side.connections.iter().all(|one| one.address.is_none());
        pairs().find(|[one, other]| one.is_like(other)).filter(|_| is_open(first) && is_open(second))
    })?;
    // What so many name for a developer's machine are samples.
    let told = sides.iter().filter(|side| side.connections.iter().any(|known| known.is_like(one))).count();
    (one.is_one() || told <= SAMPLES).then_some([one, other])
}

/// The tables that both reach by code of their own and one of them writes, sorted.
fn tables(first: &Side, second: &Side) -> Vec<Name> {
    let both = first.tables.keys().filter(|key| second.tables.contains_key(*key)).copied();
    let is_shared = |key: &Name| {
        (first.writes(*key) || second.writes(*key)) && !is_one_type(&first.tables[key], &second.tables[key])
    };
    let mut tables: Vec<Name> = both.filter(is_shared).collect();
    tables.sort_by_key(|key| key.as_str());
    tables
}

/// Both mean rows of one type of the repository.
fn is_one_type(first: &[&Statement], second: &[&Statement]) -> bool {
    let models = |all: &[&Statement]| -> Vec<_> {
        all.iter().flat_map(|one| &one.entities).filter_map(|entity| entity.model).collect()
    };
    let first = models(first);
    models(second).iter().any(|model| first.contains(model))
}
