//! What the turns of a loop have to do with a call in it. Part of [`Repetition`].

use rustc_hash::FxHashSet;

use crate::catalogue::Words;
use crate::facts::{Call, CallIndex, FileFacts, Function, FunctionIndex, LoopKind, Name, Value};
use crate::model::Project;
use crate::model::calls::{Params, given, is_off};

use super::Repetition;
use super::words::has_word;

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

impl Repetition<'_> {
    /// One of the arguments takes the whole turn as a list: `id: { in: batch }`, `id__in=batch`, `id IN (batch)`.
    pub fn takes_turn_as_list(&self) -> bool {
        let Some(call) = self.spot.call else { return false };
        let (mut names, derived) = self.turn_names();
        names.extend(derived);
        takes_as_list(self.project, self.facts, call, &names)
    }

    /// Its elements belong to those of another loop: together they are as many as there are, not a product.
    pub fn is_child_of(&self, outer: &Self) -> bool {
        let (names, derived) = outer.turn_names();
        self.facts().over.as_ref().is_some_and(|over| mentions(self.facts, over, &names, &derived))
    }

    /// How many rows the statement changed decides what happens next: it has to be a statement of its own.
    pub fn is_counted(&self) -> bool {
        const COUNTS: [&str; 6] = ["RowsAffected", "affected", "affectedRows", "rowCount", "rowcount", "rows_affected"];
        let Some(index) = self.spot.call else { return false };
        let span = self.facts().span;
        let counts = |path: &[Name]| path.iter().any(|name| COUNTS.contains(&name.as_str()));
        let last = self.facts.last_of_chain(index);
        let is_count = counts(&self.facts.call(last).chain);
        let of_call = |value: &Value| matches!(value, Value::Call(call, _) if *call == index || *call == last);
        let bound = self.facts.bindings.iter().find(|binding| of_call(&binding.value) && !binding.augments);
        // `taken, _ := result.RowsAffected()`
        let is_bound = |path: &[Name]| bound.is_some_and(|bound| path.first() == bound.target.first());
        let counted = self.facts.bindings.iter().filter(|binding| match &binding.value {
            Value::Call(call, _) => is_bound(&self.facts.call(*call).chain) && counts(&self.facts.call(*call).chain),
            _ => false,
        });
        let counted: FxHashSet<Name> = counted.filter_map(|binding| binding.target.first().copied()).collect();
        let mut branches = self.facts.branches.iter().filter(|branch| span.contains(branch.span));
        branches.any(|branch| {
            let mut decides = is_count && branch.condition.as_ref().is_some_and(of_call);
            let mut visit = |path: &[Name]| {
                decides |= is_bound(path) && (is_count || counts(path))
                    || path.first().is_some_and(|name| counted.contains(name));
            };
            branch.condition.iter().for_each(|condition| condition.paths(self.facts, &mut visit));
            decides
        })
    }

    /// What the turns have to do with the call.
    pub fn turn(&self) -> Turn {
        let Some(index) = self.spot.call else { return Turn::Unrelated };
        let trail = self.trail();
        // Of the names before the called one; those of the calls before are among them.
        let called = &self.facts.call(index).chain;
        let mut turn = trail.of_path(&called[..called.len().saturating_sub(1).max(1)]);
        // Steps after the call refine the same statement: `.select().from(users).where(eq(users.id, id))`
        for argument in self.facts.chain(index).flat_map(|call| &call.arguments) {
            turn = turn.max(trail.of_value(self.facts, &argument.value));
            if let Value::Function(literal) = argument.value {
                self.paths_in(literal, &mut |path| turn = turn.max(trail.of_path(path)));
            }
        }
        turn
    }

    /// What the turns have to do with what a path of names holds.
    pub fn turn_of(&self, path: &[Name]) -> Turn {
        self.trail().of_path(&path[..path.len().saturating_sub(1).max(1)])
    }

    /// What the turns have to do with what the call hands to some parameters of the function that it runs.
    pub fn turn_given(&self, function: &Function, params: Params) -> Turn {
        let Some(call) = self.call() else { return Turn::Unrelated };
        let trail = self.trail();
        let mut turn = Turn::Unrelated;
        for position in (0..function.params.len()).filter(|position| params.has(Params::one(*position))) {
            for value in given(call, function, position) {
                turn = turn.max(trail.of_value(self.facts, value));
            }
        }
        if params.has(Params::SELF) && call.chain.len() > 1 {
            turn = turn.max(trail.of_path(&call.chain[..call.chain.len() - 1]));
        }
        turn
    }

    /// Whether the turn is handed as a whole to one of some parameters, which take lists.
    pub fn is_list_given(&self, function: &Function, params: Params) -> bool {
        let Some(call) = self.call() else { return false };
        let trail = self.trail();
        let positions = (0..function.params.len()).filter(|position| params.has(Params::one(*position)));
        // `find([order.id])` is a list of one.
        let mut values = positions.into_iter().flat_map(|position| given(call, function, position));
        values.any(|value| !matches!(value, Value::List(_)) && trail.of_value(self.facts, value) != Turn::Unrelated)
    }

    /// Whether the call leaves out, or gives as nothing, one of some parameters of the function that it runs.
    pub fn lacks(&self, function: &Function, params: Params) -> bool {
        self.call().is_some_and(|call| is_off(call, function, params))
    }

    /// Whether the call gives something to one of some parameters of the function that it runs.
    pub fn gives(&self, function: &Function, params: Params) -> bool {
        let is_absent = |value: &Value| matches!(value, Value::Literal(word) if *word == "null" || *word == "false");
        let positions = (0..function.params.len()).filter(|position| params.has(Params::one(*position)));
        let Some(call) = self.call() else { return false };
        positions.into_iter().any(|position| given(call, function, position).any(|value| !is_absent(value)))
    }

    pub(in crate::model) fn trail(&self) -> Trail<'_> {
        let (names, derived) = self.turn_names();
        // The index of a subscript is not in a path; that there is one says enough in a loop that counts.
        let over = match &self.facts().over {
            Some(Value::Path(path)) => &path[..],
            _ => &[],
        };
        Trail { names, derived, over, counts: self.facts().kind == LoopKind::Count }
    }

    /// The handle is made on every turn: a transaction of its own keeps one failure from the others.
    pub fn makes_handle(&self, handle: Name) -> bool {
        let span = self.facts().span;
        self.facts.bindings.iter().any(|binding| *binding.target == [handle] && span.contains(binding.span))
    }

    /// The turn is the statement or its table: nothing to join. `for sql in statements`, `execute(table.delete())`
    pub fn statement_is_turn(&self) -> bool {
        let binds = &self.facts().binds;
        let is_turn =
            |value: &Value| matches!(value, Value::Path(path) if matches!(**path, [name] if binds.contains(&name)));
        let Some(call) = self.call() else { return false };
        let words = self.project.words_anywhere(self.facts.language, call.name());
        let sent = call
            .arguments
            .iter()
            .find(|argument| !matches!(argument.value, Value::Path(ref path) if path.len() == 1 && path[0] == "ctx"));
        let is_sql =
            binds.iter().any(|name| has_word(name, &["cmd", "command", "ddl", "query", "sql", "statement", "stmt"]));
        if words.is(Words::STATEMENT) && is_sql && sent.is_some_and(|sent| is_turn(&sent.value)) {
            return true;
        }
        let (names, derived) = self.turn_names();
        call.arguments.iter().any(|argument| match &argument.value {
            Value::Call(inner, _) => {
                let mut first = self.facts.call(*inner);
                while let Some(receiver) = first.receiver {
                    first = self.facts.call(receiver);
                }
                let root = first.root();
                let of_turn = first.chain.len() > 1 && (names.contains(&root) || derived.contains(&root));
                let builds = matches!(first.name().as_str(), "delete" | "insert" | "select" | "table" | "update");
                of_turn && builds
                    || first.chain.len() == 1
                        && builds
                        && first.arguments.first().is_some_and(|first| is_turn(&first.value))
            }
            _ => false,
        })
    }

    /// The handle of the call comes from the turn: one database, tenant or shard per turn.
    pub fn handle_is_turn(&self, handle: Name) -> bool {
        let each = self.facts();
        each.binds.contains(&handle)
            || self.facts.bindings.iter().any(|binding| {
                let opens = matches!(&binding.value, Value::Call(call, _) if {
                    let call = self.facts.call(*call);
                    let words = self.project.words_anywhere(self.facts.language, call.name());
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
        let scopes = self.project.scopes(self.each.file);
        // Twice: a name may be used above the line that makes it.
        for _ in 0..2 {
            for binding in scopes.bindings_in(self.facts, span) {
                // The index of a subscript is not in a path; it is taken to come from the turn.
                let subscript = matches!(&binding.value, Value::Path(path) if path.iter().any(|name| name == "[]"));
                if subscript || mentions(self.facts, &binding.value, &names, &derived) {
                    derived.extend(binding.target.first().filter(|name| **name != "self"));
                }
            }
            for inner in scopes.loops_in(self.facts, span).filter(|inner| inner.span != span) {
                if inner.over.as_ref().is_some_and(|over| mentions(self.facts, over, &names, &derived)) {
                    derived.extend(&inner.binds);
                }
            }
        }
        (names, derived)
    }
}

/// The names that lead back to the turn of a loop.
pub(in crate::model) struct Trail<'f> {
    names: FxHashSet<Name>,
    derived: FxHashSet<Name>,
    over: &'f [Name],
    counts: bool,
}

impl Trail<'_> {
    fn of_path(&self, path: &[Name]) -> Turn {
        let indexed = path.iter().any(|name| name == "[]");
        if path.iter().any(|name| self.names.contains(name)) || indexed && path.starts_with(self.over) {
            Turn::Direct
        } else if indexed && self.counts || path.first().is_some_and(|name| self.derived.contains(name)) {
            Turn::Derived
        } else {
            Turn::Unrelated
        }
    }

    pub(in crate::model) fn of_value(&self, facts: &FileFacts, value: &Value) -> Turn {
        let mut turn = Turn::Unrelated;
        value.paths(facts, &mut |path| turn = turn.max(self.of_path(path)));
        turn
    }
}

/// Whether a chain of calls hands one of the names to an operator that takes a list: `id__in=batch`.
pub(in crate::model) fn takes_as_list(
    project: &Project,
    facts: &FileFacts,
    call: CallIndex,
    names: &FxHashSet<Name>,
) -> bool {
    let lists = Lists { project, facts, names };
    facts.chain(call).any(|call| lists.in_call(call))
}

/// A search for names that operators take as lists.
struct Lists<'s, 'p> {
    project: &'s Project<'p>,
    facts: &'s FileFacts,
    names: &'s FxHashSet<Name>,
}

impl Lists<'_, '_> {
    fn in_call(&self, call: &Call) -> bool {
        let takes_list = self.is_operator(call.name());
        call.arguments.iter().any(|argument| {
            takes_list && self.is_named(&argument.value) || self.in_value(argument.name, &argument.value)
        })
    }

    fn in_value(&self, key: Option<Name>, value: &Value) -> bool {
        if key.is_some_and(|key| self.is_operator(key)) && self.is_named(value) {
            return true;
        }
        match value {
            Value::Object(entries) => entries.iter().any(|(key, value)| self.in_value(Some(*key), value)),
            Value::Call(call, _) => self.in_call(self.facts.call(*call)),
            Value::List(values) | Value::Other(values) => values.iter().any(|value| self.in_value(None, value)),
            _ => false,
        }
    }

    fn is_operator(&self, name: Name) -> bool {
        self.project.words_anywhere(self.facts.language, name).is(Words::LISTS)
    }

    /// One of the names, or what was made of all of it.
    fn is_named(&self, value: &Value) -> bool {
        match value {
            Value::Path(path) => matches!(**path, [name] if self.names.contains(&name)),
            Value::Each(each) => {
                let over = self.facts.loop_at(*each).over.as_ref();
                over.is_some_and(|over| mentions(self.facts, over, self.names, &FxHashSet::default()))
            }
            Value::Call(call, _) => self.names.contains(&self.facts.call(*call).root()),
            _ => false,
        }
    }
}

pub(super) fn mentions(facts: &FileFacts, value: &Value, names: &FxHashSet<Name>, derived: &FxHashSet<Name>) -> bool {
    let mut found = false;
    value.paths(facts, &mut |path| {
        found |=
            path.iter().any(|name| names.contains(name)) || path.first().is_some_and(|name| derived.contains(name));
    });
    found
}
