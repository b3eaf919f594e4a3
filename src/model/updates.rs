//! What an update writes, and to which rows: whether either changes from one turn of a loop to the next. Knows shapes
//! of calls and of SQL, not what libraries do with them.

use crate::facts::{Argument, Call, FileFacts, Name, Value};

use super::calls::Origins;
use super::loops::has_word;
use super::{CallId, Callee, Params, Project, Repetition, Sent, Turn};

/// What an update writes on each turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The same values to other rows.
    Equal,
    /// Values of its own, or nobody knows.
    Own,
    /// Values of its own to the same row.
    OverAndOver,
}

/// The halves of an update.
#[derive(Default)]
struct Halves<'f> {
    keys: Vec<&'f Value>,
    values: Vec<&'f Value>,
}

/// Words in names of calls that say which rows are meant.
const CHOOSING: [&str; 12] =
    ["and", "by", "eq", "exclude", "filter", "find", "get", "in", "match", "or", "pk", "where"];

impl Project<'_> {
    /// What an update in a loop, or behind a call in it, writes on each turn.
    pub fn change(&self, repetition: &Repetition, statement: CallId, callee: Option<(Callee, &Sent)>) -> Change {
        let facts = self.facts(statement.file);
        let halves = match self.statement_of(statement) {
            Some(sql) => halves_of_sql(facts, statement, &sql),
            None => Some(halves_of_chain(facts, statement)),
        };
        let Some(Halves { keys, values }) = halves else { return Change::Equal };
        let Some((_, sent)) = callee else {
            let trail = repetition.trail();
            let changes = |value: &&Value| trail.of_value(facts, value) != Turn::Unrelated;
            return match (keys.iter().any(changes), values.iter().any(changes)) {
                (true, false) if !values.is_empty() => Change::Equal,
                (false, true) if !keys.is_empty() => Change::OverAndOver,
                _ => Change::Own,
            };
        };
        let Some(function) = self.runs_in(statement) else { return Change::Own };
        let origins = Origins::of(self, statement.file, function);
        let from = values.iter().fold(Params::NONE, |all, value| all | origins.within(value));
        let handed = || {
            let function = facts.function(function);
            sent.hops > 0 || repetition.turn_given(function, from) != Turn::Unrelated
        };
        if values.is_empty() || !from.is_empty() && handed() { Change::Own } else { Change::Equal }
    }
}

impl Project<'_> {
    /// Whether the code after a statement reads something of what it gives back: the id of a new row, mostly.
    pub fn result_is_read(&self, statement: CallId) -> bool {
        let facts = self.facts(statement.file);
        let (own, last) = (facts.call(statement.index), facts.last_of_chain(statement.index));
        let is_its = |value: &Value| matches!(value, Value::Call(call, _) if *call == last);
        let results = facts.bindings.iter().filter(|binding| is_its(&binding.value));
        let mut names = results.filter_map(|binding| binding.target.first()).filter(|name| !is_error(name));
        names.any(|name| {
            let mut later =
                facts.calls.iter().filter(|call| call.span.start > own.span.end && call.function == own.function);
            later.any(|call| {
                let mut read = call.chain.len() > 1 && call.root() == *name;
                let mut visit = |path: &[Name]| read |= path.len() > 1 && path[0] == *name;
                call.arguments.iter().for_each(|argument| argument.value.paths(facts, &mut visit));
                read
            })
        })
    }
}

fn is_error(name: &str) -> bool {
    matches!(name, "err" | "error" | "_")
}

fn halves_of_chain(facts: &FileFacts, statement: CallId) -> Halves<'_> {
    let mut halves = Halves::default();
    for call in facts.chain(statement.index) {
        let chooses = has_word(&call.name(), &CHOOSING) && call.name() != "save";
        let last = call.arguments.len().saturating_sub(1);
        for (position, Argument { name, value, .. }) in call.arguments.iter().enumerate() {
            match value {
                Value::Object(entries) if entries.iter().any(|(key, _)| key == "where") => {
                    for (key, value) in entries {
                        let half = if key == "where" { &mut halves.keys } else { &mut halves.values };
                        half.push(value);
                    }
                }
                _ if chooses || name.is_none() && position < last => halves.keys.push(value),
                _ if is_update(call) => halves.values.push(value),
                _ => {}
            }
        }
    }
    halves
}

fn is_update(call: &Call) -> bool {
    let name = call.name().to_ascii_lowercase();
    ["update", "set", "save", "patch", "modify"].iter().any(|word| name.contains(word))
}

/// What fills the places of an `UPDATE`; none where its values are written out.
fn halves_of_sql<'f>(facts: &'f FileFacts, statement: CallId, sql: &str) -> Option<Halves<'f>> {
    let upper = sql.to_ascii_uppercase();
    let start = upper.find("WHERE").unwrap_or(upper.len());
    let (set, chosen) = upper.split_at(start);
    if places(set).is_empty() {
        return None;
    }
    let filled = filled(facts, statement);
    let numbered = sql.contains("$1");
    let mut halves = Halves::default();
    let first = |half: usize| if half == 0 { 0 } else { places(set).len() };
    for (half, text) in [set, chosen].into_iter().enumerate() {
        for (at, place) in places(text).into_iter().enumerate() {
            let position = if numbered { place.saturating_sub(1) } else { first(half) + at };
            let Some(value) = filled.get(position) else { continue };
            if half == 0 { halves.values.push(value) } else { halves.keys.push(value) }
        }
    }
    Some(halves)
}

/// The places of a statement that values fill, with their numbers, where they have some.
fn places(sql: &str) -> Vec<usize> {
    let bytes = sql.as_bytes();
    let mut places = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        let digits = || sql[at + 1..].bytes().take_while(u8::is_ascii_digit).count().min(4);
        match byte {
            b'$' if next.is_ascii_digit() => places.push(sql[at + 1..at + 1 + digits()].parse().unwrap_or(0)),
            b'?' => places.push(0),
            b'%' if next == b'S' => places.push(0),
            b'{' if next == b'}' => places.push(0),
            b':' | b'@' if next.is_ascii_alphabetic() && at > 0 && bytes[at - 1] != b':' => places.push(0),
            _ => {}
        }
    }
    places
}

/// What is handed over beside the text of a statement, in order.
fn filled(facts: &FileFacts, statement: CallId) -> Vec<&Value> {
    let mut calls: Vec<&Call> = facts.chain(statement.index).collect();
    calls.sort_by_key(|call| call.span.end);
    let mut filled = Vec::new();
    for call in calls {
        let text =
            call.arguments.iter().position(|argument| matches!(argument.value, Value::Text(_) | Value::Template(..)));
        let after = match text {
            Some(text) => text + 1,
            None if call.name() == "bind" => 0,
            None => continue,
        };
        for argument in call.arguments.iter().skip(after) {
            match &argument.value {
                Value::List(values) => filled.extend(values),
                value => filled.push(value),
            }
        }
        if let Some(Value::Template(_, values)) = text.map(|text| &call.arguments[text].value) {
            filled.extend(values);
        }
    }
    filled
}
