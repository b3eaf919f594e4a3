//! Reports properties that send a statement and are read once per element of a loop: which of them are harmful, how
//! sure that is, and what to say. What a property sends is the model's knowledge.

use crate::facts::{LoopIndex, Name, Span};
use crate::finding::{Account, Confidence, Step};
use crate::model::{Access, Change, Evidence, FunctionId, Link, Params, Project, PropertyRead, ReachedFrom, Repetition, Sent, Turn};
use crate::rules::Pass;
use crate::walk::FileId;

use super::advice::advised;
use super::explanation::verdict;
use super::wording::kind;
use super::{Point, Reason, graded};

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
        let Ok(one) = harmful(project, read) else { continue };
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

fn harmful<'p>(project: &'p Project<'p>, read: PropertyRead) -> Result<Computed<'p>, Reason> {
    let of_object = |sent: &&Sent| {
        let counts = sent.effect.access != Access::Flush && !sent.effect.locks;
        counts && sent.keyed.has(Params::SELF)
    };
    let sent = project.sent(read.property).iter().filter(of_object).min_by_key(|sent| (sent.conditional, sent.hops));
    let sent = *sent.ok_or("the property sends no statement about its object")?;
    let repetitions = project.repetitions_of_property(&read);
    let elements = repetitions.iter().copied().filter(Repetition::is_per_element);
    let turn = |one: &Repetition| one.turn_of(&read.path);
    // What belongs to none of the turns is the same object every time.
    let related = elements.clone().find(|one| turn(one) != Turn::Unrelated);
    let repetition = related.ok_or("no loop around it goes over such objects")?;
    if repetitions.iter().take_while(|one| one.each != repetition.each).any(Repetition::ends_after)
        || repetition.ends_after()
    {
        return Err("the loop ends after it, so that it is read at most once");
    }
    if elements.clone().all(|one| one.is_bounded()) {
        return Err("the number of turns is written down and does not grow with the data");
    }
    if repetition.is_over_schema() || repetition.retries() || repetition.is_chunked() || repetition.is_loader() {
        return Err("the turns are tables, tries, batches or groups of keys");
    }
    let turn = turn(&repetition);
    Ok(Computed { read, others: Vec::new(), sent, repetition, turn })
}

/// What speaks against it, as for statements and calls.
fn against(project: &Project, one: &Computed) -> Vec<Point> {
    let Computed { read, sent, repetition, turn, .. } = one;
    let effect = &sent.effect;
    let reached = project.reached_from(repetition.each);
    vec![
        (*turn != Turn::Direct, 1, "the element may have become something else on the way"),
        (effect.related && !project.asks_for_part(sent.statement), 2, "the relation may have been loaded with its row"),
        (!matches!(effect.access, Access::Read | Access::Count), 1, "a write, which is harder to join"),
        (effect.evidence == Evidence::Spelled, 1, "that the receiver is a database is only known by its name"),
        (effect.cached, 1, "the answer may come from a cache of the library"),
        (sent.guarded || repetition.is_guarded(), 1, "it runs only for what is not known yet"),
        (sent.cached, 2, "a cache stands in front of it"),
        (sent.hops > 0, 1, "another function lies between it and the statement"),
        (read.link == Link::Named, 1, "the property is only known by its name"),
        (sent.conditional, 1, "the property sends it on some ways only"),
        (repetition.pauses(), 1, "the loop pauses, so that something slower sets the speed"),
        (repetition.stops_early(), 1, "the loop may end early"),
        (project.catalogue().library(effect.library).in_process, 1, "the database runs inside the program"),
        (reached == ReachedFrom::Batch, 1, "a batch job, for which nobody waits"),
        (reached == ReachedFrom::Preparation, 2, "code that runs once, to prepare"),
        (reached == ReachedFrom::Command, 3, "a command, whose user expects to wait"),
    ]
}

fn confidence(project: &Project, one: &Computed) -> Confidence {
    let against = against(project, one);
    let points: usize = against.iter().filter(|(holds, ..)| *holds).map(|(_, points, _)| points).sum();
    graded(points)
}

/// What is known of the properties that are read at a place.
pub(super) fn accounts(project: &Project, file: FileId, is_meant: impl Fn(Span) -> bool) -> Vec<Account> {
    let reads = project.properties_read().into_iter().filter(|read| read.file == file && is_meant(read.span));
    let account = |read: PropertyRead| {
        let place = project.place(file, read.span);
        let names: Vec<&str> = read.path.iter().map(|name| name.as_str()).filter(|name| *name != "[]").collect();
        let message = format!("reading `{}` runs a property that sends a statement", names.join("."));
        let mut account = Account { place, message, notes: Vec::new() };
        let property = project.function(read.property);
        account.note_at(project.place(read.property.file, property.head), "the property");
        match harmful(project, read) {
            Ok(one) => verdict(&mut account, &against(project, &one), 1),
            Err(reason) => _ = account.note(format!("no finding: {reason}")),
        }
        account
    };
    reads.map(account).collect()
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
