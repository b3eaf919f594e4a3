//! Reports properties that send a statement and are read once per element of a loop: which of them are harmful, how
//! sure that is, and what to say. What a property sends is the model's knowledge.

use crate::facts::{LoopIndex, Name};
use crate::finding::{Confidence, Step};
use crate::model::{Access, Change, Evidence, FunctionId, Link, Params, Project, ReachedFrom, PropertyRead, Repetition, Sent, Turn};
use crate::rules::Pass;

use super::advice::advised;
use super::wording::kind;

/// A property that a loop reads, by however many expressions.
struct Computed<'p> {
    read: PropertyRead,
    /// Where the loop reads it again.
    others: Vec<PropertyRead>,
    sent: Sent,
    repetition: Repetition<'p>,
    turn: Turn,
}

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let mut found: Vec<Computed> = Vec::new();
    for read in project.properties_read() {
        let Some(one) = harmful(project, read) else { continue };
        let key = |one: &Computed| -> (FunctionId, LoopIndex, Name) {
            (one.read.property, one.repetition.each.index, one.read.path[0])
        };
        match found.iter_mut().rev().take_while(|known| known.read.file == one.read.file).find(|known| key(known) == key(&one)) {
            Some(known) => known.others.push(one.read),
            None => found.push(one),
        }
    }
    for one in &found {
        report(pass, one);
    }
}

fn harmful<'p>(project: &'p Project<'p>, read: PropertyRead) -> Option<Computed<'p>> {
    let of_object = |sent: &&Sent| {
        let counts = sent.effect.access != Access::Flush && !sent.effect.locks;
        counts && sent.keyed.has(Params::SELF)
    };
    let sent = *project.sent(read.property).iter().filter(of_object).min_by_key(|sent| (sent.conditional, sent.hops))?;
    let repetitions = project.repetitions_of_property(&read);
    let elements = repetitions.iter().copied().filter(Repetition::is_per_element);
    let turn = |one: &Repetition| one.turn_of(&read.path);
    // What belongs to none of the turns is the same object every time.
    let repetition = elements.clone().find(|one| turn(one) != Turn::Unrelated)?;
    if repetitions.iter().take_while(|one| one.each != repetition.each).any(Repetition::ends_after)
        || repetition.ends_after()
    {
        return None; // It is read on one turn at most.
    }
    if elements.clone().all(|one| one.is_bounded()) {
        return None; // The number of statements does not grow with the data.
    }
    if repetition.is_over_schema() || repetition.retries() || repetition.is_chunked() || repetition.is_loader() {
        return None; // The turns are tables, tries, batches or groups of keys.
    }
    let turn = turn(&repetition);
    Some(Computed { read, others: Vec::new(), sent, repetition, turn })
}

/// Points for and against, as for statements and calls.
fn confidence(project: &Project, one: &Computed) -> Confidence {
    let Computed { read, sent, repetition, turn, .. } = one;
    let effect = &sent.effect;
    let reached = project.reached_from(repetition.each);
    let against = [
        (*turn != Turn::Direct, 1),
        (effect.related && !project.asks_for_part(sent.statement), 2),
        (!matches!(effect.access, Access::Read | Access::Count), 1),
        (effect.evidence == Evidence::Spelled, 1),
        (effect.cached, 1),
        (sent.guarded || repetition.is_guarded(), 1),
        (sent.cached, 2),
        (sent.hops > 0, 1),
        (read.link == Link::Named, 1),
        (sent.conditional, 1),
        (repetition.pauses(), 1),
        (repetition.stops_early(), 1),
        (project.catalogue().library(effect.library).in_process, 1),
        (reached == ReachedFrom::Batch, 1),
        (reached == ReachedFrom::Preparation, 2),
        (reached == ReachedFrom::Command, 3),
    ];
    let points: usize = against.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum();
    match points {
        0 | 1 => Confidence::High,
        2 => Confidence::Medium,
        _ => Confidence::Low,
    }
}

fn report(pass: &mut Pass, one: &Computed) {
    let project = pass.project;
    let Computed { read, sent, repetition, .. } = one;
    let each = repetition.facts();
    let over = repetition.name();
    let names: Vec<&str> = read.path.iter().map(|name| name.as_str()).filter(|name| *name != "[]").collect();
    let (names, query) = (names.join("."), statement(project, sent));
    let message = format!("reading `{names}` runs `{query}` once per element of `{over}`");
    let place = |span| project.place(read.file, span);
    let property = project.function(read.property);
    let sends = project.call(sent.statement);
    let around = Step { place: place(each.head), message: "the loop".to_owned() };
    let reads = Step { place: place(read.span), message: format!("reads `{names}`") };
    let way = project.way(sent);
    let calls = way.iter().map(|call| Step {
        place: project.place(call.file, project.call(*call).span),
        message: format!("calls `{}`", project.called(*call)),
    });
    let end = Step {
        place: project.place(sent.statement.file, sends.span),
        message: kind(sent.effect.access).to_owned(),
    };
    let trail: Vec<Step> = [around, reads].into_iter().chain(calls).chain([end]).collect();
    let finding = pass.report(place(read.span), message);
    finding
        .related(place(each.head), "the loop")
        .related(project.place(read.property.file, property.head), "the property")
        .related(project.place(sent.statement.file, sends.span), kind(sent.effect.access))
        .scope(place(each.head))
        .scope(place(project.function_around(read.file, each.function).head))
        .confidence(confidence(project, one))
        .help(advised(project.catalogue().library(sent.effect.library), &sent.effect, Change::Own))
        .trail(trail);
    for other in &one.others {
        finding.related(place(other.span), "read here too");
    }
}

fn statement(project: &Project, sent: &Sent) -> String {
    let call = sent.statement;
    project.called(if sent.effect.deferred { project.whole(call) } else { call })
}
