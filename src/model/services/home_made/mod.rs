//! What a service makes itself where others take a library: loops in the background, checks of what comes in. Knows
//! shapes of code and words of the catalogue, not whether the work is worth a library.

mod background;
mod checks;

use rayon::prelude::*;

use super::ServiceKind;
use super::sources::Sources;
use crate::catalogue::LibraryRole;
use crate::finding::Place;
use crate::model::Project;
use crate::walk::{FileId, Role};
use background::Background;
use checks::Checks;

/// Places that are kept for one name.
const PLACES: usize = 6;

/// Something that stands in for a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeMade {
    /// What a library in its place would be for.
    pub role: LibraryRole,
    /// In general words: "goroutine loops".
    pub name: String,
    pub seen: Vec<Place>,
}

/// What stands in the files of the repository, before anybody asks whose they are.
#[derive(Debug)]
pub(super) struct Workshop {
    /// By file.
    loops: Vec<Vec<background::Found>>,
    checks: Vec<Checks>,
}

impl Workshop {
    pub(super) fn of(project: &Project, sources: &Sources) -> Self {
        let background = Background::of(project);
        let read = |index: usize| {
            let file = FileId(index as u32);
            match project.file(file).role {
                Role::Product => (background.of_file(file), Checks::of_file(project, sources, file)),
                _ => (Vec::new(), Checks::default()),
            }
        };
        let (loops, checks) = (0..project.facts.len()).into_par_iter().map(read).unzip();
        Self { loops, checks }
    }

    /// What the files that run in a service make.
    pub(super) fn of_service(
        &self,
        project: &Project,
        sources: &Sources,
        kind: ServiceKind,
        running: &[FileId],
    ) -> Vec<HomeMade> {
        let mut made: Vec<HomeMade> = Vec::new();
        if !matches!(kind, ServiceKind::Service | ServiceKind::Worker | ServiceKind::Functions) {
            return made; // Nobody asks.
        }
        let mut running = running.to_vec();
        running.sort_unstable();
        for file in &running {
            for found in &self.loops[file.get()] {
                if let Some(name) = found.shape.name(kind) {
                    add(&mut made, LibraryRole::Jobs, name, Place { file: *file, span: found.span });
                }
            }
        }
        for (name, place) in checks::of_service(project, sources, &self.checks, &running) {
            add(&mut made, LibraryRole::Validator, &name, place);
        }
        made
    }
}

fn add(made: &mut Vec<HomeMade>, role: LibraryRole, name: &str, place: Place) {
    let index = made.iter().position(|one| one.role == role && one.name == name).unwrap_or_else(|| {
        made.push(HomeMade { role, name: name.to_owned(), seen: Vec::new() });
        made.len() - 1
    });
    if made[index].seen.len() < PLACES {
        made[index].seen.push(place);
    }
}
