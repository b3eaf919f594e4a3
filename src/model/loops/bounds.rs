//! How many elements a collection has at most, where the code says it: a slice, a limit, a list that is written down.
//! Follows names, constants of other files, steps that keep or drop elements, and helpers; it does not know what a
//! caller hands over, nor how many rows a table has.

use std::cell::Cell;

use crate::catalogue::Words;
use crate::facts::{Argument, Binding, Call, FileFacts, FunctionIndex, Language, LoopForm, LoopIndex, Name, Value};
use crate::model::budget::Budget;
use crate::model::scopes::Definition;
use crate::model::things::{Site, Thing, Things};
use crate::model::{CallId, FunctionId, Project};

/// Steps one question may take, and how deep it may go.
const STEPS: u32 = 120;
const MAX_DEPTH: u32 = 12;

/// Steps of a query or an iterator that take as many as their argument says.
const LIMITS: [&str; 7] = ["Limit", "Take", "fetch_first", "limit", "setMaxResults", "take", "top"];

/// Options that say the same: `findMany({ take: 10 })` · `find_all(limit=10)`
const LIMIT_KEYS: [&str; 4] = ["limit", "maxResults", "max_results", "take"];

/// Steps and options that begin a page further on.
const PAGES: [&str; 6] = ["Offset", "Skip", "cursor", "offset", "page", "skip"];

/// Steps after which there may be more elements than before.
const GROWS: [&str; 11] =
    ["chain", "concat", "cross", "cycle", "extend", "flat", "flatMap", "flat_map", "flatten", "union", "union_all"];

/// Callbacks whose loop gives no more than it goes through.
const KEEPS: [&str; 10] =
    ["filter", "filter_map", "forEach", "inspect", "map", "pMap", "skip_while", "sort", "take_while", "toSorted"];

/// Functions that give what they are given, in another form.
const PASSES: [&str; 9] = ["enumerate", "iter", "list", "reversed", "set", "shuffle", "sorted", "tuple", "uniq"];

/// The same, as functions of a type or module: `Object.values(KINDS)`, `Promise.all(rows)`
const PASSES_OF: [&str; 9] = ["all", "allSettled", "entries", "from", "gather", "keys", "Keys", "values", "Values"];
const OF: [&str; 6] = ["Array", "Object", "Promise", "asyncio", "maps", "slices"];

/// Calls that put more into a collection.
const FILLS: [&str; 6] = ["add", "append", "extend", "insert", "push", "unshift"];

/// Answers one question.
pub(super) struct Bounds<'q, 'p> {
    project: &'q Project<'p>,
    budget: Budget,
    /// A limit was read, of what may be more.
    limits: Cell<bool>,
}

impl<'q, 'p> Bounds<'q, 'p> {
    pub(super) fn new(project: &'q Project<'p>) -> Self {
        Self { project, budget: Budget::new(STEPS, MAX_DEPTH), limits: Cell::new(false) }
    }

    /// What was asked for rests on a limit, rather than on a collection that is written down.
    pub(super) fn is_limited(&self) -> bool {
        self.limits.get()
    }

    /// How many elements a value has at most.
    pub(super) fn of(&self, site: Site, value: &'q Value) -> Option<u32> {
        self.budget.deeper(|| match value {
            Value::List(values) => {
                // A spread is a value of its own kind.
                values.iter().all(|value| !matches!(value, Value::Other(_))).then_some(values.len() as u32)
            }
            Value::Object(entries) => entries.iter().all(|(key, _)| key != "...").then_some(entries.len() as u32),
            Value::Path(path) => match &**path {
                [name] => self.named(site, *name),
                path => self.constant(site, path).and_then(|(site, value)| self.of(site, value)),
            },
            Value::Call(call, read) => self.given(CallId { file: site.file, index: *call }, read),
            Value::Element(element) => self.element(site, &element.0, &element.1),
            Value::Each(each) => self.kept(site, *each),
            Value::Literal(word) => (*word == "null").then_some(0),
            Value::Other(values) => match &**values {
                [] => None,
                [whole, Value::Object(ends)] if is_slice(ends) => self.slice(site, whole, ends),
                // A choice, or several in one: together they have no more.
                values => values.iter().try_fold(0, |sum: u32, value| sum.checked_add(self.of(site, value)?)),
            },
            Value::Text(_) | Value::Template(..) | Value::Function(_) => None,
        })
    }

    /// `const [rows, count] = await repository.findAndCount({ take: 10 })` · `[rows, count] = await Promise.all([..])`
    fn element(&self, site: Site, of: &'q Value, position: &Value) -> Option<u32> {
        let Value::Call(call, _) = of else { return None };
        let facts = self.project.facts(site.file);
        let call = facts.call(*call);
        match (call.arguments.first().map(|first| &first.value), position) {
            (Some(Value::List(values)), Value::Literal(position)) => {
                self.of(site, values.get(number_of(position)? as usize)?)
            }
            _ => self.limited(site, facts, call),
        }
    }

    /// `rows[:10]`: no more than its end, whatever the whole has.
    fn slice(&self, site: Site, whole: &'q Value, ends: &'q [(Name, Value)]) -> Option<u32> {
        let end = ends.iter().find(|(key, _)| key == "end").and_then(|(_, end)| self.number(site, end));
        end.or_else(|| self.of(site, whole))
    }

    /// `rows.map(..)`, `[row for row in rows if row.open]`
    fn kept(&self, site: Site, index: LoopIndex) -> Option<u32> {
        let facts = self.project.facts(site.file);
        let each = facts.loop_at(index);
        let keeps = match each.form {
            LoopForm::Callback => each.call.is_some_and(|call| KEEPS.contains(&facts.call(call).name().as_str())),
            // A second clause multiplies.
            LoopForm::Comprehension => {
                let mut clauses = self.project.scopes(site.file).loops_in(facts, each.span);
                clauses.all(|clause| clause.span != each.span || std::ptr::eq(clause, each))
            }
            LoopForm::Statement => false,
        };
        let site = Site { file: site.file, function: each.function, at: each.span.start };
        self.of(site, each.over.as_ref().filter(|_| keeps)?)
    }

    /// What a name holds: every value that it is given in the innermost scope that knows it.
    fn named(&self, site: Site, name: Name) -> Option<u32> {
        let facts = self.project.facts(site.file);
        let scopes = self.project.scopes(site.file);
        let mut function = Some(site.function);
        while let Some(index) = function {
            let definitions = scopes.at(index, name);
            if !definitions.is_empty() {
                return self.held(site, index, name, definitions);
            }
            function = facts.function(index).parent;
        }
        let (site, value) = self.constant(site, &[name])?;
        self.of(site, value)
    }

    fn held(&self, site: Site, scope: FunctionIndex, name: Name, definitions: &[Definition]) -> Option<u32> {
        let facts = self.project.facts(site.file);
        // What a file holds may be used before the line that says it.
        let at = if scope == FunctionIndex::FILE && site.function != scope { u32::MAX } else { site.at };
        let mut held: Vec<&Binding> = Vec::new();
        for definition in definitions {
            match definition {
                Definition::Binding(index) => held.push(&facts.bindings[*index as usize]),
                Definition::Import(_) => {
                    let (site, value) = self.constant(site, &[name])?;
                    return self.of(site, value);
                }
                _ => return None,
            }
        }
        held.retain(|binding| binding.span.start < at);
        // The last that is given in any case makes those before it void.
        let last = held.iter().rposition(|one| one.branch.is_none() && one.each.is_none() && !one.augments);
        held.drain(..last.unwrap_or(0));
        if held.is_empty() || held.iter().any(|binding| binding.augments) {
            return None;
        }
        let (empty, given): (Vec<_>, Vec<_>) =
            held.into_iter().partition(|binding: &&Binding| is_empty(facts, &binding.value));
        let mut most = 0;
        for binding in given {
            // In `rows = sorted(rows)` the right side means the one before.
            let before = Site { file: site.file, function: binding.function, at: binding.span.start };
            most = most.max(self.of(before, &binding.value)?);
        }
        if self.grows(facts, name) {
            return None;
        }
        if empty.is_empty() { Some(most) } else { Some(self.filled(site, scope, name)?.max(most)) }
    }

    /// Something is put into it: `rows.push(row)`, `rows[key] = row`
    fn grows(&self, facts: &FileFacts, name: Name) -> bool {
        let fills = |call: &Call| {
            *call.chain == [name, call.name()] && call.chain.len() == 2 && FILLS.contains(&call.name().as_str())
        };
        facts.bindings.iter().any(|one| matches!(*one.target, [root, _, ..] if root == name))
            || facts.calls.iter().any(fills)
    }

    /// What queries write into an empty list: `db.Limit(10).Find(&rows)`
    fn filled(&self, site: Site, scope: FunctionIndex, name: Name) -> Option<u32> {
        let facts = self.project.facts(site.file);
        let is_it = |value: &Value| matches!(value, Value::Path(path) if **path == [name]);
        let mut filled = None;
        for call in facts.calls.iter().filter(|call| call.function == scope && call.span.start < site.at) {
            let takes = call.arguments.iter().any(|argument| is_it(&argument.value));
            if takes && !matches!(call.name().as_str(), "cap" | "len") {
                filled = filled.max(Some(self.limited(site, facts, call)?));
            }
        }
        filled
    }

    /// What a call gives.
    fn given(&self, id: CallId, read: &[Name]) -> Option<u32> {
        let facts = self.project.facts(id.file);
        let call = facts.call(id.index);
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        if let Some(most) = self.limited(site, facts, call) {
            return Some(most);
        }
        // What is read from it is another collection than it is itself.
        if !read.is_empty() || before(facts, call).any(|call| GROWS.contains(&call.name().as_str())) {
            return None;
        }
        before(facts, call).find_map(|call| self.passed(site, facts, call)).or_else(|| self.returned(id, call))
    }

    /// A limit in the chain that ends with a call.
    fn limited(&self, site: Site, facts: &'q FileFacts, call: &'q Call) -> Option<u32> {
        // A page is one of many: whoever reads on asks for the next.
        if before(facts, call).any(is_page) {
            return None;
        }
        for call in before(facts, call) {
            if GROWS.contains(&call.name().as_str()) {
                return None;
            }
            if let Some(most) = self.limit(site, call) {
                return Some(most);
            }
        }
        None
    }

    fn limit(&self, site: Site, call: &'q Call) -> Option<u32> {
        let named = |argument: &&'q Argument| argument.name.is_some_and(|name| LIMIT_KEYS.contains(&name.as_str()));
        if let Some(argument) = call.arguments.iter().find(named) {
            return self.number(site, &argument.value);
        }
        let name = call.name();
        let argument = |position: usize| self.number(site, &call.arguments.get(position)?.value);
        match (name.as_str(), call.arguments.len()) {
            ("slice", 2) if call.chain.len() > 1 && argument(0) == Some(0) => argument(1),
            ("islice", 2) => argument(1),
            ("islice", 3..) => argument(2),
            (name, 1) if LIMITS.contains(&name) && call.chain.len() > 1 => argument(0),
            _ if self.names_one(site, call) => {
                self.limits.set(true);
                Some(1)
            }
            _ => call.arguments.iter().find_map(|argument| match &argument.value {
                Value::Object(entries) => {
                    let (_, most) = entries.iter().find(|(key, _)| LIMIT_KEYS.contains(&key.as_str()))?;
                    self.number(site, most)
                }
                Value::Text(text) | Value::Template(text, _) => self.sql(text),
                _ => None,
            }),
        }
    }

    /// Rows with one primary key: `filter(pk=id)`, `findMany({ where: { id } })`
    fn names_one(&self, site: Site, call: &Call) -> bool {
        let words = self.project.words_anywhere(self.project.language(site.file), call.name());
        words.is(Words::READ.or(Words::DEFERRED))
            && call.arguments.iter().any(|argument| match &argument.value {
                Value::Object(entries) => entries.iter().any(|(key, value)| match value {
                    Value::Object(entries) if key == "where" => entries.iter().any(|(key, value)| is_key(*key, value)),
                    _ => false,
                }),
                value => argument.name.is_some_and(|name| is_key(name, value)),
            })
    }

    /// What a call hands through: `sorted(rows)`, `Object.values(KINDS)`, `session.execute(statement)`
    fn passed(&self, site: Site, facts: &'q FileFacts, call: &'q Call) -> Option<u32> {
        let name = call.name();
        let sends = || self.project.words_anywhere(facts.language, name).is(Words::STATEMENT.or(Words::READ));
        let passes = match &*call.chain {
            [name] => PASSES.contains(&name.as_str()),
            [of, name] => OF.contains(&of.as_str()) && PASSES_OF.contains(&name.as_str()),
            _ => false,
        };
        let first = call.arguments.first().filter(|argument| !argument.spread);
        if passes {
            return self.of(site, &first?.value);
        }
        // The text or the object literal of a statement is no collection.
        if let Some(first) = first
            && call.receiver.is_none()
            && matches!(first.value, Value::Path(_) | Value::Call(..))
            && sends()
        {
            return self.statement(site, &first.value);
        }
        // `KINDS.items()`
        let on = || call.receiver.is_none() && call.arguments.is_empty() && call.chain.len() == 2;
        let keeps = matches!(name.as_str(), "copy" | "items" | "iter" | "keys" | "toSorted" | "values");
        (keeps && on()).then(|| self.named(site, call.root()))?
    }

    /// A statement that is held by a name: built, or as text.
    fn statement(&self, site: Site, value: &'q Value) -> Option<u32> {
        if let Value::Path(path) = value
            && let Some((_, Value::Text(text) | Value::Template(text, _))) = self.constant(site, path)
        {
            return self.sql(text);
        }
        self.of(site, value)
    }

    fn sql(&self, text: &str) -> Option<u32> {
        let most = limit_of_sql(text)?;
        self.limits.set(true);
        Some(most)
    }

    /// What a function of the repository gives.
    fn returned(&self, id: CallId, call: &Call) -> Option<u32> {
        let things = Things::new(self.project);
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        let plain = || match things.lookup(site, call.name())? {
            Thing::Function(function) => Some(function),
            _ => None,
        };
        let function = match self.project.callee(id) {
            Some(callee) => callee.function,
            None => (call.chain.len() == 1 && call.receiver.is_none()).then(plain)??,
        };
        self.given_by(function)
    }

    fn given_by(&self, id: FunctionId) -> Option<u32> {
        let function = self.project.function(id);
        let site = Site { file: id.file, function: id.index, at: u32::MAX };
        let first = function.returned.first().map(|_| 0);
        function.returned.iter().try_fold(first?, |most, value| {
            // Go gives an error beside the rows.
            let value = match value {
                Value::List(values) if self.project.language(id.file) == Language::Go => values.first()?,
                // A record, of whose fields nothing is said.
                Value::Object(_) => return None,
                value => value,
            };
            Some(most.max(self.of(site, value)?))
        })
    }

    /// A number that stands in the code, or in a constant.
    pub(super) fn number(&self, site: Site, value: &'q Value) -> Option<u32> {
        self.budget.deeper(|| match value {
            Value::Literal(word) => {
                self.limits.set(true);
                number_of(word)
            }
            Value::Path(path) => {
                let (site, value) = self.constant(site, path)?;
                self.number(site, value)
            }
            // `Math.min(asked, 50)`
            Value::Call(call, _) => {
                let call = self.project.facts(site.file).call(*call);
                let least = || call.arguments.iter().filter_map(|argument| self.number(site, &argument.value)).min();
                (call.name() == "min").then(least)?
            }
            _ => None,
        })
    }

    /// The one value that a name is ever given, here or where it is imported from.
    fn constant(&self, site: Site, path: &[Name]) -> Option<(Site, &'q Value)> {
        let (root, rest) = path.split_first()?;
        let facts = self.project.facts(site.file);
        let scopes = self.project.scopes(site.file);
        let mut function = Some(site.function);
        while let Some(index) = function {
            let definitions = scopes.at(index, *root);
            if let [only] = definitions {
                return self.defined(site, *only, rest);
            }
            if !definitions.is_empty() {
                return None;
            }
            function = facts.function(index).parent;
        }
        let siblings = self.project.modules.siblings(site.file, facts.language);
        let mut others = siblings.iter().filter(|sibling| **sibling != site.file && rest.is_empty());
        others.find_map(|file| self.offered(Thing::File(*file), *root))
    }

    fn defined(&self, site: Site, definition: Definition, rest: &[Name]) -> Option<(Site, &'q Value)> {
        let facts = self.project.facts(site.file);
        match definition {
            Definition::Binding(index) => {
                let binding = &facts.bindings[index as usize];
                let site = Site { file: site.file, function: binding.function, at: binding.span.start };
                match (rest, &binding.value) {
                    _ if binding.augments => None,
                    ([], value) => Some((site, value)),
                    ([key], Value::Object(entries)) => {
                        entries.iter().find(|(name, _)| name == key).map(|(_, value)| (site, value))
                    }
                    _ => None,
                }
            }
            Definition::Type(index) => {
                let [name] = rest else { return None };
                let one = &facts.types[index.get()];
                let value = one.fields.iter().find(|field| field.name == *name)?.value.as_ref()?;
                Some((Site::of_file(site.file), value))
            }
            Definition::Import(index) => {
                let import = &facts.imports[index as usize];
                let things = Things::new(self.project);
                let module = things.module(site.file, import.module)?;
                match (import.symbol, rest) {
                    (Some(symbol), []) => self.offered(module, symbol),
                    (None, [name]) => self.offered(module, *name),
                    // `from app import limits`: the symbol is a file of its own.
                    (Some(symbol), [name]) => self.offered(things.member(module, symbol)?, *name),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What a file or package offers under a name.
    fn offered(&self, module: Thing<'q>, name: Name) -> Option<(Site, &'q Value)> {
        let file = match module {
            Thing::File(file) => file,
            Thing::Folder(folder) => {
                let files = self.project.modules.files_in(folder);
                let mut files = files.iter();
                *files.find(|file| !self.project.scopes(**file).at(FunctionIndex::FILE, name).is_empty())?
            }
            _ => return None,
        };
        self.budget.deeper(|| match self.project.scopes(file).at(FunctionIndex::FILE, name) {
            [only] => self.defined(Site::of_file(file), *only, &[]),
            _ => None,
        })
    }
}

/// A call and those that it is chained to.
fn before<'f>(facts: &'f FileFacts, call: &'f Call) -> impl Iterator<Item = &'f Call> {
    std::iter::successors(Some(call), |call| call.receiver.map(|receiver| facts.call(receiver)))
}

/// `.offset(from)`, `skip: from`, `cursor: { id }`
fn is_page(call: &Call) -> bool {
    let skips = |name: Name| PAGES.contains(&name.as_str());
    skips(call.name())
        || call.arguments.iter().any(|argument| match &argument.value {
            Value::Object(entries) => entries.iter().any(|(key, _)| skips(*key)),
            Value::Text(text) | Value::Template(text, _) => text.to_ascii_lowercase().contains(" offset "),
            _ => argument.name.is_some_and(skips),
        })
}

/// A primary key, and one value for it.
fn is_key(key: Name, value: &Value) -> bool {
    let one = match value {
        Value::Path(path) => path.last().is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            name.ends_with("id") || name.ends_with("pk")
        }),
        Value::Text(_) | Value::Literal(_) => true,
        _ => false,
    };
    (key == "id" || key == "pk") && one
}

/// A name that is only declared, to be filled further down.
fn is_empty(facts: &FileFacts, value: &Value) -> bool {
    match value {
        Value::Other(values) | Value::List(values) => values.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Literal(word) => *word == "null",
        Value::Call(call, _) => {
            let call = facts.call(*call);
            call.name() == "make" || call.constructs && call.arguments.is_empty()
        }
        _ => false,
    }
}

fn is_slice(ends: &[(Name, Value)]) -> bool {
    ends.iter().all(|(key, _)| matches!(key.as_str(), "start" | "end" | "capacity" | "step"))
}

/// `1_000`, `10i64`
fn number_of(word: &str) -> Option<u32> {
    let digits: String = word.chars().filter(|letter| *letter != '_').collect();
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    (!rest.contains('.')).then(|| digits.parse().ok())?
}

/// The number after the last `LIMIT` of a statement; one inside brackets limits something else.
fn limit_of_sql(text: &str) -> Option<u32> {
    let at = text.rmatch_indices(['L', 'l']).map(|(at, _)| at).find(|at| {
        let word = text.get(*at..*at + 5).is_some_and(|word| word.eq_ignore_ascii_case("limit"));
        word && text[..*at].ends_with(char::is_whitespace)
    })?;
    let rest = text[at + 5..].trim_start();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let after = &rest[digits.len()..];
    (!after.contains(')')).then(|| digits.parse().ok())?
}
