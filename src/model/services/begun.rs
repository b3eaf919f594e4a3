//! Calls of functions that one part of the repository offers to another, to the starts that they are: whoever calls a
//! house's own `bootstrap` has a start of its own. Knows the functions that names lead to, not whether a branch is taken.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::kinds::draws;
use super::reach::Reach;
use super::sources::Sources;
use super::units::{Units, answers};
use crate::facts::{Call, FunctionIndex, FunctionKind, Language, Name};
use crate::finding::Place;
use crate::model::things::{Site, Thing, Things};
use crate::model::{FunctionId, Project};
use crate::walk::{FileId, Role};

/// From the function that is called to the one that makes the application.
const CALLS: u32 = 2;

/// Calls of one function that are followed.
const MOST_CALLS: usize = 100;

/// What one unit calls of another is looked up with.
pub(super) struct Begun<'b, 'p> {
    project: &'b Project<'p>,
    sources: &'b Sources,
    units: &'b Units,
    reach: &'b Reach,
    /// Functions that units offer, by name: of those that are imported as a whole.
    offered: FxHashMap<(u32, Name), FunctionId>,
    /// Whether functions make an application, as far as asked: many call the same.
    known: RefCell<FxHashMap<(FunctionId, u32), bool>>,
}

impl<'b, 'p> Begun<'b, 'p> {
    pub(super) fn of(project: &'b Project<'p>, sources: &'b Sources, units: &'b Units, reach: &'b Reach) -> Self {
        let mut offered = FxHashMap::default();
        for unit in reach.named() {
            for file in &units.unit(unit).files {
                let Some(facts) = project.facts[file.get()].as_ref() else {
                    continue; // Only counted.
                };
                for (index, function) in facts.functions.iter().enumerate() {
                    if function.exported && function.kind == FunctionKind::Named {
                        let id = FunctionId { file: *file, index: FunctionIndex(index as u32) };
                        offered.entry((unit, function.name)).or_insert(id);
                    }
                }
            }
        }
        Self { project, sources, units, reach, offered, known: RefCell::default() }
    }

    /// Where a unit begins by means of another.
    pub(super) fn starts(&self, unit: u32) -> Vec<Place> {
        let mut places = Vec::new();
        for file in &self.units.unit(unit).files {
            if self.project.file(*file).role != Role::Product || self.sources.of_file(*file).is_none() {
                continue; // Run by hand, or not understood.
            }
            if matches!(self.project.language(*file), Language::Go | Language::Rust) {
                continue; // There a program begins with `main`.
            }
            let facts = self.project.facts(*file);
            for call in facts.calls.iter().filter(|call| self.runs_at_once(*file, call)) {
                let target = self.target(*file, call);
                let is_other = |id: &FunctionId| self.units.of_file[id.file.get()].is_some_and(|other| other != unit);
                if target.filter(is_other).is_some_and(|id| self.makes(id, CALLS)) {
                    places.push(Place { file: *file, span: call.span });
                }
            }
        }
        places
    }

    /// In the code of the file itself, in its callbacks, or in a function that nobody else gets.
    fn runs_at_once(&self, file: FileId, call: &Call) -> bool {
        let facts = self.project.facts(file);
        let mut function = facts.function(call.function);
        while let (FunctionKind::Literal, Some(parent)) = (function.kind, function.parent) {
            function = facts.function(parent);
        }
        match function.kind {
            FunctionKind::File => true,
            FunctionKind::Named => !function.exported && !function.test,
            _ => false,
        }
    }

    /// The function of the repository that a call of an imported name leads to.
    fn target(&self, file: FileId, call: &Call) -> Option<FunctionId> {
        if call.chain.len() > 3 || call.receiver.is_some() {
            return None;
        }
        let facts = self.project.facts(file);
        let root = call.root();
        let import = facts.imports.iter().find(|import| import.alias == root && !import.type_only);
        let site = Site { file, function: call.function, at: call.span.start };
        // What is no import may be an object of an imported type.
        if (import.is_some() || call.chain.len() > 1)
            && let Some(Thing::Function(id)) = Things::new(self.project).path(site, &call.chain)
        {
            return Some(id);
        }
        let name = match import?.symbol {
            Some(symbol) if symbol != "*" && symbol != "default" && call.chain.len() == 1 => symbol,
            None | Some(_) if call.chain.len() == 2 => call.name(),
            _ => return None,
        };
        let unit = self.reach.package(self.project, file, import?.module)?;
        self.offered.get(&(unit, name)).copied()
    }

    /// Whether a function makes an application that answers, or begins to answer, itself or by what it calls.
    fn makes(&self, id: FunctionId, calls: u32) -> bool {
        let known = self.known.borrow().get(&(id, calls)).copied();
        known.unwrap_or_else(|| {
            let makes = self.finds_out(id, calls);
            self.known.borrow_mut().insert((id, calls), makes);
            makes
        })
    }

    fn finds_out(&self, id: FunctionId, calls: u32) -> bool {
        let (facts, Some(source)) = (self.project.facts(id.file), self.sources.of_file(id.file)) else {
            return false;
        };
        let span = facts.function(id.index).span;
        let is_meant = |mark: &&super::sources::Mark| {
            let library = self.project.catalogue.library(mark.library);
            mark.is_proven && span.contains(mark.span) && answers(self.project, mark.library) && !draws(library)
        };
        if source.marks.iter().any(|mark| is_meant(&mark)) {
            return true;
        }
        if calls == 0 {
            return false;
        }
        let inner = facts.calls.iter().filter(|call| span.contains(call.span)).take(MOST_CALLS);
        let local = |call: &Call| {
            let site = Site { file: id.file, function: call.function, at: call.span.start };
            match Things::new(self.project).path(site, &call.chain) {
                Some(Thing::Function(next)) => Some(next),
                _ => self.target(id.file, call),
            }
        };
        inner.filter_map(local).any(|next| next != id && self.makes(next, calls - 1))
    }
}
