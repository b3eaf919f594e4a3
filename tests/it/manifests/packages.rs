//! Manifests of package managers: texts to facts.

use super::facts;
use backlint::manifests::{Dependency, ManifestFacts, ManifestKind, Origin, Scope, Version};

/// "name range (scope, origin)", without what goes without saying.
fn shown(dependency: &Dependency) -> String {
    let mut line = dependency.name.clone();
    if let Some(version) = &dependency.version {
        line.push_str(&format!(" {version}"));
    }
    let scope = Some(dependency.scope).filter(|scope| *scope != Scope::Product).map(|scope| format!("{scope:?}"));
    let origin = match &dependency.origin {
        Origin::Registry => None,
        Origin::Shared(name) => Some(format!("shared {name}")),
        origin => Some(format!("{origin:?}")),
    };
    let notes: Vec<String> = scope.into_iter().chain(origin).collect();
    if !notes.is_empty() {
        line.push_str(&format!(" ({})", notes.join(", ").to_lowercase().trim()));
    }
    line
}

pub(super) fn dependencies(facts: &ManifestFacts) -> Vec<String> {
    facts.dependencies.iter().map(shown).collect()
}

fn versions(facts: &ManifestFacts) -> Vec<String> {
    let shown = |version: &Version| format!("{} {} {:?}", version.of, version.value, version.part);
    facts.versions.iter().map(shown).collect()
}

fn commands(facts: &ManifestFacts) -> Vec<String> {
    facts.commands.iter().map(|command| format!("{}: {}", command.name, command.line)).collect()
}

fn includes(facts: &ManifestFacts) -> Vec<&str> {
    facts.includes.iter().map(|file| file.path.as_str()).collect()
}

/// The texts at the spans of dependencies.
fn rows<'t>(facts: &ManifestFacts, text: &'t str) -> Vec<&'t str> {
    facts.dependencies.iter().map(|row| &text[row.span.start as usize..row.span.end as usize]).collect()
}

#[test]
fn node() {
    let text = r##"{
        "name": "@shop/db",
        "main": "./dist/index.js",
        "exports": { ".": { "types": "./index.d.ts", "import": "./src/index.ts" } },
        "imports": { "#lib/*": { "default": "./src/lib/*" } },
        "bin": "./cli.js",
        "scripts": { "start": "node dist/main.js" },
        "packageManager": "pnpm@9.1.0+sha512.abc",
        "engines": { "node": ">=20" },
        "volta": { "node": "22.1.0", "extends": "../package.json" },
        "devEngines": { "runtime": [{ "name": "node", "version": "^22" }], "packageManager": { "name": "npm" } },
        "dependencies": {
            "pg": "8", "lock": "npm:@scope/padlock@^1.2", "same": "npm:^3.1", "pinned": "npm:other",
            "@shop/log": "workspace:*", "near": "file:../near", "far": "someone/far#main",
            "git": "git+https://example.com/git.git", "hono": "catalog:", "zod": "catalog:default", "x": "catalog:web",
            "pad": "patch:pad@npm%3A1.3.0#./pad.patch", "std": "jsr:@std/path@^1", "any": ""
        },
        "optionalDependencies": { "fsevents": "2" },
        "peerDependencies": { "react": "*" },
        "devDependencies": { "vitest": "1" },
        "resolutions": { "pg": "7" }, "overrides": { "react": "17" }
    }"##;
    let facts = facts("web/package.json", text);
    assert!(facts.problems.is_empty());
    assert_eq!(facts.kind, ManifestKind::Node);
    assert_eq!(facts.name.as_deref(), Some("@shop/db"));
    assert_eq!(facts.entry.as_deref(), Some("./src/index.ts"));
    assert_eq!(facts.path_aliases, [("#lib/*".to_owned(), vec!["./src/lib/*".to_owned()])]);
    let expected = [
        "pg 8",
        "@scope/padlock ^1.2",
        "same ^3.1",
        "other",
        "@shop/log workspace:* (repository)",
        "near file:../near (repository)",
        "far someone/far#main (address)",
        "git git+https://example.com/git.git (address)",
        "hono (shared)",
        "zod (shared)",
        "x (shared web)",
        "pad 1.3.0",
        "@std/path ^1",
        "any",
        "fsevents 2 (optional)",
        "react * (peer)",
        "vitest 1 (dev)",
    ];
    assert_eq!(dependencies(&facts), expected);
    assert_eq!(rows(&facts, text)[1], "\"lock\"");
    let expected = ["node >=20 Floor", "node 22.1.0 Development", "node ^22 Development", "pnpm 9.1.0 Development"];
    assert_eq!(versions(&facts), expected);
    assert_eq!(commands(&facts), ["start: node dist/main.js", "db: ./cli.js"]);
}

#[test]
fn entries_of_node() {
    for (package, entry) in [
        (r#"{"main": "dist/a.js", "types": "dist/a.d.ts"}"#, Some("dist/a.js")),
        (r#"{"main": "dist/a.js", "types": "src/a.ts"}"#, Some("src/a.ts")),
        (r#"{"exports": {"types": "./a.d.ts", "default": "./a.js"}}"#, Some("./a.js")),
        (r#"{"exports": {".": [{"require": "./a.cjs", "import": {"default": "./a.mjs"}}]}}"#, Some("./a.mjs")),
        (r#"{"module": "a.mjs", "main": "a.js"}"#, Some("a.mjs")),
        (r#"{"exports": "./src/a.ts", "source": "b.js"}"#, Some("./src/a.ts")),
        (r#"{"types": "a.d.ts"}"#, Some("a.d.ts")),
        (r#"{"main": "", "types": "a.d.ts"}"#, Some("a.d.ts")),
        ("\u{feff}{\"main\": \"a.js\"}", Some("a.js")),
        ("{}", None),
        ("[]", None),
    ] {
        assert_eq!(facts("package.json", package).entry.as_deref(), entry, "{package}");
    }
}

#[test]
fn workspaces_of_javascript() {
    let shared = |facts: &ManifestFacts| -> Vec<String> { facts.shared.iter().map(shown).collect() };
    let listed = facts("package.json", r#"{"workspaces": ["apps/*", "!apps/old"]}"#);
    assert_eq!(listed.members, ["apps/*", "!apps/old"]);
    let text =
        r#"{"workspaces": {"packages": ["libs/*"], "catalog": {"zod": "4"}, "catalogs": {"web": {"vue": "3"}}}}"#;
    let bun = facts("package.json", text);
    assert_eq!(bun.members, ["libs/*"]);
    assert_eq!(shared(&bun), ["zod 4 (shared)", "vue 3 (shared web)"]);
    let text = "packages:\n  - 'apps/*'\n  - '!**/test/**'\ncatalog:\n  hono: ^4\n  '@a/b': npm:@a/c@1\n\
                catalogs:\n  default:\n    zod: 4\n  old:\n    vue: 2\nonlyBuiltDependencies: [esbuild]\n";
    let pnpm = facts("pnpm-workspace.yaml", text);
    assert_eq!(pnpm.members, ["apps/*", "!**/test/**"]);
    assert_eq!(shared(&pnpm), ["hono ^4 (shared)", "@a/c 1 (shared)", "zod 4 (shared)", "vue 2 (shared old)"]);
    assert!(pnpm.problems.is_empty() && facts("pnpm-workspace.yaml", "").problems.is_empty());
    for (path, text, members) in [
        ("lerna.json", r#"{"version": "1.0.0", "packages": ["packages/*"]}"#, vec!["packages/*"]),
        ("rush.json", r#"{/* all */ "projects": [{"packageName": "a", "projectFolder": "libs/a"},]}"#, vec!["libs/a"]),
        ("nx.json", r#"{"projects": {"a": {"tags": []}}}"#, vec![]),
        ("turbo.json", r#"{"tasks": {}}"#, vec![]),
    ] {
        let facts = facts(path, text);
        assert_eq!(
            (facts.kind, facts.members),
            (ManifestKind::Monorepo, members.iter().map(|m| m.to_string()).collect())
        );
        assert!(facts.problems.is_empty(), "{path}");
    }
}

#[test]
fn deno() {
    let text = r#"{
        // the shop
        "name": "@shop/api",
        "exports": { ".": "./mod.ts" },
        "imports": {
            "hono": "npm:hono@^4.6", "scoped": "npm:/@a/b@1.2/sub/path", "bare": "jsr:@std/path",
            "oak/": "https://deno.land/x/oak@v12/", "@/": "./src/", "db": "./db.ts", "fs": "node:fs",
        },
        "tasks": { "start": "deno run -A main.ts", "test": { "command": "deno test" } },
        "workspace": { "members": ["./api"] },
    }"#;
    let project = facts("deno.jsonc", text);
    assert!(project.problems.is_empty(), "{:?}", project.problems);
    assert_eq!((project.name.as_deref(), project.entry.as_deref()), (Some("@shop/api"), Some("./mod.ts")));
    assert_eq!(dependencies(&project), ["hono ^4.6", "@a/b 1.2", "@std/path", "oak (address)"]);
    let aliases: Vec<String> =
        project.path_aliases.iter().map(|(pattern, targets)| format!("{pattern} {}", targets.join(" "))).collect();
    assert_eq!(aliases, ["@/* ./src/*", "db ./db.ts"]);
    assert_eq!(commands(&project), ["start: deno run -A main.ts", "test: deno test"]);
    assert_eq!(project.members, ["./api"]);
    assert_eq!(facts("deno.json", r#"{"workspace": ["a", "b"]}"#).members, ["a", "b"]);
}

#[test]
fn go() {
    let text = "module example.com/shop // the shop\r\n\r\ngo 1.22\r\ntoolchain go1.23.1\n\nrequire github.com/a/b v1.0.0\n\n\
                require (\n\t// the cache\n\tgithub.com/c/d v1.0.0 // indirectly used\n\t\"github.com/e/f\" v1.0.0 // indirect\n\
                \tgithub.com/g/h v1.0.0 // indirect; see below\n\texample.com/lib v0.0.0\n\tgithub.com/t/t v1 // indirect\n)\n\n\
                replace example.com/lib => ../lib\nreplace github.com/a/b v1.0.0 => github.com/fork/b v1.1.0\n\
                tool github.com/t/t/cmd/t\nretract [v1.0.0, v1.1.0] // broken\nexclude (\n\tgithub.com/c/d v0.9.0\n)\n\
                godebug default=go1.21\nignore ./node_modules\n";
    let module = facts("go.mod", text);
    assert!(module.problems.is_empty(), "{:?}", module.problems);
    assert_eq!(module.module.as_deref(), Some("example.com/shop"));
    let expected = [
        "github.com/a/b v1.0.0",
        "github.com/c/d v1.0.0",
        "github.com/e/f v1.0.0 (indirect)",
        "github.com/g/h v1.0.0 (indirect)",
        "example.com/lib v0.0.0 (repository)",
        "github.com/t/t v1 (dev)",
    ];
    assert_eq!(dependencies(&module), expected);
    assert_eq!(rows(&module, text)[0], "require github.com/a/b v1.0.0");
    assert_eq!(versions(&module), ["go 1.22 Floor", "go 1.23.1 Development"]);
    assert_eq!(module.path_aliases, [("example.com/lib".to_owned(), vec!["../lib".to_owned()])]);

    let workspace = facts("go.work", "go 1.22\n\nuse (\n\t./api // first\n\t./lib\n)\nuse .\n");
    assert_eq!(workspace.members, ["./api", "./lib", "."]);
    for text in ["module a\n<<<<<<< HEAD\ngo 1.2\n=======\n>>>>>>> x\n", "module a\nrequire (\n\tb v1\n", "{ a b }"] {
        let broken = facts("go.mod", text);
        assert_eq!(broken.problems.len(), 1, "{text}");
        assert!(broken.problems[0].span.is_some());
    }
}

#[test]
fn cargo() {
    let text = r#"
        [package]
        name = "shop"
        rust-version = "1.85"
        [lib]
        path = "src/shop.rs"
        [[bin]]
        name = "worker"
        path = "src/worker/main.rs"
        [[bin]]
        name = "shop"
        [[bin]]
        name = "import"
        [dependencies]
        sqlx = { version = "0.8", optional = true }
        db = { package = "tokio-postgres", version = "0.7" }
        log = { workspace = true }
        model.path = "../model"
        fork = { git = "https://example.com/fork" }
        [build-dependencies]
        prost-build = "0.13"
        [dev-dependencies]
        insta = "1"
        [target.'cfg(unix)'.dependencies]
        nix = "0.29"
    "#;
    let package = facts("Cargo.toml", text);
    assert_eq!((package.name.as_deref(), package.entry.as_deref()), (Some("shop"), Some("src/shop.rs")));
    let expected = [
        "sqlx 0.8 (optional)",
        "tokio-postgres 0.7",
        "log (shared)",
        "model (repository)",
        "fork (address)",
        "prost-build 0.13 (build)",
        "insta 1 (dev)",
        "nix 0.29",
    ];
    assert_eq!(dependencies(&package), expected);
    assert_eq!(versions(&package), ["rust 1.85 Floor"]);
    assert_eq!(commands(&package), ["worker: src/worker/main.rs", "shop: src/main.rs", "import: src/bin/import.rs"]);

    let text = "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/old\"]\n[workspace.package]\nrust-version = \"1.90\"\n\
                [workspace.dependencies]\naxum = \"0.8\"\nmodel = { path = \"crates/model\" }\n";
    let workspace = facts("Cargo.toml", text);
    assert_eq!(workspace.members, ["crates/*", "!crates/old"]);
    assert_eq!(workspace.shared.iter().map(shown).collect::<Vec<_>>(), ["axum 0.8", "model (repository)"]);
    assert_eq!(versions(&workspace), ["rust 1.90 Floor"]);
}

#[test]
fn pyproject() {
    let text = r#"
        [build-system]
        requires = ["hatchling>=1"]
        [project]
        name = "shop"
        requires-python = ">=3.11"
        dependencies = [
            "uvicorn[standard]>=0.30 ; python_version > '3.8'", "sqlalchemy~=2.0", "Shop.Models", "up @ git+https://a.b/c",
        ]
        [project.optional-dependencies]
        test = ["pytest"]
        postgres = ["psycopg (>=3)"]
        [project.scripts]
        shop = "shop.cli:main"
        [dependency-groups]
        lint = ["ruff", { include-group = "test" }]
        [tool.uv]
        dev-dependencies = ["mypy"]
        [tool.uv.workspace]
        members = ["libs/*"]
        exclude = ["libs/old"]
        [tool.uv.sources]
        shop_models = { workspace = true }
        ruff = [{ git = "https://a.b/ruff" }]
        sqlalchemy = { index = "ours" }
        [tool.pdm.dev-dependencies]
        dev = ["tox"]
        [tool.hatch.envs.docs]
        dependencies = ["mkdocs"]
        [tool.setuptools.dynamic]
        dependencies = { file = ["requirements.txt", "more.txt"] }
    "#;
    let project = facts("pyproject.toml", text);
    assert_eq!(project.name.as_deref(), Some("shop"));
    let expected = [
        "uvicorn >=0.30",
        "sqlalchemy ~=2.0",
        "Shop.Models (repository)",
        "up (address)",
        "pytest (dev)",
        "psycopg >=3 (optional)",
        "hatchling >=1 (build)",
        "mypy (dev)",
        "ruff (dev, address)",
        "tox (dev)",
        "mkdocs (dev)",
    ];
    assert_eq!(dependencies(&project), expected);
    assert_eq!(versions(&project), ["python >=3.11 Floor"]);
    assert_eq!(commands(&project), ["shop: shop.cli:main"]);
    assert_eq!(project.members, ["libs/*", "!libs/old"]);
    assert_eq!(includes(&project), ["requirements.txt", "more.txt"]);

    let text = r#"
        [tool.poetry]
        name = "shop"
        [tool.poetry.dependencies]
        python = "^3.12"
        django = "5"
        boto3 = { version = "^1", optional = true }
        models = { path = "../models", develop = true }
        cache = [{ version = "1", python = "<3.12" }, { version = "2", python = ">=3.12" }]
        [tool.poetry.group.web.dependencies]
        jinja2 = "*"
        [tool.poetry.group.extra]
        optional = true
        [tool.poetry.group.extra.dependencies]
        redis = "*"
        [tool.poetry.group.test.dependencies]
        pytest = "*"
        [tool.poetry.scripts]
        shop = { reference = "shop:main", type = "console" }
    "#;
    let poetry = facts("pyproject.toml", text);
    let expected = [
        "django 5",
        "boto3 ^1 (optional)",
        "models (repository)",
        "cache 1",
        "redis * (optional)",
        "pytest * (dev)",
        "jinja2 *",
    ];
    let (mut seen, mut expected) = (dependencies(&poetry), expected.map(str::to_owned));
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    assert_eq!(versions(&poetry), ["python ^3.12 Floor"]);
    assert_eq!(commands(&poetry), ["shop: shop:main"]);
}

#[test]
fn requirements() {
    let text = "\u{feff}# all\nflask==3 # web\n-r base.txt\n-clocked.txt\n--requirement=more.in\n--index-url https://a.b/c\n\
                -e ./libs/common[x]\n-e git+ssh://git@a.b/team/lib.git@v1#egg=shop-lib&subdirectory=x\n-e .\n\
                git+https://a.b/team/tool.git@feature/x\nhttps://a.b/x.whl\nhttps://a.b/my-lib-1.2-py3-none-any.whl\n\
                six @ https://a.b/six.zip\nrich>=13,<14 ; python_version >= '3.9' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n\
                celery[redis] >= 5\n\nboto3\\";
    let file = facts("requirements.txt", text);
    let expected = [
        "flask ==3",
        "common (repository)",
        "shop-lib (address)",
        "tool (address)",
        "my-lib 1.2 (address)",
        "six (address)",
        "rich >=13,<14",
        "celery >= 5",
        "boto3",
    ];
    assert_eq!(dependencies(&file), expected);
    assert_eq!(includes(&file), ["base.txt", "locked.txt", "more.in"]);
    let rows = rows(&file, text);
    assert_eq!(rows[0], "flask==3 # web");
    assert!(rows[6].starts_with("rich") && rows[6].ends_with("sha256:bb"));
    for path in ["requirements-dev.txt", "requirements/test.txt", "dev-requirements.in", "requirements_lint.txt"] {
        assert_eq!(dependencies(&facts(path, "pytest")), ["pytest (dev)"], "{path}");
    }

    // What a tool resolved says who asked for it.
    let text = "-e .\n    # via blinker\nblinker==1\n    # via Flask\nflask==3\n    # via\n    #   -r requirements.in\n    #   flask-login\n\
                flask-login==1  # via -r requirements.in\nidna==3 \\\n    --hash=sha256:aa\n    # via\n    #   -c base.txt\n    #   flask\n\
                click==8\n    # via shop\nsix==1\n    # via flask\n\n# Unsafe, all of them\nboto3==1\n";
    let expected = [
        "blinker ==1 (indirect)",
        "flask ==3",
        "flask-login ==1",
        "idna ==3 (indirect)",
        "click ==8",
        "six ==1 (indirect)",
        "boto3 ==1",
    ];
    assert_eq!(dependencies(&facts("requirements.txt", text)), expected);
}

#[test]
fn pipfile() {
    let text = "[packages]\nflask = \"*\"\nlib = { path = \"./lib\", editable = true }\n[dev-packages]\npytest = \"*\"\n\
                [requires]\npython_version = \"3.12\"\n[scripts]\nserve = \"flask run\"\n";
    let file = facts("Pipfile", text);
    assert_eq!(dependencies(&file), ["flask *", "lib (repository)", "pytest * (dev)"]);
    assert_eq!(versions(&file), ["python 3.12 Development"]);
    assert_eq!(commands(&file), ["serve: flask run"]);
}

#[test]
fn setup_config() {
    let text = "[metadata]\nname = shop\n[options]\npython_requires = >=3.9\ninstall_requires =\n    # web\n    flask>=3\n    boto3\n\
                setup_requires = wheel\n[options.extras_require]\ntest =\n    pytest\npostgres = psycopg\n\
                [options.entry_points]\nconsole_scripts =\n    shop = shop.cli:main\n";
    let setup = facts("setup.cfg", text);
    assert_eq!(setup.name.as_deref(), Some("shop"));
    assert_eq!(dependencies(&setup), ["flask >=3", "boto3", "wheel (build)", "pytest (dev)", "psycopg (optional)"]);
    assert_eq!(versions(&setup), ["python >=3.9 Floor"]);
    assert_eq!(commands(&setup), ["shop: shop.cli:main"]);
    let setup = facts("setup.cfg", "[options]\ninstall_requires = file: a.txt, b.txt\n");
    assert_eq!(includes(&setup), ["a.txt", "b.txt"]);
}

#[test]
fn setup_script() {
    let text = r#"
import setuptools
VERSION = compute("1", [2])  # install_requires=["no"]
NEEDED = [
    'flask>=3',  # web
    "psycopg"
    "[binary]>=3",
]

def setup(name="no"): pass

setuptools.setup(
    name='shop', version=VERSION, packages=find_packages(where='src'), long_description="""
        name = "no", install_requires=["no"]
    """,
    python_requires=">=3.10",
    install_requires=NEEDED + extra(["no"]),
    extras_require={'test': ['pytest'], KEY: ['no'], "s3": ("boto3",)},
    entry_points={"console_scripts": ["shop = shop.cli:main"]},
    tests_require=[*more, "tox"],
)
"#;
    let setup = facts("setup.py", text);
    assert_eq!(setup.name.as_deref(), Some("shop"));
    let expected = ["flask >=3", "psycopg >=3", "pytest (dev)", "boto3 (optional)", "tox (dev)"];
    assert_eq!(dependencies(&setup), expected);
    assert_eq!(versions(&setup), ["python >=3.10 Floor"]);
    assert_eq!(commands(&setup), ["shop: shop.cli:main"]);
    assert_eq!(dependencies(&facts("app/setup.py", "def setup(app):\n    app.name = 'x'\n")), [""; 0]);
}

/// Long, deep and cut texts end with at most one problem.
#[test]
fn hostile_packages() {
    let texts = [
        ("package.json", "{\"exports\":".to_owned(), "{\"default\":"),
        ("package.json", "{\"exports\":[".to_owned(), "[],"),
        ("deno.json", "{\"imports\":{".to_owned(), "\"a\":\"npm:\","),
        ("pnpm-workspace.yaml", "packages: ".to_owned(), "["),
        ("pyproject.toml", "[project]\ndependencies = [".to_owned(), "\"a@\","),
        ("Cargo.toml", String::new(), "[target.a.dependencies]\n"),
        ("requirements.txt", String::new(), "a\\\n"),
        ("requirements.txt", "a\n# via\n".to_owned(), "# b,"),
        ("requirements.txt", String::new(), "#"),
        ("requirements.txt", String::new(), "\u{e9}[@"),
        ("setup.cfg", "[options]\ninstall_requires =\n".to_owned(), " a\n"),
        ("setup.py", "setup(install_requires=".to_owned(), "["),
        ("setup.py", String::new(), "setup("),
        ("setup.py", String::new(), "setup(a={'"),
        ("setup.py", String::new(), "'''\\"),
        ("setup.py", "X = ['a']\nsetup(".to_owned(), "install_requires=X,"),
        ("go.mod", String::new(), "require (\n"),
        ("go.mod", "require (\n".to_owned(), "a/"),
        ("go.mod", "tool ".to_owned(), "a/"),
    ];
    for (path, start, part) in texts {
        let text = start + &part.repeat(50_000);
        let facts = facts(path, &text);
        assert!(facts.problems.len() <= 1, "{path}: {part}");
        assert!(facts.dependencies.len() <= 50_001, "{path}: {part}");
    }
}
