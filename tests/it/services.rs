//! The parts of repositories made for the purpose: where they lie, what they are, what they use and what calls them.

use backlint::catalogue::Catalogue;
use backlint::languages;
use backlint::manifests;
use backlint::model::{How, LibraryUse, Project, Service, ServiceKind};
use backlint::walk::{FileKind, Files, Role};

use crate::walk::Tree;

/// Asks the parts of a repository.
pub(crate) fn with(files: &[(&str, &str)], ask: impl FnOnce(&Project)) {
    let tree = Tree::new(files);
    let files = tree.walk();
    let catalogue = Catalogue::new(&[]);
    ask(&link(&files, &catalogue));
}

fn link<'p>(files: &'p Files, catalogue: &'p Catalogue) -> Project<'p> {
    let facts = files.files.iter().map(|file| match file.kind {
        FileKind::Source(grammar) if matches!(file.role, Role::Product | Role::Generated | Role::Script) => {
            Some(languages::lower(grammar, &file.text))
        }
        _ => None,
    });
    let manifests = files.files.iter().map(|file| match file.kind {
        FileKind::Manifest => manifests::facts(&file.path, &file.text),
        _ => None,
    });
    Project::link(files, facts.collect(), manifests.collect(), catalogue)
}

pub(crate) fn kinds<'s>(project: &'s Project) -> Vec<(&'s str, ServiceKind)> {
    project.services().iter().map(|service| (service.shown_folder(), service.kind)).collect()
}

pub(crate) fn at<'s>(project: &'s Project, folder: &str) -> &'s Service {
    let found = project.services().iter().find(|service| service.shown_folder() == folder);
    found.unwrap_or_else(|| panic!("{folder} is one of {:?}", kinds(project)))
}

fn library<'s>(project: &'s Project, service: &'s Service, name: &str) -> &'s LibraryUse {
    let found = service.libraries.iter().find(|library| project.catalogue().library(library.library).name == name);
    found.unwrap_or_else(|| panic!("{name} is not in {}", service.shown_folder()))
}

fn used<'s>(project: &'s Project, folder: &str) -> Vec<&'s str> {
    let libraries = at(project, folder).libraries.iter().filter(|library| library.used);
    libraries.map(|library| project.catalogue().library(library.library).name.as_str()).collect()
}

pub(crate) fn systems<'s>(project: &'s Project, folder: &str) -> Vec<&'s str> {
    let systems = at(project, folder).systems.iter().filter(|system| system.used);
    systems.map(|system| project.catalogue().system(system.system).name.as_str()).collect()
}

pub(crate) fn handlers(project: &Project, folder: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let handlers = at(project, folder).handlers.iter().map(|handler| {
        let file = handler.file.map(|file| project.file(file).path.clone());
        (handler.name.clone(), file, handler.function.map(|function| project.function(function).name.to_string()))
    });
    handlers.collect()
}

const SERVER: &str = "import express from 'express';\nconst app = express();\napp.listen(800);\n";

#[test]
fn a_workspace_has_services_front_ends_and_the_libraries_between() {
    let files = [
        ("package.json", r#"{ "name": "orchard", "workspaces": ["apps/*", "packages/*"] }"#),
        ("apps/api/package.json", r#"{ "name": "@orchard/api", "dependencies": { "express": "5", "zod": "4" } }"#),
        (
            "apps/api/src/main.ts",
            "import express from 'express';\nimport { trees } from '@orchard/db';\nconst app = express();\napp.get('/', trees);\napp.listen(1);\n",
        ),
        (
            "apps/web/package.json",
            r#"{ "name": "@orchard/web", "scripts": { "dev": "vite" }, "dependencies": { "react-dom": "19", "vite": "7" } }"#,
        ),
        ("apps/web/src/main.tsx", "import { createRoot } from 'react-dom/client';\ncreateRoot(document.body);\n"),
        (
            "packages/db/package.json",
            r#"{ "name": "@orchard/db", "main": "src/index.ts", "dependencies": { "pg": "8", "knex": "3" } }"#,
        ),
        (
            "packages/db/src/index.ts",
            "import { Pool } from 'pg';\nconst pool = new Pool();\nexport const trees = () => pool.query('select 1');\n",
        ),
        ("packages/db/src/unused.ts", "import knex from 'knex';\nexport const other = knex({});\n"),
    ];
    with(&files, |project| {
        let expected = [
            ("apps/api", ServiceKind::Service),
            ("apps/web", ServiceKind::FrontEnd),
            ("packages/db", ServiceKind::Library),
        ];
        assert_eq!(kinds(project), expected);
        assert_eq!(at(project, "apps/api").name, "@orchard/api");
        let uses: Vec<&str> =
            at(project, "apps/api").uses.iter().map(|id| project.service(*id).shown_folder()).collect();
        assert_eq!(uses, ["packages/db"]);
        // What the service reaches of the library counts, what else the library brings does not.
        let used = used(project, "apps/api");
        assert!(used.contains(&"Express") && used.contains(&"pg") && !used.contains(&"Knex"), "{used:?}");
        assert!(systems(project, "apps/api").contains(&"PostgreSQL"));
        assert_eq!(at(project, "apps/api").lines, [("TypeScript", 5)]);
    });
}

#[test]
fn a_row_of_a_manifest_is_a_hint_until_code_imports_it() {
    let files = [
        ("package.json", r#"{ "name": "shop", "dependencies": { "express": "5", "zod": "4", "joi": "17" } }"#),
        ("src/main.ts", SERVER),
        ("src/types.ts", "import type { ZodType } from 'zod';\nexport type Check = ZodType;\n"),
        ("scripts/seed.ts", "import Joi from 'joi';\nJoi.string();\n"),
    ];
    with(&files, |project| {
        let shop = at(project, ".");
        assert!(library(project, shop, "Express").used);
        // A type is gone before anything runs, and nobody but its author runs a script.
        assert!(!library(project, shop, "Zod").used);
        assert!(!library(project, shop, "Joi").used);
        let how: Vec<How> = library(project, shop, "Express").seen.iter().map(|seen| seen.how).collect();
        assert_eq!(how, [How::Imported, How::Declared]);
    });
}

#[test]
fn what_is_loaded_by_name_is_registered() {
    let files = [
        ("requirements.txt", "Django==5.2\ndjangorestframework\npsycopg2-binary\n"),
        ("manage.py", "from django.core.management import execute_from_command_line\nexecute_from_command_line()\n"),
        ("shop/settings.py", "INSTALLED_APPS = [\n    'django.contrib.admin',\n    'rest_framework',\n]\n"),
        (
            "shop/models.py",
            "from django.db import models\n\nclass Item(models.Model):\n    name = models.TextField()\n",
        ),
    ];
    with(&files, |project| {
        let shop = at(project, ".");
        assert_eq!(shop.kind, ServiceKind::Service);
        let rest = library(project, shop, "Django REST framework");
        assert!(rest.used);
        assert_eq!(rest.seen[0].how, How::Registered);
        assert!(systems(project, ".").contains(&"PostgreSQL"));
    });
}

#[test]
fn programs_of_a_module_that_serve_are_services_of_their_own() {
    let serve = |package: &str| {
        format!(
            "package main\n\nimport (\n\t\"net/http\"\n\n\t\"example.com/farm/internal/{package}\"\n)\n\nfunc main() {{\n\thttp.ListenAndServe(\":1\", {package}.Handler())\n}}\n"
        )
    };
    let (barn, field) = (serve("barn"), serve("field"));
    let files = [
        ("go.mod", "module example.com/farm\n\nrequire github.com/redis/go-redis/v9 v9.0.0\n"),
        ("cmd/barn/main.go", barn.as_str()),
        ("cmd/field/main.go", field.as_str()),
        ("cmd/seed/main.go", "package main\n\nfunc main() {}\n"),
        (
            "internal/barn/barn.go",
            "package barn\n\nimport \"github.com/redis/go-redis/v9\"\n\nfunc Handler() any { return redis.NewClient(nil) }\n",
        ),
        ("internal/field/field.go", "package field\n\nfunc Handler() any { return nil }\n"),
    ];
    with(&files, |project| {
        let expected =
            [(".", ServiceKind::Library), ("cmd/barn", ServiceKind::Service), ("cmd/field", ServiceKind::Service)];
        assert_eq!(kinds(project), expected);
        assert!(used(project, "cmd/barn").contains(&"go-redis"));
        assert!(!used(project, "cmd/field").contains(&"go-redis"));
    });
    // The only program of a module is the module.
    let one: Vec<_> = files.iter().filter(|(path, _)| !path.contains("field")).copied().collect();
    with(&one, |project| assert_eq!(kinds(project), [(".", ServiceKind::Service)]));
}

#[test]
fn folders_without_a_manifest_are_found_by_what_stands_in_them() {
    let app = "from flask import Flask\napp = Flask(__name__)\n\nif __name__ == '__main__':\n    app.run()\n";
    let files = [
        ("setup.py", "from setuptools import setup\nsetup(name='cinema', install_requires=['flask'])\n"),
        ("services/movies.py", app),
        ("services/tickets.py", app),
        ("worker/Dockerfile", "FROM python:3.13\nCOPY . .\nCMD [\"python\", \"main.py\"]\n"),
        ("tool.py", "print('hello')\n"),
    ];
    with(&files, |project| {
        assert_eq!(at(project, "services").kind, ServiceKind::Service);
        assert_eq!(at(project, ".").kind, ServiceKind::Tool);
        assert!(used(project, "services").contains(&"Flask"));
    });
    // What no package holds lies as far down as all of it.
    let files = [("backend/manage.py", "import django\n"), ("backend/shop/models.py", "x = 1\n")];
    with(&files, |project| assert_eq!(at(project, "backend").folder, "backend"));
}

#[test]
fn requirements_in_a_folder_of_their_own_belong_to_the_folder_above() {
    let files = [
        ("requirements/base.txt", "fastapi\n"),
        ("app/main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
        ("app/setup.py", "x = 1\n"),
    ];
    with(&files, |project| {
        assert_eq!(kinds(project), [(".", ServiceKind::Service)]);
        let how: Vec<How> = library(project, at(project, "."), "FastAPI").seen.iter().map(|seen| seen.how).collect();
        assert_eq!(how, [How::Imported, How::Declared]);
    });
}

#[test]
fn functions_of_a_manifest_lead_to_their_code() {
    let files = [
        (
            "serverless.yml",
            "service: mail\nprovider:\n  name: aws\n  runtime: nodejs22.x\nfunctions:\n  send:\n    handler: src/send.handler\n    events:\n      - httpApi: 'POST /'\n  built:\n    handler: dist/bounce.run\n  lost:\n    handler: src/nowhere.handler\n  late:\n    handler: ${self:custom.late}\n",
        ),
        ("package.json", r#"{ "name": "mail" }"#),
        (
            "src/send.ts",
            "import { wrap } from './wrap';\nconst send = async (event) => event;\nexport const handler = wrap(send);\n",
        ),
        ("src/bounce.ts", "export { bounce as run } from './inner';\n"),
        ("src/inner.ts", "export async function bounce(event) {}\n"),
        ("src/wrap.ts", "export const wrap = (inner) => inner;\n"),
    ];
    with(&files, |project| {
        assert_eq!(at(project, ".").kind, ServiceKind::Functions);
        let named = |text: &str| Some(text.to_owned());
        let expected = [
            ("send".to_owned(), named("src/send.ts"), named("send")),
            ("built".to_owned(), named("src/bounce.ts"), named("bounce")),
            ("lost".to_owned(), None, None),
            ("late".to_owned(), None, None),
        ];
        assert_eq!(handlers(project, "."), expected);
    });
}

#[test]
fn the_code_of_functions_belongs_to_the_template_above_it() {
    let files = [
        (
            "orders/template.yaml",
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Orders:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: src/\n      Handler: app.lambda_handler\n      Runtime: python3.13\n",
        ),
        ("orders/src/requirements.txt", "psycopg2-binary\n"),
        ("orders/src/app.py", "import psycopg2\n\ndef lambda_handler(event, context):\n    psycopg2.connect('')\n"),
    ];
    with(&files, |project| {
        assert_eq!(kinds(project), [("orders", ServiceKind::Functions)]);
        let handlers = handlers(project, "orders");
        assert_eq!(handlers[0].2.as_deref(), Some("lambda_handler"));
    });
}

#[test]
fn compose_ties_databases_to_what_it_builds() {
    let files = [
        ("compose.yaml", "services:\n  cart:\n    build: ./cart\n  store:\n    image: docker.io/library/postgres:17\n"),
        ("cart/package.json", r#"{ "name": "cart", "dependencies": { "express": "5" } }"#),
        ("cart/Dockerfile", "FROM node:22\nCOPY . .\nCMD [\"node\", \"main.js\"]\n"),
        ("cart/main.js", SERVER),
        ("user/package.json", r#"{ "name": "user", "dependencies": { "express": "5" } }"#),
        ("user/main.js", SERVER),
    ];
    with(&files, |project| {
        assert!(systems(project, "cart").contains(&"PostgreSQL"));
        assert!(!systems(project, "user").contains(&"PostgreSQL"));
        assert_eq!(at(project, "cart").deployments.len(), 2);
        assert!(at(project, "user").deployments.is_empty());
    });
}

#[test]
fn crates_that_are_one_program_are_one_part() {
    let member = |name: &str, rows: &str| format!("[package]\nname = \"{name}\"\n\n[dependencies]\n{rows}");
    let (api, db, web) = (
        member("api", "db = { path = \"../db\" }\n"),
        member("db", ""),
        member("web", "axum = \"0.8\"\napi = { path = \"../api\" }\n"),
    );
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
        ("crates/api/Cargo.toml", api.as_str()),
        ("crates/api/src/lib.rs", "pub fn list() { db::load() }\n"),
        ("crates/db/Cargo.toml", db.as_str()),
        ("crates/db/src/lib.rs", "pub fn load() {}\n"),
        ("crates/web/Cargo.toml", web.as_str()),
        (
            "crates/web/src/main.rs",
            "use axum::Router;\n\n#[tokio::main]\nasync fn main() {\n    api::list();\n    axum::serve(listener(), Router::new()).await\n}\n",
        ),
    ];
    with(&files, |project| assert_eq!(kinds(project), [(".", ServiceKind::Service)]));
}

#[test]
fn packages_that_import_each_other_are_told_apart() {
    let files = [
        ("package.json", r#"{ "name": "ring", "workspaces": ["*"] }"#),
        ("a/package.json", r#"{ "name": "a", "main": "index.js", "dependencies": { "b": "workspace:*" } }"#),
        ("a/index.js", "import { two } from 'b';\nexport const one = () => two;\n"),
        ("b/package.json", r#"{ "name": "b", "main": "index.js", "dependencies": { "a": "workspace:*" } }"#),
        ("b/index.js", "import { one } from 'a';\nexport const two = () => one;\n"),
        ("pyproject.toml", "[project]\nname = \"loop\"\n"),
        ("requirements.txt", "-r requirements.txt\n"),
        ("tsconfig.json", r#"{ "extends": "./tsconfig.json" }"#),
        ("loop.py", "import loop\n"),
    ];
    with(&files, |project| {
        assert_eq!(at(project, "a").kind, ServiceKind::Library);
        assert_eq!(at(project, "b").kind, ServiceKind::Library);
        assert_eq!(at(project, "a").uses.len(), 1);
    });
}

#[test]
fn a_row_around_a_library_says_nothing_of_it() {
    let files = [
        ("go.mod", "module example.com/farm\n\nrequire golang.org/x/net v0.40.0\n"),
        ("main.go", "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":1\", nil) }\n"),
        ("py/pyproject.toml", "[project]\nname = \"mill\"\ndependencies = [\"boto3\", \"fastapi\"]\n"),
        ("py/main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
    ];
    with(&files, |project| {
        let names = |folder: &str| -> Vec<String> {
            let libraries = at(project, folder).libraries.iter();
            libraries.map(|one| project.catalogue().library(one.library).name.clone()).collect()
        };
        assert!(!names(".").iter().any(|name| name.contains("websocket")), "{:?}", names("."));
        assert!(!names("py").iter().any(|name| name == "DynamoDB"), "{:?}", names("py"));
        assert!(names("py").iter().any(|name| name == "FastAPI"));
    });
}

#[test]
fn rows_of_a_front_end_count_where_its_sources_are_not_read() {
    let files = [
        (
            "web/package.json",
            r#"{ "name": "web", "scripts": { "dev": "vite dev" }, "devDependencies": { "@sveltejs/kit": "2", "svelte": "5", "vite": "7" } }"#,
        ),
        ("web/src/routes/+page.svelte", "<h1>Trees</h1>\n"),
        ("web/src/lib/Tree.svelte", "<p>Tree</p>\n"),
    ];
    with(&files, |project| {
        assert_eq!(kinds(project), [("web", ServiceKind::FrontEnd)]);
        assert_eq!(at(project, "web").lines, [("Svelte", 2)]);
        assert!(used(project, "web").contains(&"SvelteKit") && used(project, "web").contains(&"Svelte"));
    });
}

#[test]
fn what_is_made_for_others_is_no_service() {
    let files = [
        (
            "plugin/package.json",
            r#"{ "name": "plugin", "main": "lib/index.js", "scripts": { "watch": "tsc -w" }, "dependencies": { "@nestjs/common": "11" } }"#,
        ),
        ("plugin/src/index.ts", "import { Module } from '@nestjs/common';\n@Module({})\nexport class Plugin {}\n"),
        (
            "parts/package.json",
            r#"{ "name": "parts", "main": "dist/index.js", "scripts": { "dev": "tsup --watch" }, "dependencies": { "react-dom": "19" } }"#,
        ),
        ("parts/src/button.tsx", "import { createPortal } from 'react-dom';\nexport const Button = () => <p />;\n"),
        ("sdk/ruby/Gemfile", "gem 'json'\n"),
        ("sdk/ruby/lib/shop.rb", "module Shop\nend\n"),
        ("shop-cli/package.json", r#"{ "name": "shop-cli", "dependencies": { "@nestjs/common": "11" } }"#),
        ("shop-cli/src/index.ts", "import { Injectable } from '@nestjs/common';\n@Injectable()\nexport class Ask {}\n"),
    ];
    with(&files, |project| {
        let expected = [
            ("parts", ServiceKind::Library),
            ("plugin", ServiceKind::Library),
            ("sdk/ruby", ServiceKind::Library),
            ("shop-cli", ServiceKind::Tool),
        ];
        assert_eq!(kinds(project), expected);
    });
}

#[test]
fn what_tests_and_generators_import_is_not_in_use() {
    let files = [
        ("Cargo.toml", "[package]\nname = \"barn\"\n\n[dependencies]\naxum = \"0.8\"\nredis = \"1\"\nsqlx = \"0.8\"\n"),
        (
            "src/main.rs",
            "use axum::Router;\n\nasync fn main() {\n    axum::serve(listener(), Router::new()).await\n}\n\n#[cfg(test)]\nmod tests {\n    use redis::Client;\n\n    #[test]\n    fn one() {\n        sqlx::query(\"select 1\");\n    }\n}\n",
        ),
        ("tool/go.mod", "module example.com/tool\n\nrequire github.com/redis/go-redis/v9 v9.0.0\n"),
        (
            "tool/gen.go",
            "//go:build ignore\n\npackage main\n\nimport \"github.com/redis/go-redis/v9\"\n\nfunc main() { redis.NewClient(nil) }\n",
        ),
        ("tool/main.go", "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":1\", nil) }\n"),
    ];
    with(&files, |project| {
        let barn = used(project, ".");
        assert!(barn.contains(&"Axum"), "{barn:?}");
        assert!(
            !barn.iter().any(|name| name.to_lowercase().contains("redis") || name.to_lowercase().contains("sqlx")),
            "{barn:?}"
        );
        assert!(!used(project, "tool").contains(&"go-redis"));
    });
}

#[test]
fn contracts_and_images_above_the_only_service_are_its_own() {
    let files = [
        ("server/openapi.json", r#"{ "openapi": "3.1.0", "paths": { "/trees": { "get": {} } } }"#),
        ("server/Dockerfile", "FROM node:22\nCOPY . .\nCMD [\"node\", \"main.js\"]\n"),
        ("server/orchard_api/package.json", r#"{ "name": "orchard", "dependencies": { "express": "5" } }"#),
        ("server/orchard_api/main.js", SERVER),
        ("web/package.json", r#"{ "name": "web", "scripts": { "start": "x" }, "dependencies": { "express": "5" } }"#),
        ("web/main.js", SERVER),
        (".devcontainer/compose.yaml", "services:\n  store:\n    image: postgres:17\n"),
        (
            ".github/workflows/stale.yml",
            "on: schedule\njobs:\n  stale:\n    runs-on: x\n    steps:\n      - uses: actions/stale@v9\n",
        ),
    ];
    with(&files, |project| {
        let api = at(project, "server/orchard_api");
        assert!(api.manifests.iter().any(|file| project.file(*file).path == "server/openapi.json"));
        assert!(!api.deployments.is_empty() && at(project, "web").deployments.is_empty());
        assert!(!systems(project, "web").contains(&"PostgreSQL"));
        assert!(!systems(project, "web").contains(&"GitHub Actions"));
    });
}

#[test]
fn of_a_crate_only_what_is_named_comes_along() {
    let files = [
        (
            "barn/Cargo.toml",
            "[package]\nname = \"barn\"\n\n[dependencies]\naxum = \"0.8\"\nstore = { path = \"../store\" }\n",
        ),
        (
            "barn/src/main.rs",
            "use axum::Router;\nuse store::config::Config;\n\nasync fn main() {\n    Config::new();\n    axum::serve(listener(), Router::new()).await\n}\n",
        ),
        ("store/Cargo.toml", "[package]\nname = \"store\"\n\n[dependencies]\nsqlx = \"0.8\"\n"),
        ("store/src/lib.rs", "pub mod config;\npub mod rows;\n"),
        ("store/src/config.rs", "pub struct Config;\n"),
        ("store/src/rows.rs", "use sqlx::PgPool;\n\npub fn rows(pool: &PgPool) {}\n"),
    ];
    with(&files, |project| {
        let names = used(project, "barn");
        assert!(!names.iter().any(|name| name.to_lowercase().contains("sqlx")), "{names:?}");
        assert_eq!(at(project, "barn").uses.len(), 1);
    });
}

#[test]
fn hundreds_of_parts_that_lead_to_each_other_are_listed() {
    let mut files = Vec::new();
    for index in 0..800 {
        let next = (index + 1) % 800;
        files.push((format!("p{index}/package.json"), format!(r#"{{ "name": "p{index}", "main": "i.js" }}"#)));
        files.push((
            format!("p{index}/i.js"),
            format!("import 'p{next}';\nimport express from 'express';\nexpress().listen(1);\n"),
        ));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    with(&files, |project| assert_eq!(project.services().len(), 800));
}
