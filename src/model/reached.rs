//! Functions to what begins them: a command, what prepares the house, or anything else. Knows places of files and who
//! speaks of whom on the way to a statement, not how often anything runs.
//!
//! It goes forward from commands, so that a repository without any costs nothing. What they reach is theirs alone only
//! as long as nobody else says its name.

use rustc_hash::FxHashMap;

use super::{CallId, FunctionId, LoopId, Project};
use crate::catalogue::LibraryRole;
use crate::facts::{CallIndex, FunctionIndex, Name, Value};
use crate::walk::FileId;

/// What begins the code of a function; of several the last in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReachedFrom {
    /// Somebody types it, and waits.
    Command,
    /// It prepares the house rather than serving in it: start-up, seeds, upgrades, what tests are made of.
    Preparation,
    /// A command that a schedule may start as well.
    Batch,
    /// Requests, consumers, or what cannot be seen.
    Elsewhere,
}

use ReachedFrom::{Batch, Command, Elsewhere, Preparation};

/// Decorators that leave it to callers when a function runs.
const QUIET: [&str; 13] = [
    "abstractmethod",
    "atomic",
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "inline",
    "instrument",
    "lru_cache",
    "override",
    "property",
    "staticmethod",
    "transactional",
];

/// Ends of folders of packages that tests are made with.
const TEST_ENDS: [&str; 4] = ["_test_helpers", "_test_support", "_test_util", "_test_utils"];

/// What is not reached from elsewhere, of the functions that lead to statements.
#[derive(Debug, Default)]
pub(super) struct Reached(FxHashMap<FunctionId, ReachedFrom>);

impl Project<'_> {
    /// What begins the code that a loop stands in.
    pub fn reached_from(&self, each: LoopId) -> ReachedFrom {
        let index = self.loop_at(each).function;
        let id = self.code_of(each.file, index);
        let reached = self.reached.get_or_init(|| Reached::of(self));
        match reached.0.get(&id).copied().or_else(|| self.begins(id)) {
            // A callback in code that prepares may well serve.
            Some(Preparation) if id.index != index => self.begins(FunctionId { index, ..id }).unwrap_or(Elsewhere),
            from => from.unwrap_or(Elsewhere),
        }
    }

    /// The function whose code runs with a function: literals that are kept for later run on their own.
    fn code_of(&self, file: FileId, index: FunctionIndex) -> FunctionId {
        FunctionId { file, index: self.runs_with(file, index).unwrap_or(index) }
    }

    /// What a function is begun by, as far as its name and place say.
    fn begins(&self, id: FunctionId) -> Option<ReachedFrom> {
        let prepares = self.prepares(id.file, self.function(id));
        match self.place_of_commands(id.file) {
            Some(Batch) if prepares => Some(Command),
            None => prepares.then_some(Preparation),
            place => place,
        }
    }

    fn place_of_commands(&self, file: FileId) -> Option<ReachedFrom> {
        let (folders, name) = self.file(file).path.rsplit_once('/').unwrap_or(("", &self.file(file).path));
        let of_folder = |folder: &str| match folder {
            "bin" | "cli" => Some(Command),
            "commands" => Some(Batch),
            _ => {
                let folder = folder.replace('-', "_");
                let is_of_tests = TEST_ENDS.iter().any(|end| folder.ends_with(end));
                is_of_tests.then_some(Preparation)
            }
        };
        let of_name = || matches!(name.split('.').next(), Some("cli" | "manage")).then_some(Command);
        folders.split('/').find_map(of_folder).or_else(of_name)
    }

    /// Whether a function waits to be called by name, as far as its decorators tell.
    fn is_plain(&self, id: FunctionId) -> bool {
        let is_quiet = |name: &Name| QUIET.contains(&name.as_str());
        self.function(id).decorators.iter().all(|one| one.path.last().is_some_and(is_quiet))
    }

    fn keeps_jobs(&self, file: FileId) -> bool {
        let facts = self.facts(file);
        let libraries = facts.imports.iter().flat_map(|one| self.claiming(facts.language, one.module).into_owned());
        let mut libraries = libraries.map(|id| self.catalogue.library(id));
        // Of a library that does more, jobs are a part that the import alone does not ask for.
        libraries.any(|one| one.role == LibraryRole::Jobs && one.symbols.is_empty())
    }
}

impl Reached {
    fn of(project: &Project) -> Self {
        let mut calls: FxHashMap<FunctionId, Vec<FunctionId>> = FxHashMap::default();
        let mut begun: Vec<FunctionId> = Vec::new();
        for file in project.product_files() {
            for (call, callee) in project.calls_that_send(file) {
                let caller = project.code_of(file, project.call(call).function);
                calls.entry(caller).or_insert_with(|| {
                    begun.extend(project.begins(caller).map(|_| caller));
                    Vec::new()
                });
                calls.entry(caller).or_default().push(callee.function);
            }
        }
        let mut reached = Self::default();
        let mut members: FxHashMap<Name, Vec<FunctionId>> = FxHashMap::default();
        while let Some(id) = begun.pop() {
            if reached.0.contains_key(&id) {
                continue;
            }
            let own = project.begins(id);
            let from = own.unwrap_or(if project.is_plain(id) { Command } else { Elsewhere });
            reached.0.insert(id, from);
            if own != Some(Preparation) && from != Elsewhere {
                members.entry(project.function(id).name).or_default().push(id);
            }
            // Work over all there is stays worth a look, wherever it stands.
            if own != Some(Batch) {
                begun.extend(calls.get(&id).into_iter().flatten());
            }
        }
        if !members.is_empty() {
            reached.rise(project, &members);
        }
        reached
    }

    /// Whoever speaks of a function may begin it.
    fn rise(&mut self, project: &Project, members: &FxHashMap<Name, Vec<FunctionId>>) {
        let mut spoken: FxHashMap<FunctionId, Vec<FunctionId>> = FxHashMap::default();
        let mut risen = Vec::new();
        for file in project.product_files() {
            let mut jobs = None;
            for (speaker, member) in mentions(project, file, members) {
                let known = self.0.get(&speaker).copied().or_else(|| project.begins(speaker));
                let from = known.unwrap_or_else(|| {
                    if *jobs.get_or_insert_with(|| project.keeps_jobs(file)) { Batch } else { Elsewhere }
                });
                spoken.entry(speaker).or_default().push(member);
                if self.raise(member, from) {
                    risen.push(member);
                }
            }
        }
        while let Some(speaker) = risen.pop() {
            let from = self.0[&speaker];
            for member in spoken.get(&speaker).into_iter().flatten() {
                if self.raise(*member, from) {
                    risen.push(*member);
                }
            }
        }
    }

    fn raise(&mut self, member: FunctionId, from: ReachedFrom) -> bool {
        let known = self.0.get_mut(&member).expect("members are reached");
        let rises = *known < from;
        *known = from.max(*known);
        rises
    }
}

/// Which function of a file speaks of which that commands reach. What calls prove to be another is not meant; what lies
/// in a place of commands is only meant where they prove it.
fn mentions(
    project: &Project,
    file: FileId,
    members: &FxHashMap<Name, Vec<FunctionId>>,
) -> Vec<(FunctionId, FunctionId)> {
    let facts = project.facts(file);
    let mut found = Vec::new();
    let mut meant = |function: FunctionIndex, name: Name| {
        let of_name = members.get(&name).into_iter().flatten();
        let of_name =
            of_name.filter(|id| project.language(id.file) == facts.language && project.begins(**id).is_none());
        for member in of_name {
            found.push((project.code_of(file, function), *member));
        }
    };
    let mut proven = Vec::new();
    for (index, call) in facts.calls.iter().enumerate() {
        let callee = project.callee(CallId { file, index: CallIndex(index as u32) });
        match callee {
            Some(callee) => proven.push((project.code_of(file, call.function), callee.function)),
            None => call.chain.iter().for_each(|name| meant(call.function, *name)),
        }
        call.arguments.iter().for_each(|one| names(&one.value, &mut |name| meant(call.function, name)));
    }
    for binding in &facts.bindings {
        names(&binding.value, &mut |name| meant(binding.function, name));
    }
    for (index, function) in facts.functions.iter().enumerate() {
        let index = FunctionIndex(index as u32);
        function.returned.iter().for_each(|value| names(value, &mut |name| meant(index, name)));
        let arguments = function.decorators.iter().flat_map(|one| &one.arguments);
        arguments.for_each(|one| names(&one.value, &mut |name| meant(FunctionIndex::FILE, name)));
    }
    let is_member = |id: &FunctionId| members.get(&project.function(*id).name).is_some_and(|all| all.contains(id));
    found.extend(proven.into_iter().filter(|(_, callee)| is_member(callee)));
    found
}

/// The names in a value, those of calls left out: they are visited on their own.
fn names(value: &Value, visit: &mut impl FnMut(Name)) {
    match value {
        Value::Path(path) => path.iter().for_each(|name| visit(*name)),
        Value::Template(_, values) | Value::List(values) | Value::Other(values) => {
            values.iter().for_each(|value| names(value, visit));
        }
        Value::Object(entries) => entries.iter().for_each(|(_, value)| names(value, visit)),
        _ => {}
    }
}
