//! What keeps a call in a loop from running on every turn: leaving, finding, waiting, knowing already. Part of
//! [`Repetition`].

use rustc_hash::FxHashSet;

use crate::catalogue::LibraryRole;
use crate::facts::{Branch, BranchKind, FileFacts, Leave, LoopForm, Name, Span, Value};

use super::Repetition;
use super::words::has_word;
use crate::model::calls::branches;
use crate::model::{CallId, Project};

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

impl<'p> Repetition<'p> {
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
        // In a callback `return` ends one turn, not the loop.
        let returns = each.body.is_none() && self.spot.function == each.function;
        let ends = |leave: Leave| match leave {
            Leave::Return => returns,
            Leave::Throw | Leave::Break => true,
            Leave::Continue => false,
        };
        each.once && each.body.is_none()
            || self.branches().any(|branch| branch.leaves.is_some_and(ends))
            || self.spot.returned && returns && each.form == LoopForm::Statement
    }

    /// A search: it ends at the first hit. Giving up on an error is no hit.
    pub fn stops_early(&self) -> bool {
        let each = self.facts();
        let gives_up = |branch: &Branch| branch.leaves == Some(Leave::Return) && branch.kind != BranchKind::Catch;
        let returns = each.returns && {
            let mut inside = self.facts.branches.iter().filter(|branch| each.span.contains(branch.span));
            inside.any(gives_up)
        };
        each.breaks || returns
    }

    /// It happens on some turns only.
    pub fn is_conditional(&self) -> bool {
        self.branches().any(|branch| branch.kind != BranchKind::Try)
    }

    /// On each turn no more than one of the two runs: the branches of one choice, or what follows a branch that leaves.
    pub fn excludes(&self, other: &Self) -> bool {
        let (one, two) = if self.spot.span.start <= other.spot.span.start { (self, other) } else { (other, self) };
        one.each == two.each
            && one.branches().any(|first| {
                let skips = first.leaves.is_some() && first.kind != BranchKind::Try;
                skips && first.function == two.spot.function && first.span.end <= two.spot.span.start
                    || two.branches().any(|second| is_choice(self.facts, first, second))
            })
    }

    /// The branches between the loop and the call, the innermost first.
    pub(super) fn branches(&self) -> impl Iterator<Item = &'p Branch> {
        let (facts, span) = (self.facts, self.facts().span);
        let own = std::iter::successors(self.spot.branch, move |branch| facts.branch(*branch).branch);
        let outer = std::iter::successors(self.branch, move |branch| facts.branch(*branch).branch);
        own.chain(outer).map(move |branch| facts.branch(branch)).filter(move |branch| span.contains(branch.span))
    }

    /// The call runs only where something is not known yet: `if (!cache.has(id)) cache.set(id, await load(id))`.
    pub fn is_guarded(&self) -> bool {
        self.branches().any(|branch| {
            let absent = branch.kind == BranchKind::IfNot
                || branch.kind == BranchKind::Else && branch.condition.as_ref().is_some_and(|test| self.looks_up(test));
            absent && fills(self.facts, branch, branch.span, &self.facts().binds)
        })
    }

    fn looks_up(&self, test: &Value) -> bool {
        let Value::Call(call, _) = test else { return matches!(test, Value::Path(_) | Value::Other(_)) };
        matches!(self.facts.call(*call).name().as_str(), "has" | "get" | "includes" | "contains_key" | "contains")
    }

    /// The turns reach the call side by side: a callback whose promises are collected, and that waits for nothing
    /// before.
    pub fn is_parallel(&self) -> bool {
        let each = self.facts();
        let waits = self
            .facts
            .calls
            .iter()
            .any(|call| call.awaited && Some(call.function) == each.body && call.span.end <= self.spot.span.start);
        if waits {
            return false;
        }
        each.body.is_some_and(|body| self.facts.function(body).is_async || self.spot.returned)
            && each.call.is_some_and(|call| self.facts.call(call).name() != "forEach")
    }

    /// The function loads what others asked for: a batch function of a loader.
    pub fn is_loader(&self) -> bool {
        let function = self.project.function_around(self.each.file, self.spot.function);
        has_word(&function.name, &["loader", "loaders"])
            || function.name.starts_with("batch_load")
            || function.owner.is_some_and(|owner| owner.ends_with("Loader"))
            || self.facts.imports.iter().any(|import| {
                let libraries = self.project.catalogue.libraries_of(self.facts.language, &import.module);
                libraries.iter().any(|id| self.project.catalogue.library(*id).role == LibraryRole::Loader)
            })
    }
}

impl Project<'_> {
    /// Of two calls in the code of one function no more than one runs.
    pub fn exclude(&self, one: CallId, two: CallId) -> bool {
        if one.file != two.file {
            return false;
        }
        let facts = self.facts(one.file);
        let (one, two) = if one <= two { (one, two) } else { (two, one) };
        let (one, two) = (facts.call(one.index), facts.call(two.index));
        branches(facts, one).any(|first| {
            let leaves = matches!(first.leaves, Some(Leave::Return | Leave::Throw)) && first.kind != BranchKind::Try;
            leaves && first.function == two.function && first.span.end <= two.span.start
                || branches(facts, two).any(|second| is_choice(facts, first, second))
        })
    }
}

/// `if .. else ..`, or the cases of one `switch`, the first before the second.
fn is_choice(facts: &FileFacts, first: &Branch, second: &Branch) -> bool {
    if first.function != second.function || first.branch != second.branch || first.span.end > second.span.start {
        return false;
    }
    match (first.kind, second.kind) {
        (BranchKind::Case, BranchKind::Case | BranchKind::Else) => true,
        (BranchKind::If | BranchKind::IfNot, BranchKind::Else) => {
            let between = Span { start: first.span.end, end: second.span.start };
            !facts.branches.iter().any(|branch| between.contains(branch.span))
        }
        _ => false,
    }
}

/// Something that the condition of a branch mentions is written in a stretch of code.
pub(in crate::model) fn fills(facts: &FileFacts, branch: &Branch, within: Span, except: &[Name]) -> bool {
    let mut tested = FxHashSet::default();
    if let Some(condition) = &branch.condition {
        condition.paths(facts, &mut |path| {
            tested.extend(path.first().copied());
            tested.extend(path.get(1).copied());
        });
    }
    tested.retain(|name| !except.contains(name) && name != "self" && name != "[]");
    let written = facts
        .bindings
        .iter()
        .any(|binding| within.contains(binding.span) && binding.target.iter().any(|name| tested.contains(name)));
    written
        || facts.calls.iter().any(|call| {
            let stores = matches!(call.name().as_str(), "set" | "add" | "put" | "push" | "insert" | "setdefault");
            stores && within.contains(call.span) && tested.contains(&call.root())
        })
}
