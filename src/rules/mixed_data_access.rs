//! Reports services that get at the same data in two ways: two mappers, a mapper and SQL by hand, or two databases for
//! what is one business. What counts is statements that are sent, not packages that are declared.

use rustc_hash::FxHashSet;

use super::Pass;
use crate::facts::Name;
use crate::finding::{Confidence, Place};
use crate::model::{Project, Service, ServiceKind, Statement, Store, Way, WayKind};

/// Fewer statements are no second way, except in a small service.
const FEW: usize = 5;
/// One statement in so many of all is a trace.
const TRACE: usize = 10;
/// A service with no more statements is small: its second way shows early.
const SMALL: usize = 60;
/// So much SQL beside a mapper is a habit: at least so many statements, and so many in a hundred.
const HABIT: usize = 10;
const HABIT_SHARE: usize = 15;
/// With more statements two databases were not taken up in passing.
const LARGE: usize = 1_000;

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let mut told: FxHashSet<Place> = FxHashSet::default();
    for service in project.services() {
        if matches!(service.kind, ServiceKind::Library | ServiceKind::Tool) {
            continue; // What a library sends counts for the services that use it.
        }
        let ways = project.ways(service);
        let mut is_split = false;
        for (at, first) in ways.iter().enumerate() {
            for second in &ways[at + 1..] {
                let Some(mix) = mix(project, service, &ways, first, second) else { continue };
                // Between two databases one pair of ways says it all.
                if mix.shared.is_empty() && std::mem::replace(&mut is_split, true) {
                    continue;
                }
                // Two services that use one library mix in the same place.
                if told.insert(mix.second[0].0) {
                    report(pass, service, first, second, &mix);
                }
            }
        }
    }
}

/// What makes two ways one too many.
struct Mix {
    confidence: Confidence,
    /// Names of tables that both are about; none for two databases.
    shared: Vec<Name>,
    /// Places of either side, and what stands there.
    first: Vec<(Place, Name)>,
    second: Vec<(Place, Name)>,
}

fn mix(project: &Project, service: &Service, ways: &[Way], first: &Way, second: &Way) -> Option<Mix> {
    let total: usize = ways.iter().map(|way| way.statements.len()).sum();
    let is_small = total <= SMALL;
    let least = if is_small { 2 } else { FEW };
    let is_trace = |way: &Way| way.statements.len() < least || way.statements.len() * TRACE < total;
    if project.are_alternatives(first, second) {
        return None; // Two back ends behind one interface, of which one runs.
    }
    match (first.store, second.store) {
        (Store::Other, _) | (_, Store::Other) => None, // Searching, counting and remembering are other work.
        (one, other) if one != other => {
            let is_few = |way: &Way| way.statements.len() < FEW || way.statements.len() * TRACE < total;
            if is_few(first) || is_few(second) || total > LARGE || !project.has_tables(service) {
                return None;
            }
            let all = |_: &Statement| true;
            let (first, second) = (places(project, first, all), places(project, second, all));
            Some(Mix { confidence: Confidence::Medium, shared: Vec::new(), first, second })
        }
        _ => {
            let shared = first.shared(second);
            if shared.is_empty() {
                return None; // Each has tables of its own.
            }
            let confidence = match (first.kind, second.kind) {
                (WayKind::Sql, WayKind::Sql) => return None,
                (WayKind::Library(_), WayKind::Library(_)) => {
                    if is_trace(first) || is_trace(second) {
                        return None;
                    }
                    Confidence::High
                }
                (WayKind::Sql, _) => beside_sql(second, first, &shared, total)?,
                (_, WayKind::Sql) => beside_sql(first, second, &shared, total)?,
            };
            let is_shared = |statement: &Statement| shared.iter().any(|(key, _)| statement.is_about(*key));
            let (first, second) = (places(project, first, is_shared), places(project, second, is_shared));
            Some(Mix { confidence, shared: shared.into_iter().map(|(_, name)| name).collect(), first, second })
        }
    }
}

/// A mapper and SQL on its tables.
fn beside_sql(mapper: &Way, sql: &Way, shared: &[(Name, Name)], total: usize) -> Option<Confidence> {
    let plain = |statement: &Statement| !statement.special && !statement.effect.locks;
    let is_shared = |statement: &Statement| shared.iter().any(|(key, _)| statement.is_about(*key));
    // Sums and locks are what SQL is for.
    let by_hand = sql.statements.iter().filter(|one| plain(one) && is_shared(one)).count();
    if by_hand >= HABIT && by_hand * 100 >= total * HABIT_SHARE && mapper.statements.len() * TRACE >= total {
        return Some(Confidence::Medium);
    }
    // Both write the same table: rules, hooks and times of change are kept on one of the ways only.
    let is_written = |key: Name| mapper.statements.iter().any(|one| one.writes() && one.is_about(key));
    let twice: Vec<Name> = shared.iter().map(|(key, _)| *key).filter(|key| is_written(*key)).collect();
    let writes = |one: &Statement| one.writes() && plain(one) && twice.iter().any(|key| one.is_about(*key));
    let twice = sql.statements.iter().filter(|one| writes(one)).count();
    (total <= SMALL && twice >= 2 && by_hand * TRACE >= total).then_some(Confidence::Medium)
}

/// Writes before reads, each with the table.
fn places(project: &Project, way: &Way, is_meant: impl Fn(&Statement) -> bool) -> Vec<(Place, Name)> {
    let meant: Vec<&&Statement> = way.statements.iter().filter(|one| is_meant(one)).collect();
    let writes = meant.iter().filter(|one| one.writes());
    let reads = meant.iter().filter(|one| !one.writes());
    let place = |one: &&&Statement| {
        let span = project.call(project.whole(one.call)).span;
        let name = one.entities.first().map(|entity| entity.name).unwrap_or_default();
        (project.place(one.call.file, span), name)
    };
    writes.chain(reads).map(place).collect()
}

fn report(pass: &mut Pass, service: &Service, first: &Way, second: &Way, mix: &Mix) {
    let shown = |way: &Way| match way.kind {
        WayKind::Library(library) => format!("`{}`", library.shown_name()),
        WayKind::Sql => "SQL by hand".to_owned(),
    };
    let (many, few) = (first.statements.len(), second.statements.len());
    let counts = format!("{many} statements with {}, {few} with {}", shown(first), shown(second));
    let tables: Vec<String> = mix.shared.iter().take(3).map(|name| format!("`{name}`")).collect();
    let who = pass.project.shown(service);
    let about = match mix.shared.len() {
        0 => "keeps its data in stores of two kinds".to_owned(),
        1..=3 => format!("reaches {} in two ways", tables.join(", ")),
        count => format!("reaches {count} tables in two ways, {} among them", tables.join(", ")),
    };
    let finding = pass.report(mix.second[0].0, format!("{who} {about}: {counts}"));
    finding.confidence(mix.confidence);
    let of = |name: Name| if name.is_empty() { String::new() } else { format!(", on `{name}`") };
    for (place, name) in mix.second.iter().skip(1).take(1) {
        finding.related(*place, format!("{} here too{}", shown(second), of(*name)));
    }
    for (place, name) in mix.first.iter().take(2) {
        finding.related(*place, format!("{} here{}", shown(first), of(*name)));
    }
    finding.help(match (first.kind, second.kind) {
        _ if mix.shared.is_empty() => {
            "keep what belongs together in one database, where one transaction can hold it, or write down in a decision \
             record what each of the two is for"
                .to_owned()
        }
        (WayKind::Library(one), WayKind::Library(other)) => format!(
            "take one of {} and {} for new code and for every write, and write in a decision record which and until \
             when the other stays",
            one.shown_name(),
            other.shown_name()
        ),
        (WayKind::Sql, WayKind::Library(mapper)) => {
            format!("write SQL for these tables too, or move all their writes to {}", mapper.shown_name())
        }
        (WayKind::Library(mapper), WayKind::Sql) => format!(
            "let {} do every write, and keep SQL for what it cannot say, such as sums and recursion, in one place that \
             a decision record names",
            mapper.shown_name()
        ),
        (WayKind::Sql, WayKind::Sql) => "write each table in one way".to_owned(),
    });
}
