//! Resolvers in objects: maps of types and their fields, and the objects that builders of schemas are given. Knows
//! the names in the schema's documents, not what is merged where.

use rustc_hash::{FxHashMap, FxHashSet};

use super::schema::Schema;
use super::{Resolver, Vocabulary, is_in};
use crate::catalogue::{Graph, LibraryId};
use crate::facts::{Call, CallIndex, FunctionIndex, Language, Name, Value};
use crate::model::calls::Params;
use crate::model::loops::has_word;
use crate::model::things::{Site, Thing, Things};
use crate::model::{FunctionId, Project};
use crate::walk::FileId;

/// What the names of objects, their types and files hold that are maps of resolvers.
const MAP_WORDS: [&str; 2] = ["resolver", "resolvers"];

pub(super) fn find(project: &Project, schema: &Schema, found: &mut Vec<Resolver>) {
    for file in project.product_files().filter(|file| project.language(*file) == Language::TypeScript) {
        let words = Vocabulary::of(project, file);
        for call in &words.facts.calls {
            words.in_maker(call, found);
        }
        let maps = Maps { project, schema, file };
        if let Some(library) = maps.library() {
            maps.find(library, found);
        }
    }
}

/// The type that a call defines the fields of: `builder.objectType("Post", ..)`, `objectType({ name: "Post" })`.
pub(super) fn made_type(words: &Vocabulary, call: &Call) -> Option<Name> {
    let named = |value: &Value| match value {
        Value::Object(entries) => {
            let (_, value) = entries.iter().find(|(key, _)| matches!(key.as_str(), "name" | "type"))?;
            words.type_name(value)
        }
        Value::Function(_) => None,
        value => words.type_name(value),
    };
    let first = call.arguments.first().and_then(|first| named(&first.value));
    first.or_else(|| {
        // `builder.objectRef<Post>("Post").implement({ .. })`, `PostRef.implement({ .. })`
        let before = call.receiver.map(|before| words.facts.call(before));
        match before {
            Some(before) => named(&before.arguments.first()?.value),
            None => call.chain.len().checked_sub(2).map(|at| call.chain[at]),
        }
    })
}

impl<'p> Vocabulary<'p> {
    /// The functions that an object calls `resolve`, in what a builder is given.
    fn in_maker(&self, maker: &Call, found: &mut Vec<Resolver>) {
        let Some((library, _)) = self.maker(maker) else { return };
        let Some(owner) = made_type(self, maker) else { return };
        let functions = &self.facts.functions;
        let first = functions.partition_point(|function| function.span.start < maker.span.start);
        let literals = functions[first..].iter().take_while(|function| function.span.start < maker.span.end);
        let literals = literals.filter(|function| maker.span.contains(function.span));
        // The fields of an object may be made by a function: `fields: () => ({ .. })`
        let mut open: Vec<(Name, &Value)> =
            literals.flat_map(|literal| &literal.returned).map(|value| (Name::default(), value)).collect();
        // `orders: t.field({ .. })`
        let mut names: FxHashMap<CallIndex, Name> = FxHashMap::default();
        for (_, value) in &open {
            let Value::Object(entries) = value else { continue };
            names.extend(entries.iter().filter_map(|(key, value)| match value {
                Value::Call(call, _) => Some((*call, *key)),
                _ => None,
            }));
        }
        let calls = &self.facts.calls;
        let start = calls.partition_point(|call| call.span.end <= maker.span.start);
        let inside = calls[start..].iter().enumerate().take_while(|(_, call)| call.span.end <= maker.span.end);
        for (at, call) in inside.filter(|(_, call)| maker.span.contains(call.span)) {
            let text = call.arguments.iter().find_map(|argument| match argument.value {
                Value::Text(text) => Some(text),
                _ => None,
            });
            let name = names.get(&CallIndex((start + at) as u32)).copied().or(text).unwrap_or_default();
            open.extend(call.arguments.iter().map(|argument| (name, &argument.value)));
        }
        while let Some((name, value)) = open.pop() {
            let Value::Object(entries) = value else { continue };
            for (key, value) in entries {
                match value {
                    Value::Object(_) => open.push((*key, value)),
                    value if *key == "resolve" => {
                        if let Some(function) = self.resolving(value) {
                            let parent = first_argument(self.project, function);
                            found.push(Resolver::of(function, library, owner, name, parent));
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn maker(&self, call: &Call) -> Option<(LibraryId, &'p Graph)> {
        let by_import = self.listed(&call.chain, |graph| &graph.makers).filter(|_| call.chain.len() == 1);
        // A builder is made elsewhere: `builder.objectType(..)`
        by_import.or_else(|| {
            let service = self.project.service_of(self.file).filter(|_| call.chain.len() > 1)?;
            let used = self.project.service(service).libraries.iter().map(|one| one.library);
            let mut graphs = used.filter_map(|id| Some((id, self.project.catalogue.library(id).graph.as_ref()?)));
            graphs.find(|(_, graph)| is_in(&graph.makers, &call.name()))
        })
    }

    fn resolving(&self, value: &'p Value) -> Option<FunctionId> {
        match value {
            Value::Function(index) => Some(self.id(*index)),
            value => {
                let things = Things::new(self.project);
                match things.value(Site::of_file(self.file), value)? {
                    Thing::Function(function) => Some(function),
                    _ => None,
                }
            }
        }
    }
}

/// The first argument; destructured, it is several parameters.
fn first_argument(project: &Project, function: FunctionId) -> Params {
    let params = &project.function(function).params;
    let taken = params.iter().take_while(|param| param.property.is_some()).count();
    (0..taken.max(1)).map(Params::one).fold(Params::NONE, |all, one| all | one)
}

/// Objects of types and fields in one file.
struct Maps<'p> {
    project: &'p Project<'p>,
    schema: &'p Schema,
    file: FileId,
}

impl<'p> Maps<'p> {
    /// The library that takes such objects.
    fn library(&self) -> Option<LibraryId> {
        let service = self.project.service_of(self.file)?;
        let service = self.project.service(service);
        let used = service.uses.iter().map(|id| self.project.service(*id)).chain([service]);
        let mut libraries = used.flat_map(|service| &service.libraries).map(|one| one.library);
        libraries.find(|id| self.project.catalogue.library(*id).graph.as_ref().is_some_and(|graph| graph.maps))
    }

    fn find(&self, library: LibraryId, found: &mut Vec<Resolver>) {
        let facts = self.project.facts(self.file);
        let path = self.project.file(self.file).path.to_ascii_lowercase();
        let at_home = MAP_WORDS.iter().any(|word| path.contains(word));
        for binding in facts.bindings.iter().filter(|binding| binding.function == FunctionIndex::FILE) {
            let (Value::Object(entries), Some(name)) = (&binding.value, binding.target.last()) else { continue };
            let site = Site { file: self.file, function: FunctionIndex::FILE, at: binding.span.start };
            let declared = binding.declared.as_ref().and_then(|declared| declared.path.last()).copied();
            let lower = name.to_ascii_lowercase();
            let is_map =
                at_home || MAP_WORDS.iter().any(|word| lower.contains(word)) || declared.is_some_and(is_map_type);
            if let Some(owner) =
                declared.and_then(map_of).or(Some(*name).filter(|name| self.schema.is_documented(*name)))
            {
                self.fields(library, owner, site, entries, found);
            } else {
                self.types(library, is_map, site, entries, found);
            }
        }
        // Made where their connections are at hand: `const resolvers = (db) => ({ User: { .. } })`
        for (index, function) in facts.functions.iter().enumerate() {
            let index = FunctionIndex(index as u32);
            let is_map = has_word(&function.name, &MAP_WORDS);
            if function.parent != Some(FunctionIndex::FILE) || !(is_map || at_home) || function.test {
                continue;
            }
            for value in &function.returned {
                let Value::Object(entries) = value else { continue };
                let site = Site { file: self.file, function: index, at: function.span.end };
                self.types(library, is_map, site, entries, found);
            }
        }
        for call in &facts.calls {
            let site = Site { file: self.file, function: call.function, at: call.span.start };
            for argument in &call.arguments {
                let Value::Object(entries) = &argument.value else { continue };
                for (_, value) in entries.iter().filter(|(key, _)| MAP_WORDS.contains(&key.as_str())) {
                    if let Value::Object(entries) = value {
                        self.types(library, true, site, entries, found);
                    }
                }
            }
        }
    }

    /// `{ Query: { .. }, User: { .. }, Post }`
    fn types(
        &self,
        library: LibraryId,
        is_map: bool,
        site: Site,
        entries: &'p [(Name, Value)],
        found: &mut Vec<Resolver>,
    ) {
        let is_type = |name: &str| name.starts_with(|first: char| first.is_ascii_uppercase());
        for (owner, value) in entries.iter().filter(|(key, _)| is_type(key)) {
            if !is_map && !self.schema.is_documented(*owner) {
                continue;
            }
            let things = Things::new(self.project);
            match value {
                Value::Object(entries) => self.fields(library, *owner, site, entries, found),
                value => match things.value(site, value) {
                    Some(Thing::Object(site, entries)) => self.fields(library, *owner, site, entries, found),
                    Some(Thing::File(file)) => self.exports(library, *owner, file, found),
                    _ => {}
                },
            }
        }
    }

    /// `{ posts(user) { .. }, groups: findGroups, comments: { resolve: (user) => .. } }`
    fn fields(
        &self,
        library: LibraryId,
        owner: Name,
        site: Site,
        entries: &'p [(Name, Value)],
        found: &mut Vec<Resolver>,
    ) {
        let mut seen = FxHashSet::default();
        for (field, value) in entries.iter().filter(|(key, _)| !key.starts_with("__") && seen.insert(*key)) {
            let value = match value {
                Value::Object(entries) => entries.iter().find(|(key, _)| *key == "resolve").map(|(_, value)| value),
                value => Some(value),
            };
            let things = Things::new(self.project);
            let function = match value {
                Some(Value::Function(index)) => Some(FunctionId { file: site.file, index: *index }),
                Some(value) => match things.value(site, value) {
                    Some(Thing::Function(function)) => Some(function),
                    _ => None,
                },
                None => None,
            };
            if let Some(function) = function {
                self.add(library, owner, *field, function, found);
            }
        }
    }

    /// A file that is a type: `import * as User from "./user"`
    fn exports(&self, library: LibraryId, owner: Name, file: FileId, found: &mut Vec<Resolver>) {
        let things = Things::new(self.project);
        for function in self.project.facts(file).functions.iter().filter(|function| function.owner.is_none()) {
            if function.name.is_empty() || !self.schema.has_field(owner, function.name) {
                continue;
            }
            if let Some(Thing::Function(id)) = things.exported(file, function.name) {
                self.add(library, owner, function.name, id, found);
            }
        }
    }

    fn add(&self, library: LibraryId, owner: Name, field: Name, function: FunctionId, found: &mut Vec<Resolver>) {
        let body = self.project.function(function);
        if body.params.is_empty() || body.test {
            return;
        }
        let parent = first_argument(self.project, function);
        found.push(Resolver::of(function, library, owner, field, parent));
    }
}

/// `Resolvers`, `IResolvers`
fn is_map_type(name: Name) -> bool {
    name.ends_with("Resolvers")
}

/// The type whose fields an object of generated type resolves: `UserResolvers`.
fn map_of(declared: Name) -> Option<Name> {
    let stem = declared.strip_suffix("Resolvers")?;
    (stem.len() > 1).then(|| Name::from(stem))
}
