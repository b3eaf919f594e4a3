//! What keeps the statements of all elements from simply becoming one. Part of [`Repetition`].

use rustc_hash::FxHashSet;

use crate::facts::{BranchKind, Call, CallIndex, FileFacts, FunctionKind, LoopKind, Span, Value};
use crate::model::calls::{Callee, Sent};
use crate::model::things::{Site, Thing, Things};
use crate::model::{CallId, FunctionId, TypeId};
use crate::walk::FileId;

use super::Repetition;
use super::turns::Turn;
use super::words::has_word;

/// What stands beside a statement in a loop, or in the function that the loop calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The loop goes over the rows that the statement asks for.
    InHand,
    /// The function calls itself on what it finds.
    Walks,
    /// It takes page after page of the rows of one element.
    Drains,
    /// So many rows for each element, and no more.
    Limits,
    /// The rows of a range, rather than those of a key.
    Ranges,
    /// Another table for each element.
    Tables,
    /// It asks for what earlier turns have written.
    Rewrites,
    /// It reads again what is known, since somebody may have changed it.
    Refreshes,
    /// A cache stands in front of it.
    Remembers,
    /// Each element has a transaction or a lock of its own.
    Locks,
    /// Work that the write is about is handed to somebody else beside it.
    HandsOut,
    /// What is done for one element is cut into pieces already.
    Pieces,
    /// An error of one element is caught, and the next one goes on.
    Catches,
}

/// Calls between a function and itself.
const STEPS: usize = 3;

impl Repetition<'_> {
    /// The first thing that keeps a statement of this loop from being joined.
    pub fn obstacle(&self, statement: CallId, callee: Option<(Callee, &Sent)>, writes: bool) -> Option<Obstacle> {
        let call = CallId { file: self.each.file, index: self.spot.call? };
        let facts = self.project.facts(statement.file);
        let sent = facts.call(statement.index);
        let remembered = self.project.is_remembered(call) || callee.is_some_and(|(_, sent)| sent.cached);
        let checks = [
            (has_word(&sent.name(), &["refresh", "reload"]), Obstacle::Refreshes),
            (remembered, Obstacle::Remembers),
            (!writes && self.is_in_hand(statement, callee), Obstacle::InHand),
            (callee.is_some_and(|(callee, _)| self.walks(callee.function)), Obstacle::Walks),
            (self.drains_pages(call, statement, callee), Obstacle::Drains),
            (callee.is_some_and(|(callee, sent)| self.is_given_table(callee, sent)), Obstacle::Tables),
            (!writes && self.rewrites(facts, statement), Obstacle::Rewrites),
            (self.locks(callee, writes), Obstacle::Locks),
            (writes && self.hands_out(), Obstacle::HandsOut),
            (writes && self.has_pieces(), Obstacle::Pieces),
            (writes && self.branches().any(|branch| branch.kind == BranchKind::Try), Obstacle::Catches),
            (!writes && limits(facts, statement), Obstacle::Limits),
            (!writes && ranges(facts, statement), Obstacle::Ranges),
        ];
        checks.into_iter().find(|(holds, _)| *holds).map(|(_, obstacle)| obstacle)
    }

    /// `for order in orders: load(order.id)`, where what is loaded is an order again.
    fn is_in_hand(&self, statement: CallId, callee: Option<(Callee, &Sent)>) -> bool {
        let each = self.facts();
        let things = Things::new(self.project);
        let site =
            Site { file: self.each.file, function: each.body.unwrap_or(each.function), at: self.spot.span.start };
        let by_own_key = |path: &[crate::facts::Name]| {
            let own = |name: &str| matches!(name.to_ascii_lowercase().as_str(), "id" | "pk" | "uid" | "uuid");
            matches!(path, [row, key] if each.binds.contains(row) && own(key))
        };
        let mut keyed = false;
        for call in self.facts.chain(self.spot.call.unwrap_or(CallIndex(0))) {
            for argument in &call.arguments {
                if matches!(&argument.value, Value::Path(path) if matches!(&**path, [row] if each.binds.contains(row)))
                {
                    return false; // `update(order.id, order)`: it may be what the row is to become.
                }
                argument.value.paths(self.facts, &mut |path| keyed |= by_own_key(path));
            }
        }
        if !keyed {
            return false;
        }
        let of = |thing: Option<Thing>| match thing? {
            Thing::Instance(one) | Thing::Type(one) | Thing::Rows(_, Some(one)) | Thing::Model(_, Some(one)) => {
                Some(one)
            }
            _ => None,
        };
        let mut rows = each.binds.iter().filter_map(|name| of(things.path(site, &[*name])));
        let Some(row) = rows.next() else { return false };
        let returned = |id: FunctionId| -> Option<TypeId> {
            let mut declared = self.project.function(id).returns.as_ref()?;
            while let ("?" | "[]", Some(inner)) = (declared.path.last()?.as_str(), declared.arguments.first()) {
                declared = inner;
            }
            of(things.declared_type(Site::of_file(id.file), declared))
        };
        let asked = of(things.subject(statement));
        let way = callee.map_or_else(Vec::new, |(_, sent)| self.project.way(sent));
        let functions = way.iter().filter_map(|call| self.project.callee(*call)).map(|callee| callee.function);
        let functions = functions.chain(callee.map(|(callee, _)| callee.function));
        asked == Some(row) || functions.into_iter().any(|function| returned(function) == Some(row))
    }

    /// The function reaches the loop again, or itself.
    fn walks(&self, function: FunctionId) -> bool {
        let facts = self.project.facts(self.each.file);
        let mut home = self.spot.function;
        while let (FunctionKind::Literal, Some(parent)) = (facts.function(home).kind, facts.function(home).parent) {
            home = parent;
        }
        let home = FunctionId { file: self.each.file, index: home };
        let mut reached = vec![function];
        let mut seen: FxHashSet<FunctionId> = reached.iter().copied().collect();
        for _ in 0..STEPS {
            let mut next = Vec::new();
            for one in reached.drain(..) {
                for (call, callee) in self.project.calls_that_send(one.file) {
                    if self.project.runs_in(call) != Some(one.index) {
                        continue;
                    }
                    if callee.function == function || callee.function == home {
                        return true;
                    }
                    if seen.insert(callee.function) {
                        next.push(callee.function);
                    }
                }
            }
            reached = next;
        }
        false
    }

    /// Between the loop and the statement another one turns until nothing is left.
    fn drains_pages(&self, call: CallId, statement: CallId, callee: Option<(Callee, &Sent)>) -> bool {
        let is_open =
            |one: &Repetition| matches!(one.facts().kind, LoopKind::While | LoopKind::Endless) && !one.is_per_element();
        let inside = self.project.repetitions(call).iter().take_while(|one| one.each != self.each).any(is_open);
        let Some((_, sent)) = callee else { return inside };
        let mut way = self.project.way(sent).into_iter().chain([statement]);
        inside || way.any(|call| self.project.repetitions(call).iter().any(is_open))
    }

    /// The element says which table is asked: `load(model, id)`
    fn is_given_table(&self, callee: Callee, sent: &Sent) -> bool {
        let function = self.project.function(callee.function);
        function.params.iter().enumerate().any(|(position, param)| {
            let bit = crate::model::Params::one(position);
            let names_table = has_word(&param.name, &["class", "cls", "model", "table"]);
            names_table && sent.keyed.has(bit) && self.turn_given(function, bit) != Turn::Unrelated
        })
    }

    /// `order.status = ..` in the loop, and `Order.status` in what it asks.
    fn rewrites(&self, facts: &FileFacts, statement: CallId) -> bool {
        if statement.file != self.each.file {
            return false;
        }
        let each = self.facts();
        let mut written = FxHashSet::default();
        for binding in facts.bindings.iter().filter(|binding| each.span.contains(binding.span)) {
            if let [row, attribute] = *binding.target
                && (each.binds.contains(&row))
            {
                written.insert(attribute);
            }
        }
        let mut asked = false;
        for call in facts.chain(statement.index) {
            for argument in &call.arguments {
                argument.value.paths(facts, &mut |path| {
                    asked |= matches!(path, [model, attribute] if written.contains(attribute) && !each.binds.contains(model));
                });
            }
        }
        asked
    }

    /// `send_invoice.delay(order.id)`
    fn hands_out(&self) -> bool {
        let each = self.facts();
        self.facts.calls.iter().filter(|call| each.span.contains(call.span)).any(|call| {
            let name = call.name();
            matches!(name.as_str(), "apply_async" | "delay" | "send_task") && call.chain.len() > 1
                || has_word(&name, &["dispatch", "enqueue", "publish"])
        })
    }

    /// Another loop in this one turns until nothing is left.
    fn has_pieces(&self) -> bool {
        let each = self.facts();
        let mut inner =
            self.facts.loops.iter().filter(|inner| each.span.contains(inner.span) && inner.span != each.span);
        inner.any(|inner| matches!(inner.kind, LoopKind::While | LoopKind::Endless))
    }

    fn locks(&self, callee: Option<(Callee, &Sent)>, writes: bool) -> bool {
        let locks = |file: FileId, within: Span, but: Span| {
            let calls = self.project.facts(file).calls.iter();
            let mut body = calls.filter(|call| within.contains(call.span) && !but.contains(call.span));
            body.any(|call| {
                self.project.begins_alone(file, call)
                    || has_word(&call.name(), &["lock", "locked", "mutex", "reserve", "transaction"])
            })
        };
        let each = self.facts();
        if writes && locks(self.each.file, each.span, each.head) {
            return true;
        }
        let Some((Callee { function: id, .. }, _)) = callee else { return false };
        let function = self.project.function(id);
        locks(id.file, function.span, function.head)
    }
}

/// The calls that make up a statement.
fn parts(facts: &FileFacts, statement: CallId) -> impl Iterator<Item = &Call> {
    let whole = facts.call(facts.last_of_chain(statement.index)).span;
    facts.calls.iter().filter(move |call| whole.contains(call.span))
}

fn is_one(value: &Value) -> bool {
    matches!(value, Value::Literal(number) if *number == "1")
}

/// `.limit(100)`, `take: 100`
fn limits(facts: &FileFacts, statement: CallId) -> bool {
    const WORDS: [&str; 5] = ["Limit", "TOP", "limit", "take", "top"];
    let own = facts.call(statement.index);
    let of_query = |call: &&Call| {
        call.function == own.function && call.chain.len() > 1 && own.chain.len() > 1 && call.root() == own.root()
    };
    parts(facts, statement).chain(facts.calls.iter().filter(of_query)).any(|call| {
        let named = WORDS.contains(&call.name().as_str());
        call.arguments.iter().any(|argument| {
            let in_object =
                |(key, value): &(crate::facts::Name, Value)| WORDS.contains(&key.as_str()) && !is_one(value);
            match &argument.value {
                Value::Object(entries) => entries.iter().any(in_object),
                value => named && !is_one(value),
            }
        })
    })
}

/// `rank: { $gt: rank }`, `rank__gt=rank`
fn ranges(facts: &FileFacts, statement: CallId) -> bool {
    const WORDS: [&str; 8] = ["$gt", "$gte", "$lt", "$lte", "gt", "gte", "lt", "lte"];
    fn in_value(value: &Value, depth: u32) -> bool {
        match value {
            Value::Object(entries) if depth < 4 => {
                entries.iter().any(|(key, value)| WORDS.contains(&key.as_str()) || in_value(value, depth + 1))
            }
            _ => false,
        }
    }
    parts(facts, statement).flat_map(|call| &call.arguments).any(|argument| {
        let named = argument.name.and_then(|name| name.as_str().rsplit_once("__"));
        named.is_some_and(|(_, operator)| WORDS.contains(&operator)) || in_value(&argument.value, 0)
    })
}
