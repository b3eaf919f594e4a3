//! Texts of manifests to facts.

mod clouds;
mod containers;
mod contracts;
mod locks;
mod packages;
mod packages_foreign;
mod pins;
mod pipelines;

use backlint::manifests::{self, ManifestFacts, ManifestKind, Scope};

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
fn node() {
    let facts = facts(
        "web/package.json",
        r##"{
            "name": "@shop/db",
            "main": "./dist/index.js",
            "exports": { ".": { "types": "./index.d.ts", "import": "./src/index.ts" } },
            "imports": { "#lib/*": { "default": "./src/lib/*" } },
            "dependencies": { "pg": "8" },
            "devDependencies": { "vitest": "1" }
        }"##,
    );
    assert_eq!(facts.kind, ManifestKind::Node);
    assert_eq!(facts.name.as_deref(), Some("@shop/db"));
    assert_eq!(facts.entry.as_deref(), Some("./src/index.ts"));
    assert_eq!(facts.path_aliases, [("#lib/*".to_owned(), vec!["./src/lib/*".to_owned()])]);
    assert_eq!(dependencies(&facts), ["pg", "vitest (dev)"]);
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
fn go() {
    let text = "module example.com/shop // the shop\n\ngo 1.22\n\nrequire github.com/a/b v1.0.0\n\nrequire (\n\t\
                github.com/c/d v1.0.0\n\tgithub.com/e/f v1.0.0 // indirect\n)\n\nreplace example.com/lib => ../lib\n";
    let facts = facts("go.mod", text);
    assert_eq!(facts.module.as_deref(), Some("example.com/shop"));
    assert_eq!(dependencies(&facts), ["github.com/a/b", "github.com/c/d", "github.com/e/f (indirect)"]);
    assert_eq!(facts.path_aliases, [("example.com/lib".to_owned(), vec!["../lib".to_owned()])]);
}

#[test]
fn cargo() {
    let text = r#"
        [package]
        name = "shop"
        [lib]
        path = "src/shop.rs"
        [dependencies]
        sqlx = { version = "0.8" }
        db = { package = "tokio-postgres", version = "0.7" }
        [dev-dependencies]
        insta = "1"
        [target.'cfg(unix)'.dependencies]
        nix = "0.29"
    "#;
    let facts = facts("Cargo.toml", text);
    assert_eq!((facts.name.as_deref(), facts.entry.as_deref()), (Some("shop"), Some("src/shop.rs")));
    assert_eq!(dependencies(&facts), ["sqlx", "tokio-postgres", "insta (dev)", "nix"]);
}

#[test]
fn python() {
    let text = r#"
        [project]
        name = "shop"
        dependencies = ["uvicorn[standard]>=0.30 ; python_version > '3.8'", "sqlalchemy~=2.0"]
        [project.optional-dependencies]
        test = ["pytest"]
        postgres = ["psycopg"]
        [dependency-groups]
        lint = ["ruff", { include-group = "test" }]
        [tool.poetry.dependencies]
        python = "^3.12"
        django = "5"
    "#;
    let project = facts("pyproject.toml", text);
    assert_eq!(project.name.as_deref(), Some("shop"));
    let expected = ["uvicorn", "sqlalchemy", "pytest (dev)", "psycopg (optional)", "ruff (dev)", "django"];
    assert_eq!(dependencies(&project), expected);

    let text = "# all\nflask==3 # web\n-r base.txt\nhttps://example.com/x.whl\nboto3\n\n";
    assert_eq!(dependencies(&facts("requirements.txt", text)), ["flask", "boto3"]);
    assert_eq!(dependencies(&facts("requirements-dev.txt", "pytest")), ["pytest (dev)"]);
    let text = "[metadata]\nname = shop\n[options]\ninstall_requires =\n    flask>=3\n    boto3\n[options.extras_require]\ntest =\n    pytest\n";
    let setup = facts("setup.cfg", text);
    assert_eq!(setup.name.as_deref(), Some("shop"));
    assert_eq!(dependencies(&setup), ["flask", "boto3", "pytest (dev)"]);
    let text = "[packages]\nflask = \"*\"\n[dev-packages]\npytest = \"*\"\n";
    assert_eq!(dependencies(&facts("Pipfile", text)), ["flask", "pytest (dev)"]);
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
