//! How often a call runs: the loops around it, what their turns have to do with it, and what ends them early.
//! Knows shapes of loops, not what the call does.

use rustc_hash::FxHashSet;

use crate::catalogue::Words;
use crate::facts::{
    Branch, BranchIndex, BranchKind, Call, FileFacts, FunctionIndex, FunctionKind, Leave, Loop, LoopForm, LoopKind,
    Name, TypeKind, Usage, Value,
};

use super::things::{Site, Thing, Things};
use super::{CallId, LoopId, Project};

/// What the turns of a loop have to do with a call in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Nothing: every turn does the same.
    Unrelated,
    /// By way of other names, or of a branch.
    Derived,
    /// The call mentions what the loop binds.
    Direct,
}

/// A call and a loop that repeats it.
#[derive(Clone, Copy, Debug)]
pub struct Repetition<'p> {
    project: &'p Project<'p>,
    facts: &'p FileFacts,
    call: CallId,
    /// Where the way from the call up to the loop stands: the call itself, or the literal around it.
    branch: Option<BranchIndex>,
    pub each: LoopId,
}

/// Calls that keep a function for later instead of running it now.
const KEEPERS: [&str; 28] = [
    "addEventListener",
    "addJob",
    "add_done_callback",
    "add_task",
    "append",
    "call_later",
    "call_soon",
    "defer",
    "enqueue",
    "nextTick",
    "on",
    "onClick",
    "on_commit",
    "once",
    "push",
    "queueMicrotask",
    "register",
    "schedule",
    "setImmediate",
    "setInterval",
    "setTimeout",
    "subscribe",
    "then_later",
    "unshift",
    "use",
    "useCallback",
    "useEffect",
    "useMemo",
];

/// Words in names of functions that give a collection of collections.
const CHUNK_WORDS: [&str; 9] =
    ["batch", "batched", "batches", "chunk", "chunked", "chunks", "partition", "partitioned", "windows"];

/// Names that speak of trying again.
const RETRY_WORDS: [&str; 6] = ["attempt", "attempts", "retries", "retry", "tries", "backoff"];

/// Calls that let time pass: a loop with one of them waits for something.
const PAUSES: [&str; 12] = [
    "sleep",
    "Sleep",
    "delay",
    "wait",
    "setTimeout",
    "tick",
    "After",
    "sleep_until",
    "timeout",
    "pause",
    "wait_for",
    "snooze",
];

impl<'p> Project<'p> {
    /// The loops that repeat a call, the innermost first: those around it, and those around the function literals in
    /// which it stands, as long as they run at once.
    pub fn repetitions(&'p self, id: CallId) -> Vec<Repetition<'p>> {
        let facts = self.facts(id.file);
        let call = facts.call(id.index);
        let mut repetitions = Vec::new();
        let (mut each, mut branch, mut function) = (call.each, call.branch, call.function);
        loop {
            while let Some(index) = each {
                let around = facts.loop_at(index);
                let each_id = LoopId { file: id.file, index };
                repetitions.push(Repetition { project: self, facts, call: id, branch, each: each_id });
                (each, branch, function) = (around.each, around.branch, around.function);
            }
            let literal = facts.function(function);
            if literal.kind != FunctionKind::Literal {
                return repetitions; // A named function: whoever calls it decides how often.
            }
            let Some(invoked) = literal.passed_to.map(|call| facts.call(call)) else {
                return repetitions; // Kept in a name or returned: it runs elsewhere.
            };
            if KEEPERS.contains(&invoked.name().as_str()) {
                return repetitions;
            }
            let Some(parent) = literal.parent else {
                return repetitions;
            };
            (each, branch, function) = (literal.each, literal.branch, parent);
        }
    }
}

impl<'p> Repetition<'p> {
    pub fn facts(&self) -> &'p Loop {
        self.facts.loop_at(self.each.index)
    }

    fn call(&self) -> &'p Call {
        self.facts.call(self.call.index)
    }

    /// Once per element of some collection: neither counting, nor waiting, nor working through pages.
    pub fn is_per_element(&self) -> bool {
        let each = self.facts();
        match each.kind {
            LoopKind::Each => !each.strides,
            // A counter up to a number known elsewhere; trying again is another matter.
            LoopKind::Count => !each.strides && !each.bounded && !each.breaks && !each.returns,
            LoopKind::While => self.drains(),
            LoopKind::Endless => false,
        }
    }

    /// `while (queue.length) { const node = queue.shift(); .. }`, `for rows.Next() {..}`
    fn drains(&self) -> bool {
        let each = self.facts();
        if let Some(Value::Call(call, _)) = &each.over {
            let name = self.facts.call(*call).name();
            if matches!(name.as_str(), "Next" | "next" | "hasNext" | "has_next") {
                return true;
            }
        }
        let mut tested = Vec::new();
        if let Some(condition) = &each.over {
            condition.paths(self.facts, &mut |path| tested.extend(path.first().copied()));
        }
        self.calls_inside().any(|call| {
            let takes = matches!(call.name().as_str(), "shift" | "pop" | "popleft" | "pop_front" | "pop_back" | "next");
            takes && call.chain.len() == 2 && tested.contains(&call.root())
        })
    }

    /// The calls in the body of the loop, in its own function or callback.
    fn calls_inside(&self) -> impl Iterator<Item = &'p Call> {
        let span = self.facts().span;
        self.facts.calls.iter().filter(move |call| span.contains(call.span))
    }

    /// The number of turns is written down: a literal, a constant, the members of an enum.
    pub fn is_bounded(&self) -> bool {
        let each = self.facts();
        each.bounded || each.over.as_ref().is_some_and(|over| self.is_constant(over, 0))
    }

    fn is_constant(&self, value: &'p Value, depth: u32) -> bool {
        if depth > 3 {
            return false;
        }
        match value {
            Value::List(values) => {
                values.iter().all(|value| matches!(value, Value::Text(_) | Value::Literal(_) | Value::Path(_)))
            }
            Value::Object(_) => true,
            Value::Path(path) => {
                path.last().is_some_and(|name| is_constant_name(name))
                    || self.is_enum(value)
                    || self.binds_constant(path, depth)
            }
            // `Object.values(Kind)`, `enumerate(KINDS)`, `KINDS.items()`
            Value::Call(call, _) => {
                let call = self.facts.call(*call);
                let of_constant = call.arguments.first().is_some_and(|first| {
                    let collection = matches!(first.value, Value::List(_) | Value::Path(_) | Value::Call(..));
                    (collection || call.root() == "Object") && self.is_constant(&first.value, depth + 1)
                });
                let on_constant = call.chain.len() == 2 && is_constant_name(&call.root());
                on_constant || of_constant && call.chain.len() <= 2
            }
            Value::Each(inner) => {
                let inner = self.facts.loop_at(*inner);
                inner.bounded || inner.over.as_ref().is_some_and(|over| self.is_constant(over, depth + 1))
            }
            _ => false,
        }
    }

    fn is_enum(&self, value: &'p Value) -> bool {
        let Value::Path(path) = value else { return false };
        let each = self.facts();
        let site = Site { file: self.each.file, function: each.function, at: each.span.start };
        match Things::new(self.project).path(site, path) {
            Some(Thing::Type(id)) => self.project.type_at(id).kind == TypeKind::Enum,
            _ => false,
        }
    }

    /// A local name that only ever holds a literal list.
    fn binds_constant(&self, path: &[Name], depth: u32) -> bool {
        let [name] = path else { return false };
        let function = self.facts().function;
        let mut bindings = self.facts.bindings.iter().filter(|binding| {
            *binding.target == [*name] && (binding.function == function || binding.function == FunctionIndex::FILE)
        });
        let Some(binding) = bindings.next() else { return false };
        let grows = self.facts.calls.iter().any(|call| {
            call.root() == *name && matches!(call.name().as_str(), "push" | "append" | "extend" | "add" | "insert")
        });
        let literal = match &binding.value {
            Value::List(values) => !values.is_empty() && self.is_constant(&binding.value, depth + 1),
            value => self.is_constant(value, depth + 1),
        };
        !grows && bindings.next().is_none() && literal
    }

    /// Its turns are tables, models or databases rather than rows.
    pub fn is_over_schema(&self) -> bool {
        const WORDS: [&str; 6] = ["databases", "migrations", "schemas", "shards", "statements", "tables"];
        let over = self.facts().over.as_ref();
        let of_schema = |path: &[Name]| path.last().is_some_and(|name| has_word(name, &WORDS));
        match over {
            Some(Value::Path(path)) => of_schema(path),
            Some(Value::Call(call, _)) => {
                let call = self.facts.call(*call);
                of_schema(&call.chain)
                    || call.arguments.len() == 1
                        && matches!(&call.arguments[0].value, Value::Path(path) if of_schema(path))
            }
            _ => false,
        }
    }

    /// Its turns are chunks or pages: the query in it already takes many at once.
    pub fn is_chunked(&self) -> bool {
        let each = self.facts();
        if each.strides {
            return true;
        }
        let Some(over) = &each.over else { return false };
        self.gives_chunks(over, 0)
    }

    fn gives_chunks(&self, value: &Value, depth: u32) -> bool {
        match value {
            Value::Call(call, _) => {
                let call = self.facts.call(*call);
                has_word(&call.name(), &CHUNK_WORDS)
                    || call.chain.iter().any(|name| matches!(name.as_str(), "chunks" | "windows" | "batched"))
                    || depth < 2
                        && call.arguments.first().is_some_and(|inner| self.gives_chunks(&inner.value, depth + 1))
            }
            Value::Path(path) => {
                let Some(name) = path.last() else { return false };
                let function = self.facts().function;
                let bound = self.facts.bindings.iter().any(|binding| {
                    *binding.target == **path
                        && binding.function == function
                        && depth < 2
                        && self.gives_chunks(&binding.value, depth + 1)
                });
                bound || has_word(name, &["batches", "chunks"])
            }
            _ => false,
        }
    }

    /// One of the arguments takes the whole turn as a list: `id: { in: batch }`, `id__in=batch`, `id IN (batch)`.
    pub fn takes_turn_as_list(&self) -> bool {
        let (mut names, derived) = self.turn_names();
        names.extend(derived);
        let backward = std::iter::successors(Some(self.call.index), |index| self.facts.call(*index).receiver);
        let forward = std::iter::successors(self.call().continued, |index| self.facts.call(*index).continued);
        backward.chain(forward).any(|index| self.lists_in(self.facts.call(index), &names))
    }

    fn lists_in(&self, call: &Call, names: &FxHashSet<Name>) -> bool {
        let takes_list = self.is_list_operator(call.name());
        call.arguments.iter().any(|argument| {
            takes_list && self.is_of_turn(&argument.value, names) || self.lists(argument.name, &argument.value, names)
        })
    }

    /// Whether a value hands one of the names to an operator that takes a list.
    fn lists(&self, key: Option<Name>, value: &Value, names: &FxHashSet<Name>) -> bool {
        if key.is_some_and(|key| self.is_list_operator(key)) && self.is_of_turn(value, names) {
            return true;
        }
        match value {
            Value::Object(entries) => entries.iter().any(|(key, value)| self.lists(Some(*key), value, names)),
            Value::Call(call, _) => self.lists_in(self.facts.call(*call), names),
            Value::List(values) | Value::Other(values) => values.iter().any(|value| self.lists(None, value, names)),
            _ => false,
        }
    }

    fn is_list_operator(&self, name: Name) -> bool {
        self.project.catalogue.words_anywhere(self.facts.language, name).is(Words::LISTS)
    }

    /// The turn, or what was made of all of it: a list, if an operator that wants one takes it.
    fn is_of_turn(&self, value: &Value, names: &FxHashSet<Name>) -> bool {
        match value {
            Value::Path(path) => matches!(**path, [name] if names.contains(&name)),
            Value::Each(each) => {
                let over = self.facts.loop_at(*each).over.as_ref();
                over.is_some_and(|over| mentions(self.facts, over, names, &FxHashSet::default()))
            }
            Value::Call(call, _) => names.contains(&self.facts.call(*call).root()),
            _ => false,
        }
    }

    /// The loop tries again, or waits: it ends by succeeding.
    pub fn retries(&self) -> bool {
        let each = self.facts();
        let counts_tries = each.binds.iter().any(|name| has_word(name, &RETRY_WORDS));
        let mut bound = false;
        if let Some(over) = &each.over {
            over.paths(self.facts, &mut |path| bound |= path.iter().any(|name| has_word(name, &RETRY_WORDS)));
        }
        counts_tries || bound
    }

    /// The body pauses on every turn: polling, pacing.
    pub fn pauses(&self) -> bool {
        self.calls_inside().any(|call| PAUSES.contains(&call.name().as_str()))
    }

    /// After the call the loop always ends: it runs at most once.
    pub fn ends_after(&self) -> bool {
        let each = self.facts();
        let call = self.call();
        // In a callback `return` ends one turn, not the loop.
        let returns = each.body.is_none() && call.function == each.function;
        let ends = |leave: Leave| match leave {
            Leave::Return => returns,
            Leave::Throw | Leave::Break => true,
            Leave::Continue => false,
        };
        each.once && each.body.is_none()
            || self.branches().any(|branch| branch.leaves.is_some_and(ends))
            || call.usage == Usage::Returned && returns && each.form == LoopForm::Statement
    }

    /// The branches between the loop and the call, the innermost first.
    fn branches(&self) -> impl Iterator<Item = &'p Branch> {
        let (facts, span) = (self.facts, self.facts().span);
        let own = std::iter::successors(self.call().branch, move |branch| facts.branch(*branch).branch);
        let outer = std::iter::successors(self.branch, move |branch| facts.branch(*branch).branch);
        own.chain(outer).map(move |branch| facts.branch(branch)).filter(move |branch| span.contains(branch.span))
    }

    /// The call runs only where something is not known yet: `if (!cache.has(id)) cache.set(id, await load(id))`.
    pub fn is_guarded(&self) -> bool {
        self.branches().any(|branch| {
            let absent = branch.kind == BranchKind::IfNot
                || branch.kind == BranchKind::Else && branch.condition.as_ref().is_some_and(|test| self.looks_up(test));
            absent && self.fills(branch)
        })
    }

    fn looks_up(&self, test: &Value) -> bool {
        let Value::Call(call, _) = test else { return matches!(test, Value::Path(_) | Value::Other(_)) };
        matches!(self.facts.call(*call).name().as_str(), "has" | "get" | "includes" | "contains_key" | "contains")
    }

    /// Something that its condition mentions is written in the branch.
    fn fills(&self, branch: &Branch) -> bool {
        let mut tested = FxHashSet::default();
        if let Some(condition) = &branch.condition {
            condition.paths(self.facts, &mut |path| {
                tested.extend(path.first().copied());
                tested.extend(path.get(1).copied());
            });
        }
        let turn = &self.facts().binds;
        tested.retain(|name| !turn.contains(name) && name != "self" && name != "[]");
        let written = self.facts.bindings.iter().any(|binding| {
            branch.span.contains(binding.span) && binding.target.iter().any(|name| tested.contains(name))
        });
        written
            || self.facts.calls.iter().any(|call| {
                let stores = matches!(call.name().as_str(), "set" | "add" | "put" | "push" | "insert" | "setdefault");
                stores && branch.span.contains(call.span) && tested.contains(&call.root())
            })
    }

    /// The turns reach the call side by side: a callback whose promises are collected, and that waits for nothing
    /// before.
    pub fn is_parallel(&self) -> bool {
        let each = self.facts();
        let waits =
            self.facts.calls.iter().any(|call| {
                call.awaited && Some(call.function) == each.body && call.span.end <= self.call().span.start
            });
        if waits {
            return false;
        }
        each.body.is_some_and(|body| self.facts.function(body).is_async || self.call().usage == Usage::Returned)
            && each.call.is_some_and(|call| self.facts.call(call).name() != "forEach")
    }

    /// The function loads what others asked for: a batch function of a loader.
    pub fn is_loader(&self) -> bool {
        let function = self.project.function_of(self.call);
        has_word(&function.name, &["loader", "dataloader"])
            || function.name.starts_with("batch_load")
            || self
                .project
                .file(self.each.file)
                .path
                .split('/')
                .any(|part| has_word(part, &["dataloader", "dataloaders"]))
    }

    /// How many rows the statement changed decides what happens next: it has to be a statement of its own.
    pub fn is_counted(&self) -> bool {
        const COUNTS: [&str; 6] = ["RowsAffected", "affected", "affectedRows", "rowCount", "rowcount", "rows_affected"];
        let span = self.facts().span;
        let bound = self
            .facts
            .bindings
            .iter()
            .find(|binding| matches!(&binding.value, Value::Call(call, _) if *call == self.call.index));
        let counts_bound = bound.is_some_and(|bound| {
            let of_bound = |path: &[Name]| {
                path.first() == bound.target.first() && path.iter().any(|name| COUNTS.contains(&name.as_str()))
            };
            let mut counted = self.facts.calls.iter().any(|call| span.contains(call.span) && of_bound(&call.chain));
            for branch in self.facts.branches.iter().filter(|branch| span.contains(branch.span)) {
                if let Some(condition) = &branch.condition {
                    condition.paths(self.facts, &mut |path| counted |= of_bound(path));
                }
            }
            counted
        });
        let continued = self.call().continued.map(|next| self.facts.call(next).name());
        counts_bound || continued.is_some_and(|name| COUNTS.contains(&name.as_str()))
    }

    /// What the turns have to do with the call.
    pub fn turn(&self) -> Turn {
        let (names, derived) = self.turn_names();
        // The index of a subscript is not in a path; that there is one says enough in a loop that counts.
        let over = match &self.facts().over {
            Some(Value::Path(path)) => path,
            _ => &Box::default(),
        };
        let by_index = self.facts().kind == LoopKind::Count;
        let mut turn = Turn::Unrelated;
        let mut visit = |path: &[Name]| {
            let indexed = path.iter().any(|name| name == "[]");
            if path.iter().any(|name| names.contains(name)) || indexed && path.starts_with(over) {
                turn = Turn::Direct;
            } else if indexed && by_index {
                turn = turn.max(Turn::Derived);
            } else if path.first().is_some_and(|name| derived.contains(name)) {
                turn = turn.max(Turn::Derived);
            }
        };
        let mut next = Some(self.call());
        while let Some(call) = next {
            visit(&call.chain[..call.chain.len().saturating_sub(1).max(1)]);
            for argument in &call.arguments {
                argument.value.paths(self.facts, &mut visit);
                if let Value::Function(literal) = argument.value {
                    self.paths_in(literal, &mut visit);
                }
            }
            next = call.receiver.map(|receiver| self.facts.call(receiver));
        }
        // Steps after the call refine the same statement: `.select().from(users).where(eq(users.id, id))`
        let mut next = self.call().continued;
        while let Some(call) = next.map(|index| self.facts.call(index)) {
            for argument in &call.arguments {
                argument.value.paths(self.facts, &mut visit);
                if let Value::Function(literal) = argument.value {
                    self.paths_in(literal, &mut visit);
                }
            }
            next = call.continued;
        }
        turn
    }

    /// The handle of the call comes from the turn: one database, tenant or shard per turn.
    pub fn handle_is_turn(&self, handle: Name) -> bool {
        let each = self.facts();
        each.binds.contains(&handle)
            || self.facts.bindings.iter().any(|binding| {
                let opens = matches!(&binding.value, Value::Call(call, _) if {
                    let call = self.facts.call(*call);
                    let words = self.project.catalogue.words_anywhere(self.facts.language, call.name());
                    !words.is(Words::READ.or(Words::DEFERRED).or(Words::STATEMENT))
                        && call.arguments.iter().any(|argument| {
                            matches!(&argument.value, Value::Path(path) if each.binds.contains(&path[0]))
                        })
                });
                *binding.target == [handle] && each.span.contains(binding.span) && opens
            })
    }

    fn paths_in(&self, literal: FunctionIndex, visit: &mut impl FnMut(&[Name])) {
        let span = self.facts.function(literal).span;
        for call in self.facts.calls.iter().filter(|call| span.contains(call.span)) {
            visit(&call.chain);
            for argument in &call.arguments {
                argument.value.paths(self.facts, &mut |path| visit(path));
            }
        }
        for value in &self.facts.function(literal).returned {
            value.paths(self.facts, &mut |path| visit(path));
        }
    }

    /// The names that the loop binds, with those of the loops in it; and the names that are made from them.
    fn turn_names(&self) -> (FxHashSet<Name>, FxHashSet<Name>) {
        let span = self.facts().span;
        let mut names: FxHashSet<Name> = self.facts().binds.iter().copied().collect();
        names.remove(&Name::from("[]"));
        if self.facts().kind == LoopKind::While {
            self.facts().over.iter().for_each(|over| over.paths(self.facts, &mut |path| names.extend(path.first())));
        }
        let mut derived = FxHashSet::default();
        // Twice: a name may be used above the line that makes it.
        for _ in 0..2 {
            for binding in self.facts.bindings.iter().filter(|binding| span.contains(binding.span)) {
                if mentions(self.facts, &binding.value, &names, &derived) {
                    derived.extend(binding.target.first().filter(|name| **name != "self"));
                }
            }
            for inner in self.facts.loops.iter().filter(|inner| inner.span != span && span.contains(inner.span)) {
                if inner.over.as_ref().is_some_and(|over| mentions(self.facts, over, &names, &derived)) {
                    derived.extend(&inner.binds);
                }
            }
        }
        (names, derived)
    }

    /// What it iterates, in a few words.
    pub fn name(&self) -> String {
        let over = self.facts().over.as_ref();
        over.map_or_else(|| "the loop".to_owned(), |over| describe(self.facts, over))
    }
}

fn mentions(facts: &FileFacts, value: &Value, names: &FxHashSet<Name>, derived: &FxHashSet<Name>) -> bool {
    let mut found = false;
    value.paths(facts, &mut |path| {
        found |=
            path.iter().any(|name| names.contains(name)) || path.first().is_some_and(|name| derived.contains(name));
    });
    found
}

/// A value in a few words: `users`, `active()`, `user.orders`.
pub(super) fn describe(facts: &FileFacts, value: &Value) -> String {
    let dotted = |path: &[Name]| {
        let names: Vec<&str> = path.iter().map(|name| name.as_str()).filter(|name| *name != "[]").collect();
        match names.len() {
            0 => "the loop".to_owned(),
            1..=3 => names.join("."),
            _ => format!("{}…{}", names[0], names[names.len() - 1]),
        }
    };
    match value {
        // `while (queue.length)` is about the queue.
        Value::Path(path) => match &**path {
            [rest @ .., last] if matches!(last.as_str(), "length" | "size" | "len") && !rest.is_empty() => dotted(rest),
            path => dotted(path),
        },
        Value::Call(call, _) => {
            let call = facts.call(*call);
            let wraps = matches!(
                call.root().as_str(),
                "Array" | "Object" | "dict" | "enumerate" | "list" | "reversed" | "set" | "sorted" | "tuple" | "zip"
            );
            match call.arguments.first() {
                Some(inner) if wraps && call.chain.len() <= 2 => describe(facts, &inner.value),
                _ => format!("{}()", dotted(&call.chain)),
            }
        }
        Value::Element(element) => describe(facts, &element.0),
        Value::Each(each) => {
            facts.loop_at(*each).over.as_ref().map_or_else(|| "the loop".to_owned(), |over| describe(facts, over))
        }
        Value::Other(values) if !values.is_empty() => describe(facts, &values[0]),
        _ => "the loop".to_owned(),
    }
}

/// `MAX_RETRIES`, `KINDS`
fn is_constant_name(name: &str) -> bool {
    name.len() > 1
        && name.chars().any(|letter| letter.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// Whether a name in camel or snake case has one of the words.
pub(super) fn has_word(name: &str, words: &[&str]) -> bool {
    let mut start = 0;
    let bytes = name.as_bytes();
    for end in 1..=bytes.len() {
        let boundary = end == bytes.len()
            || bytes[end] == b'_'
            || bytes[end].is_ascii_uppercase() && !bytes[end - 1].is_ascii_uppercase();
        if boundary {
            let word = name.get(start..end).unwrap_or_default().trim_matches('_');
            if words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
                return true;
            }
            start = end;
        }
    }
    false
}
