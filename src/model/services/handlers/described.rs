//! Calls that describe functions of a platform to what they say of each: its name, where its code lies and what calls
//! it. Knows which calls those are from the catalogue alone, and does not know whether the files are there.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::constants::{Constants, Entries, Known};
use crate::catalogue::{FunctionCalls, Library, LibraryId, SystemId, TriggerCalls, fits};
use crate::facts::{Call, FileFacts, FunctionIndex, Import, Name, Span, Value};
use crate::manifests::{CloudFunction, Trigger};
use crate::model::Project;
use crate::model::services::sources::Sources;
use crate::paths::{ancestors, folder};
use crate::walk::{FileId, Role};

/// How deep descriptions of functions lie in others.
const DEPTH: u32 = 5;

/// A function that code describes.
#[derive(Clone, Debug)]
pub(super) struct Described {
    pub(super) file: FileId,
    pub(super) library: LibraryId,
    /// The system that runs it.
    pub(super) system: Option<SystemId>,
    /// The folder that paths are relative to.
    pub(super) base: String,
    /// Paths are relative to the base, or to the root of the repository.
    pub(super) function: CloudFunction,
    pub(super) is_anchored: bool,
    /// A program, which runs what it starts with.
    pub(super) is_program: bool,
    /// Counts only if it leads somewhere.
    pub(super) is_doubtful: bool,
}

/// All that the code of a repository describes, in the order of the files.
pub(super) fn described(project: &Project, sources: &Sources) -> Vec<Described> {
    let shelf: Vec<(LibraryId, &Library)> =
        project.catalogue.libraries().filter(|(_, library)| !library.functions.is_empty()).collect();
    let claimed: Vec<FxHashSet<LibraryId>> = project.facts.par_iter().map(|facts| claimed(project, facts)).collect();
    let mut found = Vec::new();
    for library in shelf {
        let roots = roots(project, library.1);
        for (index, facts) in project.facts.iter().enumerate() {
            let file = FileId(index as u32);
            let is_of_language = |facts: &&FileFacts| library.1.language.of_sources() == Some(facts.language);
            let is_read = sources.of_file(file).is_some() && project.file(file).role != Role::Generated;
            if let Some(facts) = facts.as_ref().filter(is_of_language).filter(|_| is_read) {
                found.extend(Reader::of(project, library, file, facts, &roots, &claimed[index]).and_then(Reader::read));
            }
        }
    }
    let mut found: Vec<Described> = found.into_iter().flatten().collect();
    found.sort_by_key(|one| (one.file, one.function.span));
    found
}

/// The libraries that claim what a file imports.
fn claimed(project: &Project, facts: &Option<FileFacts>) -> FxHashSet<LibraryId> {
    let imports = facts.iter().flat_map(|facts| facts.imports.iter().map(|import| (facts.language, import.module)));
    let mut claimed = FxHashSet::default();
    imports.for_each(|(language, module)| claimed.extend(project.claiming(language, module).iter()));
    claimed
}

/// Folders with a file that a library's tool begins at.
fn roots(project: &Project, library: &Library) -> Vec<String> {
    let files = project.files.files.iter().filter(|file| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        library.roots.iter().any(|root| root == name)
    });
    files.map(|file| folder(&file.path).to_owned()).collect()
}

struct Reader<'r, 'p> {
    project: &'r Project<'p>,
    id: LibraryId,
    library: &'r Library,
    file: FileId,
    facts: &'r FileFacts,
    path: &'r str,
    base: String,
    /// What is imported from the library, by its name here.
    imported: FxHashMap<Name, &'r Import>,
    /// Something in the file is the library's.
    speaks: bool,
    constants: Constants<'r, 'p>,
    found: Vec<Described>,
}

impl<'r, 'p> Reader<'r, 'p> {
    fn of(
        project: &'r Project<'p>,
        (id, library): (LibraryId, &'r Library),
        file: FileId,
        facts: &'r FileFacts,
        roots: &[String],
        claimed: &FxHashSet<LibraryId>,
    ) -> Option<Self> {
        let path = project.file(file).path.as_str();
        let root = ancestors(folder(path)).find(|above| roots.iter().any(|root| root == above));
        let imports = if claimed.contains(&id) { &*facts.imports } else { &[] };
        let is_of_library = |import: &&Import| project.claiming(facts.language, import.module).contains(&id);
        let imported: FxHashMap<Name, &Import> =
            imports.iter().filter(is_of_library).map(|import| (import.alias, import)).collect();
        let is_there = |name: &&String| {
            let is_named = |import: &Import| import.alias == name.as_str();
            let is_bound = |target: &[Name]| matches!(target, [one] if *one == name.as_str());
            !facts.imports.iter().any(is_named) && !facts.bindings.iter().any(|binding| is_bound(&binding.target))
        };
        let globals: Vec<&String> = library.globals.iter().filter(is_there).collect();
        let mentions = || facts.calls.iter().any(|call| globals.iter().any(|global| call.root() == global.as_str()));
        let speaks = !imported.is_empty() || root.is_some() && mentions();
        if !speaks && root.is_none() {
            return None; // Nothing in it can be the library's.
        }
        // A tool that leaves no file of its own is started beside the package.
        let packages = || {
            let manifests = project.manifests().filter(|(_, manifest)| manifest.kind.is_package());
            let folders: Vec<&str> = manifests.map(|(id, _)| folder(&project.file(id).path)).collect();
            ancestors(folder(path)).find(|above| folders.contains(above)).unwrap_or_default()
        };
        let base = root.unwrap_or_else(packages).to_owned();
        let constants = Constants::new(project, file, facts, library);
        Some(Self { project, id, library, file, facts, path, base, imported, speaks, constants, found: Vec::new() })
    }

    fn read(mut self) -> Option<Vec<Described>> {
        for call in &self.facts.calls {
            for calls in &self.library.functions {
                let is_called = self.speaks && calls.calls.iter().any(|one| self.is_named(call, one));
                let is_method = call.chain.len() > 1 && calls.methods.iter().any(|one| call.name() == one.as_str());
                if is_called || is_method {
                    self.call(call, calls, is_called || self.is_made(call));
                    break;
                }
            }
        }
        let triggers = self.triggers();
        for one in &mut self.found {
            let of_name = triggers.get(&one.function.span).into_iter().flatten();
            one.function.triggers.extend(of_name);
            one.function.triggers.sort_unstable();
            one.function.triggers.dedup();
        }
        (!self.found.is_empty()).then_some(self.found)
    }

    /// Whether a call is that of a dotted name: by the module that it is imported from, or by names that are there.
    fn is_named(&self, call: &Call, name: &str) -> bool {
        if call.receiver.is_some() {
            return false; // A method of what the call before gave.
        }
        let Some((root, rest)) = call.chain.split_first() else {
            return false; // Calls something without a name.
        };
        let is_plain = |part: &str| part.replace('-', "_");
        let mut parts: Vec<String> = match self.imported.get(root) {
            Some(import) => {
                let is_version = |part: &&str| part.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok());
                let module = import.module.split(['/', '.', ':']).filter(|part| !is_version(part)).map(is_plain);
                let symbol = import.symbol.filter(|symbol| !matches!(symbol.as_str(), "*" | "default"));
                module.chain(symbol.iter().map(|symbol| is_plain(symbol))).collect()
            }
            None if self.library.globals.iter().any(|global| root == global.as_str()) => vec![root.to_string()],
            None => return false,
        };
        parts.extend(rest.iter().map(|name| is_plain(name)));
        let mut parts = parts.iter().rev();
        name.rsplit('.').all(|wanted| parts.next().is_some_and(|part| part == wanted))
    }

    /// Whether a method is called on something that the library made, as far as the file shows.
    fn is_made(&self, call: &Call) -> bool {
        let is_known = |root: Name| {
            self.imported.contains_key(&root) || self.library.globals.iter().any(|global| root == global.as_str())
        };
        let is_bound = || {
            let made = self.facts.bindings.iter().filter(|binding| binding.target.first() == call.chain.first());
            let mut made = made.filter_map(|binding| match &binding.value {
                Value::Call(made, _) => Some(self.facts.call(*made)),
                _ => None,
            });
            made.any(|made| is_known(made.root()))
        };
        self.speaks && (is_known(call.root()) || is_bound())
    }

    fn call(&mut self, call: &'r Call, calls: &'r FunctionCalls, is_sure: bool) {
        let at = At { function: call.function, span: call.span, calls, is_sure };
        let positional = || call.arguments.iter().filter(|argument| argument.name.is_none() && !argument.spread);
        let texts: Vec<Known> = positional().filter_map(|one| self.constants.text(at.function, &one.value)).collect();
        let is_handler = |text: &&Known| calls.texts && is_reference(&text.text);
        let name = texts.iter().find(|text| !is_handler(text)).map_or(String::new(), |text| text.text.clone());
        if calls.texts {
            for text in texts.iter().filter(is_handler) {
                let function = CloudFunction { handler: Some(text.text.clone()), ..CloudFunction::default() };
                self.add(&at, &name, function, text.is_anchored, true);
            }
        }
        let mut entries: Entries<'r> = Vec::new();
        let mut is_whole = true;
        for argument in &call.arguments {
            match argument.name {
                Some(name) => entries.push((name, &argument.value)),
                None if matches!(argument.value, Value::Text(_) | Value::Literal(_)) => {}
                None => match self.constants.entries(at.function, &argument.value) {
                    Some(members) => entries.extend(members),
                    None => is_whole &= !argument.spread,
                },
            }
        }
        let before = self.found.len();
        self.describe(&at, &name, &entries, DEPTH);
        if calls.is_one() && is_sure && self.found.len() == before {
            let beside =
                (calls.beside && is_whole && !has(&entries, &calls.entry)).then(|| self.beside(&name)).flatten();
            let handler = self.key(&at, &entries, &calls.handler);
            let handler = handler.map(|known| known.text).or(calls.default_handler.clone());
            let handler = handler.filter(|_| beside.is_some());
            let function = CloudFunction { handler, source: beside, ..CloudFunction::default() };
            self.add(&at, &name, function, true, false);
        }
    }

    /// `lib/shop-stack.orders` for what `lib/shop-stack.ts` calls `orders`.
    fn beside(&self, name: &str) -> Option<String> {
        let (stem, _) = self.path.rsplit_once('.')?;
        (!name.is_empty() && !name.contains('/')).then(|| format!("{stem}.{name}"))
    }

    /// The functions that the members of an object describe.
    fn describe(&mut self, at: &At<'r>, name: &str, entries: &Entries<'r>, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else {
            return; // Written descriptions are not that deep.
        };
        let calls = at.calls;
        let inner = value(entries, &calls.handler).filter(|value| matches!(value, Value::Object(_)));
        if let Some(inner) = inner.and_then(|inner| self.constants.entries(at.function, inner)) {
            self.describe(at, name, &inner, depth);
        } else {
            self.one(at, name, entries);
        }
        for (key, value) in entries.iter().rev() {
            if !calls.within.iter().any(|within| within == key.as_str()) && !calls.within.iter().any(|one| one == "*") {
                continue; // Says something else.
            }
            self.held(at, key, value, depth);
        }
    }

    /// The functions in an object or list of them.
    fn held(&mut self, at: &At<'r>, name: &str, value: &'r Value, depth: u32) {
        let members: Vec<(Name, &Value)> = match value {
            Value::List(values) => values.iter().map(|value| (Name::from(name), value)).collect(),
            // The object itself may be what holds them.
            _ if at.calls.within.iter().any(|one| one == "*") => vec![(Name::from(name), value)],
            _ => self.constants.entries(at.function, value).unwrap_or_default().into_iter().rev().collect(),
        };
        for (name, value) in members {
            match self.constants.text(at.function, value) {
                Some(text) if is_reference(&text.text) => {
                    let function = CloudFunction { handler: Some(text.text), ..CloudFunction::default() };
                    self.add(at, &name, function, text.is_anchored, false);
                }
                Some(_) => {}
                None => {
                    if let Value::Object(_) = value
                        && let Some(entries) = self.constants.entries(at.function, value)
                    {
                        self.describe(at, &name, &entries, depth);
                    }
                }
            }
        }
    }

    /// The function that an object says the parts of.
    fn one(&mut self, at: &At<'r>, name: &str, entries: &Entries<'r>) {
        let calls = at.calls;
        let handler = self.key(at, entries, &calls.handler);
        let entry = self.key(at, entries, &calls.entry);
        let code = self.key(at, entries, &calls.code);
        let is_said = has(entries, &calls.entry) || has(entries, &calls.code);
        if !is_said && (calls.is_one() && (calls.beside || !calls.code.is_empty()) || handler.is_none()) {
            return; // Perhaps it lies beside, or something else holds it.
        }
        let (mut function, mut is_anchored) = (CloudFunction::default(), false);
        function.runtime = value(entries, &["runtime".to_owned(), "Runtime".to_owned()]).and_then(runtime);
        let symbol = handler.map(|known| known.text);
        if let Some(entry) = entry {
            let index = self.key(at, entries, &calls.index).map(|known| known.text).or(calls.default_index.clone());
            is_anchored = entry.is_anchored;
            function.source = Some(match index {
                Some(index) => format!("{}/{index}", entry.text),
                None => entry.text,
            });
            function.handler = symbol.or(calls.default_handler.clone());
        } else if has(entries, &calls.entry) {
            // Where it lies is not known before the program runs.
        } else if let Some(code) = code {
            is_anchored = code.is_anchored;
            function.code = Some(code.text);
            function.handler = symbol;
        } else if calls.code.is_empty() {
            function.handler = symbol;
        }
        self.add(at, name, function, is_anchored, false);
    }

    fn key(&self, at: &At<'r>, entries: &Entries<'r>, keys: &[String]) -> Option<Known> {
        self.constants.text(at.function, value(entries, keys)?)
    }

    fn add(&mut self, at: &At<'r>, name: &str, function: CloudFunction, is_anchored: bool, is_guess: bool) {
        let triggers = at.calls.trigger.into_iter().collect();
        let name = match (name, &function.handler) {
            ("", Some(handler)) => handler.clone(),
            _ => name.to_owned(),
        };
        let system = at.calls.system.as_deref().and_then(|name| self.project.catalogue.system_named(name));
        self.found.push(Described {
            file: self.file,
            library: self.id,
            system,
            base: self.base.clone(),
            function: CloudFunction { name, triggers, span: at.span, ..function },
            is_anchored,
            is_program: at.calls.program,
            is_doubtful: is_guess || !at.is_sure,
        });
    }

    /// What calls the functions that are kept under a name and handed on, by the spans that describe them.
    fn triggers(&self) -> FxHashMap<Span, Vec<Trigger>> {
        let mut found: FxHashMap<Span, Vec<Trigger>> = FxHashMap::default();
        let mut named: FxHashMap<&[Name], Option<Span>> = FxHashMap::default();
        for binding in &self.facts.bindings {
            if let Value::Call(call, _) = &binding.value {
                let span = self.facts.call(*call).span;
                let is_described = self.found.iter().any(|one| one.function.span == span);
                named.entry(&binding.target).and_modify(|known| *known = None).or_insert(is_described.then_some(span));
            }
        }
        if named.values().all(Option::is_none) {
            return found;
        }
        for call in &self.facts.calls {
            let Some(trigger) = self.trigger(call, &self.library.triggers) else {
                continue; // Hands nothing on.
            };
            let mut add = |path: &[Name]| {
                if let Some(Some(span)) = named.get(path) {
                    found.entry(*span).or_default().push(trigger);
                }
            };
            // `orders.addEventSource(new SqsEventSource(queue))`
            add(&call.chain[..call.chain.len().saturating_sub(1)]);
            for argument in &call.arguments {
                argument.value.paths(self.facts, &mut add);
            }
        }
        found
    }

    /// What a call, or a call among its arguments, says of whom it is handed to.
    fn trigger(&self, call: &Call, known: &[TriggerCalls]) -> Option<Trigger> {
        let of = |call: &Call| {
            let name = call.name();
            known.iter().find(|one| one.calls.iter().any(|pattern| fits(pattern, &name))).map(|one| one.trigger)
        };
        let inner = || {
            call.arguments.iter().find_map(|argument| match &argument.value {
                Value::Call(inner, _) => of(self.facts.call(*inner)),
                _ => None,
            })
        };
        of(call).or_else(inner)
    }
}

/// The call that describes.
struct At<'r> {
    function: FunctionIndex,
    span: Span,
    calls: &'r FunctionCalls,
    /// It is known to be a call of the library.
    is_sure: bool,
}

fn has(entries: &Entries, keys: &[String]) -> bool {
    value(entries, keys).is_some()
}

fn value<'v>(entries: &Entries<'v>, keys: &[String]) -> Option<&'v Value> {
    keys.iter().find_map(|wanted| entries.iter().find(|(key, _)| key == wanted.as_str())).map(|(_, value)| *value)
}

/// `Runtime.NODEJS_22_X`
fn runtime(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Path(path) => path.last().map(|name| name.to_ascii_lowercase()),
        _ => None,
    }
}

/// Whether a text looks like a file and a function in it: `src/orders.list`.
fn is_reference(text: &str) -> bool {
    let is_name = |symbol: &str| {
        let mut letters = symbol.chars();
        letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && letters.all(|one| one.is_alphanumeric() || one == '_')
    };
    let parts = text.rsplit_once('.');
    let has_path = |(path, symbol): (&str, &str)| !path.is_empty() && !path.ends_with('/') && is_name(symbol);
    parts.is_some_and(has_path) && !text.contains(char::is_whitespace) && !text.contains(':')
}
