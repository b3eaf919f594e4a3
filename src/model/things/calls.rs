//! What a call gives, by what it is made on and what the called function returns.
//! Part of [`Things`].

use crate::catalogue::{LibraryId, Words};
use crate::facts::{Call, Language, Name, Value};

use super::super::{CallId, FunctionId};
use super::{Site, Thing, Things, element_of};

/// Methods of Rust's results, options, cells and locks: they give what these hold, as the types of the same names do.
const HOLDERS: [&str; 16] = [
    "as_deref_mut",
    "borrow",
    "borrow_mut",
    "context",
    "expect",
    "inspect_err",
    "lock",
    "map_err",
    "ok",
    "ok_or",
    "ok_or_else",
    "or_else",
    "read",
    "unwrap_or_else",
    "with_context",
    "write",
];

impl<'q> Things<'q, '_> {
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
        // What a container is asked for by its type: `container.resolve<Orders>("orders")`
        let asked = || self.declared(site, call.types.first()?);
        // A variable that stands for types stands for what all of them are: `TypeVar("Row", bound=Model)`
        if call.name() == "TypeVar" && self.project.language(site.file) == Language::Python {
            let bound = call.arguments.iter().find(|argument| argument.name.is_some_and(|name| name == "bound"))?;
            return self.value(site, &bound.value);
        }
        told.or_else(made).or_else(passed).or_else(asked)
    }

    pub(super) fn told(&self, site: Site, id: CallId, call: &'q Call) -> Option<Thing<'q>> {
        if let (true, [name], Some(Value::Text(module))) =
            (self.routing, &*call.chain, call.arguments.first().map(|argument| &argument.value))
            && *name == "require"
        {
            return self.module(site.file, *module); // `require("express").Router()`
        }
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
            subject => {
                let made = self.member(subject, call.name());
                let made = made.and_then(|made| self.of_own_type(subject, made).or_else(|| self.called(made)));
                let promised = || self.promised(subject, call.name());
                made.or_else(promised).or_else(|| {
                    let held = matches!(subject, Thing::Instance(_)) && HOLDERS.contains(&call.name().as_str());
                    (held && self.project.language(site.file) == Language::Rust).then_some(subject)
                })
            }
        }
    }

    /// `def from_session(cls, session) -> Self` of a base gives an object of the type that it is called on.
    fn of_own_type(&self, subject: Thing<'q>, method: Thing<'q>) -> Option<Thing<'q>> {
        let (Thing::Type(one) | Thing::Instance(one), Thing::Function(id)) = (subject, method) else { return None };
        let returns = self.project.function(id).returns.as_ref()?;
        (*returns.path == [Name::from("Self")]).then_some(Thing::Instance(one))
    }

    /// What an interface says that its method gives: `fn orders(&mut self) -> Box<dyn OrderRepository>;`
    fn promised(&self, subject: Thing<'q>, method: Name) -> Option<Thing<'q>> {
        let Thing::Instance(one) = subject else { return None };
        let mut next = vec![one];
        let mut seen = 0;
        while let Some(id) = next.pop() {
            let one = self.project.type_at(id);
            let site = Site::of_file(id.file);
            if let Some(signature) = one.methods.iter().find(|signature| signature.name == method) {
                let returns = signature.returns.as_ref()?;
                return if *returns.path == [Name::from("Self")] {
                    Some(subject)
                } else {
                    self.declared(site, returns)
                };
            }
            seen += 1;
            if seen > 16 {
                return None; // Bases that lead in a circle.
            }
            next.extend(one.bases.iter().rev().filter_map(|base| match self.declared_type(site, base)? {
                Thing::Type(base) => Some(base),
                _ => None,
            }));
        }
        None
    }

    pub(super) fn made_by_handle(&self, site: Site, call: &'q Call, library: LibraryId) -> Thing<'q> {
        let words = self.project.catalogue.words(library, call.name());
        // The row's type stands among the arguments: `session.get(User, id)`, `session.query(User)`.
        let model = || {
            call.arguments.iter().find_map(|argument| match self.value(site, &argument.value)? {
                Thing::Model(_, one) | Thing::Rows(_, one) => one,
                Thing::Type(one) => Some(one),
                _ => None,
            })
        };
        if words.is(Words::DEFINES.or(Words::MODEL)) {
            Thing::Model(library, None)
        } else if words.is(Words::READ.or(Words::WRITE).or(Words::ROW_READ).or(Words::STATEMENT)) {
            Thing::Rows(library, model())
        } else {
            Thing::Handle(library)
        }
    }

    /// What calling a thing gives.
    pub(super) fn called(&self, callee: Thing<'q>) -> Option<Thing<'q>> {
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
    pub(super) fn returned(&self, id: FunctionId) -> Option<Thing<'q>> {
        self.step()?;
        let function = self.project.function(id);
        let site = Site { file: id.file, function: id.index, at: u32::MAX };
        let declared = function.returns.as_ref().and_then(|returns| self.declared(site, returns));
        declared.or_else(|| function.returned.iter().find_map(|value| self.value(site, value)))
    }
}
