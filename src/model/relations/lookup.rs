//! What names and calls that are no queries themselves lead to: scopes, imports, parameters, functions, sessions.
//! Part of [`Sources`].

use super::Model;
use super::declared::last_of;
use super::rows::{Found, Handed, Rows, Sources};
use crate::catalogue::Words;
use crate::facts::{FunctionIndex, Name, TypeRef, Value};
use crate::model::scopes::{Definition, owner_of};
use crate::model::things::{Site, Thing, Things};
use crate::model::{CallId, FunctionId, LoopId};

/// Functions of the languages that hand through what they are given.
const WRAPPERS: [&str; 7] = ["iter", "list", "reversed", "set", "sorted", "tuple", "tqdm"];

impl<'p> Sources<'p> {
    /// What a name stands for where it is used.
    pub(super) fn root(&self, site: Site, name: Name, this: Option<&Rows<'p>>) -> Option<Found<'p>> {
        let facts = self.project.facts(site.file);
        if name == "self" || name == "Self" {
            return match Things::new(self.project).lookup(site, name)? {
                Thing::Instance(id) if self.is_model(Model::Own(id)) => {
                    self.handed(Model::Own(id), false).map(Found::Rows)
                }
                Thing::Type(id) if self.is_model(Model::Own(id)) => Some(Found::Model(Model::Own(id))),
                _ => this.cloned().map(Found::Rows),
            };
        }
        let scopes = self.project.scopes(site.file);
        let mut function = Some(site.function);
        while let Some(index) = function {
            let definitions = scopes.at(index, name);
            if !definitions.is_empty() {
                let mut found = self.defined(site, definitions, name, this);
                if let Some(Found::Rows(rows)) = &mut found {
                    self.load_later(&mut rows.loaded, site, name);
                }
                return found;
            }
            function = facts.function(index).parent;
        }
        self.named(Things::new(self.project).lookup(site, name)?)
    }

    fn is_model(&self, model: Model) -> bool {
        self.relations().libraries.contains_key(&model)
    }

    fn named(&self, thing: Thing) -> Option<Found<'p>> {
        let model = match thing {
            Thing::Type(id) => Model::Own(id),
            Thing::Symbol(_, symbol) => Model::Outside(last_of(symbol)),
            _ => return None,
        };
        self.is_model(model).then_some(Found::Model(model))
    }

    /// A path that names something as a whole: `models.Order`, or what a method keeps in `self.orders`.
    pub(super) fn dotted(&self, site: Site, path: &[Name]) -> Option<Found<'p>> {
        self.budget.tick()?;
        if let [root, attribute] = path
            && root == "self"
        {
            return self.attribute(site, *attribute).map(Found::Rows);
        }
        self.named(Things::new(self.project).path(site, path)?)
    }

    /// What methods set on their object, or its type says in its body.
    fn attribute(&self, site: Site, attribute: Name) -> Option<Rows<'p>> {
        let facts = self.project.facts(site.file);
        let owner = owner_of(facts, site.function)?;
        let asked = (site.file, attribute);
        if !self.attributes.borrow().contains(&asked) {
            self.attributes.borrow_mut().push(asked);
            let mut set = self.project.scopes(site.file).attribute(facts, owner, attribute);
            let rows = set.find_map(|binding| {
                let site = Site { file: site.file, function: binding.function, at: binding.span.start };
                self.budget.deeper(|| self.value(site, &binding.value, None))
            });
            self.attributes.borrow_mut().pop();
            if rows.is_some() {
                return rows;
            }
        }
        let one = facts.types.iter().find(|one| one.name == owner)?;
        let field = one.fields.iter().find(|field| field.name == attribute)?;
        let site = Site::of_file(site.file);
        self.budget.deeper(|| self.value(site, field.value.as_ref()?, None))
    }

    /// The last definition before the use that tells, of those that reach it.
    fn defined(
        &self,
        site: Site,
        definitions: &[Definition],
        name: Name,
        this: Option<&Rows<'p>>,
    ) -> Option<Found<'p>> {
        let facts = self.project.facts(site.file);
        let mut before: Vec<(u32, Definition)> = definitions
            .iter()
            .filter_map(|definition| match *definition {
                Definition::Binding(index) => {
                    let span = facts.bindings[index as usize].span;
                    // In `rows = rows.filter()` the right side means the one before.
                    (span.end <= site.at).then_some((span.start, *definition))
                }
                Definition::Turn(index) => {
                    let span = facts.loop_at(index).span;
                    (span.start < site.at && site.at < span.end).then_some((span.start, *definition))
                }
                _ => Some((0, *definition)),
            })
            .collect();
        before.sort_by_key(|(start, _)| std::cmp::Reverse(*start));
        before.into_iter().find_map(|(_, definition)| self.definition(site, definition, name, this))
    }

    fn definition(&self, site: Site, definition: Definition, name: Name, this: Option<&Rows<'p>>) -> Option<Found<'p>> {
        let file = site.file;
        let facts = self.project.facts(file);
        match definition {
            Definition::Turn(index) => {
                let each = facts.loop_at(index);
                // Of a number and an element the element is the second.
                if each.binds.last() != Some(&name) {
                    return None;
                }
                self.turn(LoopId { file, index }).map(Found::Rows)
            }
            Definition::Binding(index) => {
                let binding = &facts.bindings[index as usize];
                let site = Site { file, function: binding.function, at: binding.span.start };
                let value = match &binding.value {
                    Value::Path(path) => self.budget.deeper(|| self.path(site, path, this)),
                    Value::Call(call, read) => {
                        let call = CallId { file, index: *call };
                        self.budget.deeper(|| self.call(call, this)).and_then(|found| self.names(found, read))
                    }
                    value => self.budget.deeper(|| self.value(site, value, this)).map(Found::Rows),
                };
                match &binding.value {
                    Value::List(_) | Value::Object(_) => self.filled(site, binding.function, name).map(Found::Rows),
                    _ => value.or_else(|| self.declared(site, binding.declared.as_ref()?)),
                }
            }
            Definition::Param(index, position) => {
                let param = facts.function(index).params.get(position as usize)?;
                let given = self.budget.deeper(|| self.given(FunctionId { file, index }, position)).map(Found::Rows);
                given.or_else(|| self.declared(site, param.declared.as_ref()?))
            }
            Definition::Import(_) | Definition::Type(_) | Definition::Function(_) => {
                let site = Site { file, function: site.function, at: u32::MAX };
                self.named(Things::new(self.project).lookup(site, name)?)
            }
        }
    }

    /// What code puts into a list that it made empty.
    fn filled(&self, site: Site, function: FunctionIndex, name: Name) -> Option<Rows<'p>> {
        let facts = self.project.facts(site.file);
        let mut fills = facts.calls.iter().filter(|call| {
            let adds = matches!(call.name().as_str(), "add" | "append" | "extend" | "insert");
            adds && call.function == function && *call.chain == [name, call.name()]
        });
        fills.find_map(|call| {
            let inside = Site { file: site.file, function, at: call.span.start };
            let rows = self.budget.deeper(|| self.value(inside, &call.arguments.last()?.value, None))?;
            if rows.many { Some(rows) } else { rows.collected() }
        })
    }

    /// An object of a declared type: `list[Order]`, `QuerySet[Order]`, `Order | None`
    pub(super) fn declared(&self, site: Site, declared: &TypeRef) -> Option<Found<'p>> {
        self.budget.tick()?;
        let inner = declared.arguments.first();
        let as_many = |found: Found<'p>| match found {
            Found::Rows(rows) => Some(Found::Rows(Rows { many: true, handed: Handed::Many, ..rows })),
            Found::Model(_) => None,
        };
        match declared.path.last()?.as_str() {
            "?" => return self.budget.deeper(|| self.declared(site, inner?)),
            "[]" => return as_many(self.budget.deeper(|| self.declared(site, inner?))?),
            "|" => return declared.arguments.iter().find_map(|one| self.budget.deeper(|| self.declared(site, one))),
            _ => {}
        }
        let bare = TypeRef { path: declared.path.clone(), arguments: Box::default() };
        match Things::new(self.project).declared_type(site, &bare) {
            Some(Thing::Handle(_)) => as_many(self.budget.deeper(|| self.declared(site, inner?))?),
            Some(Thing::Type(id)) => self.handed(Model::Own(id), false).map(Found::Rows),
            _ => match self.path(site, &declared.path, None)? {
                Found::Model(model) => self.handed(model, false).map(Found::Rows),
                Found::Rows(_) => None,
            },
        }
    }

    /// `sorted(orders)`, `select(Order)`, `open_orders()`
    pub(super) fn plain_call(&self, site: Site, id: CallId, name: Name, this: Option<&Rows<'p>>) -> Option<Found<'p>> {
        if name == "super" {
            return this.cloned().map(Found::Rows);
        }
        let call = self.project.call(id);
        let first = || self.value(site, &call.arguments.first()?.value, this);
        let things = Things::new(self.project);
        let callee = things.lookup(site, name);
        if callee.is_none() && WRAPPERS.contains(&name.as_str()) {
            return first().map(|rows| Found::Rows(Rows { many: true, ..rows }));
        }
        match callee? {
            Thing::Function(function) => self.returned(function, None).map(Found::Rows),
            Thing::Symbol(library, symbol) => {
                let words = things.symbol(library, symbol);
                let form = self.project.catalogue.library(library).relations.as_ref();
                if form.is_some_and(|form| form.accounts.iter().any(|account| account == name.as_str())) {
                    let account = self.relations().account.unwrap_or(Model::Outside(Name::from("User")));
                    return self.is_model(account).then_some(Found::Model(account));
                }
                self.by_library(id, words)
            }
            // `tqdm(orders)`: a bar, whatever it comes from.
            _ if WRAPPERS.contains(&name.as_str()) => first().map(Found::Rows),
            _ => None,
        }
    }

    /// A call on something that is neither model nor rows: a session, a repository of the project, a module.
    pub(super) fn on_other(&self, id: CallId) -> Option<Found<'p>> {
        let things = Things::new(self.project);
        let name = self.project.call(id).name();
        let method = |one| things.method(one, name).and_then(|method| self.returned(method, None)).map(Found::Rows);
        match things.subject(id)? {
            Thing::Handle(library) | Thing::Symbol(library, _) => {
                let words = self.project.catalogue.words(library, name);
                self.by_library(id, words)
            }
            Thing::Instance(one) | Thing::Type(one) => method(one).or_else(|| match things.inherited(one)? {
                Thing::Handle(library) => self.by_library(id, self.project.catalogue.words(library, name)),
                _ => None,
            }),
            Thing::File(file) => match things.exported(file, name)? {
                Thing::Function(function) => self.returned(function, None).map(Found::Rows),
                _ => None,
            },
            _ => None,
        }
    }

    /// A function of a library, or a method of its session.
    fn by_library(&self, id: CallId, words: Words) -> Option<Found<'p>> {
        let call = self.project.call(id);
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        if words.is(Words::SELECTS) {
            let models = self.models_in(id);
            let [model] = models[..] else { return None };
            let whole = call.arguments.iter().filter(|argument| argument.name.is_none()).count() == 1;
            let mut rows = self.query(model).filter(|_| whole)?;
            rows.query = Some(id);
            return Some(Found::Rows(rows));
        }
        if words.is(Words::COLUMNS) {
            return None;
        }
        let many = words.is(Words::MANY);
        if !words.is(Words::READ.or(Words::STATEMENT).or(Words::EAGER)) {
            return None;
        }
        let given = call.arguments.iter().find_map(|argument| self.value(site, &argument.value, None));
        // `manager.find(Post)`, `getRepository(Post).find()`
        let named = || {
            let before = call.receiver.map(|index| CallId { file: id.file, index });
            let mut models = self.models_in(id).into_iter().chain(before.into_iter().flat_map(|id| self.models_in(id)));
            self.query(models.next()?)
        };
        let mut rows = Rows { many, ..given.or_else(named)? };
        self.load_with(&mut rows.loaded, rows.library, id);
        let awaits = self.project.catalogue.library(rows.library).relations.as_ref()?.awaited;
        // Rows of a session that is awaited cannot load anything by being read.
        rows.loaded.everything |= call.awaited && !awaits;
        if words.is(Words::EAGER) {
            rows.loaded.everything = true;
            rows.many = true;
        }
        rows.query = rows.query.or(Some(id));
        Some(Found::Rows(rows))
    }
}
