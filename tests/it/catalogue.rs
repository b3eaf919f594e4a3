//! What every built-in library must keep to, and that something in the repository shows it at work.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use backlint::catalogue::{Library, LibraryRole, System};
use backlint::manifests::ManifestKind;
use serde::Deserialize;

const SHELVES: [&str; 8] = ["javascript", "python", "go", "rust", "java", "ruby", "php", "csharp"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shelf {
    library: Vec<Library>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shelf(name: &str) -> Vec<Library> {
    let path = root().join("rules/libraries").join(name).with_extension("toml");
    let text = fs::read_to_string(&path).expect("a built-in file is readable");
    let shelf: Shelf = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    shelf.library
}

fn libraries() -> impl Iterator<Item = (&'static str, Library)> {
    SHELVES.iter().flat_map(|name| shelf(name).into_iter().map(move |library| (*name, library)))
}

/// A library as TOML: its lists by key, without naming each here.
fn lists(library: &Library) -> Vec<(String, Vec<String>)> {
    let table = toml::Table::try_from(library).expect("a library is a table");
    let texts = |value: &toml::Value| value.as_str().map(str::to_owned);
    let list = |(key, value): (String, toml::Value)| Some((key, value.as_array()?.iter().filter_map(texts).collect()));
    table.into_iter().filter_map(list).collect()
}

/// Without regard to case, as in a dictionary; upper case first where that is all that differs.
fn key(name: &str) -> (String, String) {
    (name.to_lowercase(), name.to_owned())
}

#[test]
fn every_shelf_is_tested() {
    let folder = fs::read_dir(root().join("rules/libraries")).expect("a folder of shelves");
    let mut found: Vec<_> = folder.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    found.sort();
    let mut wanted = SHELVES.map(|name| format!("{name}.toml"));
    wanted.sort();
    assert_eq!(found, wanted);
}

#[test]
fn libraries_are_sorted_and_named_once() {
    for name in SHELVES {
        let names: Vec<_> = shelf(name).into_iter().map(|library| key(&library.name)).collect();
        let unsorted: Vec<_> = names.windows(2).filter(|pair| pair[0].0 >= pair[1].0).collect();
        assert!(unsorted.is_empty(), "{name}.toml: {unsorted:?}");
    }
}

#[test]
fn a_library_stands_in_the_file_of_its_language() {
    for (shelf, library) in libraries() {
        let language = format!("{:?}", library.language).to_lowercase();
        assert_eq!(language, shelf, "{}", library.name);
    }
}

#[test]
fn lists_are_sorted_without_duplicates() {
    let mut wrong = Vec::new();
    for (shelf, library) in libraries() {
        for (list, names) in lists(&library) {
            let sorted = names.windows(2).all(|pair| key(&pair[0]).0 <= key(&pair[1]).0);
            let distinct = names.iter().collect::<HashSet<_>>().len() == names.len();
            let spaced = names.iter().any(|name| name.trim() != name || name.is_empty());
            if !sorted || !distinct || spaced {
                wrong.push(format!("{shelf}: {}: {list}", library.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_library_has_packages_and_does_something() {
    for (shelf, library) in libraries() {
        // Only manifests show a package that has the name of a module of the runtime.
        assert!(library.packages.len() + library.distributions.len() > 0, "{shelf}: {}", library.name);
        let found = library.types.len() + library.opens.len() + library.models.len() + library.handles.len();
        // Drivers and pools hand out what others call: known by their packages alone.
        if !library.role.has_effects() || found == 0 && !has_calls(&library) {
            continue;
        }
        assert!(found > 0, "{shelf}: {}: nothing says what a handle is", library.name);
        assert!(has_calls(&library), "{shelf}: {}: no call does anything", library.name);
    }
}

/// Whether something is known that reads or writes.
fn has_calls(library: &Library) -> bool {
    let does = [&library.reads, &library.writes, &library.statements, &library.deferred, &library.coalesced];
    library.role.has_effects() && does.iter().any(|list| !list.is_empty())
}

/// Advice goes on from a colon: `help: load all rows before the loop`.
#[test]
fn advice_is_a_command_without_a_full_stop() {
    let mut wrong = Vec::new();
    for (shelf, library) in libraries() {
        let advice = &library.advice;
        let writes = [&advice.insert, &advice.update, &advice.update_rows, &advice.upsert, &advice.delete];
        let all = [&advice.read, &advice.count, &advice.flush].into_iter().chain(writes);
        for text in all.flatten() {
            let lower = text.starts_with(|letter: char| letter.is_lowercase());
            let marks = text.matches('`').count() % 2 == 0;
            if !lower || !marks || text.ends_with('.') || text.trim() != text || text.contains('\n') {
                wrong.push(format!("{shelf}: {}: {text}", library.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn stores_have_advice_for_reads_and_writes() {
    let stores = libraries().filter(|(_, library)| library.role == LibraryRole::DataAccess && has_calls(library));
    for (shelf, library) in stores {
        let advice = &library.advice;
        let all = [&advice.read, &advice.count, &advice.insert, &advice.update, &advice.delete];
        assert!(all.iter().all(|text| text.is_some()), "{shelf}: {}", library.name);
    }
}

/// Values of its own are what most updates in loops write.
#[test]
fn what_writes_equal_values_is_not_all_there_is_to_say() {
    for (shelf, library) in libraries() {
        let equal = library.advice.update.as_ref().is_some_and(|text| text.starts_with("write equal values"));
        assert_eq!(equal, library.advice.update_rows.is_some(), "{shelf}: {}", library.name);
    }
}

/// One source file, the manifests apart, uses the library: an entry without proof may be wrong from end to end.
#[test]
fn every_library_is_shown_at_work() {
    let pages = sources(&root().join("rules"), &["md"]);
    let mut unproven = Vec::new();
    for (shelf, library) in libraries().filter(|(_, library)| has_calls(library)) {
        let fixture = root().join("fixtures/repos").join(format!("libraries-{shelf}"));
        let mut texts = sources(&fixture, &["ts", "py", "go", "rs"]);
        texts.extend(pages.iter().cloned());
        let imported = |package: &String| {
            let package = package.trim_start_matches('*');
            texts.iter().any(|text| imports(shelf, text, package))
        };
        if !library.packages.iter().any(imported) {
            unproven.push(format!("{shelf}: {}", library.name));
        }
    }
    assert!(unproven.is_empty(), "no fixture or page imports {unproven:#?}");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Systems {
    system: Vec<System>,
}

fn systems() -> Vec<System> {
    let text = fs::read_to_string(root().join("rules/systems.toml")).expect("a built-in file is readable");
    let systems: Systems = toml::from_str(&text).unwrap_or_else(|error| panic!("systems.toml: {error}"));
    systems.system
}

#[test]
fn systems_are_sorted_and_named_once() {
    let names: Vec<_> = systems().into_iter().map(|system| key(&system.name)).collect();
    let unsorted: Vec<_> = names.windows(2).filter(|pair| pair[0].0 >= pair[1].0).collect();
    assert!(unsorted.is_empty(), "systems.toml: {unsorted:?}");
}

#[test]
fn every_system_is_recognised_by_something() {
    for system in systems() {
        let table = toml::Table::try_from(&system).expect("a system is a table");
        let lists: Vec<_> = table.iter().filter_map(|(key, value)| Some((key, value.as_array()?))).collect();
        let signs = lists.iter().filter(|(key, _)| *key != "deprecated").any(|(_, list)| !list.is_empty());
        let spoken_of = libraries().any(|(_, library)| library.systems.contains(&system.name));
        assert!(signs || spoken_of, "{}: nothing says where it is in use", system.name);
        for (list, names) in lists {
            let names: Vec<&str> = names.iter().filter_map(toml::Value::as_str).collect();
            let wrong = names.windows(2).find(|pair| key(pair[0]) >= key(pair[1]));
            assert_eq!(wrong, None, "{}: {list}: sort it", system.name);
            // Names are compared whole, or up to one star at either end.
            let patterns = |name: &&&str| name.trim_start_matches('*').trim_end_matches('*').contains('*');
            assert_eq!(names.iter().find(patterns), None, "{}: {list}: a star stands at an end", system.name);
        }
        let kinds: Vec<String> = MANIFEST_KINDS.iter().map(|kind| kebab(&format!("{kind:?}"))).collect();
        let unknown = system.manifests.iter().find(|kind| !kinds.contains(kind));
        assert_eq!(unknown, None, "{}: no kind of manifest is called so", system.name);
    }
}

#[test]
fn libraries_speak_of_known_systems() {
    let known: HashSet<String> = systems().into_iter().map(|system| system.name).collect();
    for (shelf, library) in libraries() {
        let of_functions = library.functions.iter().filter_map(|calls| calls.system.as_ref());
        let unknown = library
            .systems
            .iter()
            .chain(of_functions)
            .chain(&library.called_by)
            .find(|system| !known.contains(*system));
        assert_eq!(unknown, None, "{shelf}: {}: systems.toml has no such system", library.name);
    }
}

/// An end has a date, a reason that goes on from it, and packages that the library has.
#[test]
fn deprecations_are_told_alike() {
    let of_systems = systems().into_iter().map(|system| (system.name, Vec::new(), system.deprecated));
    let of_libraries = libraries().map(|(_, library)| {
        let names = library.packages.into_iter().chain(library.distributions);
        (library.name, names.collect::<Vec<_>>(), library.deprecated)
    });
    for (name, packages, deprecated) in of_libraries.chain(of_systems) {
        for end in deprecated {
            let is_date = |text: &str| {
                let digits = text.chars().filter(char::is_ascii_digit).count();
                matches!((text.len(), digits), (4, 4) | (7, 6)) && text.split('-').count() <= 2
            };
            assert!(is_date(&end.since), "{name}: a year, or year and month: {}", end.since);
            assert!(!end.why.ends_with('.') && !end.why.is_empty(), "{name}: {}", end.why);
            let is_of = |package: &&String| {
                packages.iter().any(|name| {
                    name == *package || name.strip_suffix('*').is_some_and(|start| package.starts_with(start))
                })
            };
            let foreign = end.packages.iter().find(|package| !is_of(package));
            assert_eq!(foreign, None, "{name}: not one of its packages");
        }
    }
}

/// The kinds by which a system is known.
const MANIFEST_KINDS: &[ManifestKind] = &[
    ManifestKind::AppEngine,
    ManifestKind::AzureFunctions,
    ManifestKind::Cdk,
    ManifestKind::Chalice,
    ManifestKind::CloudFormation,
    ManifestKind::Compose,
    ManifestKind::Deno,
    ManifestKind::Dockerfile,
    ManifestKind::Firebase,
    ManifestKind::Fly,
    ManifestKind::GitHubWorkflow,
    ManifestKind::GitLabPipeline,
    ManifestKind::Heroku,
    ManifestKind::Woodpecker,
    ManifestKind::HelmChart,
    ManifestKind::HelmTemplate,
    ManifestKind::HelmValues,
    ManifestKind::Kubernetes,
    ManifestKind::Kustomize,
    ManifestKind::Netlify,
    ManifestKind::Procfile,
    ManifestKind::Railway,
    ManifestKind::Render,
    ManifestKind::Serverless,
    ManifestKind::Skaffold,
    ManifestKind::Supabase,
    ManifestKind::Terraform,
    ManifestKind::Vercel,
    ManifestKind::Wrangler,
    ManifestKind::Zappa,
];

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    kebab
}

fn imports(language: &str, text: &str, package: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let rest = match language {
            "javascript" => line.split_once("from \"").or_else(|| line.split_once("import \"")).map(|(_, rest)| rest),
            "python" => line.strip_prefix("import ").or_else(|| line.strip_prefix("from ")),
            "rust" => line.strip_prefix("use "),
            // The repository's own path leads to what a generator wrote: a comment names the generator.
            _ => line.find(package).map(|start| &line[start..]),
        };
        let after = rest.and_then(|rest| rest.strip_prefix(package));
        after.is_some_and(|after| !after.starts_with(|letter: char| letter.is_alphanumeric() || "_-".contains(letter)))
    })
}

fn sources(folder: &Path, endings: &[&str]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                texts.push(fs::read_to_string(&path).expect("fixtures are UTF-8"));
            }
        }
    }
    texts
}
