//! What a value holds: rows of a model, which relations came with them, and by which way they were reached from the
//! turn of a loop. Follows names, calls and returns as far as they show; what a caller hands over it does not know.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::options::Loaded;
use super::{Model, Relation, Relations};
use crate::catalogue::{LibraryId, Words};
use crate::facts::{CallIndex, FunctionKind, LoopIndex, Name, Value};
use crate::model::budget::Budget;
use crate::model::calls::given;
use crate::model::loops::is_constant_name;
use crate::model::things::{Site, Thing, Things};
use crate::model::{CallId, FunctionId, LoopId, Project, TypeId};
use crate::walk::FileId;

/// Rows of a model, or one of them.
#[derive(Clone, Debug)]
pub struct Rows<'p> {
    /// None where a relation leads to a model that nobody can name.
    pub model: Option<Model>,
    pub library: LibraryId,
    /// A query or a list, rather than one row.
    pub many: bool,
    pub(super) loaded: Loaded,
    /// The loop whose turn it is or was reached from.
    pub turn: Option<LoopId>,
    /// The relations that lead here from that turn.
    pub way: Vec<&'p Relation>,
    /// The first of them that is loaded by reading it.
    pub missing: Option<usize>,
    /// The call that gives the rows of the loop.
    pub query: Option<CallId>,
    /// The relations that lead from the rows of the outermost query to those of the loop.
    pub upper: Vec<&'p Relation>,
    /// Where that query stands; none where no loop was reached yet.
    pub top: Option<Top>,
    /// So many steps of the way lead to a query of its own, which no option of another reaches.
    pub cut: usize,
    /// A step of the query is not known to keep the rows.
    pub guessed: bool,
    /// Somebody else loaded them.
    pub handed: Handed,
    /// A slice of as many as the text says.
    pub few: bool,
    /// The relation that led to the rows; the way starts anew with each loop.
    pub(super) by: Option<&'p Relation>,
    /// The type of the query, where it is the repository's own.
    pub(super) manager: Option<TypeId>,
}

/// Where the rows come from that a way begins at, over however many loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    /// The loop goes over them.
    Rows(LoopId),
    /// The loop goes over what belongs to one row.
    Row(LoopId),
}

/// Who loaded the first rows of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Handed {
    /// A query that is seen.
    No,
    /// Somebody who handed over one row: the object of a method, a parameter.
    One,
    /// Somebody who handed over all of them.
    Many,
}

impl Rows<'_> {
    /// The query was told to load related rows, and not which.
    pub fn is_unnamed(&self) -> bool {
        self.loaded.required
    }

    /// Reached anew, without the way that led there.
    fn arrived(mut self) -> Self {
        self.upper.extend(self.way.drain(..).skip(self.cut));
        Self { turn: None, missing: None, cut: 0, ..self }
    }

    /// Put into a list by the loop that it came from. What no loop over rows gives may be new, and loads nothing.
    pub(super) fn collected(self) -> Option<Self> {
        self.turn?;
        Some(Self { few: false, many: true, ..self.arrived() })
    }
}

/// What a name or a call leads to.
#[derive(Clone, Debug)]
pub(super) enum Found<'p> {
    Model(Model),
    Rows(Rows<'p>),
}

/// Steps one question may take, and how deep it may go.
const STEPS: u32 = 2000;
const MAX_DEPTH: u32 = 24;

/// Answers questions about the values of one file; what a loop gives is asked again and again.
#[derive(Debug)]
pub struct Sources<'p> {
    pub(super) project: &'p Project<'p>,
    turns: RefCell<FxHashMap<LoopId, Option<Rows<'p>>>>,
    given: RefCell<FxHashMap<(FunctionId, u32), Option<Rows<'p>>>>,
    /// Attributes of objects that are being asked about: `self.orders = self.orders.filter()`
    pub(super) attributes: RefCell<Vec<(FileId, Name)>>,
    /// Calls that load something for rows that are there, by file.
    pub(super) loaders: RefCell<FxHashMap<FileId, Vec<CallIndex>>>,
    pub(super) budget: Budget,
}

impl<'p> Sources<'p> {
    pub fn new(project: &'p Project<'p>) -> Self {
        Self {
            project,
            turns: RefCell::default(),
            given: RefCell::default(),
            attributes: RefCell::default(),
            loaders: RefCell::default(),
            budget: Budget::new(STEPS, MAX_DEPTH),
        }
    }

    /// The row that a name holds, and the relations behind it that a path goes through, as far as it reads them.
    /// `called` is the name of the method that is called at its end, if one is.
    pub fn read(
        &self,
        id: FunctionId,
        at: u32,
        path: &[Name],
        called: Option<Name>,
        awaited: bool,
    ) -> Option<Rows<'p>> {
        self.budget.refill();
        let site = Site { file: id.file, function: id.index, at };
        let (root, names) = path.split_first()?;
        let Found::Rows(mut rows) = self.root(site, *root, None)? else { return None };
        // The text says how many there are at most.
        rows.turn.filter(|_| !rows.many && !rows.few)?;
        let mut read = false;
        for (position, name) in names.iter().enumerate() {
            let is_last = position + 1 == names.len();
            let Some(relation) = rows.model.and_then(|model| self.relations().find(model, *name)) else { break };
            let form = self.project.relation_form(relation)?;
            if relation.many && !form.queries.is_empty() {
                // The relation is a query: only some of its methods give what was loaded.
                let gives = called.is_some_and(|called| form.queries.iter().any(|query| query == called.as_str()));
                if !(is_last && gives) {
                    break;
                }
            }
            if form.awaited && !(is_last && awaited) {
                break;
            }
            rows = self.step(&rows, *name)?;
            read = true;
        }
        read.then_some(rows)
    }

    /// The model of the one row that a path of names leads to.
    pub(in crate::model) fn model_at(&self, id: FunctionId, at: u32, path: &[Name]) -> Option<TypeId> {
        self.budget.refill();
        let site = Site { file: id.file, function: id.index, at };
        match self.path(site, path, None)? {
            Found::Rows(Rows { model: Some(Model::Own(model)), many: false, .. }) => Some(model),
            _ => None,
        }
    }

    /// Answers another question.
    pub(super) fn asked<T>(&self, ask: impl FnOnce(&Self) -> T) -> T {
        self.budget.refill();
        ask(self)
    }

    pub(super) fn relations(&self) -> &'p Relations {
        self.project.relations()
    }

    pub(super) fn query(&self, model: Model) -> Option<Rows<'p>> {
        Some(Rows {
            model: Some(model),
            library: *self.relations().libraries.get(&model)?,
            many: true,
            loaded: Loaded::default(),
            turn: None,
            way: Vec::new(),
            missing: None,
            query: None,
            upper: Vec::new(),
            top: None,
            cut: 0,
            guessed: false,
            handed: Handed::No,
            few: false,
            by: None,
            manager: None,
        })
    }

    /// One row that came from elsewhere.
    pub(super) fn handed(&self, model: Model, many: bool) -> Option<Rows<'p>> {
        let handed = if many { Handed::Many } else { Handed::One };
        Some(Rows { many, handed, ..self.query(model)? })
    }

    /// What reading a relation of a row gives.
    pub(super) fn step(&self, rows: &Rows<'p>, name: Name) -> Option<Rows<'p>> {
        let relation = self.relations().find(rows.model?, name)?;
        let mut next = rows.clone();
        next.model = relation.target;
        next.many = relation.many;
        next.manager = None;
        // The way back leads to the row that one came from, which is there; a session knows it by its key.
        let remembers = self.project.relation_form(relation).is_some_and(|form| form.remembers);
        let is_back = rows.by.is_some_and(|by| {
            let one_declaration = by.file == relation.file && by.span == relation.span && by.name != relation.name;
            one_declaration || remembers && by.many && !relation.many && relation.target == Some(by.owner)
        });
        if !is_back && !relation.loaded && !rows.loaded.has(relation) {
            next.missing = next.missing.or(Some(rows.way.len()));
        }
        next.way.push(relation);
        next.by = Some(relation);
        next.few &= !relation.many;
        next.loaded = rows.loaded.below(relation);
        Some(next)
    }

    /// What a loop binds for each turn.
    pub(super) fn turn(&self, id: LoopId) -> Option<Rows<'p>> {
        if let Some(known) = self.turns.borrow().get(&id) {
            return known.clone();
        }
        // A loop that leads back to itself tells nothing.
        self.turns.borrow_mut().insert(id, None);
        let rows = self.budget.deeper(|| {
            let each = self.project.loop_at(id);
            let site = Site { file: id.file, function: each.function, at: each.head.start };
            let rows = self.rows(site, each.over.as_ref()?).filter(|rows| rows.many)?;
            let awaited = self.project.catalogue.library(rows.library).relations.as_ref()?.awaited;
            let rows = rows.arrived();
            let top = if rows.upper.is_empty() { Top::Rows(id) } else { Top::Row(id) };
            let mut row = Rows { many: false, turn: Some(id), top: rows.top.or(Some(top)), manager: None, ..rows };
            // Where rows are awaited, reading what is not loaded fails.
            row.loaded.everything |= each.awaits && !awaited;
            (each.binds.len() <= 2).then_some(row)
        });
        self.turns.borrow_mut().insert(id, rows.clone());
        rows
    }

    /// The rows that a value holds.
    pub(super) fn rows(&self, site: Site, value: &'p Value) -> Option<Rows<'p>> {
        self.value(site, value, None)
    }

    pub(super) fn value(&self, site: Site, value: &'p Value, this: Option<&Rows<'p>>) -> Option<Rows<'p>> {
        let found = match value {
            Value::Path(path) => self.path(site, path, this),
            Value::Call(call, read) => {
                let call = CallId { file: site.file, index: *call };
                self.names(self.call(call, this)?, read)
            }
            Value::Element(element) => {
                let rows = self.budget.deeper(|| self.value(site, &element.0, this))?;
                return Some(Rows { many: false, ..rows });
            }
            // A choice, or a slice.
            Value::Other(values) => {
                if let [whole, slice] = &**values
                    && let Some(rows) = self.budget.deeper(|| self.value(site, whole, this))
                {
                    return Some(Rows { few: rows.few || is_fixed(slice), ..rows });
                }
                return values.iter().find_map(|value| self.budget.deeper(|| self.value(site, value, this)));
            }
            Value::Each(each) => return self.budget.deeper(|| self.kept(site, *each, this)),
            _ => None,
        };
        match found? {
            Found::Rows(rows) => Some(rows),
            Found::Model(_) => None,
        }
    }

    /// What a comprehension gives: `[order for order in orders if order.open]`
    fn kept(&self, site: Site, each: LoopIndex, this: Option<&Rows<'p>>) -> Option<Rows<'p>> {
        let each = self.project.facts(site.file).loop_at(each);
        let inside = Site { at: each.span.start + 1, function: each.function, ..site };
        self.value(inside, each.gives.as_ref()?, this)?.collected()
    }

    /// What callers hand to a parameter: of several the rows with which least is loaded.
    pub(super) fn given(&self, id: FunctionId, position: u32) -> Option<Rows<'p>> {
        if let Some(known) = self.given.borrow().get(&(id, position)) {
            return known.clone();
        }
        self.given.borrow_mut().insert((id, position), None);
        let function = self.project.function(id);
        let callers = self.relations().callers.get(&function.name).into_iter().flatten();
        let rows = callers.filter(|caller| self.runs(**caller, id)).filter_map(|caller| {
            let call = self.project.call(*caller);
            let site = Site { file: caller.file, function: call.function, at: call.span.start };
            let value = given(call, function, position as usize).next()?;
            let rows = self.budget.deeper(|| self.rows(site, value))?;
            let rows = rows.arrived();
            // A row is one row to the function, wherever it came from.
            Some(if rows.many { rows } else { Rows { upper: Vec::new(), top: None, ..rows } })
        });
        let least = rows.min_by_key(|rows| (rows.handed, rows.loaded.size()));
        self.given.borrow_mut().insert((id, position), least.clone());
        least
    }

    /// Whether a call runs a function.
    fn runs(&self, call: CallId, id: FunctionId) -> bool {
        let things = Things::new(self.project);
        let one = self.project.call(call);
        let site = Site { file: call.file, function: one.function, at: one.span.start };
        let found = match &*one.chain {
            [name] if one.receiver.is_none() => things.lookup(site, *name),
            _ => match things.subject(call) {
                Some(Thing::Instance(owner) | Thing::Type(owner))
                | Some(Thing::Model(_, Some(owner)) | Thing::Rows(_, Some(owner))) => {
                    things.method(owner, one.name()).map(Thing::Function)
                }
                Some(Thing::File(file)) => things.exported(file, one.name()),
                _ => None,
            },
        };
        matches!(found, Some(Thing::Function(found)) if found == id)
    }

    pub(super) fn path(&self, site: Site, path: &[Name], this: Option<&Rows<'p>>) -> Option<Found<'p>> {
        let (root, rest) = path.split_first()?;
        if let Some(found) = self.budget.deeper(|| self.root(site, *root, this)) {
            return self.names(found, rest);
        }
        // `models.Order`, `self.orders`
        (1..path.len().min(4)).find_map(|end| {
            let (before, rest) = path.split_at(end + 1);
            let found = self.dotted(site, before)?;
            self.names(found, rest)
        })
    }

    pub(super) fn names(&self, found: Found<'p>, names: &[Name]) -> Option<Found<'p>> {
        names.iter().try_fold(found, |found, name| self.member(found, *name))
    }

    fn member(&self, found: Found<'p>, name: Name) -> Option<Found<'p>> {
        match found {
            Found::Model(model) => self.query_of(model, name).map(Found::Rows),
            Found::Rows(rows) if name == "[]" => Some(Found::Rows(Rows { many: false, ..rows })),
            Found::Rows(rows) => {
                if let Some(next) = self.step(&rows, name) {
                    return Some(Found::Rows(next));
                }
                if rows.many && self.project.catalogue.words(rows.library, name).is(Words::MANY) {
                    return Some(Found::Rows(rows));
                }
                let Some(Model::Own(one)) = rows.model.filter(|_| !rows.many) else { return None };
                let getter = Things::new(self.project).method(one, name)?;
                let is_getter = self.project.function(getter).kind == FunctionKind::Getter;
                if is_getter { self.returned(getter, None).map(Found::Rows) } else { None }
            }
        }
    }

    /// `Order.objects`, `Order.query`
    fn query_of(&self, model: Model, name: Name) -> Option<Rows<'p>> {
        let mut rows = self.query(model)?;
        let Model::Own(id) = model else { return Some(rows) };
        let field = self.project.type_at(id).fields.iter().find(|field| field.name == name);
        match field.and_then(|field| field.value.as_ref()) {
            Some(Value::List(_) | Value::Object(_) | Value::Text(_) | Value::Literal(_)) => return None,
            Some(value) => {
                let site = Site::of_file(id.file);
                if let Some(Thing::Instance(manager)) = Things::new(self.project).value(site, value) {
                    rows.manager = Some(manager);
                }
            }
            None => {}
        }
        Some(rows)
    }

    /// What a function of the repository gives; `this` is the query whose method it is.
    pub(super) fn returned(&self, id: FunctionId, this: Option<&Rows<'p>>) -> Option<Rows<'p>> {
        self.budget.deeper(|| {
            let function = self.project.function(id);
            let site = Site { file: id.file, function: id.index, at: u32::MAX };
            let rows = function.returned.iter().find_map(|value| self.value(site, value, this));
            let rows = rows.or_else(|| {
                let Found::Rows(rows) = self.declared(site, function.returns.as_ref()?)? else { return None };
                Some(rows)
            })?;
            // The turns of its own loops are not those of the caller.
            let own =
                rows.turn.is_some_and(|turn| turn.file == id.file && self.project.loop_at(turn).function == id.index);
            Some(if own { rows.arrived() } else { rows })
        })
    }

    /// The method of the repository that a call on rows runs: of the model of one row, or of their query.
    pub(in crate::model) fn method_called(&self, id: CallId) -> Option<FunctionId> {
        self.budget.refill();
        let call = self.project.call(id);
        let (name, before) = call.chain.split_last()?;
        let found = match call.receiver {
            Some(index) => {
                let made = &self.project.facts(id.file).call(index).chain;
                let found = self.call(CallId { file: id.file, index }, None)?;
                self.names(found, before.get(made.len()..)?)
            }
            None => {
                let site = Site { file: id.file, function: call.function, at: call.span.start };
                self.path(site, before, None)
            }
        };
        let Found::Rows(rows) = found? else { return None };
        let things = Things::new(self.project);
        match (rows.many, rows.manager, rows.model) {
            (true, Some(manager), _) => things.method(manager, *name),
            (true, None, _) => match self.relations().steps.get(name).map(Vec::as_slice) {
                Some([one]) => Some(*one),
                _ => None,
            },
            (false, _, Some(Model::Own(model))) => things.method(model, *name),
            (false, ..) => None,
        }
    }

    /// What a call gives.
    pub(super) fn call(&self, id: CallId, this: Option<&Rows<'p>>) -> Option<Found<'p>> {
        self.budget.deeper(|| {
            let call = self.project.call(id);
            let site = Site { file: id.file, function: call.function, at: call.span.start };
            let on = match (call.receiver, &*call.chain) {
                (Some(receiver), chain) => {
                    let before = self.project.facts(id.file).call(receiver).chain.len();
                    let receiver = self.call(CallId { file: id.file, index: receiver }, this);
                    let between = chain.get(before..chain.len().saturating_sub(1)).unwrap_or_default();
                    receiver.and_then(|found| self.names(found, between))
                }
                (None, [name]) => return self.plain_call(site, id, *name, this),
                (None, [path @ .., _]) => self.path(site, path, this),
                (None, []) => None,
            };
            match on {
                Some(Found::Model(model)) => self.on_model(model, id),
                Some(Found::Rows(rows)) => self.on_rows(rows, id),
                None => self.on_other(id),
            }
        })
    }

    /// `Order.find_open()`, `Order.filter(..)`
    fn on_model(&self, model: Model, id: CallId) -> Option<Found<'p>> {
        let name = self.project.call(id).name();
        if let Model::Own(one) = model
            && let Some(method) = Things::new(self.project).method(one, name)
        {
            return self.returned(method, None).map(Found::Rows);
        }
        let mut rows = self.query(model)?;
        let words = self.project.catalogue.words(rows.library, name);
        if words.is(Words::SELECTS) {
            self.select_more(&mut rows, id);
        }
        let knows = words.is(Words::READ.or(Words::DEFERRED).or(Words::SELECTS).or(Words::EAGER));
        if knows { self.on_rows(rows, id) } else { None }
    }

    /// `Tweet.select(Tweet, User)` loads the user of each tweet.
    fn select_more(&self, rows: &mut Rows<'p>, id: CallId) {
        let Some(model) = rows.model else { return };
        for other in self.models_in(id) {
            let to_other = self.relations().of.get(&model).into_iter().flatten();
            rows.loaded.add(to_other.filter(|one| one.target == Some(other)).map(|one| vec![one.name]));
        }
    }

    /// A call of a query, or of a row.
    fn on_rows(&self, mut rows: Rows<'p>, id: CallId) -> Option<Found<'p>> {
        let name = self.project.call(id).name();
        let things = Things::new(self.project);
        if !rows.many {
            let Some(Model::Own(one)) = rows.model else { return None };
            return self.returned(things.method(one, name)?, None).map(Found::Rows);
        }
        let form = self.project.catalogue.library(rows.library).relations.as_ref();
        if rows.by.is_some() && !form.is_some_and(|form| form.queries.iter().any(|query| query == name.as_str())) {
            // What refines a relation is a query of its own.
            rows.upper.clear();
            rows.top = None;
            rows.cut = rows.way.len();
        }
        if let Some(method) = rows.manager.and_then(|manager| things.method(manager, name)) {
            let made = self.returned(method, Some(&rows));
            return made.or(Some(Rows { guessed: true, ..rows })).map(Found::Rows);
        }
        let words = self.project.catalogue.words(rows.library, name);
        if words.is(Words::COLUMNS) {
            return None;
        }
        rows.query = Some(id);
        self.load_with(&mut rows.loaded, rows.library, id);
        if form.is_some_and(|form| form.remembers) {
            self.load_shared(&mut rows, id);
        }
        let keeps = Words::READ.or(Words::DEFERRED).or(Words::SELECTS).or(Words::EAGER).or(Words::LOCKS);
        if words.is(Words::READ) && !words.is(Words::MANY) && !words.is(Words::DEFERRED) {
            rows.many = false;
        } else if !words.is(keeps.or(Words::MANY).or(Words::LOADS_ALL)) {
            if words.is(Words::WRITE.or(Words::STATEMENT).or(Words::BUILDS)) {
                return None;
            }
            // A step that the repository made itself.
            let steps = self.relations().steps.get(&name).into_iter().flatten();
            if let Some(made) = steps.copied().find_map(|step| self.returned(step, Some(&rows))) {
                return Some(Found::Rows(made));
            }
            rows.guessed = true;
        }
        Some(Found::Rows(rows))
    }

    /// The models among the arguments of a call.
    pub(super) fn models_in(&self, id: CallId) -> Vec<Model> {
        let call = self.project.call(id);
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        let models = call.arguments.iter().filter_map(|argument| match &argument.value {
            Value::Path(path) => match self.path(site, path, None)? {
                Found::Model(model) => Some(model),
                Found::Rows(_) => None,
            },
            _ => None,
        });
        models.collect()
    }
}

/// The end of a slice that is written down: `[:20]`, `[:PAGE]`
fn is_fixed(slice: &Value) -> bool {
    let Value::Object(ends) = slice else { return false };
    let end = ends.iter().find(|(key, _)| key == "end").map(|(_, end)| end);
    match end {
        Some(Value::Literal(end)) => end.parse::<u32>().is_ok_and(|end| end <= 100),
        Some(Value::Path(path)) => path.last().is_some_and(|name| is_constant_name(name)),
        _ => false,
    }
}
