//! Lock files: texts to facts.

use super::facts;
use backlint::manifests::{Locked, ManifestFacts};

/// "name version" and what the author says, one each.
fn locked(facts: &ManifestFacts) -> Vec<String> {
    let shown = |row: &Locked| {
        let said = row.deprecated.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        format!("{} {}{said}", row.name, row.version)
    };
    facts.locked.iter().map(shown).collect()
}

/// The texts at the spans of rows.
fn rows<'t>(facts: &ManifestFacts, text: &'t str) -> Vec<&'t str> {
    facts.locked.iter().map(|row| &text[row.span.start as usize..row.span.end as usize]).collect()
}

#[test]
fn npm() {
    let text = r#"{
      "name": "shop", "lockfileVersion": 3, "requires": true,
      "packages": {
        "": { "name": "shop", "version": "1.0.0", "dependencies": { "pad": "^1" } },
        "apps/web": { "version": "0.1.0" },
        "node_modules/web": { "resolved": "apps/web", "link": true },
        "node_modules/@a/b": { "version": "2.0.0", "license": ["MIT"], "engines": { "node": ">=4" } },
        "node_modules/pad": { "version": "1.3.0", "deprecated": "use \"String\"\n  itself", "dev": true },
        "node_modules/@a/b/node_modules/pad": { "version": "1.0.0", "deprecated": true },
        "node_modules/short": { "name": "long-name", "version": "4.0.0", "deprecated": false },
        "apps/web/node_modules/pad": { "version": "0.9.0", "deprecated": "" }
      },
      "dependencies": { "pad": { "version": "1.3.0" } }
    }"#;
    for path in ["package-lock.json", "npm-shrinkwrap.json"] {
        let lock = facts(path, text);
        assert!(lock.problems.is_empty(), "{:?}", lock.problems);
        let expected =
            ["@a/b 2.0.0", "pad 1.3.0: use \"String\" itself", "long-name 4.0.0", "pad 0.9.0", "pad 1.0.0: true"];
        assert_eq!(locked(&lock), expected);
        assert_eq!(rows(&lock, text)[0], "node_modules/@a/b");
    }
    let old = facts("package-lock.json", r#"{"lockfileVersion": 1, "dependencies": {"pad": {"version": "1.0.0"}}}"#);
    assert!(old.locked.is_empty() && old.problems.is_empty());
    let broken = facts("package-lock.json", "{\n  \"packages\": {\n<<<<<<< HEAD\n");
    assert_eq!(broken.problems[0].message, "not JSON: key must be a string");
    assert_eq!(broken.problems[0].span.map(|span| span.start), Some(18));
}

#[test]
fn pnpm() {
    let new = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      pad:\n        specifier: ^1\n        version: 1.3.0\n\n\
               packages:\n\n  '@a/b@2.0.0':\n    resolution: {integrity: sha512-aa==}\n    engines: {node: '>=4'}\n    deprecated: see https://a.b#c\n\n\
               \x20 pad@1.3.0:\n    resolution: {integrity: sha512-bb==}\n    deprecated: |-\n      use String\n\n      itself: it's there\n    hasBin: true\n\n\
               \x20 quoted@1.0.0:\n    deprecated: 'gone: with ''it'''\n\n\
               \x20 far@https://a.b/c/tar.gz/1234:\n    resolution: {tarball: https://a.b/c/tar.gz/1234}\n    version: 0.5.0\n\n\
               \x20 near@file:libs/near:\n    resolution: {directory: libs/near}\n\nsnapshots:\n\n  '@a/b@2.0.0': {}\n\n  pad@1.3.0: {}\n";
    let six = "lockfileVersion: '6.0'\npackages:\n\n  /pad@1.3.0:\n    dev: true\n    deprecated: gone\n\n  /@a/b@2.0.0(pad@1.3.0)(c@1):\n    dev: false\n\n\
               \x20 /@a/b@2.0.0(pad@1.2.0):\n    dev: false\n";
    let five = "lockfileVersion: 5.4\npackages:\n\n  /pad/1.3.0:\n    deprecated: gone\n\n  /@a/b/2.0.0_pad@1.3.0:\n    dev: false\n\n\
                \x20 a.b.c/team/lib/abcdef:\n    name: lib\n    version: 1.0.0\n";
    for (text, expected) in [
        (
            new,
            vec![
                "pad 1.3.0: use String itself: it's there",
                "@a/b 2.0.0: see https://a.b#c",
                "quoted 1.0.0: gone: with 'it'",
                "far 0.5.0",
            ],
        ),
        (six, vec!["pad 1.3.0: gone", "@a/b 2.0.0"]),
        (five, vec!["pad 1.3.0: gone", "@a/b 2.0.0", "lib 1.0.0"]),
        ("lockfileVersion: '9.0'\nimporters: {}\n", vec![]),
    ] {
        let lock = facts("pnpm-lock.yaml", text);
        assert!(lock.problems.is_empty(), "{:?}", lock.problems);
        assert_eq!(locked(&lock), expected);
        assert!(rows(&lock, text).first().is_none_or(|row| row.ends_with(':')));
    }
}

#[test]
fn yarn() {
    let classic = "# yarn lockfile v1\n\n\n\"@a/b@^2.0.0\", \"@a/b@^2.1.0\":\n  version \"2.1.0\"\n  resolved \"https://a.b/b-2.1.0.tgz#aa\"\n\
                   \x20 dependencies:\n    version \"^1.0.0\"\n\npad@^1:\n  version \"1.3.0\"\n\nshort@npm:@a/long@^4:\n  version \"4.0.0\"\n";
    let berry = "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"@a/b@npm:^2.0.0, @a/b@npm:^2.1.0\":\n  version: 2.1.0\n  resolution: \"@a/b@npm:2.1.0\"\n\
                 \x20 dependencies:\n    pad: \"npm:^1\"\n  languageName: node\n\n\"pad@npm:^1\":\n  version: 1.3.0\n  resolution: \"pad@npm:1.3.0\"\n\n\
                 \"short@npm:@a/long@^4\":\n  version: 4.0.0\n  resolution: \"@a/long@npm:4.0.0\"\n\n\
                 \"web@workspace:apps/web\":\n  version: 0.0.0-use.local\n  resolution: \"web@workspace:apps/web\"\n";
    for text in [classic, berry] {
        let lock = facts("yarn.lock", text);
        assert!(lock.problems.is_empty(), "{:?}", lock.problems);
        assert_eq!(locked(&lock), ["@a/b 2.1.0", "@a/long 4.0.0", "pad 1.3.0"]);
        assert!(rows(&lock, text)[2].starts_with(['p', '"']));
    }
}

#[test]
fn bun() {
    let text = r#"{
      "lockfileVersion": 1,
      "workspaces": { "": { "name": "shop", "dependencies": { "pad": "^1", }, }, },
      "packages": {
        "@a/b": ["@a/b@2.0.0", "", { "dependencies": { "pad": "1", "é,]": "1" } }, "sha512-aa=="],

        "web": ["web@workspace:apps/web"],
        "far": ["far@github:team/far#1234", {}, "team-far-1234"],
        "@a/b/pad": ["pad@1.3.0", "", {}, "sha512-bb==",],
      },
    }"#;
    let lock = facts("bun.lock", text);
    assert!(lock.problems.is_empty(), "{:?}", lock.problems);
    assert_eq!(locked(&lock), ["@a/b 2.0.0", "pad 1.3.0"]);
    assert_eq!(rows(&lock, text), ["@a/b", "@a/b/pad"]);
}

#[test]
fn tables() {
    let cargo = "# generated\nversion = 4\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.2\"\nsource = \"registry\"\n\
                 dependencies = [\n \"name\",\n]\n\n[[package]]\nname = \"toml\"\nversion = \"0.9.1+spec-1\"\n";
    let poetry = "[[package]]\nname = \"serde\"\nversion = \"1.0.2\"\ndescription = \"x\"\n\n[package.dependencies]\nname = \"1\"\n\
                  version = \"2\"\n\n[[package]]\nname = \"toml\"\nversion = \"0.9.1+spec-1\"\n\n[metadata]\nlock-version = \"2.1\"\n";
    let uv = "version = 1\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.2\"\n\
              dependencies = [\n    { name = \"toml\" },\n]\n\n[[package]]\nname = \"toml\"\nversion = \"0.9.1+spec-1\"\n";
    for (path, text) in [("Cargo.lock", cargo), ("poetry.lock", poetry), ("uv.lock", uv), ("pdm.lock", poetry)] {
        let lock = facts(path, text);
        assert!(lock.problems.is_empty(), "{:?}", lock.problems);
        assert_eq!(locked(&lock), ["serde 1.0.2", "toml 0.9.1+spec-1"], "{path}");
        assert_eq!(rows(&lock, text)[0], "name = \"serde\"");
    }
}

#[test]
fn unfinished_merges_and_other_texts() {
    for path in ["pnpm-lock.yaml", "yarn.lock", "Cargo.lock", "uv.lock"] {
        let merge = facts(path, "version = 1\n<<<<<<< HEAD\n=======\n>>>>>>> theirs\n");
        assert_eq!(merge.problems.len(), 1, "{path}");
        assert_eq!(merge.problems[0].span.map(|span| span.start), Some(12), "{path}");
        assert_eq!(facts(path, "hello there\n").problems.len(), 1, "{path}");
        assert_eq!(facts(path, "\n").problems.len(), 0, "{path}");
    }
    for path in ["package-lock.json", "bun.lock"] {
        for text in ["", "1", "{\"packages\": []}", "{\"packages\": {\"a\": {}}", "{\"packages\": {}} x"] {
            let lock = facts(path, text);
            assert_eq!(lock.problems.len(), 1, "{path}: {text}");
            assert!(lock.problems[0].span.is_some(), "{path}: {text}");
        }
    }
}

/// Of several versions the one that the repository itself asks for comes first.
#[test]
fn direct_versions_come_first() {
    let npm = r#"{"packages": {"node_modules/a/node_modules/pad": {"version": "1.0.0"}, "node_modules/pad": {"version": "2.0.0"}}}"#;
    let bun = r#"{"packages": {"@a/b/pad": ["pad@1.0.0"], "pad": ["pad@2.0.0"]}}"#;
    let packages = "packages:\n\n  pad@1.0.0:\n    hasBin: true\n\n  pad@2.0.0:\n    hasBin: true\n\nsnapshots:\n\n  pad@1.0.0: {}\n";
    let nine = format!(
        "lockfileVersion: '9.0'\nimporters:\n\n  .:\n    dependencies:\n      pad:\n        specifier: ^2\n        version: 2.0.0(a@1)\n\n{packages}"
    );
    let five = "lockfileVersion: 5.4\nspecifiers:\n  pad: 1.0.0\ndevDependencies:\n  pad: 2.0.0_a@1\npackages:\n\n\
                \x20 /pad/1.0.0:\n    dev: true\n\n  /pad/2.0.0_a@1:\n    dev: true\n";
    let yarn = "pad@^1:\n  version \"1.0.0\"\n\npad@^2:\n  version \"2.0.0\"\n";
    let row = |name: &str, version: &str, rest: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{rest}\n")
    };
    let cargo = [
        row("old", "1.0.0", "source = \"registry\"\ndependencies = [\n \"pad 1.0.0\",\n]\n"),
        row("pad", "1.0.0", "source = \"registry\"\n"),
        row("pad", "2.0.0", "source = \"registry\"\n"),
        row("shop", "0.1.0", "dependencies = [\n \"old\",\n \"pad 2.0.0\",\n]\n"),
    ];
    for (path, text) in [
        ("package-lock.json", npm),
        ("bun.lock", bun),
        ("pnpm-lock.yaml", nine.as_str()),
        ("pnpm-lock.yaml", five),
        ("yarn.lock", yarn),
        ("Cargo.lock", &cargo.concat()),
    ] {
        let lock = facts(path, text);
        let pads: Vec<&str> =
            lock.locked.iter().filter(|row| row.name == "pad").map(|row| row.version.as_str()).collect();
        assert_eq!(pads, ["2.0.0", "1.0.0"], "{path}");
        assert!(lock.problems.is_empty(), "{path}");
    }
}

/// One long line, deep nesting, many rows: few facts, at most one problem, soon.
#[test]
fn hostile_locks() {
    let texts = [
        ("package-lock.json", "{\"packages\":{".to_owned(), "\"node_modules/a\":{\"version\":\"1\"},"),
        ("package-lock.json", "{\"packages\":{\"a\":".to_owned(), "["),
        ("package-lock.json", "{\"other\":".to_owned(), "{\"a\":"),
        (
            "package-lock.json",
            "{\"packages\":{\"node_modules/a\":{\"version\":\"1\",\"deprecated\":\"".to_owned(),
            "a ",
        ),
        ("bun.lock", "{\"packages\":{\"a\":".to_owned(), "["),
        ("bun.lock", "{".to_owned(), ","),
        ("bun.lock", "{\"packages\":{\"a\":[\"".to_owned(), "@"),
        ("pnpm-lock.yaml", "packages:\n".to_owned(), "  /a@1:\n"),
        ("pnpm-lock.yaml", "packages:\n  a@1:\n    deprecated: |\n".to_owned(), "      a\n"),
        ("pnpm-lock.yaml", "packages:\n  ".to_owned(), "a@("),
        ("yarn.lock", String::new(), "a@1:\n  version 1\n"),
        ("yarn.lock", String::new(), "a@1, "),
        ("yarn.lock", String::new(), "@\u{e9}/"),
        ("Cargo.lock", String::new(), "[[package]]"),
        ("Cargo.lock", String::new(), "[[package]]\nname = \"a\"\nversion = \"1\"\n"),
        ("uv.lock", "[[package]]\nname = \"".to_owned(), "a"),
    ];
    for (path, start, part) in texts {
        let text = start + &part.repeat(200_000);
        let lock = facts(path, &text);
        assert!(lock.problems.len() <= 1, "{path}: {part}");
        assert!(lock.locked.len() <= 100_000, "{path}: {part}");
        assert!(lock.locked.iter().all(|row| row.name.len() <= 300 && row.version.len() <= 300), "{path}: {part}");
        let said = lock.locked.iter().filter_map(|row| row.deprecated.as_ref());
        assert!(said.map(String::len).max().unwrap_or_default() <= 4000, "{path}: {part}");
    }
}
