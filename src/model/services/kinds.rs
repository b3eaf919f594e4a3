//! What a unit's code and manifests do to what it is: service, worker, functions, front end, library or tool. Knows
//! that something serves, not how well.

use std::collections::BTreeSet;

use super::begun::Begun;
use super::reach::Reach;
use super::sources::{Mark, Source, Sources};
use super::units::{Unit, Units, answers, asked, describes_functions};
use super::{Handler, ServiceKind, language_of, whole};
use crate::catalogue::{ApiStyle, Catalogue, Library, LibraryId, LibraryLanguage, LibraryRole};
use crate::facts::Language;
use crate::finding::Place;
use crate::manifests::{ManifestFacts, ManifestKind};
use crate::model::Project;
use crate::paths::folder;
use crate::walk::{FileId, Role};

/// What a unit is, and where it begins.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) kind: ServiceKind,
    pub(super) starts: Vec<Place>,
}

/// The kinds of all units, in their order.
pub(super) fn kinds(
    project: &Project,
    sources: &Sources,
    units: &Units,
    reach: &Reach,
    handlers: &[Vec<Handler>],
) -> Vec<Kind> {
    let called = handlers.iter().map(|handlers| handlers.iter().filter(|one| one.is_tied_by_code()));
    let called: Vec<Vec<Place>> = called.map(|handlers| handlers.map(|handler| handler.place).collect()).collect();
    let mut beginnings: Vec<Vec<Place>> = units.all.iter().map(|unit| beginnings(project, sources, unit)).collect();
    let begun = Begun::of(project, sources, units, reach);
    let mut begins_another = vec![false; units.all.len()];
    for (index, begins) in beginnings.iter_mut().enumerate().filter(|(_, begins)| begins.is_empty()) {
        *begins = begun.starts(index as u32);
        begins_another[index] = !begins.is_empty();
    }
    let of_programs: BTreeSet<u32> = units.all.iter().filter_map(|unit| unit.package).collect();
    // What others import and nothing starts is theirs; so is what the programs of a package share.
    let is_library = |index: usize| {
        let is_shared = of_programs.contains(&(index as u32));
        let is_started =
            !beginnings[index].is_empty() || !called[index].is_empty() || serves_pages(project, &units.all[index]);
        reach.imported[index] && (is_shared || !is_started)
    };
    // A program that neither serves nor works, of a package that others import, is a tool of that library.
    let is_aside = |index: usize| {
        let begins = beginnings[index].clone();
        // Its programs print what the library knows, such as a schema.
        let is_beside = |place: &Place| project.file(place.file).path.contains("/src/bin/");
        let is_beside = !begins.is_empty() && begins.iter().all(is_beside);
        let begins_to_serve = |file: &FileId| {
            let starts = sources.of_file(*file).into_iter().flat_map(|source| &source.starts);
            starts.into_iter().any(|(library, _)| answers(project, *library))
        };
        reach.imported[index] && is_beside && !units.all[index].files.iter().any(begins_to_serve)
            || reach.imported[index]
                && Signs::of(project, sources, &units.all[index], &[], begins, true).judged() == ServiceKind::Library
    };
    let libraries: Vec<bool> =
        (0..units.all.len()).map(|index| is_library(index) || !begins_another[index] && is_aside(index)).collect();
    let mut kinds = Vec::new();
    for (index, begins) in beginnings.into_iter().enumerate() {
        if libraries[index] {
            kinds.push(Kind { kind: ServiceKind::Library, starts: Vec::new() });
            continue;
        }
        let may = |unit: u32| libraries[unit as usize];
        let (beyond, _) = reach.beyond(project, sources, units, index as u32, &may);
        let is_imported = reach.imported[index];
        let signs = Signs::of(project, sources, &units.all[index], &beyond, begins, is_imported);
        kinds.push(Signs { called: called[index].clone(), ..signs }.kind());
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
                places.push(whole(*id));
            }
            _ if describes_functions(manifest) => {
                places.push(whole(*id));
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

/// Whether a command of a name runs what a manifest is about.
pub(super) fn is_start(kind: ManifestKind, name: &str) -> bool {
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
    if has_components(project, unit) {
        return false;
    }
    let of_front_end = unit.files.iter().filter(|file| project.file(**file).role == Role::FrontEnd).count();
    let is_next_to_pages = unit.manifests.iter().any(|id| {
        project.manifest(*id).is_some_and(|manifest| manifest.commands.iter().any(|command| command.name == "dev"))
    });
    of_front_end * 2 > unit.files.len() && is_next_to_pages
}

/// Whether a unit is made for others to draw with: they get it, and nothing shows it as a page.
fn has_components(project: &Project, unit: &Unit) -> bool {
    let is_page = |manifest: &ManifestFacts| {
        let shows = |name: &str| matches!(name.split(':').next(), Some("build" | "dev" | "serve" | "start"));
        let draws = |word: &str| {
            let named = project.catalogue.distributed(LibraryLanguage::JavaScript, word);
            word == "serve" || named.into_iter().any(|library| draws(project.catalogue.library(library)))
        };
        let mut commands = manifest.commands.iter().filter(|command| shows(&command.name));
        commands.any(|command| command.line.split_whitespace().take(50).any(draws))
    };
    let mut manifests = unit.manifests.iter().filter_map(|id| project.manifest(*id));
    // What `npm init` writes says nothing.
    let is_plain = |manifest: &ManifestFacts| manifest.entry.as_deref().is_some_and(|entry| entry == "index.js");
    manifests.any(|manifest| is_offered(manifest) && !is_plain(manifest) && !is_page(manifest))
}

/// What speaks for the kinds.
struct Signs<'s> {
    project: &'s Project<'s>,
    unit: &'s Unit,
    begins: Vec<Place>,
    /// Where code gives functions of it to a platform.
    called: Vec<Place>,
    /// Makes an application that answers, or begins to answer, with how far down its place stands in a list.
    serving: Vec<(u32, Place)>,
    /// Takes work from a queue or a schedule.
    working: Vec<Place>,
    /// Imports what answers requests.
    can_serve: bool,
    /// Some of that is more than a platform's way to call functions.
    can_stay: bool,
    /// Imports what draws pages and answers requests where it is asked to.
    may_serve: bool,
    /// Imports what carries messages or jobs.
    calls_out: bool,
    /// All that answers is called by a platform's events.
    is_event: bool,
    /// Reads or writes data, or holds files that answer by their place.
    keeps_data: bool,
    /// Drives what it speaks to as a test does.
    is_trial: bool,
    /// By another unit.
    is_imported: bool,
    endless: bool,
}

impl<'s> Signs<'s> {
    fn of(
        project: &'s Project<'s>,
        sources: &Sources,
        unit: &'s Unit,
        beyond: &[FileId],
        begins: Vec<Place>,
        is_imported: bool,
    ) -> Self {
        let mut signs = Self {
            project,
            unit,
            begins,
            called: Vec::new(),
            serving: Vec::new(),
            working: Vec::new(),
            can_serve: false,
            can_stay: false,
            may_serve: false,
            calls_out: false,
            is_event: true,
            keeps_data: false,
            is_trial: false,
            is_imported,
            endless: false,
        };
        // What is made for others begins nowhere by itself.
        let is_up = !signs.begins.is_empty();
        let is_offered = !is_up && signs.manifests().any(is_offered);
        let own = unit.files.iter().map(|file| (*file, true));
        for (file, is_own) in own.chain(beyond.iter().map(|file| (*file, false))) {
            let Some(source) = sources.of_file(file).filter(|_| project.file(file).role == Role::Product) else {
                continue; // Not judged, or not understood.
            };
            let counts = is_own || is_up;
            for mark in source.marks.iter().filter(|_| counts) {
                let meant = project.catalogue.library(mark.library);
                if draws(meant) {
                    signs.may_serve = true;
                } else if answers(project, mark.library) {
                    signs.is_event &= meant.api == Some(ApiStyle::Event);
                    let rank = rank(project, source, file, mark, is_own);
                    signs.serving.push((rank, Place { file, span: mark.span }));
                }
            }
            for (library, span) in source.starts.iter().filter(|_| counts) {
                if works(project.catalogue, *library) {
                    signs.working.push(Place { file, span: *span });
                }
            }
            let is_script = matches!(project.language(file), Language::Python | Language::TypeScript);
            for (library, _) in &source.libraries {
                let meant = project.catalogue.library(*library);
                let is_silent = meant.apps.is_empty() && meant.starts.is_empty();
                // An import starts nothing: plug-ins and middleware have them too.
                let is_told = is_silent || !is_imported && (is_up || source.declares.contains(library));
                let can_serve = counts && !is_offered && is_told && (is_script || is_up) && is_framework(meant);
                match draws(meant) {
                    true => signs.may_serve |= can_serve,
                    false => {
                        signs.can_serve |= can_serve;
                        signs.can_stay |= can_serve && (!is_silent || meant.api != Some(ApiStyle::Event));
                    }
                }
                signs.calls_out |= works(project.catalogue, *library);
                signs.keeps_data |= matches!(meant.role, LibraryRole::DataAccess | LibraryRole::KeyValue);
                signs.is_trial |= meant.role == LibraryRole::Testing;
            }
            signs.keeps_data |= answers_by_place(&project.file(file).path);
            signs.endless |= source.endless;
        }
        let declared = signs.declared();
        let is_put_into_function =
            declared.iter().any(|library| library.role == LibraryRole::Adapter) && !signs.manifests().any(is_image);
        for framework in declared.into_iter().filter(|library| is_framework(library)) {
            signs.can_serve = true;
            signs.can_stay |= framework.api != Some(ApiStyle::Event) && !is_put_into_function;
        }
        // The place that says the most comes first.
        signs.serving.sort();
        signs.serving.dedup();
        signs
    }

    /// Where sources are not understood, what a manifest asks for tells.
    fn declared(&self) -> Vec<&'s Library> {
        let catalogue = self.project.catalogue;
        let languages = self.manifests().filter_map(|manifest| Some((language_of(manifest.kind)?, manifest)));
        let foreign = languages.filter(|(language, _)| language.of_sources().is_none());
        let libraries = foreign.flat_map(|(language, manifest)| {
            let asked = asked(manifest).filter(|dependency| !dependency.is_dev());
            asked.flat_map(move |dependency| catalogue.distributed(language, &dependency.name))
        });
        libraries.map(|library| catalogue.library(library)).collect()
    }

    fn kind(self) -> Kind {
        let kind = self.judged();
        let mut starts = match kind {
            ServiceKind::Service | ServiceKind::Functions => self.serving.into_iter().map(|(_, place)| place).collect(),
            ServiceKind::Worker => self.working,
            _ => Vec::new(),
        };
        starts.extend(self.called);
        starts.extend(self.begins);
        starts.truncate(8);
        Kind { kind, starts }
    }

    fn manifests(&self) -> impl Iterator<Item = &'s ManifestFacts> {
        let (project, unit) = (self.project, self.unit);
        unit.manifests.iter().filter_map(|id| project.manifest(*id))
    }

    fn judged(&self) -> ServiceKind {
        let manifests = || self.manifests();
        let is_up = !self.begins.is_empty();
        let front_end = self.front_end();
        let is_called = manifests().any(describes_functions) || !front_end && self.is_brought_to_functions();
        let is_offered = !is_up && manifests().any(is_offered);
        // What a program of a command line reaches of an application, it does not start.
        let is_passing = self.is_command_line() && !manifests().any(is_image);
        let is_serving = !self.serving.is_empty() && !is_passing;
        let is_given = !self.called.is_empty();
        let is_server = is_up && is_serving && !self.is_event;
        match () {
            // Adapters put an application into a function.
            () if is_called && !manifests().any(is_image) => ServiceKind::Functions,
            // What serves by itself has such functions beside it.
            () if is_given && !is_server && !front_end => ServiceKind::Functions,
            () if self.is_called("cli") && self.serving.is_empty() => ServiceKind::Tool,
            () if self.is_called("test") && is_offered => ServiceKind::Library,
            () if is_serving && self.is_event => ServiceKind::Functions,
            () if is_serving && (!front_end || self.keeps_data) => ServiceKind::Service,
            () if self.can_serve && !self.can_stay && !front_end => ServiceKind::Functions,
            () if self.can_serve && !is_passing && (!front_end || is_up && self.keeps_data) => ServiceKind::Service,
            () if self.may_serve && self.keeps_data => ServiceKind::Service,
            () if front_end && !is_up && has_components(self.project, self.unit) => ServiceKind::Library,
            () if front_end || self.may_serve => ServiceKind::FrontEnd,
            () if self.is_trial && !self.keeps_data => ServiceKind::Tool,
            () if !self.working.is_empty() && !is_offered && !is_passing => ServiceKind::Worker,
            () if self.is_imported => ServiceKind::Library,
            // A program of a command line may wait or send too; what is put into an image is there to stay.
            () if self.is_deployed() && !is_passing && (self.endless || self.calls_out) => ServiceKind::Worker,
            () if is_up && self.endless && self.calls_out => ServiceKind::Worker,
            () if !is_up && (manifests().any(is_published) || self.is_foreign_package()) => ServiceKind::Library,
            () => ServiceKind::Tool,
        }
    }

    /// Whether a command brings it to a platform that calls functions.
    fn is_brought_to_functions(&self) -> bool {
        let systems = self.project.catalogue.systems().filter(|(_, system)| system.functions);
        let deploys: Vec<&str> = systems.flat_map(|(_, system)| &system.deploys).map(String::as_str).collect();
        let lines = self.manifests().filter(|manifest| manifest.kind == ManifestKind::Node);
        let mut lines = lines.flat_map(|manifest| &manifest.commands).map(|command| command.line.as_str());
        lines.any(|line| deploys.iter().any(|deploy| line.contains(deploy)))
    }

    /// Whether it gives a program to whoever installs it, and its own files make no application.
    fn is_command_line(&self) -> bool {
        let is_own = |place: &Place| self.unit.files.binary_search(&place.file).is_ok();
        let is_program = |line: &str| {
            let ends = [".js", ".mjs", ".cjs", ".ts"].iter().any(|ending| line.ends_with(ending));
            !line.contains(char::is_whitespace) && (ends || line.starts_with("./"))
        };
        let gives = |manifest: &ManifestFacts| {
            manifest.kind == ManifestKind::Node && manifest.commands.iter().any(|command| is_program(&command.line))
        };
        let mut begun = self.serving.iter().map(|(_, place)| place).chain(&self.working);
        self.manifests().any(gives) && !begun.any(is_own)
    }

    /// Whether more than a function `main` says that it is started.
    fn is_deployed(&self) -> bool {
        self.begins.iter().any(|place| self.project.manifest(place.file).is_some())
    }

    /// Whether a word of the last folder says what it is.
    fn is_called(&self, word: &str) -> bool {
        let name = self.unit.folder.rsplit('/').next().unwrap_or_default();
        name.split(['-', '_', '.']).any(|one| one == word)
    }

    /// A package in a language whose sources are not understood, unless it is a program or describes a deployment.
    fn is_foreign_package(&self) -> bool {
        let paths = self.unit.files.iter().map(|file| self.project.file(*file).path.as_str());
        let mut names = paths.map(|path| path.rsplit('/').next().unwrap_or_default());
        if names.any(|name| matches!(name.split('.').next(), Some("Main" | "Program"))) {
            return false;
        }
        let mut languages = self.manifests().filter_map(|manifest| language_of(manifest.kind)).peekable();
        languages.peek().is_some() && languages.all(|language| language.of_sources().is_none()) && !self.deploys()
    }

    fn deploys(&self) -> bool {
        let rows = self.manifests().filter_map(|manifest| Some((language_of(manifest.kind)?, manifest)));
        rows.into_iter().any(|(language, manifest)| {
            let libraries = asked(manifest).flat_map(|row| self.project.catalogue.distributed(language, &row.name));
            libraries.into_iter().any(|one| self.project.catalogue.library(one).role == LibraryRole::Deployment)
        })
    }

    fn front_end(&self) -> bool {
        let of_browser = self.unit.files.iter().filter(|file| self.project.file(**file).role == Role::FrontEnd);
        of_browser.count() * 2 > self.unit.files.len()
    }
}

/// How far from the beginning of a program a place stands where an application is made or started; the least is the
/// nearest. Parts of an application, such as routers, are made elsewhere than the whole.
fn rank(project: &Project, source: &Source, file: FileId, mark: &Mark, is_own: bool) -> u32 {
    let path = &project.file(file).path;
    let stem = path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    let is_beginning = source.main.is_some() || BEGINNINGS.contains(&stem);
    let library = project.catalogue.library(mark.library);
    let is_whole = library.role == LibraryRole::WebFramework;
    // It is made and started in one place.
    let is_both = source.starts.iter().any(|(start, _)| source.apps.iter().any(|(app, _)| app == start));
    let is_far = [!is_own, !mark.is_proven, !is_whole, !is_beginning, !is_both];
    let far = is_far.iter().fold(0, |far, is_far| far * 2 + u32::from(*is_far));
    // The outermost one is where readers begin.
    far * 256 + (path.matches('/').count() as u32).min(255)
}

/// What files are called in which programs begin.
const BEGINNINGS: &[&str] = &[
    "__init__",
    "app",
    "application",
    "asgi",
    "bootstrap",
    "index",
    "main",
    "manage",
    "program",
    "run",
    "server",
    "start",
    "wsgi",
];

fn is_image(manifest: &ManifestFacts) -> bool {
    matches!(manifest.kind, ManifestKind::Dockerfile | ManifestKind::Procfile | ManifestKind::Fly)
}

/// Gives others a file to import.
fn is_offered(manifest: &ManifestFacts) -> bool {
    manifest.kind == ManifestKind::Node && manifest.entry.is_some()
}

/// Made for others to import.
fn is_published(manifest: &ManifestFacts) -> bool {
    match manifest.kind {
        ManifestKind::Node => is_offered(manifest),
        ManifestKind::PyProject | ManifestKind::SetupConfig | ManifestKind::SetupScript => {
            manifest.name.is_some() && manifest.commands.is_empty()
        }
        _ => false,
    }
}

fn works(catalogue: &Catalogue, library: LibraryId) -> bool {
    let library = catalogue.library(library);
    let roles = library.also.iter().copied().chain([library.role]);
    roles.into_iter().any(|role| matches!(role, LibraryRole::Jobs | LibraryRole::Messaging))
}

/// Libraries that are there for nothing but answering, so that importing one says enough.
fn is_framework(library: &Library) -> bool {
    library.role == LibraryRole::WebFramework && !library.also.contains(&LibraryRole::HttpClient)
}

/// Draws pages, whether it also answers requests or not.
pub(super) fn draws(library: &Library) -> bool {
    library.role == LibraryRole::FrontEnd || library.also.contains(&LibraryRole::FrontEnd)
}

/// Files of full-stack applications that answer requests because of where they lie: `app/orders/route.ts`,
/// `pages/api/orders.ts`.
fn answers_by_place(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    stem == "route" && path.split('/').any(|part| part == "app") || format!("/{path}").contains("/pages/api/")
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
