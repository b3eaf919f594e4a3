//! Reports statements that are sent once per element of a loop.
//!
//! Which calls send a statement, and how often a call is repeated, is the model's knowledge. This file decides
//! which repetitions are harmful, how sure that is, and what to say.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Pass;
use crate::catalogue::{Advice, Library};
use crate::facts::LoopIndex;
use crate::finding::Confidence;
use crate::model::{Access, CallId, Effect, Evidence, Project, Repetition, Turn};
use crate::walk::FileId;

/// A statement, and the loop that repeats it.
struct Repeated<'p> {
    call: CallId,
    effect: Effect,
    repetition: Repetition<'p>,
    /// The loops over collections around that one, the innermost first.
    outer: Vec<Repetition<'p>>,
    /// How many loops over collections multiply: that one, and those that have nothing to do with each other.
    depth: usize,
    turn: Turn,
    /// Between that loop and the statement something else repeats it.
    paged: bool,
}

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    for file in project.product_files() {
        let mut repeated = repeated_statements(project, file);
        // A flush beside a statement of the same loop is part of the same finding.
        let loops: FxHashSet<LoopIndex> =
            repeated.iter().filter(|one| one.effect.access != Access::Flush).map(|one| one.repetition.each.index).collect();
        repeated.retain(|one| one.effect.access != Access::Flush || !loops.contains(&one.repetition.each.index));
        for one in repeated {
            report(pass, &one);
        }
    }
}

/// The statements of a file that run once per element, one per chain of calls.
fn repeated_statements<'p>(project: &'p Project<'p>, file: FileId) -> Vec<Repeated<'p>> {
    let mut by_chain = FxHashMap::default();
    for call in project.repeated_calls(file) {
        if let Some(one) = harmful(project, call) {
            let start = project.call(call).span.start;
            by_chain.entry((one.repetition.each.index, start)).or_insert(one);
        }
    }
    let mut repeated: Vec<Repeated> = by_chain.into_values().collect();
    repeated.sort_by_key(|one| one.call);
    repeated
}

fn harmful<'p>(project: &'p Project<'p>, call: CallId) -> Option<Repeated<'p>> {
    let effect = project.effect(call)?;
    if effect.locks {
        return None; // Rows are locked in order, one by one, on purpose.
    }
    let repetitions = project.repetitions(call);
    let elements: Vec<Repetition> = repetitions.iter().copied().filter(Repetition::is_per_element).collect();
    // Of nested loops the innermost that has to do with the statement repeats it.
    let repetition = *elements.iter().find(|one| one.turn() != Turn::Unrelated).or(elements.first())?;
    if repetitions.iter().take_while(|one| one.each != repetition.each).any(Repetition::ends_after)
        || repetition.ends_after()
    {
        return None; // It runs at most once.
    }
    if elements.iter().all(Repetition::is_bounded) {
        return None; // The number of statements does not grow with the data.
    }
    if repetition.is_over_schema() || repetition.statement_is_turn() {
        return None; // Another statement for each table: nothing to join.
    }
    if repetition.retries() {
        return None; // It runs again until it succeeds.
    }
    if repetition.is_chunked() || repetition.takes_turn_as_list() {
        return None; // Each turn already asks for many rows at once.
    }
    if effect.access == Access::Update && repetition.is_counted() {
        return None; // "Take one if there is one left": whether a row was changed decides how the turn goes on.
    }
    if effect.coalesced && repetition.is_parallel() {
        return None; // The library joins the calls of one tick.
    }
    if effect.handle_leads && repetition.handle_is_turn(project.call(call).root()) {
        return None; // One database, tenant or shard per turn.
    }
    if repetition.is_loader() {
        return None; // Its keys were collected already; the loop goes over groups of them.
    }
    let turn = repetition.turn();
    if turn == Turn::Unrelated && effect.access != Access::Flush && !is_read(effect.access) {
        return None; // A statement that ignores the element is a log or a lock, not work per element.
    }
    // Children of an outer element, and chunks, do not multiply.
    let around = elements.iter().filter(|outer| outer.each != repetition.each);
    let depth = 1 + around.filter(|outer| !outer.is_chunked() && !repetition.is_child_of(outer)).count();
    // `while (page)` between the loop and the statement: pages of one element.
    let paged = repetitions.iter().take_while(|one| one.each != repetition.each).any(|inner| !inner.is_per_element());
    let outer = elements.iter().copied().skip_while(|one| one.each != repetition.each).skip(1).collect();
    Some(Repeated { call, effect, repetition, outer, depth, turn, paged })
}

fn is_read(access: Access) -> bool {
    matches!(access, Access::Read | Access::Count)
}

fn report(pass: &mut Pass, one: &Repeated) {
    let project = pass.project;
    let call = project.call(one.call);
    let each = one.repetition.facts();
    let query = project.called(if one.effect.deferred { project.whole(one.call) } else { one.call });
    let over = one.repetition.name();
    let parent = one.outer.first().filter(|outer| one.repetition.is_child_of(outer));
    let message = match (one.effect.access, one.turn, parent) {
        (Access::Flush, ..) => format!("`{query}` ends a transaction for each element of `{over}`"),
        (_, Turn::Unrelated, _) => format!("`{query}` asks the same again for each element of `{over}`"),
        _ if one.depth > 1 => format!("`{query}` runs once per element of `{over}`, in {} nested loops", one.depth),
        (_, _, Some(parent)) => {
            format!("`{query}` runs once per element of `{over}`, for each of `{}`", parent.name())
        }
        _ => format!("`{query}` runs once per element of `{over}`"),
    };
    let help = advice(project.catalogue().library(one.effect.library), one);
    let file = one.call.file;
    let function = project.function_of(one.call);
    let finding = pass.report(project.place(file, call.span), message);
    finding
        .related(project.place(file, each.head), "the loop")
        .scope(project.place(file, each.head))
        .scope(project.place(file, function.head))
        .confidence(confidence(project, one))
        .help(help);
    for outer in &one.outer {
        finding.related(project.place(file, outer.facts().head), "the loop around it");
    }
}

fn advice(library: &Library, one: &Repeated) -> String {
    if one.turn == Turn::Unrelated && one.effect.access != Access::Flush {
        return "run it once before the loop".to_owned();
    }
    if one.effect.batch {
        return "collect the rows of all elements and send them in one statement".to_owned();
    }
    let advice = if one.effect.raw { &Advice::default() } else { &library.advice };
    let (own, general) = match one.effect.access {
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

/// Points for and against, each from how often such places turn out to be worth fixing.
fn confidence(project: &Project, one: &Repeated) -> Confidence {
    let call = project.call(one.call);
    let flushes = one.effect.access == Access::Flush;
    let against = [
        // By way of other names the element may have become something else.
        (one.turn != Turn::Direct && !flushes, 1),
        // That nothing changes is harder to see than that something does.
        (one.turn == Turn::Unrelated && !flushes, 1),
        (one.paged, 2),
        // The relation may have been loaded with its row, by whoever loaded the row.
        (one.effect.related, 2),
        (one.effect.related && one.effect.deferred && call.arguments.is_empty(), 1),
        // Writes are often per row by nature, and harder to join.
        (!is_read(one.effect.access), 1),
        (flushes, 1),
        (flushes && one.repetition.makes_handle(call.root()), 1),
        (one.effect.evidence == Evidence::Spelled, 1),
        (one.effect.cached, 1),
        (one.repetition.is_guarded(), 1),
        // Pacing: something slower than the statement sets the speed.
        (one.repetition.pauses(), 1),
        (one.repetition.stops_early(), 1),
        (project.catalogue().library(one.effect.library).in_process, 1),
        // Nobody waits for code that runs once.
        (project.is_one_off(one.repetition.each), 2),
    ];
    let points: usize = against.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum();
    match points.saturating_sub(usize::from(one.depth > 1)) {
        0 | 1 => Confidence::High,
        2 => Confidence::Medium,
        _ => Confidence::Low,
    }
}
