//! Functions of platforms that code describes, and the code behind each.

use backlint::manifests::Trigger;
use backlint::model::ServiceKind;

use crate::services::{at, handlers, kinds, with};

/// Name, file and function of each handler of a part, in one line.
fn shown(files: &[(&str, &str)], folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    with(files, |project| {
        let or_lost = |text: Option<String>| text.unwrap_or("?".to_owned());
        let all = handlers(project, folder).into_iter();
        found = all.map(|(name, file, function)| format!("{name} {} {}", or_lost(file), or_lost(function))).collect();
    });
    found
}

const PACKAGE: &str = r#"{ "name": "parcels", "devDependencies": { "aws-cdk-lib": "^2.200.0" } }"#;

#[test]
fn constructs_lead_to_the_code_that_they_pack() {
    let files = [
        ("package.json", PACKAGE),
        ("cdk.json", r#"{ "app": "npx ts-node bin/app.ts" }"#),
        (
            "lib/parcel-stack.ts",
            r#"
import * as path from 'path';
import { Stack, aws_lambda as fn } from 'aws-cdk-lib';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LambdaRestApi } from 'aws-cdk-lib/aws-apigateway';

const shared = { runtime: fn.Runtime.NODEJS_22_X };
const folder = 'weigh' + 'ing';

export class ParcelStack extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const track = new lambda.Function(this, 'track', {
      ...shared, code: lambda.Code.fromAsset(path.join(__dirname, '..', 'code')), handler: 'track.run',
    });
    new LambdaRestApi(this, 'api', { handler: track });
    new NodejsFunction(this, 'label', { entry: `src/${folder}/label.ts` });
    new NodejsFunction(this, 'sort', {});
    new fn.Function(this, 'inline', { code: fn.Code.fromInline('exports.run = () => {}'), handler: 'index.run' });
    new fn.Function(this, 'later', { code: fn.Code.fromAsset(process.env.CODE || 'code'), handler: 'track.run' });
    new fn.Function(this, 'handed', props.handed);
  }
}
"#,
        ),
        ("lib/parcel-stack.sort.ts", "export async function handler(event) {}\n"),
        ("code/track.ts", "export const run = async (event) => event;\n"),
        ("src/weighing/label.ts", "export const handler = async (event) => event;\n"),
    ];
    let expected = [
        "track code/track.ts run",
        "label src/weighing/label.ts handler",
        "sort lib/parcel-stack.sort.ts handler",
        "inline ? ?",
        "later ? ?",
        "handed ? ?",
    ];
    assert_eq!(shown(&files, "."), expected);
    with(&files, |project| {
        assert_eq!(at(project, ".").kind, ServiceKind::Functions);
        assert_eq!(at(project, ".").handlers[0].triggers, [Trigger::Http]);
    });
}

#[test]
fn a_package_of_functions_is_apart_from_what_describes_it() {
    let files = [
        ("infra/package.json", PACKAGE),
        ("infra/cdk.json", "{}"),
        (
            "infra/stack.ts",
            "import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';\nexport const make = (scope) => new NodejsFunction(scope, 'weigh', { entry: '../weigh/src/main.ts', handler: 'weigh' });\n",
        ),
        ("weigh/package.json", r#"{ "name": "weigh", "main": "src/main.ts" }"#),
        ("weigh/src/main.ts", "export const weigh = async (event) => event;\n"),
    ];
    with(&files, |project| {
        assert_eq!(kinds(project), [("infra", ServiceKind::Tool), ("weigh", ServiceKind::Functions)]);
    });
    assert_eq!(shown(&files, "weigh"), ["weigh weigh/src/main.ts weigh"]);
}

#[test]
fn constructs_of_python_and_go_lead_to_their_code() {
    let python = [
        ("requirements.txt", "aws-cdk-lib\n"),
        ("cdk.json", "{}"),
        (
            "stacks/parcels.py",
            r#"
import os
from pathlib import Path
from aws_cdk import Stack, aws_lambda as lambda_
from aws_cdk.aws_lambda_python_alpha import PythonFunction

HERE = os.path.dirname(__file__)
COMMON = {"runtime": lambda_.Runtime.PYTHON_3_13, "handler": "app.weigh"}

class Parcels(Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        lambda_.Function(self, "track", handler="app.track", code=lambda_.Code.from_asset(os.path.join(HERE, "../code")))
        lambda_.Function(self, "weigh", code=lambda_.Code.from_asset("code"), **COMMON)
        PythonFunction(self, "label", entry=str(Path(__file__).parent.parent / "labels"), index="label.py")
        self.add("other", "app.track")

    def add(self, name, handler):
        lambda_.Function(self, name, handler=handler, code=lambda_.Code.from_asset("code"))
"#,
        ),
        ("code/app.py", "def track(event, context):\n    pass\n\ndef weigh(event, context):\n    pass\n"),
        ("labels/label.py", "def handler(event, context):\n    pass\n"),
    ];
    let expected = ["track code/app.py track", "weigh code/app.py weigh", "label labels/label.py handler", "? ? ?"]
        .map(str::to_owned);
    let found = shown(&python, ".");
    assert_eq!(found[..3], expected[..3]);
    assert!(found[3].ends_with("? ?"), "{found:?}");
    let go = [
        ("infra/go.mod", "module acme.test/infra\n\nrequire github.com/aws/aws-cdk-go/awscdk/v2 v2.200.0\n"),
        ("infra/cdk.json", "{}"),
        (
            "infra/main.go",
            r#"package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdklambdagoalpha/v2"
	"github.com/aws/jsii-runtime-go"
)

func stack(scope constructs.Construct) {
	awslambda.NewFunction(scope, jsii.String("track"), &awslambda.FunctionProps{
		Handler: jsii.String("app.track"),
		Code:    awslambda.Code_FromAsset(jsii.String("code"), nil),
	})
	awscdklambdagoalpha.NewGoFunction(scope, jsii.String("weigh"), &awscdklambdagoalpha.GoFunctionProps{
		Entry: jsii.String("../weigh"),
	})
}
"#,
        ),
        ("infra/code/app.py", "def track(event, context):\n    pass\n"),
        ("weigh/go.mod", "module acme.test/weigh\n\nrequire github.com/aws/aws-lambda-go v1.47.0\n"),
        (
            "weigh/main.go",
            "package main\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\nfunc weigh() error { return nil }\n\nfunc main() {\n\tlambda.Start(weigh)\n}\n",
        ),
    ];
    assert_eq!(shown(&go, "infra"), ["track infra/code/app.py track"]);
    assert_eq!(shown(&go, "weigh"), ["weigh weigh/main.go weigh"]);
}

#[test]
fn routes_subscriptions_and_schedules_lead_to_functions() {
    let run = "export const run = async (event) => event;\n";
    let files = [
        ("package.json", r#"{ "name": "bakery", "workspaces": ["packages/*"], "dependencies": { "sst": "3.17.0" } }"#),
        (
            "sst.config.ts",
            "export default $config({ async run() { await import('./infra/api'); await import('./infra/jobs'); } });\n",
        ),
        (
            "infra/api.ts",
            r#"
export const api = new sst.aws.ApiGatewayV2("Api").route("GET /loaves", "packages/functions/src/loaves.run");
api.route("POST /loaves", { handler: "./packages/functions/src/order.run" });
new sst.aws.Function("Oven", { handler: "packages/functions/src/oven.run", timeout: "1 minute" });
new sst.aws.Function("Cellar", { handler: "packages/functions/src/cellar.run" });
"#,
        ),
        (
            "infra/jobs.ts",
            r#"
import { api } from "./api";
new sst.aws.Cron("Nightly", { schedule: "rate(1 day)", job: "packages/functions/src/clean.run" });
const queue = new sst.aws.Queue("Orders");
queue.subscribe("packages/functions/src/bake.run");
api.route("GET /", "packages/functions/src/home.run");
events.subscribe("loaf.baked");
"#,
        ),
        ("packages/functions/package.json", r#"{ "name": "functions" }"#),
        ("packages/functions/src/loaves.ts", run),
        ("packages/functions/src/order.ts", run),
        ("packages/functions/src/oven.ts", run),
        ("packages/functions/src/clean.ts", run),
        ("packages/functions/src/bake.ts", run),
        ("packages/functions/src/home.ts", run),
    ];
    let mut found = shown(&files, "packages/functions");
    found.sort();
    let expected = [
        "GET / packages/functions/src/home.ts run",
        "GET /loaves packages/functions/src/loaves.ts run",
        "Nightly packages/functions/src/clean.ts run",
        "Oven packages/functions/src/oven.ts run",
        "POST /loaves packages/functions/src/order.ts run",
        "packages/functions/src/bake.run packages/functions/src/bake.ts run",
    ];
    assert_eq!(found, expected);
    assert_eq!(shown(&files, "."), ["Cellar ? ?"]);
    with(&files, |project| {
        let functions = at(project, "packages/functions");
        assert_eq!(functions.kind, ServiceKind::Functions);
        let of = |name: &str| functions.handlers.iter().find(|one| one.name == name).map(|one| one.triggers.clone());
        assert_eq!(of("Nightly"), Some(vec![Trigger::Schedule]));
        assert_eq!(of("GET /"), Some(vec![Trigger::Http]));
    });
}

#[test]
fn stacks_hold_functions_in_maps_of_routes() {
    let files = [
        ("package.json", r#"{ "name": "bakery", "dependencies": { "sst": "2.49.0" } }"#),
        (
            "sst.config.ts",
            "import { Bakery } from './stacks/bakery';\nexport default { stacks(app) { app.stack(Bakery); } };\n",
        ),
        (
            "stacks/bakery.ts",
            r#"
import { Api, Cron, Function, Queue } from "sst/constructs";

export function Bakery({ stack }) {
  const api = new Api(stack, "api", {
    defaults: { function: { timeout: 20 } },
    routes: {
      "GET /loaves": "src/loaves.list",
      "POST /loaves": { function: { handler: "src/loaves.order" } },
    },
  });
  api.addRoutes(stack, { "GET /": "src/loaves.home" });
  new Cron(stack, "nightly", { schedule: "rate(1 day)", job: "src/clean.run" });
  new Queue(stack, "orders", { consumer: { function: "src/bake.run" } });
  const oven = new Function(stack, "oven", { handler: "src/loaves.bake" });
}
"#,
        ),
        (
            "src/loaves.ts",
            "export const list = async () => [];\nexport const order = async () => {};\nexport const home = async () => {};\nexport const bake = async () => {};\n",
        ),
        ("src/clean.ts", "export const run = async () => {};\n"),
        ("src/bake.ts", "export const run = async () => {};\n"),
    ];
    let mut found = shown(&files, ".");
    found.sort();
    let expected = [
        "GET / src/loaves.ts home",
        "GET /loaves src/loaves.ts list",
        "POST /loaves src/loaves.ts order",
        "nightly src/clean.ts run",
        "orders src/bake.ts run",
        "oven src/loaves.ts bake",
    ];
    assert_eq!(found, expected);
}

#[test]
fn names_that_other_libraries_share_describe_nothing() {
    let files = [
        ("package.json", r#"{ "name": "parcels", "dependencies": { "express": "^5.0.0" } }"#),
        (
            "src/main.ts",
            "import express from 'express';\nimport { Function } from './functions';\nconst app = express();\nnew Function(app, 'x', { handler: 'src/x.run' });\napp.route('src/x.run');\nbus.subscribe('src/x.run');\napp.listen(80);\n",
        ),
        ("src/functions.ts", "export class Function {}\n"),
        ("src/x.ts", "export const run = () => {};\n"),
    ];
    with(&files, |project| assert_eq!(at(project, ".").kind, ServiceKind::Service));
    assert!(shown(&files, ".").is_empty());
}

#[test]
fn a_name_and_an_import_give_a_function_away() {
    let files = [
        ("mail/package.json", r#"{ "name": "mail", "devDependencies": { "@types/aws-lambda": "^8.10.0" } }"#),
        (
            "mail/src/send.ts",
            "import type { SQSHandler } from 'aws-lambda';\nimport { handler as inner } from './inner';\nexport const handler: SQSHandler = async (event) => inner(event);\n",
        ),
        // Others import it: it is theirs.
        (
            "mail/src/inner.ts",
            "import type { SQSEvent } from 'aws-lambda';\nexport async function handler(event: SQSEvent) {}\n",
        ),
        // A name alone.
        ("mail/src/click.ts", "export const handler = async (event) => event;\n"),
        ("bounce/requirements.txt", "aws-lambda-typing\n"),
        (
            "bounce/app.py",
            "from aws_lambda_typing import context as context_\n\ndef lambda_handler(event: dict, context: context_.Context):\n    pass\n",
        ),
        ("plain/requirements.txt", "requests\n"),
        ("plain/app.py", "import requests\n\ndef lambda_handler(event, context):\n    requests.get(event['url'])\n"),
        ("weigh/go.mod", "module acme.test/weigh\n\nrequire github.com/aws/aws-lambda-go v1.47.0\n"),
        (
            "weigh/main.go",
            "package main\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\nfunc weigh() error { return nil }\n\nfunc main() {\n\tlambda.Start(weigh)\n}\n",
        ),
    ];
    assert_eq!(shown(&files, "mail"), ["send mail/src/send.ts handler"]);
    assert_eq!(shown(&files, "bounce"), ["bounce bounce/app.py lambda_handler"]);
    assert_eq!(shown(&files, "weigh"), ["weigh weigh/main.go weigh"]);
    assert!(shown(&files, "plain").is_empty());
    with(&files, |project| {
        let expected = [
            ("bounce", ServiceKind::Functions),
            ("mail", ServiceKind::Functions),
            ("plain", ServiceKind::Tool),
            ("weigh", ServiceKind::Functions),
        ];
        assert_eq!(kinds(project), expected);
    });
}
