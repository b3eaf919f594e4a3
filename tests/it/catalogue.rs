//! What every built-in library must keep to, and that something in the repository shows it at work.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use backlint::catalogue::{Library, LibraryRole};
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
        if !library.role.has_effects() {
            continue;
        }
        let found = library.types.len() + library.opens.len() + library.models.len() + library.handles.len();
        assert!(found > 0, "{shelf}: {}: nothing says what a handle is", library.name);
        let does = [&library.reads, &library.writes, &library.statements, &library.deferred, &library.coalesced];
        assert!(does.iter().any(|list| !list.is_empty()), "{shelf}: {}: no call does anything", library.name);
    }
}

/// Advice goes on from a colon: `help: load all rows before the loop`.
#[test]
fn advice_is_a_command_without_a_full_stop() {
    let mut wrong = Vec::new();
    for (shelf, library) in libraries() {
        let advice = &library.advice;
        let all = [&advice.read, &advice.count, &advice.insert, &advice.update, &advice.delete, &advice.flush];
        for text in all.into_iter().flatten() {
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
    for (shelf, library) in libraries().filter(|(_, library)| library.role == LibraryRole::DataAccess) {
        let advice = &library.advice;
        let all = [&advice.read, &advice.count, &advice.insert, &advice.update, &advice.delete];
        assert!(all.iter().all(|text| text.is_some()), "{shelf}: {}", library.name);
    }
}

/// One source file, the manifests apart, uses the library: an entry without proof may be wrong from end to end.
#[test]
fn every_library_is_shown_at_work() {
    let pages = sources(&root().join("rules"), &["md"]);
    let mut unproven = Vec::new();
    for (shelf, library) in libraries().filter(|(_, library)| library.role.has_effects()) {
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

fn imports(language: &str, text: &str, package: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let rest = match language {
            "javascript" => line.split_once("from \"").map(|(_, rest)| rest),
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
