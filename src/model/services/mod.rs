//! The repository as its engineers see it: services, workers, functions, front ends and libraries, each with what it
//! is built with and how it runs. Knows manifests and facts, not what is good or bad about them.

mod begun;
mod deployments;
mod handlers;
mod home_made;
mod kinds;
mod lines;
mod names;
mod pipelines;
mod questions;
mod reach;
mod routes;
mod sources;
mod systems;
mod units;
mod uses;
mod workspaces;

use rayon::prelude::*;

use crate::catalogue::{Library, LibraryId, LibraryLanguage, SystemId};
use crate::facts::{FileId, Span};
use crate::finding::Place;
use crate::manifests::{ManifestKind, Trigger};
use crate::model::{FunctionId, Project};
use crate::paths::{ancestors, below, folder};
use crate::walk::Role;
use deployments::Concerns;
pub use home_made::HomeMade;
use home_made::Workshop;
use reach::Reach;
use sources::Sources;
use systems::Systems;
use units::Units;

/// Position in [`Services::all`](super::Project::services).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u32);

/// A part of the repository that is built and started on its own, or a library of such parts.
#[derive(Clone, Debug)]
pub struct Service {
    /// Relative to the root; empty for the root itself.
    pub folder: String,
    /// As its manifest calls it, or its folder.
    pub name: String,
    pub kind: ServiceKind,
    /// Its own product sources, those of the libraries it uses not among them.
    pub files: Vec<FileId>,
    /// The manifests that belong to it: its own, and those above it that speak of it.
    pub manifests: Vec<FileId>,
    /// Lines that are not blank, by language, the most first.
    pub lines: Vec<(&'static str, u32)>,
    /// Libraries of the repository that it imports, directly or through others; of a library the direct ones.
    pub uses: Vec<ServiceId>,
    /// Also those that the libraries in [`Self::uses`] bring, where the files that import them are reached.
    pub libraries: Vec<LibraryUse>,
    pub systems: Vec<SystemUse>,
    pub deployments: Vec<Deployment>,
    /// Functions of a platform.
    pub handlers: Vec<Handler>,
    /// What stands in for libraries.
    pub home_made: Vec<HomeMade>,
    /// Where its frameworks make applications.
    pub apps: Vec<(LibraryId, Place)>,
    /// Where its code makes or answers contracts with libraries that have calls for it.
    pub contracts: Vec<(LibraryId, Place)>,
    /// Where it begins to serve or to work, and what starts it.
    pub starts: Vec<Place>,
}

/// What a part of the repository is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKind {
    /// Answers requests.
    Service,
    /// Works on its own: a consumer, a schedule.
    Worker,
    /// Functions that a platform calls.
    Functions,
    FrontEnd,
    /// Used by others.
    Library,
    /// Started by hand: command lines, documentation, load generators.
    Tool,
}

/// A library of the catalogue in a service.
#[derive(Clone, Debug)]
pub struct LibraryUse {
    pub library: LibraryId,
    /// Product code imports or registers it; otherwise a manifest asks for it, and that is all.
    pub used: bool,
    /// The first places, the strongest evidence first.
    pub seen: Vec<Seen>,
    /// One place in every file that imports it.
    pub imports: Vec<Place>,
}

/// A system of the catalogue beside a service.
#[derive(Clone, Debug)]
pub struct SystemUse {
    pub system: SystemId,
    pub used: bool,
    pub seen: Vec<Seen>,
}

/// A place that speaks for a library or system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub place: Place,
    pub how: How,
}

/// What a place says of a library or system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// Product code imports it, and something uses the import.
    Imported,
    /// A configuration or a library in use loads it by name.
    Registered,
    /// A deployment runs it, a connection leads to it.
    Deployed,
    /// A file says which version of it is there.
    Pinned,
    /// A manifest asks for it.
    Declared,
}

/// A way in which a service runs.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub kind: ManifestKind,
    /// What makes it this service's.
    pub place: Place,
}

/// A function of a platform, and the code behind it.
#[derive(Clone, Debug)]
pub struct Handler {
    pub name: String,
    /// The manifest that names it, or the code that registers it.
    pub place: Place,
    /// None where the reference could not be followed: nothing is guessed.
    pub function: Option<FunctionId>,
    /// The file behind it, where that much is known.
    pub file: Option<FileId>,
    pub triggers: Vec<Trigger>,
    /// Where code describes it or shows what calls it: the library by which, and the system that runs it.
    pub described: Option<(LibraryId, Option<SystemId>)>,
}

/// All parts of the repository.
#[derive(Debug, Default)]
pub(super) struct Services {
    pub(super) all: Vec<Service>,
    /// By file: the innermost part that it belongs to.
    pub(super) of_file: Vec<Option<ServiceId>>,
    /// What manifests name that concern no part.
    pub(super) beside: Vec<SystemUse>,
}

impl Services {
    pub(super) fn of(project: &Project) -> Self {
        let sources = Sources::of(project);
        let mut units = Units::of(project, &sources);
        let mut reach = Reach::of(project, &sources, &units);
        let mut handlers = handlers::handlers(project, &sources, &units);
        let mut kinds = kinds::kinds(project, &sources, &units, &reach, &handlers);
        if let Some((folder, parts)) = workspaces::single(project, &sources, &units, &reach, &kinds) {
            units = units.joined(project, &folder, &parts);
            reach = Reach::of(project, &sources, &units);
            handlers = handlers::handlers(project, &sources, &units);
            kinds = kinds::kinds(project, &sources, &units, &reach, &handlers);
        }
        let manifests = uses::by_folder(project);
        let is_library = |unit: u32| kinds[unit as usize].kind == ServiceKind::Library;
        let concerns = Concerns::of(project, &units, &kinds);
        let systems = Systems::of(project, &units, &concerns);
        let workshop = Workshop::of(project, &sources);
        let service = |index: usize| {
            let (unit, kind) = (&units.all[index], &kinds[index]);
            let (beyond, used) = match kind.kind {
                // What it brings counts for those that use it.
                ServiceKind::Library => (Vec::new(), reach.direct(&sources, &units, index as u32)),
                _ => reach.beyond(project, &sources, &units, index as u32, &is_library),
            };
            let is_own =
                |file: &&FileId| project.file(**file).role == Role::Product && project.facts[file.get()].is_some();
            let libraries = uses::libraries(project, &sources, &manifests, unit, kind.kind, &beyond);
            let running: Vec<FileId> = unit.files.iter().chain(&beyond).copied().collect();
            let read = || {
                let own = unit.files.iter().chain(&beyond).filter(is_own);
                own.filter_map(|file| Some((*file, sources.of_file(*file)?)))
            };
            let places = |file: FileId, found: &[(LibraryId, Span)]| -> Vec<(LibraryId, Place)> {
                found.iter().map(|(library, span)| (*library, Place { file, span: *span })).collect()
            };
            Service {
                apps: read().flat_map(|(file, source)| places(file, &source.apps)).collect(),
                contracts: read().flat_map(|(file, source)| places(file, &source.contracts)).collect(),
                folder: unit.folder.clone(),
                name: kinds::name(project, unit),
                kind: kind.kind,
                files: unit.files.iter().filter(is_own).copied().collect(),
                manifests: unit.manifests.clone(),
                lines: lines::lines(project, &unit.files),
                uses: used.into_iter().map(ServiceId).collect(),
                systems: systems.of_unit(project, index, kind.kind, unit, &running, &libraries),
                libraries,
                deployments: Vec::new(),
                handlers: Vec::new(),
                home_made: workshop.of_service(project, &sources, kind.kind, &running),
                starts: kind.starts.clone(),
            }
        };
        let mut all: Vec<Service> = (0..units.all.len()).into_par_iter().map(service).collect();
        let deployments = concerns.deployments(project, all.len());
        for ((service, deployments), handlers) in all.iter_mut().zip(deployments).zip(handlers) {
            service.deployments = deployments;
            for handler in handlers.iter().filter(|handler| handler.is_tied_by_code()) {
                service.add_platform(handler);
            }
            service.handlers = handlers;
        }
        for (file, service) in contracts(project, &units, &all) {
            all[service].manifests.push(file);
        }
        let of_file = units.of_file.iter().map(|unit| unit.map(ServiceId)).collect();
        Self { all, of_file, beside: systems.beside() }
    }
}

/// Contracts that lie above or beside the code: each belongs to the only service around it.
fn contracts(project: &Project, units: &Units, all: &[Service]) -> Vec<(FileId, usize)> {
    let running: Vec<(usize, &Service)> =
        all.iter().enumerate().filter(|(_, service)| service.kind == ServiceKind::Service).collect();
    let outside = project.manifests().filter(|(file, manifest)| {
        let home = units.of_file[file.get()].map(|unit| &all[unit as usize]);
        let is_apart = home.is_none_or(|home| home.folder.is_empty() && home.kind != ServiceKind::Service);
        manifest.contract.is_some() && is_apart && project.file(*file).role == Role::Product
    });
    let found = outside.filter_map(|(file, _)| {
        ancestors(folder(&project.file(file).path)).find_map(|above| {
            let mut inside = running.iter().filter(|(_, service)| below(&service.folder, above));
            let first = inside.next()?;
            // Where there are several, nothing says which is meant.
            Some(inside.next().is_none().then_some((file, first.0)))
        })?
    });
    found.collect()
}

impl Handler {
    /// Whether code rather than a manifest says that there is such a function, and the function is there.
    fn is_tied_by_code(&self) -> bool {
        self.file.is_some() && self.described.is_some()
    }
}

impl Service {
    /// What describes a function in code deploys it, and what runs it is in use.
    fn add_platform(&mut self, handler: &Handler) {
        let Some((library, system)) = handler.described else {
            return; // A manifest speaks for itself.
        };
        let seen = Seen { place: handler.place, how: How::Deployed };
        match self.libraries.iter_mut().find(|known| known.library == library) {
            Some(known) if known.used => {}
            Some(known) => {
                known.used = true;
                known.seen.insert(0, seen.clone());
            }
            None => {
                self.libraries.push(LibraryUse { library, used: true, seen: vec![seen.clone()], imports: Vec::new() });
                self.libraries.sort_by_key(|known| known.library);
            }
        }
        let Some(system) = system else {
            return; // Any of several may run it.
        };
        match self.systems.iter_mut().find(|known| known.system == system) {
            Some(known) if known.used => {}
            Some(known) => {
                known.used = true;
                known.seen.insert(0, seen);
            }
            None => {
                self.systems.push(SystemUse { system, used: true, seen: vec![seen] });
                self.systems.sort_by_key(|known| known.system);
            }
        }
    }

    /// How a library stands to this service.
    pub fn library(&self, library: LibraryId) -> Option<&LibraryUse> {
        self.libraries.iter().find(|known| known.library == library)
    }

    /// Whether its code makes or answers a contract with a library, rather than asking others for what they promise.
    pub fn answers_with(&self, id: LibraryId, library: &Library) -> bool {
        library.contracts.is_empty() || self.contracts.iter().any(|(made, _)| *made == id)
    }

    /// `.` for the root.
    pub fn shown_folder(&self) -> &str {
        if self.folder.is_empty() { "." } else { &self.folder }
    }
}

/// The language whose packages a manifest asks for.
pub fn language_of(kind: ManifestKind) -> Option<LibraryLanguage> {
    use ManifestKind as Kind;
    match kind {
        Kind::Node
        | Kind::Deno
        | Kind::NpmLock
        | Kind::PnpmLock
        | Kind::PnpmWorkspace
        | Kind::YarnLock
        | Kind::BunLock => Some(LibraryLanguage::JavaScript),
        Kind::PyProject
        | Kind::Requirements
        | Kind::Pipfile
        | Kind::SetupConfig
        | Kind::SetupScript
        | Kind::PythonLock => Some(LibraryLanguage::Python),
        Kind::GoModule | Kind::GoWorkspace => Some(LibraryLanguage::Go),
        Kind::Cargo | Kind::CargoLock => Some(LibraryLanguage::Rust),
        Kind::Maven | Kind::Gradle | Kind::GradleSettings | Kind::GradleCatalog => Some(LibraryLanguage::Java),
        Kind::Gemfile | Kind::GemfileLock => Some(LibraryLanguage::Ruby),
        Kind::Composer | Kind::ComposerLock => Some(LibraryLanguage::Php),
        Kind::DotNetProject | Kind::DotNetProperties => Some(LibraryLanguage::CSharp),
        _ => None,
    }
}

/// The start of a file, for a manifest that speaks as a whole.
fn whole(file: FileId) -> Place {
    Place { file, span: Span::default() }
}
