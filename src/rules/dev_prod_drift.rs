//! Reports runtimes and engines whose versions differ between the desk, the pipeline and what runs for users.
//!
//! The model says which version stands where. This file decides how much two may differ, and what is worth a finding:
//! a version below the least that the code asks for, or another series than the one that is tested.

use rustc_hash::FxHashSet;

use super::Pass;
use crate::catalogue::SystemId;
use crate::finding::{Confidence, Place};
use crate::model::versions::Number;
use crate::model::{Project, Runtime, Stage};

pub(super) fn check(pass: &mut Pass) {
    let runtimes = pass.project.runtimes();
    let mut said = FxHashSet::default();
    for floor in runtimes.iter().filter(|one| one.stage == Stage::Floor) {
        below_floor(pass, floor, &runtimes, &mut said);
    }
    let mut systems: Vec<SystemId> = runtimes.iter().map(|one| one.system).collect();
    systems.sort_unstable();
    systems.dedup();
    for system in systems {
        let of_system: Vec<&Runtime> = runtimes.iter().filter(|one| one.system == system).collect();
        apart(pass, &of_system, &mut said);
    }
}

/// A version that the code does not allow.
fn below_floor(pass: &mut Pass, floor: &Runtime, runtimes: &[Runtime], said: &mut FxHashSet<Place>) {
    let same = runtimes.iter().filter(|one| one.system == floor.system && one.stage != Stage::Floor);
    for one in same.filter(|one| is_below(&one.folder, &floor.folder)) {
        let digits = one.number.precision().min(floor.number.precision());
        if one.number.parts(digits) >= floor.number.parts(digits) || !said.insert(one.place) {
            continue;
        }
        let name = &pass.project.catalogue().system(one.system).name;
        let message =
            format!("{name} {} {} is older than the {} that the code asks for", one.number, at(one), floor.written);
        let finding = pass.report(one.place, message);
        finding.related(floor.place, "the least that is asked for");
        finding.help(format!("raise `{}` to at least {}, or lower what is asked for", one.written, floor.number));
    }
}

/// Versions of which one series is tested and another one runs.
fn apart(pass: &mut Pass, runtimes: &[&Runtime], said: &mut FxHashSet<Place>) {
    let project = pass.project;
    for target in runtimes.iter().filter(|one| matches!(one.stage, Stage::Shipped | Stage::Cloud)) {
        let is_source = |one: &&&Runtime| {
            one.stage < target.stage && one.stage != Stage::Floor && are_together(&one.folder, &target.folder)
        };
        for stage in [Stage::Pipeline, Stage::Development, Stage::Shipped] {
            let sources: Vec<&&Runtime> = runtimes.iter().filter(is_source).filter(|one| one.stage == stage).collect();
            let Some(first) = sources.first() else { continue };
            // A matrix tests many: it is enough when one of them is what runs.
            if sources.iter().any(|one| same_series(project, one.system, &one.number, &target.number)) {
                continue;
            }
            if said.contains(&first.place) || !said.insert(target.place) {
                continue;
            }
            let name = &project.catalogue().system(target.system).name;
            let message = format!(
                "{name} {} {}, but {} {}",
                target.number,
                at(target),
                first.number,
                at(first)
            );
            let confidence = if sources.len() > 1 { Confidence::Medium } else { Confidence::High };
            let finding = pass.report(target.place, message);
            for source in &sources {
                finding.related(source.place, at(source));
            }
            finding.help(format!("test and develop with {name} {}", shown_series(project, target)));
            finding.confidence(confidence);
        }
    }
}

fn at(runtime: &Runtime) -> &'static str {
    match runtime.stage {
        Stage::Floor => "at least",
        Stage::Development => "for development",
        Stage::Pipeline => "in the pipeline",
        Stage::Shipped => "in what is shipped",
        Stage::Cloud => "in the cloud",
    }
}

/// How many parts of a version name a series: within one, nothing breaks.
fn digits(project: &Project, system: SystemId, number: &Number) -> usize {
    let system = project.catalogue().system(system);
    usize::from(system.series).max(1).min(number.precision())
}

fn same_series(project: &Project, system: SystemId, one: &Number, other: &Number) -> bool {
    let digits = digits(project, system, one).min(digits(project, system, other));
    one.parts(digits) == other.parts(digits)
}

fn shown_series(project: &Project, runtime: &Runtime) -> String {
    let parts = runtime.number.parts(digits(project, runtime.system, &runtime.number));
    parts.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

/// Whether what is said for one folder may be held against another: one lies in the other.
fn are_together(one: &str, other: &str) -> bool {
    is_below(one, other) || is_below(other, one)
}

fn is_below(folder: &str, above: &str) -> bool {
    above.is_empty() || folder == above || folder.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}
