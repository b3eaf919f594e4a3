//! What a value is, as far as names, types and assignments show: a handle of a library, a model, a row, an object of
//! a type, a function. There is no type checker here: what cannot be shown is unknown, and nothing is guessed from
//! the spelling of a name.

use std::cell::{Cell, RefCell};

use crate::catalogue::{LibraryId, Words};
use crate::facts::{Call, FunctionIndex, FunctionKind, Language, LoopIndex, Name, TypeKind, TypeRef, Value};
use crate::walk::FileId;

use super::effects::Evidence;
use super::modules::Module;
use super::scopes::{Definition, owner_of};
use super::{CallId, FunctionId, Project, TypeId};

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Thing<'p> {
    /// A module or symbol of a library: `sqlx::query`, `models.Model`.
    Symbol(LibraryId, Name),
    /// A connection, session, client, or a query in the making.
    Handle(LibraryId),
    /// A type whose rows a library keeps, or a query on it in the making.
    Model(LibraryId, Option<TypeId>),
    /// One or many rows of a model.
    Rows(LibraryId, Option<TypeId>),
    /// What is read from a row: perhaps a relation.
    Related(LibraryId),
    Type(TypeId),
    /// An object of a type, or several of them.
    Instance(TypeId),
    Function(FunctionId),
    File(FileId),
    Folder(u32),
    /// An object literal.
    Object(Site, &'p [(Name, Value)]),
}

/// Where a name is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) file: FileId,
    pub(super) function: FunctionIndex,
    /// Byte position: a name means what was assigned to it before.
    pub(super) at: u32,
}

/// Steps one question may take. Chains of definitions in written code are below 30; the bound is for cycles.
const STEPS: u32 = 300;

/// Answers one question.
pub(super) struct Things<'q, 'p> {
    project: &'q Project<'p>,
    steps: Cell<u32>,
    /// Part of the answer rests on the usual name of a handle.
    spelled: Cell<bool>,
    /// The definitions that are being asked about: one that leads back to itself tells nothing.
    asked: RefCell<Vec<(FileId, Definition)>>,
}

impl<'q, 'p> Things<'q, 'p> {
    pub(super) fn new(project: &'q Project<'p>) -> Self {
        Self { project, steps: Cell::new(STEPS), spelled: Cell::new(false), asked: RefCell::default() }
    }

    pub(super) fn left(&self) -> u32 {
        self.steps.get()
    }
    /// How the answer was found.
    pub(super) fn evidence(&self) -> Evidence {
        if self.spelled.get() { Evidence::Spelled } else { Evidence::Proven }
    }

    /// What a call is made on; for a call of a plain name, what that name is.
    pub(super) fn subject(&self, id: CallId) -> Option<Thing<'q>> {
        let call = self.project.call(id);
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        if let Some(receiver) = call.receiver {
            let before = &self.project.facts(id.file).call(receiver).chain;
            let made = self.result(CallId { file: id.file, index: receiver })?;
            return self.members(made, call.chain.get(before.len()..call.chain.len() - 1)?);
        }
        match &*call.chain {
            [name] => self.lookup(site, *name),
            [path @ .., _] => self.path(site, path),
            [] => None,
        }
    }

    pub(super) fn value(&self, site: Site, value: &'q Value) -> Option<Thing<'q>> {
        self.step()?;
        match value {
            Value::Path(path) => self.path(site, path),
            Value::Call(call, read) => {
                let made = self.result(CallId { file: site.file, index: *call })?;
                self.members(made, read)
            }
            Value::Element(element) => self.value(site, &element.0).map(element_of),
            Value::Function(function) => Some(Thing::Function(FunctionId { file: site.file, index: *function })),
            Value::Object(entries) => Some(Thing::Object(site, entries)),
            // A choice between values: any of them tells. `globalThis.db ?? new Db()`
            Value::Other(values) | Value::List(values) => values.iter().find_map(|value| self.value(site, value)),
            Value::Each(each) => self.selected(site, *each),
            Value::Text(_) | Value::Template(..) | Value::Literal(_) => None,
        }
    }

    /// What is left of a collection: `orders.filter((order) => order.open)`
    fn selected(&self, site: Site, each: LoopIndex) -> Option<Thing<'q>> {
        let facts = self.project.facts(site.file);
        let each = facts.loop_at(each);
        let selects = matches!(facts.call(each.call?).name().as_str(), "filter" | "find" | "toSorted" | "sort");
        self.value(site, each.over.as_ref().filter(|_| selects)?)
    }

    pub(super) fn path(&self, site: Site, path: &[Name]) -> Option<Thing<'q>> {
        let (root, rest) = path.split_first()?;
        self.members(self.lookup(site, *root)?, rest)
    }

    fn members(&self, thing: Thing<'q>, names: &[Name]) -> Option<Thing<'q>> {
        names.iter().try_fold(thing, |thing, name| self.member(thing, *name))
    }

    fn step(&self) -> Option<()> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(())
    }

    /// What a name stands for where it is used: in its function, the functions around it, its file, its package.
    fn lookup(&self, site: Site, name: Name) -> Option<Thing<'q>> {
        self.step()?;
        let facts = self.project.facts(site.file);
        if name == "self" || name == "Self" {
            let owner = owner_of(facts, site.function)?;
            let owner = self.type_named(site.file, owner)?;
            return Some(if name == "self" { Thing::Instance(owner) } else { Thing::Type(owner) });
        }
        if facts.language == Language::Rust && (name == "crate" || name == "super") {
            return self.module(site.file, name);
        }
        let scopes = self.project.scopes(site.file);
        let mut function = Some(site.function);
        while let Some(index) = function {
            let definitions = scopes.at(index, name);
            if !definitions.is_empty() {
                return self.defined(site, definitions).or_else(|| self.spelled(facts.language, name));
            }
            function = facts.function(index).parent;
        }
        let star = |index: &u32| {
            let module = facts.imports[*index as usize].module;
            self.member(self.module(site.file, module)?, name)
        };
        let found = scopes.stars.iter().find_map(star).or_else(|| self.sibling(site.file, name)).or_else(|| {
            // A Rust path may begin with a module or crate that no `use` names.
            (facts.language == Language::Rust).then(|| self.module(site.file, name))?
        });
        found.or_else(|| self.spelled(facts.language, name))
    }

    /// A name that nothing explains, but that is what handles of a library are called, where the library is declared.
    fn spelled(&self, language: Language, name: Name) -> Option<Thing<'q>> {
        let (library, _) = self.project.catalogue.libraries().find(|(id, library)| {
            Language::from(library.language) == language
                && library.handles.iter().any(|handle| handle == name.as_str())
                && self.project.modules.declares(*id)
        })?;
        self.spelled.set(true);
        Some(Thing::Handle(library))
    }

    /// A name defined in another file of the same package.
    fn sibling(&self, file: FileId, name: Name) -> Option<Thing<'q>> {
        let siblings = self.project.modules.siblings(file, self.project.language(file));
        siblings.iter().filter(|sibling| **sibling != file).find_map(|sibling| self.exported(*sibling, name))
    }

    /// What a file offers under a name.
    fn exported(&self, file: FileId, name: Name) -> Option<Thing<'q>> {
        self.step()?;
        let site = Site { file, function: FunctionIndex::FILE, at: u32::MAX };
        let scopes = self.project.scopes(file);
        let facts = self.project.facts(file);
        let definitions = scopes.at(FunctionIndex::FILE, name);
        if !definitions.is_empty() {
            return self.defined(site, definitions);
        }
        if facts.language == Language::TypeScript {
            // CommonJS: a module may be one object, and a default import may mean all of it.
            let whole = scopes.at(FunctionIndex::FILE, "exports".into());
            if !whole.is_empty() {
                let whole = self.defined(site, whole);
                return if name == "default" { whole } else { self.member(whole?, name) };
            }
        }
        scopes.stars.iter().find_map(|index| {
            let module = facts.imports[*index as usize].module;
            self.member(self.module(file, module)?, name)
        })
    }

    /// The meaning of a name among its definitions in one scope: the last assignment before the use, or whichever
    /// assignment tells what it is.
    fn defined(&self, site: Site, definitions: &[Definition]) -> Option<Thing<'q>> {
        let facts = self.project.facts(site.file);
        let is_before = |definition: &&Definition| match definition {
            Definition::Binding(index) => facts.bindings[*index as usize].span.start < site.at,
            Definition::Turn(each) => facts.loop_at(*each).span.start <= site.at,
            _ => true,
        };
        let before = definitions.iter().rev().filter(is_before);
        let after = definitions.iter().filter(|definition| !is_before(definition));
        before.chain(after).find_map(|definition| self.definition(site.file, *definition))
    }

    fn definition(&self, file: FileId, definition: Definition) -> Option<Thing<'q>> {
        if self.asked.borrow().contains(&(file, definition)) {
            return None;
        }
        self.asked.borrow_mut().push((file, definition));
        let meaning = self.meaning(file, definition);
        self.asked.borrow_mut().pop();
        meaning
    }

    fn meaning(&self, file: FileId, definition: Definition) -> Option<Thing<'q>> {
        self.step()?;
        let facts = self.project.facts(file);
        match definition {
            Definition::Function(index) => Some(Thing::Function(FunctionId { file, index })),
            Definition::Type(index) => Some(self.alias(TypeId { file, index })),
            Definition::Import(index) => self.imported(file, index),
            Definition::Binding(index) => {
                let binding = &facts.bindings[index as usize];
                let site = Site { file, function: binding.function, at: binding.span.start };
                let declared = binding.declared.as_ref().and_then(|declared| self.declared(site, declared));
                declared.or_else(|| self.value(site, &binding.value))
            }
            Definition::Param(function, position) => self.param(FunctionId { file, index: function }, position),
            Definition::Turn(each) => {
                let each = facts.loop_at(each);
                let site = Site { file, function: each.function, at: each.span.start };
                self.value(site, each.over.as_ref()?).map(element_of)
            }
        }
    }

    fn param(&self, id: FunctionId, position: u32) -> Option<Thing<'q>> {
        let function = self.project.function(id);
        let param = &function.params[position as usize];
        let site = Site { file: id.file, function: function.parent.unwrap_or(FunctionIndex::FILE), at: u32::MAX };
        if let Some(declared) = param.declared.as_ref().and_then(|declared| self.declared(site, declared)) {
            return match param.property {
                Some(property) => self.member(declared, property),
                None => Some(declared),
            };
        }
        // Injected: `db = Depends(get_db)` gives what `get_db` gives.
        if let Some(default @ Value::Call(call, _)) = &param.default {
            let call = self.project.facts(id.file).call(*call);
            let provider = call.arguments.first().and_then(|provider| self.value(site, &provider.value));
            if let Some(Thing::Function(provider)) = provider {
                return self.returned(provider);
            }
            return self.value(site, default);
        }
        // A function handed to a transaction gets the handle: `db.transaction(async (tx) => ..)`
        let call = CallId { file: id.file, index: function.passed_to? };
        let name = self.project.call(call).name();
        match self.subject(call)? {
            _ if position > 0 => None,
            Thing::Handle(library) => self.in_transaction(library, name),
            Thing::Instance(one) => match self.inherited(one)? {
                Thing::Handle(library) => self.in_transaction(library, name),
                _ => None,
            },
            // Batch by batch: `Order.findInBatches(query, async (orders) => ..)`
            Thing::Model(library, one) | Thing::Rows(library, one) => Some(Thing::Rows(library, one)),
            Thing::Type(one) => Some(Thing::Rows(self.model_of(one)?, Some(one))),
            _ => None,
        }
    }

    fn in_transaction(&self, library: LibraryId, name: Name) -> Option<Thing<'q>> {
        let words = self.project.catalogue.words(library, name);
        words.is(Words::TRANSACTION).then_some(Thing::Handle(library))
    }

    fn imported(&self, file: FileId, index: u32) -> Option<Thing<'q>> {
        let import = &self.project.facts(file).imports[index as usize];
        let module = self.module(file, import.module);
        match (import.symbol, module) {
            // CommonJS: what is required may be one value.
            (None, Some(Thing::File(required))) if self.project.language(file) == Language::TypeScript => {
                let scopes = self.project.scopes(required);
                let whole = scopes.at(FunctionIndex::FILE, "exports".into());
                let site = Site { file: required, function: FunctionIndex::FILE, at: u32::MAX };
                match self.defined(site, whole) {
                    None | Some(Thing::Object(..)) => Some(Thing::File(required)),
                    whole => whole,
                }
            }
            (None, module) => module,
            (Some(symbol), Some(module)) => {
                // `from package import module`: the symbol may be a file of its own.
                let inside = || self.module(file, submodule(self.project.language(file), import.module, symbol));
                self.member(module, symbol).or_else(inside)
            }
            (Some(symbol), None) => self.module(file, submodule(self.project.language(file), import.module, symbol)),
        }
    }

    fn module(&self, from: FileId, module: Name) -> Option<Thing<'q>> {
        self.step()?;
        let language = self.project.language(from);
        // A file that is named like a library does not take its place.
        let known = self.project.catalogue.libraries_of(language, &module).first();
        if let Some(library) = known.filter(|_| is_absolute(language, &module)) {
            return Some(Thing::Symbol(*library, module));
        }
        match self.project.modules.resolve(self.project.files, from, language, module) {
            (Module::File(file), rest) => {
                if let Some(library) = self.project.modules.generator_of_file(file) {
                    return Some(Thing::Symbol(library, module));
                }
                self.members(Thing::File(file), &rest)
            }
            (Module::Folder(folder), _) => Some(match self.project.modules.generator(folder) {
                Some(library) => Thing::Symbol(library, module),
                None => Thing::Folder(folder),
            }),
            (Module::External, _) => Some(Thing::Symbol(*known?, module)),
        }
    }

    /// What `thing.name` is.
    fn member(&self, thing: Thing<'q>, name: Name) -> Option<Thing<'q>> {
        self.step()?;
        match thing {
            Thing::Symbol(library, path) => Some(Thing::Symbol(library, Name::from(&format!("{path}.{name}")))),
            Thing::Handle(library) if self.project.catalogue.words(library, name).is(Words::MODEL) => {
                Some(Thing::Model(library, None))
            }
            Thing::Model(..) if name == "[]" => Some(element_of(thing)),
            Thing::Handle(_) | Thing::Model(..) => Some(thing),
            Thing::Rows(..) if name == "[]" => Some(thing),
            Thing::Rows(library, _) | Thing::Related(library) => Some(Thing::Related(library)),
            Thing::File(file) => self.exported(file, name).or_else(|| {
                // A Python package offers its modules.
                let language = self.project.language(file);
                (language == Language::Python).then(|| self.module(file, Name::from(&format!(".{name}"))))?
            }),
            Thing::Folder(folder) => {
                let files = self.project.modules.files_in(folder);
                files.iter().find_map(|file| self.exported(*file, name))
            }
            Thing::Type(id) => self.static_member(id, name),
            Thing::Instance(id) if name == "[]" => Some(Thing::Instance(id)),
            Thing::Instance(id) => self.instance_member(id, name, 0),
            Thing::Object(site, entries) => {
                let (_, value) = entries.iter().find(|(key, _)| *key == name)?;
                self.value(site, value)
            }
            Thing::Function(_) => None,
        }
    }

    fn static_member(&self, id: TypeId, name: Name) -> Option<Thing<'q>> {
        if let Some(method) = self.method(id, name) {
            return Some(Thing::Function(method));
        }
        let one = self.project.type_at(id);
        if let Some(field) = one.fields.iter().find(|field| field.name == name) {
            let site = Site { file: id.file, function: FunctionIndex::FILE, at: u32::MAX };
            if let Some(thing) = field.value.as_ref().and_then(|value| self.value(site, value)) {
                return Some(thing);
            }
        }
        let library = self.model_of(id)?;
        Some(Thing::Model(library, Some(id)))
    }

    fn instance_member(&self, id: TypeId, name: Name, depth: u32) -> Option<Thing<'q>> {
        self.step()?;
        let one = self.project.type_at(id);
        let file_site = Site { file: id.file, function: FunctionIndex::FILE, at: u32::MAX };
        if let Some(method) = self.own_method(id, name) {
            let getter = self.project.function(method).kind == FunctionKind::Getter;
            return if getter { self.returned(method) } else { Some(Thing::Function(method)) };
        }
        if let Some(field) = one.fields.iter().find(|field| field.name == name) {
            let declared = field.declared.as_ref().and_then(|declared| self.declared(file_site, declared));
            if let Some(thing) =
                declared.or_else(|| field.value.as_ref().and_then(|value| self.value(file_site, value)))
            {
                return Some(thing);
            }
        }
        if let Some(thing) = self.attribute(id, one.name, name) {
            return Some(thing);
        }
        if depth < 8 {
            for base in &one.bases {
                match self.declared_type(file_site, base) {
                    Some(Thing::Type(base)) => {
                        if let Some(thing) = self.instance_member(base, name, depth + 1) {
                            return Some(thing);
                        }
                    }
                    // Everything else a client has, its extension has: `class PrismaService extends PrismaClient`
                    Some(Thing::Handle(library)) => return Some(Thing::Handle(library)),
                    _ => {}
                }
            }
        }
        self.model_of(id).map(Thing::Related)
    }

    /// What the methods of a type assign to an attribute of its objects, or its constructor declares.
    fn attribute(&self, id: TypeId, owner: Name, name: Name) -> Option<Thing<'q>> {
        let files = self.project.modules.siblings(id.file, self.project.language(id.file));
        let own = [id.file];
        for file in if files.is_empty() { &own } else { files } {
            let facts = self.project.facts(*file);
            let scopes = self.project.scopes(*file);
            for binding in scopes.attribute(facts, owner, name) {
                let site = Site { file: *file, function: binding.function, at: binding.span.start };
                let declared = binding.declared.as_ref().and_then(|declared| self.declared(site, declared));
                if let Some(thing) = declared.or_else(|| self.value(site, &binding.value)) {
                    return Some(thing);
                }
            }
            if let Some(index) = scopes.method(owner, "new".into()) {
                let params = &facts.function(index).params;
                if let Some(position) = params.iter().position(|param| param.field && param.name == name) {
                    return self.param(FunctionId { file: *file, index }, position as u32);
                }
            }
        }
        None
    }

    /// The method of a type or of its bases in the repository.
    pub(super) fn method(&self, id: TypeId, name: Name) -> Option<FunctionId> {
        let mut next = vec![id];
        let mut seen = 0;
        while let Some(id) = next.pop() {
            if let Some(method) = self.own_method(id, name) {
                return Some(method);
            }
            seen += 1;
            if seen > 16 {
                return None; // Bases that lead in a circle.
            }
            let site = Site { file: id.file, function: FunctionIndex::FILE, at: u32::MAX };
            for base in self.project.type_at(id).bases.iter().rev() {
                if let Some(Thing::Type(base)) = self.declared_type(site, base) {
                    next.push(base);
                }
            }
        }
        None
    }

    /// What a type is besides itself: the handle or model that it extends.
    pub(super) fn inherited(&self, id: TypeId) -> Option<Thing<'q>> {
        self.step()?;
        let site = Site { file: id.file, function: FunctionIndex::FILE, at: u32::MAX };
        self.project.type_at(id).bases.iter().find_map(|base| match self.declared_type(site, base)? {
            Thing::Type(base) if base != id => self.inherited(base),
            thing @ Thing::Handle(_) => Some(thing),
            _ => None,
        })
    }

    fn own_method(&self, id: TypeId, name: Name) -> Option<FunctionId> {
        let owner = self.project.type_at(id).name;
        let siblings = self.project.modules.siblings(id.file, self.project.language(id.file));
        std::iter::once(&id.file).chain(siblings).find_map(|file| {
            let index = self.project.scopes(*file).method(owner, name)?;
            Some(FunctionId { file: *file, index })
        })
    }

    /// The library that keeps the rows of a type, by its bases and decorators.
    pub(super) fn model_of(&self, id: TypeId) -> Option<LibraryId> {
        self.step()?;
        let one = self.project.type_at(id);
        let site = Site { file: id.file, function: FunctionIndex::FILE, at: u32::MAX };
        let based = one.bases.iter().find_map(|base| match self.declared_type(site, base)? {
            Thing::Model(library, _) => Some(library),
            Thing::Type(base) if base != id => self.model_of(base),
            _ => None,
        });
        based.or_else(|| {
            one.decorators.iter().find_map(|decorator| match self.path(site, &decorator.path)? {
                Thing::Symbol(library, path) => self.symbol(library, path).is(Words::MODEL).then_some(library),
                _ => None,
            })
        })
    }

    fn type_named(&self, file: FileId, name: Name) -> Option<TypeId> {
        let site = Site { file, function: FunctionIndex::FILE, at: u32::MAX };
        match self.lookup(site, name)? {
            Thing::Type(id) => Some(id),
            _ => None,
        }
    }

    /// A type itself, or for an alias the type that it renames.
    fn alias(&self, id: TypeId) -> Thing<'q> {
        let one = self.project.type_at(id);
        if one.kind == TypeKind::Alias
            && let Some(base) = one.bases.first()
        {
            let site = Site { file: id.file, function: FunctionIndex::FILE, at: u32::MAX };
            if let Some(thing) = self.declared_type(site, base) {
                return thing;
            }
        }
        Thing::Type(id)
    }

    /// An object of a declared type.
    pub(super) fn declared(&self, site: Site, declared: &TypeRef) -> Option<Thing<'q>> {
        match self.declared_type(site, declared)? {
            Thing::Type(id) => Some(match self.model_of(id) {
                Some(library) => Thing::Rows(library, Some(id)),
                None => Thing::Instance(id),
            }),
            Thing::Model(library, id) => Some(Thing::Rows(library, id)),
            thing => Some(thing),
        }
    }

    /// What a type expression names: a handle's type gives the handle, a wrapper what it wraps.
    fn declared_type(&self, site: Site, declared: &TypeRef) -> Option<Thing<'q>> {
        self.step()?;
        let is = |word: &str| matches!(&*declared.path, [name] if *name == word);
        if is("typeof") {
            let named = declared.arguments.first()?;
            // With type arguments of its own the name is one level down: `typeof drizzle<Schema>`
            let named = if named.path.iter().all(|name| name.is_empty()) { named.arguments.first()? } else { named };
            return self.path(site, &named.path);
        }
        if is("ReturnType") {
            return self.called(self.declared_type(site, declared.arguments.first()?)?);
        }
        let named = match self.path(site, &declared.path) {
            Some(Thing::Symbol(library, path)) => {
                let words = self.symbol(library, path);
                if words.is(Words::TYPE) {
                    return Some(Thing::Handle(library));
                }
                words.is(Words::MODEL).then_some(Thing::Model(library, None))
            }
            // A class made by a factory, or an injectable value.
            Some(Thing::Function(_) | Thing::File(_) | Thing::Folder(_) | Thing::Object(..)) => None,
            named => named,
        };
        named.or_else(|| declared.arguments.iter().find_map(|argument| self.declared_type(site, argument)))
    }

    /// What a path below a library means to it: its last name, or its last two.
    pub(super) fn symbol(&self, library: LibraryId, path: Name) -> Words {
        let words = |name: &str| self.project.catalogue.words(library, Name::from(name));
        let last = path.rfind(['.', '/', ':']).map_or(0, |end| end + 1);
        let pair = path[..last.saturating_sub(1)].rfind(['.', '/', ':']).map_or(0, |end| end + 1);
        words(&path[last..]).or(words(&path[pair..]))
    }

    /// What a call gives.
    pub(super) fn result(&self, id: CallId) -> Option<Thing<'q>> {
        self.step()?;
        let call = self.project.call(id);
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        let told = self.told(site, id, call);
        // A helper that sorts or copies rows still gives rows: `uniq(orders)`, `copy(order)`
        let passed = || {
            if call.chain.len() > 2 || call.receiver.is_some() {
                return None; // A method of something else.
            }
            call.arguments.iter().take(1).find_map(|argument| match element_of(self.value(site, &argument.value)?) {
                rows @ Thing::Rows(..) => Some(rows),
                _ => None,
            })
        };
        // A helper that runs a function and keeps what it gives: `remember("db", () => new Db())`
        let made = || {
            call.arguments.iter().find_map(|argument| match argument.value {
                Value::Function(index) => self.returned(FunctionId { file: id.file, index }),
                _ => None,
            })
        };
        told.or_else(made).or_else(passed)
    }

    fn told(&self, site: Site, id: CallId, call: &'q Call) -> Option<Thing<'q>> {
        if call.chain.len() == 1 && call.receiver.is_none() {
            return match self.lookup(site, call.name())? {
                // `get_object_or_404(Order, id)`
                Thing::Symbol(library, path) if self.symbol(library, path).is(Words::READ) => {
                    Some(self.made_by_handle(site, call, library))
                }
                callee => self.called(callee),
            };
        }
        let subject = self.subject(id)?;
        match subject {
            Thing::Handle(library) => {
                // What collects calls for one round trip is no handle: `table.batch_writer()`
                let words = self.project.catalogue.words(library, call.name());
                (!words.is(Words::QUEUES)).then(|| self.made_by_handle(site, call, library))
            }
            Thing::Model(library, one) => {
                if let Some(method) = one.and_then(|one| self.method(one, call.name())) {
                    return self.returned(method);
                }
                let words = self.project.catalogue.words(library, call.name());
                Some(if words.is(Words::READ.or(Words::WRITE)) { Thing::Rows(library, one) } else { subject })
            }
            Thing::Rows(..) => Some(subject),
            Thing::Related(library) => {
                let words = self.project.catalogue.words(library, call.name());
                Some(if words.is(Words::READ) { Thing::Rows(library, None) } else { subject })
            }
            Thing::Type(id) if self.method(id, call.name()).is_none() => {
                let library = self.model_of(id)?;
                let words = self.project.catalogue.words(library, call.name());
                let gives_rows = words.is(Words::READ.or(Words::WRITE));
                Some(if gives_rows { Thing::Rows(library, Some(id)) } else { Thing::Model(library, Some(id)) })
            }
            subject => self.called(self.member(subject, call.name())?),
        }
    }

    fn made_by_handle(&self, site: Site, call: &'q Call, library: LibraryId) -> Thing<'q> {
        let words = self.project.catalogue.words(library, call.name());
        // The row's type stands among the arguments: `session.get(User, id)`, `session.query(User)`.
        let model = || {
            call.arguments.iter().find_map(|argument| match self.value(site, &argument.value)? {
                Thing::Model(_, one) | Thing::Rows(_, one) => one,
                Thing::Type(one) => Some(one),
                _ => None,
            })
        };
        if words.is(Words::DEFINES) {
            Thing::Model(library, None)
        } else if words.is(Words::MODEL) {
            Thing::Model(library, None)
        } else if words.is(Words::READ.or(Words::WRITE).or(Words::ROW_READ).or(Words::STATEMENT)) {
            Thing::Rows(library, model())
        } else {
            Thing::Handle(library)
        }
    }

    /// What calling a thing gives.
    fn called(&self, callee: Thing<'q>) -> Option<Thing<'q>> {
        match callee {
            Thing::Symbol(library, path) => {
                let words = self.symbol(library, path);
                if words.is(Words::MODEL.or(Words::DEFINES)) {
                    Some(Thing::Model(library, None))
                } else if words.is(Words::TYPE.or(Words::OPENS)) {
                    Some(Thing::Handle(library))
                } else {
                    None
                }
            }
            Thing::Handle(library) => Some(Thing::Handle(library)),
            Thing::Type(id) => Some(match self.model_of(id) {
                Some(library) => Thing::Rows(library, Some(id)),
                None => Thing::Instance(id),
            }),
            Thing::Model(library, one) => Some(Thing::Rows(library, one)),
            Thing::Function(id) => self.returned(id),
            _ => None,
        }
    }

    /// What a function of the repository gives, by its declared type or its `return` statements.
    fn returned(&self, id: FunctionId) -> Option<Thing<'q>> {
        self.step()?;
        let function = self.project.function(id);
        let site = Site { file: id.file, function: id.index, at: u32::MAX };
        let declared = function.returns.as_ref().and_then(|returns| self.declared(site, returns));
        declared.or_else(|| function.returned.iter().find_map(|value| self.value(site, value)))
    }
}

/// Names a package rather than a place in the repository, in languages that tell them apart by the name.
fn is_absolute(language: Language, module: &str) -> bool {
    match language {
        Language::Python => !module.starts_with('.'),
        Language::Rust => !["crate", "self", "super"].contains(&module.split("::").next().unwrap_or_default()),
        Language::TypeScript | Language::Go => false,
    }
}

/// What a loop over a thing binds: of a query its rows.
fn element_of(thing: Thing) -> Thing {
    match thing {
        Thing::Model(library, one) => Thing::Rows(library, one),
        thing => thing,
    }
}

/// The module that a symbol of another would be, if it is one.
fn submodule(language: Language, module: Name, symbol: Name) -> Name {
    match language {
        Language::Python if module.ends_with('.') => Name::from(&format!("{module}{symbol}")),
        Language::Python => Name::from(&format!("{module}.{symbol}")),
        Language::Rust => Name::from(&format!("{module}::{symbol}")),
        Language::TypeScript | Language::Go => Name::from(&format!("{module}/{symbol}")),
    }
}
