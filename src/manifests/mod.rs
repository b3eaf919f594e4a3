//! Text of a manifest to [`ManifestFacts`]: what a package is called, needs and offers, one file a format.
//!
//! Reading cannot fail: what is broken gives fewer facts and a [`Problem`]. Nothing here knows sources or other
//! manifests.

mod cargo;
mod go;
mod json;
mod node;
mod python;
mod typescript_config;

use crate::facts::Span;
use crate::finding::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ManifestKind {
    /// `package.json`
    Node,
    /// `tsconfig.json`, `tsconfig.build.json`, `jsconfig.json`
    TypeScriptConfig,
    /// `go.mod`
    GoModule,
    /// `go.work`
    GoWorkspace,
    /// `Cargo.toml`
    Cargo,
    /// `pyproject.toml`
    PyProject,
    /// `requirements.txt`, `requirements-dev.txt`
    Requirements,
    /// `Pipfile`
    Pipfile,
    /// `setup.cfg`
    SetupConfig,
}

impl ManifestKind {
    pub fn of_file_name(name: &str) -> Option<Self> {
        match name {
            "package.json" => Some(Self::Node),
            "jsconfig.json" => Some(Self::TypeScriptConfig),
            "go.mod" => Some(Self::GoModule),
            "go.work" => Some(Self::GoWorkspace),
            "Cargo.toml" => Some(Self::Cargo),
            "pyproject.toml" => Some(Self::PyProject),
            "Pipfile" => Some(Self::Pipfile),
            "setup.cfg" => Some(Self::SetupConfig),
            _ if name.starts_with("tsconfig") && name.ends_with(".json") => Some(Self::TypeScriptConfig),
            _ if name.starts_with("requirements") && name.ends_with(".txt") => Some(Self::Requirements),
            _ => None,
        }
    }
}

/// What one manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFacts {
    pub kind: ManifestKind,
    /// The name others depend on or import.
    pub name: Option<String>,
    /// What the package itself asks for, without what those packages ask for. Sorted within a table of the manifest.
    pub dependencies: Vec<Dependency>,
    /// Other names of modules: a pattern with at most one `*`, and what to try instead, relative to the manifest.
    /// From `compilerOptions.paths` with `baseUrl`, `imports` of `package.json`, `replace` of `go.mod`.
    pub path_aliases: Vec<(String, Vec<String>)>,
    /// Configurations this one starts from: `extends` of `tsconfig.json`.
    pub extends: Vec<String>,
    /// The file that others get, relative to the manifest; the source where both source and output are declared.
    pub entry: Option<String>,
    /// The module path of `go.mod`.
    pub module: Option<String>,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// As the registry knows it, whatever it is renamed to.
    pub name: String,
    /// Not installed where the product runs.
    pub dev: bool,
}

/// The facts of the manifest at `path`, whose last part is its file name. None when that is no manifest's name.
pub fn facts(path: &str, text: &str) -> Option<ManifestFacts> {
    let name = path.rsplit('/').next()?;
    let kind = ManifestKind::of_file_name(name)?;
    let mut facts = ManifestFacts {
        kind,
        name: None,
        dependencies: Vec::new(),
        path_aliases: Vec::new(),
        extends: Vec::new(),
        entry: None,
        module: None,
        problems: Vec::new(),
    };
    let read = match kind {
        ManifestKind::Node => node::read(text, &mut facts),
        ManifestKind::TypeScriptConfig => typescript_config::read(text, &mut facts),
        ManifestKind::GoModule | ManifestKind::GoWorkspace => go::read(text, &mut facts),
        ManifestKind::Cargo => cargo::read(text, &mut facts),
        ManifestKind::PyProject => python::read_pyproject(text, &mut facts),
        ManifestKind::Requirements => python::read_requirements(name, text, &mut facts),
        ManifestKind::Pipfile => python::read_pipfile(text, &mut facts),
        ManifestKind::SetupConfig => python::read_setup_config(text, &mut facts),
    };
    if let Err(Broken { message, span }) = read {
        facts.problems.push(Problem { path: path.to_owned(), span, message });
    }
    Some(facts)
}

/// Where and why a manifest stopped making sense.
struct Broken {
    message: String,
    span: Option<Span>,
}

impl ManifestFacts {
    fn depend<'a>(&mut self, names: impl IntoIterator<Item = &'a str>, dev: bool) {
        self.dependencies.extend(names.into_iter().map(|name| Dependency { name: name.to_owned(), dev }));
    }
}

fn toml_table(text: &str) -> Result<toml::Table, Broken> {
    text.parse().map_err(|error: toml::de::Error| Broken {
        message: format!("not TOML: {}", error.message()),
        span: error.span().map(|span| Span::new(span.start, span.end)),
    })
}

/// The table below `keys`, when each of them is a table.
fn table<'a>(table: &'a toml::Table, keys: &[&str]) -> Option<&'a toml::Table> {
    keys.iter().try_fold(table, |table, key| table.get(*key)?.as_table())
}
