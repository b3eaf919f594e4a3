//! What the rule says: the sentence, and the way from the loop to the statement.

use rustc_hash::{FxHashMap, FxHashSet};

use super::advice::advice;
use super::{Group, Repeated, is_read};
use crate::finding::Step;
use crate::model::{Access, CallId, Computed, FunctionId, LoopId, Project, Sent, Turn};
use crate::rules::Pass;

/// A function that so many loops call is the cause that they share.
const MANY_CALLERS: usize = 3;

/// The loops that call each function.
pub(super) type Callers = FxHashMap<FunctionId, FxHashSet<LoopId>>;

pub(super) fn callers<'r>(repeated: impl Iterator<Item = &'r Repeated<'r>>) -> Callers {
    let mut callers = Callers::default();
    for one in repeated {
        if let Some(callee) = one.callee {
            callers.entry(callee.function).or_default().insert(one.repetition.each);
        }
    }
    callers
}

pub(super) fn report(pass: &mut Pass, group: &Group, callers: &Callers) {
    let (project, one) = (pass.project, group.first);
    let each = one.repetition.facts();
    let file = one.call.file;
    let function = project.function_of(one.call);
    let climbs = one.repetition.climbs();
    let help = advice(project, one, climbs);
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
        let each = one.repetition.known_name().map_or("turn of the loop".to_owned(), |name| format!("element of `{name}`"));
        return match (one.effect.access, one.turn) {
            (Access::Flush, _) => format!("`{query}` ends a transaction for each {each}"),
            (_, Turn::Unrelated) => format!("`{query}` asks the same again for each {each}"),
            _ => format!("`{query}` runs {}", often(one, &over, climbs)),
        };
    };
    let called = project.called(one.call);
    let runs = match one.effect.access {
        Access::Flush => "ends a transaction".to_owned(),
        _ => format!("runs `{}`", whole(sent.statement)),
    };
    let shared = match one.callee.and_then(|callee| callers.get(&callee.function)) {
        Some(loops) if loops.len() >= MANY_CALLERS => format!(", as it does in {} other loops", loops.len() - 1),
        _ => String::new(),
    };
    let more = more(project, one, sent);
    format!("`{called}` {runs}{more} {}{shared}", often(one, &over, climbs))
}

/// What the called function sends beside its first statement, as far as it runs on the same turn.
fn more(project: &Project, one: &Repeated, first: &Sent) -> String {
    let place = |sent: &Sent| sent.by.unwrap_or(sent.statement);
    let beside = one.sent.iter().skip(1).filter(|sent| {
        sent.effect.access != Access::Flush && !project.exclude(place(first), place(sent))
    });
    let (mut all, mut sure) = (0, true);
    for sent in beside {
        all += 1;
        sure &= !sent.conditional;
    }
    match (all, sure) {
        (0, _) => String::new(),
        (1, true) => " and another statement".to_owned(),
        (1, false) => " and at times another statement".to_owned(),
        (_, true) => format!(" and {all} other statements"),
        (_, false) => format!(" and up to {all} other statements"),
    }
}

fn often(one: &Repeated, over: &str, climbs: bool) -> String {
    if climbs {
        return format!("once per step of the walk along `{over}`");
    }
    let turn = match one.repetition.known_name() {
        Some(name) => format!("once per element of `{name}`"),
        None => "once per turn of the loop".to_owned(),
    };
    let parent = one.outer.first().filter(|outer| one.repetition.is_child_of(outer));
    match parent.map(|parent| parent.known_name()) {
        _ if one.depth > 1 => format!("{turn}, in {} nested loops", one.depth),
        Some(Some(parent)) => format!("{turn}, for each of `{parent}`"),
        _ => turn,
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
