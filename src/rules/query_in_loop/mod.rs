//! Reports statements that are sent once per element of a loop.
//!
//! Which calls send a statement, and how often a call is repeated, is the model's knowledge. This file decides
//! which repetitions are harmful, how sure that is, and what to say.

use rustc_hash::{FxHashMap, FxHashSet};

mod advice;
mod explanation;
mod properties;
mod wording;

pub(super) use explanation::explain;

use super::Pass;
use crate::facts::{LoopIndex, Span};
use crate::finding::Confidence;
use crate::model::{Access, CallId, Callee, Effect, Evidence, Link, Project, ReachedFrom, Repetition, Sent, Turn};
use crate::walk::FileId;

/// A statement, or a call that leads to statements, and the loop that repeats it.
struct Repeated<'p> {
    call: CallId,
    /// Of several statements the one that matters most to the message.
    effect: Effect,
    /// The function that the call runs, and what this sends; empty where the call is the statement.
    callee: Option<Callee>,
    sent: Vec<Sent>,
    repetition: Repetition<'p>,
    /// The loops over collections around that one, the innermost first.
    outer: Vec<Repetition<'p>>,
    /// How many loops over collections multiply: that one, and those that have nothing to do with each other.
    depth: usize,
    turn: Turn,
    /// Between that loop and the statement something else repeats it.
    paged: bool,
    /// No more turns than a limit says.
    few: bool,
}

/// Why a call is no finding: "each turn already asks for many rows at once".
type Reason = &'static str;

/// What speaks against a finding: whether it holds here, how many points it takes, and the words for it.
type Point = (bool, usize, &'static str);

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let files: Vec<FileId> = project.product_files().collect();
    let found: Vec<Vec<Repeated>> = files.iter().map(|file| repeated(project, *file)).collect();
    let shared = wording::callers(found.iter().flatten());
    for one in found.iter().flat_map(|found| grouped(project, found)) {
        wording::report(pass, &one, &shared);
    }
    for computed in project.computed_row_by_row() {
        wording::report_computed(pass, computed);
    }
    properties::check(pass);
}

/// What is said of one loop in one finding: its calls of the same function, or statements of which only one runs.
struct Group<'f, 'p> {
    /// The surest, of equally sure ones the first.
    first: &'f Repeated<'p>,
    others: Vec<&'f Repeated<'p>>,
    confidence: Confidence,
}

fn grouped<'f, 'p>(project: &Project, found: &'f [Repeated<'p>]) -> Vec<Group<'f, 'p>> {
    let mut groups: Vec<Group> = Vec::new();
    for one in found {
        let confidence = confidence(project, one);
        let is_same = |group: &&mut Group| {
            let callee = |one: &Repeated| one.callee.map(|callee| callee.function);
            let is_either = || {
                let alike = |other: &Repeated| {
                    other.callee.is_none() && project.called(other.call) == project.called(one.call)
                };
                let mut members = std::iter::once(group.first).chain(group.others.iter().copied());
                one.callee.is_none()
                    && group.first.effect.access == one.effect.access
                    && members.all(|other| alike(other) && other.repetition.excludes(&one.repetition))
            };
            // Other functions that come to the same statement, of which only one runs.
            let is_same_end = || {
                let end = |one: &Repeated| one.sent.first().map(|sent| sent.statement);
                let mut members = std::iter::once(group.first).chain(group.others.iter().copied());
                one.callee.is_some()
                    && end(group.first) == end(one)
                    && members.all(|other| other.repetition.excludes(&one.repetition))
            };
            group.first.repetition.each == one.repetition.each
                && (one.callee.is_some() && callee(group.first) == callee(one) || is_either() || is_same_end())
        };
        match groups.iter_mut().rev().find(is_same) {
            Some(group) if confidence > group.confidence => {
                group.others.push(std::mem::replace(&mut group.first, one));
                group.confidence = confidence;
            }
            Some(group) => group.others.push(one),
            None => groups.push(Group { first: one, others: Vec::new(), confidence }),
        }
    }
    groups
}

/// What a file sends once per element.
fn repeated<'p>(project: &'p Project<'p>, file: FileId) -> Vec<Repeated<'p>> {
    let mut repeated = repeated_statements(project, file);
    // A flush beside a statement of the same loop is part of the same finding.
    let loops: FxHashSet<LoopIndex> =
        repeated.iter().filter(|one| one.effect.access != Access::Flush).map(|one| one.repetition.each.index).collect();
    repeated.retain(|one| one.effect.access != Access::Flush || !loops.contains(&one.repetition.each.index));
    let calls = project.calls_that_send(file).filter_map(|(call, callee)| harmful_call(project, call, callee).ok());
    repeated.extend(calls);
    repeated.sort_by_key(|one| one.call);
    repeated
}

/// The statements of a file that run once per element, one per chain of calls.
fn repeated_statements<'p>(project: &'p Project<'p>, file: FileId) -> Vec<Repeated<'p>> {
    let mut by_chain = FxHashMap::default();
    for call in project.repeated_calls(file) {
        if let Ok(one) = harmful(project, call) {
            let start = project.call(call).span.start;
            by_chain.entry((one.repetition.each.index, start)).or_insert(one);
        }
    }
    by_chain.into_values().collect()
}

fn harmful<'p>(project: &'p Project<'p>, call: CallId) -> Result<Repeated<'p>, Reason> {
    let effect = project.effect(call).ok_or("it sends no statement")?;
    if effect.locks {
        return Err("rows are locked in order, one by one, on purpose");
    }
    let one = multiplied(project, call, effect, |repetition| repetition.turn())?;
    let repetition = &one.repetition;
    if repetition.statement_is_turn() {
        return Err("each turn is another statement: nothing to join");
    }
    if repetition.takes_turn_as_list() {
        return Err("each turn already asks for many rows at once");
    }
    if effect.access == Access::Update && repetition.is_counted() {
        return Err("whether a row was changed decides how the turn goes on"); // "Take one if there is one left"
    }
    if effect.handle_leads && repetition.handle_is_turn(project.call(call).root()) {
        return Err("each turn asks another database, tenant or shard");
    }
    if one.turn == Turn::Unrelated && effect.access != Access::Flush && !is_read(effect.access) {
        return Err("a statement that ignores the element is a log or a lock, not work per element");
    }
    Ok(one)
}

/// A call that leads to statements, in a loop.
fn harmful_call<'p>(project: &'p Project<'p>, call: CallId, callee: Callee) -> Result<Repeated<'p>, Reason> {
    if project.effect(call).is_some() || project.repetitions(call).is_empty() {
        return Err(NO_LOOP);
    }
    let function = project.function(callee.function);
    let mut sent: Vec<Sent> = project.sent_by(call, callee);
    let first = sent.iter().find(|one| one.effect.access != Access::Flush).or(sent.first());
    let effect = first.ok_or(NOTHING_SENT)?.effect;
    let mut one = multiplied(project, call, effect, |repetition| repetition.turn())?;
    if one.turn == Turn::Unrelated {
        return Err("what ignores the element is a log, a lock or a refresh, not work per element");
    }
    // `to_json(Some(all_folders))`: what it would ask for is handed over.
    sent.retain(|sent| !one.repetition.gives(function, sent.unless) && !one.repetition.lacks(function, sent.when));
    // A statement that takes the turn as a list asks for many rows at once.
    sent.retain(|sent| !one.repetition.is_list_given(function, sent.listed));
    let keyed = |sent: &Sent| one.repetition.turn_given(function, sent.keyed);
    sent.sort_by_key(|sent| {
        let writes = !is_read(sent.effect.access);
        (sent.effect.access == Access::Flush, std::cmp::Reverse(keyed(sent)), sent.conditional, writes)
    });
    let first = sent.first().ok_or(NOTHING_SENT)?;
    if first.effect.coalesced && one.repetition.is_parallel() {
        return Err("the library joins the calls of one tick");
    }
    one.turn = keyed(first);
    one.effect = first.effect;
    one.callee = Some(callee);
    one.sent = sent;
    Ok(one)
}

/// The loop that repeats a call once per element, unless its shape shows that the statements do not grow with the data.
fn multiplied<'p>(
    project: &'p Project<'p>,
    call: CallId,
    effect: Effect,
    turn: impl Fn(&Repetition) -> Turn,
) -> Result<Repeated<'p>, Reason> {
    let repetitions = project.repetitions(call);
    let elements: Vec<Repetition> = repetitions.iter().copied().filter(Repetition::is_per_element).collect();
    // Of nested loops the innermost that has to do with the statement repeats it.
    let related = elements.iter().find(|one| turn(one) != Turn::Unrelated);
    let repetition = *related.or(elements.first()).ok_or(if repetitions.is_empty() { NO_LOOP } else { NO_ELEMENTS })?;
    if repetitions.iter().take_while(|one| one.each != repetition.each).any(Repetition::ends_after)
        || repetition.ends_after()
    {
        return Err("the loop ends after it, so that it runs at most once");
    }
    if elements.iter().all(Repetition::is_bounded) {
        return Err("the number of turns is written down and does not grow with the data");
    }
    if repetition.is_over_schema() {
        return Err("the turns are tables, schemas or shards: nothing to join");
    }
    if repetition.retries() {
        return Err("the loop tries again until it succeeds");
    }
    if repetition.is_chunked() {
        return Err("the turns are chunks or pages: each already asks for many rows at once");
    }
    if effect.coalesced && repetition.is_parallel() {
        return Err("the library joins the calls of one tick");
    }
    if repetition.is_loader() {
        return Err("its keys were collected already; the loop goes over groups of them");
    }
    // Children of an outer element, and chunks, do not multiply.
    let around = elements.iter().filter(|outer| outer.each != repetition.each);
    let depth = 1 + around.filter(|outer| !outer.is_chunked() && !repetition.is_child_of(outer)).count();
    // `while (page)` between the loop and the statement: pages of one element.
    let paged = repetitions.iter().take_while(|one| one.each != repetition.each).any(|inner| !inner.is_per_element());
    let outer = elements.iter().copied().skip_while(|one| one.each != repetition.each).skip(1).collect();
    let few = elements.iter().all(|one| one.is_bounded() || one.is_few());
    let turn = turn(&repetition);
    Ok(Repeated { call, effect, callee: None, sent: Vec::new(), repetition, outer, depth, turn, paged, few })
}

const NO_LOOP: Reason = "no loop goes around it in its function, or its function is kept for later";
const NO_ELEMENTS: Reason = "the loop around it does not go over elements: it counts, waits, pages or tries again";
const NOTHING_SENT: Reason = "given this, the function that it calls sends no statement for one element";

fn is_read(access: Access) -> bool {
    matches!(access, Access::Read | Access::Count)
}

/// The code of the loop, and of the functions on the way to the statement.
fn on_the_way(project: &Project, one: &Repeated) -> Vec<(FileId, Span)> {
    let further = one.sent.first().map(|sent| project.way(sent)).unwrap_or_default();
    let callees = one.callee.into_iter().chain(further.into_iter().filter_map(|call| project.callee(call)));
    let functions = callees.map(|callee| callee.function).map(|id| (id.file, project.function(id).span));
    std::iter::once((one.call.file, one.repetition.facts().span)).chain(functions).collect()
}

/// What speaks against it, each from how often such places turn out to be worth fixing.
fn against(project: &Project, one: &Repeated) -> Vec<Point> {
    let call = project.call(one.call);
    let flushes = one.effect.access == Access::Flush;
    let writes = !is_read(one.effect.access);
    let first = one.sent.first();
    let reached = project.reached_from(one.repetition.each);
    let in_process = project.catalogue().library(one.effect.library).in_process
        || project.is_for_in_process(first.map_or(one.call, |sent| sent.statement).file);
    let way = on_the_way(project, one);
    let reaches_out = way.iter().any(|(file, span)| project.reaches_out(*file, *span));
    let isolates = way.iter().any(|(file, span)| project.isolates(*file, *span));
    vec![
        // By way of other names the element may have become something else.
        (one.turn != Turn::Direct && !flushes, 1, "the element may have become something else on the way"),
        // That nothing changes is harder to see than that something does.
        (one.turn == Turn::Unrelated && !flushes, 1, "nothing in it changes with the element, as far as can be seen"),
        (one.paged, 2, "what repeats it works through pages of one element"),
        (one.few, 3, "a limit keeps the turns few"),
        // The relation may have been loaded with its row, by whoever loaded the row.
        (one.effect.related, 2, "the relation may have been loaded with its row"),
        (one.effect.related && one.effect.deferred && call.arguments.is_empty(), 1, "it is read as a whole"),
        // Writes are often per row by nature, and harder to join.
        (writes, 1, "a write, which is harder to join"),
        // The deeper one lies, and the more is asked before it, the likelier it is to be about this row only.
        (writes && first.is_some_and(|sent| sent.hops > 0), 1, "a write that lies deep"),
        (writes && first.is_some_and(|sent| sent.conditional), 1, "a write that depends on something"),
        (writes && first.is_some_and(|sent| sent.left_before), 1, "a write that some turns leave before"),
        // A transaction for each row is there to keep the rows apart.
        (isolates, 1, "each turn has a transaction or lock"),
        (flushes, 1, "the end of a transaction"),
        (flushes && one.repetition.makes_handle(call.root()), 1, "the session is made for the turn"),
        (one.effect.evidence == Evidence::Spelled, 1, "that the receiver is a database is only known by its name"),
        (one.effect.cached, 1, "the answer may come from a cache of the library"),
        (one.repetition.is_guarded() || first.is_some_and(|sent| sent.guarded), 1, "it runs only for the unknown"),
        // A cache in front of the statement: once per key that is not known.
        (project.is_remembered(one.call) || first.is_some_and(|sent| sent.cached), 3, "a cache stands in front of it"),
        // Further calls on the way make it less sure that the statement runs, and that it matters.
        (first.is_some_and(|sent| sent.hops > 0), 1, "another function lies between it and the statement"),
        (one.callee.is_some_and(|callee| callee.link == Link::Named), 1, "the function is only known by its name"),
        // Pacing: something slower than the statement sets the speed.
        (one.repetition.pauses(), 2, "the loop pauses, so that something slower sets the speed"),
        (one.repetition.stops_early(), 1, "the loop may end early"),
        (in_process, 1, "the database runs inside the program"),
        // Something slower than the statement happens for each element anyway; a function that does both does more.
        (reaches_out, 1, "each turn waits for something slower anyway"),
        (reaches_out && one.callee.is_some(), 1, "the function does more than the statement"),
        // Nobody waits for code that runs once, and whoever types a command expects to wait.
        (reached == ReachedFrom::Batch, 1, "a batch job, for which nobody waits"),
        (reached == ReachedFrom::Preparation, 3, "code that runs once, to prepare"),
        (reached == ReachedFrom::Command, 3, "a command, whose user expects to wait"),
    ]
}

fn confidence(project: &Project, one: &Repeated) -> Confidence {
    let against = against(project, one);
    let points: usize = against.iter().filter(|(holds, ..)| *holds).map(|(_, points, _)| points).sum();
    graded(points.saturating_sub(usize::from(one.depth > 1)))
}

fn graded(points: usize) -> Confidence {
    match points {
        0 | 1 => Confidence::High,
        2 => Confidence::Medium,
        _ => Confidence::Low,
    }
}
