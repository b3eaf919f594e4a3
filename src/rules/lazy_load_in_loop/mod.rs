//! Reports relations that are loaded one row at a time, by reading them in a loop over the rows.
//!
//! What the rows are and what came with them is the model's knowledge. This file decides which reads are harmful and
//! how sure that is.

mod wording;

use rustc_hash::FxHashMap;

use super::Pass;
use crate::facts::{Call, FunctionKind, LoopIndex, Name, Read, Span};
use crate::finding::Confidence;
use crate::model::{FunctionId, Handed, LoopId, Project, Relation, Repetition, Rows, Sources};
use crate::walk::{FileId, Role};

/// A relation of the rows of a loop that is read in it, by however many expressions.
struct Load<'p> {
    each: LoopId,
    /// The first place where it is read.
    span: Span,
    repetition: Repetition<'p>,
    rows: Rows<'p>,
    /// What is read through it: each way leads from the row over that relation.
    ways: Vec<Vec<&'p Relation>>,
    /// It is read on some turns only.
    conditional: bool,
    /// What is read is a query that other code goes on to refine.
    refined: bool,
}

/// An attribute that is read, or on which a call is made.
struct Attribute<'p> {
    path: &'p [Name],
    called: Option<Name>,
    awaited: bool,
    function: FunctionId,
    span: Span,
    at: At<'p>,
}

/// Where an attribute stands.
enum At<'p> {
    Read(&'p Read),
    Call(crate::facts::CallIndex),
}

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let files: Vec<FileId> = project.product_files().collect();
    for file in files {
        for load in loads(project, file) {
            wording::report(pass, &load, confidence(project, &load));
        }
    }
    for written in project.written_row_by_row() {
        if project.file(written.file).role == Role::Product {
            wording::report_written(pass, written);
        }
    }
}

/// What the loops of a file load row by row, in the order of the text.
fn loads<'p>(project: &'p Project<'p>, file: FileId) -> Vec<Load<'p>> {
    let sources = Sources::new(project);
    let mut found: FxHashMap<(LoopIndex, Vec<Name>), Load> = FxHashMap::default();
    let mut attributes = attributes(project, file);
    attributes.sort_by_key(|one| (one.span.start, one.span.end));
    for attribute in attributes {
        let Some(load) = load(project, &sources, &attribute) else { continue };
        let missing = load.rows.missing.unwrap_or_default();
        let first = load.rows.way[..=missing].iter().map(|relation| relation.name).collect();
        let known = found.entry((load.each.index, first)).or_insert_with(|| Load { ways: Vec::new(), ..load.clone_head() });
        known.conditional &= load.conditional;
        known.refined &= load.refined;
        known.ways.extend(load.ways);
    }
    let mut loads: Vec<Load> = found.into_values().collect();
    loads.sort_by_key(|load| (load.span.start, load.span.end, load.each.index));
    loads
}

impl Load<'_> {
    fn clone_head(&self) -> Self {
        Self { rows: self.rows.clone(), ways: Vec::new(), ..*self }
    }
}

/// Attributes of the names that are bound in a file, where code repeats.
fn attributes<'p>(project: &'p Project<'p>, file: FileId) -> Vec<Attribute<'p>> {
    let facts = project.facts(file);
    let named = |path: &[Name]| path.get(1).is_some_and(|name| project.is_relation_name(*name));
    let reads = facts.reads.iter().filter(|read| named(&read.path)).map(|read| Attribute {
        path: &read.path,
        called: None,
        awaited: read.awaited,
        function: FunctionId { file, index: read.function },
        span: read.span,
        at: At::Read(read),
    });
    let repeats = |call: &Call| call.each.is_some() || facts.function(call.function).kind == FunctionKind::Literal;
    let calls = facts.calls.iter().enumerate().filter_map(|(index, call)| {
        let (called, path) = call.chain.split_last()?;
        if call.receiver.is_some() || !repeats(call) || !named(path) {
            return None;
        }
        Some(Attribute {
            path,
            // What refines the relation further is a query of its own.
            called: call.continued.is_none().then_some(*called),
            awaited: call.awaited,
            function: FunctionId { file, index: call.function },
            span: call.span,
            at: At::Call(crate::facts::CallIndex(index as u32)),
        })
    });
    reads.chain(calls).collect()
}

fn load<'p>(project: &'p Project<'p>, sources: &Sources<'p>, attribute: &Attribute<'p>) -> Option<Load<'p>> {
    let Attribute { function, span, .. } = *attribute;
    let facts = project.facts(function.file);
    if facts.function(function.index).test {
        return None; // Nobody waits for a test.
    }
    let rows = sources.read(function, span.start, attribute.path, attribute.called, attribute.awaited)?;
    let (each, missing) = (rows.turn?, rows.missing?);
    let repetitions = match attribute.at {
        At::Read(read) => project.repetitions_of_read(function.file, read),
        At::Call(index) => project.repetitions(crate::model::CallId { file: function.file, index }),
    };
    let repetition = *repetitions.iter().find(|one| one.each == each)?;
    if !repetition.is_per_element() {
        return None; // The turns are chunks or tries, not rows.
    }
    if repetition.is_bounded() {
        return None; // The number of rows does not grow with the data.
    }
    if repetition.ends_after() {
        return None; // It is read on one turn at most.
    }
    let first = rows.way.get(missing)?;
    let assigned = facts.bindings.iter().any(|binding| {
        repetition.facts().span.contains(binding.span)
            && matches!(&*binding.target, [_, name] if *name == first.name)
            && binding.span.start < span.start
    });
    if assigned {
        return None; // The loop itself says what it is.
    }
    let conditional = repetition.is_conditional();
    let refined = match attribute.at {
        At::Read(_) => false,
        At::Call(index) => project.refines(crate::model::CallId { file: function.file, index }, rows.library),
    };
    Some(Load { each, span, repetition, ways: vec![rows.way.clone()], rows, conditional, refined })
}

/// Words in paths of code that nobody waits for.
const JOB_WORDS: [&str; 9] = ["batch", "cli", "command", "commands", "cron", "job", "jobs", "task", "tasks"];

/// Points for and against, each from how often such places turn out to be worth fixing.
fn confidence(project: &Project, load: &Load) -> Confidence {
    let relation = load.rows.way[load.rows.missing.unwrap_or_default()];
    let remembers = project.relation_form(relation).is_some_and(|form| form.remembers);
    let against = [
        // The session knows the rows it has loaded: as many queries as there are different ones.
        (remembers && !relation.many, 1),
        (load.conditional, 1),
        (load.rows.guessed, 1),
        // Whoever loaded the rows may have loaded the relation with them.
        (load.rows.handed == Handed::One, 1),
        (load.rows.handed == Handed::Many, 3),
        (load.repetition.stops_early(), 1),
        (project.is_in_path(load.each.file, &JOB_WORDS), 1),
        // Nobody waits for code that runs once.
        (project.is_one_off(load.each), 2),
    ];
    let points: usize = against.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum();
    match points {
        0 => Confidence::High,
        1 | 2 => Confidence::Medium,
        _ => Confidence::Low,
    }
}
