//! Platforms, their functions and pipelines: texts to facts.

use backlint::manifests::{ManifestFacts, Part, Trigger};

use super::facts;

/// "kind name key=value .."
fn resources(facts: &ManifestFacts) -> Vec<String> {
    let shown = facts.resources.iter().map(|resource| {
        let attributes = resource.attributes.iter().map(|(key, value)| format!(" {key}={value}"));
        format!("{} {}{}", resource.kind, resource.name, attributes.collect::<String>())
    });
    shown.collect()
}

/// "postgres 16 Production"
fn versions(facts: &ManifestFacts) -> Vec<String> {
    facts.versions.iter().map(|version| format!("{} {} {:?}", version.of, version.value, version.part)).collect()
}

/// "name: line"
fn commands(facts: &ManifestFacts) -> Vec<String> {
    facts.commands.iter().map(|command| format!("{}: {}", command.name, command.line)).collect()
}

/// "name handler runtime code source memory timeout triggers", with `-` for what is not said.
fn functions(facts: &ManifestFacts) -> Vec<String> {
    let shown = facts.functions.iter().map(|function| {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let mut words = vec![
            function.name.clone(),
            text(&function.handler),
            text(&function.runtime),
            text(&function.code),
            text(&function.source),
            number(function.memory),
            number(function.timeout),
        ];
        words.extend(function.triggers.iter().map(|trigger| format!("{trigger:?}")));
        words.extend(function.warm.then(|| "warm".to_owned()));
        words.join(" ")
    });
    shown.collect()
}

#[test]
fn serverless() {
    let text = r#"
service: shop
custom:
  memory: 512
  wsgi: { app: shop/web.app }
provider:
  name: aws
  runtime: python3.12
  memorySize: ${self:custom.memory}
  timeout: ${opt:timeout, 20}
plugins: [serverless-wsgi]
functions:
  - ${file(functions/jobs.yml)}
  - web:
      handler: wsgi_handler.handler
      events: [httpApi: "*"]
      snapStart: true
    orders:
      handler: src/orders.handle
      runtime: nodejs20.x
      timeout: 5
      package: { artifact: dist/orders.zip }
      events:
        - sqs: arn
        - schedule: rate(1 day)
        - eventBridge: { schedule: rate(1 day) }
        - stream: arn
        - s3: bucket
      url: true
    packed:
      image: shop-packed
resources:
  Resources:
    Orders: { Type: AWS::DynamoDB::Table, Properties: { BillingMode: PROVISIONED } }
"#;
    let facts = facts("api/serverless.yml", text);
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    assert_eq!(facts.name.as_deref(), Some("shop"));
    assert_eq!(
        functions(&facts),
        [
            "web shop/web.app python3.12 - - 512 20 Http warm",
            "orders src/orders.handle nodejs20.x dist/orders.zip - 512 5 Queue Schedule Stream Other Http",
            "packed - python3.12 - - 512 20",
        ]
    );
    assert_eq!(facts.includes[0].path, "functions/jobs.yml");
    assert_eq!(versions(&facts), ["python 3.12 Production", "node 20 Production"]);
    assert_eq!(
        resources(&facts),
        [
            "provider aws runtime=python3.12 memorySize=512 timeout=20",
            "plugin serverless-wsgi",
            "SnapStart web",
            "AWS::DynamoDB::Table Orders BillingMode=PROVISIONED",
        ]
    );
    let span = facts.functions[1].span;
    assert_eq!(&text[span.start as usize..span.end as usize], "orders");
}

const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Engine: { Type: String, Default: aurora-postgresql }
Globals:
  Function: { Runtime: nodejs22.x, Timeout: 10, CodeUri: src/ }
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [orders.ts] } }
    Properties:
      Handler: orders.handler
      MemorySize: 256
      Events:
        Get: { Type: HttpApi }
        Nightly: { Type: Schedule }
  Inline:
    Type: AWS::Lambda::Function
    Properties: { Handler: index.handler, Runtime: python3.13, Code: { ZipFile: "def handler(): pass" } }
  Packed:
    Type: AWS::Serverless::Function
    Metadata: { DockerContext: ./packed, Dockerfile: Dockerfile.lambda }
    Properties: { PackageType: Image, ImageConfig: { Command: [app.handler] } }
  Feed:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { FunctionName: !GetAtt Orders.Arn, StartingPosition: LATEST }
  Kept:
    Type: AWS::Lambda::Alias
    Properties: { FunctionName: !Ref Inline, ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 } }
  Database:
    Type: AWS::RDS::DBCluster
    Properties: { Engine: !Ref Engine, EngineVersion: "16.3" }
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions: [{ Name: web, Image: !Sub "shop/${Engine}:1", Environment: [{ Name: A, Value: b }] }]
"#;

#[test]
fn cloudformation() {
    let facts = facts("infra/template.yaml", TEMPLATE);
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    assert_eq!(
        functions(&facts),
        [
            "Orders orders.handler nodejs22.x src/ src/orders.ts 256 10 Http Schedule Stream",
            "Inline - python3.13 - - - - warm",
            "Packed - nodejs22.x - - - 10",
        ]
    );
    assert_eq!(versions(&facts), ["node 22 Production", "python 3.13 Production", "aurora-postgresql 16.3 Production"]);
    let shown: Vec<String> =
        facts.containers.iter().map(|it| format!("{} {:?} {:?}", it.name, it.image, it.build)).collect();
    assert_eq!(shown, ["Packed None Some(\"./packed\")", "web Some(\"shop/aurora-postgresql:1\") None"]);
    assert!(
        resources(&facts)
            .contains(&"AWS::Serverless::Function Orders Handler=orders.handler BuildMethod=esbuild".to_owned())
    );
    assert_eq!(facts.resources.len(), 7);
}

#[test]
fn cloudformation_in_json_and_after_a_break() {
    let text = r#"{ "Resources": { "Cache": { "Type": "AWS::ElastiCache::CacheCluster",
        "Properties": { "Engine": "redis", "EngineVersion": "7.1", "CacheNodeType": { "Ref": "Size" } } } } }"#;
    let json = facts("infra/stack.json", text);
    assert_eq!(resources(&json), ["AWS::ElastiCache::CacheCluster Cache Engine=redis EngineVersion=7.1"]);
    assert_eq!(versions(&json), ["redis 7.1 Production"]);

    let text = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n  Policy:\n    Type: AWS::IoT::Policy\n    Properties:\n      \
                Document: {a: ]}\n  Über:\n    Type: AWS::SQS::Queue\n";
    let lax = facts("infra/stack.yaml", text);
    assert_eq!(lax.problems.len(), 1);
    assert_eq!(resources(&lax), ["AWS::SNS::Topic Topic", "AWS::IoT::Policy Policy", "AWS::SQS::Queue Über"]);
    let span = lax.resources[2].span;
    assert_eq!(&text[span.start as usize..span.end as usize], "Über");
}

const TERRAFORM: &str = r#"
variable "engine_version" {
  default = "16.3" # pinned
}
variable "elsewhere" {}
locals {
  runtime = "python3.12"
}
data "archive_file" "orders" {
  type        = "zip"
  source_file = "${path.module}/../src/orders.py"
}
resource "aws_lambda_function" "orders" {
  handler     = "orders.handle"
  runtime     = local.runtime
  filename    = data.archive_file.orders.output_path
  memory_size = 256
  timeout     = var.elsewhere
}
resource "aws_lambda_function" "packed" {
  package_type = "Image"
  image_uri    = "shop:1"
}
data "archive_file" "tick" {
  source {
    content  = file("${path.module}/jobs/tick.py")
    filename = "tick.py"
  }
}
resource "aws_s3_object" "tick" {
  source = data.archive_file.tick.output_path
}
resource "aws_lambda_function" "tick" {
  handler = "tick.handle"
  s3_key  = aws_s3_object.tick.key
}
data "archive_file" "inline" {
  source {
    content = "def handle(): pass"
  }
}
resource "aws_lambda_function" "inline" {
  handler  = "index.handle"
  filename = data.archive_file.inline.output_path
}
resource "aws_cloudwatch_event_rule" "nightly" {
  schedule_expression = "rate(1 day)"
}
resource "aws_cloudwatch_event_target" "nightly" {
  rule = aws_cloudwatch_event_rule.nightly.name
  arn  = aws_lambda_function.orders.arn
}
resource "aws_lambda_permission" "gateway" {
  function_name = aws_lambda_function.orders.function_name
  principal     = "apigateway.amazonaws.com"
}
resource "aws_lambda_provisioned_concurrency_config" "packed" {
  function_name = aws_lambda_function.packed.function_name
}
module "mail" {
  source       = "terraform-aws-modules/lambda/aws"
  handler      = "index.handler"
  runtime      = "nodejs22.x"
  source_path  = ["${path.module}/mail"]
  event_source_mapping = { sqs = { event_source_arn = "arn" } }
}
resource "aws_db_instance" "main" {
  engine         = "postgres"
  engine_version = var.engine_version
}
resource "google_sql_database_instance" "main" {
  database_version = "MYSQL_8_0"
}
resource "aws_elasticache_replication_group" "cache" {
  engine_version = var.elsewhere
}
resource "render_web_service" "api" {
  start_command = "uvicorn app:app"
}
resource "aws_ecs_task_definition" "web" {
  container_definitions = jsonencode([{ name = "web", image = "shop/web:${var.elsewhere}" }])
}
"#;

#[test]
fn terraform() {
    let facts = facts("infra/main.tf", TERRAFORM);
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    assert_eq!(
        functions(&facts),
        [
            "orders orders.handle python3.12 ../src ../src/orders.py 256 - Schedule Http",
            "packed - - - - - - warm",
            "tick tick.handle - jobs jobs/tick.py - -",
            "inline - - - - - -",
            "mail index.handler nodejs22.x mail - - - Queue",
        ]
    );
    assert_eq!(
        versions(&facts),
        [
            "python 3.12 Production",
            "node 22 Production",
            "postgres 16.3 Production",
            "mysql 8.0 Production",
            "redis var.elsewhere Production",
        ]
    );
    assert_eq!(facts.containers[0].image.as_deref(), Some("shop/web:${var.elsewhere}"));
    assert_eq!(commands(&facts), ["api: uvicorn app:app"]);
    let shown = resources(&facts);
    assert_eq!(shown[..2], ["variable engine_version default=16.3", "variable elsewhere"]);
    assert!(shown.contains(&"aws_db_instance main engine=postgres engine_version=16.3".to_owned()), "{shown:?}");
    let span = facts.resources[0].span;
    assert_eq!(&TERRAFORM[span.start as usize..span.end as usize], "\"16.3\"");
}

#[test]
fn broken_terraform_keeps_its_heads() {
    let text = "resource \"aws_sqs_queue\" \"jobs\" {\n  name = = 1\n}\nmodule \"web\" {\n}\n";
    let broken = facts("main.tf", text);
    assert!(broken.problems[0].message.starts_with("not Terraform: "), "{:?}", broken.problems);
    assert_eq!(broken.problems[0].span.map(|span| span.start), Some(43));
    assert_eq!(resources(&broken), ["aws_sqs_queue jobs", "module web"]);
    let marked = facts("main.tf", "\u{feff}module \"web\" {}\n");
    assert_eq!(marked.resources[0].span.start, 3);
}

#[test]
fn wrangler() {
    let text = r#"
name = "edge"
main = "src/index.ts"
compatibility_date = "2025-01-01"
compatibility_flags = ["nodejs_compat"]
triggers = { crons = ["0 * * * *"] }
ai = { binding = "AI" }
[[d1_databases]]
binding = "DB"
database_name = "shop"
[[durable_objects.bindings]]
name = "ROOMS"
class_name = "Room"
[[env.production.queues.consumers]]
queue = "jobs"
[[containers]]
class_name = "Room"
image = "./Dockerfile"
"#;
    let toml = facts("wrangler.toml", text);
    assert_eq!(functions(&toml), ["edge - workers - src/index.ts - - Http Schedule Queue"]);
    assert_eq!(
        resources(&toml),
        [
            "ai AI",
            "d1_databases DB database_name=shop",
            "durable_objects ROOMS class_name=Room",
            "compatibility  compatibility_date=2025-01-01 compatibility_flags=nodejs_compat",
            "triggers crons",
            "queues.consumers jobs queue=jobs environment=production",
        ]
    );
    assert_eq!(toml.containers[0].dockerfile.as_deref(), Some("./Dockerfile"));
    let json = facts("wrangler.jsonc", r#"{ "name": "edge", /* */ "hyperdrive": [{ "binding": "PG", }] }"#);
    assert_eq!((functions(&json), resources(&json)), (Vec::new(), vec!["hyperdrive PG".to_owned()]));
}

#[test]
fn processes() {
    let procfile = facts("Procfile", "# all\nweb: gunicorn shop.wsgi\nworker: celery -A shop worker\n");
    assert_eq!(commands(&procfile), ["web: gunicorn shop.wsgi", "worker: celery -A shop worker"]);

    let text = "app = \"shop\"\n[build]\ndockerfile = \"deploy/Dockerfile\"\n[processes]\nweb = \"bin/web\"\n[deploy]\n\
                release_command = \"bin/migrate\"\n[http_service]\ninternal_port = 8080\n[env]\nA = \"b\"\n";
    let fly = facts("fly.toml", text);
    assert_eq!(fly.name.as_deref(), Some("shop"));
    assert_eq!(commands(&fly), ["web: bin/web", "release: bin/migrate"]);
    assert_eq!(resources(&fly), ["http_service shop internal_port=8080"]);
    assert_eq!(fly.containers[0].dockerfile.as_deref(), Some("deploy/Dockerfile"));
    assert_eq!(fly.containers[0].environment, [("A".to_owned(), "b".to_owned())]);

    let text = "services:\n  - type: web\n    name: api\n    runtime: python\n    startCommand: uvicorn app:app\n    \
                envVars: [{ key: PYTHON_VERSION, value: 3.12.4 }]\n  - type: worker\n    name: jobs\n    runtime: docker\n    \
                dockerfilePath: ./Dockerfile.jobs\ndatabases:\n  - name: db\n    postgresMajorVersion: \"16\"\n";
    let render = facts("render.yaml", text);
    assert_eq!(commands(&render), ["api: uvicorn app:app"]);
    assert_eq!(versions(&render), ["python 3.12.4 Production", "postgres 16 Production"]);
    assert_eq!(
        resources(&render),
        ["web api runtime=python", "worker jobs runtime=docker", "databases db postgresMajorVersion=16"]
    );
    assert_eq!(render.containers[0].dockerfile.as_deref(), Some("./Dockerfile.jobs"));

    let railway =
        facts("railway.json", r#"{ "build": { "builder": "DOCKERFILE" }, "deploy": { "startCommand": "node ." } }"#);
    assert_eq!((commands(&railway), railway.containers.len()), (vec!["start: node .".to_owned()], 1));

    let text =
        "runtime: python312\nservice: api\nentrypoint: gunicorn main:app\nautomatic_scaling: { min_instances: 1 }\n";
    let engine = facts("api/app.yaml", text);
    assert_eq!(
        (engine.name.as_deref(), commands(&engine)),
        (Some("api"), vec!["entrypoint: gunicorn main:app".to_owned()])
    );
    assert_eq!(versions(&engine), ["python 3.12 Production"]);
    assert_eq!(resources(&engine), ["service api runtime=python312 min_instances=1"]);

    let cdk = facts("cdk.json", r#"{ "app": "npx tsx bin/shop.ts" }"#);
    assert_eq!(commands(&cdk), ["app: npx tsx bin/shop.ts"]);
}

#[test]
fn sites_with_functions() {
    let text = r#"{ "buildCommand": "vite build", "functions": { "api/*.ts": { "memory": 512, "maxDuration": 30 } },
        "builds": [{ "src": "index.js", "use": "@vercel/node" }, { "src": "public", "use": "@vercel/static" }],
        "crons": [{ "path": "/api/tick", "schedule": "0 * * * *" }], "rewrites": [{ "source": "/(.*)", "destination": "/api" }] }"#;
    let vercel = facts("vercel.json", text);
    assert_eq!(
        functions(&vercel),
        ["api/*.ts - - - api/*.ts 512 30 Http", "index.js - @vercel/node - index.js - - Http"]
    );
    assert_eq!(resources(&vercel), ["crons /api/tick schedule=0 * * * *", "rewrites /(.*) destination=/api"]);

    let text = "[build]\ncommand = \"make\"\nenvironment = { NODE_VERSION = \"22\" }\n[functions]\ndirectory = \"fn\"\n\
                [functions.nightly]\nschedule = \"@daily\"\n[[edge_functions]]\npath = \"/\"\nfunction = \"geo\"\n";
    let netlify = facts("netlify.toml", text);
    assert_eq!(
        (commands(&netlify), versions(&netlify)),
        (vec!["build: make".to_owned()], vec!["node 22 Production".to_owned()])
    );
    assert_eq!(resources(&netlify), ["functions  directory=fn"]);
    assert_eq!(functions(&netlify), ["nightly - - - - - - Schedule", "geo - edge - - - - Http"]);

    let text = r#"{ "functions": [{ "source": "fn", "codebase": "main", "runtime": "nodejs20" }],
        "hosting": { "public": "dist", "rewrites": [{ "source": "/api/**", "function": "api" }] }, "emulators": { "auth": { "port": 9099 } } }"#;
    let firebase = facts("firebase.json", text);
    assert_eq!(
        resources(&firebase),
        [
            "functions main source=fn runtime=nodejs20",
            "hosting  public=dist",
            "rewrites /api/** function=api",
            "emulator auth port=9099"
        ]
    );
    assert_eq!(versions(&firebase), ["node 20 Production"]);

    let text = r#"{ "scriptFile": "../dist/tick.js", "bindings": [{ "type": "timerTrigger" }, { "type": "queue", "direction": "out" }] }"#;
    let azure = facts("jobs/Tick/function.json", text);
    assert_eq!(functions(&azure), ["Tick - - - ../dist/tick.js - - Schedule"]);

    let supabase = facts(
        "supabase/config.toml",
        "project_id = \"shop\"\n[db]\nmajor_version = 15\n[functions.pay]\nverify_jwt = false\n",
    );
    assert_eq!(functions(&supabase), ["pay - deno - functions/pay/index.ts - - Http"]);
    assert_eq!((supabase.versions[0].of.as_str(), supabase.versions[0].part), ("postgres", Part::Development));
}

#[test]
fn whole_applications_as_functions() {
    let text = r#"{ "version": "2.0", "app_name": "shop", "lambda_timeout": 30, "stages": { "dev": { "environment_variables": { "A": "b" } } } }"#;
    let chalice = facts("api/.chalice/config.json", text);
    assert_eq!(functions(&chalice), ["shop app.app - .. - - 30 Http"]);
    assert_eq!(resources(&chalice), ["stage dev A=b"]);

    let text = r#"{ "dev": { "project_name": "shop", "app_function": "shop.web.app", "runtime": "python3.12", "memory_size": 512,
        "events": [{ "function": "shop.jobs.tick", "expression": "rate(1 hour)" }] },
        "live": { "extends": "dev", "keep_warm": false } }"#;
    let zappa = facts("zappa_settings.json", text);
    assert_eq!(zappa.name.as_deref(), Some("shop"));
    assert_eq!(
        functions(&zappa),
        [
            "shop.jobs.tick shop.jobs.tick python3.12 - - 512 - Schedule",
            "dev shop.web.app python3.12 - - 512 - Http warm",
            "live shop.web.app python3.12 - - 512 - Http",
        ]
    );
    assert_eq!(zappa.functions[0].triggers, [Trigger::Schedule]);
}

#[test]
fn broken_platforms_are_problems() {
    let places = [
        ("serverless.yml", "functions: [\n"),
        ("serverless.json", "{ \"functions\": "),
        ("template.yaml", "Resources:\n  A: { Type: AWS::SNS::Topic\n"),
        ("main.tf", "resource {"),
        ("wrangler.toml", "name = "),
        ("vercel.json", "{"),
        ("fly.toml", "[build"),
        ("render.yaml", "services: ]"),
        ("Procfile", "web gunicorn"),
        (".chalice/config.json", "{ 1 }"),
    ];
    for (path, text) in places {
        let broken = facts(path, text);
        assert_eq!(broken.problems.len(), 1, "{path}");
        assert!(broken.problems[0].span.is_some(), "{path}");
    }
}

/// Ends, and soon.
#[test]
fn hostile_platforms_end() {
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned()
        + &(1..12).map(|at| format!("b{at}: &b{at} [{}]\n", "*a, ".repeat(9))).collect::<String>();
    let text = format!("service: a\n{bomb}functions: *b11\n");
    facts("serverless.yml", &text);
    for open in ["[", "(", "{", "\"${", "[for x in ", "{a=", "f(", "!", "a?b:", "a {\n", "<<E\n${"] {
        let deep = facts("main.tf", &format!("a = {}", open.repeat(100_000)));
        assert_eq!(deep.problems.len(), 1, "{open}");
        facts("main.tf", &format!("a = {}", open.repeat(40_000 / open.len())));
    }
    for line in ["a".repeat(1 << 20), format!("a = \"{}\"", "a".repeat(120_000)), "\"".repeat(100_000)] {
        facts("main.tf", &line);
        facts("Procfile", &line);
        facts("serverless.yml", &line);
        facts("fly.toml", &line);
    }
    let chain: String = (0..3000).map(|at| format!("  a{at}: ${{self:custom.a{}}}\n", (at + 1) % 3000)).collect();
    let text = format!(
        "service: ${{self:custom.a0}}\ncustom:\n{chain}functions:\n  a: {{ handler: \"${{self:custom.a0}}\" }}\n"
    );
    assert_eq!(facts("serverless.yml", &text).functions.len(), 1);
    let broken = "  A:\n    Type: AWS::X::Y\n    P: [\n  ]\n".repeat(5000);
    assert_eq!(facts("template.yaml", &format!("Resources:\n{broken}")).problems.len(), 1);
}
