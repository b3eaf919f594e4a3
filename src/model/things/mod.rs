//! What a value is, as far as names, types and assignments show: a handle of a library, a model, a row, an object of
//! a type, a function. There is no type checker here: what cannot be shown is unknown, and nothing is guessed from
//! the spelling of a name.

mod calls;
mod names;
mod types;

use std::cell::{Cell, RefCell};

use crate::catalogue::{LibraryId, Words};
use crate::facts::{FunctionIndex, Language, LoopIndex, Name, Value};
use crate::walk::FileId;

use super::scopes::Definition;
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

/// How it was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// By its usual name only, in a repository that declares the library.
    Spelled,
    /// By import, construction, declared type or injection.
    Proven,
}

/// Where a name is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) file: FileId,
    pub(super) function: FunctionIndex,
    /// Byte position: a name means what was assigned to it before.
    pub(super) at: u32,
}

impl Site {
    /// The outermost scope of a file, after all that it assigns.
    pub(super) fn of_file(file: FileId) -> Self {
        Self { file, function: FunctionIndex::FILE, at: u32::MAX }
    }
}

/// Steps one question may take. Chains of definitions in written code are below 30; the bound is for cycles.
const STEPS: u32 = 300;

/// Answers one question.
pub(super) struct Things<'q, 'p> {
    project: &'q Project<'p>,
    steps: Cell<u32>,
    /// Applications and routers are handles too.
    routing: bool,
    /// Part of the answer rests on the usual name of a handle.
    spelled: Cell<bool>,
    /// The definitions that are being asked about: one that leads back to itself tells nothing.
    asked: RefCell<Vec<(FileId, Definition)>>,
}

impl<'q, 'p> Things<'q, 'p> {
    pub(super) fn new(project: &'q Project<'p>) -> Self {
        let (steps, spelled, asked) = (Cell::new(STEPS), Cell::new(false), RefCell::default());
        Self { project, steps, routing: false, spelled, asked }
    }

    /// For questions about routes.
    pub(super) fn routing(project: &'q Project<'p>) -> Self {
        Self { routing: true, ..Self::new(project) }
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

    /// What `thing.name` is.
    pub(super) fn member(&self, thing: Thing<'q>, name: Name) -> Option<Thing<'q>> {
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
}

/// What a loop over a thing binds: of a query its rows.
fn element_of(thing: Thing) -> Thing {
    match thing {
        Thing::Model(library, one) => Thing::Rows(library, one),
        thing => thing,
    }
}
