//! Queries that a function gives back before they are sent: which those are, and where a caller uses them up. What
//! becomes of a query that is kept in an object it does not know.

use rustc_hash::FxHashMap;

use crate::facts::{CallIndex, FileFacts, FileId, FunctionIndex, FunctionKind, Language, Value};
use crate::model::{CallId, Effect, FunctionId, Project};

use super::{Callee, Sent};

/// The statements of a file that stand in a `return`, and whether the function leaves sending them to its caller.
pub(super) fn begun_in(
    project: &Project,
    file: FileId,
    sent: &[(CallIndex, Effect)],
) -> Vec<((CallIndex, Effect), bool)> {
    if !super::summaries::is_product(project, file) {
        return Vec::new();
    }
    let facts = project.facts(file);
    if !matches!(facts.language, Language::Python | Language::TypeScript) {
        return Vec::new(); // What builds a query has another name than what sends it.
    }
    let is_sent = |index: &CallIndex| sent.binary_search_by_key(index, |(index, _)| *index).is_ok();
    let mut begun = Vec::new();
    for (index, function) in facts.functions.iter().enumerate() {
        if function.test || matches!(function.kind, FunctionKind::Literal | FunctionKind::File) {
            continue; // Whoever runs a literal is seldom seen.
        }
        let unsent = !sends_returned(facts, FunctionIndex(index as u32));
        let calls = function.returned.iter().filter_map(|value| match value {
            Value::Call(call, read) if read.is_empty() => Some(*call),
            _ => None,
        });
        for last in calls {
            // Any call of the chain may be the one that begins the query: `db.select().from(orders).where(..)`
            let chain = std::iter::successors(Some(last), |index| facts.call(*index).receiver);
            let query = chain.filter(|call| !is_sent(call)).find_map(|call| {
                let effect = project.effect_of_result(CallId { file, index: call })?;
                effect.deferred.then_some((call, effect))
            });
            begun.extend(query.map(|query| (query, unsent)));
        }
    }
    begun
}

/// A promise that is returned is waited for.
pub(super) fn sends_returned(facts: &FileFacts, function: FunctionIndex) -> bool {
    facts.language == Language::TypeScript && facts.function(function).is_async
}

/// The caller of a function that gives back a query awaits, iterates or measures it.
pub(super) fn is_used_up(project: &Project, id: CallId, callee: Callee, sent: &Sent) -> bool {
    let facts = project.facts(id.file);
    let call = facts.call(id.index);
    // What is awaited of a coroutine is its end, not what it gives.
    let is_coroutine = facts.language == Language::Python && project.function(callee.function).is_async;
    call.continued.is_none() && !is_coroutine && project.is_consumed(facts, id, sent.effect.library)
}

/// A function gives back what a call gives it.
pub(super) fn gives_back(facts: &FileFacts, call: CallIndex, function: FunctionIndex) -> bool {
    let is_call = |value: &Value| matches!(value, Value::Call(given, read) if *given == call && read.is_empty());
    facts.call(call).continued.is_none() && facts.function(function).returned.iter().any(is_call)
}

/// Parts what functions give back from what they send.
pub(super) fn take_begun(sent: &mut FxHashMap<FunctionId, Vec<Sent>>) -> FxHashMap<FunctionId, Vec<Sent>> {
    let part = |(id, sent): (&FunctionId, &mut Vec<Sent>)| {
        let begun: Vec<Sent> = sent.extract_if(.., |one| one.returned).collect();
        (!begun.is_empty()).then_some((*id, begun))
    };
    let begun = sent.iter_mut().filter_map(part).collect();
    sent.retain(|_, sent| !sent.is_empty());
    begun
}
