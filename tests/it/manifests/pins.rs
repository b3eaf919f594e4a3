//! Versions, variables and prose: texts to facts.

use super::facts;
use backlint::manifests::{ManifestFacts, Part};

/// "runtime value", one each.
fn runtimes(facts: &ManifestFacts) -> Vec<String> {
    assert!(facts.versions.iter().all(|version| version.part == Part::Development));
    facts.versions.iter().map(|version| format!("{} {}", version.of, version.value)).collect()
}

#[test]
fn pins() {
    let cases: [(&str, &str, &[&str]); 20] = [
        (".nvmrc", "v22.1.0\n", &["node 22.1.0"]),
        ("web/.nvmrc", "# the same as in production\nlts/iron # for now\n", &["node lts/iron"]),
        (".node-version", "24", &["node 24"]),
        (".python-version", "3.12\n3.11.9\npypy3.10-7.3\nmyproject\n", &["python 3.12", "python 3.11.9"]),
        (".go-version", "1.22.1\n", &["go 1.22.1"]),
        (".ruby-version", "ruby-3.3.1\n", &["ruby 3.3.1"]),
        (".java-version", "temurin-21.0.2\n", &["java 21.0.2"]),
        (".bun-version", "1.1.8\n", &["bun 1.1.8"]),
        ("runtime.txt", "python-3.12.3\n", &["python 3.12.3"]),
        ("rust-toolchain", "nightly-2025-01-01\n", &["rust nightly-2025-01-01"]),
        ("rust-toolchain", "[toolchain]\nchannel = \"1.90\"\n", &["rust 1.90"]),
        ("rust-toolchain.toml", "[toolchain]\nchannel = \"stable\"\n", &["rust stable"]),
        ("global.json", "{ \"sdk\": { \"version\": \"8.0.100\" } }", &["dotnet 8.0.100"]),
        (
            ".tool-versions",
            "nodejs 20.1 18\ngolang 1.22\nterraform 1.9\npostgres 16.2\n",
            &["node 20.1", "go 1.22", "postgres 16.2"],
        ),
        ("mise.toml", "[tools]\nnode = \"22\"\n\"npm:x\" = \"1\"\n", &["node 22"]),
        ("mise.toml", "[tools]\npython = [\"3.13\", \"3.12\"]\n", &["python 3.13"]),
        ("mise.toml", "[tools]\nrust = { version = \"1.90\", profile = \"minimal\" }\n", &["rust 1.90"]),
        (".nvmrc", "", &[]),
        (".go-version", "\n\n", &[]),
        ("global.json", "{}", &[]),
    ];
    for (path, text, expected) in cases {
        let facts = facts(path, text);
        assert!(facts.problems.is_empty(), "{path}: {:?}", facts.problems);
        assert_eq!(runtimes(&facts), expected, "{path}");
    }
    for (path, text) in [("mise.toml", "[tools"), ("rust-toolchain.toml", "="), ("global.json", "{ sdk")] {
        let problems = facts(path, text).problems;
        assert_eq!(problems.len(), 1, "{path}");
        assert!(problems[0].span.is_some());
    }
    assert!(facts(".nvmrc", &"9".repeat(1 << 20)).versions.is_empty());
}

#[test]
fn variables() {
    let text = "\u{feff}# DATABASE\nDATABASE_URL=postgres://shop:shop@localhost/shop # local\nexport PORT = 3000\n\
                # OLD=1\nTITLE=\"My # shop\" # quoted\nEMPTY=\nNOTHING= # left out\nnot a row\nA B=1\n";
    let facts = facts("api/.env.example", text);
    let shown: Vec<String> = facts.variables.iter().map(|row| format!("{}={}", row.name, row.value)).collect();
    let expected =
        ["DATABASE_URL=postgres://shop:shop@localhost/shop", "PORT=3000", "TITLE=My # shop", "EMPTY=", "NOTHING="];
    assert_eq!(shown, expected);
    let span = facts.variables[1].span;
    assert_eq!(&text[span.start as usize..span.end as usize], "export PORT = 3000");
}

/// "heading words", one each.
fn headings(path: &str, text: &str) -> Vec<String> {
    facts(path, text).headings.iter().map(|heading| format!("{} {}", heading.text, heading.words)).collect()
}

#[test]
fn prose() {
    let text = "---\ntitle: Use Postgres\nstatus: accepted by all\n---\nBefore.\n# Use Postgres #\n\nOne two, three.\n\
                ```sh\n# no heading\nmany words here\n```\n<!-- one\ntwo -->\n## Context\n- four - five\nSetext\n---\nsix\n\
                | a | b |\n|---|---|\n#no heading\n   \n## 決定\n三語を使う\n";
    let expected = ["Status 3", "Use Postgres 3", "Context 2", "Setext 5", "決定 3"];
    assert_eq!(headings("docs/adr/0001-postgres.md", text), expected);
    let text = "= Decisions\n\nOne two.\n----\n== no heading\n----\n== Status\naccepted\n";
    assert_eq!(headings("docs/decisions/one.adoc", text), ["Decisions 2", "Status 1"]);
    let text = "Decision\n========\n\nOne two.\n\nContext\n-------\nthree\n- four\n---\n";
    assert_eq!(headings("rfcs/one.rst", text), ["Decision 2", "Context 2"]);
    assert!(headings("README.md", "").is_empty());
    assert_eq!(headings("README.md", "---\n# One\ntwo\n---\n"), ["One 0", "two 0"]);
    assert_eq!(headings("README.md", "# One\n~~~\nleft open\n# Two\n"), ["One 0"]);

    let places = |path: &str, text: &str| -> Vec<String> {
        facts(path, text).includes.into_iter().map(|reference| reference.path).collect()
    };
    assert_eq!(places(".adr-dir", "doc/architecture\n"), ["doc/architecture"]);
    let text =
        "project:\n  name: shop\n  adrFolder: ./docs/adr\n  packages:\n    - name: api\n      adrFolder: ./api/adr\n";
    assert_eq!(places(".log4brains.yml", text), ["./docs/adr", "./api/adr"]);
    assert_eq!(facts(".log4brains.yml", "a: [").problems.len(), 1);
}

#[test]
fn hostile_ones_end() {
    for unit in ["# ", "#", "-\n", "a\n-\n", "=", "---\n", "<!--", "```\n", "a=", "\"", "a\n---\n", " #", "é\n"] {
        let text = unit.repeat(200_000 / unit.len());
        for path in ["README.md", "rfc/a.rst", "rfc/a.adoc", ".env.example", ".python-version", ".tool-versions"] {
            assert!(facts(path, &text).problems.is_empty(), "{path} {unit}");
        }
    }
}
