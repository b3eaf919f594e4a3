//! What counts as a start: which folders are services, functions or tools, and where they begin.

use backlint::model::ServiceKind;

use crate::services::{at, kinds, systems, with};

#[test]
fn who_calls_what_starts_an_application_elsewhere_is_a_service() {
    let core = "import { NestFactory } from '@nestjs/core';\nimport { AppModule } from './module';\n\
                export async function raise(config: object) {\n  return make(config);\n}\n\
                async function make(config: object) {\n  const app = await NestFactory.create(AppModule, config);\n  \
                await app.listen(80);\n  return app;\n}\n";
    let files = [
        ("package.json", r#"{ "name": "harbour", "workspaces": ["packages/*"] }"#),
        (
            "packages/core/package.json",
            r#"{ "name": "@harbour/core", "main": "dist/index.js", "dependencies": { "@nestjs/core": "11" } }"#,
        ),
        ("packages/core/src/index.ts", "export * from './raise';\n"),
        ("packages/core/src/raise.ts", core),
        ("packages/core/src/module.ts", "export class AppModule {}\n"),
        (
            "packages/quay/package.json",
            r#"{ "name": "quay", "main": "index.js", "dependencies": { "@harbour/core": "1" } }"#,
        ),
        (
            "packages/quay/index.ts",
            "import { raise } from '@harbour/core';\nimport { config } from './config';\n\
             prepare().then(() => raise(config));\nasync function prepare() {}\n",
        ),
        ("packages/quay/config.ts", "export const config = {};\n"),
        (
            "packages/probe/package.json",
            r#"{ "name": "@harbour/probe", "main": "index.js", "dependencies": { "@harbour/core": "1" } }"#,
        ),
        // What is offered to tests starts nothing by itself.
        (
            "packages/probe/index.ts",
            "import { raise } from '@harbour/core';\nexport class Probe {\n  start() {\n    return raise({});\n  }\n}\n",
        ),
    ];
    with(&files, |project| {
        let expected = [
            ("packages/core", ServiceKind::Library),
            ("packages/probe", ServiceKind::Library),
            ("packages/quay", ServiceKind::Service),
        ];
        assert_eq!(kinds(project), expected);
        let face = project.face(at(project, "packages/quay")).expect("it begins");
        assert_eq!(project.file(face.file).path, "packages/quay/index.ts");
    });
}

#[test]
fn an_import_of_a_framework_starts_nothing() {
    let files = [
        ("shop/pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"flask\"]\n"),
        ("shop/app.py", "from flask import Flask\n\napp = Flask(__name__)\n"),
        (
            "plugins/tally/setup.py",
            "from setuptools import setup\n\nsetup(name=\"tally\", install_requires=[\"shop\"])\n",
        ),
        (
            "plugins/tally/tally/plugin.py",
            "from flask import current_app\n\n\nclass Tally:\n    def __init__(self):\n        self.host = current_app.config[\"HOST\"]\n",
        ),
    ];
    with(&files, |project| {
        assert_eq!(kinds(project), [("plugins/tally", ServiceKind::Library), ("shop", ServiceKind::Service)]);
    });
}

#[test]
fn a_program_of_a_command_line_starts_no_application_that_it_reaches() {
    let files = [
        ("package.json", r#"{ "name": "mill", "workspaces": ["packages/*"] }"#),
        (
            "packages/kit/package.json",
            r#"{ "name": "@mill/kit", "main": "src/index.ts", "dependencies": { "express": "5" } }"#,
        ),
        (
            "packages/kit/src/index.ts",
            "import express from 'express';\nexport function flows() {\n  return [];\n}\nexport const server = express();\n",
        ),
        (
            "packages/diagrams/package.json",
            r#"{ "name": "diagrams", "bin": { "diagrams": "dist/index.js" }, "scripts": { "start": "tsx src/index.ts" } }"#,
        ),
        ("packages/diagrams/src/index.ts", "import { flows } from '@mill/kit';\nconsole.log(flows());\n"),
    ];
    with(&files, |project| {
        assert_eq!(at(project, "packages/diagrams").kind, ServiceKind::Tool);
    });
}

#[test]
fn what_a_platform_alone_calls_is_functions_whoever_describes_it() {
    let files = [
        // Described in code, so no manifest names the functions.
        ("alarm/cdk.json", r#"{ "app": "npx tsx bin/app.ts" }"#),
        (
            "alarm/package.json",
            r#"{ "name": "alarm", "dependencies": { "aws-cdk-lib": "2" }, "devDependencies": { "@types/aws-lambda": "8" } }"#,
        ),
        ("alarm/bin/app.ts", "import { App } from 'aws-cdk-lib';\nnew App();\n"),
        (
            "alarm/lambda/ring.ts",
            "import { SNSEvent } from 'aws-lambda';\nexport const handler = async (event: SNSEvent) => event.Records.length;\n",
        ),
        ("network/cdk.json", r#"{ "app": "npx tsx bin/app.ts" }"#),
        ("network/package.json", r#"{ "name": "network", "dependencies": { "aws-cdk-lib": "2" } }"#),
        ("network/bin/app.ts", "import { App } from 'aws-cdk-lib';\nnew App();\n"),
        (
            "worker/package.json",
            r#"{ "name": "worker", "scripts": { "start": "wrangler dev", "deploy": "wrangler deploy --minify" }, "dependencies": { "hono": "4" } }"#,
        ),
        ("worker/wrangler.toml.template", "name = \"worker\"\nmain = \"src/main.ts\"\n"),
        (
            "worker/src/main.ts",
            "import { Hono } from 'hono';\nconst app = new Hono();\nasync function scheduled() {}\n\
             export default { fetch: app.fetch, scheduled };\n",
        ),
    ];
    with(&files, |project| {
        let expected =
            [("alarm", ServiceKind::Functions), ("network", ServiceKind::Tool), ("worker", ServiceKind::Functions)];
        assert_eq!(kinds(project), expected);
        let systems = systems(project, "worker");
        assert!(systems.contains(&"Cloudflare Cron Triggers"), "{systems:?}");
    });
}

#[test]
fn a_service_begins_where_the_whole_application_is_made() {
    let files = [
        ("shop/requirements.txt", "flask\nflask-restx\n"),
        (
            "shop/wall/__init__.py",
            "from flask import Flask\n\n\nclass Wall(Flask):\n    pass\n\n\ndef create_app():\n    return Wall(__name__)\n",
        ),
        ("shop/wall/api/__init__.py", "from flask_restx import Api\n\napi = Api()\n"),
        ("post/go.mod", "module example.com/post\n\nrequire github.com/labstack/echo/v4 v4.13.0\n"),
        (
            "post/cmd/boxes.go",
            "package main\n\nimport \"github.com/labstack/echo/v4\"\n\nfunc empty(c echo.Context) error {\n\tgo box.Start()\n\treturn nil\n}\n",
        ),
        (
            "post/cmd/init.go",
            "package main\n\nimport \"github.com/labstack/echo/v4\"\n\nfunc raise() {\n\te := echo.New()\n\te.Start(\":80\")\n}\n",
        ),
        ("post/cmd/main.go", "package main\n\nfunc main() {\n\traise()\n}\n"),
    ];
    with(&files, |project| {
        let face = |folder| {
            let place = project.face(at(project, folder)).expect("it begins");
            project.file(place.file).path.as_str()
        };
        assert_eq!(face("post"), "post/cmd/init.go");
        assert_eq!(face("shop"), "shop/wall/__init__.py");
    });
}

#[test]
fn only_what_is_shown_to_be_a_router_declares_routes() {
    let files = [
        ("shop/package.json", r#"{ "name": "shop", "dependencies": { "express": "5", "axios": "1" } }"#),
        (
            "shop/src/main.js",
            "const express = require('express');\nconst axios = require('axios');\nconst orders = require('./orders');\n\
             const app = express();\nconst kept = new Map();\napp.use('/orders', orders);\napp.get('/', home);\n\
             app.get('env');\naxios.post('/audit', home);\nkept.get('/', home);\nfunction home() {}\napp.listen(80);\n",
        ),
        (
            "shop/src/orders.js",
            "const router = require('express').Router();\nrouter.post('/', add);\nrouter.route('/:id').get(one).put(add);\n\
             function add() {}\nfunction one() {}\nmodule.exports = router;\n",
        ),
        ("till/requirements.txt", "flask\n"),
        (
            "till/app.py",
            "from flask import Blueprint, Flask, request\n\nbills = Blueprint(\"bills\", __name__)\n\n\n@bills.route(\"/bills\")\n\
             def all_bills():\n    return request.args.get(\"page\", 1)\n\n\ndef create_app():\n    app = Flask(__name__)\n\n    \
             @app.get(\"/\")\n    def home():\n        return \"\"\n\n    return app\n",
        ),
        // A way of its own to declare routes: two of them are not all.
        ("mint/package.json", r#"{ "name": "mint", "dependencies": { "express": "5" } }"#),
        (
            "mint/src/main.ts",
            "import express from 'express';\nconst app = express();\napp.get('/', (q, s) => s.end());\napp.listen(80);\n",
        ),
        (
            "mint/src/coins.ts",
            "export class Base {\n  get(path: string, answer: object) {}\n}\nexport class Coins extends Base {\n  constructor() {\n    \
             super();\n    this.get('/coins', this.all);\n    this.get('/coins/new', this.one);\n  }\n  all() {}\n  one() {}\n}\n",
        ),
        ("page/package.json", r#"{ "name": "page", "dependencies": { "next": "16" } }"#),
        (
            "page/app/notes/route.ts",
            "import { NextResponse } from 'next/server';\nexport async function GET() {\n  return NextResponse.json([]);\n}\n\
             export const POST = async () => NextResponse.json({});\n",
        ),
    ];
    with(&files, |project| {
        let routes: Vec<_> =
            project.services().iter().map(|one| (one.shown_folder(), project.all_routes(one))).collect();
        assert_eq!(routes, [("mint", None), ("page", Some(2)), ("shop", Some(4)), ("till", Some(2))]);
    });
}
