//! Reports what a back end asks for in production and nobody should build on any more.
//!
//! Two witnesses: the catalogue, and what authors had the registry say, as lock files repeat it. Which rows of which
//! manifests count is the model's knowledge.

use super::Pass;
use crate::catalogue::{Deprecation, LibraryId, LibraryLanguage, State};
use crate::finding::{Confidence, Finding, Place, Severity};
use crate::model::{Project, Requirement};
use crate::paths::folder;

/// What the catalogue says of the packages of one library that the manifests of one folder ask for.
struct Known<'p> {
    folder: &'p str,
    language: LibraryLanguage,
    library: LibraryId,
    deprecation: &'p Deprecation,
    requirements: Vec<Requirement<'p>>,
}

/// Other rows that are shown beside the first.
const SHOWN: usize = 4;

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let mut known: Vec<Known> = Vec::new();
    let mut told = Vec::new();
    for requirement in project.requirements() {
        let libraries = requirement.libraries(project);
        let found = libraries.into_iter().find_map(|library| {
            let deprecation = requirement.deprecation(project.catalogue().library(library))?;
            Some((library, deprecation))
        });
        match found {
            Some((library, deprecation)) => add(project, &mut known, library, deprecation, requirement),
            None => told.push(requirement),
        }
    }
    for one in known {
        report_known(pass, &one);
    }
    for requirement in told {
        report_told(pass, &requirement);
    }
    report_undeclared(pass);
}

/// A file that says which packages are wanted and one that says which are installed stand side by side, and a version
/// of a workspace stands in one place: each is one finding.
fn add<'p>(
    project: &'p Project,
    known: &mut Vec<Known<'p>>,
    library: LibraryId,
    deprecation: &'p Deprecation,
    requirement: Requirement<'p>,
) {
    let folder = folder(&project.file(place(&requirement).file).path);
    let same = known.iter_mut().find(|one| {
        (one.folder, one.language, one.library) == (folder, requirement.language, library)
            && std::ptr::eq(one.deprecation, deprecation)
    });
    match same {
        Some(one) => one.requirements.push(requirement),
        None => {
            let language = requirement.language;
            known.push(Known { folder, language, library, deprecation, requirements: vec![requirement] });
        }
    }
}

/// The row that would change.
fn place(requirement: &Requirement) -> Place {
    requirement.shared.unwrap_or(requirement.place)
}

fn report_known(pass: &mut Pass, known: &Known) {
    let mut names: Vec<String> = Vec::new();
    for (index, one) in known.requirements.iter().enumerate() {
        if !known.requirements[..index].iter().any(|other| is_same(one, other)) {
            names.push(shown(one, known.deprecation));
        }
    }
    let first = known.requirements[0];
    let importers = importers(pass.project, &known.requirements);
    let message = format!("{}{}", sentence(known.deprecation, &names), used(importers.as_deref(), names.len()));
    let finding = pass.report(place(&first), message);
    let rows = known.requirements.iter().map(|one| one.place).filter(|row| *row != place(&first));
    for row in rows.take(SHOWN) {
        finding.related(row, "asked for here too");
    }
    for import in importers.iter().flatten().take(SHOWN) {
        finding.related(*import, "imported here");
    }
    advise(finding, known.deprecation);
    if importers.is_some_and(|places| places.is_empty()) {
        let (row, it) = if names.len() == 1 { ("row", "it") } else { ("rows", "them") };
        finding.help(format!("remove the {row}, unless something loads {it} by name: no product code imports {it}"));
        finding.severity = finding.severity.min(Severity::Note);
        finding.confidence(Confidence::Medium);
    }
}

/// Where product code imports any of them; none where that cannot be known of one.
fn importers(project: &Project, requirements: &[Requirement]) -> Option<Vec<Place>> {
    let each: Vec<Option<Vec<Place>>> = requirements.iter().map(|one| project.importers(one)).collect();
    let is_known = each.iter().all(Option::is_some);
    let mut places: Vec<Place> = each.into_iter().flatten().flatten().collect();
    places.sort_unstable();
    places.dedup_by_key(|place| place.file);
    (is_known || !places.is_empty()).then_some(places)
}

fn used(importers: Option<&[Place]>, packages: usize) -> String {
    let it = if packages == 1 { "it" } else { "them" };
    match importers.map(<[Place]>::len) {
        None => String::new(),
        Some(0) => format!("; nothing imports {it}"),
        Some(1) => format!("; 1 file imports {it}"),
        Some(count) => format!("; {count} files import {it}"),
    }
}

/// Two manifests may spell one name in two ways: `Flask-Script`, `flask_script`.
fn is_same(one: &Requirement, other: &Requirement) -> bool {
    let plain = |requirement: &Requirement| requirement.dependency.name.to_lowercase().replace(['_', '.'], "-");
    plain(one) == plain(other)
}

/// The name, and the version where it decides: `` `pydantic` 1.10.8 ``.
fn shown(requirement: &Requirement, deprecation: &Deprecation) -> String {
    let name = &requirement.dependency.name;
    let locked = requirement.locked.map(|(locked, _)| locked.version.as_str());
    match locked.or(requirement.range).filter(|_| deprecation.below.is_some()) {
        Some(version) => format!("`{name}` {}", version.trim_start_matches('=')),
        None => format!("`{name}`"),
    }
}

fn sentence(deprecation: &Deprecation, names: &[String]) -> String {
    let Deprecation { state, since, why, .. } = deprecation;
    let (is, was) = if names.len() == 1 { ("is", "has") } else { ("are", "have") };
    let ended = match state {
        State::Deprecated => format!("{is} deprecated since {since}"),
        State::EndOfLife => format!("{was} been without support since {since}"),
        State::Unmaintained => format!("{was} been unmaintained since {since}"),
        State::Legacy => format!("{is} legacy since {since}"),
    };
    format!("{} {ended}: {why}", names.join(", "))
}

fn advise(finding: &mut Finding, deprecation: &Deprecation) {
    if let Some(instead) = &deprecation.instead {
        finding.help(format!("move to {instead}"));
    }
    // Nobody said these two aloud, or not as clearly.
    if matches!(deprecation.state, State::Legacy | State::Unmaintained) {
        finding.confidence(Confidence::Medium);
    }
}

/// The longest words of an author that fit a line.
const LONGEST: usize = 160;

fn report_told(pass: &mut Pass, requirement: &Requirement) {
    let Some((locked, lock)) = requirement.locked else { return };
    let Some(text) = &locked.deprecated else { return };
    if requirement.imported.is_none() && requirement.language.of_sources().is_some() {
        return; // Types, tools: deprecated, and nothing that runs.
    }
    let name = &requirement.dependency.name;
    let message = format!("`{name}` {} is deprecated by its authors: {}", locked.version, shortened(text));
    let finding = pass.report(place(requirement), message);
    finding.related(lock, "the authors' words");
    if let Some(import) = requirement.imported {
        finding.related(import, "imported here");
    }
    finding.confidence(Confidence::Medium);
    finding.help(format!("see what the authors of `{name}` name in its place, or take a version they support"));
}

/// One line of somebody else's words.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.');
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

/// What a platform brings, or a tool that nobody uses any more, stands in no manifest; its import speaks.
fn report_undeclared(pass: &mut Pass) {
    let project = pass.project;
    for one in project.undeclared() {
        let message = format!("{}; no manifest names it", sentence(one.deprecation, &[format!("`{}`", one.module)]));
        let finding = pass.report(one.place, message);
        advise(finding, one.deprecation);
    }
}
