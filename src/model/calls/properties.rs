//! Attributes that are computed by a function which sends statements, and where code reads them once per turn. Knows
//! which function an attribute runs, not whether running it that often is harmful.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{CallIndex, FunctionIndex, FunctionKind, Language, Name, Span};
use crate::model::relations::Sources;
use crate::model::things::{Site, Thing, Things};
use crate::model::{CallId, FunctionId, Project, Repetition, TypeId};
use crate::walk::FileId;

use super::Link;
use super::resolve::words;

/// An attribute that is read where code repeats, and the function that it runs.
///
/// `order.total` in `for order in orders:` · `order.total` in `orders.map((order) => order.total)`
#[derive(Clone, Debug)]
pub struct PropertyRead {
    pub file: FileId,
    /// From the first name to that of the property.
    pub path: Box<[Name]>,
    pub property: FunctionId,
    pub link: Link,
    pub span: Span,
    at: At,
}

/// Where a property is read: alone, or on the way to what is called on it.
#[derive(Clone, Copy, Debug)]
enum At {
    Read(u32),
    Call(CallIndex),
}

impl<'p> Project<'p> {
    /// Where properties that send statements are read in repeated code, in the order of the text.
    pub fn properties_read(&'p self) -> Vec<PropertyRead> {
        let properties = Properties::of(self);
        if properties.by_name.is_empty() {
            return Vec::new();
        }
        let files = self.product_files().filter(|file| properties.languages.contains(&self.language(*file)));
        files.flat_map(|file| properties.read_in(file)).collect()
    }

    /// The loops that repeat the reading of a property, the innermost first.
    pub fn repetitions_of_property(&'p self, read: &PropertyRead) -> Vec<Repetition<'p>> {
        match read.at {
            At::Read(index) => self.repetitions_of_read(read.file, &self.facts(read.file).reads[index as usize]),
            At::Call(index) => self.repetitions(CallId { file: read.file, index }),
        }
    }

    /// A statement on a relation asks for part of it: what was loaded with the row cannot answer.
    pub fn asks_for_part(&self, statement: CallId) -> bool {
        self.facts(statement.file).chain(statement.index).any(|call| !call.arguments.is_empty())
    }
}

/// The properties of a repository that send something.
struct Properties<'p> {
    project: &'p Project<'p>,
    by_name: FxHashMap<(Language, Name), Vec<FunctionId>>,
    languages: Vec<Language>,
    /// Names that something else has as well: where nothing is known of an object, they tell nothing.
    shared: FxHashSet<(Language, Name)>,
}

impl<'p> Properties<'p> {
    fn of(project: &'p Project<'p>) -> Self {
        let mut properties =
            Self { project, by_name: FxHashMap::default(), languages: Vec::new(), shared: FxHashSet::default() };
        for file in project.product_files() {
            let facts = project.facts(file);
            for (index, function) in facts.functions.iter().enumerate() {
                let id = FunctionId { file, index: FunctionIndex(index as u32) };
                let is_property = function.kind == FunctionKind::Getter && function.owner.is_some() && !function.test;
                if is_property && !project.sent(id).is_empty() {
                    properties.by_name.entry((facts.language, function.name)).or_default().push(id);
                }
            }
            if !properties.by_name.is_empty() && !properties.languages.contains(&facts.language) {
                properties.languages.push(facts.language);
            }
        }
        if !properties.by_name.is_empty() {
            properties.compare();
        }
        properties
    }

    /// Finds what else has the name of a property.
    fn compare(&mut self) {
        for file in self.project.product_files() {
            let facts = self.project.facts(file);
            let language = facts.language;
            let methods = facts.functions.iter().filter(|function| function.owner.is_some());
            let functions = methods.map(|function| (function.name, function.owner));
            let fields = facts.types.iter().flat_map(|one| one.fields.iter().map(|field| (field.name, Some(one.name))));
            let assigned = facts.bindings.iter().filter_map(|binding| match &*binding.target {
                [_, .., name] => Some((*name, facts.function(binding.function).owner)),
                _ => None,
            });
            for (name, owner) in functions.chain(fields).chain(assigned) {
                let Some(known) = self.by_name.get(&(language, name)) else { continue };
                // A property may have a setter, and be a field of an interface that its type promises.
                if known.len() > 1 || self.project.function(known[0]).owner != owner {
                    self.shared.insert((language, name));
                }
            }
        }
    }

    fn read_in(&self, file: FileId) -> Vec<PropertyRead> {
        let facts = self.project.facts(file);
        let is_known = |name: &Name| self.by_name.contains_key(&(facts.language, *name));
        let position = |path: &[Name]| Some(1 + path.get(1..)?.iter().position(is_known)?);
        let reads = facts.reads.iter().enumerate().filter_map(|(index, read)| {
            let path = &read.path[..=position(&read.path)?];
            Some((path, read.function, read.span, At::Read(index as u32)))
        });
        let calls = facts.calls.iter().enumerate().filter_map(|(index, call)| {
            let repeats = call.each.is_some() || facts.function(call.function).kind == FunctionKind::Literal;
            let before = call.chain.split_last().filter(|_| repeats && call.receiver.is_none())?.1;
            let path = &before[..=position(before)?];
            Some((path, call.function, call.span, At::Call(CallIndex(index as u32))))
        });
        let sources = Sources::new(self.project);
        let mut found: Vec<PropertyRead> = reads
            .chain(calls)
            .filter(|(_, function, ..)| !facts.function(*function).test)
            .filter_map(|(path, function, span, at)| {
                let (property, link) = self.property(&sources, Site { file, function, at: span.start }, path)?;
                Some(PropertyRead { file, path: path.into(), property, link, span, at })
            })
            .collect();
        found.sort_by_key(|read| (read.span.start, read.span.end));
        found
    }

    /// The property that the last name of a path is, on what the names before it hold.
    fn property(&self, sources: &Sources<'p>, site: Site, path: &[Name]) -> Option<(FunctionId, Link)> {
        let (name, before) = path.split_last()?;
        let things = Things::new(self.project);
        let thing = things.path(site, before);
        let known = match thing {
            Some(Thing::Instance(one) | Thing::Rows(_, Some(one))) => Some(one),
            _ => None,
        };
        let function = FunctionId { file: site.file, index: site.function };
        let owner = known.or_else(|| sources.model_at(function, site.at, before));
        if let Some(owner) = owner {
            return self.of_type(&things, owner, *name).map(|property| (property, Link::Typed));
        }
        let is_unknown = matches!(thing, None | Some(Thing::Related(_) | Thing::Rows(_, None)));
        let key = (self.project.language(site.file), *name);
        let only = self.by_name.get(&key)?.first()?;
        (is_unknown && words(name) > 1 && !self.shared.contains(&key)).then_some((*only, Link::Named))
    }

    /// The property of a type or of its bases, if it is one that sends something.
    fn of_type(&self, things: &Things, owner: TypeId, name: Name) -> Option<FunctionId> {
        let method = things.method(owner, name)?;
        let known = self.by_name.get(&(self.project.language(method.file), name))?;
        known.contains(&method).then_some(method)
    }
}
