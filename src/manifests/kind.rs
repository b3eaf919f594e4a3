//! The path of a file, and where that is not enough the head of its text, to the kind of manifest it is.

/// A format of manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ManifestKind {
    /// `package.json`
    Node,
    /// `package-lock.json`, `npm-shrinkwrap.json`
    NpmLock,
    /// `pnpm-workspace.yaml`
    PnpmWorkspace,
    /// `pnpm-lock.yaml`
    PnpmLock,
    /// `yarn.lock`
    YarnLock,
    /// `bun.lock`
    BunLock,
    /// `tsconfig.json`, `tsconfig.build.json`, `jsconfig.json`
    TypeScriptConfig,
    /// `deno.json`, `deno.jsonc`
    Deno,
    /// `turbo.json`, `nx.json`, `lerna.json`, `rush.json`, and the `project.json` of each project of Nx
    Monorepo,
    /// `go.mod`
    GoModule,
    /// `go.work`
    GoWorkspace,
    /// `Cargo.toml`
    Cargo,
    /// `Cargo.lock`
    CargoLock,
    /// `pyproject.toml`
    PyProject,
    /// `requirements.txt`, `requirements-dev.in`, `requirements/base.txt`
    Requirements,
    /// `Pipfile`
    Pipfile,
    /// `setup.cfg`
    SetupConfig,
    /// `setup.py`
    SetupScript,
    /// `uv.lock`, `poetry.lock`, `pdm.lock`
    PythonLock,
    /// `pom.xml`
    Maven,
    /// `build.gradle`, `build.gradle.kts`
    Gradle,
    /// `settings.gradle`, `settings.gradle.kts`
    GradleSettings,
    /// `libs.versions.toml`
    GradleCatalog,
    /// `Gemfile`
    Gemfile,
    /// `Gemfile.lock`
    GemfileLock,
    /// `composer.json`
    Composer,
    /// `composer.lock`
    ComposerLock,
    /// `*.csproj`, `*.fsproj`
    DotNetProject,
    /// `Directory.Packages.props`, `Directory.Build.props`
    DotNetProperties,
    /// `.nvmrc`, `.node-version`, `.python-version`, `.go-version`, `.ruby-version`, `.java-version`,
    /// `rust-toolchain`, `rust-toolchain.toml`, `.tool-versions`, `mise.toml`, `runtime.txt`, `global.json`
    VersionPin,
    /// `Dockerfile`, `api.Dockerfile`, `Containerfile`
    Dockerfile,
    /// `compose.yaml`, `docker-compose.prod.yml`
    Compose,
    /// Objects of Kubernetes, by content.
    Kubernetes,
    /// `kustomization.yaml`
    Kustomize,
    /// `Chart.yaml`
    HelmChart,
    /// `values.yaml`, `values-prod.yaml` of a chart.
    HelmValues,
    /// Below the `templates` of a chart.
    HelmTemplate,
    /// `skaffold.yaml`
    Skaffold,
    /// `serverless.yml`, `serverless.json`
    Serverless,
    /// `template.yaml` of SAM and CloudFormation, by content.
    CloudFormation,
    /// `cdk.json`
    Cdk,
    /// `.chalice/config.json`
    Chalice,
    /// `zappa_settings.json`
    Zappa,
    /// `*.tf`
    Terraform,
    /// `wrangler.toml`, `wrangler.json`, `wrangler.jsonc`, and what is copied to one of them: `wrangler.toml.template`
    Wrangler,
    /// `vercel.json`
    Vercel,
    /// `netlify.toml`
    Netlify,
    /// `fly.toml`
    Fly,
    /// `render.yaml`
    Render,
    /// `railway.json`, `railway.toml`
    Railway,
    /// `Procfile`
    Procfile,
    /// `heroku.yml`, `.buildpacks`, and `app.json` by content.
    Heroku,
    /// `app.yaml` of App Engine, by content.
    AppEngine,
    /// `firebase.json`
    Firebase,
    /// `host.json`, `function.json` of Azure Functions
    AzureFunctions,
    /// `supabase/config.toml`
    Supabase,
    /// `.github/workflows/*.yml`, and `action.yml` whose steps workflows use.
    GitHubWorkflow,
    /// `.gitlab-ci.yml`
    GitLabPipeline,
    /// `.woodpecker.yml`, `.woodpecker/*.yml`
    Woodpecker,
    /// OpenAPI and Swagger documents, by content.
    OpenApi,
    /// By content.
    AsyncApi,
    /// `*.graphql`, `*.graphqls`, `*.gql`
    GraphQl,
    /// `*.proto`
    Proto,
    /// `schema.prisma`
    Prisma,
    /// `.env.example`, `.env.sample`: names and defaults of variables, never a secret's file.
    EnvironmentExample,
    /// `README.md`, `ARCHITECTURE.md`, and Markdown in folders of decision records.
    Document,
}

/// What a file name alone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByPath {
    Kind(ManifestKind),
    /// The text decides.
    Open,
    No,
}

impl ManifestKind {
    /// Whether a file of this path may be a manifest.
    pub fn may_be(path: &str) -> bool {
        by_path(path) != ByPath::No
    }

    /// What the path alone says.
    pub fn of_path(path: &str) -> Option<Self> {
        match by_path(path) {
            ByPath::Kind(kind) => Some(kind),
            ByPath::Open | ByPath::No => None,
        }
    }

    /// What path and text say.
    pub fn of(path: &str, text: &str) -> Option<Self> {
        match by_path(path) {
            ByPath::Kind(kind) => Some(kind),
            ByPath::Open => by_content(path, text),
            ByPath::No => None,
        }
    }

    /// Whether documents in a folder are records of decisions.
    pub fn holds_records(folder: &str) -> bool {
        folder.split('/').take(4).any(|name| RECORD_FOLDERS.contains(&name.to_ascii_lowercase().as_str()))
    }

    /// In kebab case, as the catalogue writes it: `helm-chart`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(letter.to_ascii_lowercase());
        }
        name
    }

    /// Lists what a package manager chose: large, and read in passing.
    pub fn is_lock(self) -> bool {
        matches!(
            self,
            Self::NpmLock
                | Self::PnpmLock
                | Self::YarnLock
                | Self::BunLock
                | Self::CargoLock
                | Self::PythonLock
                | Self::GemfileLock
                | Self::ComposerLock
        )
    }

    /// Says what a package needs: its folder is a unit of the repository.
    pub fn is_package(self) -> bool {
        matches!(
            self,
            Self::Node
                | Self::Deno
                | Self::GoModule
                | Self::Cargo
                | Self::PyProject
                | Self::Requirements
                | Self::Pipfile
                | Self::SetupConfig
                | Self::SetupScript
                | Self::Maven
                | Self::Gradle
                | Self::Gemfile
                | Self::Composer
                | Self::DotNetProject
        )
    }
}

fn by_path(path: &str) -> ByPath {
    use ManifestKind as Kind;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = name.to_ascii_lowercase();
    let parent = folder.rsplit('/').next().unwrap_or_default();
    let (stem, extension) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    let is_yaml = matches!(extension, "yml" | "yaml");
    let kind = match name {
        "package.json" => Kind::Node,
        "package-lock.json" | "npm-shrinkwrap.json" => Kind::NpmLock,
        "pnpm-workspace.yaml" => Kind::PnpmWorkspace,
        "pnpm-lock.yaml" => Kind::PnpmLock,
        "yarn.lock" => Kind::YarnLock,
        "bun.lock" => Kind::BunLock,
        "jsconfig.json" => Kind::TypeScriptConfig,
        "deno.json" | "deno.jsonc" => Kind::Deno,
        "turbo.json" | "nx.json" | "lerna.json" | "rush.json" => Kind::Monorepo,
        "go.mod" => Kind::GoModule,
        "go.work" => Kind::GoWorkspace,
        "Cargo.toml" => Kind::Cargo,
        "Cargo.lock" => Kind::CargoLock,
        "pyproject.toml" => Kind::PyProject,
        "Pipfile" => Kind::Pipfile,
        "setup.cfg" => Kind::SetupConfig,
        "setup.py" => Kind::SetupScript,
        "uv.lock" | "poetry.lock" | "pdm.lock" => Kind::PythonLock,
        "pom.xml" => Kind::Maven,
        "build.gradle" | "build.gradle.kts" => Kind::Gradle,
        "settings.gradle" | "settings.gradle.kts" => Kind::GradleSettings,
        "libs.versions.toml" => Kind::GradleCatalog,
        "Gemfile" => Kind::Gemfile,
        "Gemfile.lock" => Kind::GemfileLock,
        "composer.json" => Kind::Composer,
        "composer.lock" => Kind::ComposerLock,
        "Directory.Packages.props" | "Directory.Build.props" => Kind::DotNetProperties,
        ".nvmrc"
        | ".node-version"
        | ".python-version"
        | ".go-version"
        | ".ruby-version"
        | ".java-version"
        | ".bun-version"
        | "rust-toolchain"
        | "rust-toolchain.toml"
        | ".tool-versions"
        | "mise.toml"
        | ".mise.toml"
        | "runtime.txt"
        | "global.json" => Kind::VersionPin,
        "Chart.yaml" => Kind::HelmChart,
        "skaffold.yaml" => Kind::Skaffold,
        "cdk.json" => Kind::Cdk,
        "zappa_settings.json" => Kind::Zappa,
        _ if is_wrangler(&lower) => Kind::Wrangler,
        "vercel.json" => Kind::Vercel,
        "netlify.toml" => Kind::Netlify,
        "fly.toml" => Kind::Fly,
        "railway.json" | "railway.toml" => Kind::Railway,
        "Procfile" => Kind::Procfile,
        "heroku.yml" | ".buildpacks" => Kind::Heroku,
        "firebase.json" => Kind::Firebase,
        "host.json" | "function.json" => Kind::AzureFunctions,
        "action.yml" | "action.yaml" => Kind::GitHubWorkflow,
        "schema.prisma" => Kind::Prisma,
        ".env.example" | ".env.sample" | ".env.template" | "env.example" | ".env.dist" => Kind::EnvironmentExample,
        "config.json" if parent == ".chalice" => Kind::Chalice,
        "config.toml" if parent == "supabase" => Kind::Supabase,
        _ if name.starts_with("tsconfig") && extension == "json" => Kind::TypeScriptConfig,
        _ if lower.contains("requirements") && matches!(extension, "txt" | "in" | "pip") => Kind::Requirements,
        _ if parent == "requirements" && matches!(extension, "txt" | "in") => Kind::Requirements,
        _ if matches!(extension, "csproj" | "fsproj") => Kind::DotNetProject,
        _ if is_dockerfile(name) => Kind::Dockerfile,
        _ if is_yaml && is_compose(stem) => Kind::Compose,
        _ if is_yaml && stem == "kustomization" => Kind::Kustomize,
        _ if (is_yaml || extension == "json") && stem == "serverless" => Kind::Serverless,
        _ if is_yaml && stem == "render" => Kind::Render,
        _ if extension == "tf" => Kind::Terraform,
        _ if is_yaml && stem.ends_with(".gitlab-ci") => Kind::GitLabPipeline,
        _ if is_yaml && (stem == ".woodpecker" || parent == ".woodpecker") => Kind::Woodpecker,
        _ if is_yaml && is_workflow_folder(folder) => Kind::GitHubWorkflow,
        _ if matches!(extension, "graphql" | "graphqls" | "gql") => Kind::GraphQl,
        _ if extension == "proto" => Kind::Proto,
        _ if extension == "prisma" => Kind::Prisma,
        _ if is_document(folder, &lower) => Kind::Document,
        _ if is_yaml || matches!(extension, "json" | "tpl") => return ByPath::Open,
        _ => return ByPath::No,
    };
    ByPath::Kind(kind)
}

/// Who deploys fills in a copy of the example: `wrangler.toml.template`, `wrangler.example.jsonc`
fn is_wrangler(name: &str) -> bool {
    let mut parts = name.split('.');
    let mut formats = 0;
    let is_first = parts.next() == Some("wrangler");
    is_first
        && parts.all(|part| {
            let is_format = matches!(part, "toml" | "json" | "jsonc");
            formats += u8::from(is_format);
            is_format || matches!(part, "template" | "example" | "sample" | "dist")
        })
        && formats == 1
}

/// `Dockerfile`, `Dockerfile.prod`, `api.Dockerfile`, `DockerfileWorker`, `Containerfile`; a `.dockerignore` is none,
/// nor is a source or document about them.
fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["dockerfile", "containerfile"].iter().any(|word| {
        if let Some(rest) = lower.strip_prefix(word) {
            let apart = rest.is_empty() || rest.starts_with(['.', '-', '_']);
            let is_capital = name[word.len()..].starts_with(|c: char| c.is_ascii_uppercase());
            let extension = rest.rsplit_once('.').map_or("", |(_, extension)| extension);
            return (apart || is_capital) && !rest.ends_with("ignore") && !OF_SOURCES.contains(&extension);
        }
        lower.strip_suffix(word).is_some_and(|rest| rest.ends_with(['.', '-', '_']))
    })
}

/// Endings of files that may be named after what they read or write.
const OF_SOURCES: &[&str] = &[
    "cs", "go", "html", "java", "js", "json", "kt", "lock", "md", "mdx", "php", "py", "rb", "rs", "rst", "sh", "svg",
    "toml", "ts", "tsx", "txt", "yaml", "yml",
];

/// `compose`, `docker-compose`, `docker-compose.prod`, `compose-dev`.
fn is_compose(stem: &str) -> bool {
    let stem = stem.strip_prefix("docker-").or_else(|| stem.strip_prefix("podman-")).unwrap_or(stem);
    stem == "compose"
        || stem.strip_prefix("compose").is_some_and(|rest| rest.starts_with(['.', '-', '_']))
        || stem.ends_with("docker-compose")
}

fn is_workflow_folder(folder: &str) -> bool {
    [".github/workflows", ".gitea/workflows", ".forgejo/workflows"].iter().any(|known| folder.ends_with(known))
}

/// Folders that hold records of decisions.
const RECORD_FOLDERS: &[&str] = &[
    "adr",
    "adrs",
    "architecture-decisions",
    "decision-records",
    "decisions",
    "design-docs",
    "designs",
    "proposals",
    "rfc",
    "rfcs",
    "rfd",
];

fn is_document(folder: &str, name: &str) -> bool {
    let Some((stem, "md" | "mdx" | "adoc" | "rst")) = name.rsplit_once('.') else {
        return name == ".adr-dir" || name == ".log4brains.yml";
    };
    let folders: Vec<String> = folder.split('/').map(str::to_ascii_lowercase).collect();
    let in_records = ManifestKind::holds_records(folder);
    let at_hand = folder.is_empty() || folders.len() == 1 && matches!(folders[0].as_str(), "doc" | "docs");
    in_records || at_hand && matches!(stem, "readme" | "architecture" | "design" | "tech-stack" | "decisions" | "stack")
}

/// What the head of a text says. Kept cheap: every YAML and JSON file of the repository comes here.
fn by_content(path: &str, text: &str) -> Option<ManifestKind> {
    use ManifestKind as Kind;
    let is_json = path.ends_with(".json");
    let head = head(text);
    let folders: Vec<&str> = path.split('/').collect();
    let name = folders.last().copied().unwrap_or_default();
    let in_chart = folders.iter().rev().skip(1).any(|folder| *folder == "templates");
    let json_keys = if is_json { outer_keys(head) } else { Vec::new() };
    let has = |keys: &[&str]| match is_json {
        true => json_keys.iter().any(|key| keys.contains(key)),
        false => head.lines().any(|line| {
            let key = line.split(':').next().unwrap_or_default().trim_matches(['"', '\'']);
            line.contains(':') && keys.contains(&key)
        }),
    };
    let has_aws = || text.contains("AWS::");
    // Generators that sort keys end with the version, or have it behind the components.
    let ends_as_interface = || match is_json {
        true => {
            let said = ["\"openapi\":", "\"swagger\":"].iter().any(|key| text.contains(key));
            said && has(&["components", "definitions", "info"])
        }
        false => {
            let mut end = text.lines().rev().take(3);
            end.any(|line| line.starts_with("swagger:") || line.starts_with("openapi:"))
        }
    };
    match () {
        () if name == "app.json" && has(&["addons", "buildpacks", "formation"]) => Some(Kind::Heroku),
        () if name == "project.json" && has(&["projectType", "sourceRoot", "targets"]) => Some(Kind::Monorepo),
        () if has(&["AWSTemplateFormatVersion"]) => Some(Kind::CloudFormation),
        // What several templates share stands in `_helpers.tpl` and the like.
        () if path.ends_with(".tpl") && !(in_chart && name.starts_with('_')) => None,
        () if in_chart && !is_json && text.contains("{{") => Some(Kind::HelmTemplate),
        () if path.ends_with(".tpl") => None,
        () if has(&["openapi", "swagger"]) && text.contains("paths") => Some(Kind::OpenApi),
        () if ends_as_interface() && text.contains("paths") => Some(Kind::OpenApi),
        () if has(&["asyncapi"]) => Some(Kind::AsyncApi),
        () if has(&["Transform", "Resources"]) && has_aws() => Some(Kind::CloudFormation),
        // Events that a cluster logged say of which kind they are too.
        () if has(&["apiVersion"]) && has(&["kind"]) && (!is_json || has(&["metadata", "items"])) => {
            Some(of_objects(head))
        }
        () if !is_json && is_values(path) => Some(Kind::HelmValues),
        () if !is_json && has(&["runtime"]) && is_app_engine(path) => Some(Kind::AppEngine),
        () => None,
    }
}

/// The keys of the outermost object of JSON, as far as the text goes.
fn outer_keys(head: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let (mut depth, mut rest) = (0, head);
    while let Some(at) = rest.find(['"', '{', '}', '[', ']']) {
        let sign = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match sign {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {
                let mut escaped = false;
                let end = rest.bytes().position(|byte| {
                    let ends = byte == b'"' && !escaped;
                    escaped = byte == b'\\' && !escaped;
                    ends
                });
                let Some(end) = end else { break };
                let text = &rest[..end];
                rest = &rest[end + 1..];
                if depth == 1 && rest.trim_start().starts_with(':') {
                    keys.push(text);
                }
            }
        }
    }
    keys
}

/// Tools have taken over how Kubernetes writes its objects; their files may have any name.
fn of_objects(head: &str) -> ManifestKind {
    let groups = head.lines().filter_map(|line| line.strip_prefix("apiVersion:"));
    let mut groups = groups.map(|group| group.trim().trim_matches(['"', '\'']));
    match groups.next() {
        Some(group) if group.starts_with("skaffold/") => ManifestKind::Skaffold,
        Some(group) if group.starts_with("kustomize.config.k8s.io/") => ManifestKind::Kustomize,
        _ => ManifestKind::Kubernetes,
    }
}

/// `values.yaml`, `values-prod.yaml`, `values.prod.yaml`, `prod-values.yaml`.
fn is_values(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let apart = |rest: &str| rest.is_empty() || rest.starts_with(['.', '-', '_']) || rest.ends_with(['.', '-', '_']);
    stem.strip_prefix("values").or_else(|| stem.strip_suffix("values")).is_some_and(apart)
}

/// As much of a text as tells what it is.
fn head(text: &str) -> &str {
    const HEAD: usize = 4 << 10;
    let end = (0..=HEAD.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// `app.yaml`, `app-staging.yaml`, `app.flexible.yml`.
fn is_app_engine(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.strip_prefix("app").is_some_and(|rest| rest.starts_with(['.', '-', '_']))
}
