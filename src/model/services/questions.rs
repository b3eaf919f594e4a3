//! What rules ask of a service: who it is, what it uses in a role. Knows nothing of how services are found.

use super::{LibraryUse, Service, ServiceKind};
use crate::catalogue::{Library, LibraryId, LibraryRole};
use crate::facts::{Argument, Call, FileFacts, FileId, Import, Language, Name, TypeRef, Value};
use crate::finding::Place;
use crate::model::Project;
use crate::model::imports::is_below;
use crate::paths::below;

/// Ends of module names that speak of telemetry: what a house calls its own.
const TELEMETRY: &[&str] =
    &["log", "logger", "logging", "metrics", "monitoring", "observability", "telemetry", "tracing"];

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
        let begins = || {
            let apps = service.apps.iter().map(|(_, place)| *place);
            service.starts.iter().copied().chain(apps).filter(|place| self.belongs(service, place.file))
        };
        // The outermost one is where readers begin.
        let depth = |place: &Place| self.file(place.file).path.matches('/').count();
        let in_code = begins().filter(|place| service.files.contains(&place.file)).min_by_key(depth);
        let manifest = service.manifests.iter().find(|file| self.belongs(service, **file)).copied();
        let file = manifest.or_else(|| service.files.first().copied());
        let begins = in_code.or_else(|| begins().next());
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
            let libraries = self.catalogue().imported(facts.language, &import.module);
            libraries.iter().map(|id| self.catalogue().library(*id)).any(|library| library.role == role)
        })
    }

    /// How many routes it declares with a framework. None where the framework declares them in a way that is not known.
    pub fn routes(&self, service: &Service, framework: LibraryId) -> Option<u32> {
        let library = self.catalogue().library(framework);
        if library.routes.is_empty() || service.files.is_empty() {
            return None;
        }
        let is_route = |name: &Name| library.routes.iter().any(|route| route == name.as_str());
        let in_file = |file: &FileId| {
            let facts = self.facts(*file);
            let imports =
                |import: &Import| self.catalogue().imported(facts.language, &import.module).contains(&framework);
            if !facts.imports.iter().any(imports) {
                return 0;
            }
            let decorators = facts.functions.iter().flat_map(|function| &function.decorators);
            let decorated = decorators.filter(|decorator| decorator.path.last().is_some_and(is_route)).count();
            let called = facts.calls.iter().filter(|call| {
                let path = call.arguments.first().map(|argument| &argument.value);
                // What is not called on an application is the framework's own word: `path("orders/", ..)`
                let is_own = call.chain.len() == 1;
                is_route(&call.name()) && matches!(path, Some(Value::Text(text)) if is_own || text.starts_with('/'))
            });
            decorated + called.count()
        };
        let count: usize = service.files.iter().map(in_file).sum();
        Some(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Whether it answers at a path where collectors of metrics ask.
    pub fn serves_metrics(&self, service: &Service) -> bool {
        let is_path = |one: &Argument| matches!(&one.value, Value::Text(text) if text.trim_end_matches('/').ends_with("/metrics"));
        self.running(service).any(|file| {
            let facts = self.facts(file);
            // A collector brings nothing along: who asks for a session shows figures to users.
            let open =
                facts.functions.iter().filter(|function| function.params.iter().all(|param| param.default.is_none()));
            let decorated = open.flat_map(|function| &function.decorators).flat_map(|decorator| &decorator.arguments);
            facts.calls.iter().flat_map(|call| &call.arguments).any(is_path) || decorated.into_iter().any(is_path)
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
            let turns = |call: &Call| ["stringify", "dumps"].contains(&call.name().as_str());
            let is_entry = |value: &Value| {
                let Value::Object(entries) = value else { return false };
                let has = |names: &[&str]| entries.iter().any(|(key, _)| names.contains(&key.as_str()));
                has(&["level", "severity"]) && has(&["message", "msg", "event"])
            };
            let made = facts.calls.iter().filter(|call| turns(call)).flat_map(|call| &call.arguments);
            let bound = facts.bindings.iter().map(|binding| &binding.value);
            is_formatter || facts.calls.iter().any(turns) && made.map(|one| &one.value).chain(bound).any(is_entry)
        })
    }

    /// Whether it imports, from outside the repository, a module that is named after telemetry and that nobody knows.
    pub fn imports_own_telemetry(&self, service: &Service) -> bool {
        self.running(service).any(|file| {
            let facts = self.facts(file);
            facts.imports.iter().filter(|import| !import.type_only).any(|import| {
                names_telemetry(facts, &import.module)
                    && self.catalogue().imported(facts.language, &import.module).is_empty()
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
