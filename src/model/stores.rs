//! Services to the databases that they connect to, as far as addresses are written down: in code, in the environment
//! of containers, in examples of an environment. Knows addresses, not whether anything answers there.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Project, Service};
use crate::catalogue::{System, SystemRole};
use crate::facts::{FileFacts, FileId, Span, Value};
use crate::finding::Place;
use crate::manifests::{Container, ContainerKind, ManifestFacts, ManifestKind};
use crate::paths::{ancestors, folder, join};

/// A database as a service is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Host and database; none where the value of the variable is not in the repository.
    pub address: Option<String>,
    /// The variable that holds the address.
    pub variable: Option<String>,
    pub place: Place,
}

/// Parts of names of variables that hold a whole address.
const ADDRESSES: [&str; 5] = ["CONNECTION", "DSN", "URI", "URL", "STRING"];
/// Parts of names of variables that speak of a database, besides the names of databases.
const DATABASES: [&str; 3] = ["DATABASE", "DB", "SQL"];
/// Ends of names of variables that hold the host, and the database on it.
const HOSTS: [&str; 4] = ["HOST", "HOSTNAME", "SERVER", "ADDRESS"];
const NAMES: [&str; 5] = ["DATABASE", "DB", "DBNAME", "NAME", "SCHEMA"];

impl Project<'_> {
    /// The databases that a service connects to, each once.
    pub fn connections(&self, service: &Service) -> Vec<Connection> {
        let (texts, asked) = self.said(service);
        let mut found: Vec<Connection> = Vec::new();
        for (text, place) in texts {
            found.extend(self.database_of(&text).map(|address| Connection {
                address: Some(address),
                variable: None,
                place,
            }));
        }
        for (file, manifest) in self.manifests() {
            let home = folder(&self.file(file).path);
            for container in manifest.containers.iter().filter(|one| is_of(one, home, manifest, service)) {
                found.extend(self.given_to(file, manifest, container));
            }
        }
        let variables = self.variables_above(service);
        for name in asked.keys().filter(|name| self.is_address(name)) {
            if found.iter().any(|one| one.variable.as_ref() == Some(name)) {
                continue; // What the container is given counts.
            }
            let example = variables.get(name.as_str());
            let address = example.and_then(|(value, _)| self.database_of(value));
            let place = example.filter(|_| address.is_some()).map_or(asked[name], |(_, place)| *place);
            found.push(Connection { address, variable: Some(name.clone()), place });
        }
        let mut seen = FxHashSet::default();
        found.retain(|one| seen.insert((one.address.clone(), one.variable.clone())));
        found
    }

    /// Texts of its code that may be addresses, and the variables that it asks for.
    fn said(&self, service: &Service) -> (Vec<(String, Place)>, BTreeMap<String, Place>) {
        let mut texts = Vec::new();
        let mut asked = BTreeMap::new();
        for file in &service.files {
            values(self.facts(*file), &mut |value, span| {
                let place = Place { file: *file, span };
                match value {
                    Value::Text(text) | Value::Template(text, _) if text.contains("://") => {
                        texts.push((text.to_string(), place));
                    }
                    Value::Text(text) if is_variable(text) => drop(asked.entry(text.to_string()).or_insert(place)),
                    Value::Path(path) => {
                        for name in path.iter().filter(|name| is_variable(name)) {
                            asked.entry(name.to_string()).or_insert(place);
                        }
                    }
                    _ => {}
                }
            });
        }
        for file in &service.manifests {
            let sources = self.manifest(*file).into_iter().flat_map(|manifest| &manifest.resources);
            for source in sources.filter(|one| one.kind.ends_with("-datasource")) {
                let variables =
                    source.attributes.iter().filter_map(|(_, value)| value.strip_prefix("${")?.strip_suffix('}'));
                for name in variables {
                    asked.entry(name.to_owned()).or_insert(Place { file: *file, span: source.span });
                }
            }
        }
        (texts, asked)
    }

    /// Variables of the nearest examples of an environment at or above the folder of a service.
    fn variables_above(&self, service: &Service) -> FxHashMap<&str, (&str, Place)> {
        let mut variables = FxHashMap::default();
        for above in ancestors(&service.folder) {
            let examples = self.manifests().filter(|(_, one)| one.kind == ManifestKind::EnvironmentExample);
            for (file, manifest) in examples.filter(|(file, _)| folder(&self.file(*file).path) == above) {
                for one in &manifest.variables {
                    let place = Place { file, span: one.span };
                    variables.entry(one.name.as_str()).or_insert((one.value.as_str(), place));
                }
            }
        }
        variables
    }

    fn given_to(&self, file: FileId, manifest: &ManifestFacts, container: &Container) -> Vec<Connection> {
        let place = Place { file, span: container.span };
        let mut found = Vec::new();
        for (name, value) in &container.environment {
            let address = self.database_of(value);
            if address.is_some() {
                found.push(Connection { address, variable: Some(name.clone()), place });
            }
        }
        let with_end = |ends: &'static [&'static str]| {
            let fits = |name: &str| ends.contains(&name.rsplit('_').next().unwrap_or_default());
            container.environment.iter().filter(move |(name, value)| fits(name) && !value.is_empty())
        };
        // `DB_HOST=db` and `DB_NAME=shop`, where a container `db` runs a database.
        let is_database = |host: &str| {
            let beside = manifest.containers.iter().filter(|one| one.name == host);
            beside
                .filter_map(|one| self.system_of_image(one.image.as_deref()?))
                .any(|id| keeps(self.catalogue().system(id)))
        };
        for (name, host) in with_end(&HOSTS).filter(|(_, host)| is_database(host)) {
            let start = name.rsplit_once('_').map_or("", |(start, _)| start);
            let database =
                with_end(&NAMES).find(|(other, _)| other.rsplit_once('_').map_or("", |(start, _)| start) == start);
            if let Some((_, database)) = database {
                let address = Some(format!("{host}/{database}"));
                found.push(Connection { address, variable: Some(name.clone()), place });
            }
        }
        found
    }

    /// `DATABASE_URL`, `MONGO_URI`
    fn is_address(&self, name: &str) -> bool {
        let is_system = |part: &str| {
            let lower = part.to_ascii_lowercase();
            let mut systems = self.catalogue().systems().filter(|(_, system)| keeps(system));
            lower.len() > 3 && systems.any(|(_, system)| system.name.to_ascii_lowercase().starts_with(&lower))
        };
        let mut parts = name.split('_');
        parts.clone().any(|part| ADDRESSES.contains(&part))
            && parts.any(|part| DATABASES.contains(&part) || is_system(part))
    }

    /// Host and database of an address, where its scheme is that of a database and both are said.
    fn database_of(&self, text: &str) -> Option<String> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "+.-:".contains(c))).next()?;
        let plain = scheme.split('+').next()?;
        let is_database = |name: &str| {
            let mut with_scheme =
                self.catalogue().systems().filter(|(_, system)| system.schemes.iter().any(|one| one == name));
            with_scheme.any(|(_, system)| keeps(system) && !system.embedded)
        };
        if !(is_database(scheme) || is_database(plain)) {
            return None;
        }
        let (place, path) = rest.split_once('/')?;
        let host = place.rsplit('@').next()?;
        let host = host.split(':').next()?;
        let database = path.split(['?', '#', ' ', '"', '\'']).next()?.trim_end_matches('/');
        // A value that is put in when the program runs could be anything.
        let is_known = |part: &str| !part.is_empty() && !part.contains("{}") && !part.contains('<');
        (is_known(host) && is_known(database)).then(|| format!("{}/{}", host.to_ascii_lowercase(), database))
    }
}

/// What keeps data for good.
fn keeps(system: &System) -> bool {
    system.role == SystemRole::Database
}

/// A container that runs a service: built from its folder, or called after it.
fn is_of(container: &Container, home: &str, manifest: &ManifestFacts, service: &Service) -> bool {
    if matches!(container.kind, ContainerKind::Pipeline | ContainerKind::Stage) || service.folder.is_empty() {
        return false;
    }
    if manifest.kind == ManifestKind::Dockerfile {
        return home == service.folder;
    }
    let built = container.build.as_deref().and_then(|build| join(home, build));
    let last = service.folder.rsplit('/').next().unwrap_or_default();
    match built {
        Some(built) if !built.is_empty() => built == service.folder,
        _ => container.name == last || container.name == service.name,
    }
}

fn is_variable(text: &str) -> bool {
    text.len() > 3
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Every value of a file with the span of what holds it.
fn values(facts: &FileFacts, visit: &mut impl FnMut(&Value, Span)) {
    let of_calls = facts.calls.iter().flat_map(|call| call.arguments.iter().map(|one| (&one.value, call.span)));
    let of_bindings = facts.bindings.iter().map(|binding| (&binding.value, binding.span));
    let of_fields = facts.types.iter().flat_map(|one| &one.fields);
    let of_fields = of_fields.filter_map(|field| Some((field.value.as_ref()?, field.span)));
    let of_returns = facts.functions.iter().flat_map(|one| one.returned.iter().map(|value| (value, one.head)));
    for (value, span) in of_calls.chain(of_bindings).chain(of_fields).chain(of_returns) {
        let mut next = vec![value];
        while let Some(value) = next.pop() {
            visit(value, span);
            match value {
                Value::Object(entries) => next.extend(entries.iter().map(|(_, value)| value)),
                Value::List(values) | Value::Other(values) => next.extend(values.iter()),
                Value::Element(element) => next.extend([&element.0, &element.1]),
                _ => {}
            }
        }
    }
}
