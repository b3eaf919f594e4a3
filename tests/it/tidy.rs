//! The walls and the manners of the house, checked on its text: what the compiler and clippy cannot see.
//!
//! Each failure says what to do. Lists of exceptions only shrink: an entry that is no longer needed fails as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use backlint::catalogue::Library;
use backlint::finding::Severity;
use backlint::rules::{RULES, Rule};

/// String literals outside of `src/walk/` that hold the name of a library, and why they may.
const LIBRARY_WORDS: &[(&str, &str, &str)] = &[
    ("src/model/loops/mod.rs", "databases", "the English word, for what is iterated"),
    ("src/model/resolvers/asked.rs", "dataloader", "the pattern, as code names what collects keys, whoever wrote it"),
    ("src/rules/mod.rs", "dataloader", "the pattern, in the id of a rule"),
    ("src/model/runtimes.rs", "prisma", "the folder that schemas lie in, below the one they speak for"),
    ("src/model/services/systems.rs", "bun", "the runtime by its short name, beside the language it runs"),
    ("src/stack.rs", "databases", "the English word, for a column"),
];

/// Files above the limit whose module comments do not say why yet.
const LONG: &[&str] = &[];
const LONGEST: usize = 600;

#[test]
fn only_languages_know_syntax_trees() {
    for (path, text) in sources("src") {
        let apart = path.starts_with("src/languages/") || !text.contains("tree_sitter");
        assert!(apart, "{path} names `tree_sitter`: let a language make a fact of it, and read the fact");
    }
}

#[test]
fn only_walk_and_cli_touch_the_outside() {
    let doors = [
        "std::fs",
        "std::env",
        "std::net",
        "std::process::Command",
        "std::time::Instant",
        "std::time::SystemTime",
        "fs::",
        "env::",
        "Command::new",
        "Instant::",
        "SystemTime::",
        "jiff::Timestamp",
        "jiff::Zoned",
    ];
    for (path, text) in sources("src") {
        if path.starts_with("src/walk/") || path.starts_with("src/cli/") {
            continue;
        }
        let touches = |line: &str| doors.iter().any(|door| is_word(line, door));
        let found = code(&text).find(|(_, line)| touches(line));
        assert_eq!(found, None, "{path}: only walk and cli touch files, environment and clock: have it handed in");
    }
}

#[test]
fn the_model_is_not_serialised() {
    for (path, text) in sources("src/model").into_iter().chain([("src/facts.rs".to_owned(), read("src/facts.rs"))]) {
        let apart = !code(&text).any(|(_, line)| is_word(line, "Serialize"));
        assert!(apart, "{path} serialises: give the output format a struct of its own below src/report/");
    }
}

#[test]
fn libraries_are_named_in_the_catalogue_alone() {
    let names = library_names();
    assert!(names.len() > 100, "the catalogue was not found");
    let mut excused = BTreeSet::new();
    for (path, text) in sources("src") {
        // Walking tells front ends, tests and migrations by a few packages, before there is a catalogue; a format of
        // manifests is named after its tool.
        if path.starts_with("src/walk/") || path.starts_with("src/manifests/") {
            continue;
        }
        for (line, literal) in literals(&text) {
            let lower = literal.to_lowercase();
            for name in names.iter().filter(|name| is_word(&lower, name)) {
                let excuse = LIBRARY_WORDS.iter().position(|(file, word, _)| *file == path && word == name);
                let Some(excuse) = excuse else {
                    panic!(
                        "{path}:{line}: {literal:?} names the library `{name}`: ask the catalogue for its role or its \
                         words, or, where it is no library, add it to LIBRARY_WORDS in tests/it/tidy.rs with the reason"
                    );
                };
                excused.insert(excuse);
            }
        }
    }
    let needless = LIBRARY_WORDS.iter().enumerate().find(|(index, _)| !excused.contains(index));
    assert_eq!(needless, None, "remove it from LIBRARY_WORDS: the file does not say it any more");
}

#[test]
fn every_module_says_what_it_is() {
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let says = text.starts_with("//! ");
        assert!(says, "{path}: begin with `//!`: what it turns into what, and one thing that it does not know");
    }
}

#[test]
fn long_files_say_why() {
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let lines = text.lines().count();
        let reason = text.lines().take_while(|line| line.starts_with("//!")).any(|line| line.contains("long because"));
        let known = LONG.contains(&path.as_str());
        let told = reason || known || lines <= LONGEST;
        assert!(
            told,
            "{path} has {lines} lines: split it by construct, or say in its `//!` that it is long because .."
        );
        let needed = !known || (!reason && lines > LONGEST);
        assert!(needed, "{path}: remove it from LONG in tests/it/tidy.rs");
    }
}

#[test]
fn rules_stay_small() {
    let length = |rule: &Rule| {
        let module = format!("src/rules/{}", rule.id.replace('-', "_"));
        let of_module = sources("src/rules")
            .into_iter()
            .filter(|(path, _)| path.strip_prefix(&module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')));
        of_module.map(|(_, text)| text.lines().count()).sum()
    };
    let mut lengths: Vec<usize> = RULES.iter().map(length).collect();
    lengths.sort_unstable();
    let median = lengths[(lengths.len() - 1) / 2];
    assert!(median <= 120, "half of the rules have {median} lines or more: a shared analysis is missing in src/model/");
}

#[test]
fn nothing_is_left_for_later() {
    let words = [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X"), concat!("dbg", "!")];
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let found = text.lines().zip(1..).find(|(line, _)| words.iter().any(|word| is_word(line, word)));
        assert_eq!(found, None, "{path}: do it now, or write a page section with the mark `missing` or `noisy`");
    }
}

#[test]
fn pages_and_rules_are_in_step() {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "src/rules/mod.rs: sort the table by id: {ids:?}");
    let pages: BTreeSet<String> = names_in("rules").into_iter().filter(|name| name.ends_with(".md")).collect();
    let wanted: BTreeSet<String> = ids.iter().map(|id| format!("{id}.md")).collect();
    assert_eq!(pages, wanted, "each page of rules/ has one line in src/rules/mod.rs");
    let modules = names_in("src/rules").into_iter().map(|name| name.trim_end_matches(".rs").to_owned());
    let wanted = ids.iter().map(|id| id.replace('-', "_")).chain(["mod".to_owned(), "page".to_owned()]);
    let (modules, wanted): (BTreeSet<String>, BTreeSet<String>) = (modules.collect(), wanted.collect());
    assert_eq!(modules, wanted, "each file or folder of src/rules/ is a rule with a line in its mod.rs");

    for rule in RULES {
        let (id, page) = (rule.id, rule.page());
        let is_plain = id.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(is_plain && !id.starts_with("no-"), "`{id}`: the bad thing as a noun phrase in kebab case");
        let front = rule.text.strip_prefix("---\n").and_then(|text| text.split_once("\n---\n")).map(|(front, _)| front);
        let keys: Vec<&str> =
            front.unwrap_or_default().lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        let (keys, more) = keys.split_at(5.min(keys.len()));
        let wanted = ["title", "severity", "group", "anti-pattern", "precision"];
        assert_eq!(keys, wanted, "rules/{id}.md: the front matter has these");
        assert!(
            more.is_empty() || more == ["security-severity"],
            "rules/{id}.md: the front matter has too much: {more:?}"
        );
        let known = ["very-high", "high", "medium", "low"].contains(&page.precision.as_str());
        let reasoned = front.is_some_and(|front| front.contains(&format!("\nprecision: {}, ", page.precision)));
        assert!(known && reasoned, "rules/{id}.md: `precision: high, ` and where that is known from");
        let severity = page.security_severity.as_ref().map(|severity| severity.parse().unwrap_or(0.0));
        let in_range = severity.is_none_or(|severity: f64| (0.1..=10.0).contains(&severity));
        assert!(in_range, "rules/{id}.md: `security-severity` goes from 0.1 to 10.0");
        let sentence = page.summary.ends_with('.') && page.summary.starts_with(char::is_uppercase);
        assert!(sentence, "rules/{id}.md: its first sentence stands alone as the summary: {:?}", page.summary);
        let titled = page.title.starts_with(char::is_uppercase) && !page.title.ends_with('.');
        assert!(titled, "rules/{id}.md: a title is a phrase: {:?}", page.title);
        let has_examples = page.body.contains("\n## Flagged") && page.body.contains("\n## Accepted");
        assert!(has_examples, "rules/{id}.md: show at least one example that is flagged and one that is accepted");
    }
}

/// `BLESS=1` writes the table.
#[test]
fn the_readme_lists_the_rules() {
    let mut table = "<!-- rules -->\n| rule | severity | summary |\n|---|---|---|\n".to_owned();
    for rule in RULES {
        let page = rule.page();
        let severity = match page.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        table += &format!("| `{}` | {severity} | {} |\n", rule.id, page.summary);
    }
    let text = read("README.md");
    let (start, end) = (text.find("<!-- rules -->"), text.find("<!-- /rules -->"));
    let (Some(start), Some(end)) = (start, end) else { panic!("README.md: keep the table between its two comments") };
    if std::env::var_os("BLESS").is_some() {
        let written = [&text[..start], &table, &text[end..]].concat();
        fs::write(root().join("README.md"), written).expect("README.md can be written");
    } else {
        assert_eq!(&text[start..end], table, "BLESS=1 updates the table of README.md");
    }
}

#[test]
fn documents_are_true_and_short() {
    for (path, longest) in [
        ("ARCHITECTURE.md", 150),
        ("README.md", 150),
        ("CONTRIBUTING.md", 120),
        ("docs/formats.md", 120),
        ("docs/integrations.md", 120),
    ] {
        let text = read(path);
        let lines = text.lines().count();
        assert!(lines <= longest, "{path} has {lines} lines: people read {longest}; say less, or say it in a module");
        for name in in_backticks(&text).filter(|name| is_path(name)) {
            let exists = root().join(name).exists();
            assert!(exists, "{path} speaks of `{name}`, which there is not: name what took its place");
        }
    }
}

/// `facts.rs` and what rules see of the model are the manual for rule authors.
#[test]
fn the_vocabulary_is_explained() {
    let facts = [("src/facts.rs".to_owned(), read("src/facts.rs"))];
    for (path, text) in facts.iter().cloned().chain(sources("src/model")) {
        if let Some((line, name)) = undocumented(&text, &["struct ", "enum ", "trait "]).into_iter().next() {
            panic!("{path}:{line}: say with `///` what a `{name}` is, with an example in two languages where it helps");
        }
    }
    // A field may go without where its name is explained elsewhere in the file, or its type is.
    let (path, text) = &facts[0];
    let plain = ["arguments", "declared", "default", "end", "form", "is_async", "path", "spread", "start"];
    let documented = documented_fields(text);
    for (line, field) in undocumented(text, &[""]).into_iter().filter(|(_, field)| field.ends_with(':')) {
        let name = field.trim_end_matches(':');
        let declaration = text.lines().nth(line - 1).unwrap_or_default();
        let kind = declaration.split_once(": ").map_or("", |(_, kind)| kind.trim_end_matches(','));
        let kind = kind.rsplit('<').next().unwrap_or_default().trim_matches(['>', '[', ']']);
        let type_says = ["struct", "enum"].iter().any(|word| text.contains(&format!("pub {word} {kind} {{")));
        let explained = plain.contains(&name) || documented.contains(name) || type_says;
        assert!(explained, "{path}:{line}: say with `///` what `{name}` holds, with an example from a source");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Rust sources below a folder: their paths with forward slashes, and their texts.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut sources = BTreeMap::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the repository is readable") {
            let path: PathBuf = entry.expect("the repository is readable").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                sources.insert(name.clone(), read(&name));
            }
        }
    }
    sources.into_iter().collect()
}

/// The lines that are no comments, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.starts_with("//"))
}

fn names_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("the repository is readable");
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
}

/// Every name and package of the catalogue whose calls mean something, in lower case: the others are often plain words.
fn library_names() -> BTreeSet<String> {
    #[derive(serde::Deserialize)]
    struct Shelf {
        library: Vec<Library>,
    }
    let mut names = BTreeSet::new();
    for name in names_in("rules/libraries") {
        let shelf: Shelf = toml::from_str(&read(&format!("rules/libraries/{name}"))).expect("a shelf of the catalogue");
        for library in shelf.library.into_iter().filter(|library| library.role.has_effects()) {
            names.extend(library.packages.iter().chain([&library.name]).map(|name| name.to_lowercase()));
        }
    }
    names
}

/// Whether a text holds a word that no letter or digit continues.
fn is_word(text: &str, word: &str) -> bool {
    let (first, last) = (word.starts_with(char::is_alphanumeric), word.ends_with(char::is_alphanumeric));
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let begins = !first || !before.ends_with(|next: char| next.is_alphanumeric() || next == '_');
        begins && (!last || !after.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
    })
}

/// The string literals of a Rust source with their lines; comments and characters are skipped.
fn literals(text: &str) -> Vec<(usize, String)> {
    let mut literals = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, here) = rest.split_at(at);
        let line = text[..text.len() - here.len()].matches('\n').count() + 1;
        let hashes = before.len() - before.trim_end_matches('#').len();
        let raw = here.starts_with('"') && before.trim_end_matches('#').ends_with('r');
        rest = if raw {
            let close = format!("\"{}", "#".repeat(hashes));
            let end = here[1..].find(&close).map_or(here.len(), |end| end + 1);
            literals.push((line, here[1..end].to_owned()));
            here.get(end + close.len()..).unwrap_or_default()
        } else if let Some(inside) = here.strip_prefix('"') {
            let mut escaped = false;
            let end = inside.find(|next| {
                let ends = next == '"' && !escaped;
                escaped = next == '\\' && !escaped;
                ends
            });
            let end = end.map_or(here.len() - 1, |end| end + 1);
            literals.push((line, here[1..end].to_owned()));
            &here[end + 1..]
        } else if here.starts_with("//") {
            here.find('\n').map_or("", |end| &here[end..])
        } else if let Some(character) = here.strip_prefix('\'') {
            // A lifetime has no second quote so near.
            let length = character.chars().next().map_or(0, char::len_utf8);
            match character.strip_prefix('\\') {
                Some(escape) => escape[1..].find('\'').map_or("", |end| &escape[end + 2..]),
                None if character[length..].starts_with('\'') => &character[length + 1..],
                None => character,
            }
        } else {
            &here[1..]
        };
    }
    literals
}

/// The texts between single backticks, those of code blocks left out.
fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
    let mut fence: Option<&str> = None;
    let prose = text.lines().filter(move |line| {
        let marks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if *line == open => fence = None,
            None if marks.len() >= 3 => fence = Some(marks),
            None => return true,
            Some(_) => {}
        }
        false
    });
    prose.flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Whether a word of a document is meant as the path of a file or folder of this repository.
fn is_path(name: &str) -> bool {
    let top = name.split('/').next().unwrap_or_default();
    let below = ["src", "rules", "fixtures", "tests", "docs", ".ci", ".github"].contains(&top) && name.contains('/');
    let document = [".md", ".toml", ".yml", ".json"].iter().any(|end| name.ends_with(end)) && !name.contains('/');
    let made_for_users = ["backlint.toml", "package.json", "tsconfig.json"].contains(&name);
    let is_pattern = name.contains(|sign: char| sign.is_whitespace() || "*<>{}()…".contains(sign));
    (below || document) && !is_pattern && !made_for_users
}

/// The public items or fields without a doc comment above them and their attributes, with their lines.
fn undocumented<'t>(text: &'t str, words: &[&str]) -> Vec<(usize, &'t str)> {
    let mut found = Vec::new();
    let mut documented = false;
    for (line, count) in text.lines().zip(1..) {
        let trimmed = line.trim();
        let item = trimmed.strip_prefix("pub ").and_then(|item| words.iter().find_map(|word| item.strip_prefix(word)));
        if let Some(item) = item.filter(|item| !documented && !item.starts_with('$')) {
            found.push((count, item.split([' ', '<', '(']).next().unwrap_or_default()));
        }
        documented = trimmed.starts_with("///") || documented && !trimmed.is_empty() && in_attribute(trimmed);
    }
    found
}

fn in_attribute(line: &str) -> bool {
    line.starts_with('#') || line.starts_with('$') || line.starts_with(')')
}

fn documented_fields(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().zip(text.lines().skip(1)).filter(|(above, _)| above.trim().starts_with("///"));
    lines.filter_map(|(_, line)| Some(line.trim().strip_prefix("pub ")?.split_once(':')?.0)).collect()
}
