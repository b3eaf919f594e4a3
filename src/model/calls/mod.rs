//! Which function of the repository a call runs, and what running it sends to a database. Knows names and types as far
//! as [`Things`](super::things::Things) shows them, not how often anything runs.
//!
//! Both are computed once, backwards from the statements: only calls whose name may lead to a function that sends one
//! are resolved, one step further from the statements in each round.

mod lazy;
mod methods;
mod params;
mod properties;
mod resolve;
mod summaries;

pub(super) use params::{Origins, given, is_off};
pub use properties::PropertyRead;
pub(super) use summaries::{branches, is_guarded, is_rare, passed};

use std::ops::{BitOr, BitOrAssign};

use rustc_hash::FxHashMap;

use super::{CallId, Effect, FunctionId, Project};
use crate::facts::{CallIndex, FunctionIndex};

/// How a call was tied to its function, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// A function of the same file.
    Local,
    /// A method of the object itself, or of its bases.
    Own,
    /// A symbol that is imported, or stands in the same package.
    Imported,
    /// A method of an object whose type is known: by field, parameter, annotation, construction or injection.
    Typed,
    /// The only implementation of an interface.
    Implemented,
    /// The only method of this name in the service.
    Named,
}

/// A set of a function's parameters; one bit stands for the object that a method runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params(u64);

impl Params {
    pub const NONE: Self = Self(0);
    pub const SELF: Self = Self(1 << 63);

    /// Parameters after the sixty-second share its bit.
    pub fn one(position: usize) -> Self {
        Self(1 << position.min(62))
    }

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// There are some beside the object that a method runs on.
    pub fn has_named(self) -> bool {
        self.0 & !Self::SELF.0 != 0
    }
}

impl BitOr for Params {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Params {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A call that runs a function of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callee {
    pub function: FunctionId,
    pub link: Link,
}

/// A statement that a function sends when it runs.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub statement: CallId,
    pub effect: Effect,
    /// The call in the function that leads there; none where the function sends it itself.
    pub by: Option<CallId>,
    /// How many calls lie between the function and the statement.
    pub hops: u8,
    /// The weakest link on the way.
    pub link: Option<Link>,
    /// The parameters that say which rows are meant.
    pub keyed: Params,
    /// The parameters that are handed over as a list.
    pub listed: Params,
    /// It runs only where none of these is given: `rows = rows or load()`
    pub unless: Params,
    /// It runs only where all of these are given, and not as `false`: `if with_details: load()`
    pub when: Params,
    /// It runs only where the answer is not known yet.
    pub guarded: bool,
    /// A cache stands in front of it: it runs once per key.
    pub cached: bool,
    /// It runs on some ways through the function only.
    pub conditional: bool,
    /// The function gives it back unsent: it runs where whoever gets it uses it up.
    pub returned: bool,
}

/// Every statement, the functions that reach one, and the calls that lead to them.
#[derive(Debug, Default)]
pub(super) struct Calls {
    effects: Effects,
    /// By file, sorted by call: the calls that lead to a function that sends something.
    callees: Vec<Vec<(CallIndex, Callee)>>,
    sent: FxHashMap<FunctionId, Vec<Sent>>,
    /// What functions give back unsent.
    begun: FxHashMap<FunctionId, Vec<Sent>>,
}

/// What the calls of product code do to databases by themselves: by file, sorted by call.
#[derive(Debug, Default)]
pub(super) struct Effects(Vec<Vec<(CallIndex, Effect)>>);

impl Effects {
    pub(super) fn of(project: &Project) -> Self {
        summaries::effects(project)
    }
}

impl Calls {
    pub(super) fn of(project: &Project, effects: Effects) -> Self {
        summaries::follow(project, effects)
    }
}

impl Project<'_> {
    /// What a call does to a database by itself, when it does something now.
    pub fn effect(&self, id: CallId) -> Option<Effect> {
        find(&self.calls.effects.0, id).copied()
    }

    /// Every statement of a file, sorted by call.
    pub(super) fn effects(&self, file: crate::facts::FileId) -> &[(CallIndex, Effect)] {
        self.calls.effects.0.get(file.get()).map_or(&[], Vec::as_slice)
    }

    /// The function that a call runs, where running it sends something.
    pub fn callee(&self, id: CallId) -> Option<Callee> {
        find(&self.calls.callees, id).copied()
    }

    /// What a function sends when it runs, the nearest first.
    pub fn sent(&self, function: FunctionId) -> &[Sent] {
        self.calls.sent.get(&function).map_or(&[], Vec::as_slice)
    }

    /// What a call of a function sends: what running it sends, and what it gives back where that is used up here.
    pub fn sent_by(&self, id: CallId, callee: Callee) -> Vec<Sent> {
        let begun = self.calls.begun.get(&callee.function).map_or(&[][..], Vec::as_slice);
        let used = begun.iter().filter(|one| lazy::is_used_up(self, id, callee, one));
        self.sent(callee.function).iter().chain(used).copied().collect()
    }

    /// The calls of a file that lead to statements in functions that they run.
    pub fn calls_that_send(&self, file: crate::facts::FileId) -> impl Iterator<Item = (CallId, Callee)> {
        let calls = self.calls.callees.get(file.get()).map_or(&[][..], Vec::as_slice);
        calls.iter().map(move |(index, callee)| (CallId { file, index: *index }, *callee))
    }

    /// The calls that lead from a function to a statement that it sends, in the order in which they run.
    pub fn way(&self, sent: &Sent) -> Vec<CallId> {
        let mut way = Vec::new();
        let mut next = sent.by;
        while let Some(call) = next {
            way.push(call);
            let Some(callee) = self.callee(call) else { break };
            let begun = self.calls.begun.get(&callee.function).into_iter().flatten();
            let mut known = self.sent(callee.function).iter().chain(begun);
            next = known.find(|one| one.statement == sent.statement).and_then(|one| one.by);
            if way.len() > usize::from(sent.hops) {
                break; // Recursion.
            }
        }
        way
    }

    /// The function whose code a call is: literals that run at once belong to the function around them. None where a
    /// literal is kept for later.
    pub(super) fn runs_in(&self, id: CallId) -> Option<FunctionIndex> {
        self.runs_with(id.file, self.call(id).function)
    }

    /// The same for code of a function.
    pub(super) fn runs_with(&self, file: crate::facts::FileId, mut index: FunctionIndex) -> Option<FunctionIndex> {
        let facts = self.facts(file);
        loop {
            let function = facts.function(index);
            if function.kind != crate::facts::FunctionKind::Literal {
                return Some(index);
            }
            let passed_to = facts.call(function.passed_to?);
            if super::loops::keeps(passed_to.name()) {
                return None;
            }
            index = function.parent?;
        }
    }
}

fn find<T>(by_file: &[Vec<(CallIndex, T)>], id: CallId) -> Option<&T> {
    let calls = by_file.get(id.file.get())?;
    let at = calls.binary_search_by_key(&id.index, |(index, _)| *index).ok()?;
    Some(&calls[at].1)
}
