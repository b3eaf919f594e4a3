//! Calls, decorators and files that declare routes to their number. Only what is shown to be declared on a framework's
//! application or router counts; which paths the parts get where they are put together is not known.

use super::Service;
use crate::catalogue::{Library, LibraryId};
use crate::facts::{
    Argument, Call, CallIndex, Decorator, FileFacts, FileId, FunctionIndex, FunctionKind, Language, Name, Value,
};
use crate::model::things::{Site, Thing, Things};
use crate::model::{CallId, Project};

/// Exported functions that answer, in files that answer by their place.
const METHODS: &[&str] = &["GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE", "ALL", "fallback"];

impl Project<'_> {
    /// How many routes it declares with all its frameworks. None where none is seen.
    pub fn all_routes(&self, service: &Service) -> Option<u32> {
        let frameworks = service.libraries.iter().filter(|one| one.used).map(|one| one.library);
        let counts: Vec<Count> = frameworks.filter_map(|framework| self.count(service, framework)).collect();
        let count = counts.into_iter().reduce(|all, one| Count { seen: all.seen + one.seen, ..one.max_of(all) })?;
        count.shown().filter(|count| *count > 0)
    }

    /// How many routes it declares with a framework. None where it declares them in a way that is not known.
    pub fn routes(&self, service: &Service, framework: LibraryId) -> Option<u32> {
        self.count(service, framework)?.shown()
    }

    fn count(&self, service: &Service, framework: LibraryId) -> Option<Count> {
        let library = self.catalogue().library(framework);
        if library.routes.is_empty() && library.route_files.is_empty() || service.files.is_empty() {
            return None;
        }
        let mut count = Count::default();
        for file in self.running(service) {
            count.seen += self.routes_by_place(file, library);
            self.count_in(file, framework, &mut count);
        }
        Some(count)
    }

    fn count_in(&self, file: FileId, framework: LibraryId, count: &mut Count) {
        let facts = self.facts(file);
        let library = self.catalogue().library(framework);
        if Some(facts.language) != library.language.of_sources() {
            return;
        }
        let is_route = |name: Name| library.routes.iter().any(|route| route == name.as_str());
        let of_functions = facts.functions.iter().filter(|function| !function.test);
        let of_functions = of_functions.flat_map(|function| {
            let scope = function.parent.unwrap_or(FunctionIndex::FILE);
            function.decorators.iter().map(move |decorator| (scope, decorator))
        });
        let of_types = facts.types.iter().flat_map(|one| &one.decorators).map(|one| (FunctionIndex::FILE, one));
        for (scope, decorator) in of_functions.chain(of_types) {
            if decorator.path.last().is_some_and(|name| is_route(*name)) {
                count.add(self.is_on_router(file, scope, decorator, framework));
            }
        }
        for (index, call) in facts.calls.iter().enumerate() {
            let is_meant = is_route(call.name()) && !facts.function(call.function).test;
            if is_meant && names_a_path(facts, call) {
                let id = CallId { file, index: CallIndex(index as u32) };
                let is_proven = self.is_called_on_router(id, framework);
                count.add(is_proven.or_else(|| (!gives_handler(call)).then_some(false)));
            }
        }
    }

    /// None where nothing shows what it is.
    fn is_on_router(
        &self,
        file: FileId,
        scope: FunctionIndex,
        decorator: &Decorator,
        framework: LibraryId,
    ) -> Option<bool> {
        let site = Site { file, function: scope, at: decorator.span.start };
        let things = Things::routing(self);
        match &*decorator.path {
            [name] => match things.path(site, &[*name]) {
                Some(Thing::Symbol(library, _)) => Some(library == framework),
                // Macros are there without an import: `#[get("/")]`
                None => {
                    let path = decorator.arguments.first().map(|one| &one.value);
                    let is_path = matches!(path, Some(Value::Text(text)) if text.starts_with('/'));
                    Some(self.language(file) == Language::Rust && is_path)
                }
                Some(_) => Some(false),
            },
            [path @ .., _] => things.path(site, path).map(|thing| is_of(thing, framework)),
            [] => Some(false),
        }
    }

    /// None where nothing shows what it is, or where a type of the repository stands before the framework.
    fn is_called_on_router(&self, id: CallId, framework: LibraryId) -> Option<bool> {
        let things = Things::routing(self);
        match things.subject(id)? {
            Thing::Instance(one) => things.inherited(one).map(|thing| is_of(thing, framework)),
            // What else a library offers has words like these: `request.args.get("page", 1)`
            Thing::Symbol(library, path) => {
                let packages = &self.catalogue().library(library).packages;
                let is_whole = self.call(id).chain.len() == 1 || packages.iter().any(|one| one == path.as_str());
                Some(library == framework && is_whole)
            }
            subject => Some(is_of(subject, framework)),
        }
    }

    fn routes_by_place(&self, file: FileId, library: &Library) -> usize {
        let path = &self.file(file).path;
        if !library.route_files.iter().any(|pattern| lies_at(pattern, path)) {
            return 0;
        }
        let facts = self.facts(file);
        let is_method = |name: Name| METHODS.contains(&name.as_str());
        let functions = facts.functions.iter().filter(|one| {
            one.exported && one.kind == FunctionKind::Named && one.owner.is_none() && is_method(one.name)
        });
        let is_value = |value: &Value| !matches!(value, Value::Function(_));
        let bindings = facts.bindings.iter().filter(|one| {
            one.exported && is_value(&one.value) && one.target.last().is_some_and(|name| is_method(*name))
        });
        let offered = facts.imports.iter().filter(|import| import.reexport && is_method(import.alias));
        (functions.count() + bindings.count() + offered.count()).max(1)
    }
}

/// Routes that are shown to be some, and what only looks like them.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    seen: usize,
    doubtful: usize,
}

impl Count {
    fn add(&mut self, is_route: Option<bool>) {
        match is_route {
            Some(true) => self.seen += 1,
            Some(false) => {}
            None => self.doubtful += 1,
        }
    }

    /// What two frameworks have words for is doubted once.
    fn max_of(self, other: Self) -> Self {
        Self { doubtful: self.doubtful.max(other.doubtful), ..self }
    }

    /// A house with a way of its own to declare routes has more than are seen.
    fn shown(self) -> Option<u32> {
        (self.doubtful <= self.seen).then(|| u32::try_from(self.seen).unwrap_or(u32::MAX))
    }
}

fn is_of(thing: Thing, framework: LibraryId) -> bool {
    matches!(thing, Thing::Handle(library) | Thing::Symbol(library, _) if library == framework)
}

/// The last argument may be what answers, as clients have none.
fn gives_handler(call: &Call) -> bool {
    let is_rooted = |one: &Argument| matches!(&one.value, Value::Text(text) if text.starts_with('/'));
    let last = call.arguments.last().map(|one| &one.value);
    let is_handler = matches!(last, Some(Value::Function(_) | Value::Path(_)));
    describes_route(call) || call.arguments.first().is_some_and(is_rooted) && is_handler
}

/// `app.route({ method: "GET", url: "/orders", handler })`
fn describes_route(call: &Call) -> bool {
    let [Argument { value: Value::Object(entries), .. }] = &*call.arguments else { return false };
    let has = |names: &[&str]| entries.iter().any(|(key, _)| names.contains(&key.as_str()));
    has(&["method"]) && has(&["path", "url"])
}

/// Whether a call says where it answers, and with what.
fn names_a_path(facts: &FileFacts, call: &Call) -> bool {
    let is_text = |one: &Argument| matches!(one.value, Value::Text(_) | Value::Template(..));
    let is_path = |one: &Argument| matches!(&one.value, Value::Text(text) if text.starts_with('/'));
    // `path("orders/", include("orders.urls"))` puts parts together.
    let includes =
        |one: &Argument| matches!(&one.value, Value::Call(inner, _) if facts.call(*inner).name() == "include");
    // `app.get("env")` asks for a setting.
    let answers = call.arguments.len() > 1 || facts.language == Language::Rust;
    let is_here = call.arguments.first().is_some_and(is_text) || call.arguments.iter().any(is_path);
    // `router.route("/orders").get(list).post(add)`
    let before = std::iter::successors(call.receiver, |index| facts.call(*index).receiver).take(20);
    let mut before = before.map(|index| facts.call(index));
    let mut is_before =
        || before.any(|one| one.name() == "route" && one.arguments.len() == 1 && is_text(&one.arguments[0]));
    if call.arguments.iter().any(includes) {
        return false;
    }
    describes_route(call) || is_here && answers || !call.arguments.is_empty() && !is_here && is_before()
}

/// `app/**/route` is `src/app/orders/route.ts`.
fn lies_at(pattern: &str, path: &str) -> bool {
    let (folder, name) = match pattern.split_once("**/") {
        Some((folder, name)) => (folder, name),
        None => ("", pattern),
    };
    let (at, last) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = last.split('.').next().unwrap_or_default();
    // Of a page with a server's ending the stem begins with it: `+server.ts`
    (name == "*" || name == stem) && format!("/{at}/").contains(&format!("/{folder}"))
}
