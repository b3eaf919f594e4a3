//! Functions that manifests and calls name to the functions of the sources. Undoes what builds do to paths; where a
//! reference leads nowhere it says so and guesses nothing.

mod constants;
mod described;
mod shapes;

use rustc_hash::{FxHashMap, FxHashSet};

use super::sources::Sources;
use super::units::{Unit, Units, directory_of_functions};
use super::{Handler, whole};
use crate::facts::{FunctionIndex, Name, Value};
use crate::finding::Place;
use crate::manifests::{CloudFunction, ManifestKind, Trigger};
use crate::model::things::{Site, Thing, Things};
use crate::model::{FunctionId, Project};
use crate::paths::{below, folder, join};
use crate::walk::FileId;
use described::Described;

/// What a path of a handler may leave out, the likeliest first.
const ENDINGS: &[&str] =
    &["", ".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".tsx", ".py", "/index.ts", "/index.js", "/__init__.py", ".go"];

/// Folders that builds write to, and where what they wrote was.
const BUILT: &[&str] = &[".build", ".dist", "bin", "build", "dist", "lib", "out", "target"];

/// How far names are followed inside a file.
const STEPS: u32 = 5;

/// The functions of all units, in their order.
pub(super) fn handlers(project: &Project, sources: &Sources, units: &Units) -> Vec<Vec<Handler>> {
    let paths = units.all.iter().flat_map(|unit| &unit.files).map(|file| (project.file(*file).path.as_str(), *file));
    let finder = Finder { project, sources, files: paths.collect() };
    let mut found: Vec<Vec<Handler>> = units.all.iter().map(|_| Vec::new()).collect();
    for (id, manifest) in project.manifests() {
        let home = units.of_file[id.get()].map(|unit| &units.all[unit as usize]);
        for function in &manifest.functions {
            let handler = finder.handler(id, manifest.kind, function, home);
            let unit = handler.file.and_then(|file| units.of_file[file.get()]).or(units.of_file[id.get()]);
            if let Some(unit) = unit {
                found[unit as usize].push(handler);
            }
        }
        let at = || units.of_file[id.get()];
        if let Some(unit) = at().filter(|_| manifest.kind == ManifestKind::Chalice) {
            let handler = manifest.functions.first().and_then(|function| function.handler.as_deref());
            let app = handler.and_then(|handler| handler.rsplit('.').next()).unwrap_or_default();
            found[unit as usize].extend(finder.registered(&units.all[unit as usize], app));
        }
        if let Some((unit, folder)) = at().zip(directory_of_functions(manifest)) {
            found[unit as usize].extend(finder.lying_in(folder, id, &units.all[unit as usize]));
        }
    }
    for one in described::described(project, sources) {
        let handler = finder.described(&one);
        let unit = handler.file.and_then(|file| units.of_file[file.get()]).or(units.of_file[one.file.get()]);
        if let Some(unit) = unit.filter(|_| handler.file.is_some() || !one.is_doubtful) {
            found[unit as usize].push(handler);
        }
    }
    let known: FxHashSet<FileId> = found.iter().flatten().filter_map(|handler| handler.file).collect();
    for handler in finder.shaped(&known) {
        if let Some(unit) = handler.file.and_then(|file| units.of_file[file.get()]) {
            found[unit as usize].push(handler);
        }
    }
    found
}

struct Finder<'f, 'p> {
    project: &'f Project<'p>,
    sources: &'f Sources,
    files: FxHashMap<&'f str, FileId>,
}

impl Finder<'_, '_> {
    fn handler(&self, id: FileId, kind: ManifestKind, function: &CloudFunction, unit: Option<&Unit>) -> Handler {
        let base = folder(&self.project.file(id).path);
        let found = self.behind(base, kind, function, unit);
        Handler {
            name: function.name.clone(),
            place: Place { file: id, span: function.span },
            function: found.and_then(|(_, function)| function),
            file: found.map(|(file, _)| file),
            triggers: function.triggers.clone(),
            described: None,
        }
    }

    fn described(&self, one: &Described) -> Handler {
        let found = self.meant(one);
        Handler {
            name: one.function.name.clone(),
            place: Place { file: one.file, span: one.function.span },
            function: found.and_then(|(_, function)| function),
            file: found.map(|(file, _)| file),
            triggers: one.function.triggers.clone(),
            described: Some((one.library, one.system)),
        }
    }

    fn meant(&self, one: &Described) -> Option<(FileId, Option<FunctionId>)> {
        let function = &one.function;
        let base = if one.is_anchored { "" } else { &one.base };
        if let Some(source) = &function.source {
            let place = join(base, source)?;
            if one.is_program {
                return self.program_in(&place);
            }
            let file = self.file(&[&place])?;
            let symbol = function.handler.as_deref()?.rsplit('.').next()?;
            return Some((file, self.symbol(file, symbol)));
        }
        let handler = function.handler.as_deref()?;
        if function.code.is_none() {
            let place = join(base, handler)?;
            // A file, or the folder of a program, says by itself what runs.
            if let Some(file) = self.files.get(place.as_str()) {
                let by_name = || ["default", "handler"].iter().find_map(|symbol| self.symbol(*file, symbol));
                return Some((*file, self.started(*file).or_else(by_name)));
            }
            if is_compiled(function, handler) {
                return self.program_in(&place);
            }
        } else if is_compiled(function, handler) {
            let code = function.code.as_deref()?;
            // What was packed lies beside the archive.
            let code = if code.ends_with(".zip") { folder(code) } else { code };
            return self.program_in(&join(base, code)?);
        }
        self.behind(base, ManifestKind::Cdk, function, None)
    }

    /// The program in a folder: the file in it that programs begin with, or the only one below.
    fn program_in(&self, place: &str) -> Option<(FileId, Option<FunctionId>)> {
        let has_main = |file: &FileId| self.sources.of_file(*file).is_some_and(|source| source.main.is_some());
        let path = |file: &FileId| self.project.file(*file).path.as_str();
        let mut inside: Vec<FileId> = self.files.values().copied().filter(has_main).collect();
        inside.retain(|file| path(file) == place || below(path(file), place));
        inside.sort_unstable();
        let nearest = |file: &&FileId| path(file) == place || folder(path(file)) == place;
        let here: Vec<FileId> = inside.iter().filter(nearest).copied().collect();
        let [file] = if here.is_empty() { &inside } else { &here }[..] else {
            return None; // There is none, or it could be any of them.
        };
        Some((file, self.started(file)))
    }

    fn behind(
        &self,
        base: &str,
        kind: ManifestKind,
        function: &CloudFunction,
        unit: Option<&Unit>,
    ) -> Option<(FileId, Option<FunctionId>)> {
        let symbol = function.handler.as_deref().and_then(|handler| handler.rsplit_once('.')).map(|(_, symbol)| symbol);
        if let Some(source) = &function.source {
            let file = self.file(&[&join(base, source)?])?;
            let symbols = symbol.into_iter().chain(["handler", "default", "main"]);
            return Some((file, symbols.into_iter().find_map(|symbol| self.symbol(file, symbol))));
        }
        let handler = function.handler.as_deref().unwrap_or_default();
        if [handler, function.code.as_deref().unwrap_or_default()].iter().any(|text| text.contains("${")) {
            return None; // Only the deployment knows.
        }
        let bases = self.bases(base, kind, function);
        if is_compiled(function, handler) {
            return self.program(&bases, handler, unit);
        }
        let (path, symbol) = handler.rsplit_once(['.', ':']).filter(|(path, _)| !path.is_empty())?;
        let mut places = Vec::new();
        for base in &bases {
            for path in [path.to_owned(), path.replace('.', "/")] {
                places.extend(join(base, &path));
                if let Some(rest) = unbuilt(&path) {
                    places.extend(join(base, &format!("src/{rest}")));
                    places.extend(join(base, rest));
                }
            }
            places.extend(unbuilt(base).and_then(|_| join(folder(base), path)));
        }
        let file = self.file(&places.iter().map(String::as_str).collect::<Vec<_>>())?;
        Some((file, self.symbol(file, symbol)))
    }

    /// The folders that a handler may be relative to.
    fn bases(&self, base: &str, kind: ManifestKind, function: &CloudFunction) -> Vec<String> {
        let Some(code) = &function.code else {
            return vec![base.to_owned()];
        };
        let is_archive = [".zip", ".jar"].iter().any(|ending| code.ends_with(ending));
        let code = if is_archive { folder(code) } else { code };
        let mut bases: Vec<String> = join(base, code).into_iter().collect();
        if is_archive || kind == ManifestKind::Serverless {
            // What was packed lies beside the archive, as a rule.
            bases.extend(join(base, &format!("{code}/src")));
            bases.push(base.to_owned());
            bases.extend(join(base, "src"));
        }
        bases
    }

    fn file(&self, places: &[&str]) -> Option<FileId> {
        let found = places
            .iter()
            .find_map(|place| ENDINGS.iter().find_map(|ending| self.files.get(format!("{place}{ending}").as_str())));
        found
            .or_else(|| {
                // The source of `handler.js` may be `handler.ts`.
                let stems = places.iter().filter_map(|place| place.strip_suffix(".js").or(place.strip_suffix(".mjs")));
                stems.into_iter().find_map(|stem| self.files.get(format!("{stem}.ts").as_str()))
            })
            .copied()
    }

    /// The function that a file gives under a name, past what wraps it.
    fn symbol(&self, file: FileId, symbol: &str) -> Option<FunctionId> {
        let facts = self.project.facts[file.get()].as_ref()?;
        let mut name = Name::from(symbol);
        for _ in 0..STEPS {
            let named = facts.functions.iter().position(|function| {
                function.name == name && function.owner.is_none() && function.parent == Some(FunctionIndex::FILE)
            });
            if let Some(index) = named {
                return Some(FunctionId { file, index: FunctionIndex(index as u32) });
            }
            let binding = facts.bindings.iter().rev().find(|binding| {
                binding.function == FunctionIndex::FILE
                    && binding.target.last() == Some(&name)
                    && binding.target.len() < 3
            });
            let mut value = binding.map(|binding| &binding.value);
            // An adapter or a wrapper is handed what it calls.
            while let Some(Value::Call(call, _)) = value {
                let call = facts.call(*call);
                value = call.arguments.first().map(|argument| &argument.value).filter(|_| call.arguments.len() < 4);
            }
            match value {
                Some(Value::Function(index)) => return Some(FunctionId { file, index: *index }),
                Some(Value::Path(path)) if path.len() == 1 && path[0] != name => name = path[0],
                _ => break,
            }
        }
        match Things::new(self.project).exported(file, name) {
            Some(Thing::Function(function)) => Some(function),
            _ => None,
        }
    }

    /// The function that a compiled program hands to its platform.
    fn program(&self, bases: &[String], handler: &str, unit: Option<&Unit>) -> Option<(FileId, Option<FunctionId>)> {
        let last = handler.rsplit(['/', '.']).next().unwrap_or_default();
        let has_main = |file: &FileId| self.sources.of_file(*file).is_some_and(|source| source.main.is_some());
        let mains: Vec<FileId> = unit?.files.iter().copied().filter(has_main).collect();
        let home = |file: &FileId| folder(&self.project.file(*file).path);
        let at = |wanted: &dyn Fn(&str) -> bool| {
            let mut fitting = mains.iter().copied().filter(|file| wanted(home(file)));
            let only = fitting.next()?;
            fitting.next().is_none().then_some(only)
        };
        let in_base = || at(&|home| bases.iter().any(|base| base == home));
        let by_name = || at(&|home| home.rsplit('/').next() == Some(last));
        let by_file = || {
            let mut named = mains.iter().copied().filter(|file| {
                let name = self.project.file(*file).path.rsplit('/').next().unwrap_or_default();
                name.split('.').next() == Some(last)
            });
            let only = named.next()?;
            named.next().is_none().then_some(only)
        };
        let is_named = !matches!(last, "bootstrap" | "main" | "handler" | "hello");
        let named = is_named.then(by_name).flatten().or_else(|| is_named.then(by_file).flatten());
        let file = named.or_else(in_base).or_else(by_name).or_else(|| at(&|_| true))?;
        Some((file, self.started(file)))
    }

    /// What a program starts with: the argument of the call that begins to serve.
    fn started(&self, file: FileId) -> Option<FunctionId> {
        let facts = self.project.facts(file);
        let source = self.sources.of_file(file)?;
        let call = facts.calls.iter().find(|call| source.starts.iter().any(|(_, span)| *span == call.span))?;
        let things = Things::new(self.project);
        let mut value = &call.arguments.first()?.value;
        for _ in 0..STEPS {
            match value {
                Value::Function(index) => return Some(FunctionId { file, index: *index }),
                Value::Path(path) => {
                    let site = Site { file, function: call.function, at: call.span.start };
                    return match things.path(site, path) {
                        Some(Thing::Function(function)) => Some(function),
                        _ => None,
                    };
                }
                // `service_fn(handler)`, `adapter.Wrap(handler)`
                Value::Call(inner, _) => value = &facts.call(*inner).arguments.first()?.value,
                _ => return None,
            }
        }
        None
    }

    /// The functions of a folder: one for each file, or for each folder in it that is named like its file.
    fn lying_in(&self, directory: &str, manifest: FileId, unit: &Unit) -> Vec<Handler> {
        let Some(directory) = join(folder(&self.project.file(manifest).path), directory) else {
            return Vec::new(); // Outside of the repository.
        };
        let inside = unit.files.iter().filter_map(|file| {
            let path = &self.project.file(*file).path;
            let rest = path.strip_prefix(directory.as_str())?.strip_prefix('/')?;
            let stem = rest.rsplit_once('.').map_or(rest, |(stem, _)| stem);
            let name = match stem.split_once('/') {
                None => stem,
                Some((folder, file)) if file == folder || file == "index" => folder,
                Some(_) => return None, // Imported by a function.
            };
            let function = self.symbol(*file, "handler").or_else(|| self.symbol(*file, "default"));
            Some(Handler {
                name: name.to_owned(),
                place: whole(*file),
                function,
                file: Some(*file),
                triggers: vec![Trigger::Http],
                described: None,
            })
        });
        inside.collect()
    }

    /// Functions that decorators of an application register: `@app.schedule("rate(1 hour)")`.
    fn registered(&self, unit: &Unit, app: &str) -> Vec<Handler> {
        let mut found = Vec::new();
        for file in &unit.files {
            let Some((source, facts)) = self.sources.of_file(*file).zip(self.project.facts[file.get()].as_ref()) else {
                continue; // Has no functions.
            };
            let is_app = |name: &Name| {
                if name == app {
                    return true; // The manifest says so.
                }
                facts.bindings.iter().any(|binding| {
                    let made = match &binding.value {
                        Value::Call(call, _) => Some(facts.call(*call).span),
                        _ => None,
                    };
                    *binding.target == [*name] && made.is_some_and(|made| source.apps.iter().any(|(_, at)| *at == made))
                })
            };
            for (index, function) in facts.functions.iter().enumerate() {
                let Some(decorator) =
                    function.decorators.iter().find(|one| one.path.len() == 2 && is_app(&one.path[0]))
                else {
                    continue; // Called by code alone.
                };
                found.push(Handler {
                    name: function.name.to_string(),
                    place: Place { file: *file, span: decorator.span },
                    function: Some(FunctionId { file: *file, index: FunctionIndex(index as u32) }),
                    file: Some(*file),
                    triggers: vec![trigger(&decorator.path[1])],
                    described: None,
                });
            }
        }
        found
    }
}

fn trigger(registration: &str) -> Trigger {
    match registration {
        "route" | "get" | "post" => Trigger::Http,
        "schedule" => Trigger::Schedule,
        word if word.ends_with("_message") => Trigger::Queue,
        word if word.ends_with("_record") => Trigger::Stream,
        _ => Trigger::Other,
    }
}

/// Whether a handler is a program rather than a function in a file.
fn is_compiled(function: &CloudFunction, handler: &str) -> bool {
    let runtime = function.runtime.as_deref().unwrap_or_default();
    let is_program = runtime.starts_with("go") || runtime.starts_with("provided") || runtime.starts_with("rust");
    is_program || handler == "bootstrap" || handler.starts_with("bin/")
}

/// A path inside a folder that a build writes to, without that folder.
fn unbuilt(path: &str) -> Option<&str> {
    let (first, rest) = path.trim_start_matches("./").split_once('/')?;
    BUILT.contains(&first).then_some(rest)
}
