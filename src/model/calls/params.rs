//! Which parameters of a function a value comes from, by names and assignments. Knows one function at a time.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{Argument, Call, FileFacts, FileId, Function, FunctionIndex, Name, Value};
use crate::model::Project;

use super::Params;

/// The names in a function, and the parameters that what they hold comes from.
pub(in crate::model) struct Origins<'f> {
    facts: &'f FileFacts,
    names: FxHashMap<Name, Params>,
}

impl<'f> Origins<'f> {
    pub(in crate::model) fn of(project: &'f Project, file: FileId, function: FunctionIndex) -> Self {
        let (facts, scopes) = (project.facts(file), project.scopes(file));
        let mut names = FxHashMap::default();
        names.insert(Name::from("self"), Params::SELF);
        let body = facts.function(function);
        for (position, param) in body.params.iter().enumerate() {
            *names.entry(param.name).or_default() |= Params::one(position);
        }
        let mut origins = Self { facts, names };
        let span = body.span;
        // Twice: a name may be used above the line that makes it.
        for _ in 0..2 {
            for each in scopes.loops_in(facts, span) {
                let from = each.over.as_ref().map_or(Params::NONE, |over| origins.within(over));
                origins.give(&each.binds, from);
            }
            for binding in scopes.bindings_in(facts, span) {
                let from = origins.within(&binding.value);
                if binding.target.first().is_some_and(|name| *name != "self") {
                    origins.give(&binding.target[..1], from);
                }
            }
        }
        origins
    }

    fn give(&mut self, names: &[Name], from: Params) {
        if from.is_empty() {
            return;
        }
        for name in names {
            *self.names.entry(*name).or_default() |= from;
        }
    }

    pub(in crate::model) fn named(&self, name: Name) -> Params {
        self.names.get(&name).copied().unwrap_or_default()
    }

    /// The names that hold what comes from some parameters.
    pub(in crate::model) fn names_from(&self, params: Params) -> FxHashSet<Name> {
        let names = self.names.iter().filter(|(_, from)| from.has(params)).map(|(name, _)| *name);
        names.collect()
    }

    /// The parameters that a value mentions, itself or by way of other names.
    pub(in crate::model) fn within(&self, value: &Value) -> Params {
        let mut from = Params::NONE;
        value.paths(self.facts, &mut |path| {
            if let Some(name) = path.first() {
                from |= self.named(*name);
            }
        });
        from
    }
}

/// The arguments that a call hands to a parameter of the function it runs.
pub(in crate::model) fn given<'c>(
    call: &'c Call,
    function: &'c Function,
    position: usize,
) -> impl Iterator<Item = &'c Value> + 'c {
    let param = &function.params[position];
    // The names of a destructured parameter stand for one argument.
    let place = function.params[..=position]
        .windows(2)
        .filter(|pair| pair[0].property.is_none() || pair[1].property.is_none())
        .count();
    let named = |argument: &Argument| argument.name.is_some_and(|name| name == param.name);
    let keyed = call.arguments.iter().any(named);
    let last = position + 1 == function.params.len();
    call.arguments.iter().enumerate().filter_map(move |(at, argument)| {
        let meant = match argument.name {
            Some(_) => named(argument),
            None => !keyed && (at == place || argument.spread && at <= place || last && at > place),
        };
        if !meant {
            return None;
        }
        match (&argument.value, param.property) {
            (Value::Object(entries), Some(property)) => {
                let entry = entries.iter().find(|(key, _)| *key == property);
                entry.or_else(|| entries.iter().find(|(key, _)| *key == "...")).map(|(_, value)| value)
            }
            (value, _) => Some(value),
        }
    })
}

/// Whether a call leaves one of some parameters out, or gives it as nothing: `f(order, with_details=False)`
pub(in crate::model) fn is_off(call: &Call, function: &Function, params: Params) -> bool {
    let is_nothing = |value: &Value| matches!(value, Value::Literal(word) if *word == "false" || *word == "null");
    (0..function.params.len()).filter(|position| params.has(Params::one(*position))).any(|position| {
        let mut values = given(call, function, position).peekable();
        match values.peek() {
            Some(_) => values.all(is_nothing),
            None => {
                let spread = call.arguments.iter().any(|argument| argument.spread);
                !spread && function.params[position].default.as_ref().is_some_and(is_nothing)
            }
        }
    })
}
