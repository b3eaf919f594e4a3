//! What a query is told to load with its rows: the arguments of eager options to paths of relations.

use super::rows::{Found, Rows, Sources};
use super::{Model, Relation};
use crate::catalogue::{LibraryId, Words};
use crate::facts::{Argument, CallIndex, FunctionIndex, Name, Value};
use crate::model::CallId;
use crate::model::scopes::{Definition, owner_of};
use crate::model::things::Site;
use crate::walk::FileId;

/// Options nest three deep at most in written code.
const MAX_DEPTH: u32 = 8;

/// What is loaded with the rows of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Loaded {
    /// Relations by their names, step by step.
    paths: Vec<Vec<Name>>,
    /// Every relation to one row that there must be.
    pub(super) required: bool,
    /// One row for all of the rows, which a session asks for once.
    shared: Vec<Name>,
    /// All of them, or nobody can tell.
    pub(super) everything: bool,
}

impl Loaded {
    pub(super) fn has(&self, relation: &Relation) -> bool {
        self.everything
            || self.shared.contains(&relation.name)
            || self.required && relation.required && !relation.many
            || self.paths.iter().any(|path| path.first() == Some(&relation.name))
    }

    /// What is loaded with the rows that a relation leads to.
    pub(super) fn below(&self, relation: &Relation) -> Self {
        let paths = self.paths.iter().filter(|path| path.len() > 1 && path[0] == relation.name);
        let everything = self.everything || self.shared.contains(&relation.name);
        let paths = paths.map(|path| path[1..].to_vec()).collect();
        Self { paths, shared: Vec::new(), required: self.required, everything }
    }

    /// How much is known to be loaded, to compare callers.
    pub(super) fn size(&self) -> usize {
        if self.everything { usize::MAX } else { self.paths.len() + usize::from(self.required) }
    }

    pub(super) fn add(&mut self, paths: impl IntoIterator<Item = Vec<Name>>) {
        self.paths.extend(paths.into_iter().filter(|path| !path.is_empty()));
    }
}

impl<'p> Sources<'p> {
    /// Adds what a call of a query says about loading, if it says anything.
    pub(super) fn load_with(&self, loaded: &mut Loaded, library: LibraryId, id: CallId) {
        let call = self.project.call(id);
        let words = self.project.catalogue.words(library, call.name());
        if words.is(Words::LOADS_ALL) {
            loaded.everything = true;
        }
        let is_eager = words.is(Words::EAGER);
        if is_eager && call.arguments.is_empty() {
            loaded.required = true;
        } else if is_eager {
            loaded.required = false; // Names take the place of the option without.
        }
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        for argument in &call.arguments {
            self.load_argument(loaded, site, argument, is_eager, 0);
        }
    }

    /// What functions load for rows that are there already: `prefetch_related_objects(orders, "lines")`
    pub(super) fn load_later(&self, loaded: &mut Loaded, site: Site, name: Name) {
        let facts = self.project.facts(site.file);
        let holds = |value: &Value| matches!(value, Value::Path(path) if **path == [name]);
        for index in self.loaders(site.file) {
            let call = facts.call(index);
            let Some((first, rest)) = call.arguments.split_first() else { continue };
            let is_meant = match &first.value {
                Value::List(values) => values.iter().any(holds),
                value => holds(value),
            };
            if is_meant && call.function == site.function && call.span.end <= site.at {
                for argument in rest {
                    self.load_argument(loaded, site, argument, true, 0);
                }
            }
        }
    }

    /// The calls of functions that are given rows and what to load with them.
    fn loaders(&self, file: FileId) -> Vec<CallIndex> {
        let mut known = self.loaders.borrow_mut();
        let calls = known.entry(file).or_insert_with(|| {
            let facts = self.project.facts(file);
            let calls = facts.calls.iter().enumerate().filter(|(_, call)| {
                call.receiver.is_none()
                    && call.arguments.len() > 1
                    && matches!(&call.arguments[0].value, Value::Path(_) | Value::List(_))
                    && self.project.words_anywhere(facts.language, call.name()).is(Words::EAGER)
            });
            calls.map(|(index, _)| CallIndex(index as u32)).collect()
        });
        calls.clone()
    }

    /// Rows that are asked for by the row that they belong to: a session finds that one by its key.
    /// `filter_by(order=order)`, `filter(Line.order_id == order.id)`
    pub(super) fn load_shared(&self, rows: &mut Rows, id: CallId) {
        let Some(model) = rows.model else { return };
        let of_model = |name: &str| {
            let relations = self.relations();
            let key = name.strip_suffix("_id").unwrap_or(name);
            let relation =
                relations.find(model, Name::from(name)).or_else(|| relations.find(model, Name::from(key)))?;
            (!relation.many).then_some(relation.name)
        };
        let call = self.project.call(id);
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        for argument in &call.arguments {
            let name = match (&argument.name, &argument.value) {
                (Some(name), value) if !matches!(value, Value::List(_)) => Some(*name),
                (None, Value::Other(sides)) => match &**sides {
                    [Value::Path(column), Value::Path(value)] if self.is_column(site, column, model, value) => {
                        column.last().copied()
                    }
                    _ => None,
                },
                _ => None,
            };
            rows.loaded.shared.extend(name.and_then(|name| of_model(&name)));
        }
    }

    /// A column of the model, compared with what is no column: `Line.order_id == order.id`
    fn is_column(&self, site: Site, column: &[Name], model: Model, value: &[Name]) -> bool {
        let root = |path: &[Name]| self.path(site, &path[..1], None);
        column.len() == 2
            && matches!(root(column), Some(Found::Model(found)) if found == model)
            && value[0].starts_with(char::is_lowercase)
            && !matches!(root(value), Some(Found::Model(_)))
    }

    fn load_argument(&self, loaded: &mut Loaded, site: Site, argument: &Argument, is_eager: bool, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        match &argument.value {
            Value::Call(inner, _) => {
                let inner = CallId { file: site.file, index: *inner };
                let mut strict = false;
                let paths = self.option(inner, 0, &mut strict);
                loaded.everything |= strict;
                if paths.is_empty() {
                    return;
                }
                // `Prefetch("tags", queryset=Tag.objects.select_related("kind"))`
                let inner = self.project.call(inner);
                let nested = inner.arguments.iter().filter(|one| one.name.is_some());
                let nested: Vec<_> = nested.filter_map(|one| self.rows(site, &one.value)).collect();
                for path in &paths {
                    for below in nested.iter().flat_map(|rows| &rows.loaded.paths) {
                        loaded.add([path.iter().chain(below).copied().collect::<Vec<_>>()]);
                    }
                }
                loaded.add(paths);
            }
            Value::List(values) => {
                for value in values {
                    let one = Argument { name: None, spread: false, value: value.clone() };
                    self.load_argument(loaded, site, &one, is_eager, depth + 1);
                }
            }
            // `find({ relations: { author: true } })`: what it says for some, it is taken to say for all.
            Value::Object(entries) => {
                let language = self.project.language(site.file);
                let is_option = |key: &Name| self.project.words_anywhere(language, *key).is(Words::EAGER);
                loaded.everything |= entries.iter().any(|(key, _)| is_option(key));
            }
            Value::Literal(_) => {}
            // `*PREFETCHES`
            Value::Path(path) if is_eager && self.constant(site, path).is_some() => {
                let Some((site, value)) = self.constant(site, path) else { return };
                let one = Argument { name: None, spread: argument.spread, value: value.clone() };
                self.load_argument(loaded, site, &one, is_eager, depth + 1);
            }
            // Several lists in one.
            Value::Other(values)
                if is_eager && !values.is_empty() && values.iter().all(|value| self.is_list(site, value)) =>
            {
                for value in values {
                    let one = Argument { name: None, spread: true, value: value.clone() };
                    self.load_argument(loaded, site, &one, is_eager, depth + 1);
                }
            }
            // Whatever a list of options holds that is made elsewhere.
            value if is_eager && (argument.spread || path_of(value).is_none()) => loaded.everything = true,
            value if is_eager => loaded.add(path_of(value)),
            _ => {}
        }
    }

    /// What a file or a class says once by a name.
    fn constant(&self, site: Site, path: &[Name]) -> Option<(Site, &'p Value)> {
        let facts = self.project.facts(site.file);
        let (last, before) = path.split_last()?;
        if let [owner] = before {
            let owner = if matches!(owner.as_str(), "self" | "cls") { owner_of(facts, site.function)? } else { *owner };
            let one = facts.types.iter().find(|one| one.name == owner)?;
            let field = one.fields.iter().find(|field| field.name == *last)?;
            return Some((Site::of_file(site.file), field.value.as_ref().filter(|value| is_text_or_list(value))?));
        }
        let definitions = self.project.scopes(site.file).at(FunctionIndex::FILE, *last);
        let [Definition::Binding(index)] = definitions else { return None };
        let value = &facts.bindings[*index as usize].value;
        (before.is_empty() && is_text_or_list(value)).then_some((Site::of_file(site.file), value))
    }

    fn is_list(&self, site: Site, value: &Value) -> bool {
        match value {
            Value::List(_) => true,
            Value::Path(path) => self.constant(site, path).is_some(),
            _ => false,
        }
    }

    /// `joinedload(Order.customer).joinedload(Customer.city)`
    fn option(&self, id: CallId, depth: u32, strict: &mut bool) -> Vec<Vec<Name>> {
        let call = self.project.call(id);
        if depth > MAX_DEPTH {
            return Vec::new();
        }
        let before = call
            .receiver
            .map_or_else(Vec::new, |index| self.option(CallId { file: id.file, index }, depth + 1, strict));
        let words = self.project.words_anywhere(self.project.language(id.file), call.name());
        *strict |= words.is(Words::LOADS_ALL);
        let mut own: Vec<Vec<Name>> = Vec::new();
        for argument in call.arguments.iter().filter(|argument| argument.name.is_none()) {
            match &argument.value {
                Value::Call(inner, _) => {
                    own.extend(self.option(CallId { file: id.file, index: *inner }, depth + 1, strict));
                }
                value if words.is(Words::EAGER) => own.extend(path_of(value)),
                _ => {}
            }
        }
        // Several in one call are steps of one way, in the older style.
        if own.len() > 1 && words.is(Words::EAGER) {
            own.push(own.concat());
        }
        if before.is_empty() || own.is_empty() {
            return before.into_iter().chain(own).collect();
        }
        let longer = before.iter().flat_map(|before| own.iter().map(move |own| [&before[..], own].concat()));
        let longer: Vec<_> = longer.collect();
        before.into_iter().chain(longer).collect()
    }
}

fn is_text_or_list(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::List(_))
}

/// `"customer__city"`, `Order.customer`
fn path_of(value: &Value) -> Option<Vec<Name>> {
    match value {
        Value::Text(text) => Some(text.split("__").flat_map(|part| part.split('.')).map(Name::from).collect()),
        Value::Path(path) if path.len() > 1 => path.last().map(|last| vec![*last]),
        _ => None,
    }
}
