//! How often a call runs: the loops around it, what their turns have to do with it, and what ends them early.
//! Knows shapes of loops, not what the call does.

mod bounds;
mod ends;
mod obstacles;
mod turns;
mod words;

use bounds::Bounds;
pub(super) use ends::fills;
pub use obstacles::Obstacle;
pub use turns::Turn;
use turns::mentions;
pub(super) use turns::takes_as_list;
pub(super) use words::has_word;
pub(super) use words::is_constant_name;
use words::{UNNAMED, describe};

use rustc_hash::FxHashSet;

use crate::facts::{
    BranchIndex, Call, CallIndex, FileFacts, FunctionIndex, FunctionKind, Leave, Loop, LoopIndex, LoopKind, Name, Read,
    Span, TypeKind, Usage, Value,
};
use crate::walk::FileId;

use super::things::{Site, Thing, Things};
use super::{CallId, LoopId, Project};

/// A call, or an attribute that is read, and a loop that repeats it.
#[derive(Clone, Copy, Debug)]
pub struct Repetition<'p> {
    project: &'p Project<'p>,
    facts: &'p FileFacts,
    spot: Spot,
    /// Where the way from the spot up to the loop stands: the spot itself, or the literal around it.
    branch: Option<BranchIndex>,
    pub each: LoopId,
}

impl Project<'_> {
    /// What a loop goes over, in a few words.
    pub fn loop_name(&self, id: LoopId) -> String {
        let over = self.loop_at(id).over.as_ref();
        over.map_or_else(|| UNNAMED.to_owned(), |over| describe(self.facts(id.file), over))
    }
}

/// What a loop repeats, and where it stands.
#[derive(Clone, Copy, Debug)]
struct Spot {
    /// None for an attribute that is read.
    call: Option<CallIndex>,
    function: FunctionIndex,
    each: Option<LoopIndex>,
    branch: Option<BranchIndex>,
    returned: bool,
    span: Span,
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

/// So many round trips nobody notices, at a millisecond or two each; a list of fifty rows already makes its reader wait.
const FEW: u32 = 30;

/// Words in names of functions that give a collection of collections.
const CHUNK_WORDS: [&str; 9] =
    ["batch", "batched", "batches", "chunk", "chunked", "chunks", "partition", "partitioned", "windows"];

/// Whether a call keeps the functions that it is given, instead of running them.
pub(super) fn keeps(name: Name) -> bool {
    KEEPERS.contains(&name.as_str())
}

/// Whether a call runs the function that it is given only for what it does not remember: `cache.get(id, () => load(id))`
fn remembers(call: &Call) -> bool {
    let receiver = &call.chain[..call.chain.len().saturating_sub(1)];
    call.arguments.len() > 1 && receiver.iter().any(|name| has_word(name, &["cache", "caches", "memo"]))
}

impl<'p> Project<'p> {
    /// Whether a call stands in a function that is run only for what a cache does not hold.
    pub fn is_remembered(&self, id: CallId) -> bool {
        let facts = self.facts(id.file);
        let mut function = facts.function(facts.call(id.index).function);
        while function.kind == FunctionKind::Literal {
            let Some(invoked) = function.passed_to.map(|call| facts.call(call)) else { return false };
            if remembers(invoked) {
                return true;
            }
            let Some(parent) = function.parent else { return false };
            function = facts.function(parent);
        }
        false
    }

    /// The loops that repeat a call, the innermost first: those around it, and those around the function literals in
    /// which it stands, as long as they run at once.
    pub fn repetitions(&'p self, id: CallId) -> Vec<Repetition<'p>> {
        let Call { function, each, branch, span, usage, .. } = *self.call(id);
        let returned = usage == Usage::Returned;
        self.repetitions_of(id.file, Spot { call: Some(id.index), function, each, branch, returned, span })
    }

    /// The loops that repeat the reading of an attribute, the innermost first.
    pub fn repetitions_of_read(&'p self, file: FileId, read: &Read) -> Vec<Repetition<'p>> {
        let Read { function, each, branch, span, .. } = *read;
        self.repetitions_of(file, Spot { call: None, function, each, branch, returned: false, span })
    }

    fn repetitions_of(&'p self, file: FileId, spot: Spot) -> Vec<Repetition<'p>> {
        let facts = self.facts(file);
        let mut repetitions = Vec::new();
        let Spot { mut each, mut branch, mut function, .. } = spot;
        loop {
            while let Some(index) = each {
                let around = facts.loop_at(index);
                let each_id = LoopId { file, index };
                repetitions.push(Repetition { project: self, facts, spot, branch, each: each_id });
                (each, branch, function) = (around.each, around.branch, around.function);
            }
            let literal = facts.function(function);
            if literal.kind != FunctionKind::Literal {
                return repetitions; // A named function: whoever calls it decides how often.
            }
            let Some(invoked) = literal.passed_to.map(|call| facts.call(call)) else {
                return repetitions; // Kept in a name or returned: it runs elsewhere.
            };
            if keeps(invoked.name()) {
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

    fn call(&self) -> Option<&'p Call> {
        self.spot.call.map(|call| self.facts.call(call))
    }

    /// Once per element of some collection: neither counting, nor waiting, nor working through pages.
    pub fn is_per_element(&self) -> bool {
        let each = self.facts();
        match each.kind {
            LoopKind::Each => !each.strides && !self.is_over_channel(),
            // A counter up to a number known elsewhere; trying again is another matter.
            LoopKind::Count => !each.strides && !each.bounded && !each.breaks && !each.returns,
            LoopKind::While => self.drains() || self.climbs(),
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

    /// Work that somebody else hands in, piece by piece: `for job := range jobs`
    fn is_over_channel(&self) -> bool {
        let each = self.facts();
        let Some(Value::Path(over)) = &each.over else { return false };
        let mut function = Some(each.function);
        while let Some(index) = function {
            let one = self.facts.function(index);
            let param = one.params.iter().find(|param| **over == [param.name]);
            if let Some(declared) = param.and_then(|param| param.declared.as_ref()) {
                return matches!(&*declared.path, [name] if *name == "chan");
            }
            function = one.parent;
        }
        false
    }

    /// Each turn asks for what the answer before it named: `while (id) { const node = await find(id); id = node.parentId }`
    pub fn climbs(&self) -> bool {
        let each = self.facts();
        let Some(call) = self.spot.call.filter(|_| each.kind == LoopKind::While) else { return false };
        if self.asks_for_page(call) || self.turn() == Turn::Unrelated {
            return false;
        }
        let mut tested = FxHashSet::default();
        each.over.iter().for_each(|over| over.paths(self.facts, &mut |path| tested.extend(path.first().copied())));
        let answers = self.facts.last_of_chain(call);
        let inside = || self.facts.bindings.iter().filter(|binding| each.span.contains(binding.span));
        let mut told = FxHashSet::default();
        for _ in 0..2 {
            for binding in inside() {
                let is_answer = matches!(&binding.value, Value::Call(call, _) if *call == answers);
                if is_answer || mentions(self.facts, &binding.value, &FxHashSet::default(), &told) {
                    told.extend(binding.target.first().copied());
                }
            }
            for inner in self.facts.loops.iter().filter(|inner| each.span.contains(inner.span)) {
                if inner.over.as_ref().is_some_and(|over| mentions(self.facts, over, &FxHashSet::default(), &told)) {
                    told.extend(&inner.binds);
                }
            }
        }
        tested.iter().any(|name| told.contains(name))
    }

    /// `take: 100`, `.limit(100)`: a part of many rows.
    fn asks_for_page(&self, call: CallIndex) -> bool {
        const WORDS: [&str; 9] = ["after", "batch", "cursor", "first", "limit", "offset", "page", "skip", "take"];
        let mut paged = false;
        for call in self.facts.chain(call) {
            paged |= has_word(&call.name(), &WORDS);
            for argument in &call.arguments {
                paged |= argument.name.is_some_and(|name| has_word(&name, &WORDS));
                if let Value::Object(entries) = &argument.value {
                    paged |= entries.iter().any(|(key, _)| has_word(key, &WORDS));
                }
                if let Value::Text(text) | Value::Template(text, _) = &argument.value {
                    paged |= text.to_ascii_lowercase().contains("limit ");
                }
                argument.value.paths(self.facts, &mut |path| paged |= path.iter().any(|name| has_word(name, &WORDS)));
            }
        }
        paged
    }

    /// The calls in the body of the loop, in its own function or callback.
    fn calls_inside(&self) -> impl Iterator<Item = &'p Call> {
        let span = self.facts().span;
        self.facts.calls.iter().filter(move |call| span.contains(call.span))
    }

    /// The number of turns is written down: a literal, a constant, the members of an enum, the most that is let through.
    pub fn is_bounded(&self) -> bool {
        let each = self.facts();
        each.bounded
            || self.is_short()
            || each.over.as_ref().is_some_and(|over| self.is_constant(over, 0))
            || self.most().is_some_and(|(most, limited)| most <= 1 || !limited)
    }

    /// A slice, or a query with a limit, gives few elements, and nothing fetches the next ones after them.
    pub fn is_few(&self) -> bool {
        let again = |each: &Loop| matches!(each.kind, LoopKind::While | LoopKind::Endless);
        let mut around =
            std::iter::successors(Some(self.facts()), |each| each.each.map(|each| self.facts.loop_at(each)));
        !around.any(again) && self.most().is_some_and(|(most, _)| most <= FEW)
    }

    /// How many elements there are at most, and whether that is a limit on what may be more.
    fn most(&self) -> Option<(u32, bool)> {
        let each = self.facts();
        let over = each.over.as_ref().filter(|_| each.kind == LoopKind::Each)?;
        let bounds = Bounds::new(self.project);
        let site = Site { file: self.each.file, function: each.function, at: each.span.start };
        let most = bounds.of(site, over)?;
        Some((most, bounds.is_limited()))
    }

    /// `if (ids.length > 10) throw ..` above the loop
    fn is_short(&self) -> bool {
        let each = self.facts();
        let Some(Value::Path(over)) = &each.over else { return false };
        let bounds = Bounds::new(self.project);
        self.facts.branches.iter().any(|branch| {
            let leaves = matches!(branch.leaves, Some(Leave::Return | Leave::Throw));
            if !leaves || branch.span.end > each.span.start || !self.is_around(branch.function) {
                return false;
            }
            let Some(Value::Other(compared)) = &branch.condition else { return false };
            let [measured, most] = &**compared else { return false };
            let is_length = match measured {
                Value::Path(path) => matches!(&**path, [of @ .., last] if *of == **over && *last == "length"),
                Value::Call(call, _) => {
                    let call = self.facts.call(*call);
                    let given = matches!(call.arguments.first(), Some(first) if matches!(&first.value, Value::Path(path) if path == over));
                    matches!(call.name().as_str(), "len") && (given || call.chain[..call.chain.len() - 1] == **over)
                }
                _ => false,
            };
            let site = Site { file: self.each.file, function: branch.function, at: branch.span.start };
            is_length && bounds.number(site, most).is_some_and(|most| (2..=FEW).contains(&most))
        })
    }

    /// A function is that of the loop, or one around it.
    fn is_around(&self, function: FunctionIndex) -> bool {
        let own = Some(self.facts().function);
        std::iter::successors(own, |index| self.facts.function(*index).parent).any(|index| index == function)
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
        let of_file = binding.function == FunctionIndex::FILE;
        let literal = match &binding.value {
            // An empty list is there to be filled.
            Value::List(values) => !values.is_empty() && (of_file || self.is_constant(&binding.value, depth + 1)),
            // Go writes the type before the braces: `KindMap{"a": {..}, "b": {..}}`
            Value::Call(call, _) if of_file && self.facts.call(*call).constructs => {
                let made = self.facts.call(*call).arguments.first();
                made.is_some_and(|made| match &made.value {
                    Value::Object(entries) => !entries.is_empty(),
                    Value::List(values) => !values.is_empty(),
                    _ => false,
                })
            }
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

    /// What it iterates, in a few words.
    pub fn name(&self) -> String {
        self.project.loop_name(self.each)
    }

    /// The same, where there are words for it.
    pub fn known_name(&self) -> Option<String> {
        Some(self.name()).filter(|name| name != UNNAMED)
    }
}
