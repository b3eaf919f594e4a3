//! What a unit's code and manifests do to what it is: service, worker, functions, front end, library or tool. Knows
//! that something serves, not how well.

use super::ServiceKind;
use super::reach::Reach;
use super::sources::Sources;
use super::units::{Unit, Units, answers, describes_functions};
use crate::catalogue::{Catalogue, LibraryId, LibraryRole};
use crate::facts::Language;
use crate::finding::Place;
use crate::manifests::{ManifestFacts, ManifestKind};
use crate::model::Project;
use crate::model::modules::folder;
use crate::walk::{FileId, Role};

/// What a unit is, and where it begins.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) kind: ServiceKind,
    pub(super) starts: Vec<Place>,
}

/// The kinds of all units, in their order.
pub(super) fn kinds(project: &Project, sources: &Sources, units: &Units, reach: &Reach) -> Vec<Kind> {
    let beginnings: Vec<Vec<Place>> = units.all.iter().map(|unit| beginnings(project, sources, unit)).collect();
    // What others import and nothing starts is theirs.
    let libraries: Vec<bool> = (0..units.all.len())
        .map(|index| reach.imported[index] && beginnings[index].is_empty() && !serves_pages(project, &units.all[index]))
        .collect();
    let mut kinds = Vec::new();
    for (index, begins) in beginnings.into_iter().enumerate() {
        if libraries[index] {
            kinds.push(Kind { kind: ServiceKind::Library, starts: Vec::new() });
            continue;
        }
        let may = |unit: u32| libraries[unit as usize];
        let (beyond, _) = reach.beyond(project, sources, units, index as u32, &may);
        kinds.push(Signs::of(project, sources, &units.all[index], &beyond, begins).kind());
    }
    kinds
}

/// Where something starts a unit: a command, an image, a function that a program begins with.
fn beginnings(project: &Project, sources: &Sources, unit: &Unit) -> Vec<Place> {
    let mut places = Vec::new();
    for id in &unit.manifests {
        let Some(manifest) = project.manifest(*id) else {
            continue; // Manifests of units have facts.
        };
        match manifest.kind {
            ManifestKind::Node | ManifestKind::Deno | ManifestKind::Procfile => {
                let commands = manifest.commands.iter().filter(|command| is_start(manifest.kind, &command.name));
                places.extend(commands.map(|command| Place { file: *id, span: command.span }));
            }
            ManifestKind::Dockerfile
            | ManifestKind::Fly
            | ManifestKind::Railway
            | ManifestKind::AppEngine
            | ManifestKind::Serverless
            | ManifestKind::Wrangler
            | ManifestKind::Chalice
            | ManifestKind::Zappa => {
                places.push(Place { file: *id, span: crate::facts::Span::default() });
            }
            _ if describes_functions(manifest) => {
                places.push(Place { file: *id, span: crate::facts::Span::default() });
            }
            _ => {}
        }
    }
    for file in unit.files.iter().filter(|file| project.file(**file).role == Role::Product) {
        let Some(span) = sources.of_file(*file).and_then(|source| source.main) else {
            continue; // Only programs begin.
        };
        if is_program(project, unit, *file) {
            places.push(Place { file: *file, span });
        }
    }
    places
}

fn is_start(kind: ManifestKind, name: &str) -> bool {
    let first = name.split(':').next().unwrap_or_default();
    kind == ManifestKind::Procfile || matches!(first, "start" | "serve" | "worker")
}

/// Whether the function `main` of a file is where a program begins.
fn is_program(project: &Project, unit: &Unit, file: FileId) -> bool {
    let path = &project.file(file).path;
    match project.language(file) {
        Language::Go => true,
        Language::Rust => {
            let inside = path[unit.folder.len()..].trim_start_matches('/');
            inside == "src/main.rs" || inside.starts_with("src/bin/") || inside == "main.rs"
        }
        // Any file may call a function `main`.
        Language::Python | Language::TypeScript => false,
    }
}

/// Whether a unit is drawn in the browser for the most part.
fn serves_pages(project: &Project, unit: &Unit) -> bool {
    let of_front_end = unit.files.iter().filter(|file| project.file(**file).role == Role::FrontEnd).count();
    let is_next_to_pages = unit.manifests.iter().any(|id| {
        project.manifest(*id).is_some_and(|manifest| manifest.commands.iter().any(|command| command.name == "dev"))
    });
    of_front_end * 2 > unit.files.len() && is_next_to_pages
}

/// What speaks for the kinds.
struct Signs<'s> {
    project: &'s Project<'s>,
    unit: &'s Unit,
    begins: Vec<Place>,
    /// Makes an application that answers, or begins to answer.
    serving: Vec<Place>,
    /// Takes work from a queue or a schedule.
    working: Vec<Place>,
    /// Imports what answers requests.
    can_serve: bool,
    endless: bool,
}

impl<'s> Signs<'s> {
    fn of(project: &'s Project<'s>, sources: &Sources, unit: &'s Unit, beyond: &[FileId], begins: Vec<Place>) -> Self {
        let mut signs =
            Self { project, unit, begins, serving: Vec::new(), working: Vec::new(), can_serve: false, endless: false };
        for file in unit.files.iter().chain(beyond).copied() {
            let Some(source) = sources.of_file(file).filter(|_| project.file(file).role == Role::Product) else {
                continue; // Not judged, or not understood.
            };
            for (library, span) in source.apps.iter().chain(&source.starts) {
                if answers(project, *library) {
                    signs.serving.push(Place { file, span: *span });
                }
            }
            for (library, span) in source.starts.iter() {
                if works(project.catalogue, *library) {
                    signs.working.push(Place { file, span: *span });
                }
            }
            signs.can_serve |= source.libraries.iter().any(|(library, _)| is_framework(project.catalogue, *library));
            signs.endless |= source.endless;
        }
        signs
    }

    fn kind(self) -> Kind {
        let kind = self.judged();
        let mut starts = match kind {
            ServiceKind::Service | ServiceKind::Functions => self.serving,
            ServiceKind::Worker => self.working,
            _ => Vec::new(),
        };
        starts.extend(self.begins);
        starts.truncate(8);
        Kind { kind, starts }
    }

    fn judged(&self) -> ServiceKind {
        let manifests = || self.unit.manifests.iter().filter_map(|id| self.project.manifest(*id));
        let is_called = manifests().any(describes_functions);
        let is_up = !self.begins.is_empty();
        let front_end = self.front_end();
        match () {
            // Adapters put an application into a function.
            () if is_called && !manifests().any(is_image) => ServiceKind::Functions,
            () if !self.serving.is_empty() => ServiceKind::Service,
            () if self.can_serve && (is_up || !front_end) => ServiceKind::Service,
            () if front_end => ServiceKind::FrontEnd,
            () if !self.working.is_empty() => ServiceKind::Worker,
            () if is_up && self.endless => ServiceKind::Worker,
            () if manifests().any(is_published) && !is_up => ServiceKind::Library,
            () => ServiceKind::Tool,
        }
    }

    fn front_end(&self) -> bool {
        let of_browser = self.unit.files.iter().filter(|file| self.project.file(**file).role == Role::FrontEnd);
        of_browser.count() * 2 > self.unit.files.len()
    }
}

fn is_image(manifest: &ManifestFacts) -> bool {
    matches!(manifest.kind, ManifestKind::Dockerfile | ManifestKind::Procfile | ManifestKind::Fly)
}

fn is_published(manifest: &ManifestFacts) -> bool {
    manifest.kind == ManifestKind::Node && manifest.entry.is_some()
}

fn works(catalogue: &Catalogue, library: LibraryId) -> bool {
    let library = catalogue.library(library);
    let roles = library.also.iter().copied().chain([library.role]);
    roles.into_iter().any(|role| matches!(role, LibraryRole::Jobs | LibraryRole::Messaging))
}

/// Libraries that are there for nothing but answering, so that importing one says enough.
fn is_framework(catalogue: &Catalogue, library: LibraryId) -> bool {
    let library = catalogue.library(library);
    library.role == LibraryRole::WebFramework && !library.also.contains(&LibraryRole::HttpClient)
}

/// What a unit is called: as its manifest says, or after its folder.
pub(super) fn name(project: &Project, unit: &Unit) -> String {
    let of_folder = unit.folder.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(".");
    if unit.is_program {
        return of_folder.to_owned();
    }
    let here = unit.manifests.iter().filter(|id| folder(&project.file(**id).path) == unit.folder);
    let named = here.filter_map(|id| {
        let manifest = project.manifest(*id).filter(|manifest| manifest.kind.is_package())?;
        let module = manifest.module.as_deref().and_then(last_of_module);
        module.or(manifest.name.as_deref()).filter(|name| !name.is_empty())
    });
    named.into_iter().next().unwrap_or(of_folder).to_owned()
}

/// `github.com/acme/shop/v2` is called `shop`.
fn last_of_module(module: &str) -> Option<&str> {
    let is_major =
        |part: &&str| part.len() > 1 && part.starts_with('v') && part[1..].bytes().all(|b| b.is_ascii_digit());
    module.rsplit('/').find(|part| !is_major(part))
}
