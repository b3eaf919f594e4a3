//! Functions that are started and not waited for, and what loops in them until the program ends. Knows the calls that
//! start and wait from the catalogue, not what the loop works at.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::super::{ServiceKind, language_of};
use crate::catalogue::{ApiStyle, LibraryId, LibraryLanguage, LibraryRole};
use crate::facts::{
    Call, CallIndex, FileFacts, FunctionIndex, FunctionKind, Language, Loop, LoopKind, Name, Span, TypeRef, Usage,
    Value,
};
use crate::model::loops::has_word;
use crate::model::things::{Site, Thing, Things};
use crate::model::{FunctionId, Project};
use crate::walk::FileId;

/// How far calls are followed from what is started to the loop.
const DEPTH: u32 = 2;

/// Calls of a function that are followed at most.
const CALLS: usize = 60;

/// Names that a loop asks whether it shall go on.
#[rustfmt::skip]
const SWITCHES: [&str; 12] = [
    "active", "alive", "closed", "done", "exit", "finished", "running", "shutdown", "stop", "stopped", "stopping",
    "terminate",
];

/// Words in names of functions that show how far something got.
const SHOWING: [&str; 3] = ["progress", "spinner", "spin"];

/// What functions that answer one request or one connection get.
const ASKED: [&str; 8] = ["conn", "connection", "req", "request", "res", "response", "socket", "ws"];

/// How types of what answers all requests end: `FastAPI`, `http.Server`.
const WHOLES: [&str; 7] = ["API", "App", "Application", "Engine", "Mux", "Router", "Server"];

/// Work in the background.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) shape: Shape,
    pub(super) span: Span,
}

/// How it goes on.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// As the catalogue calls it.
    Named(String),
    /// An asynchronous function without an end that nobody waits for.
    Endless,
    /// The program itself, from its beginning on.
    Polling,
    /// Called for what a queue holds.
    Listener(String),
}

impl Shape {
    /// What such work is called in a service; of a service that answers, its own beginning is no work.
    pub(super) fn name(&self, kind: ServiceKind) -> Option<&str> {
        match (self, kind) {
            (Self::Listener(name), _) => Some(name),
            // What a platform calls ends with the call.
            (_, ServiceKind::Functions) => None,
            (Self::Named(name), _) => Some(name),
            (Self::Endless | Self::Polling, ServiceKind::Worker) => Some("polling loops"),
            (Self::Endless, _) => Some("endless loops"),
            (Self::Polling, _) => None,
        }
    }
}

/// Words of the catalogue, and the functions that they find.
pub(super) struct Background<'b, 'p> {
    project: &'b Project<'p>,
    words: Vec<Words>,
    /// Functions that loop on and let time pass between the turns.
    turning: FxHashSet<FunctionId>,
    /// Some of them are asynchronous.
    turns_aside: bool,
}

/// The words of one library.
struct Words {
    language: Language,
    shown: Option<String>,
    spawns: Vec<String>,
    repeats: Vec<String>,
    ends: Vec<String>,
    waits: Vec<String>,
    listens: Vec<String>,
    packages: Vec<String>,
    /// A manifest of the repository asks for it.
    is_declared: bool,
    programs: bool,
}

impl<'b, 'p> Background<'b, 'p> {
    pub(super) fn of(project: &'b Project<'p>) -> Self {
        let plain = |names: &[String]| names.iter().map(|name| dotted(name)).collect();
        let is_declared = |id: LibraryId, language: LibraryLanguage| {
            let rows = project.manifests().filter(|(_, manifest)| language_of(manifest.kind) == Some(language));
            let mut rows = rows.flat_map(|(_, manifest)| &manifest.dependencies);
            rows.any(|row| project.catalogue.distributed(language, &row.name).contains(&id))
        };
        let words = project.catalogue.libraries().filter_map(|(id, library)| {
            let background = library.background.as_ref()?;
            Some(Words {
                language: library.language.of_sources()?,
                shown: background.shown.clone(),
                spawns: plain(&background.spawns),
                repeats: plain(&background.repeats),
                ends: plain(&background.ends),
                waits: plain(&background.waits),
                listens: plain(&background.listens),
                packages: library.packages.clone(),
                is_declared: !background.listens.is_empty() && is_declared(id, library.language),
                programs: background.programs,
            })
        });
        let mut background =
            Self { project, words: words.collect(), turning: FxHashSet::default(), turns_aside: false };
        let files: Vec<FileId> = project.product_files().collect();
        let turning = files.par_iter().flat_map_iter(|file| background.turning_in(*file));
        background.turning = turning.collect();
        background.turns_aside = background.turning.iter().any(|one| project.function(*one).is_async);
        background
    }

    /// The functions of a file that loop on.
    fn turning_in(&self, file: FileId) -> Vec<FunctionId> {
        let facts = self.project.facts(file);
        let looping = facts.loops.iter().filter(|each| !facts.function(each.function).test && self.turns(facts, each));
        looping.map(|each| FunctionId { file, index: each.function }).collect()
    }

    /// Whether a loop goes on until somebody stops it, and lets time pass meanwhile.
    fn turns(&self, facts: &FileFacts, each: &Loop) -> bool {
        let is_open = match each.kind {
            LoopKind::Endless => !each.once,
            LoopKind::While => each.over.as_ref().is_some_and(|over| is_switch(facts, over)),
            // `for range ticker.C`
            LoopKind::Each => {
                return match each.over.as_ref() {
                    Some(Value::Path(path)) => facts.language == Language::Go && self.waits(facts, path),
                    Some(Value::Call(call, _)) => facts.language == Language::Go && self.waits_in(facts, *call),
                    _ => false,
                };
            }
            LoopKind::Count => false,
        };
        // What ends of itself tries again. A task that is started may hear that it shall end.
        let ends = facts.language == Language::TypeScript && (each.breaks || each.returns);
        if !is_open || ends {
            return false;
        }
        // A ticker is made before the loop.
        let around = match facts.language {
            Language::Go | Language::Rust => facts.function(each.function).span,
            Language::Python | Language::TypeScript => each.span,
        };
        let mut calls = facts.calls.iter().filter(|call| around.contains(call.span));
        calls.any(|call| self.waits(facts, &path(facts, call)))
    }

    fn waits_in(&self, facts: &FileFacts, call: CallIndex) -> bool {
        self.waits(facts, &path(facts, facts.call(call)))
    }

    fn waits(&self, facts: &FileFacts, path: &[Name]) -> bool {
        self.speaking(facts.language).any(|words| is_one(&words.waits, path))
    }

    fn speaking(&self, language: Language) -> impl Iterator<Item = &Words> {
        self.words.iter().filter(move |words| words.language == language)
    }

    /// The work in the background that a file starts.
    pub(super) fn of_file(&self, file: FileId) -> Vec<Found> {
        if !self.project.has_facts(file) {
            return Vec::new();
        }
        let facts = self.project.facts(file);
        if self.is_drawn(facts) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let spelled = self.spelled(facts);
        for (index, call) in facts.calls.iter().enumerate() {
            if facts.function(call.function).test {
                continue;
            }
            let id = CallIndex(index as u32);
            let shape = match facts.language {
                Language::Go => call.spawned.then(|| self.spawned(file, id)).flatten(),
                _ => spelled.contains(&call.name()).then(|| self.started(file, id)).flatten(),
            };
            let shape = shape.or_else(|| self.unattended(file, call)).or_else(|| self.polling(file, call));
            // What a request starts ends with it.
            let shape = shape.filter(|_| !self.is_asked(file, call.function));
            found.extend(shape.map(|shape| Found { shape, span: call.span }));
        }
        found.extend(self.program(file));
        found.extend(self.listeners(file));
        found
    }

    /// The last names of what may start something, as a file calls them.
    fn spelled(&self, facts: &FileFacts) -> FxHashSet<Name> {
        let words = self.speaking(facts.language).flat_map(|words| words.spawns.iter().chain(&words.repeats));
        let mut spelled: FxHashSet<Name> = words.filter_map(|word| word.rsplit('.').next()).map(Name::from).collect();
        let renamed =
            facts.imports.iter().filter(|import| import.symbol.is_some_and(|symbol| spelled.contains(&symbol)));
        let renamed: Vec<Name> = renamed.map(|import| import.alias).collect();
        spelled.extend(renamed);
        spelled
    }

    /// `go s.run()`
    fn spawned(&self, file: FileId, call: CallIndex) -> Option<Shape> {
        let facts = self.project.facts(file);
        let literals = facts.functions.iter().enumerate().filter(|(_, one)| one.passed_to == Some(call));
        let mut literals = literals.map(|(index, _)| FunctionId { file, index: FunctionIndex(index as u32) });
        let loops = literals.any(|function| self.loops(function, DEPTH))
            || self.callee(file, facts.call(call)).is_some_and(|function| self.loops(function, DEPTH));
        loops.then(|| Shape::Named("goroutine loops".to_owned()))
    }

    /// `tokio::spawn(run())`, `Thread(target=run)`, `setInterval(run, 1000)`
    fn started(&self, file: FileId, id: CallIndex) -> Option<Shape> {
        let facts = self.project.facts(file);
        let call = facts.call(id);
        let called = path(facts, call);
        for words in self.speaking(facts.language) {
            let Some(shown) = &words.shown else {
                continue; // Only waits.
            };
            let is_started = is_one(&words.spawns, &called) && {
                let mut arguments = call.arguments.iter().map(|argument| &argument.value);
                arguments.any(|value| self.started_by(file, call, value).is_some_and(|one| self.loops(one, DEPTH)))
                    || is_daemon(call) && call.function != FunctionIndex::FILE
            };
            let is_repeated = is_one(&words.repeats, &called) && !self.is_ended(facts, call, words);
            if is_started || is_repeated {
                return Some(Shape::Named(shown.clone()));
            }
        }
        None
    }

    /// The function that an argument of a starting call names or is.
    fn started_by(&self, file: FileId, call: &Call, value: &'b Value) -> Option<FunctionId> {
        let site = Site { file, function: call.function, at: call.span.start };
        match value {
            Value::Function(index) => Some(FunctionId { file, index: *index }),
            Value::Call(inner, _) => self.callee(file, self.project.facts(file).call(*inner)),
            Value::Path(_) => match Things::new(self.project).value(site, value)? {
                Thing::Function(function) => Some(function),
                _ => None,
            },
            _ => None,
        }
    }

    fn callee(&self, file: FileId, call: &'b Call) -> Option<FunctionId> {
        if call.receiver.is_some() {
            return None; // A method of what another call gives.
        }
        let site = Site { file, function: call.function, at: call.span.start };
        match Things::new(self.project).path(site, &call.chain)? {
            Thing::Function(function) => Some(function),
            _ => None,
        }
    }

    /// Whether a function, what stands in it or what it calls loops on.
    fn loops(&self, function: FunctionId, depth: u32) -> bool {
        let facts = self.project.facts(function.file);
        if has_word(&facts.function(function.index).name, &SHOWING) {
            return false;
        }
        let around = facts.function(function.index).span;
        let inside = |index: usize| {
            let one = FunctionId { file: function.file, index: FunctionIndex(index as u32) };
            around.contains(facts.functions[index].span) && self.turning.contains(&one)
        };
        if function.index != FunctionIndex::FILE && (1..facts.functions.len()).any(inside) {
            return true;
        }
        let calls = facts.calls.iter().filter(|call| around.contains(call.span)).take(CALLS);
        depth > 0 && {
            let mut called = calls.filter_map(|call| self.callee(function.file, call));
            called.any(|callee| callee != function && self.loops(callee, depth - 1))
        }
    }

    /// Whether what repeats is stopped where it began: it waits for something, or shows that something goes on.
    fn is_ended(&self, facts: &FileFacts, call: &Call, words: &Words) -> bool {
        let mut outer = facts.function(call.function);
        if outer.kind == FunctionKind::File {
            return false; // It runs as long as the program.
        }
        while let Some(parent) = outer.parent.filter(|parent| *parent != FunctionIndex::FILE) {
            outer = facts.function(parent);
        }
        let mut calls = facts.calls.iter().filter(|call| outer.span.contains(call.span));
        calls.any(|call| is_one(&words.ends, &path(facts, call)))
    }

    /// A call of an endless asynchronous function that is a statement of its own.
    fn unattended(&self, file: FileId, call: &'b Call) -> Option<Shape> {
        let facts = self.project.facts(file);
        let is_statement = call.usage == Usage::Dropped || call.continued.is_some();
        if facts.language != Language::TypeScript
            || !self.turns_aside
            || call.receiver.is_some()
            || call.awaited
            || !is_statement
        {
            return None;
        }
        let mut last = call;
        while let Some(next) = last.continued {
            last = facts.call(next);
        }
        if last.awaited || last.usage != Usage::Dropped {
            return None;
        }
        let callee = self.callee(file, call)?;
        let is_endless = self.project.function(callee).is_async && self.turning.contains(&callee);
        is_endless.then_some(Shape::Endless)
    }

    /// A call with which a program begins and does not come back.
    fn polling(&self, file: FileId, call: &'b Call) -> Option<Shape> {
        let facts = self.project.facts(file);
        let function = facts.function(call.function);
        let is_beginning = match facts.language {
            Language::Go | Language::Rust => function.name == "main" && function.owner.is_none(),
            Language::Python => function.kind == FunctionKind::File,
            Language::TypeScript => false,
        };
        let is_beginning = is_beginning && matches!(call.usage, Usage::Dropped | Usage::Argument(_));
        let loops = |function: FunctionId| self.loops(function, DEPTH - 1);
        (is_beginning && self.callee(file, call).is_some_and(loops)).then_some(Shape::Polling)
    }

    /// A program of its own that loops, by a library that is made for such programs.
    fn program(&self, file: FileId) -> Option<Found> {
        let facts = self.project.facts(file);
        let is_program = |words: &&Words| words.programs && is_imported(facts, words);
        let shown = self.speaking(facts.language).find(is_program)?.shown.clone()?;
        // Others turn the pages of an answer, and end.
        let stays = |each: &&Loop| each.kind == LoopKind::While || !each.breaks && !each.returns;
        let each = facts.loops.iter().filter(stays).find(|each| self.turns(facts, each))?;
        Some(Found { shape: Shape::Named(shown), span: each.head })
    }

    /// `@app.on_sqs_message(queue="orders")`
    fn listeners(&self, file: FileId) -> impl Iterator<Item = Found> {
        let facts = self.project.facts(file);
        let decorators = facts.functions.iter().flat_map(|function| &function.decorators);
        decorators.filter_map(move |decorator| {
            let listens = |words: &&Words| {
                is_one(&words.listens, &decorator.path) && (words.is_declared || is_imported(facts, words))
            };
            let shown = self.speaking(facts.language).find(listens)?.shown.clone()?;
            Some(Found { shape: Shape::Listener(shown), span: decorator.span })
        })
    }

    /// Whether a file draws pages: its timers run elsewhere.
    fn is_drawn(&self, facts: &FileFacts) -> bool {
        let catalogue = self.project.catalogue;
        facts.imports.iter().any(|import| {
            let libraries = self.project.claiming(facts.language, import.module);
            libraries.iter().any(|library| catalogue.library(*library).role == LibraryRole::FrontEnd)
        })
    }

    /// Whether a function answers one request or keeps one connection.
    fn is_asked(&self, file: FileId, index: FunctionIndex) -> bool {
        let facts = self.project.facts(file);
        let answers = |declared: &TypeRef, only: Option<ApiStyle>| {
            let root = declared.path.first();
            if declared.path.last().is_some_and(|name| WHOLES.iter().any(|whole| name.ends_with(whole))) {
                return false; // It is there from the beginning to the end.
            }
            let import = facts.imports.iter().find(|import| Some(&import.alias) == root);
            let libraries = import.map(|import| self.project.claiming(facts.language, import.module));
            libraries.iter().flat_map(|all| all.iter()).any(|library| {
                let library = self.project.catalogue.library(*library);
                let serves = matches!(library.role, LibraryRole::WebFramework | LibraryRole::Api);
                serves && only.is_none_or(|style| library.api == Some(style))
            })
        };
        let mut next = Some(index);
        while let Some(index) = next {
            let function = facts.function(index);
            let is_asked = function.params.iter().any(|param| {
                let is_typed = param.declared.as_ref().is_some_and(|declared| answers(declared, None));
                is_typed || ASKED.contains(&param.name.as_str())
            });
            let owner = function.owner.and_then(|owner| facts.types.iter().find(|one| one.name == owner));
            let is_connected = owner.is_some_and(|owner| {
                let mut declared = owner.fields.iter().filter_map(|field| field.declared.as_ref());
                declared.any(|declared| answers(declared, Some(ApiStyle::WebSocket)))
            });
            if is_asked || is_connected {
                return true;
            }
            next = function.parent;
        }
        false
    }
}

fn is_imported(facts: &FileFacts, words: &Words) -> bool {
    facts.imports.iter().any(|import| words.packages.iter().any(|package| import.module == package.as_str()))
}

/// A thread that ends with the program, whoever still waits for it.
fn is_daemon(call: &Call) -> bool {
    let says = |value: &Value| matches!(value, Value::Literal(text) if text == "true");
    call.arguments.iter().any(|argument| argument.name.is_some_and(|name| name == "daemon") && says(&argument.value))
}

fn is_switch(facts: &FileFacts, over: &Value) -> bool {
    let mut found = false;
    over.paths(facts, &mut |path| found |= path.last().is_some_and(|name| has_word(name, &SWITCHES)));
    found
}

/// The path of a call with what its first name was imported as.
fn path(facts: &FileFacts, call: &Call) -> Vec<Name> {
    let Some((root, rest)) = call.chain.split_first() else {
        return Vec::new(); // Calls something that has no name.
    };
    let import = facts.imports.iter().find(|import| import.alias == *root && call.receiver.is_none());
    let Some(import) = import else {
        return call.chain.to_vec();
    };
    let module = import.module.split(['/', '.', ':']).filter(|part| !part.is_empty()).map(Name::from);
    module
        .chain(import.symbol.filter(|symbol| symbol != "*" && symbol != "default"))
        .chain(rest.iter().copied())
        .collect()
}

/// Whether a path ends as one of the names does.
fn is_one(names: &[String], path: &[Name]) -> bool {
    names.iter().any(|name| {
        let mut parts = name.rsplit('.');
        let mut path = path.iter().rev();
        parts.all(|part| path.next().is_some_and(|name| name == part))
    })
}

fn dotted(name: &str) -> String {
    name.replace("::", ".")
}
