//! The project as the questions look at it: its parts by what they do, and what stands for a role in them. It does
//! not know what any question makes of that.

use crate::catalogue::{Library, LibraryLanguage, LibraryRole, System, SystemRole};
use crate::facts::{FileId, Span};
use crate::finding::{Place, Step};
use crate::manifests::{ManifestFacts, ManifestKind, Trigger};
use crate::model::{Project, Seen, Service, ServiceKind, language_of};
use crate::walk::Role;

use super::Reply;

/// Names of parts in a sentence; the others are counted.
const NAMED: usize = 3;

/// Lines of functions that nobody asks for logs or contracts.
const SMALL: u32 = 100;

pub(super) struct View<'p> {
    pub(super) project: &'p Project<'p>,
    /// Services and functions: what may answer requests.
    pub(super) serving: Vec<&'p Service>,
    /// Those, and workers.
    pub(super) backends: Vec<&'p Service>,
    pub(super) front_ends: Vec<&'p Service>,
}

impl<'p> View<'p> {
    pub(super) fn of(project: &'p Project<'p>) -> Self {
        let of_kinds = |kinds: &[ServiceKind]| -> Vec<&Service> {
            project.services().iter().filter(|service| kinds.contains(&service.kind)).collect()
        };
        let serving = of_kinds(&[ServiceKind::Service, ServiceKind::Functions]);
        Self {
            project,
            serving: serving.into_iter().filter(|service| !is_uncalled(project, service)).collect(),
            backends: of_kinds(&[ServiceKind::Service, ServiceKind::Functions, ServiceKind::Worker]),
            front_ends: of_kinds(&[ServiceKind::FrontEnd]),
        }
    }

    /// Functions that are started by a schedule or a queue, and are small enough to be seen through.
    pub(super) fn is_small_function(&self, service: &Service) -> bool {
        lines(service) <= SMALL && is_uncalled(self.project, service)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.backends.is_empty() && self.front_ends.is_empty()
    }

    /// The used libraries of a service that answer to a question, each with the place that speaks loudest for it.
    pub(super) fn libraries(&self, service: &Service, wanted: impl Fn(&Library) -> bool) -> Vec<Step> {
        let used = service.libraries.iter().filter(|known| known.used);
        let known = used.map(|known| (self.project.catalogue().library(known.library), &known.seen));
        let wanted = known.filter(|(library, _)| wanted(library));
        wanted.filter_map(|(library, seen)| step(&library.name, seen, service)).collect()
    }

    /// Those with which its code makes or answers a contract, each with the place that does.
    pub(super) fn answering(&self, service: &Service, wanted: impl Fn(&Library) -> bool) -> Vec<Step> {
        let used = service.libraries.iter().filter(|known| known.used);
        let known = used.map(|known| (known, self.project.catalogue().library(known.library)));
        let wanted = known.filter(|(known, library)| service.answers_with(known.library, library) && wanted(library));
        let steps = wanted.filter_map(|(known, library)| {
            let mut made = service.contracts.iter().filter(|(made, _)| *made == known.library);
            let step = step(&library.name, &known.seen, service)?;
            Some(Step { place: made.next().map_or(step.place, |(_, place)| *place), ..step })
        });
        steps.collect()
    }

    /// Those that a manifest asks for, used or not: what runs from a command line is not imported.
    pub(super) fn tools(&self, service: &Service, wanted: impl Fn(&Library) -> bool) -> Vec<Step> {
        let known = service.libraries.iter();
        let known = known.map(|known| (self.project.catalogue().library(known.library), &known.seen));
        let wanted = known.filter(|(library, _)| wanted(library));
        wanted.filter_map(|(library, seen)| step(&library.name, seen, service)).collect()
    }

    pub(super) fn systems(&self, service: &Service, wanted: impl Fn(&System) -> bool) -> Vec<Step> {
        let used = service.systems.iter().filter(|known| known.used);
        let known = used.map(|known| (self.project.catalogue().system(known.system), &known.seen));
        let wanted = known.filter(|(system, _)| wanted(system));
        wanted.filter_map(|(system, seen)| step(&system.name, seen, service)).collect()
    }

    /// Libraries and systems that stand for something.
    pub(super) fn with_roles(&self, service: &Service, libraries: &[LibraryRole], systems: &[SystemRole]) -> Vec<Step> {
        let mut steps = self.libraries(service, |library| has_role(library, libraries));
        steps.extend(self.systems(service, |system| systems.contains(&system.role)));
        steps
    }

    /// Manifests of the product, examples and tests not among them.
    pub(super) fn manifests(&self) -> impl Iterator<Item = (FileId, &'p ManifestFacts)> {
        let project = self.project;
        let is_product = move |file: FileId| {
            !matches!(project.file(file).role, Role::Test | Role::Fixture | Role::Vendored | Role::Example)
        };
        project.manifests().filter(move |(file, _)| is_product(*file))
    }

    pub(super) fn path(&self, file: FileId) -> &'p str {
        &self.project.file(file).path
    }
}

/// Functions that answer no request: something else triggers each of them.
fn is_uncalled(project: &Project, service: &Service) -> bool {
    let triggers = || service.handlers.iter().flat_map(|handler| &handler.triggers);
    let is_known = !service.handlers.is_empty() && service.handlers.iter().all(|one| !one.triggers.is_empty());
    let answers = || project.used_as(service, LibraryRole::WebFramework).next().is_some();
    let is_lone =
        service.handlers.len() <= 1 && lines(service) <= SMALL && !triggers().any(|one| *one == Trigger::Http);
    let uncalled = is_lone || (is_known && !triggers().any(|one| *one == Trigger::Http));
    service.kind == ServiceKind::Functions && uncalled && !answers()
}

pub(super) fn lines(service: &Service) -> u32 {
    service.lines.iter().map(|(_, lines)| lines).sum()
}

/// Whether a library has one of the roles, first or further.
pub(super) fn has_role(library: &Library, roles: &[LibraryRole]) -> bool {
    std::iter::once(&library.role).chain(&library.also).any(|role| roles.contains(role))
}

pub(super) fn is_pipeline(kind: ManifestKind) -> bool {
    matches!(kind, ManifestKind::GitHubWorkflow | ManifestKind::GitLabPipeline)
}

/// Whether a folder or the name of a file has one of some words.
pub(super) fn has_path_word(path: &str, words: &[&str]) -> bool {
    path.to_lowercase().split(|next: char| !next.is_alphanumeric()).any(|word| words.contains(&word))
}

pub(super) fn has_any(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

fn step(name: &str, seen: &[Seen], service: &Service) -> Option<Step> {
    Some(Step { place: seen.first()?.place, message: format!("{name} in {}", called(service)) })
}

/// Where a part of the repository is first told of: by what says what it needs, if there is such.
pub(super) fn origin(project: &Project, service: &Service) -> Option<Place> {
    let whole = |file: &FileId| Place { file: *file, span: Span::default() };
    let is_package = |file: &&FileId| project.manifest(**file).is_some_and(|manifest| manifest.kind.is_package());
    let main = service.lines.first().map(|(language, _)| *language);
    let is_of_main = |file: &&FileId| {
        let language = project.manifest(**file).and_then(|manifest| language_of(manifest.kind));
        language.is_some_and(|language| main.is_some_and(|main| is_in(language, main)))
    };
    let manifests = &service.manifests;
    let manifest = manifests.iter().find(is_of_main).or(manifests.iter().find(is_package)).or(manifests.first());
    let manifest = manifest.map(whole);
    manifest.or(service.starts.first().copied()).or(service.files.first().map(whole))
}

/// Whether packages of a language are what sources of a name are made of.
fn is_in(packages: LibraryLanguage, sources: &str) -> bool {
    match packages {
        LibraryLanguage::JavaScript => matches!(sources, "JavaScript" | "TypeScript"),
        LibraryLanguage::Java => matches!(sources, "Java" | "Kotlin" | "Scala"),
        LibraryLanguage::CSharp => sources == "C#",
        LibraryLanguage::Php => sources == "PHP",
        other => format!("{other:?}") == sources,
    }
}

pub(super) fn called(service: &Service) -> String {
    if service.folder.is_empty() { "the root".to_owned() } else { format!("`{}`", service.folder) }
}

/// "`api`, `web`, `mailer` and 4 more"
pub(super) fn listed(services: &[&Service]) -> String {
    enumerated(&services.iter().map(|service| called(service)).collect::<Vec<_>>())
}

/// "a, b and c"; what is too much is counted.
pub(super) fn enumerated(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        _ if names.len() > NAMED + 1 => format!("{} and {} more", names[..NAMED].join(", "), names.len() - NAMED),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// How many parts have what was asked for, and what they have.
pub(super) struct Share<'p> {
    pub(super) with: Vec<&'p Service>,
    pub(super) without: Vec<&'p Service>,
    pub(super) evidence: Vec<Step>,
}

impl<'p> Share<'p> {
    pub(super) fn of(services: &[&'p Service], ask: impl Fn(&'p Service) -> Vec<Step>) -> Self {
        let mut share = Self { with: Vec::new(), without: Vec::new(), evidence: Vec::new() };
        for service in services {
            let steps = ask(service);
            if steps.is_empty() {
                share.without.push(service)
            } else {
                share.with.push(service)
            }
            share.evidence.extend(steps);
        }
        share
    }

    /// All, some or nobody. `has` goes on with where: "A library limits requests"; `nobody` is a sentence.
    pub(super) fn reply(self, has: &str, nobody: &str) -> Reply {
        match (self.with.as_slice(), self.without.as_slice()) {
            ([], _) => Reply::no(nobody, self.evidence),
            (with, []) => Reply::yes(format!("{has} in {}.", listed(with)), self.evidence),
            (with, without) => {
                let why = format!("{has} in {}, but not in {}.", listed(with), listed(without));
                Reply::partly(why, self.evidence)
            }
        }
    }
}
