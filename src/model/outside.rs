//! What else a stretch of code waits for: other machines, disks, processes, transactions of its own. Knows the names of
//! calls, not how long they take.

use super::Project;
use super::loops::has_word;
use crate::catalogue::{LibraryRole, Words};
use crate::facts::{Call, FileFacts, Language, Name, Span};
use crate::walk::FileId;

impl Project<'_> {
    /// Whether a stretch of code asks another machine, sends mail, moves files or starts a process: a statement beside
    /// that is the lesser wait.
    pub fn reaches_out(&self, file: FileId, within: Span) -> bool {
        const WORDS: [&str; 8] = ["blob", "bucket", "deliver", "download", "notify", "send", "subprocess", "upload"];
        let facts = self.facts(file);
        let clients: Vec<Name> = facts
            .imports
            .iter()
            .filter(|import| {
                let libraries = self.claiming(facts.language, import.module);
                libraries.iter().any(|id| {
                    matches!(self.catalogue.library(*id).role, LibraryRole::HttpClient | LibraryRole::LanguageModel)
                })
            })
            .map(|import| import.alias)
            .collect();
        facts.calls.iter().filter(|call| within.contains(call.span)).any(|call| {
            clients.contains(&call.root())
                || facts.language == Language::TypeScript && *call.chain == [Name::from("fetch")]
                || has_word(&call.name(), &WORDS)
                || self.is_slow(facts, call)
        })
    }

    fn is_slow(&self, facts: &FileFacts, call: &Call) -> bool {
        let name = call.name();
        let is_slow = |called: &str| self.catalogue.is_slow(facts.language, called);
        is_slow(&name)
            || match &*call.chain {
                [.., before, name] => is_slow(&format!("{before}.{name}")),
                // `from shutil import move`
                [_] => facts.imports.iter().filter(|import| import.alias == name).any(|import| {
                    let module = import.module.rsplit(['.', '/', ':']).next().unwrap_or_default();
                    import.symbol.is_some_and(|symbol| is_slow(&format!("{module}.{symbol}")))
                }),
                [] => false,
            }
    }

    /// Whether a stretch of code begins a transaction, or locks what it reads: what it does is to be done for one row.
    pub fn isolates(&self, file: FileId, within: Span) -> bool {
        let calls = self.facts(file).calls.iter();
        calls.filter(|call| within.contains(call.span)).any(|call| self.begins_alone(file, call))
    }

    /// Whether a call begins a transaction or locks what it reads.
    pub(super) fn begins_alone(&self, file: FileId, call: &Call) -> bool {
        self.words_anywhere(self.language(file), call.name()).is(Words::TRANSACTION.or(Words::LOCKS))
    }

    /// Whether a file belongs to the part of a program that is for a database inside the process: `store/sqlite/user.go`
    pub fn is_for_in_process(&self, file: FileId) -> bool {
        let systems: Vec<&str> = self.catalogue.in_process().collect();
        self.is_in_path(file, &systems)
    }
}
