//! What a query is told to load with its rows: the arguments of eager options to paths of relations.

use super::Relation;
use super::rows::Sources;
use crate::catalogue::{LibraryId, Words};
use crate::facts::{Argument, Name, Value};
use crate::model::CallId;
use crate::model::things::Site;

/// Options nest three deep at most in written code.
const MAX_DEPTH: u32 = 8;

/// What is loaded with the rows of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Loaded {
    /// Relations by their names, step by step.
    paths: Vec<Vec<Name>>,
    /// Every relation to one row that there must be.
    required: bool,
    /// All of them, or nobody can tell.
    pub(super) everything: bool,
}

impl Loaded {
    pub(super) fn has(&self, relation: &Relation) -> bool {
        self.everything
            || self.required && relation.required && !relation.many
            || self.paths.iter().any(|path| path.first() == Some(&relation.name))
    }

    /// What is loaded with the rows that a relation leads to.
    pub(super) fn below(&self, relation: &Relation) -> Self {
        let paths = self.paths.iter().filter(|path| path.len() > 1 && path[0] == relation.name);
        Self { paths: paths.map(|path| path[1..].to_vec()).collect(), ..*self }
    }

    /// How much is known to be loaded, to compare callers.
    pub(super) fn size(&self) -> usize {
        if self.everything { usize::MAX } else { self.paths.len() + usize::from(self.required) }
    }

    pub(super) fn add(&mut self, paths: impl IntoIterator<Item = Vec<Name>>) {
        self.paths.extend(paths.into_iter().filter(|path| !path.is_empty()));
    }
}

impl Sources<'_> {
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
        }
        for argument in &call.arguments {
            self.load_argument(loaded, id, argument, is_eager);
        }
    }

    fn load_argument(&self, loaded: &mut Loaded, id: CallId, argument: &Argument, is_eager: bool) {
        let call = self.project.call(id);
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        match &argument.value {
            Value::Call(inner, _) => {
                let inner = CallId { file: id.file, index: *inner };
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
                    self.load_argument(loaded, id, &one, is_eager);
                }
            }
            // `find({ relations: { author: true } })`: what it says for some, it is taken to say for all.
            Value::Object(entries) => {
                let language = self.project.language(id.file);
                let is_option = |key: &Name| self.project.words_anywhere(language, *key).is(Words::EAGER);
                loaded.everything |= entries.iter().any(|(key, _)| is_option(key));
            }
            Value::Literal(_) => {}
            // Whatever a list of options holds that is made elsewhere.
            value if is_eager && (argument.spread || path_of(value).is_none()) => loaded.everything = true,
            value if is_eager => loaded.add(path_of(value)),
            _ => {}
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

/// `"customer__city"`, `Order.customer`
fn path_of(value: &Value) -> Option<Vec<Name>> {
    match value {
        Value::Text(text) => Some(text.split("__").flat_map(|part| part.split('.')).map(Name::from).collect()),
        Value::Path(path) if path.len() > 1 => path.last().map(|last| vec![*last]),
        _ => None,
    }
}
