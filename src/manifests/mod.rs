//! Text of a manifest to [`ManifestFacts`]: what a package needs, what is deployed and how, what a contract promises.
//! One file a format, in folders by what the formats are about.
//!
//! Reading cannot fail: what is broken gives fewer facts and a [`Problem`]. Nothing here knows sources or other
//! manifests, or reads a file.

mod clouds;
mod comments;
mod containers;
mod contracts;
mod documents;
mod environment;
mod kind;
mod lines;
mod packages;
mod pins;
mod tokens;
mod tree;
mod typescript_config;

pub use comments::{SIGNS, comments};
pub use kind::ManifestKind;
use packages::locks;
use serde::{Deserialize, Serialize};

use crate::facts::Span;
use crate::finding::Problem;

/// What one manifest says. Each format fills what it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFacts {
    pub kind: ManifestKind,
    /// The name others depend on or import, or by which a platform knows what is deployed.
    pub name: Option<String>,
    /// What the package itself asks for, in the order of the text.
    pub dependencies: Vec<Dependency>,
    /// Parts of libraries that a package asks for or hands on.
    pub features: Vec<Feature>,
    /// Versions that the dependencies of other manifests may refer to: pnpm's catalogs, `workspace.dependencies`,
    /// `dependencyManagement` and the parent of Maven, `libs.versions.toml`, `Directory.Packages.props`.
    pub shared: Vec<Dependency>,
    /// The exact versions a package manager chose. Of several rows of one name the first is what the packages of the
    /// repository themselves get, as far as the file tells.
    pub locked: Vec<Locked>,
    /// Folders of the packages it joins, as globs relative to the manifest; a leading `!` excludes. `workspaces`,
    /// `use`, `members`, `<modules>`, `include`.
    pub members: Vec<String>,
    /// Files and folders it includes, relative to it: `-r base.txt`, `include:` of Compose, `functions: ${file(..)}`,
    /// resources, bases and components of Kustomize, `$ref` to another file.
    pub includes: Vec<Reference>,
    /// Files that change what the included ones say, relative to it: patches of Kustomize. An object there is no
    /// further object.
    pub patches: Vec<Reference>,
    /// Other names of modules: a pattern with at most one `*`, and what to try instead, relative to the manifest.
    /// From `compilerOptions.paths` with `baseUrl`, `imports` of `package.json`, `replace` of `go.mod`.
    pub path_aliases: Vec<(String, Vec<String>)>,
    /// Configurations this one starts from: `extends` of `tsconfig.json`.
    pub extends: Vec<String>,
    /// The file that others get, relative to the manifest; the source where both source and output are declared.
    pub entry: Option<String>,
    /// The module path of `go.mod`.
    pub module: Option<String>,
    /// What can be started by name: npm scripts, processes of a `Procfile`, `[project.scripts]`, `[[bin]]`.
    pub commands: Vec<Command>,
    /// Versions of runtimes and engines that it asks for or gives.
    pub versions: Vec<Version>,
    /// What runs in containers, and how images are built.
    pub containers: Vec<Container>,
    /// Functions of a serverless platform.
    pub functions: Vec<CloudFunction>,
    /// Objects of Kubernetes, resources of Terraform and CloudFormation, bindings of a platform; the `values` of a
    /// chart; the `workflow` of a pipeline and each `job`.
    pub resources: Vec<Resource>,
    /// Steps of a pipeline.
    pub steps: Vec<Step>,
    /// Names and defaults of an example of an environment; those of containers stand with them.
    pub variables: Vec<Variable>,
    pub contract: Option<Contract>,
    /// What the fields of a GraphQL schema give.
    pub graph: Vec<GraphField>,
    /// Headings of a document of prose.
    pub headings: Vec<Heading>,
    pub problems: Vec<Problem>,
}

/// A library that a package asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// As the registry knows it, whatever it is renamed to: `@prisma/client`, `SQLAlchemy`,
    /// `org.springframework.boot:spring-boot-starter-web`. Where it is known by less, that: the alias of Gradle's
    /// catalog, `spring.boot.web`; of another project its folder from Gradle's settings, or its file from that of .NET.
    pub name: String,
    /// The range as written: `^4.18.0`, `>=2,<3`. None where nothing is asked, or where another manifest says it.
    pub version: Option<String>,
    pub scope: Scope,
    pub origin: Origin,
    /// The row that asks for it.
    pub span: Span,
}

impl Dependency {
    /// Not installed where the product runs.
    pub fn is_dev(&self) -> bool {
        matches!(self.scope, Scope::Dev | Scope::Build)
    }
}

/// `sqlx = { features = ["postgres"] }` · `postgres = ["sqlx/postgres"]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// The library, as [`Dependency::name`] says it.
    pub of: String,
    pub name: String,
    pub span: Span,
}

/// When a dependency is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    #[default]
    Product,
    /// Extras, features: where someone asks for them.
    Optional,
    /// Brought by whoever uses the package: `peerDependencies`, `provided`.
    Peer,
    Dev,
    Build,
    /// Needed by a dependency alone: `// indirect`.
    Indirect,
}

/// Where a dependency comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    #[default]
    Registry,
    /// `workspace:*`, `link:`, a path: another package of the repository.
    Repository,
    /// A git repository or an address.
    Address,
    /// The version stands in [`ManifestFacts::shared`] of a manifest above: `catalog:`, `{ workspace = true }`. The
    /// name of the catalog, empty for the only one; of Gradle's the alias, by which row and dependency find each other.
    Shared(String),
}

/// A row of a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    pub name: String,
    pub version: String,
    /// What the author of the package says instead of keeping it up.
    pub deprecated: Option<String>,
    pub span: Span,
}

/// Another file that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub path: String,
    pub span: Span,
}

/// `"start": "node dist/main.js"` · `web: gunicorn app:app`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub name: String,
    pub line: String,
    pub span: Span,
}

/// `engines.node` · `.nvmrc` · `engine_version = "16.3"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `node`, `python`, `go`, `rust`, `java`, `ruby`, `php`, `dotnet`, `bun`, `deno`, a package manager, or an
    /// engine as the platform calls it: `postgres`, `aurora-mysql`, `redis`.
    pub of: String,
    /// As written: `>=22`, `lts/*`, `3.12`, `1.22.1`.
    pub value: String,
    pub part: Part,
    pub span: Span,
}

/// What a version is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The least that works: `engines`, `requires-python`, the `go` line.
    Floor,
    /// What developers install: `.nvmrc`, `.tool-versions`, `toolchain`.
    Development,
    /// What a pipeline sets up, one for each value of a matrix; the span of a step in [`ManifestFacts::steps`]
    /// contains it.
    Pipeline,
    /// What runs for users: a Lambda runtime, a database of Terraform.
    Production,
}

/// Something that runs in a container, or a stage of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// The service of Compose, the workload of Kubernetes, the stage of a Dockerfile, the job of a pipeline or the
    /// service beside it; empty for a stage without name.
    pub name: String,
    pub kind: ContainerKind,
    /// As written, with defaults of variables put in: `postgres:16-alpine`. A variable without default stays: `${TAG}`.
    /// A stage that starts from an earlier one has the image in which that begins.
    pub image: Option<String>,
    /// The folder an image is built from, relative to the manifest.
    pub build: Option<String>,
    /// The Dockerfile it is built with, relative to the manifest.
    pub dockerfile: Option<String>,
    /// The stage of the Dockerfile at which the build stops: `target:` of Compose.
    pub target: Option<String>,
    /// What a stage copies from the folder it is built from: `services/api`, `.`, `package*.json`.
    pub copies: Vec<String>,
    /// `CMD`, `ENTRYPOINT`, `command:`, the words joined by spaces.
    pub command: Option<String>,
    pub environment: Vec<(String, String)>,
    /// Containers of the same file that it starts after or is linked with: `depends_on` and `links` of Compose.
    pub needs: Vec<String>,
    /// Started on demand alone: `profiles:` of Compose.
    pub optional: bool,
    /// Where its image is said, or else what it is built from, or else its name.
    pub span: Span,
}

/// Where a container stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerKind {
    /// A stage of a Dockerfile before the last.
    Stage,
    /// The last stage of a Dockerfile, with the command and environment of those it starts from.
    Image,
    /// Of Compose.
    #[default]
    Service,
    /// Of a workload of Kubernetes; [`ManifestFacts::resources`] has the workload, by the same name.
    Workload,
    /// Beside a job of a pipeline, or around it; the span of its `job` in [`ManifestFacts::resources`] contains it.
    Pipeline,
    /// Of a platform's own configuration: `image:` of Render, of a cloud's container service.
    Platform,
}

/// A function that a platform calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudFunction {
    pub name: String,
    /// `src/orders.handler`, `app.main.handler`, `bootstrap`, `com.shop.App::handle`. None for images, and where the
    /// code is not in the repository or stands in the manifest itself.
    pub handler: Option<String>,
    /// `nodejs20.x`, `python3.12`.
    pub runtime: Option<String>,
    /// The folder or archive that the handler is relative to, relative to the manifest.
    pub code: Option<String>,
    /// The source the handler is built from, relative to the manifest, where it says it: `EntryPoints` of esbuild, `main`
    /// of a worker. A pattern of Vercel may stand for several.
    pub source: Option<String>,
    /// In megabytes.
    pub memory: Option<u32>,
    /// In seconds.
    pub timeout: Option<u32>,
    pub triggers: Vec<Trigger>,
    /// Kept warm, or started from a snapshot.
    pub warm: bool,
    pub span: Span,
}

/// What calls a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    Http,
    Schedule,
    Queue,
    Stream,
    Other,
}

/// `kind: Deployment` · `resource "aws_db_instance" "main"` · `Type: AWS::RDS::DBInstance` · `[[d1_databases]]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// As written: `Deployment`, `aws_db_instance`, `AWS::RDS::DBInstance`, `d1_databases`. Of a schema
    /// `prisma-datasource`, `prisma-generator`, `graphql-federation`.
    pub kind: String,
    pub name: String,
    /// `apps/v1` and the like of Kubernetes.
    pub group: Option<String>,
    /// What rules ask of it, by the last key: `replicas`, `maxReplicas`, `engine`, `engine_version`, `source`. A list
    /// has one for each item: `on` of a workflow.
    pub attributes: Vec<(String, String)>,
    pub span: Span,
}

/// A step of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub job: String,
    /// The action it uses, without its version: `actions/setup-node`.
    pub uses: Option<String>,
    /// The commands it runs.
    pub run: Option<String>,
    /// What the action is given: `push`, `tags`.
    pub inputs: Vec<(String, String)>,
    /// Where they run, relative to the root.
    pub folder: Option<String>,
    pub span: Span,
}

/// `DATABASE_URL=postgres://localhost/shop`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    /// Without quotes; empty where the example leaves it to the reader.
    pub value: String,
    pub span: Span,
}

/// An interface that a document promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    pub kind: ContractKind,
    /// `3.1.0` · `proto3`
    pub version: Option<String>,
    /// Paths with a method, fields of `Query` and `Mutation`, methods of a service, channels.
    pub operations: u32,
    /// Schemas, types, messages.
    pub types: u32,
    /// Fields whose type is another type of the document.
    pub relations: u32,
    pub subscriptions: u32,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContractKind {
    OpenApi,
    AsyncApi,
    GraphQl,
    Proto,
}

/// `type User { orders(first: Int): [Order!]! }` is `orders` of `User`, a list of `Order`. What an interface or union
/// may be is a field without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphField {
    pub owner: String,
    pub name: String,
    pub of: String,
    pub listed: bool,
}

/// A heading and what stands below it, up to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    pub text: String,
    /// Words below it.
    pub words: u32,
    pub span: Span,
}

/// The facts of the manifest at `path`. None when neither its name nor its text is that of a manifest.
pub fn facts(path: &str, text: &str) -> Option<ManifestFacts> {
    let kind = ManifestKind::of(path, text)?;
    let mut facts = ManifestFacts::new(kind);
    if let Err(Broken { message, span }) = reader(kind)(path, text, &mut facts) {
        facts.problems.push(Problem { path: path.to_owned(), span, message });
    }
    Some(facts)
}

/// The fields of a GraphQL schema that stands in a source: ``gql`type Query {..}` ``
pub fn graph(text: &str) -> Vec<GraphField> {
    let mut facts = ManifestFacts::new(ManifestKind::GraphQl);
    // What is broken is left out; the schema is put together elsewhere.
    let _ = contracts::graphql::read("", text, &mut facts);
    facts.graph
}

/// A format: path and text to facts.
type Reader = fn(&str, &str, &mut ManifestFacts) -> Result<(), Broken>;

fn reader(kind: ManifestKind) -> Reader {
    use ManifestKind as Kind;
    match kind {
        Kind::Node => packages::node::read,
        Kind::NpmLock => locks::npm::read,
        Kind::PnpmWorkspace => packages::pnpm::read,
        Kind::PnpmLock => locks::pnpm::read,
        Kind::YarnLock => locks::yarn::read,
        Kind::BunLock => locks::bun::read,
        Kind::TypeScriptConfig => typescript_config::read,
        Kind::Deno => packages::deno::read,
        Kind::Monorepo => packages::monorepo::read,
        Kind::GoModule | Kind::GoWorkspace => packages::go::read,
        Kind::Cargo => packages::cargo::read,
        Kind::CargoLock => locks::cargo::read,
        Kind::PyProject => packages::python::pyproject,
        Kind::Requirements => packages::requirements::read,
        Kind::Pipfile => packages::python::pipfile,
        Kind::SetupConfig => packages::python::setup_config,
        Kind::SetupScript => packages::setup_script::read,
        Kind::PythonLock => locks::python::read,
        Kind::Maven => packages::maven::read,
        Kind::Gradle | Kind::GradleSettings | Kind::GradleCatalog => packages::gradle::read,
        Kind::Gemfile => packages::gemfile::read,
        Kind::GemfileLock => locks::gemfile::read,
        Kind::Composer => packages::composer::read,
        Kind::ComposerLock => locks::composer::read,
        Kind::DotNetProject | Kind::DotNetProperties => packages::dotnet::read,
        Kind::VersionPin => pins::read,
        Kind::Dockerfile => containers::dockerfile::read,
        Kind::Compose => containers::compose::read,
        Kind::Kubernetes => containers::kubernetes::read,
        Kind::Kustomize => containers::kustomize::read,
        Kind::HelmChart | Kind::HelmValues | Kind::HelmTemplate => containers::helm::read,
        Kind::Skaffold => containers::skaffold::read,
        Kind::Serverless => clouds::serverless::read,
        Kind::CloudFormation => clouds::cloudformation::read,
        Kind::Chalice | Kind::Zappa => clouds::chalice::read,
        Kind::Terraform => clouds::terraform::read,
        Kind::Wrangler => clouds::wrangler::read,
        Kind::Cdk
        | Kind::Vercel
        | Kind::Netlify
        | Kind::Fly
        | Kind::Render
        | Kind::Railway
        | Kind::Procfile
        | Kind::Heroku
        | Kind::AppEngine
        | Kind::Firebase
        | Kind::AzureFunctions
        | Kind::Supabase => clouds::platforms::read,
        Kind::GitHubWorkflow | Kind::GitLabPipeline | Kind::Woodpecker => clouds::pipelines::read,
        Kind::OpenApi | Kind::AsyncApi => contracts::openapi::read,
        Kind::GraphQl => contracts::graphql::read,
        Kind::Proto => contracts::proto::read,
        Kind::Prisma => contracts::prisma::read,
        Kind::EnvironmentExample => environment::read,
        Kind::Document => documents::read,
    }
}

/// Where and why a manifest stopped making sense.
#[derive(Clone, Debug)]
struct Broken {
    message: String,
    span: Option<Span>,
}

impl ManifestFacts {
    fn new(kind: ManifestKind) -> Self {
        Self {
            kind,
            name: None,
            dependencies: Vec::new(),
            features: Vec::new(),
            shared: Vec::new(),
            locked: Vec::new(),
            members: Vec::new(),
            includes: Vec::new(),
            patches: Vec::new(),
            path_aliases: Vec::new(),
            extends: Vec::new(),
            entry: None,
            module: None,
            commands: Vec::new(),
            versions: Vec::new(),
            containers: Vec::new(),
            functions: Vec::new(),
            resources: Vec::new(),
            steps: Vec::new(),
            variables: Vec::new(),
            contract: None,
            graph: Vec::new(),
            headings: Vec::new(),
            problems: Vec::new(),
        }
    }
}
