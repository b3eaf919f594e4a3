//! The functions that resolve fields of a GraphQL schema: of which type, and which parameter holds the parent. Knows
//! what the catalogue calls them, not what they do.

mod asked;
mod decorated;
mod objects;
mod schema;

pub use asked::Asked;
pub use schema::Parents;

use rustc_hash::FxHashSet;

use crate::catalogue::{Graph, LibraryId, Words, fits};
use crate::facts::{Call, FileFacts, FileId, FunctionIndex, Import, Language, Name, Type, TypeIndex, TypeRef, Value};

use super::calls::Params;
use super::loops::has_word;
use super::things::{Site, Thing, Things};
use super::{FunctionId, Project, TypeId};
use schema::Schema;

/// Types of which there is one for each request, as schemas name them.
const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

/// Bases of types that are followed upwards.
const BASES: u32 = 8;

/// A function that resolves a field of a type of the schema, once for each parent.
///
/// `@ResolveField() author(@Parent() post: Post)` · `@strawberry.field def author(self)`
#[derive(Clone, Debug)]
pub struct Resolver {
    pub function: FunctionId,
    /// The GraphQL library that calls it.
    pub library: LibraryId,
    /// The type of the schema, as schema or code name it.
    pub owner: Name,
    pub field: Name,
    /// How many parents there are in one answer.
    pub parents: Parents,
    /// The parameters that hold the parent, or are taken from it.
    parent: Params,
    /// The type whose rows stand for the type of the schema.
    model: Option<TypeId>,
    /// Its decorator says what to load together with the parents.
    hinted: bool,
}

impl Resolver {
    fn of(function: FunctionId, library: LibraryId, owner: Name, field: Name, parent: Params) -> Self {
        let parents = Parents::Unknown;
        Self { function, library, owner, field, parents, parent, model: None, hinted: false }
    }
}

impl Project<'_> {
    /// The functions that resolve fields of types other than the roots, by file.
    pub fn resolvers(&self) -> Vec<Resolver> {
        let mut seen = FxHashSet::default();
        let mut modules = self.product_files().flat_map(|file| {
            let facts = self.facts(file);
            facts.imports.iter().map(|import| (facts.language, import.module))
        });
        if !modules.any(|(language, module)| seen.insert(module) && self.graph_of(language, module).is_some()) {
            return Vec::new(); // Nothing here answers GraphQL.
        }
        let schema = Schema::of(self);
        let mut found = Vec::new();
        for file in self.product_files() {
            decorated::find(self, file, &mut found);
        }
        objects::find(self, &schema, &mut found);
        found.retain(|one| !is_root(&one.owner));
        found.sort_by_key(|one| one.function);
        let mut seen = FxHashSet::default();
        found.retain(|one| seen.insert(one.function));
        for one in &mut found {
            one.parents = schema.parents(one.owner);
        }
        found
    }

    /// What a resolver asks, with the parent that it is asked of: `self.comments.order_by`
    pub fn asked_as(&self, resolver: &Resolver, asked: &Asked) -> String {
        let of_self = self.asking_call(asked).is_some_and(|call| call.root() == "self" && call.chain.len() > 2);
        if of_self && resolver.parent.has(Params::SELF) { format!("self.{}", asked.said) } else { asked.said.clone() }
    }

    /// Whether a resolver asks for rows that a relation of its parent leads to, rather than for numbers or other rows.
    fn asks_relation(&self, resolver: &Resolver, asked: &Asked) -> bool {
        let Some(call) = self.asking_call(asked) else { return false };
        let mut params = self.function(resolver.function).params.iter().enumerate();
        let of_self = call.root() == "self" && resolver.parent.has(Params::SELF);
        let of_parent =
            of_self || params.any(|(at, param)| param.name == call.root() && resolver.parent.has(Params::one(at)));
        let facts = self.facts(asked.place.file);
        let counts = |call: &Call| self.catalogue.words(asked.library, call.name()).is(Words::COLUMNS);
        let after = std::iter::successors(Some(call), |call| call.continued.map(|next| facts.call(next)));
        of_parent && call.chain.len() > 2 && !after.into_iter().any(counts)
    }

    /// The argument without which a field cannot be asked for, and by which its resolver chooses rows.
    fn chosen_by(&self, resolver: &Resolver) -> Option<Name> {
        const OF_REQUEST: [&str; 4] = ["context", "info", "request", "self"];
        let facts = self.facts(resolver.function.file);
        let function = facts.function(resolver.function.index);
        let params = function.params.iter().enumerate().filter(|(at, param)| {
            facts.language == Language::Python
                && param.default.is_none()
                && !has_word(&param.name, &OF_REQUEST)
                && !resolver.parent.has(Params::one(*at))
        });
        let given = |name: Name| {
            let calls = facts.calls.iter().filter(|call| call.function == resolver.function.index);
            { calls }
                .flat_map(|call| &call.arguments)
                .any(|argument| matches!(&argument.value, Value::Path(path) if **path == [name]))
        };
        { params }.map(|(_, param)| param.name).find(|name| given(*name))
    }

    /// What the library of a resolver offers instead of what it asks: as a command.
    pub fn advised(&self, resolver: &Resolver, asked: &Asked) -> String {
        let graph = self.catalogue.library(resolver.library).graph.as_ref();
        let of_relation = self.asks_relation(resolver, asked);
        if let Some(wasted) = graph.and_then(|graph| graph.wasted.clone()).filter(|_| resolver.hinted && of_relation) {
            return wasted;
        }
        let loader = self.advised_loader(resolver);
        if let Some(argument) = self.chosen_by(resolver) {
            return format!("{loader}, with `{argument}` as a part of the key");
        }
        match graph.and_then(|graph| graph.related.as_ref()).filter(|_| of_relation) {
            Some(related) => format!("{loader}; or {related}"),
            None => loader,
        }
    }

    /// How the library of a resolver loads for many parents.
    pub fn advised_loader(&self, resolver: &Resolver) -> String {
        let graph = self.catalogue.library(resolver.library).graph.as_ref();
        let own = graph.and_then(|graph| graph.advice.clone());
        own.unwrap_or_else(|| "collect the keys of all parents in a loader for each request, and ask once".to_owned())
    }

    /// The call of a resolver that sends its query, or leads there.
    fn asking_call(&self, asked: &Asked) -> Option<&Call> {
        self.facts(asked.place.file).calls.iter().find(|call| call.span == asked.place.span)
    }

    /// What a module is to a GraphQL library.
    fn graph_of(&self, language: Language, module: Name) -> Option<(LibraryId, &Graph)> {
        let libraries = self.claiming(language, module);
        libraries.iter().find_map(|id| Some((*id, self.catalogue.library(*id).graph.as_ref()?)))
    }
}

/// `Query`, `QueryRoot`, `UserMutations`: each request has one.
fn is_root(name: &str) -> bool {
    let name = name.strip_suffix("Root").or_else(|| name.strip_suffix("Type")).unwrap_or(name);
    let name = name.strip_suffix("Resolver").unwrap_or(name);
    ROOTS.iter().any(|root| name.ends_with(root)) || name.ends_with("Queries") || name.ends_with("Mutations")
}

/// The names of GraphQL libraries in one file.
struct Vocabulary<'p> {
    project: &'p Project<'p>,
    file: FileId,
    facts: &'p FileFacts,
    imports: Vec<(&'p Import, LibraryId, &'p Graph)>,
}

impl<'p> Vocabulary<'p> {
    fn of(project: &'p Project<'p>, file: FileId) -> Self {
        let facts = project.facts(file);
        let imports = facts.imports.iter().filter_map(|import| {
            let (library, graph) = project.graph_of(facts.language, import.module)?;
            Some((import, library, graph))
        });
        Self { project, file, facts, imports: imports.collect() }
    }

    /// The library that a path leads into, and what it calls the symbol.
    fn symbol(&self, path: &[Name]) -> Option<(LibraryId, &'p Graph, Name)> {
        let (root, last) = (*path.first()?, *path.last()?);
        let named = self.imports.iter().find(|(import, ..)| import.alias == root);
        if let Some((import, library, graph)) = named {
            let own = import.symbol.filter(|symbol| path.len() == 1 && *symbol != "default");
            return Some((*library, graph, own.unwrap_or(last)));
        }
        if path.len() > 1 && self.facts.language == Language::Rust {
            let (library, graph) = self.project.graph_of(Language::Rust, root)?;
            return Some((library, graph, last));
        }
        let stars = self.imports.iter().filter(|(import, ..)| import.symbol.is_some_and(|symbol| symbol == "*"));
        stars.filter(|_| path.len() == 1).map(|(_, library, graph)| (*library, *graph, last)).next()
    }

    /// The library that has a path's symbol in one of its lists.
    fn listed(&self, path: &[Name], list: fn(&Graph) -> &[String]) -> Option<(LibraryId, &'p Graph)> {
        let (library, graph, symbol) = self.symbol(path)?;
        is_in(list(graph), &symbol).then_some((library, graph))
    }

    /// The library to which a type of the repository is one of the schema, by its decorators and bases.
    fn type_of_schema(&self, one: &Type) -> Option<(LibraryId, &'p Graph)> {
        let decorated = one.decorators.iter().find_map(|decorator| self.listed(&decorator.path, |graph| &graph.types));
        decorated.or_else(|| self.based(one, 0))
    }

    fn based(&self, one: &Type, depth: u32) -> Option<(LibraryId, &'p Graph)> {
        let direct = one.bases.iter().find_map(|base| self.listed(&base.path, |graph| &graph.types));
        if direct.is_some() || depth == BASES {
            return direct;
        }
        one.bases.iter().find_map(|base| {
            let things = Things::new(self.project);
            let Thing::Type(id) = things.declared_type(Site::of_file(self.file), base)? else { return None };
            Vocabulary::of(self.project, id.file).based(self.project.type_at(id), depth + 1)
        })
    }

    /// The type of this file that has a name.
    fn type_named(&self, name: Name) -> Option<(TypeIndex, &'p Type)> {
        let index = self.facts.types.iter().position(|one| one.name == name)?;
        Some((TypeIndex(index as u32), &self.facts.types[index]))
    }

    /// The type that an argument names: `() => Post`, `Post`, `"Post"`, `[Post]`.
    fn type_name(&self, value: &Value) -> Option<Name> {
        match value {
            Value::Path(path) => path.last().copied(),
            Value::Text(text) => Some(*text),
            Value::Function(index) => self.type_name(self.facts.function(*index).returned.first()?),
            Value::List(values) | Value::Other(values) => self.type_name(values.first()?),
            _ => None,
        }
    }

    fn id(&self, index: FunctionIndex) -> FunctionId {
        FunctionId { file: self.file, index }
    }
}

fn is_in(list: &[String], name: &str) -> bool {
    list.iter().any(|pattern| fits(pattern, name))
}

/// The last name of a type, of a wrapper that of what it wraps: `Promise<Post[]>` is `Post`.
fn plain_name(declared: &TypeRef) -> Option<Name> {
    match declared.arguments.first() {
        Some(inner) => plain_name(inner),
        None => declared.path.last().copied(),
    }
}
