//! Serializers that write many rows, and the relations that they read of each: a loop that no file spells out. Knows
//! the classes and arguments that the catalogue lists, not what a client asks for.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Relation;
use super::rows::{Handed, Rows, Sources};
use crate::catalogue::{Words, Writers};
use crate::facts::{Argument, CallIndex, Field, Language, Name, Span, Type, TypeIndex, Value};
use crate::model::things::{Site, Thing, Things};
use crate::model::{CallId, Project, TypeId};
use crate::walk::FileId;

/// A field of a serializer that loads a relation of each row that is written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The field.
    pub file: FileId,
    pub span: Span,
    pub serializer: Name,
    /// What is read of a row, step by step.
    pub way: Vec<Relation>,
    /// The first step that is loaded by reading it.
    pub missing: usize,
    /// The call that gives the rows.
    pub query: Option<CallId>,
    /// A step of the query is not known to keep the rows.
    pub guessed: bool,
    /// Somebody else loaded the rows.
    pub handed: Handed,
    /// Where many rows are given to the serializer.
    pub list: (FileId, Span),
}

/// A statement in a method that computes a field of each row that is written.
#[derive(Clone, Debug)]
pub struct Computed {
    pub statement: CallId,
    pub field: Name,
    pub serializer: Name,
    /// Where many rows are given to the serializer.
    pub list: (FileId, Span),
}

/// How deep serializers in serializers are followed.
const MAX_DEPTH: u32 = 4;

/// What serializers ask of each row of the lists that they write.
#[derive(Debug, Default)]
pub(in crate::model) struct Lists {
    written: Vec<Written>,
    computed: Vec<Computed>,
}

struct Search<'p> {
    sources: Sources<'p>,
    form: &'p Writers,
    known: FxHashMap<TypeId, bool>,
    lists: Lists,
    seen: FxHashSet<(TypeId, Name)>,
}

impl<'p> Project<'p> {
    /// Fields of serializers that load a relation of each row of a list, one row at a time.
    pub fn written_row_by_row(&self) -> &[Written] {
        &self.lists().written
    }

    /// Methods of serializers that ask a database about each row of a list.
    pub fn computed_row_by_row(&self) -> &[Computed] {
        &self.lists().computed
    }

    fn lists(&self) -> &Lists {
        self.lists.get_or_init(|| Lists::of(self))
    }

    /// The library of serializers that some file imports.
    fn serializers(&self) -> Option<&'p Writers> {
        let known =
            self.catalogue.libraries().filter_map(|(_, library)| Some((library, library.serializers.as_ref()?)));
        let known: Vec<_> = known.collect();
        let files = self.source_files().filter(|file| self.language(*file) == Language::Python);
        let mut modules = files.flat_map(|file| self.facts(file).imports.iter().map(|import| import.module));
        modules.find_map(|module| {
            let imported = |package: &String| module.split('.').next() == package.split('.').next();
            known.iter().find(|(library, _)| library.packages.iter().any(imported)).map(|(_, form)| *form)
        })
    }
}

impl Lists {
    fn of(project: &Project) -> Self {
        let Some(form) = project.serializers() else { return Self::default() };
        let mut search = Search {
            sources: Sources::new(project),
            form,
            known: FxHashMap::default(),
            lists: Self::default(),
            seen: FxHashSet::default(),
        };
        for file in project.product_files().filter(|file| project.language(*file) == Language::Python) {
            search.views(file);
            search.calls(file);
        }
        search.lists
    }
}

impl<'p> Search<'p> {
    fn project(&self) -> &'p Project<'p> {
        self.sources.project
    }

    /// Views that answer with a list: a query and a serializer beside each other.
    fn views(&mut self, file: FileId) {
        let project = self.project();
        for (index, one) in project.facts(file).types.iter().enumerate() {
            let lists = one.bases.iter().any(|base| base.path.last().is_some_and(|name| has(&self.form.lists, *name)));
            let id = TypeId { file, index: TypeIndex(index as u32) };
            let Some(serializer) = field(one, &self.form.serializer).filter(|_| lists) else { continue };
            let Some(of_view) = self.serializer(file, serializer.value.as_ref()) else { continue };
            let own = field(one, &self.form.query).and_then(|query| self.rows(file, query.value.as_ref()?));
            let method = Things::new(project).own_method(id, Name::from(&self.form.query_method));
            let rows = match method {
                Some(method) => self.sources.asked(|sources| sources.returned(method, own.as_ref())),
                None => own,
            };
            if let Some(rows) = rows.filter(|rows| rows.many && !rows.few) {
                self.write(of_view, &rows, (file, serializer.span), 0);
            }
        }
    }

    /// `OrderSerializer(orders, many=True)`
    fn calls(&mut self, file: FileId) {
        let project = self.project();
        for (index, call) in project.facts(file).calls.iter().enumerate() {
            if !is_many(self.form, &call.arguments) || call.receiver.is_some() {
                continue;
            }
            let site = Site { file, function: call.function, at: call.span.start };
            let Some(Thing::Type(id)) = Things::new(project).path(site, &call.chain) else { continue };
            let first = call.arguments.iter().find(|argument| argument.name.is_none());
            let (Some(first), true) = (first, self.is_serializer(id, 0)) else { continue };
            let rows = self.sources.asked(|sources| sources.rows(site, &first.value));
            if let Some(rows) = rows.filter(|rows| rows.many && !rows.few) {
                let span = project.call(CallId { file, index: CallIndex(index as u32) }).span;
                self.write(id, &rows, (file, span), 0);
            }
        }
    }

    /// What a serializer reads of each row.
    fn write(&mut self, id: TypeId, rows: &Rows<'p>, list: (FileId, Span), depth: u32) {
        let project = self.project();
        let facts = project.facts(id.file);
        let one = project.type_at(id);
        for field in &one.fields {
            let Some(Value::Call(call, _)) = &field.value else { continue };
            let call = facts.call(*call);
            let site = Site::of_file(id.file);
            if call.name() == self.form.computed.as_str() {
                self.compute(id, field.name, rows, list);
                continue;
            }
            let nested = match Things::new(project).path(site, &call.chain) {
                Some(Thing::Type(nested)) if self.is_serializer(nested, 0) => Some(nested),
                _ => None,
            };
            let source =
                call.arguments.iter().find(|one| one.name.is_some_and(|name| name == self.form.source.as_str()));
            let path: Vec<Name> = match source.map(|source| &source.value) {
                Some(Value::Text(path)) => path.split('.').map(Name::from).collect(),
                Some(_) => continue,
                None if nested.is_some() => vec![field.name],
                None => continue,
            };
            let mut row = Rows { many: false, ..rows.clone() };
            let mut reached = 0;
            for name in &path {
                let Some(next) = self.sources.step(&row, *name) else { break };
                row = next;
                reached += 1;
            }
            // Of `source="customer.name"` the last is a column, of a nested serializer all are relations.
            if reached == 0 {
                continue;
            }
            let missing = row.missing.filter(|_| !self.seen.contains(&(id, field.name)));
            if let Some(missing) = missing {
                self.seen.insert((id, field.name));
                self.lists.written.push(Written {
                    file: id.file,
                    span: field.span,
                    serializer: one.name,
                    way: row.way.iter().map(|relation| (*relation).clone()).collect(),
                    missing,
                    query: row.query,
                    guessed: row.guessed,
                    handed: row.handed,
                    list,
                });
            } else if let Some(nested) =
                nested.filter(|_| row.missing.is_none() && depth < MAX_DEPTH && reached == path.len())
            {
                self.write(nested, &row, list, depth + 1);
            }
        }
    }

    /// `def get_count(self, order): return order.lines.count()`
    fn compute(&mut self, id: TypeId, field: Name, rows: &Rows<'p>, list: (FileId, Span)) {
        let project = self.project();
        let name = Name::from(&format!("{}{field}", self.form.computes));
        let Some(method) = Things::new(project).own_method(id, name) else { return };
        if !self.seen.insert((id, name)) {
            return; // Another view lists the same rows.
        }
        let facts = project.facts(method.file);
        let Some(row) = facts.function(method.index).params.first() else { return };
        let of_row = Rows { many: false, ..rows.clone() };
        let calls = facts.calls.iter().enumerate().filter(|(_, call)| call.function == method.index);
        for (index, call) in calls {
            let statement = CallId { file: method.file, index: CallIndex(index as u32) };
            let asks = match &*call.chain {
                [root, relation, .., last] if *root == row.name => {
                    let reads = project.words_anywhere(Language::Python, *last).is(Words::READ);
                    reads && self.sources.step(&of_row, *relation).is_some()
                }
                _ => project.effect(statement).is_some(),
            };
            if asks {
                let serializer = project.type_at(id).name;
                self.lists.computed.push(Computed { statement, field, serializer, list });
                return; // One is enough to say.
            }
        }
    }

    fn serializer(&mut self, file: FileId, value: Option<&'p Value>) -> Option<TypeId> {
        let Some(Value::Path(path)) = value else { return None };
        match Things::new(self.project()).path(Site::of_file(file), path)? {
            Thing::Type(id) if self.is_serializer(id, 0) => Some(id),
            _ => None,
        }
    }

    fn rows(&self, file: FileId, value: &'p Value) -> Option<Rows<'p>> {
        self.sources.asked(|sources| sources.rows(Site::of_file(file), value))
    }

    fn is_serializer(&mut self, id: TypeId, depth: u32) -> bool {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let project = self.project();
        let bases = &project.type_at(id).bases;
        let named = bases.iter().any(|base| base.path.last().is_some_and(|name| has(&self.form.bases, *name)));
        let inherited = || {
            bases.iter().filter_map(|base| match Things::new(project).declared_type(Site::of_file(id.file), base)? {
                Thing::Type(base) if base != id => Some(base),
                _ => None,
            })
        };
        let is = named
            || depth < 8 && inherited().collect::<Vec<_>>().into_iter().any(|base| self.is_serializer(base, depth + 1));
        self.known.insert(id, is);
        is
    }
}

fn field<'t>(one: &'t Type, name: &str) -> Option<&'t Field> {
    one.fields.iter().find(|field| field.name == name)
}

fn is_many(form: &Writers, arguments: &[Argument]) -> bool {
    arguments.iter().any(|one| {
        one.name.is_some_and(|name| name == form.many.as_str())
            && matches!(&one.value, Value::Literal(literal) if literal == "true")
    })
}

fn has(list: &[String], name: Name) -> bool {
    list.iter().any(|one| one == name.as_str())
}
