//! Texts of manifests to facts.

mod clouds;
mod containers;
mod contracts;
mod locks;
mod packages;
mod packages_foreign;
mod pins;
mod pipelines;

use backlint::manifests::{self, ManifestFacts, Scope};

fn facts(path: &str, text: &str) -> ManifestFacts {
    manifests::facts(path, text).expect("the name is a manifest's")
}

/// "name" or "name (dev)", one each.
fn dependencies(facts: &ManifestFacts) -> Vec<String> {
    let shown = facts.dependencies.iter().map(|known| match known.scope {
        Scope::Product => known.name.clone(),
        scope => format!("{} ({})", known.name, format!("{scope:?}").to_lowercase()),
    });
    shown.collect()
}

#[test]
fn typescript_config() {
    let facts = facts(
        "tsconfig.json",
        r#"{
            // Comments, "quotes" in them,
            "extends": "./base.json", /* and */
            "compilerOptions": {
                "baseUrl": "./src/",
                "paths": { "@/*": ["./*"], "~lib": ["lib//index", "other"], },
            },
        }"#,
    );
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    assert_eq!(facts.extends, ["./base.json"]);
    let aliases: Vec<(&str, String)> =
        facts.path_aliases.iter().map(|(pattern, targets)| (pattern.as_str(), targets.join(" "))).collect();
    let expected = [("@/*", "src/*"), ("~lib", "src/lib//index src/other"), ("*", "src/*")];
    assert_eq!(aliases, expected.map(|(pattern, targets)| (pattern, targets.to_owned())));
}

#[test]
fn broken_manifests_are_problems() {
    let broken = facts("package.json", "{\n  \"name\": oops\n}");
    assert_eq!(broken.problems[0].message, "not JSON: unexpected word");
    assert_eq!(broken.problems[0].span.map(|span| span.start), Some(12));
    let broken = facts("Cargo.toml", "[package]\nname = \n");
    assert!(broken.problems[0].message.starts_with("not TOML: "));
    assert!(broken.problems[0].span.is_some());
    for (path, open) in
        [("package.json", "["), ("package.json", "{\"a\":"), ("tsconfig.json", "/*"), ("Cargo.toml", "a=[")]
    {
        assert_eq!(facts(path, &open.repeat(100_000)).problems.len(), 1, "{path} {open}");
    }
    assert_eq!(facts("Cargo.toml", &format!("a={}", "[".repeat(100_000))).problems.len(), 1);
    assert!(manifests::facts("notes.json", "{}").is_none());
}
