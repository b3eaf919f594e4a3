//! Types to the tables that their declarations name: `__tablename__`, `db_table`, `@Entity("users")`, `TableName()`.
//! What is not declared has the name of its type; which library keeps the rows is not asked.

use rustc_hash::FxHashMap;

use crate::catalogue::Words;
use crate::facts::{Argument, FileId, Name, TypeIndex, Value};
use crate::model::{Project, TypeId};

/// The tables that the types of a file declare.
pub(super) fn tables(project: &Project, file: FileId) -> Vec<(TypeId, Name)> {
    let facts = project.facts(file);
    let is_name = |name: Name| project.words_anywhere(facts.language, name).is(Words::TABLE_NAME);
    let mut found: FxHashMap<TypeIndex, Name> = FxHashMap::default();
    let by_name: FxHashMap<Name, TypeIndex> =
        facts.types.iter().enumerate().map(|(index, one)| (one.name, TypeIndex(index as u32))).collect();
    for (index, one) in facts.types.iter().enumerate() {
        let index = TypeIndex(index as u32);
        for decorator in &one.decorators {
            let last = decorator.path.last().copied().unwrap_or_default();
            let models = project.words_anywhere(facts.language, last).is(Words::MODEL);
            let named = |argument: &Argument| match (&argument.name, &argument.value) {
                (Some(name), value) if is_name(*name) => text(value),
                (None, Value::Text(text)) if models => Some(*text),
                (None, Value::Object(entries)) => entries
                    .iter()
                    .find(|(key, _)| is_name(*key) || models && *key == "name")
                    .and_then(|one| text(&one.1)),
                _ => None,
            };
            if let Some(name) = decorator.arguments.iter().find_map(named) {
                found.insert(index, name);
            }
        }
        let fields = one.fields.iter().filter(|field| is_name(field.name));
        let Some(name) = fields.filter_map(|field| text(field.value.as_ref()?)).next() else { continue };
        // `class Order: class Meta: db_table = ".."`: the innermost type around it.
        let around =
            facts.types.iter().enumerate().filter(|(_, outer)| outer.span != one.span && outer.span.contains(one.span));
        let outer = around.min_by_key(|(_, outer)| outer.span.end - outer.span.start);
        found.insert(outer.map_or(index, |(outer, _)| TypeIndex(outer as u32)), name);
    }
    for function in facts.functions.iter().filter(|function| is_name(function.name)) {
        let owner = function.owner.and_then(|owner| by_name.get(&owner));
        if let (Some(owner), Some(name)) = (owner, function.returned.iter().find_map(text)) {
            found.insert(*owner, name);
        }
    }
    // `Order.init(columns, { tableName: ".." })`
    for call in facts.calls.iter().filter(|call| call.chain.len() == 2) {
        if let Some(one) = by_name.get(&call.root())
            && let Some(name) = option(&call.arguments, &is_name)
        {
            found.insert(*one, name);
        }
    }
    let mut found: Vec<(TypeId, Name)> =
        found.into_iter().map(|(index, name)| (TypeId { file, index }, name)).collect();
    found.sort_unstable_by_key(|(one, _)| *one);
    found
}

fn option(arguments: &[Argument], is_name: &dyn Fn(Name) -> bool) -> Option<Name> {
    arguments.iter().find_map(|argument| match &argument.value {
        Value::Object(entries) => entries.iter().find(|(key, _)| is_name(*key)).and_then(|one| text(&one.1)),
        _ => None,
    })
}

fn text(value: &Value) -> Option<Name> {
    match value {
        Value::Text(text) => Some(*text),
        Value::Path(path) => path.last().copied(),
        _ => None,
    }
}
