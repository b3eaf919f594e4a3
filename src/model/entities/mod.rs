//! Statements to the tables or models that they are about, folded so that `OrderItem`, `order_items` and
//! `"OrderItems"` are one. Knows names in calls and in SQL, not the schema of any database.

mod declared;
mod sql;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::scopes::{Definition, owner_of};
use super::things::{Site, Thing, Things};
use super::{Access, CallId, Effect, Evidence, Project, TypeId};
use crate::catalogue::{LibraryId, Words};
use crate::facts::{Binding, Call, CallIndex, FileId, FunctionIndex, Language, Name, TypeKind, TypeRef, Value};
use crate::paths::folder;
use crate::walk::Role;

/// A statement of the product's own code, or what a unit of work is told to send later, and what it is about.
#[derive(Clone, Debug)]
pub struct Statement {
    pub call: CallId,
    pub effect: Effect,
    /// Empty where nothing shows it.
    pub entities: Vec<Entity>,
    /// Says in SQL what mappers of objects have no good words for: sums over groups, windows, recursion, vectors.
    pub special: bool,
}

/// A table, collection or model.
#[derive(Clone, Copy, Debug)]
pub struct Entity {
    /// As written where the statement stands, or declared by its model.
    pub name: Name,
    /// What all ways of writing it have in common: lower case, one word, singular.
    pub key: Name,
    /// The type of its rows.
    pub model: Option<TypeId>,
}

/// How deep calls among the arguments of calls are looked into.
const DEPTH: u8 = 4;
/// Calls that are looked at for one statement: a name that is used in many arguments leads to the same ones again.
const STEPS: u32 = 100;
/// More entities of one statement are not listed.
const MOST: usize = 12;

/// The statements of all files.
#[derive(Debug, Default)]
pub(super) struct Statements {
    by_file: Vec<Vec<Statement>>,
}

impl Statements {
    pub(super) fn of(project: &Project) -> Self {
        let files: Vec<FileId> = (0..project.facts.len() as u32).map(FileId).collect();
        let with_facts = files.par_iter().filter(|file| project.has_facts(**file));
        let tables: FxHashMap<TypeId, Name> =
            with_facts.flat_map_iter(|file| declared::tables(project, *file)).collect();
        let by_file = files.par_iter().map(|file| statements(project, &tables, *file)).collect();
        Self { by_file }
    }
}

impl Project<'_> {
    /// The statements that a file sends, in its order.
    pub fn statements(&self, file: FileId) -> &[Statement] {
        self.statements.by_file.get(file.get()).map_or(&[], Vec::as_slice)
    }
}

impl Statement {
    pub fn writes(&self) -> bool {
        !matches!(self.effect.access, Access::Read | Access::Count | Access::Flush)
    }

    pub fn is_about(&self, key: Name) -> bool {
        self.entities.iter().any(|entity| entity.key == key)
    }
}

/// Looks for what one statement is about.
struct Search<'s, 'p> {
    project: &'s Project<'p>,
    tables: &'s FxHashMap<TypeId, Name>,
    effect: &'s Effect,
    found: Vec<Entity>,
    steps: u32,
}

fn statements(project: &Project, tables: &FxHashMap<TypeId, Name>, file: FileId) -> Vec<Statement> {
    let statement = |(index, effect): &(CallIndex, Effect)| {
        let call = CallId { file, index: *index };
        let text = effect.raw.then(|| project.statement_of(call)).flatten();
        let mut search = Search { project, tables, effect, found: Vec::new(), steps: STEPS };
        match &text {
            Some(text) => sql::tables(text).iter().for_each(|name| search.push(Entity::of(name.as_str().into()))),
            None => search.chain(call, DEPTH),
        }
        let special = text.is_some_and(|text| sql::is_special(&text));
        Statement { call, effect: *effect, entities: search.found, special }
    };
    let mut all = project.effects(file).to_vec();
    all.extend(marks(project, file));
    all.sort_by_key(|(index, _)| *index);
    all.iter().map(statement).collect()
}

/// What a file notes down in units of work: nothing else says what a later flush sends.
fn marks(project: &Project, file: FileId) -> Vec<(CallIndex, Effect)> {
    if !project.has_facts(file) || project.file(file).role != Role::Product {
        return Vec::new();
    }
    let facts = project.facts(file);
    let calls = facts.calls.iter().enumerate().filter(|(_, call)| !facts.function(call.function).test);
    let indexes = calls.map(|(index, _)| CallIndex(index as u32));
    let unsent = indexes.filter(|index| project.effect(CallId { file, index: *index }).is_none());
    let mark = |index| {
        let (library, access, evidence) = project.find_mark(CallId { file, index })?;
        let effect = Effect {
            library,
            access,
            evidence,
            batch: false,
            coalesced: false,
            cached: false,
            locks: false,
            raw: false,
            related: false,
            handle_leads: true,
            deferred: true,
        };
        Some((index, effect))
    };
    unsent.filter_map(mark).collect()
}

impl Search<'_, '_> {
    /// What the calls of a chain are made on and given.
    fn chain(&mut self, id: CallId, depth: u8) {
        let facts = self.project.facts(id.file);
        for call in facts.chain(id.index) {
            if self.found.len() >= MOST || self.steps == 0 {
                return;
            }
            self.steps -= 1;
            if call.receiver.is_none() {
                self.subject(id.file, call, depth);
            }
            let words = self.project.catalogue.words(self.effect.library, call.name());
            let callable = call.receiver.is_none() && self.is_called_handle(id.file, call, self.effect.library);
            for argument in &call.arguments {
                self.argument(id.file, call, &argument.value, words.is(Words::TABLE) || callable, depth);
            }
        }
    }

    /// `knex("users")`, `this.db(USERS)`
    fn is_called_handle(&self, file: FileId, call: &Call, library: LibraryId) -> bool {
        let site = Site { file, function: call.function, at: call.span.start };
        let is_handle = || matches!(Things::new(self.project).path(site, &call.chain), Some(Thing::Handle(handle)) if handle == library);
        self.project.catalogue.library(library).callable && (call.chain.len() == 1 || is_handle())
    }

    /// What the first call of a chain is made on.
    fn subject(&mut self, file: FileId, call: &Call, depth: u8) {
        let site = Site { file, function: call.function, at: call.span.start };
        let Some((_, before)) = call.chain.split_last() else { return };
        let library = self.effect.library;
        // `users::table.filter(..)`: the name before the library's own word.
        let worded = before.iter().position(|name| self.project.catalogue.words(library, *name).is(Words::TABLE));
        if let Some(at) = worded.filter(|at| *at > 0) {
            return self.push(Entity::of(before[at - 1]));
        }
        let things = Things::new(self.project);
        let Some(last) = before.last() else { return };
        let one = things.path(site, before);
        if let Some(entity) = self.entity_of(&things, one, library, *last) {
            return self.push(entity);
        }
        let known = self.project.catalogue.library(library);
        if known.members && before.len() > 1 {
            let holder = things.path(site, &before[..before.len() - 1]);
            let is_handle = match holder {
                Some(Thing::Handle(handle)) => handle == library,
                Some(Thing::Instance(one)) => {
                    matches!(things.inherited(one), Some(Thing::Handle(handle)) if handle == library)
                }
                _ => false,
            };
            let is_spelled =
                || self.effect.evidence == Evidence::Spelled && !known.handles.iter().any(|one| one == last.as_str());
            if last.starts_with(char::is_alphabetic) && (is_handle || is_spelled()) {
                return self.push(Entity::of(*last));
            }
        }
        // `this.users.find()`, where `users` is declared as a repository of `User` or made for it.
        self.origin(site, before, depth);
    }

    fn argument(&mut self, file: FileId, call: &Call, value: &Value, names: bool, depth: u8) {
        let site = Site { file, function: call.function, at: call.span.start };
        match value {
            Value::Text(text) if names => self.push(Entity::of(plain(text))),
            Value::Path(path) => {
                let things = Things::new(self.project);
                let one = things.path(site, path);
                let last = path.last().copied().unwrap_or_default();
                let before = path.split_last().and_then(|(_, before)| before.last().copied());
                let worded = self.project.catalogue.words(self.effect.library, last).is(Words::TABLE);
                if let Some(before) = before.filter(|_| worded) {
                    self.push(Entity::of(before));
                } else if let Some(entity) = self.entity_of(&things, one, self.effect.library, last) {
                    self.push(entity);
                } else if names {
                    self.push(Entity::of(self.constant(file, path).unwrap_or(last)));
                } else if depth > 0 && path.len() == 1 {
                    self.bound(site, last, depth - 1);
                }
            }
            Value::Call(inner, _) if depth > 0 => {
                let inner = CallId { file, index: *inner };
                let made = self.project.call(inner);
                if made.chain.len() == 1 || made.constructs {
                    let things = Things::new(self.project);
                    let one = things.path(site, &made.chain);
                    if let Some(entity) = self.entity_of(&things, one, self.effect.library, made.name()) {
                        return self.push(entity);
                    }
                }
                self.chain(inner, depth - 1);
            }
            Value::List(values) | Value::Other(values) if depth > 0 => {
                for value in values.iter().take(MOST) {
                    self.argument(file, call, value, names, depth - 1);
                }
            }
            _ => {}
        }
    }

    /// `const USERS = "users"`
    fn constant(&self, file: FileId, path: &[Name]) -> Option<Name> {
        let [name] = path else { return None };
        self.bindings(file, FunctionIndex::FILE, *name).find_map(|binding| match binding.value {
            Value::Text(text) => Some(plain(&text)),
            _ => None,
        })
    }

    /// What a name is given in one function.
    fn bindings(&self, file: FileId, function: FunctionIndex, name: Name) -> impl Iterator<Item = &Binding> {
        let facts = self.project.facts(file);
        let definitions = self.project.scopes(file).at(function, name).iter();
        definitions.filter_map(|definition| match definition {
            Definition::Binding(index) => Some(&facts.bindings[*index as usize]),
            _ => None,
        })
    }

    /// `query = select(Order)`, `session.execute(query)`: the call behind a name.
    fn bound(&mut self, site: Site, name: Name, depth: u8) {
        let before = self.bindings(site.file, site.function, name).filter(|one| one.span.start < site.at);
        if let Some(Value::Call(call, _)) = before.last().map(|binding| &binding.value) {
            let call = CallId { file: site.file, index: *call };
            self.chain(call, depth);
        }
    }

    /// Where a handle comes from: the type arguments of its declaration, or the call that made it.
    fn origin(&mut self, site: Site, path: &[Name], depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let facts = self.project.facts(site.file);
        let scopes = self.project.scopes(site.file);
        let mut declared: Vec<&TypeRef> = Vec::new();
        let mut made: Vec<CallIndex> = Vec::new();
        let mut add = |binding: &'_ Binding| made.extend(call_of(&binding.value));
        match path {
            [root, name] if *root == "self" => {
                let Some(owner) = owner_of(facts, site.function) else { return };
                for definition in scopes.at(FunctionIndex::FILE, owner) {
                    if let Definition::Type(index) = definition {
                        let fields = facts.types[index.get()].fields.iter().filter(|field| field.name == *name);
                        declared.extend(fields.filter_map(|field| field.declared.as_ref()));
                    }
                }
                let new = scopes.method(owner, "new".into()).map(|index| facts.function(index));
                let params = new.iter().flat_map(|new| &new.params).filter(|param| param.name == *name);
                declared.extend(params.filter_map(|param| param.declared.as_ref()));
                scopes.attribute(facts, owner, *name).take(MOST).for_each(&mut add);
            }
            [name] => {
                let params = facts.function(site.function).params.iter().filter(|param| param.name == *name);
                declared.extend(params.filter_map(|param| param.declared.as_ref()));
                for function in [site.function, FunctionIndex::FILE] {
                    for definition in scopes.at(function, *name).iter().take(MOST) {
                        if let Definition::Binding(index) = definition {
                            let binding = &facts.bindings[*index as usize];
                            declared.extend(&binding.declared);
                            add(binding);
                        }
                    }
                }
            }
            _ => {}
        }
        let things = Things::new(self.project);
        for argument in declared.iter().flat_map(|one| &one.arguments).take(MOST) {
            let last = argument.path.last().copied().unwrap_or_default();
            let one = things.declared_type(site, argument);
            if let Some(entity) = self.entity_of(&things, one, self.effect.library, last) {
                self.push(entity);
            }
        }
        for call in made.into_iter().take(2) {
            self.chain(CallId { file: site.file, index: call }, depth);
        }
    }

    /// The table that a thing stands for, which is called `name` here.
    fn entity_of(&self, things: &Things, thing: Option<Thing>, library: LibraryId, name: Name) -> Option<Entity> {
        let of_type = |one: TypeId| {
            let own = self.project.type_at(one).name;
            let table = self.tables.get(&one).copied();
            let table =
                table.or_else(|| self.project.catalogue.library(library).labelled.then(|| self.labelled(one))?);
            Entity { model: Some(one), ..Entity::of(table.unwrap_or(own)) }
        };
        match thing? {
            Thing::Model(_, Some(one)) | Thing::Rows(_, Some(one)) => Some(of_type(one)),
            Thing::Model(_, None) => Some(Entity::of(name)),
            Thing::Type(one) => {
                (things.model_of(one).is_some() || self.takes_structs(one, library)).then(|| of_type(one))
            }
            Thing::Instance(one) => {
                let keeps = self.takes_structs(one, library) || things.model_of(one).is_some();
                keeps.then(|| of_type(one))
            }
            _ => None,
        }
    }

    /// `shop/models.py` or `shop/models/order.py`: `shop_order`.
    fn labelled(&self, one: TypeId) -> Option<Name> {
        let folders = folder(&self.project.file(one.file).path);
        let label = folders.rsplit('/').find(|name| *name != "models").filter(|name| !name.is_empty())?;
        Some(Name::from(&format!("{label}_{}", self.project.type_at(one).name.to_lowercase())))
    }

    fn push(&mut self, entity: Entity) {
        let is_name = entity.name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let is_new = || self.found.iter().all(|known| known.key != entity.key);
        if is_name && !entity.key.is_empty() && self.found.len() < MOST && is_new() {
            self.found.push(entity);
        }
    }

    /// Go's libraries take any struct for a row.
    fn takes_structs(&self, one: TypeId, library: LibraryId) -> bool {
        let known = self.project.catalogue.library(library);
        let is_struct = self.project.type_at(one).kind == TypeKind::Struct;
        is_struct
            && known.language.of_sources() == Some(Language::Go)
            && self.project.language(one.file) == Language::Go
    }
}

impl Entity {
    fn of(name: Name) -> Self {
        Self { name, key: fold(&name), model: None }
    }
}

/// `public.users as u` is `users`.
fn plain(text: &str) -> Name {
    let first = text.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    first.rsplit('.').next().unwrap_or_default().trim_matches(['"', '`', '[', ']']).into()
}

fn call_of(value: &Value) -> Option<CallIndex> {
    if let Value::Call(call, _) = value { Some(*call) } else { None }
}

/// What all ways of writing a name have in common.
pub(super) fn fold(name: &str) -> Name {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let lower: String = letters.flat_map(char::to_lowercase).collect();
    let endings = [
        ("ies", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
        ("ss", "ss"),
        ("us", "us"),
        ("s", ""),
    ];
    for (plural, singular) in endings {
        if let Some(stem) = lower.strip_suffix(plural).filter(|stem| stem.len() > 1) {
            return Name::from(&format!("{stem}{singular}"));
        }
    }
    Name::from(&lower)
}
