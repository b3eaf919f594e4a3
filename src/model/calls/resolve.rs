//! The function that a call runs, as far as names and types show it.

use crate::facts::{Call, FunctionKind, Loop, Name};
use crate::model::relations::Sources;
use crate::model::things::{Site, Thing, Things};
use crate::model::{CallId, FunctionId, Project, TypeId};

use super::methods::Methods;
use super::{Callee, Link};

/// Names that methods of every library have: on an object of which nothing is known they tell nothing.
const COMMON: [&str; 46] = [
    "add", "all", "append", "apply", "call", "check", "clear", "close", "connect", "count", "create", "delete", "emit",
    "execute", "exists", "fetch", "filter", "find", "first", "flush", "get", "handle", "info", "init", "insert",
    "last", "list", "load", "log", "map", "patch", "process", "put", "query", "read", "remove", "reset", "run", "save",
    "search", "send", "set", "start", "stop", "update", "write",
];

/// What the calls of one file are resolved with.
pub(super) struct Around<'q, S> {
    pub(super) methods: &'q Methods,
    /// Where models have relations: what rows a call is made on.
    pub(super) sources: Option<Sources<'q>>,
    /// Whether a function is known to send something.
    pub(super) sends: S,
}

pub(super) fn callee<S: Fn(FunctionId) -> bool>(project: &Project, around: &Around<S>, id: CallId) -> Option<Callee> {
    let call = project.call(id);
    let things = Things::new(project);
    let found = if call.chain.len() == 1 && call.receiver.is_none() {
        by_name(project, &things, id, call)
    } else {
        by_receiver(project, around, &things, id, call)
    }?;
    let function = project.function(found.function);
    (function.kind != FunctionKind::File && !function.test && takes(function.params.len(), call)).then_some(found)
}

/// Whether a function takes so many arguments: fewer may have defaults, more never fit by much.
fn takes(params: usize, call: &Call) -> bool {
    call.arguments.len() <= params.max(1) + 2
}

fn by_name(project: &Project, things: &Things, id: CallId, call: &Call) -> Option<Callee> {
    let site = Site { file: id.file, function: call.function, at: call.span.start };
    let function = match things.lookup(site, call.name())? {
        Thing::Function(function) => function,
        _ => return None,
    };
    let link = if function.file == id.file { Link::Local } else { Link::Imported };
    // In Go and Python a method is never called by its bare name.
    project.function(function).owner.is_none().then_some(Callee { function, link })
}

fn by_receiver<S: Fn(FunctionId) -> bool>(
    project: &Project,
    around: &Around<S>,
    things: &Things,
    id: CallId,
    call: &Call,
) -> Option<Callee> {
    let name = call.name();
    // A method of the model whose row it is, or a step that the repository gave its queries.
    let of_rows = || {
        let function = around.sources.as_ref()?.method_called(id)?;
        Some(Callee { function, link: Link::Typed })
    };
    match things.subject(id) {
        Some(Thing::Instance(one) | Thing::Type(one) | Thing::Rows(_, Some(one)) | Thing::Model(_, Some(one))) => {
            let own = matches!(call.root().as_str(), "self" | "Self") && call.chain.len() == 2;
            let link = if own { Link::Own } else { Link::Typed };
            // The loop may go over the implementations themselves: `for listener in self.listeners: listener.notify()`
            let turns = |each: &Loop| each.function == call.function && each.binds.contains(&call.root());
            let sends = |function| (around.sends)(function) && !project.facts(id.file).loops.iter().any(turns);
            method(project, around.methods, &sends, things, one, name, link)
                .or_else(|| by_field(things, one, name))
                .or_else(of_rows)
        }
        Some(Thing::Symbol(..)) => None,
        Some(Thing::Handle(_) | Thing::Rows(..) | Thing::Model(..)) => of_rows(),
        Some(Thing::Related(_)) | None => of_rows().or_else(|| by_unique_name(project, around.methods, id, call)),
        Some(subject) => match things.member(subject, name)? {
            Thing::Function(function) if function.file == id.file => Some(Callee { function, link: Link::Local }),
            Thing::Function(function) => Some(Callee { function, link: Link::Imported }),
            _ => None,
        },
    }
}

/// A method of a type, of its bases, or of the only type that stands in for it.
fn method(
    project: &Project,
    methods: &Methods,
    sends: &impl Fn(FunctionId) -> bool,
    things: &Things,
    one: TypeId,
    name: Name,
    link: Link,
) -> Option<Callee> {
    let found = things.method(one, name);
    let is_empty = |id: FunctionId| {
        let function = project.function(id);
        function.returned.is_empty() && !project.facts(id.file).calls.iter().any(|call| call.function == id.index)
    };
    if let Some(function) = found.filter(|id| !is_empty(*id)) {
        return Some(Callee { function, link });
    }
    let implementation = methods.implementation(project, one, name, sends).or_else(|| {
        let declarer = things.declarer(one, name).filter(|declarer| *declarer != one && found.is_none())?;
        methods.implementation(project, declarer, name, sends)
    });
    let implementation = implementation.map(|function| Callee { function, link: link.max(Link::Implemented) });
    implementation.or_else(|| found.map(|function| Callee { function, link }))
}

/// A field that holds a function.
fn by_field(things: &Things, one: TypeId, name: Name) -> Option<Callee> {
    match things.member(Thing::Instance(one), name)? {
        Thing::Function(function) => Some(Callee { function, link: Link::Typed }),
        _ => None,
    }
}

fn by_unique_name(project: &Project, methods: &Methods, id: CallId, call: &Call) -> Option<Callee> {
    let name = call.name();
    if COMMON.contains(&name.as_str()) {
        return None;
    }
    let function = methods.only(project, id.file, name)?;
    let owner = project.function(function).owner?;
    let receiver = call.chain.len().checked_sub(2).map(|at| call.chain[at])?;
    let fits = words(&name) > 1 || shares_word(&receiver, &owner);
    (fits && !is_foreign(project, id, call.root())).then_some(Callee { function, link: Link::Named })
}

/// The receiver is imported from outside the repository.
fn is_foreign(project: &Project, id: CallId, root: Name) -> bool {
    let imports = project.facts(id.file).imports.iter();
    let mut named = imports.filter(|import| import.alias == root);
    named.any(|import| project.is_external(id.file, import.module))
}

pub(super) fn words(name: &str) -> usize {
    let bytes = name.trim_matches('_').as_bytes();
    let starts = bytes.windows(2).filter(|pair| {
        pair[0] == b'_' && pair[1] != b'_' || pair[1].is_ascii_uppercase() && !pair[0].is_ascii_uppercase()
    });
    1 + starts.count()
}

/// `attachmentRepo` and `AttachmentRepository`
fn shares_word(receiver: &str, owner: &str) -> bool {
    let (receiver, owner) = (receiver.to_ascii_lowercase(), owner.to_ascii_lowercase());
    let (receiver, owner) = (receiver.replace('_', ""), owner.replace('_', ""));
    receiver.len() > 3 && (owner.starts_with(&receiver) || receiver.starts_with(&owner))
}
