//! The form of a system: what `[[system]]` may say.

use serde::{Deserialize, Serialize};

use super::{Deprecation, Unproven};

/// What runs beside the code: a database, a broker, a platform.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct System {
    pub name: String,
    pub role: SystemRole,
    /// Images of containers without registry and tag: `postgres`, `bitnami/postgresql`; may end or begin with `*`.
    #[serde(default)]
    pub images: Vec<String>,
    /// Schemes of addresses: `postgres`, `mongodb+srv`.
    #[serde(default)]
    pub schemes: Vec<String>,
    /// Endings of host names: `neon.tech`.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Kinds of resources of Terraform, CloudFormation or a platform: `aws_elasticache_*`, `d1_databases`. The
    /// provider of a Serverless Framework's service is `serverless.aws`.
    #[serde(default)]
    pub resources: Vec<String>,
    /// What schemas and clouds call it where they are asked which engine: `postgresql`, `aurora-postgresql`.
    #[serde(default)]
    pub engines: Vec<String>,
    /// Stores of one family take each other's place: a product that knows several of them uses one.
    pub family: Option<String>,
    /// Runs inside the process that uses it.
    #[serde(default)]
    pub embedded: bool,
    /// How many parts of its version name a series within which nothing breaks; 1 where it is not said.
    #[serde(default)]
    pub series: u8,
    /// Runtimes of functions as it alone calls them: `python3.*`, `provided*`.
    #[serde(default)]
    pub runtimes: Vec<String>,
    /// Calls functions: what runs there needs no framework.
    #[serde(default)]
    pub functions: bool,
    /// Groups of Kubernetes objects: `argoproj.io`.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Annotations of Kubernetes objects by which it finds or changes them: `prometheus.io/scrape`.
    #[serde(default)]
    pub annotations: Vec<String>,
    /// Kinds of manifests, in kebab case: `helm-chart`.
    #[serde(default)]
    pub manifests: Vec<String>,
    /// Programs that commands and pipelines call: `kubectl`.
    #[serde(default)]
    pub commands: Vec<String>,
    /// Beginnings of commands that bring something to where it runs: `kubectl apply`.
    #[serde(default)]
    pub deploys: Vec<String>,
    /// What the module that a platform loads gives it beside the answer to requests: `scheduled` of
    /// `export default { fetch, scheduled }`.
    #[serde(default)]
    pub exports: Vec<String>,
    /// Commands and actions that hand an image to a registry: `docker push`, `docker buildx --push`.
    #[serde(default)]
    pub publishes: Vec<String>,
    /// Another system whose protocol it speaks: drivers and addresses of that one may lead to this one.
    pub like: Option<String>,
    /// Actions of pipelines: `azure/k8s-deploy`.
    #[serde(default)]
    pub actions: Vec<String>,
    /// Variables of the environment that only it has: `DATADOG_API_KEY`.
    #[serde(default)]
    pub variables: Vec<String>,
    #[serde(default)]
    pub deprecated: Vec<Deprecation>,
    pub unproven: Option<Unproven>,
}

/// What a system is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SystemRole {
    Api,
    Auth,
    /// Keys and values in memory.
    Cache,
    Database,
    /// Brings what was built to where it runs: GitOps, templates.
    Delivery,
    Jobs,
    /// Answers in prose.
    LanguageModel,
    Mesh,
    Messaging,
    /// Keeps files by their names.
    ObjectStore,
    Observability,
    Orchestrator,
    Permissions,
    /// Where services and functions run.
    Platform,
    Proxy,
    Runtime,
    Search,
    /// Rented for something that no other role names: payments, telephone calls.
    Vendor,
}
