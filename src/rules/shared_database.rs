//! Reports services that read and write the same tables of one database, each with code of its own. Services that run
//! one code base, or share the package that holds its models, are parts of one and left alone.

use rustc_hash::FxHashMap;

use super::Pass;
use crate::catalogue::LibraryRole;
use crate::facts::Name;
use crate::finding::Confidence;
use crate::model::{Connection, Project, Service, ServiceKind, Statement, Store};

/// Tables that tools keep for themselves.
const OF_TOOLS: [&str; 5] = ["alembicversion", "knexmigration", "migration", "schemamigration", "session"];
/// So many tables with the same names are no coincidence, even where the address is not to be seen.
const MANY: usize = 2;

/// A service and what it sends from files of its own.
struct Side<'p> {
    service: &'p Service,
    connections: Vec<Connection>,
    /// By table, as it is compared.
    tables: FxHashMap<Name, Vec<&'p Statement>>,
}

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let sides: Vec<Side> = project.services().iter().filter_map(|service| side(project, service)).collect();
    for (at, first) in sides.iter().enumerate() {
        for second in &sides[at + 1..] {
            let Some((one, other, confidence)) = meeting(first, second) else { continue };
            if share_models(project, first.service, second.service) {
                continue; // One code base in two processes.
            }
            let mut tables: Vec<Name> = first.tables.keys().filter(|key| second.tables.contains_key(*key)).copied().collect();
            tables.sort_by_key(|key| key.as_str());
            tables.retain(|key| !is_one_type(&first.tables[key], &second.tables[key]));
            let writes = |side: &Side, key: &Name| side.tables[key].iter().any(|one| one.writes());
            tables.retain(|key| writes(first, key) || writes(second, key));
            if tables.is_empty() || one.address.is_none() && tables.len() < MANY {
                continue; // Each keeps its own tables, or nothing shows that the place is the same.
            }
            let (first, second, other) =
                if tables.iter().any(|key| writes(second, key)) { (first, second, other) } else { (second, first, one) };
            let table = tables.iter().find(|key| writes(second, key)).copied().unwrap_or(tables[0]);
            let shown = |side: &Side, key: &Name| {
                let names = side.tables[key].iter().flat_map(|one| &one.entities);
                names.filter(|entity| entity.key == *key).map(|entity| entity.name).next().unwrap_or(*key)
            };
            let listed: Vec<String> = tables.iter().take(3).map(|key| format!("`{}`", shown(second, key))).collect();
            let more = if tables.len() > 3 { format!(" and {} more tables", tables.len() - 3) } else { String::new() };
            let both = tables.iter().any(|key| writes(first, key));
            let message = format!(
                "{} and {} share {}{more} of one database, and {}",
                project.shown(second.service),
                project.shown(first.service),
                listed.join(", "),
                if both { "both write".to_owned() } else { "only the first writes".to_owned() },
            );
            let place = |side: &Side| {
                let all = &side.tables[&table];
                let best = all.iter().find(|one| one.writes()).or(all.first())?;
                Some(project.place(best.call.file, project.call(project.whole(best.call)).span))
            };
            let (Some(here), Some(there)) = (place(second), place(first)) else { continue };
            let finding = pass.report(here, message);
            finding.confidence(confidence);
            finding.related(there, format!("{} uses the same table here", project.shown(first.service)));
            finding.related(other.place, match (&other.address, &other.variable) {
                (Some(address), _) => format!("the database of both: `{address}`"),
                (None, Some(variable)) => format!("both are told by `{variable}`"),
                (None, None) => "the database of both".to_owned(),
            });
            finding.help(
                "let one of the two own each table and ask it through its interface, or make both one service: what is \
                 deployed apart must be free to change its tables alone",
            );
        }
    }
}

fn side<'p>(project: &'p Project, service: &'p Service) -> Option<Side<'p>> {
    if !matches!(service.kind, ServiceKind::Service | ServiceKind::Worker | ServiceKind::Functions) {
        return None;
    }
    let mut tables: FxHashMap<Name, Vec<&Statement>> = FxHashMap::default();
    for statement in service.files.iter().flat_map(|file| project.statements(*file)) {
        if project.store(statement) == Store::Other || project.is_in_one_off(statement.call) {
            continue; // Counting and searching stores are filled from others; what prepares the house has no owner.
        }
        for entity in statement.entities.iter().filter(|entity| !OF_TOOLS.contains(&entity.key.as_str())) {
            tables.entry(entity.key).or_default().push(statement);
        }
    }
    (!tables.is_empty()).then(|| Side { service, connections: project.connections(service), tables })
}

/// Where two services are told of the same database.
fn meeting<'s>(first: &'s Side, second: &'s Side) -> Option<(&'s Connection, &'s Connection, Confidence)> {
    let pairs = || first.connections.iter().flat_map(|one| second.connections.iter().map(move |other| (one, other)));
    let same = pairs().find(|(one, other)| one.address.is_some() && one.address == other.address);
    if let Some((one, other)) = same {
        return Some((one, other, Confidence::High));
    }
    let unknown = |side: &Side| side.connections.iter().all(|one| one.address.is_none());
    let (one, other) = pairs().find(|(one, other)| one.variable.is_some() && one.variable == other.variable)?;
    // An address that is known on either side is another one.
    (unknown(first) && unknown(second)).then_some((one, other, Confidence::Medium))
}

/// A library of the repository that reaches the database stands behind both, or one is built on the other.
fn share_models(project: &Project, first: &Service, second: &Service) -> bool {
    let reaches = |service: &Service| project.used_as(service, LibraryRole::DataAccess).next().is_some();
    let common = first.uses.iter().filter(|id| second.uses.contains(id));
    let is = |one: &Service, other: &Service| other.uses.iter().any(|id| std::ptr::eq(project.service(*id), one));
    is(first, second) || is(second, first) || common.map(|id| project.service(*id)).any(reaches)
}

/// Both mean rows of one type of the repository.
fn is_one_type(first: &[&Statement], second: &[&Statement]) -> bool {
    let models = |all: &[&Statement]| -> Vec<_> {
        all.iter().flat_map(|one| &one.entities).filter_map(|entity| entity.model).collect()
    };
    let first = models(first);
    models(second).iter().any(|model| first.contains(model))
}
