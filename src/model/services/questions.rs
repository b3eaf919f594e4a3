//! What rules ask of a service: who it is, what it uses in a role. Knows nothing of how services are found.

use std::collections::BTreeSet;

use super::{How, LibraryUse, Service, ServiceKind};
use crate::catalogue::{ApiStyle, Library, LibraryId, LibraryRole, SystemId, SystemRole};
use crate::facts::{Argument, Call, FileFacts, FileId, Language, Name, TypeRef, Value};
use crate::finding::Place;
use crate::model::Project;
use crate::model::imports::is_below;
use crate::paths::below;

/// Ends of module names that speak of telemetry: what a house calls its own.
const TELEMETRY: &[&str] =
    &["log", "logger", "logging", "metrics", "monitoring", "observability", "telemetry", "tracing"];

/// More services than this, and fewer lines in each, are a collection of examples.
const COLLECTION: usize = 20;
const EXAMPLE_LINES: usize = 400;

/// The family of databases that keep tables.
const TABLES: &str = "relational";
/// A store to which fewer files speak is not what a service is built around.
const CENTRAL: usize = 4;

/// Functions that take a path without a slash.
const ROUTED: &[&str] = &["path", "re_path", "route", "url"];

impl Service {
    /// Whether it is a back end that runs.
    pub fn runs(&self) -> bool {
        matches!(self.kind, ServiceKind::Service | ServiceKind::Worker | ServiceKind::Functions)
    }

    /// Its lines in all languages.
    pub fn count_lines(&self) -> u32 {
        self.lines.iter().map(|(_, lines)| lines).sum()
    }
}

impl Project<'_> {
    /// The libraries that a service uses in a role.
    pub fn used_as<'a>(
        &'a self,
        service: &'a Service,
        role: LibraryRole,
    ) -> impl Iterator<Item = (&'a LibraryUse, &'a Library)> {
        let used = service.libraries.iter().filter(|one| one.used);
        let used = used.map(|one| (one, self.catalogue().library(one.library)));
        used.filter(move |(_, library)| library.role == role || library.also.contains(&role))
    }

    /// Where a finding about a whole service stands: where its code makes an application or starts, where something
    /// else starts it, or its first manifest or file.
    pub fn face(&self, service: &Service) -> Option<Place> {
        let own = service.starts.iter().copied().filter(|place| self.belongs(service, place.file));
        // The first says the most.
        let in_code = own.clone().find(|place| service.files.contains(&place.file));
        // Where nothing begins, whatever makes an application of a framework.
        let is_framework = |library: LibraryId| {
            let library = self.catalogue().library(library);
            library.role == LibraryRole::WebFramework || library.role == LibraryRole::Api
        };
        let apps = service
            .apps
            .iter()
            .filter(|(library, place)| is_framework(*library) && service.files.contains(&place.file));
        let depth = |place: &Place| self.file(place.file).path.matches('/').count();
        let app = || apps.map(|(_, place)| *place).min_by_key(depth);
        let manifest = service.manifests.iter().find(|file| self.belongs(service, **file)).copied();
        let file = manifest.or_else(|| service.files.first().copied());
        let begins = in_code.or_else(app).or_else(|| own.clone().next());
        begins.or_else(|| Some(Place { file: file?, span: Default::default() }))
    }

    /// The sources that run in it: its own, and those of the libraries of the repository that it uses.
    pub fn running<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = FileId> + 'a {
        let used = service.uses.iter().map(|id| &self.services()[id.0 as usize]);
        let used = used.filter(|used| used.kind == ServiceKind::Library);
        service.files.iter().chain(used.flat_map(|used| &used.files)).copied()
    }

    fn belongs(&self, service: &Service, file: FileId) -> bool {
        below(&self.file(file).path, &service.folder)
    }

    /// How messages call it: "service `api` (apps/api)", "the service" where it is all there is.
    pub fn shown(&self, service: &Service) -> String {
        match service.folder.as_str() {
            "" => "the service".to_owned(),
            folder if folder == service.name => format!("service `{folder}`"),
            folder => format!("service `{}` ({folder})", service.name),
        }
    }

    /// Many services of hardly any lines: a collection of examples, each of which shows one thing.
    pub fn is_collection(&self) -> bool {
        let running: Vec<&Service> = self.services().iter().filter(|one| one.runs()).collect();
        let lines: u32 = running.iter().map(|service| service.count_lines()).sum();
        running.len() > COLLECTION && (lines as usize) < running.len() * EXAMPLE_LINES
    }

    /// The stores that a service is built around, with their families; not options, imports of data and caches. A
    /// mapper speaks to any relational database, so that few files name it.
    pub fn central_stores<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = (&'a str, &'a str, Place)> + 'a {
        service.systems.iter().filter(|one| one.used).filter_map(|one| {
            let (system, seen) = (self.catalogue().system(one.system), one.seen.first()?);
            let is_store = matches!(system.role, SystemRole::Database | SystemRole::Search);
            let family = system.family.as_deref().unwrap_or(&system.name);
            let is_central = || family == TABLES || self.files_speaking_to(service, one.system) >= CENTRAL;
            let is_meant = is_store && seen.how != How::Declared && is_central();
            is_meant.then_some((family, system.name.as_str(), seen.place))
        })
    }

    /// The libraries of a service that few have proven, and where each is seen; GraphQL is no minority's choice.
    pub fn unproven_libraries<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = (&'a Library, Place)> + 'a {
        service.libraries.iter().filter(|one| one.used).filter_map(|one| {
            let (library, seen) = (self.catalogue().library(one.library), one.seen.first()?);
            let is_meant = library.api != Some(ApiStyle::GraphQl) && self.unproven(one.library).is_some();
            is_meant.then_some((library, seen.place))
        })
    }

    fn files_speaking_to(&self, service: &Service, system: SystemId) -> usize {
        let name = &self.catalogue().system(system).name;
        let speaks = |one: &&LibraryUse| self.catalogue().library(one.library).systems.contains(name);
        let imports = service.libraries.iter().filter(speaks).flat_map(|one| &one.imports);
        imports.map(|place| place.file).collect::<BTreeSet<_>>().len()
    }

    /// Whether all frameworks that a service uses draw pages.
    pub fn draws_pages(&self, service: &Service) -> bool {
        let mut frameworks = self.used_as(service, LibraryRole::WebFramework).peekable();
        frameworks.peek().is_some() && frameworks.all(|(_, library)| library.also.contains(&LibraryRole::FrontEnd))
    }

    /// The package of a library that an import or a manifest's row at a place asks for.
    pub fn package_at<'a>(&'a self, library: &'a Library, place: Place) -> Option<&'a str> {
        let facts = self.facts.get(place.file.get())?.as_ref();
        let imports = facts.into_iter().flat_map(|facts| &facts.imports);
        let asked = imports.filter(|import| import.span == place.span).map(|import| import.module.as_str());
        let rows = self.manifest(place.file).into_iter().flat_map(|manifest| &manifest.dependencies);
        let rows = rows.filter(|row| row.span == place.span).map(|row| row.name.as_str());
        let claims = |name: &&String| {
            let known = library.packages.iter().find(|package| is_below(name, package));
            known.or_else(|| library.distributions.iter().find(|package| package == name))
        };
        asked.chain(rows).find_map(|name| claims(&&name.to_owned())).map(String::as_str)
    }

    /// Whether a file imports a library of a role.
    pub fn imports_role(&self, file: FileId, role: LibraryRole) -> bool {
        let facts = self.facts(file);
        facts.imports.iter().filter(|import| !import.type_only).any(|import| {
            let libraries = self.claiming(facts.language, import.module);
            libraries.iter().map(|id| self.catalogue().library(*id)).any(|library| library.role == role)
        })
    }

    /// Whether it answers at a path where collectors of metrics ask.
    pub fn serves_metrics(&self, service: &Service) -> bool {
        let text = |one: &'_ Argument| match one.value {
            Value::Text(text) => Some(text),
            _ => None,
        };
        let is_path = |one: &Argument| text(one).is_some_and(|text| text.trim_end_matches('/').ends_with("/metrics"));
        // Where paths begin without a slash: `path("metrics/", ..)`, `re_path("^metrics$", ..)`.
        let routes = |call: &Call| {
            let path = call.arguments.first().and_then(text);
            let is_metrics = path.is_some_and(|path| path.trim_matches(['^', '/', '$']) == "metrics");
            is_metrics && ROUTED.contains(&call.name().as_str()) && call.arguments.len() > 1
        };
        self.running(service).any(|file| {
            let facts = self.facts(file);
            // A collector brings nothing along: who asks for a session shows figures to users.
            let open =
                facts.functions.iter().filter(|function| function.params.iter().all(|param| param.default.is_none()));
            let decorated = open.flat_map(|function| &function.decorators).flat_map(|decorator| &decorator.arguments);
            facts.calls.iter().flat_map(|call| &call.arguments).any(is_path)
                || facts.calls.iter().any(routes)
                || decorated.into_iter().any(is_path)
        })
    }

    /// Whether it writes one object a line by means of its own: a formatter that is named after JSON, or an object with
    /// a level and a message that is made into text.
    pub fn writes_own_logs(&self, service: &Service) -> bool {
        self.running(service).any(|file| {
            let facts = self.facts(file);
            let is_formatter = facts.types.iter().any(|one| {
                let base = |base: &TypeRef| base.path.last().is_some_and(|name| name.ends_with("Formatter"));
                one.name.to_ascii_lowercase().contains("json") && one.bases.iter().any(base)
            });
            // `new ConsoleLogger({ json: true })`
            let asks_json = |call: &Call| {
                let is_on =
                    |(key, value): &(Name, Value)| key == "json" && matches!(value, Value::Literal(on) if on == "true");
                let asks = |one: &Argument| matches!(&one.value, Value::Object(entries) if entries.iter().any(is_on));
                call.name().to_ascii_lowercase().ends_with("logger") && call.arguments.iter().any(asks)
            };
            let turns = |call: &Call| ["stringify", "dumps"].contains(&call.name().as_str());
            let is_entry = |value: &Value| {
                let Value::Object(entries) = value else { return false };
                let has = |names: &[&str]| entries.iter().any(|(key, _)| names.contains(&key.as_str()));
                has(&["level", "severity"]) && has(&["message", "msg", "event"])
            };
            let made = facts.calls.iter().filter(|call| turns(call)).flat_map(|call| &call.arguments);
            let bound = facts.bindings.iter().map(|binding| &binding.value);
            is_formatter
                || facts.calls.iter().any(asks_json)
                || facts.calls.iter().any(turns) && made.map(|one| &one.value).chain(bound).any(is_entry)
        })
    }

    /// Whether it imports, from outside the repository, a module that is named after telemetry and that nobody knows.
    pub fn imports_own_telemetry(&self, service: &Service) -> bool {
        self.running(service).any(|file| {
            let facts = self.facts(file);
            facts.imports.iter().filter(|import| !import.type_only).any(|import| {
                names_telemetry(facts, &import.module)
                    && self.claiming(facts.language, import.module).is_empty()
                    && self.is_external(file, import.module)
            })
        })
    }
}

/// Of the standard libraries only Go and Python have such modules, and those have one word.
fn names_telemetry(facts: &FileFacts, module: &str) -> bool {
    let separator = match facts.language {
        Language::TypeScript | Language::Go => '/',
        Language::Python => '.',
        Language::Rust => ':',
    };
    let Some((before, last)) = module.rsplit_once(separator) else { return false };
    let is_standard = match facts.language {
        Language::Go => !before.contains('.'),
        Language::Python => before == "logging",
        Language::TypeScript | Language::Rust => false,
    };
    !is_standard && !module.starts_with('.') && TELEMETRY.contains(&last)
}
