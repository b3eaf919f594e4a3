//! From statements backwards to the functions that send them: which, by which calls, keyed by which parameters.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{
    Branch, BranchKind, Call, CallIndex, FileFacts, FileId, FunctionIndex, Language, Leave, Name, Span, Usage, Value,
};
use crate::model::loops::{Repetition, fills, keeps, takes_as_list};
use crate::model::relations::Sources;
use crate::model::{Access, CallId, Effect, FunctionId, Project};

use super::lazy;
use super::methods::Methods;
use super::params::{Origins, given, is_off};
use super::resolve::{Around, callee};
use super::{Callee, Calls, Effects, Link, Params, Sent};

/// Calls between a function and a statement. Longer ways are rarely what anybody would call "it runs a query".
const HOPS: u8 = 3;

/// Ways longer than this are followed only where types show every step.
const GUESSED_HOPS: u8 = 1;

/// Statements that are kept of one function; a message counts them, it does not list them.
const KEPT: usize = 8;

/// Decorators that remember what a function gave, for whoever asks next; a property remembers it for one object.
const REMEMBERING: [&str; 7] = ["cache", "cached", "lru_cache", "memoize", "memoized", "memoize_stampede", "ttl_cache"];

type Summaries = FxHashMap<FunctionId, Vec<Sent>>;

pub(super) fn effects(project: &Project) -> Effects {
    Effects((0..project.facts.len() as u32).into_par_iter().map(|file| effects_in(project, FileId(file))).collect())
}

pub(super) fn follow(project: &Project, effects: Effects) -> Calls {
    let files: Vec<FileId> = (0..project.facts.len() as u32).map(FileId).collect();
    let direct = files.par_iter().flat_map_iter(|file| direct_in(project, *file, &effects.0[file.get()]));
    let mut sent: Summaries = direct.collect();
    let mut callees: Vec<Vec<(CallIndex, Callee)>> = vec![Vec::new(); files.len()];
    let methods = Methods::of(project);
    let candidates = Candidates::of(project, &files);
    let mut asked = FxHashSet::default();
    for hops in 0..=HOPS {
        let reached = |summary: &Vec<Sent>| summary.iter().any(|one| one.hops == hops);
        let names = sent.iter().filter(|(_, summary)| reached(summary)).map(|(id, _)| project.function(*id).name);
        let names: FxHashSet<Name> = names.filter(|name| asked.insert(*name)).collect();
        callees.par_iter_mut().enumerate().for_each(|(file, known)| {
            let file = FileId(file as u32);
            let around = Around {
                methods: &methods,
                sources: project.has_relations(file).then(|| Sources::new(project)),
                sends: |function| sent.contains_key(&function),
            };
            resolve(project, &around, file, &candidates.by_file[file.get()], &names, known);
        });
        if hops < HOPS {
            let further = callees.par_iter().enumerate().flat_map_iter(|(file, calls)| {
                further_in(project, FileId(file as u32), calls, &sent, hops).into_iter()
            });
            for (function, more) in further.collect::<Vec<_>>() {
                let known = sent.entry(function).or_default();
                known.extend(more);
                known.truncate(KEPT);
            }
        }
    }
    for calls in &mut callees {
        calls.retain(|(_, callee)| sent.contains_key(&callee.function));
    }
    let begun = lazy::take_begun(&mut sent);
    Calls { effects, callees, sent, begun }
}

pub(super) fn is_product(project: &Project, file: FileId) -> bool {
    project.has_facts(file) && project.file(file).role == crate::walk::Role::Product
}

fn effects_in(project: &Project, file: FileId) -> Vec<(CallIndex, Effect)> {
    if !is_product(project, file) {
        return Vec::new();
    }
    let facts = project.facts(file);
    let calls = facts.calls.iter().enumerate().filter(|(_, call)| !facts.function(call.function).test);
    let indexes = calls.map(|(index, _)| CallIndex(index as u32));
    indexes.filter_map(|index| Some((index, project.find_effect(CallId { file, index })?))).collect()
}

/// What each function of a file sends itself.
fn direct_in(project: &Project, file: FileId, effects: &[(CallIndex, Effect)]) -> Vec<(FunctionId, Vec<Sent>)> {
    let mut by_function: FxHashMap<FunctionIndex, Vec<Sent>> = FxHashMap::default();
    let mut origins: FxHashMap<FunctionIndex, Origins> = FxHashMap::default();
    let begun = lazy::begun_in(project, file, effects);
    let sent = effects.iter().map(|one| (one, false)).chain(begun.iter().map(|(one, unsent)| (one, *unsent)));
    for ((index, effect), returned) in sent {
        let facts = project.facts(file);
        let statement = CallId { file, index: *index };
        let Some(function) = project.runs_in(statement).filter(|one| *one != FunctionIndex::FILE) else { continue };
        let call = facts.call(*index);
        if is_rare(facts, call) || effect.locks {
            continue;
        }
        let origins = origins.entry(function).or_insert_with(|| Origins::of(project, file, function));
        let mut keyed = Params::NONE;
        for argument in facts.chain(*index).flat_map(|call| &call.arguments) {
            keyed |= origins.within(&argument.value);
        }
        if !effect.handle_leads || effect.related {
            keyed |= origins.named(call.root());
        }
        let listed = |position: &usize| {
            let names = origins.names_from(Params::one(*position));
            takes_as_list(project, facts, *index, &names)
        };
        let params = &facts.function(function).params;
        let repeated = project.repetitions(statement).iter().any(Repetition::is_per_element);
        // A list that reaches the statement as a whole: many rows at once.
        let is_list = |position: &usize| {
            let declared = params[*position].declared.as_ref();
            let is_sequence = declared.is_some_and(|declared| matches!(&*declared.path, [name] if *name == "[]"));
            is_sequence && !repeated && keyed.has(Params::one(*position))
        };
        let positions = 0..params.len();
        let listed = positions
            .filter(|position| listed(position) || is_list(position))
            .fold(Params::NONE, |all, position| all | Params::one(position));
        by_function.entry(function).or_default().push(Sent {
            statement,
            effect: *effect,
            by: None,
            hops: 0,
            link: None,
            keyed,
            listed,
            unless: unless(facts, call, function),
            when: when(facts, call, function),
            guarded: is_guarded(facts, call),
            cached: remembers(facts, function) || project.is_remembered(statement),
            conditional: call.branch.is_some(),
            left_before: is_left_before(facts, call),
            returned,
        });
    }
    let mut summaries: Vec<_> = by_function.into_iter().collect();
    summaries.sort_by_key(|(function, _)| *function);
    for (_, sent) in &mut summaries {
        // A commit beside other statements is part of them; reads are what callers can avoid.
        sent.sort_by_key(|one| (one.returned, one.effect.access == Access::Flush, one.conditional, one.statement));
        sent.truncate(KEPT);
    }
    summaries.into_iter().map(|(index, sent)| (FunctionId { file, index }, sent)).collect()
}

/// The calls whose names are those of functions of the repository, with that name.
struct Candidates {
    by_file: Vec<Vec<(CallIndex, Name)>>,
}

/// What is imported without a name may be called anything.
const DEFAULT: &str = "default";

impl Candidates {
    fn of(project: &Project, files: &[FileId]) -> Self {
        let product = files.iter().filter(|file| is_product(project, **file));
        let functions = product.flat_map(|file| &project.facts(*file).functions);
        let names: FxHashSet<Name> = functions.map(|function| function.name).filter(|name| !name.is_empty()).collect();
        let by_file = files.par_iter().map(|file| match is_product(project, *file) {
            true => Self::in_file(project, *file, &names),
            false => Vec::new(),
        });
        Self { by_file: by_file.collect() }
    }

    fn in_file(project: &Project, file: FileId, names: &FxHashSet<Name>) -> Vec<(CallIndex, Name)> {
        let facts = project.facts(file);
        let renamed = facts.imports.iter().filter_map(|import| Some((import.alias, import.symbol?)));
        let renamed: FxHashMap<Name, Name> = renamed
            .filter(|(alias, symbol)| alias != symbol && (symbol == DEFAULT || names.contains(symbol)))
            .collect();
        let calls = facts.calls.iter().enumerate().filter_map(|(index, call)| {
            let alias = renamed.get(&call.name()).filter(|_| call.chain.len() == 1);
            let name = alias.copied().or_else(|| names.contains(&call.name()).then(|| call.name()))?;
            let runs = is_followed(facts, call) && !facts.function(call.function).test;
            runs.then_some((CallIndex(index as u32), name))
        });
        calls.collect()
    }
}

/// Resolves the calls of a file that have one of the names.
fn resolve<S: Fn(FunctionId) -> bool>(
    project: &Project,
    around: &Around<S>,
    file: FileId,
    candidates: &[(CallIndex, Name)],
    names: &FxHashSet<Name>,
    known: &mut Vec<(CallIndex, Callee)>,
) {
    let before = known.len();
    for (index, name) in candidates {
        let index = *index;
        if !names.contains(name) && name != DEFAULT
            || known[..before].binary_search_by_key(&index, |(index, _)| *index).is_ok()
        {
            continue;
        }
        let facts = project.facts(file);
        let call = facts.call(index);
        let found = callee(project, around, CallId { file, index });
        // What has the name of keeping something is followed where types show that it is a function of the repository.
        let is_told = |callee: &Callee| callee.link != Link::Named || !keeps(call.name());
        if let Some(callee) = found.filter(is_told).filter(|callee| !is_forgotten(project, facts, call, *callee)) {
            known.push((index, callee));
        }
    }
    known.sort_by_key(|(index, _)| *index);
}

/// It runs now, and its end is waited for.
fn is_followed(facts: &FileFacts, call: &Call) -> bool {
    !call.spawned && !call.deferred && !call.constructs && !is_rare(facts, call)
}

/// A promise that nobody waits for.
fn is_forgotten(project: &Project, facts: &FileFacts, call: &Call, callee: Callee) -> bool {
    facts.language == Language::TypeScript
        && project.function(callee.function).is_async
        && !call.awaited
        && call.usage == Usage::Dropped
        && call.continued.is_none()
}

/// What is reached from each function of a file with one more call.
fn further_in(
    project: &Project,
    file: FileId,
    calls: &[(CallIndex, Callee)],
    sent: &Summaries,
    hops: u8,
) -> Vec<(FunctionId, Vec<Sent>)> {
    let mut further: FxHashMap<FunctionIndex, Vec<Sent>> = FxHashMap::default();
    let mut origins: FxHashMap<FunctionIndex, Origins> = FxHashMap::default();
    for (index, callee) in calls {
        let Some(summary) = sent.get(&callee.function) else { continue };
        let id = CallId { file, index: *index };
        let Some(function) = project.runs_in(id).filter(|one| *one != FunctionIndex::FILE) else { continue };
        let facts = project.facts(file);
        let call = facts.call(*index);
        let known = sent.get(&FunctionId { file, index: function }).map_or(&[][..], Vec::as_slice);
        for one in summary.iter().filter(|one| one.hops == hops) {
            let link = Some(callee.link).max(one.link);
            if is_off(call, project.function(callee.function), one.when)
                || hops >= GUESSED_HOPS && link > Some(Link::Implemented)
            {
                continue;
            }
            let more = further.entry(function).or_default();
            if known.iter().chain(&*more).any(|known| known.statement == one.statement) {
                continue;
            }
            let returned = one.returned && !lazy::is_used_up(project, id, *callee, one);
            if returned && !lazy::gives_back(facts, *index, function) {
                continue; // Built, and nobody asks for it.
            }
            let origins = origins.entry(function).or_insert_with(|| Origins::of(project, file, function));
            more.push(Sent {
                returned: returned && !lazy::sends_returned(facts, function),
                by: Some(id),
                hops: hops + 1,
                link,
                keyed: passed(project, origins, call, callee, one.keyed),
                listed: passed(project, origins, call, callee, one.listed),
                unless: unless(facts, call, function) | handed_on(project, facts, call, callee, one.unless),
                when: when(facts, call, function) | handed_on(project, facts, call, callee, one.when),
                guarded: one.guarded || is_guarded(facts, call),
                cached: one.cached || remembers(facts, function) || project.is_remembered(id),
                conditional: one.conditional || call.branch.is_some(),
                left_before: one.left_before || is_left_before(facts, call),
                ..*one
            });
        }
    }
    let mut further: Vec<_> = further.into_iter().filter(|(_, more)| !more.is_empty()).collect();
    further.sort_by_key(|(function, _)| *function);
    further.into_iter().map(|(index, more)| (FunctionId { file, index }, more)).collect()
}

/// The caller's parameters from which some of the callee's come.
pub(in crate::model) fn passed(
    project: &Project,
    origins: &Origins,
    call: &Call,
    callee: &Callee,
    params: Params,
) -> Params {
    let function = project.function(callee.function);
    let mut from = Params::NONE;
    for position in (0..function.params.len()).filter(|position| params.has(Params::one(*position))) {
        for value in given(call, function, position) {
            from |= origins.within(value);
        }
    }
    if params.has(Params::SELF) && call.chain.len() > 1 {
        from |= origins.named(call.root());
    }
    from
}

/// The caller's parameters that are some of the callee's, unchanged.
fn handed_on(project: &Project, facts: &FileFacts, call: &Call, callee: &Callee, params: Params) -> Params {
    let (function, own) = (project.function(callee.function), facts.function(call.function));
    let mut handed = Params::NONE;
    for position in (0..function.params.len()).filter(|position| params.has(Params::one(*position))) {
        for value in given(call, function, position) {
            handed |= own.params.iter().position(|param| is_name(value, param.name)).map_or(Params::NONE, Params::one);
        }
    }
    handed
}

/// The parameters that keep a call from running where they are given.
fn unless(facts: &FileFacts, call: &Call, function: FunctionIndex) -> Params {
    let params = &facts.function(function).params;
    let tested = |branch: &Branch| {
        let test = branch.condition.as_ref();
        let position = params.iter().position(|param| test.is_some_and(|test| is_name(test, param.name)));
        position.map_or(Params::NONE, Params::one)
    };
    let absent = |branch: &&Branch| matches!(branch.kind, BranchKind::IfNot | BranchKind::Else);
    let around = branches(facts, call).filter(absent).map(tested);
    // `if rows: return rows`
    let left = facts.branches.iter().filter(|branch| {
        branch.function == function
            && branch.kind == BranchKind::If
            && branch.leaves == Some(Leave::Return)
            && branch.span.end <= call.span.start
    });
    around.chain(left.map(tested)).fold(Params::NONE, |all, one| all | one)
}

/// The parameters without which a call does not run.
fn when(facts: &FileFacts, call: &Call, function: FunctionIndex) -> Params {
    let params = &facts.function(function).params;
    let around = branches(facts, call).filter(|branch| branch.kind == BranchKind::If);
    let tests = around.filter_map(|branch| branch.condition.as_ref());
    let named = tests.filter_map(|test| params.iter().position(|param| is_name(test, param.name)));
    named.map(Params::one).fold(Params::NONE, |all, one| all | one)
}

fn is_name(value: &Value, name: Name) -> bool {
    match value {
        Value::Path(path) => **path == [name],
        Value::Other(values) => matches!(&**values, [Value::Path(path)] if **path == [name]),
        _ => false,
    }
}

/// It handles an error.
pub(in crate::model) fn is_rare(facts: &FileFacts, call: &Call) -> bool {
    branches(facts, call).any(|branch| branch.kind == BranchKind::Catch)
}

pub(in crate::model) fn branches<'f>(facts: &'f FileFacts, call: &Call) -> impl Iterator<Item = &'f Branch> {
    let around = std::iter::successors(call.branch, |branch| facts.branch(*branch).branch);
    around.map(|branch| facts.branch(branch))
}

fn remembers(facts: &FileFacts, function: FunctionIndex) -> bool {
    facts
        .function(function)
        .decorators
        .iter()
        .any(|decorator| decorator.path.iter().any(|name| REMEMBERING.contains(&name.as_str())))
}

/// Before the call its function is left where a test says that there is nothing to do.
fn is_left_before(facts: &FileFacts, call: &Call) -> bool {
    facts.branches.iter().any(|branch| {
        branch.function == call.function
            && branch.leaves == Some(Leave::Return)
            && matches!(branch.kind, BranchKind::If | BranchKind::IfNot)
            && branch.span.end <= call.span.start
    })
}

/// The call runs only where something is not known yet, and makes it known.
pub(in crate::model) fn is_guarded(facts: &FileFacts, call: &Call) -> bool {
    let absent = |branch: &&Branch| branch.kind == BranchKind::IfNot;
    if branches(facts, call).filter(absent).any(|branch| fills(facts, branch, branch.span, &[])) {
        return true;
    }
    // `if (known.has(id)) return known.get(id)`, and later `known.set(id, ..)`
    let end = facts.function(call.function).span.end;
    facts.branches.iter().any(|branch| {
        branch.function == call.function
            && branch.leaves == Some(Leave::Return)
            && branch.kind == BranchKind::If
            && branch.span.end <= call.span.start
            && fills(facts, branch, Span { start: branch.span.end, end }, &[])
    })
}
