//! Reports runtimes and engines whose versions differ between the desk, the pipeline and what runs for users.
//!
//! The model says which version stands where. This file decides how much two may differ, and what is worth a finding:
//! a version below the least that the code asks for, or another series than the one that is tested.

use rustc_hash::FxHashSet;

use super::Pass;
use crate::catalogue::SystemId;
use crate::facts::FileId;
use crate::finding::{Confidence, Place};
use crate::model::versions::Number;
use crate::model::{Project, Runtime, Stage};
use crate::paths::{below, folder};

pub(super) fn check(pass: &mut Pass) {
    let runtimes = pass.project.runtimes();
    let mut said = Said::default();
    for one in runtimes.iter().filter(|one| one.stage != Stage::Floor) {
        below_floor(pass, one, &runtimes, &mut said);
    }
    let mut systems: Vec<SystemId> = runtimes.iter().map(|one| one.system).collect();
    systems.sort_unstable();
    systems.dedup();
    for system in systems {
        let of_system: Vec<&Runtime> = runtimes.iter().filter(|one| one.system == system).collect();
        apart(pass, &of_system, &mut said);
    }
    other_kind(pass, &runtimes);
}

/// What is said already: every version once in a file, in however many stages it stands.
#[derive(Default)]
struct Said(FxHashSet<(FileId, SystemId, Vec<u32>)>);

impl Said {
    fn contains(&self, runtime: &Runtime) -> bool {
        self.0.contains(&key(runtime))
    }

    fn insert(&mut self, runtime: &Runtime) -> bool {
        self.0.insert(key(runtime))
    }
}

fn key(runtime: &Runtime) -> (FileId, SystemId, Vec<u32>) {
    (runtime.place.file, runtime.system, runtime.number.parts(4))
}

/// A version that the code does not allow.
fn below_floor(pass: &mut Pass, one: &Runtime, runtimes: &[Runtime], said: &mut Said) {
    let floors = runtimes.iter().filter(|floor| floor.stage == Stage::Floor && floor.system == one.system);
    // The nearest asks: a unit may be content with less than what stands above it.
    let nearest = floors.filter_map(|floor| Some((depth_below(one, floor)?, floor))).max_by_key(|(depth, _)| *depth);
    let Some((_, floor)) = nearest else { return };
    let digits = one.number.precision().min(floor.number.precision());
    if one.number.parts(digits) >= floor.number.parts(digits) || !said.insert(one) {
        return;
    }
    let name = &pass.project.catalogue().system(one.system).name;
    let message =
        format!("{name} {} {} is older than the {} that the code asks for", one.number, at(one), floor.written);
    let finding = pass.report(one.place, message);
    finding.related(floor.place, "the least that is asked for");
    if one.is_spare {
        finding.help(format!("raise `{}` to at least {}, or remove the file: no other names it", one.written, floor.number));
    } else {
        finding.help(format!("raise `{}` to at least {}, or lower what is asked for", one.written, floor.number));
    }
    finding.confidence(match () {
        () if one.fetches => Confidence::Low,
        () if one.is_spare => Confidence::Medium,
        () => Confidence::High,
    });
}

/// Versions of which one series is tested and another one runs.
fn apart(pass: &mut Pass, runtimes: &[&Runtime], said: &mut Said) {
    let project = pass.project;
    let is_target = |one: &&&Runtime| matches!(one.stage, Stage::Shipped | Stage::Cloud);
    let mut units: Vec<&[String]> = runtimes.iter().filter(is_target).map(|one| one.folders.as_slice()).collect();
    units.sort_unstable();
    units.dedup();
    let mut told: Vec<(&Runtime, &Runtime)> = Vec::new();
    for target in runtimes.iter().filter(is_target) {
        let is_source = |one: &&&Runtime| {
            // A job or image that names no unit among several may be about any of them.
            let is_vague = !one.is_general && units.len() > 1 && one.folders.iter().all(String::is_empty);
            let is_about = !is_vague || target.folders.iter().any(String::is_empty);
            one.stage < target.stage && one.stage != Stage::Floor && is_about && are_together(one, target)
        };
        for stage in [Stage::Pipeline, Stage::Development, Stage::Shipped] {
            let sources: Vec<&&Runtime> = runtimes.iter().filter(is_source).filter(|one| one.stage == stage).collect();
            let Some(first) = sources.first() else { continue };
            // A matrix tests many: it is enough when one of them is what runs.
            if sources.iter().any(|one| same_series(project, one.system, &one.number, &target.number)) {
                continue;
            }
            // Environments that are described side by side differ for one reason.
            let is_alike = |(one, source): &(&Runtime, &Runtime)| {
                let home = |runtime: &Runtime| folder(&project.file(runtime.place.file).path);
                (one.stage, &one.number, source.place) == (target.stage, &target.number, first.place)
                    && one.place.file != target.place.file
                    && home(one) == home(target)
            };
            if told.iter().any(is_alike) || said.contains(first) || !said.insert(target) {
                continue;
            }
            told.push((target, first));
            let beside: Vec<Place> = runtimes
                .iter()
                .filter(|one| one.place.file != target.place.file && is_alike(&(one, first)))
                .map(|one| one.place)
                .collect();
            let name = &project.catalogue().system(target.system).name;
            let message =
                format!("{name} {} {}, but {} {}", target.number, at(target), first.number, at(first));
            let confidence = match sources.len() {
                _ if target.compatible || target.is_spare => Confidence::Low,
                1 => Confidence::High,
                _ => Confidence::Medium,
            };
            let finding = pass.report(target.place, message);
            for source in sources.iter().take(MOST_RELATED) {
                finding.related(source.place, at(source));
            }
            for place in beside.into_iter().take(MOST_RELATED) {
                finding.related(place, "the same here");
            }
            finding.help(format!("use one series of {name} everywhere: {}, or the one that is tested", shown_series(project, target)));
            finding.confidence(confidence);
        }
    }
}

/// A schema for a database in a file, beside a server that is shipped.
fn other_kind(pass: &mut Pass, runtimes: &[Runtime]) {
    let project = pass.project;
    let is_server = |one: &&Runtime| {
        matches!(one.stage, Stage::Shipped | Stage::Cloud) && project.keeps_tables(one.system)
    };
    for schema in project.embedded_schemas() {
        let is_beside = |one: &&Runtime| {
            one.folders.iter().any(|folder| is_below(folder, &schema.folder) || is_below(&schema.folder, folder))
        };
        let Some(server) = runtimes.iter().filter(is_server).find(is_beside) else { continue };
        let name = |system| &project.catalogue().system(system).name;
        let message = format!(
            "the schema is written for {}, but {} {} stands {}",
            name(schema.system),
            name(server.system),
            server.number,
            at(server)
        );
        let finding = pass.report(schema.place, message);
        finding.related(server.place, at(server));
        finding.help(format!("write the schema for {} and run it for development and tests too", name(server.system)));
        // The server may be another service's.
        let is_alone = project.services().len() <= 1;
        finding.confidence(if is_alone { Confidence::Medium } else { Confidence::Low });
    }
}

/// More places say nothing new.
const MOST_RELATED: usize = 5;

fn at(runtime: &Runtime) -> &'static str {
    match runtime.stage {
        Stage::Shipped if runtime.is_spare => "in a Dockerfile that nothing names",
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

/// Whether what is said of one may be held against the other: a folder of one lies in a folder of the other.
fn are_together(one: &Runtime, other: &Runtime) -> bool {
    depth_below(one, other).is_some() || depth_below(other, one).is_some()
}

/// How deep the folder lies that one stands in or below, of those of the other.
fn depth_below(one: &Runtime, other: &Runtime) -> Option<usize> {
    let above = other.folders.iter().filter(|above| one.folders.iter().any(|folder| is_below(folder, above)));
    above.map(|folder| folder.len()).max()
}

fn is_below(folder: &str, above: &str) -> bool {
    folder == above || below(folder, above)
}
