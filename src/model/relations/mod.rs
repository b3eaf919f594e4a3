//! What belongs to the rows of each model, and when it is loaded: declarations to relations, and the values of a
//! program to rows with what was loaded with them. Knows the forms that the catalogue lists, not what a schema says.

mod declared;
mod lookup;
mod options;
mod rows;
mod serializers;

pub use rows::{Handed, Rows, Sources, Top};
pub(super) use serializers::Lists;
pub use serializers::{Computed, Written};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::{self, LibraryId, Words};
use crate::facts::{Argument, Language, Name, Span, Usage, Value};
use crate::walk::FileId;

use super::things::{Site, Thing, Things};
use super::{CallId, FunctionId, Project, TypeId};

/// A type whose rows a library keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    Own(TypeId),
    /// Declared by a library; known by its name.
    Outside(Name),
}

/// What a row leads to.
///
/// `author = ForeignKey(User)` · `posts = relationship("Post")` · from the other side `user.post_set`
#[derive(Clone, Debug)]
pub struct Relation {
    pub name: Name,
    /// To many rows, or to one.
    pub many: bool,
    /// The model that declares it, or that the way back begins at.
    pub owner: Model,
    pub target: Option<Model>,
    /// Loaded with its row, or never by reading it.
    pub loaded: bool,
    /// There is always a row.
    pub required: bool,
    pub library: LibraryId,
    /// Where it is declared.
    pub file: FileId,
    pub span: Span,
}

/// Every relation of the repository.
#[derive(Debug, Default)]
pub(super) struct Relations {
    of: FxHashMap<Model, Vec<Relation>>,
    libraries: FxHashMap<Model, LibraryId>,
    bases: FxHashMap<TypeId, Vec<TypeId>>,
    names: FxHashSet<Name>,
    /// The model that stands for accounts, where a library lets the project replace it.
    account: Option<Model>,
    /// Methods of types whose values are handles, by name: steps of a query that the repository made.
    steps: FxHashMap<Name, Vec<FunctionId>>,
    /// Calls by name, where a function of the repository has it: who may hand rows to its parameters.
    callers: FxHashMap<Name, Vec<CallId>>,
}

/// A function that is called in more places takes whatever it is given.
const MANY_CALLERS: usize = 40;

impl Relations {
    fn find(&self, model: Model, name: Name) -> Option<&Relation> {
        let mut open = vec![model];
        let mut seen = 0;
        while let Some(model) = open.pop() {
            let own = self.of.get(&model).and_then(|own| own.iter().find(|relation| relation.name == name));
            if own.is_some() {
                return own;
            }
            seen += 1;
            if seen > 16 {
                return None; // Bases that lead in a circle.
            }
            if let Model::Own(id) = model {
                open.extend(self.bases.get(&id).into_iter().flatten().rev().map(|base| Model::Own(*base)));
            }
        }
        None
    }
}

impl Project<'_> {
    pub(super) fn relations(&self) -> &Relations {
        self.relations.get_or_init(|| Relations::of(self))
    }

    /// Whether a file is of a language in which models of the repository have relations.
    pub(super) fn has_relations(&self, file: FileId) -> bool {
        let is_spoken = self.has_facts(file) && matches!(self.language(file), Language::Python | Language::TypeScript);
        is_spoken && !self.relations().libraries.is_empty()
    }

    /// Whether some model has a relation of this name.
    pub fn is_relation_name(&self, name: Name) -> bool {
        self.relations().names.contains(&name)
    }

    /// The name of a model.
    pub fn model_name(&self, model: Model) -> Name {
        match model {
            Model::Own(id) => self.type_at(id).name,
            Model::Outside(name) => name,
        }
    }

    /// Whether the query that a call gives is refined elsewhere, by the name that it is bound to or by the function that
    /// it is handed to: `latest(order.lines.all())`
    pub fn refines(&self, id: CallId, library: LibraryId) -> bool {
        let facts = self.facts(id.file);
        let call = facts.call(id.index);
        if let Usage::Argument(outer) = call.usage {
            let Some(callee) = self.called_by(CallId { file: id.file, index: outer }) else { return false };
            let function = self.function(callee);
            let is_it = |argument: &&Argument| matches!(argument.value, Value::Call(inner, _) if inner == id.index);
            let Some(position) = facts.call(outer).arguments.iter().position(|one| is_it(&one)) else { return false };
            let argument = &facts.call(outer).arguments[position];
            let name = argument.name.or_else(|| {
                let own = function.params.iter().filter(|param| !matches!(param.name.as_str(), "cls" | "self"));
                own.map(|param| param.name).nth(position)
            });
            return name.is_some_and(|name| self.is_refined(callee, name, 0, library));
        }
        let is_it = |value: &Value| matches!(value, Value::Call(inner, read) if *inner == id.index && read.is_empty());
        let bound = facts.bindings.iter().find(|binding| is_it(&binding.value));
        let Some(binding) = bound else { return false };
        let [name] = *binding.target else { return false };
        self.is_refined(FunctionId { file: id.file, index: call.function }, name, binding.span.end, library)
    }

    /// The function that a call runs, whether or not it sends anything by itself.
    fn called_by(&self, id: CallId) -> Option<FunctionId> {
        let call = self.call(id);
        let known = self.callee(id).map(|callee| callee.function);
        known.or_else(|| {
            let [name] = *call.chain else { return None };
            let site = Site { file: id.file, function: call.function, at: call.span.start };
            match Things::new(self).lookup(site, name)? {
                Thing::Function(function) => Some(function),
                _ => None,
            }
        })
    }

    /// Whether a function calls something on a name that makes a query of it that nothing was loaded for.
    fn is_refined(&self, id: FunctionId, name: Name, after: u32, library: LibraryId) -> bool {
        let facts = self.facts(id.file);
        let Some(form) = &self.catalogue.library(library).relations else { return false };
        facts.calls.iter().filter(|call| call.function == id.index && call.span.start >= after).any(|call| {
            let [root, method] = *call.chain else { return false };
            let words = self.catalogue.words(library, method);
            root == name
                && words.is(Words::READ.or(Words::DEFERRED))
                && !form.queries.iter().any(|query| query == method.as_str())
        })
    }

    /// How the library of a relation speaks of relations.
    pub fn relation_form(&self, relation: &Relation) -> Option<&catalogue::Relations> {
        self.catalogue.library(relation.library).relations.as_ref()
    }
}
