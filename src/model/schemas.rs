//! What a library checks, schema by schema: types built on its base, calls that make one, tags and decorators on
//! fields, and uses of a function of the repository that makes one from what it is given. Knows what makes a schema,
//! not what comes through it.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::services::{LibraryUse, Service};
use super::things::{Site, Thing, Things};
use super::{Project, TypeId};
use crate::catalogue::{Library, LibraryId, fits};
use crate::facts::{
    Argument, Call, CallIndex, FileFacts, FileId, Function, FunctionIndex, Import, Language, Name, Span, Type,
    TypeIndex, TypeRef, Value,
};
use crate::finding::Place;
use crate::walk::Role;

/// A shape that a library checks values against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// What it is called, where that can be seen.
    pub name: Option<Name>,
    pub place: Place,
}

/// More bases above one another are a circle, or nobody's code.
const DEPTH: usize = 8;

impl Project<'_> {
    /// The schemas that a service makes with a library, the outermost ones alone.
    pub fn schemas(&self, service: &Service, one: &LibraryUse) -> Vec<Schema> {
        let library = self.catalogue.library(one.library);
        let Some(language) = library.language.of_sources().filter(|_| !library.schemas.is_empty()) else {
            return Vec::new();
        };
        let own = service.files.iter().copied().filter(|file| self.language(*file) == language);
        let imported = one.imports.iter().map(|place| place.file);
        let mut files: Vec<FileId> = own.chain(imported).collect();
        files.sort_unstable();
        files.dedup();
        files.retain(|file| self.has_facts(*file) && self.file(*file).role == Role::Product);
        let search = Search { project: self, library: one.library, names: RefCell::default() };
        let makers: Vec<Maker> = files.iter().flat_map(|file| search.makers(*file)).collect();
        files.iter().flat_map(|file| search.schemas(*file, &makers)).collect()
    }
}

/// Looks for the schemas of one library.
struct Search<'s, 'p> {
    project: &'s Project<'p>,
    library: LibraryId,
    /// By file: many types stand in each.
    names: RefCell<FxHashMap<FileId, Rc<Names<'s>>>>,
}

impl<'s> Search<'s, '_> {
    fn names(&self, file: FileId) -> Rc<Names<'s>> {
        let known = self.names.borrow().get(&file).cloned();
        known.unwrap_or_else(|| {
            let names = Rc::new(Names::of(self.project, self.library, file));
            self.names.borrow_mut().insert(file, Rc::clone(&names));
            names
        })
    }

    fn schemas(&self, file: FileId, makers: &[Maker]) -> Vec<Schema> {
        let facts = self.project.facts(file);
        let names = self.names(file);
        let at = |name, span| Schema { name, place: Place { file, span } };
        let is_made = |path: &[Name]| makers.iter().any(|maker| maker.is_called(file, facts, path));
        let types = facts.types.iter().enumerate().filter(|(_, one)| !one.test);
        let typed = types.filter(|(index, one)| {
            names.mark(one) || self.is_based(TypeId { file, index: TypeIndex(*index as u32) }, 0)
        });
        let mut found: Vec<Schema> = typed.map(|(_, one)| at(Some(one.name), one.head)).collect();
        // What makes one from its parameter counts where it is used.
        let is_inside = |span: Span| makers.iter().any(|maker| maker.file == file && maker.span.contains(span));
        let makes = |call: &Call| call.receiver.is_none() && (names.is_schema(&call.chain) || is_made(&call.chain));
        let calls = facts.calls.iter().enumerate().filter(|(_, call)| makes(call) && !is_inside(call.span));
        let mut calls: Vec<(usize, &Call)> = calls.filter(|(_, call)| !facts.function(call.function).test).collect();
        calls.sort_by_key(|(_, call)| (call.span.start, std::cmp::Reverse(call.span.end)));
        let mut end = 0;
        for (index, call) in calls {
            if call.span.start < end {
                continue; // A part of the one before.
            }
            let whole = facts.call(facts.last_of_chain(CallIndex(index as u32))).span;
            end = whole.end;
            found.push(at(bound(facts, whole), call.span));
        }
        let functions = facts.functions.iter().filter(|function| !function.test);
        let decorators = functions.flat_map(|function| &function.decorators);
        let made = decorators.filter(|one| names.is_schema(&one.path) || is_made(&one.path));
        found.extend(made.map(|one| at(None, one.span)));
        found.sort_by_key(|schema| schema.place);
        found.dedup_by_key(|schema| schema.place);
        found
    }

    /// Whether a type is built on a schema of the library, in however many steps.
    fn is_based(&self, one: TypeId, depth: usize) -> bool {
        let bases = &self.project.type_at(one).bases;
        if bases.is_empty() || depth > DEPTH {
            return false;
        }
        let names = self.names(one.file);
        bases.iter().any(|base| {
            names.is_schema(&base.path)
                || self.type_named(one.file, base).is_some_and(|above| above != one && self.is_based(above, depth + 1))
        })
    }

    fn type_named(&self, file: FileId, named: &TypeRef) -> Option<TypeId> {
        let site = Site::of_file(file);
        match Things::new(self.project).path(site, &named.path)? {
            Thing::Type(id) => Some(id),
            _ => None,
        }
    }

    /// The functions of a file that make a schema from what they are given.
    fn makers(&self, file: FileId) -> Vec<Maker> {
        let facts = self.project.facts(file);
        let names = self.names(file);
        let made = facts.calls.iter().filter(|call| call.receiver.is_none() && names.is_schema(&call.chain));
        let made = made.filter_map(|call| {
            let function = outermost(facts, call.function)?;
            let is_param = |name: &Name| function.params.iter().any(|param| param.name == *name);
            let is_given = |argument: &Argument| match &argument.value {
                Value::Path(path) => path.first().is_some_and(is_param),
                _ => false,
            };
            let given = call.arguments.iter().any(is_given);
            given.then_some(Maker { file, name: function.name, span: function.span })
        });
        let mut seen = FxHashSet::default();
        made.filter(|maker| seen.insert(maker.name)).collect()
    }
}

/// A function of the repository that makes a schema from its parameter.
struct Maker {
    file: FileId,
    name: Name,
    span: Span,
}

impl Maker {
    /// By its name, in its own file or where that name is imported.
    fn is_called(&self, file: FileId, facts: &FileFacts, path: &[Name]) -> bool {
        let [name] = path else { return false };
        let is_brought = |import: &Import| import.alias == *name && import.symbol == Some(self.name);
        if file == self.file { *name == self.name } else { facts.imports.iter().any(is_brought) }
    }
}

/// What makes a schema is called in one file.
struct Names<'p> {
    library: &'p Library,
    /// The imports that lead to it.
    imports: Vec<&'p Import>,
    /// No other import may explain a name here: then what is called on something else is taken for its own.
    others: Vec<&'p Import>,
    language: Language,
}

impl<'p> Names<'p> {
    fn of(project: &'p Project<'_>, id: LibraryId, file: FileId) -> Self {
        let facts = project.facts(file);
        let library = project.catalogue.library(id);
        let leads = |import: &&Import| {
            let is_meant = library.symbols.is_empty()
                || import.symbol.is_none_or(|symbol| library.symbols.iter().any(|one| fits(one, &symbol)));
            !import.type_only && is_meant && project.claiming(facts.language, import.module).contains(&id)
        };
        let (imports, others) = facts.imports.iter().partition(leads);
        Self { library, imports, others, language: facts.language }
    }

    fn is_word(&self, name: &str) -> bool {
        self.library.schemas.iter().any(|word| fits(word, name))
    }

    /// Whether a path names what makes a schema: `z.object`, an imported `BaseModel`, `Joi` of the house.
    fn is_schema(&self, path: &[Name]) -> bool {
        let (Some(first), Some(last)) = (path.first(), path.last()) else { return false };
        if self.imports.is_empty() {
            return false;
        }
        match self.imports.iter().find(|import| import.alias == *first) {
            Some(import) if path.len() == 1 => self.is_word(import.symbol.as_ref().map_or(DEFAULT, Name::as_str)),
            Some(_) => self.is_word(last),
            // Extended, or opened in another file: `Joi = base.extend(..)`, `ma = Marshmallow(app)`.
            None => {
                let is_other =
                    || self.others.iter().any(|import| import.alias == *first && !import.module.starts_with('.'));
                let is_of_house = path.len() == 2 && first != "self";
                is_of_house && self.is_word(last) && (self.language == Language::Python || !is_other())
            }
        }
    }

    /// Whether fields of a type carry its tags or decorators.
    fn mark(&self, one: &Type) -> bool {
        let derived =
            one.decorators.iter().filter(|decorator| decorator.path.last().is_some_and(|name| name == "derive"));
        let mut derived = derived.flat_map(|decorator| &decorator.arguments);
        let is_derived = derived.any(|one| matches!(&one.value, Value::Path(path) if self.is_schema(path)));
        let mut decorators = one.decorators.iter().chain(one.fields.iter().flat_map(|field| &field.decorators));
        is_derived
            || decorators.any(|decorator| match self.language {
                // Tags name no package.
                Language::Go => decorator.path.first().is_some_and(|tag| self.is_word(tag)),
                _ => self.is_schema(&decorator.path),
            })
    }
}

/// How [`Library::schemas`] calls what a module gives without a name.
const DEFAULT: &str = "default";

/// The outermost function around some code, where it has a name and no owner.
fn outermost(facts: &FileFacts, index: FunctionIndex) -> Option<&Function> {
    let mut function = facts.function(index);
    while let Some(parent) = function.parent.filter(|parent| *parent != FunctionIndex::FILE) {
        function = facts.function(parent);
    }
    (!function.name.is_empty() && function.owner.is_none()).then_some(function)
}

/// The name that a value is bound to.
fn bound(facts: &FileFacts, span: Span) -> Option<Name> {
    let around = facts.bindings.iter().filter(|binding| binding.span.contains(span));
    around.min_by_key(|binding| binding.span.end - binding.span.start)?.target.last().copied()
}
