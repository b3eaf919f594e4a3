//! What the rule says: the sentence, the way from the loop to the statement, and what to do instead.

use rustc_hash::FxHashMap;

use super::{Group, Repeated, is_read};
use crate::catalogue::{Advice, Library};
use crate::finding::Step;
use crate::model::{Access, Computed, CallId, Effect, Project, Sent, Turn};
use crate::rules::Pass;

/// A statement that so many loops lead to is the cause that they share.
const MANY_CALLERS: usize = 3;

/// How many loops lead to each statement by way of other functions.
pub(super) type Callers = FxHashMap<CallId, usize>;

pub(super) fn callers<'r>(repeated: impl Iterator<Item = &'r Repeated<'r>>) -> Callers {
    let mut callers = Callers::default();
    for sent in repeated.filter_map(|one| one.sent.first()) {
        *callers.entry(sent.statement).or_default() += 1;
    }
    callers
}

pub(super) fn report(pass: &mut Pass, group: &Group, callers: &Callers) {
    let (project, one) = (pass.project, group.first);
    let each = one.repetition.facts();
    let file = one.call.file;
    let function = project.function_of(one.call);
    let climbs = one.repetition.climbs();
    let help = advice(project.catalogue().library(one.effect.library), one, climbs);
    let message = message(project, one, callers, climbs);
    let finding = pass.report(project.place(file, project.call(one.call).span), message);
    finding
        .related(project.place(file, each.head), "the loop")
        .scope(project.place(file, each.head))
        .scope(project.place(file, function.head))
        .confidence(group.confidence)
        .help(help);
    for outer in &one.outer {
        finding.related(project.place(file, outer.facts().head), "the loop around it");
    }
    for other in &group.others {
        let why = if other.callee.is_some() { "called here too" } else { "or this instead" };
        finding.related(project.place(file, project.call(other.call).span), why);
    }
    if let Some(sent) = one.sent.first() {
        let statement = project.call(sent.statement);
        finding.related(project.place(sent.statement.file, statement.span), kind(one.effect.access));
        finding.trail(trail(project, one, sent));
    }
}

/// A method of a serializer runs once for each row of a list.
pub(super) fn report_computed(pass: &mut Pass, computed: &Computed) {
    let (project, call) = (pass.project, computed.statement);
    let Computed { field, serializer, list, .. } = computed;
    let query = project.called(call);
    let message = format!("`{query}` runs once per row for the field `{field}` of `{serializer}`");
    let finding = pass.report(project.place(call.file, project.call(call).span), message);
    finding
        .related(project.place(list.0, list.1), "many rows are written here")
        .scope(project.place(call.file, project.function_of(call).head))
        .help("compute it in the query that gives the rows: as an annotation, or from what is loaded with them");
}

fn message(project: &Project, one: &Repeated, callers: &Callers, climbs: bool) -> String {
    let whole = |call: CallId| project.called(if one.effect.deferred { project.whole(call) } else { call });
    let over = one.repetition.name();
    let Some(sent) = one.sent.first() else {
        let query = whole(one.call);
        return match (one.effect.access, one.turn) {
            (Access::Flush, _) => format!("`{query}` ends a transaction for each element of `{over}`"),
            (_, Turn::Unrelated) => format!("`{query}` asks the same again for each element of `{over}`"),
            _ => format!("`{query}` runs {}", often(one, &over, climbs)),
        };
    };
    let called = project.called(one.call);
    let runs = match one.effect.access {
        Access::Flush => "ends a transaction".to_owned(),
        _ => format!("runs `{}`", whole(sent.statement)),
    };
    let more = match one.sent.iter().filter(|sent| sent.effect.access != Access::Flush).count() {
        0 | 1 => String::new(),
        2 => " and another statement".to_owned(),
        count => format!(" and {} other statements", count - 1),
    };
    let shared = match callers.get(&sent.statement) {
        Some(count) if *count >= MANY_CALLERS => format!(", as it does in {} other loops", count - 1),
        _ => String::new(),
    };
    format!("`{called}` {runs}{more} {}{shared}", often(one, &over, climbs))
}

fn often(one: &Repeated, over: &str, climbs: bool) -> String {
    if climbs {
        return format!("once per step of the walk along `{over}`");
    }
    let parent = one.outer.first().filter(|outer| one.repetition.is_child_of(outer));
    match parent {
        _ if one.depth > 1 => format!("once per element of `{over}`, in {} nested loops", one.depth),
        Some(parent) => format!("once per element of `{over}`, for each of `{}`", parent.name()),
        None => format!("once per element of `{over}`"),
    }
}

/// Loop, call, call, statement.
fn trail(project: &Project, one: &Repeated, sent: &Sent) -> Vec<Step> {
    let file = one.call.file;
    let step = |call: CallId, message: String| Step { place: project.place(call.file, project.call(call).span), message };
    let around = Step { place: project.place(file, one.repetition.facts().head), message: "the loop".to_owned() };
    let calls = std::iter::once(one.call).chain(project.way(sent));
    let calls = calls.map(|call| step(call, format!("calls `{}`", project.called(call))));
    let end = step(sent.statement, kind(one.effect.access).to_owned());
    std::iter::once(around).chain(calls).chain([end]).collect()
}

pub(super) fn kind(access: Access) -> &'static str {
    match access {
        Access::Flush => "the end of a transaction",
        access if is_read(access) => "the query",
        _ => "the write",
    }
}

fn advice(library: &Library, one: &Repeated, climbs: bool) -> String {
    if one.turn == Turn::Unrelated && one.effect.access != Access::Flush && one.callee.is_none() {
        return "run it once before the loop".to_owned();
    }
    if climbs {
        return "ask for all steps at once with a recursive query (`WITH RECURSIVE`), or load the rows and walk in memory"
            .to_owned();
    }
    if one.effect.batch {
        return "collect the rows of all elements and send them in one statement".to_owned();
    }
    advised(library, &one.effect)
}

/// How the library does for many rows what a statement does for one.
pub(super) fn advised(library: &Library, effect: &Effect) -> String {
    let advice = if effect.raw { &Advice::default() } else { &library.advice };
    let (own, general) = match effect.access {
        Access::Read => (&advice.read, "load all rows before the loop with one `SELECT … WHERE … IN (…)` and look them up by key"),
        Access::Count => (&advice.count, "ask for all elements at once, with `GROUP BY` or a set of the keys that exist"),
        Access::Insert => (&advice.insert, "insert all rows with one multi-row `INSERT`"),
        Access::Update => (&advice.update, "update all rows with one statement: `WHERE … IN (…)` for equal values, a joined list of values for others"),
        Access::Upsert => (&advice.upsert, "write all rows with one insert that says what to do on a conflict"),
        Access::Delete => (&advice.delete, "delete all rows with one `DELETE … WHERE … IN (…)`"),
        Access::Write => (&None, "send one statement for all elements"),
        Access::Flush => (&advice.flush, "commit once after the loop, or once per chunk"),
    };
    own.clone().unwrap_or_else(|| general.to_owned())
}

