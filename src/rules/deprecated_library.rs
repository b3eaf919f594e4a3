//! Reports what a back end asks for in production and nobody should build on any more.
//!
//! Two witnesses: the catalogue, and what authors had the registry say, as lock files repeat it. Which rows of which
//! manifests count is the model's knowledge.

use super::Pass;
use crate::catalogue::{Deprecation, LibraryId, State};
use crate::finding::Confidence;
use crate::model::Requirement;

/// What the catalogue says of the packages of one library that one manifest asks for.
struct Known<'p> {
    library: LibraryId,
    deprecation: &'p Deprecation,
    requirements: Vec<Requirement<'p>>,
}

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
        let Some((library, deprecation)) = found else {
            told.push(requirement);
            continue;
        };
        let file = requirement.place.file;
        // Rows of one manifest come one after another.
        let same = known.iter_mut().rev().take_while(|one| one.requirements[0].place.file == file);
        match same.into_iter().find(|one| one.library == library) {
            Some(one) => one.requirements.push(requirement),
            None => known.push(Known { library, deprecation, requirements: vec![requirement] }),
        }
    }
    for one in known {
        report_known(pass, &one);
    }
    for requirement in told {
        report_told(pass, &requirement);
    }
}

fn report_known(pass: &mut Pass, known: &Known) {
    let Deprecation { state, since, why, instead, .. } = known.deprecation;
    let names: Vec<String> = known.requirements.iter().map(|one| format!("`{}`", one.dependency.name)).collect();
    let (is, was) = if names.len() == 1 { ("is", "has") } else { ("are", "have") };
    let ended = match state {
        State::Deprecated => format!("{is} deprecated since {since}"),
        State::EndOfLife => format!("{was} been without support since {since}"),
        State::Unmaintained => format!("{was} been unmaintained since {since}"),
        State::Legacy => format!("{is} legacy since {since}"),
    };
    let first = known.requirements[0];
    let message = format!("{}{} {ended}: {why}", names.join(", "), shown_version(&first));
    let finding = pass.report(first.place, message);
    for other in &known.requirements[1..] {
        finding.related(other.place, "of the same library");
    }
    if let Some(instead) = instead {
        finding.help(format!("move to {instead}"));
    }
    if *state == State::Legacy {
        finding.confidence(Confidence::Medium);
    }
}

/// Where the version matters, it is shown: ` 2.25.0`.
fn shown_version(requirement: &Requirement) -> String {
    requirement.version().map(|version| format!(" {version}")).unwrap_or_default()
}

/// The longest words of an author that fit a line.
const LONGEST: usize = 160;

fn report_told(pass: &mut Pass, requirement: &Requirement) {
    let Some((locked, place)) = requirement.locked else { return };
    let Some(text) = &locked.deprecated else { return };
    let name = &requirement.dependency.name;
    let message = format!("`{name}` {} is deprecated by its authors: {}", locked.version, shortened(text));
    let finding = pass.report(requirement.place, message);
    finding.related(place, "the authors' words, as the lock file repeats them");
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
