//! What a call does to a database: reads, writes, ends a transaction, or nothing now. Knows handles and catalogue,
//! not how often the call runs.

use crate::catalogue::{LibraryId, LibraryRole, Words};
use crate::facts::{Call, CallIndex, FileFacts, Language, Name, Usage, Value};

use super::things::{Evidence, Site, Thing, Things};
use super::{CallId, Project, TypeId};

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Count,
    Insert,
    Update,
    /// Inserts what is not there, updates what is.
    Upsert,
    Delete,
    /// Changes something that cannot be seen from here.
    Write,
    /// Sends what a unit of work has collected, or commits.
    Flush,
}

/// A statement that a call sends.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    pub library: LibraryId,
    pub access: Access,
    pub evidence: Evidence,
    /// Takes many rows at once.
    pub batch: bool,
    /// The library joins such calls of one tick into one statement.
    pub coalesced: bool,
    /// The answer may come from memory.
    pub cached: bool,
    /// Locks what it reads.
    pub locks: bool,
    /// The statement is written out in SQL.
    pub raw: bool,
    /// A relation of a row, which may have been loaded with it.
    pub related: bool,
    /// The chain begins with the handle or model, rather than with a row or a statement.
    pub handle_leads: bool,
    /// Only the whole chain of calls is the statement.
    pub deferred: bool,
}

/// What a call is made on, and what the called name means there.
pub(super) struct Receiver {
    pub(super) library: LibraryId,
    pub(super) words: Words,
    pub(super) evidence: Evidence,
    pub(super) handle_leads: bool,
    pub(super) related: bool,
}

pub(super) const EXECUTES: Words = Words::READ.or(Words::WRITE).or(Words::STATEMENT).or(Words::BATCH).or(Words::FLUSH);
const OF_A_ROW: Words = Words::ROW_READ.or(Words::ROW_WRITE);
const SENDS: Words = EXECUTES.or(OF_A_ROW).or(Words::DEFERRED);

/// Functions of the languages that use up what they are given.
const CONSUMERS: [&str; 18] = [
    "all",
    "allSettled",
    "any",
    "bool",
    "dict",
    "enumerate",
    "frozenset",
    "gather",
    "len",
    "list",
    "max",
    "min",
    "next",
    "set",
    "sorted",
    "sum",
    "tuple",
    "zip",
];

/// Names that every list, map or string has: on what is read from a row they prove nothing.
const COMMON: [&str; 13] =
    ["add", "append", "clear", "count", "find", "get", "index", "insert", "pop", "remove", "set", "update", "values"];

impl<'p> Project<'p> {
    /// What a call does to a database, when it does something now.
    pub(super) fn find_effect(&self, id: CallId) -> Option<Effect> {
        self.effect_where(id, |facts, library| self.is_consumed(facts, id, library))
    }

    /// What a call does to a database when whoever gets its result awaits or iterates it.
    pub fn effect_of_result(&self, id: CallId) -> Option<Effect> {
        self.effect_where(id, |_, _| true)
    }

    fn effect_where(&self, id: CallId, is_consumed: impl Fn(&FileFacts, LibraryId) -> bool) -> Option<Effect> {
        let facts = self.facts(id.file);
        let call = facts.call(id.index);
        let anywhere = self.words_anywhere(facts.language, call.name());
        let callable = call.chain.len() <= 2 && call.continued.is_some() || call.awaited;
        if !anywhere.is(SENDS) && !callable {
            return None; // No library of this language knows the name.
        }
        if self.iterates(facts, id.index) {
            return None; // `columns.find((column) => ..)`: a query takes no predicate.
        }
        let things = Things::new(self);
        let Receiver { library, words, evidence, handle_leads, related } =
            self.proven(&things, id).or_else(|| self.given_connection(&things, id)).or_else(|| self.spelled(id))?;
        let known = self.catalogue.library(library);
        if known.role != LibraryRole::DataAccess {
            return None; // A cache is asked per key on purpose.
        }
        if self.is_unsent(facts, id, library) {
            return None;
        }
        let is_sent = words.is(EXECUTES.or(OF_A_ROW)) || words.is(Words::DEFERRED) && is_consumed(facts, library);
        if !is_sent {
            return None;
        }
        if words.is(Words::UNIT_OF_WORK) && !words.is(Words::FLUSH) && call.receiver.is_none() {
            return None; // A later flush sends it; at the end of a query the same word sends a statement.
        }
        Some(Effect {
            library,
            access: self.access(facts, call, words)?,
            evidence,
            batch: words.is(Words::BATCH),
            coalesced: words.is(Words::COALESCED),
            cached: words.is(Words::CACHED),
            locks: self.locks(facts, id, library),
            raw: words.is(Words::STATEMENT) && self.statement_text(facts, call).is_some(),
            related,
            handle_leads,
            deferred: words.is(Words::DEFERRED) && !words.is(EXECUTES.or(OF_A_ROW)),
        })
    }

    /// What a call notes down in a unit of work, for a later flush to send.
    pub(super) fn find_mark(&self, id: CallId) -> Option<(LibraryId, Access, Evidence)> {
        let facts = self.facts(id.file);
        let call = facts.call(id.index);
        if call.receiver.is_some() || !self.words_anywhere(facts.language, call.name()).is(Words::UNIT_OF_WORK) {
            return None; // At the end of a query the same word sends a statement.
        }
        let name = call.name().to_ascii_lowercase();
        let adds = ["add", "merge", "persist"].iter().any(|word| name.starts_with(word));
        let access = if adds { Access::Insert } else { verb_of(&name)? };
        let things = Things::new(self);
        let Receiver { library, words, evidence, .. } = self.proven(&things, id)?;
        let known = self.catalogue.library(library);
        if known.role != LibraryRole::DataAccess || !words.is(Words::UNIT_OF_WORK) || words.is(Words::FLUSH) {
            return None; // A set, or something else that things are added to.
        }
        Some((library, access, evidence))
    }

    /// The text of the statement that a call sends, where it is written out.
    pub(super) fn statement_of(&self, id: CallId) -> Option<String> {
        let facts = self.facts(id.file);
        self.statement_text(facts, facts.call(id.index))
    }

    fn iterates(&self, facts: &FileFacts, call: CallIndex) -> bool {
        let takes_function =
            facts.call(call).arguments.iter().any(|argument| matches!(argument.value, Value::Function(_)));
        takes_function && facts.loops.iter().any(|each| each.call == Some(call))
    }

    /// A receiver that is shown to be a handle, model or row, and what the called name means on it.
    fn proven(&self, things: &Things<'_, 'p>, id: CallId) -> Option<Receiver> {
        let call = self.call(id);
        let words = |library| self.catalogue.words(library, call.name());
        let subject = things.subject(id)?;
        let handle_leads = !matches!(subject, Thing::Rows(..) | Thing::Related(_));
        let related = matches!(subject, Thing::Related(_));
        let (library, words) = match subject {
            // A function of the library itself: `get_object_or_404(Order, id)`; or the handle: `sql`..``
            Thing::Symbol(library, path) if call.chain.len() == 1 => (library, things.symbol(library, path)),
            // `func.count()`: most functions of a library only build.
            Thing::Symbol(..) => return None,
            Thing::Handle(library) if call.chain.len() == 1 && call.receiver.is_none() => {
                let callable = self.catalogue.library(library).callable;
                (library, if callable { Words::DEFERRED } else { Words::NONE })
            }
            Thing::Handle(library) => (library, words(library)),
            Thing::Model(library, one) => {
                if let Some(one) = one {
                    self.is_librarys(things, library, one, call)?;
                }
                (library, words(library))
            }
            Thing::Type(one) => {
                let library = things.model_of(one)?;
                self.is_librarys(things, library, one, call)?;
                (library, words(library))
            }
            Thing::Instance(one) => {
                let library = match things.inherited(one) {
                    Some(Thing::Handle(library)) => library,
                    _ => things.model_of(one)?,
                };
                self.is_librarys(things, library, one, call)?;
                (library, words(library))
            }
            Thing::Rows(library, one) => {
                if let Some(one) = one {
                    self.is_librarys(things, library, one, call)?;
                }
                let found = words(library);
                (library, if found.is(OF_A_ROW) { found } else { Words::NONE })
            }
            Thing::Related(library) => {
                let found = words(library);
                let telling = (self.defers(library) || found.is(OF_A_ROW)) && !is_of_any_collection(call);
                (library, if telling { found } else { Words::NONE })
            }
            _ => return None,
        };
        let evidence = things.evidence();
        if evidence == Evidence::Spelled && is_ambiguous(call) {
            return None;
        }
        Some(Receiver { library, words, evidence, handle_leads, related })
    }

    /// Queries of this library are objects that can be refined before they are sent.
    pub(super) fn defers(&self, library: LibraryId) -> bool {
        let library = self.catalogue.library(library);
        library.language == crate::catalogue::LibraryLanguage::Python && !library.deferred.is_empty()
    }

    /// The method is the library's, or replaces it and still asks the database. What a method of the repository's own
    /// does is for its body to say.
    fn is_librarys(&self, things: &Things<'_, 'p>, library: LibraryId, one: TypeId, call: &Call) -> Option<()> {
        let Some(own) = things.method(one, call.name()) else { return Some(()) };
        let facts = self.facts(own.file);
        let asks = facts.calls.iter().any(|inner| {
            inner.function == own.index
                && (inner.root() == "super" || self.catalogue.words(library, inner.name()).is(EXECUTES))
        });
        asks.then_some(())
    }

    /// The connection stands among the arguments: `users.load(conn)`, `query.fetch_all(&pool)`
    fn given_connection(&self, things: &Things<'_, 'p>, id: CallId) -> Option<Receiver> {
        let facts = self.facts(id.file);
        let call = facts.call(id.index);
        if facts.language == Language::Go {
            return self.wrapped(things, id);
        }
        if facts.language != Language::Rust || call.chain.len() < 2 && call.receiver.is_none() {
            return None;
        }
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        let candidates = self.declared(facts.language).filter(|(_, known)| known.connection_argument);
        for (library, known) in candidates {
            let words = self.catalogue.words(library, call.name());
            if !words.is(EXECUTES) || !self.imports(facts, library) {
                continue;
            }
            let is_handle =
                |value| matches!(things.value(site, value), Some(Thing::Handle(handle)) if handle == library);
            let is_spelled = |value: &Value| {
                matches!(value, Value::Path(path)
                    if path.last().is_some_and(|name| known.handles.iter().any(|handle| handle == name.as_str())))
            };
            // The file imports the library, and the usual name stands where the connection belongs: that is enough.
            if call.arguments.iter().any(|argument| is_handle(&argument.value) || is_spelled(&argument.value)) {
                let evidence = Evidence::Proven;
                return Some(Receiver { library, words, evidence, handle_leads: false, related: false });
            }
        }
        None
    }

    fn imports(&self, facts: &FileFacts, library: LibraryId) -> bool {
        facts
            .imports
            .iter()
            .any(|import| self.catalogue.libraries_of(facts.language, &import.module).contains(&library))
            || self
                .catalogue
                .library(library)
                .packages
                .iter()
                .any(|package| facts.calls.iter().any(|call| call.root() == package.as_str()))
    }

    /// The usual name of a handle, where the library is declared and nothing shows what the name really is.
    fn spelled(&self, id: CallId) -> Option<Receiver> {
        let facts = self.facts(id.file);
        let call = facts.call(id.index);
        if is_ambiguous(call) {
            return None;
        }
        let before = &call.chain[..call.chain.len() - 1];
        let mut found = self.declared(facts.language).filter(|(library, known)| {
            self.catalogue.words(*library, call.name()).is(SENDS)
                && known.handles.iter().any(|handle| spells(before, handle))
        });
        let (library, _) = found.next()?;
        let words = self.catalogue.words(library, call.name());
        Some(Receiver { library, words, evidence: Evidence::Spelled, handle_leads: true, related: false })
    }

    /// Something in the chain says that nothing is sent, or a later call of the chain sends it.
    fn is_unsent(&self, facts: &FileFacts, id: CallId, library: LibraryId) -> bool {
        let own = self.catalogue.words(library, facts.call(id.index).name());
        let deferred = own.is(Words::DEFERRED) && !own.is(EXECUTES.or(OF_A_ROW));
        let mut next = facts.call(id.index).continued;
        while let Some(call) = next.map(|index| facts.call(index)) {
            let words = self.catalogue.words(library, call.name());
            if words.is(Words::BUILDS) || deferred && words.is(EXECUTES.or(Words::DEFERRED)) {
                return true;
            }
            next = call.continued;
        }
        let before = &facts.call(id.index).chain;
        let stops = Words::BUILDS.or(Words::QUEUES);
        before[..before.len() - 1].iter().any(|name| self.catalogue.words(library, *name).is(stops))
    }

    /// The statement that a chain has begun is sent: its result is awaited, iterated or measured.
    pub(super) fn is_consumed(&self, facts: &FileFacts, id: CallId, library: LibraryId) -> bool {
        let last = facts.last_of_chain(id.index);
        let call = facts.call(last);
        if call.awaited {
            return true;
        }
        match call.usage {
            Usage::Iterated(_) => true,
            Usage::Tested => facts.language == Language::Python,
            Usage::Argument(outer) => {
                let outer = facts.call(outer);
                let consumer = CONSUMERS.contains(&outer.name().as_str());
                consumer
                    && (outer.chain.len() == 1 || outer.chain.len() == 2)
                    && !self.catalogue.words(library, outer.name()).is(Words::READ)
            }
            // A promise handed on: `ids.map((id) => db.select()..)`
            Usage::Returned => facts.language == Language::TypeScript && self.is_callback(facts, call),
            Usage::Used => self.is_consumed_by_name(facts, last),
            Usage::Dropped => false,
        }
    }

    fn is_callback(&self, facts: &FileFacts, call: &Call) -> bool {
        call.each.is_some_and(|each| facts.loop_at(each).body == Some(call.function))
    }

    /// Bound to a name that is iterated or measured further down.
    fn is_consumed_by_name(&self, facts: &FileFacts, id: CallIndex) -> bool {
        let call = facts.call(id);
        let bound = facts.bindings.iter().find(|binding| {
            binding.function == call.function && matches!(&binding.value, Value::Call(value, _) if *value == id)
        });
        let Some(binding) = bound else { return false };
        let is_it = |value: &Value| matches!(value, Value::Path(path) if **path == *binding.target);
        let iterated = facts.loops.iter().any(|each| {
            each.each == call.each && each.span.start > call.span.start && each.over.as_ref().is_some_and(is_it)
        });
        iterated && facts.language == Language::Python
            || facts.calls.iter().any(|consumer| {
                consumer.function == call.function
                    && consumer.each == call.each
                    && consumer.span.start > call.span.start
                    && CONSUMERS.contains(&consumer.name().as_str())
                    && consumer.chain.len() == 1
                    && consumer.arguments.iter().any(|argument| is_it(&argument.value))
            })
    }

    /// What the statement does; nothing for statements that are not about rows.
    fn access(&self, facts: &FileFacts, call: &Call, words: Words) -> Option<Access> {
        let name = call.name().to_ascii_lowercase();
        if words.is(Words::STATEMENT)
            && let Some(text) = self.statement_text(facts, call)
        {
            return access_of_sql(&text);
        }
        if words.is(Words::FLUSH) && !words.is(Words::READ.or(Words::WRITE)) {
            return Some(Access::Flush);
        }
        let writes = words.is(Words::WRITE.or(Words::ROW_WRITE)) && !words.is(Words::READ.or(Words::ROW_READ))
            || words.is(Words::BATCH) && !words.is(Words::READ);
        if self.is_about_schema(facts, call) {
            return None;
        }
        let verb = |name: &str| verb_of(name).or_else(|| self.built_verb(facts, call));
        Some(match verb(&name) {
            Some(access) if writes || words.is(Words::STATEMENT.or(Words::DEFERRED)) => access,
            None if writes => Access::Write,
            _ if name.contains("count") || name.contains("exist") => Access::Count,
            _ => Access::Read,
        })
    }

    /// `connection.execute(DropConstraint(key))`
    fn is_about_schema(&self, facts: &FileFacts, call: &Call) -> bool {
        call.arguments.iter().any(|argument| match &argument.value {
            Value::Call(inner, _) => {
                let name = facts.call(*inner).name();
                let changes = ["Add", "Alter", "Create", "Drop"].iter().any(|word| name.starts_with(word));
                changes
                    && ["Constraint", "Index", "Schema", "Sequence", "Table"].iter().any(|kind| name.ends_with(kind))
            }
            _ => false,
        })
    }

    fn statement_text(&self, facts: &FileFacts, call: &Call) -> Option<String> {
        let text = call.arguments.iter().find_map(|argument| self.sql(facts, call, &argument.value));
        text.or_else(|| self.receiver_sql(facts, call))
    }

    /// A built statement names itself on the way: `insert(users).values(..)`, `delete(Order).where(..)`.
    fn built_verb(&self, facts: &FileFacts, call: &Call) -> Option<Access> {
        let built = call.arguments.iter().filter_map(|argument| {
            // `statement = update(Order).where(..)`, `session.execute(statement)`
            let bound = match &argument.value {
                Value::Path(path) => facts.bindings.iter().rev().find(|binding| {
                    binding.target == *path && binding.function == call.function && binding.span.start < call.span.start
                }),
                _ => None,
            };
            match bound.map_or(&argument.value, |bound| &bound.value) {
                Value::Call(inner, _) => Some(facts.call(*inner).chain.iter()),
                _ => None,
            }
        });
        // `knex("users").where(..).update(..)`: what comes after says what it was.
        let later = std::iter::successors(call.continued, |index| facts.call(*index).continued);
        let later = later.filter_map(|index| facts.call(index).chain.last());
        let names = call.chain.iter().chain(built.flatten()).chain(later);
        names.filter_map(|name| verb_of(&name.to_ascii_lowercase())).next()
    }

    /// The SQL that an argument holds, directly or by a name of the same file.
    fn sql(&self, facts: &FileFacts, call: &Call, value: &Value) -> Option<String> {
        match value {
            Value::Text(text) | Value::Template(text, _) => Some(text.to_string()),
            Value::Call(inner, _) => {
                // `text("SELECT ..")`, `` sql`..` ``
                let inner = facts.call(*inner);
                let first = inner.arguments.first()?;
                matches!(first.value, Value::Text(_) | Value::Template(..))
                    .then(|| self.sql(facts, inner, &first.value))?
            }
            Value::Path(path) => {
                let [name] = **path else { return None };
                let binding = facts.bindings.iter().find(|binding| {
                    *binding.target == [name]
                        && (binding.function == call.function || binding.function == crate::facts::FunctionIndex::FILE)
                })?;
                match &binding.value {
                    Value::Text(text) | Value::Template(text, _) => Some(text.to_string()),
                    // `"INSERT INTO orders (" + columns + ")"`
                    Value::Other(values) => match values.first()? {
                        Value::Text(text) | Value::Template(text, _) => Some(text.to_string()),
                        _ => None,
                    },
                    _ => None,
                }
            }
            Value::Other(values) | Value::List(values) => values.iter().find_map(|value| self.sql(facts, call, value)),
            _ => None,
        }
        .filter(|text| access_of_sql(text).is_some() || is_sql(text))
    }

    /// The SQL of a statement that a receiver holds: `sqlx::query("..").execute(pool)`
    fn receiver_sql(&self, facts: &FileFacts, call: &Call) -> Option<String> {
        let mut next = call.receiver;
        while let Some(call) = next.map(|index| facts.call(index)) {
            if let Some(text) = call.arguments.iter().find_map(|argument| self.sql(facts, call, &argument.value)) {
                return Some(text);
            }
            next = call.receiver;
        }
        None
    }

    /// Rows are locked one by one on purpose.
    fn locks(&self, facts: &FileFacts, id: CallId, library: LibraryId) -> bool {
        let whole = facts.call(id.index);
        let text = whole.arguments.iter().find_map(|argument| self.sql(facts, whole, &argument.value));
        let text = text.or_else(|| self.receiver_sql(facts, whole));
        if text.is_some_and(|text| {
            let text = text.to_ascii_uppercase();
            text.contains("FOR UPDATE") || text.contains("ADVISORY")
        }) {
            return true;
        }
        let locks = |call: &Call| {
            self.catalogue.words(library, call.name()).is(Words::LOCKS)
                || call.arguments.iter().any(|argument| {
                    argument.name.is_some_and(|name| self.catalogue.words(library, name).is(Words::LOCKS))
                        || matches!(&argument.value, Value::Object(entries)
                            if entries.iter().any(|(key, _)| self.catalogue.words(library, *key).is(Words::LOCKS)))
                })
        };
        facts.chain(id.index).any(locks)
    }
}

/// A list, a map or a string could be meant. Their `count` has an argument, and their `get` has no named ones.
pub(super) fn is_of_any_collection(call: &Call) -> bool {
    match call.name().as_str() {
        "count" => !call.arguments.is_empty(),
        "get" => call.arguments.is_empty() || call.arguments.iter().any(|argument| argument.name.is_none()),
        name => COMMON.contains(&name),
    }
}

/// Called on a plain name by a name that many things have: `session.get(url)`
fn is_ambiguous(call: &Call) -> bool {
    let names = call.chain.iter().filter(|name| !matches!(name.as_str(), "self" | "Self" | "[]"));
    names.count() == 2 && COMMON.contains(&call.name().as_str())
}

/// Whether the names before a call end in, or hold, the usual path of a handle: `ctx.prisma.user` holds `prisma`,
/// `WIKI.models.users` ends in `models.*`.
fn spells(before: &[Name], handle: &str) -> bool {
    let segments: Vec<&str> = handle.split('.').collect();
    before
        .windows(segments.len())
        .any(|window| window.iter().zip(&segments).all(|(name, segment)| *segment == "*" || name.as_str() == *segment))
}

/// What a name of a call says about rows, in lower case.
fn verb_of(name: &str) -> Option<Access> {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["upsert", "update_or_create", "get_or_create", "findorcreate", "firstorcreate"]) {
        Some(Access::Upsert)
    } else if has(&["delete", "destroy", "remove", "truncate"]) {
        Some(Access::Delete)
    } else if has(&["update", "save", "increment", "decrement", "modify", "replace"]) {
        Some(Access::Update)
    } else if has(&["insert", "create", "put"]) {
        Some(Access::Insert)
    } else {
        None
    }
}

fn is_sql(text: &str) -> bool {
    let word = first_word(text);
    matches!(
        word.as_str(),
        "CREATE"
            | "ALTER"
            | "DROP"
            | "TRUNCATE"
            | "BEGIN"
            | "COMMIT"
            | "ROLLBACK"
            | "SET"
            | "PRAGMA"
            | "VACUUM"
            | "LOCK"
            | "GRANT"
            | "ANALYZE"
            | "REINDEX"
            | "EXPLAIN"
            | "SAVEPOINT"
            | "RELEASE"
            | "ATTACH"
            | "DETACH"
            | "COPY"
            | "LISTEN"
            | "NOTIFY"
            | "SHOW"
            | "USE"
            | "DO"
            | "REFRESH"
            | "COMMENT"
    )
}

fn first_word(text: &str) -> String {
    let text = text.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase()
}

fn access_of_sql(text: &str) -> Option<Access> {
    match first_word(text).as_str() {
        "SELECT" | "WITH" | "CALL" | "EXEC" | "VALUES" | "FROM" => {
            let counts = text
                .to_ascii_uppercase()
                .split_whitespace()
                .nth(1)
                .is_some_and(|word| word.starts_with("COUNT(") || word.starts_with("EXISTS"));
            Some(if counts { Access::Count } else { Access::Read })
        }
        "INSERT" | "REPLACE" | "MERGE" | "UPSERT" => Some(Access::Insert),
        "UPDATE" => Some(Access::Update),
        "DELETE" => Some(Access::Delete),
        _ => None,
    }
}
