//! Says of the calls at a place what is known of each: whether it sends a statement or leads to one, what repeats it,
//! and why it is a finding or is none. It decides nothing: the reasons are those of the rule itself.

use std::collections::BTreeSet;

use super::wording::kind;
use super::{Point, graded, harmful, harmful_call, is_read, properties, repeated};
use crate::facts::{CallIndex, FileFacts, Span};
use crate::finding::{Account, Confidence, Place};
use crate::model::{Access, CallId, Callee, Effect, Evidence, Link, Project, Sent};

/// More calls on one line are written by machines.
const MOST: usize = 20;

pub(in crate::rules) fn explain(project: &Project, place: Place) -> Vec<Account> {
    let Place { file, span } = place;
    let facts = project.facts(file);
    let all = 0..facts.calls.len() as u32;
    let exact: Vec<CallIndex> = all.map(CallIndex).filter(|index| facts.call(*index).span == span).collect();
    let (calls, is_exact) = if exact.is_empty() { (calls_at(facts, span), false) } else { (exact, true) };

    let mut accounts = Vec::new();
    let mut silent = BTreeSet::new();
    let mut reported = None;
    for index in calls {
        let id = CallId { file, index };
        let (judged, mut account) = match (project.effect(id), project.callee(id)) {
            (Some(effect), _) => (harmful(project, id), statement(project, id, &effect)),
            (None, Some(callee)) => {
                let judged = harmful_call(project, id, callee);
                let sent =
                    judged.as_ref().map_or_else(|_| nearest(project.sent_by(id, callee)), |one| one.sent.clone());
                (judged, way(project, id, callee, &sent))
            }
            (None, None) => {
                silent.insert(facts.last_of_chain(index));
                continue;
            }
        };
        turns(project, id, &mut account);
        match judged {
            Err(reason) => _ = account.note(format!("no finding: {reason}")),
            Ok(one) => {
                verdict(&mut account, &super::against(project, &one), one.depth);
                let reported = reported.get_or_insert_with(|| repeated(project, file));
                if !reported.iter().any(|known| known.call == id) {
                    account.note("told in the finding of what is sent beside it in the same loop");
                }
            }
        }
        accounts.push((id.index, account));
    }
    let spoken: Vec<CallIndex> = accounts.iter().map(|(index, _)| facts.last_of_chain(*index)).collect();
    for last in silent.into_iter().filter(|last| !spoken.contains(last)).take(MOST) {
        accounts.push((last, nothing(project, CallId { file, index: last })));
    }
    accounts.sort_by_key(|(index, _)| *index);
    let read = properties::accounts(project, file, |read| read == span || !is_exact && meets(read, span));
    read.into_iter().chain(accounts.into_iter().map(|(_, account)| account)).take(MOST).collect()
}

/// The calls whose names stand at a place; where there is none, the chain of the innermost call around it.
fn calls_at(facts: &FileFacts, span: Span) -> Vec<CallIndex> {
    let calls = || (0..facts.calls.len() as u32).map(CallIndex);
    let is_point = span.start == span.end;
    let named: Vec<CallIndex> = calls().filter(|index| meets(facts.call(*index).name_span, span)).collect();
    if !named.is_empty() && !is_point {
        return named;
    }
    let around = calls().filter(|index| facts.call(*index).span.contains(span));
    let Some(inner) = around.min_by_key(|index| {
        let span = facts.call(*index).span;
        span.end - span.start
    }) else {
        return Vec::new();
    };
    let last = facts.last_of_chain(inner);
    let mut chain: Vec<CallIndex> =
        std::iter::successors(Some(last), |index| facts.call(*index).receiver).take(MOST).collect();
    chain.reverse();
    chain
}

/// Whether something begins within a place.
fn meets(span: Span, place: Span) -> bool {
    place.start <= span.start && span.start <= place.end
}

fn statement(project: &Project, id: CallId, effect: &Effect) -> Account {
    let called = project.called(if effect.deferred { project.whole(id) } else { id });
    let library = &project.catalogue().library(effect.library).name;
    let message = format!("`{called}` sends a statement of {library}: {}", does(effect.access));
    let mut account = Account { place: project.place(id.file, project.call(id).span), message, notes: Vec::new() };
    account.note(match effect.evidence {
        Evidence::Proven => "proven: an import, a construction, a declared type or an injection leads to the library",
        Evidence::Spelled => {
            "guessed: nothing explains the receiver, but it has a usual name, and the library is in use"
        }
    });
    account
}

fn does(access: Access) -> &'static str {
    match access {
        Access::Read => "it reads",
        Access::Count => "it counts",
        Access::Insert => "it inserts",
        Access::Update => "it updates",
        Access::Upsert => "it inserts or updates",
        Access::Delete => "it deletes",
        Access::Write => "it changes something",
        Access::Flush => "it sends what was collected, or ends a transaction",
    }
}

/// Reads before writes before ends of transactions, as the rule tells of them.
fn nearest(mut sent: Vec<Sent>) -> Vec<Sent> {
    sent.sort_by_key(|one| (one.effect.access == Access::Flush, !is_read(one.effect.access), one.hops));
    sent
}

fn way(project: &Project, id: CallId, callee: Callee, sent: &[Sent]) -> Account {
    let function = project.function(callee.function);
    let place = project.place(id.file, project.call(id).span);
    let message = format!("`{}` leads to a statement", project.called(id));
    let mut account = Account { place, message, notes: Vec::new() };
    let name = match function.owner {
        Some(owner) => format!("{owner}.{}", function.name),
        None => function.name.to_string(),
    };
    let head = project.place(callee.function.file, function.head);
    account.note_at(head, format!("runs `{name}`, {}", tied(callee.link)));
    if let Some(first) = sent.first() {
        for call in project.way(first) {
            let place = project.place(call.file, project.call(call).span);
            account.note_at(place, format!("calls `{}`", project.called(call)));
        }
        let statement = first.statement;
        let place = project.place(statement.file, project.call(statement).span);
        account.note_at(place, format!("{}: `{}`", kind(first.effect.access), project.called(statement)));
    }
    match sent.len() {
        0 | 1 => {}
        2 => _ = account.note("and another statement"),
        count => _ = account.note(format!("and {} other statements", count - 1)),
    }
    account
}

fn tied(link: Link) -> &'static str {
    match link {
        Link::Local => "a function of the same file",
        Link::Own => "a method of the object itself",
        Link::Imported => "which is imported or stands in the same package",
        Link::Typed => "by the type of the receiver",
        Link::Implemented => "the only implementation of the interface",
        Link::Named => "guessed: the only method of this name in the service",
    }
}

fn nothing(project: &Project, id: CallId) -> Account {
    let place = project.place(id.file, project.call(id).span);
    let message = format!("`{}` sends no statement that is known, and leads to none", project.called(id));
    let mut account = Account { place, message, notes: Vec::new() };
    if project.effect_of_result(id).is_some() {
        account.note("it builds a statement, and nothing here uses up the result");
    }
    account
}

/// What repeats a call, the innermost first.
fn turns(project: &Project, id: CallId, account: &mut Account) {
    for repetition in project.repetitions(id) {
        let how = match repetition.is_per_element() {
            true => format!("in a loop: once per element of `{}`", repetition.name()),
            false => "in a loop that counts, waits, pages or tries again".to_owned(),
        };
        account.note_at(project.place(id.file, repetition.facts().head), how);
    }
}

/// What speaks against a finding, and how sure that leaves it.
pub(super) fn verdict(account: &mut Account, against: &[Point], depth: usize) {
    let mut sum = 0;
    for (_, points, why) in against.iter().filter(|(holds, ..)| *holds) {
        account.note(format!("against it, {}: {why}", counted(*points)));
        sum += points;
    }
    if depth > 1 && sum > 0 {
        account.note(format!("for it, 1 point: {depth} nested loops multiply"));
        sum -= 1;
    }
    let sure = match graded(sum) {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    };
    account.note(match sum {
        0 => format!("a finding of {sure} confidence: nothing speaks against it"),
        _ => format!("a finding of {sure} confidence, for {} against it", counted(sum)),
    });
}

fn counted(points: usize) -> String {
    if points == 1 { "1 point".to_owned() } else { format!("{points} points") }
}
