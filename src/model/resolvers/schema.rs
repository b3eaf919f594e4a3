//! What the fields of the schema give, from its documents and from code: whether a type comes in lists. Knows the
//! repository as one schema; types of one name in two schemas are one type.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Vocabulary, is_in, is_root};
use crate::catalogue::Graph;
use crate::facts::{Argument, Call, Function, Language, Name, TypeRef, Value};
use crate::manifests::{self, GraphField};
use crate::model::Project;
use crate::walk::Role;

/// Nested values of one declaration that are looked into.
const DEPTH: u32 = 12;

/// How many parents of a type stand in one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parents {
    /// A list gives them, or a field of something that a list gives.
    Many,
    /// Only single fields lead to it.
    One,
    Unknown,
}

/// Types and the fields that give them.
#[derive(Debug, Default)]
pub(super) struct Schema {
    /// By type: the types whose fields give one of it.
    givers: BTreeMap<Name, FxHashSet<Name>>,
    /// Types of which a field gives a list, and what hangs on them.
    many: FxHashSet<Name>,
    /// The fields of the types in documents.
    documented: FxHashMap<Name, FxHashSet<Name>>,
}

impl Schema {
    pub(super) fn of(project: &Project) -> Self {
        let mut schema = Self::default();
        let counts = |role: Role| !matches!(role, Role::Vendored | Role::Test);
        for (file, manifest) in project.manifests().filter(|(_, manifest)| !manifest.graph.is_empty()) {
            if counts(project.file(file).role) {
                schema.add_document(&manifest.graph);
            }
        }
        for file in project.product_files() {
            schema.add_texts(project, file);
            schema.add_code(&Vocabulary::of(project, file));
        }
        schema.spread();
        schema
    }

    pub(super) fn parents(&self, owner: Name) -> Parents {
        match self.givers.get(&owner) {
            _ if self.many.contains(&owner) => Parents::Many,
            // Where it comes from is known only as far as the way leads back to a root.
            Some(_) if self.leads_from_roots(owner) => Parents::One,
            _ => Parents::Unknown,
        }
    }

    /// Whether a document has a type with some field.
    pub(super) fn has_field(&self, owner: Name, field: Name) -> bool {
        self.documented.get(&owner).is_some_and(|fields| fields.contains(&field))
    }

    pub(super) fn is_documented(&self, owner: Name) -> bool {
        self.documented.contains_key(&owner)
    }

    fn leads_from_roots(&self, owner: Name) -> bool {
        let mut open = vec![owner];
        let mut seen = FxHashSet::default();
        while let Some(one) = open.pop() {
            if is_root(&one) && !self.givers.contains_key(&one) || !seen.insert(one) {
                continue;
            }
            let Some(givers) = self.givers.get(&one) else { return false };
            let mut givers: Vec<Name> = givers.iter().copied().collect();
            givers.sort();
            open.extend(givers);
        }
        true
    }

    fn give(&mut self, owner: Name, of: Name, listed: bool) {
        self.givers.entry(of).or_default().insert(owner);
        if listed {
            self.many.insert(of);
        }
    }

    /// What hangs on a type that comes in lists comes as often.
    fn spread(&mut self) {
        let mut given: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
        for (of, givers) in &self.givers {
            let mut givers: Vec<Name> = givers.iter().copied().collect();
            givers.sort();
            for giver in givers {
                given.entry(giver).or_default().push(*of);
            }
        }
        let mut open: Vec<Name> = self.many.iter().copied().collect();
        open.sort();
        while let Some(one) = open.pop() {
            for of in given.get(&one).into_iter().flatten() {
                if self.many.insert(*of) {
                    open.push(*of);
                }
            }
        }
    }

    fn add_document(&mut self, fields: &[GraphField]) {
        for field in fields {
            let owner = Name::from(&field.owner);
            self.give(owner, Name::from(&field.of), field.listed);
            self.documented.entry(owner).or_default().insert(Name::from(&field.name));
        }
    }

    /// Schemas that stand in sources.
    fn add_texts(&mut self, project: &Project, file: crate::walk::FileId) {
        let facts = project.facts(file);
        let arguments = facts.calls.iter().flat_map(|call| &call.arguments).map(|argument| &argument.value);
        for value in arguments.chain(facts.bindings.iter().map(|binding| &binding.value)) {
            let (Value::Text(text) | Value::Template(text, _)) = value else { continue };
            let begins = text.trim_start();
            let is_schema = ["type ", "extend type ", "scalar ", "interface ", "enum ", "input ", "#", "\"\"\""];
            if is_schema.iter().any(|word| begins.starts_with(word)) && text.contains("type ") && text.contains('{') {
                self.add_document(&manifests::graph(text));
            }
        }
    }

    fn add_code(&mut self, words: &Vocabulary) {
        for one in &words.facts.types {
            let Some((_, graph)) = words.type_of_schema(one) else { continue };
            let reader = Reader { words, graph };
            let mut given = Vec::new();
            for field in &one.fields {
                reader.of_type(field.declared.as_ref(), false, &mut given);
                reader.of_value(field.value.as_ref(), false, 0, &mut given);
                for argument in field.decorators.iter().flat_map(|decorator| &decorator.arguments) {
                    reader.of_value(Some(&argument.value), false, 0, &mut given);
                }
            }
            // What a connection is of: `class Meta: node = Order`
            let inner =
                words.facts.types.iter().filter(|inner| inner.span != one.span && one.span.contains(inner.span));
            for field in inner.flat_map(|inner| &inner.fields).filter(|field| field.name == "node") {
                reader.of_value(field.value.as_ref(), true, 0, &mut given);
            }
            for (of, listed) in given {
                self.give(one.name, of, listed);
            }
        }
        if words.imports.is_empty() {
            return;
        }
        for function in &words.facts.functions {
            self.add_function(words, function);
        }
        for call in &words.facts.calls {
            self.add_call(words, call);
        }
    }

    fn add_function(&mut self, words: &Vocabulary, function: &Function) {
        let symbols =
            function.decorators.iter().filter_map(|decorator| Some((decorator, words.symbol(&decorator.path)?)));
        for (decorator, (_, graph, symbol)) in symbols {
            let mut given = Vec::new();
            let reader = Reader { words, graph };
            let listed = is_in(&graph.lists, &symbol);
            reader.of_type(function.returns.as_ref(), listed, &mut given);
            for argument in &decorator.arguments {
                reader.of_value(Some(&argument.value), listed, 0, &mut given);
            }
            let class = function.owner.filter(|_| is_in(&graph.resolvers, &symbol) || graph.resolvers.is_empty());
            let named = class.and_then(|class| words.type_named(class)).map(|(_, one)| one);
            let named = named.and_then(|one| {
                let decorator =
                    one.decorators.iter().find(|one| words.listed(&one.path, |graph| &graph.classes).is_some());
                words.type_name(&decorator?.arguments.first()?.value)
            });
            let owner = named.or(class).unwrap_or_else(|| Name::from("Query"));
            for (of, listed) in given {
                self.give(owner, of, listed);
            }
        }
    }

    /// `t.field({ type: [Post] })`, `t.list.field("posts", { type: "Post" })`
    fn add_call(&mut self, words: &Vocabulary, call: &Call) {
        if words.facts.language != Language::TypeScript {
            return;
        }
        let Some((_, _, graph)) = words.imports.iter().find(|(_, _, graph)| !graph.makers.is_empty()) else { return };
        let reader = Reader { words, graph };
        let listed = call.chain.iter().any(|name| is_in(&graph.lists, name));
        let mut maker = words.facts.calls.iter().filter(|maker| {
            is_in(&graph.makers, &maker.name()) && maker.span != call.span && maker.span.contains(call.span)
        });
        let mut owner = || maker.next_back().and_then(|maker| super::objects::made_type(words, maker));
        let mut given = Vec::new();
        for Argument { value, .. } in &call.arguments {
            let Value::Object(entries) = value else { continue };
            for (_, value) in entries.iter().filter(|(key, _)| *key == "type") {
                reader.of_value(Some(value), listed, 0, &mut given);
            }
        }
        if given.is_empty() {
            return;
        }
        let owner = owner().unwrap_or_else(|| Name::from("Query"));
        for (of, listed) in given {
            self.give(owner, of, listed);
        }
    }
}

/// Reads the types that a declaration names, and whether it names a list of them.
struct Reader<'w, 'p> {
    words: &'w Vocabulary<'p>,
    graph: &'w Graph,
}

impl Reader<'_, '_> {
    fn of_type(&self, declared: Option<&TypeRef>, listed: bool, given: &mut Vec<(Name, bool)>) {
        let mut open: Vec<(&TypeRef, bool)> = declared.into_iter().map(|declared| (declared, listed)).collect();
        while let Some((one, listed)) = open.pop() {
            let Some(last) = one.path.last() else { continue };
            let listed = listed || *last == "[]" || is_in(&self.graph.lists, last);
            if one.arguments.is_empty() {
                given.push((*last, listed));
            }
            open.extend(one.arguments.iter().map(|argument| (argument, listed)));
        }
    }

    fn of_value(&self, value: Option<&Value>, listed: bool, depth: u32, given: &mut Vec<(Name, bool)>) {
        let Some(value) = value.filter(|_| depth < DEPTH) else { return };
        let inner = |value: &Value, listed: bool, given: &mut Vec<(Name, bool)>| {
            self.of_value(Some(value), listed, depth + 1, given);
        };
        match value {
            Value::Path(path) => given.extend(path.last().map(|last| (*last, listed))),
            // `"shop.schema.Order"`, `[Order!]!`
            Value::Text(text) => {
                let listed = listed || text.starts_with('[');
                let plain = text.trim_matches(['[', ']', '!']);
                let last = plain.rsplit('.').next().unwrap_or_default();
                given.push((Name::from(last), listed));
            }
            Value::Function(index) => {
                for value in &self.words.facts.function(*index).returned {
                    inner(value, listed, given);
                }
            }
            Value::List(values) => values.iter().for_each(|value| inner(value, true, given)),
            Value::Other(values) => values.iter().for_each(|value| inner(value, listed, given)),
            Value::Call(call, _) => {
                let call = self.words.facts.call(*call);
                let listed = listed || is_in(&self.graph.lists, &call.name());
                let meant = call.arguments.iter().filter(|argument| {
                    argument.name.is_none_or(|name| matches!(name.as_str(), "of_type" | "type" | "node"))
                });
                meant.for_each(|argument| inner(&argument.value, listed, given));
            }
            _ => {}
        }
    }
}
