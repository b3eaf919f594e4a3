//! The services of a project to plain words: what each part of a repository is built with, and where that was seen.
//! Knows roles of libraries and systems, but none of them by name, and not how the words are laid out.

use crate::catalogue::{ApiStyle, Library, LibraryRole, SystemRole};
use crate::finding::Place;
use crate::manifests::{Contract, ContractKind, Scope};
use crate::model::{How, LibraryUse, Project, Seen, Service, ServiceKind};

/// What a repository consists of, sorted by folder.
#[derive(Debug, Default)]
pub struct Stack {
    pub services: Vec<Row>,
    pub libraries: Vec<Part>,
    pub tools: Vec<Part>,
    /// What the repository runs or speaks of beside its services, by [`Column`].
    pub beside: Columns,
}

/// Items by [`Column`].
pub type Columns = [Vec<Item>; Column::ALL.len()];

/// A part that is not looked into further.
#[derive(Debug)]
pub struct Part {
    pub path: String,
    pub name: String,
}

/// A service, worker, front end or group of functions.
#[derive(Debug, Default)]
pub struct Row {
    /// `.` for the root.
    pub path: String,
    pub name: String,
    pub kind: Kind,
    /// With the number of lines, the most first.
    pub languages: Vec<(&'static str, u32)>,
    /// By [`Column`].
    pub columns: Columns,
    /// `None` where they are not counted.
    pub routes: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Service,
    Worker,
    Functions,
    FrontEnd,
}

/// What is asked of every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Frameworks,
    Api,
    DataAccess,
    Databases,
    Validators,
    Auth,
    Observability,
    Jobs,
    Messaging,
    Runtimes,
    Deploy,
}

/// A library, system or style, by the name its users write.
#[derive(Debug)]
pub struct Item {
    pub name: String,
    /// False where something asks for it and nothing uses it.
    pub used: bool,
    /// The strongest evidence first.
    pub seen: Vec<Sight>,
}

/// A place that speaks for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    pub place: Place,
    /// A word: "imported", "deployed".
    pub how: &'static str,
}

impl Stack {
    pub fn of(project: &Project) -> Self {
        let mut stack = Self::default();
        for service in project.services() {
            let part = || Part { path: service.shown_folder().to_owned(), name: service.name.clone() };
            match service.kind {
                ServiceKind::Service => stack.services.push(row(project, service, Kind::Service)),
                ServiceKind::Worker => stack.services.push(row(project, service, Kind::Worker)),
                ServiceKind::Functions => stack.services.push(row(project, service, Kind::Functions)),
                ServiceKind::FrontEnd => stack.services.push(row(project, service, Kind::FrontEnd)),
                ServiceKind::Library => stack.libraries.push(part()),
                ServiceKind::Tool => stack.tools.push(part()),
            }
        }
        stack.beside = beside(project, &stack.services);
        stack
    }
}

impl Row {
    pub fn items(&self, column: Column) -> &[Item] {
        &self.columns[column as usize]
    }

    pub fn add(&mut self, column: Column, name: &str, used: bool, seen: impl IntoIterator<Item = Sight>) {
        add(&mut self.columns, column, name, used, seen);
    }
}

/// Adds what is known of an item. The same name twice is one item.
fn add(columns: &mut Columns, column: Column, name: &str, used: bool, seen: impl IntoIterator<Item = Sight>) {
    let items = &mut columns[column as usize];
    let index = items.iter().position(|item| item.name == name).unwrap_or_else(|| {
        items.push(Item { name: name.to_owned(), used: false, seen: Vec::new() });
        items.len() - 1
    });
    let item = &mut items[index];
    item.used |= used;
    for sight in seen {
        if !item.seen.contains(&sight) {
            item.seen.push(sight);
        }
    }
}

/// Used items first, and the strongest evidence.
fn sort(columns: &mut Columns) {
    for items in columns {
        items.sort_by_cached_key(|item| (!item.used, item.name.to_lowercase()));
        for item in items {
            item.seen.sort_by_key(|sight| WORDS.iter().position(|word| *word == sight.how));
        }
    }
}

/// The systems that no row tells of: of manifests that concern nobody, and of tools.
fn beside(project: &Project, rows: &[Row]) -> Columns {
    let mut columns = Columns::default();
    let tools = project.services().iter().filter(|service| service.kind == ServiceKind::Tool);
    for known in project.systems_beside().iter().chain(tools.flat_map(|tool| &tool.systems)) {
        let system = project.catalogue().system(known.system);
        let Some(column) = Column::of_system(system.role) else { continue };
        if !rows.iter().any(|row| row.items(column).iter().any(|item| item.used && item.name == system.name)) {
            add(&mut columns, column, &system.name, known.used, sights(&known.seen));
        }
    }
    sort(&mut columns);
    columns
}

impl Column {
    pub const ALL: [Self; 11] = [
        Self::Frameworks,
        Self::Api,
        Self::DataAccess,
        Self::Databases,
        Self::Validators,
        Self::Auth,
        Self::Observability,
        Self::Jobs,
        Self::Messaging,
        Self::Runtimes,
        Self::Deploy,
    ];

    /// Its name for programs; with spaces instead of underscores, for people.
    pub fn key(self) -> &'static str {
        match self {
            Self::Frameworks => "frameworks",
            Self::Api => "api",
            Self::DataAccess => "data_access",
            Self::Databases => "databases",
            Self::Validators => "validators",
            Self::Auth => "auth",
            Self::Observability => "observability",
            Self::Jobs => "jobs",
            Self::Messaging => "messaging",
            Self::Runtimes => "runtimes",
            Self::Deploy => "deploy",
        }
    }

    fn of_library(role: LibraryRole, kind: Kind) -> Option<Self> {
        match role {
            LibraryRole::WebFramework | LibraryRole::Api | LibraryRole::Adapter => Some(Self::Frameworks),
            LibraryRole::FrontEnd if kind == Kind::FrontEnd => Some(Self::Frameworks),
            LibraryRole::Contract => Some(Self::Api),
            LibraryRole::DataAccess | LibraryRole::KeyValue | LibraryRole::Loader => Some(Self::DataAccess),
            LibraryRole::Validator => Some(Self::Validators),
            LibraryRole::Auth | LibraryRole::Permissions => Some(Self::Auth),
            LibraryRole::Observability => Some(Self::Observability),
            LibraryRole::Jobs => Some(Self::Jobs),
            LibraryRole::Messaging => Some(Self::Messaging),
            LibraryRole::Deployment => Some(Self::Deploy),
            LibraryRole::FrontEnd
            | LibraryRole::Migrations
            | LibraryRole::RateLimiter
            | LibraryRole::HttpClient
            | LibraryRole::Testing
            | LibraryRole::LanguageModel
            | LibraryRole::Utility => None,
        }
    }

    fn of_system(role: SystemRole) -> Option<Self> {
        Some(match role {
            SystemRole::Api => Self::Api,
            SystemRole::Auth | SystemRole::Permissions => Self::Auth,
            SystemRole::Cache | SystemRole::Database | SystemRole::ObjectStore | SystemRole::Search => Self::Databases,
            SystemRole::Jobs => Self::Jobs,
            SystemRole::Messaging => Self::Messaging,
            SystemRole::Observability => Self::Observability,
            SystemRole::Runtime => Self::Runtimes,
            SystemRole::Delivery
            | SystemRole::Mesh
            | SystemRole::Orchestrator
            | SystemRole::Platform
            | SystemRole::Proxy => Self::Deploy,
            SystemRole::LanguageModel | SystemRole::Vendor => return None,
        })
    }
}

fn row(project: &Project, service: &Service, kind: Kind) -> Row {
    let mut row = Row {
        path: service.shown_folder().to_owned(),
        name: service.name.clone(),
        kind,
        languages: service.lines.clone(),
        routes: project.all_routes(service),
        ..Row::default()
    };
    add_contracts(project, service, &mut row);
    add_libraries(project, service, &mut row);
    add_systems(project, service, &mut row);
    for made in &service.home_made {
        if let Some(column) = Column::of_library(made.role, kind) {
            let sights = made.seen.iter().map(|place| Sight { place: *place, how: "written" });
            row.add(column, &made.name, true, sights);
        }
    }
    if kind == Kind::Functions && !row.items(Column::Frameworks).iter().any(|item| item.used) {
        // Without a framework it is the platform that calls.
        for known in service.systems.iter().filter(|known| known.used) {
            let system = project.catalogue().system(known.system);
            if system.functions {
                row.add(Column::Frameworks, &system.name, true, sights(&known.seen));
            }
        }
    }
    sort(&mut row.columns);
    row
}

/// Contracts of what it answers. A front end has those of others.
fn add_contracts(project: &Project, service: &Service, row: &mut Row) {
    if row.kind == Kind::FrontEnd {
        return;
    }
    for file in &service.manifests {
        let Some(contract) = project.manifest(*file).and_then(|manifest| manifest.contract.as_ref()) else { continue };
        let sight = Sight { place: project.place(*file, contract.span), how: "described" };
        row.add(Column::Api, &contract_name(contract), true, [sight]);
    }
}

/// `OpenAPI 3.1`
fn contract_name(contract: &Contract) -> String {
    let name = match contract.kind {
        ContractKind::OpenApi => "OpenAPI",
        ContractKind::AsyncApi => "AsyncAPI",
        ContractKind::GraphQl => return "GraphQL".to_owned(),
        ContractKind::Proto if contract.operations > 0 => return "gRPC".to_owned(),
        ContractKind::Proto => return "Protobuf".to_owned(),
    };
    let parts: Vec<&str> = contract.version.iter().flat_map(|version| version.split('.')).take(2).collect();
    if parts.is_empty() { name.to_owned() } else { format!("{name} {}", parts.join(".")) }
}

fn add_libraries(project: &Project, service: &Service, row: &mut Row) {
    for known in service.libraries.iter().filter(|known| known.used || !is_for_development(project, known)) {
        let library = project.catalogue().library(known.library);
        let roles = std::iter::once(library.role).chain(library.also.iter().copied());
        let columns: Vec<Column> = roles.filter_map(|role| Column::of_library(role, row.kind)).collect();
        let is_asked = library.role == LibraryRole::Api && !service.answers_with(known.library, library);
        for column in &columns {
            if is_asked && *column == Column::Frameworks && known.used {
                continue; // Its calls are a client's.
            }
            // A framework that describes its interface is told of once.
            if *column != Column::Api || !columns.contains(&Column::Frameworks) {
                for (name, seen) in names(project, library, &known.seen) {
                    row.add(*column, name, known.used, sights(&seen));
                }
            }
        }
        if row.kind == Kind::FrontEnd || !known.used || !service.answers_with(known.library, library) {
            continue; // It asks for what others answer.
        }
        if let Some(api) = library.api {
            row.add(Column::Api, style(api), true, sights(&known.seen));
        }
        if let Some(contract) = &library.describes {
            // A document that lies there says its version as well.
            let is_written =
                |item: &&mut Item| item.name.strip_prefix(contract.as_str()).is_some_and(|rest| rest.starts_with(' '));
            let written = row.columns[Column::Api as usize].iter_mut().find(is_written);
            let name = written.map_or(contract.clone(), |item| item.name.clone());
            let made = service.contracts.iter().filter(|(library, _)| *library == known.library);
            let made = made.map(|(_, place)| Sight { place: *place, how: "described" }).take(1);
            row.add(Column::Api, &name, true, made.chain(sights(&known.seen)));
        }
    }
}

/// Whether only rows for development ask for a library: a hint at nothing that runs.
fn is_for_development(project: &Project, known: &LibraryUse) -> bool {
    known.seen.iter().all(|seen| {
        let rows = project.manifest(seen.place.file).into_iter().flat_map(|manifest| &manifest.dependencies);
        let mut rows = rows.filter(|row| row.span == seen.place.span).peekable();
        rows.peek().is_some() && rows.all(|row| row.is_dev() || row.scope == Scope::Indirect)
    })
}

/// What a library is called where it is seen: of a family the package itself.
fn names<'n>(project: &'n Project, library: &'n Library, seen: &[Seen]) -> Vec<(&'n str, Vec<Seen>)> {
    if !library.family {
        return vec![(library.shown_name(), seen.to_vec())];
    }
    let mut names: Vec<(&str, Vec<Seen>)> = Vec::new();
    // The strongest evidence comes first. What a manifest calls otherwise than the sources is no further member.
    let is_imported = seen.first().is_some_and(|one| one.how == How::Imported);
    for one in seen {
        let first = names.first().map(|(name, _)| *name).filter(|_| is_imported && one.how != How::Imported);
        let name = first.or_else(|| project.package_at(library, one.place).map(|package| member(library, package)));
        let name = name.unwrap_or(library.shown_name());
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, seen)) => seen.push(one.clone()),
            None => names.push((name, vec![one.clone()])),
        }
    }
    names
}

/// What users call the member of a family: without what is only a part or another build of it, `psycopg2` of
/// `psycopg2-binary`, and as registries spell it.
fn member<'n>(library: &'n Library, package: &'n str) -> &'n str {
    let is_whole =
        |name: &&String| package.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(['-', '_', '/']));
    let package = library.packages.iter().find(is_whole).map_or(package, String::as_str);
    let is_spelled = |name: &&String| name.replace('_', "-").eq_ignore_ascii_case(&package.replace('_', "-"));
    let mut names = std::iter::once(&library.name).chain(&library.distributions);
    names.find(is_spelled).map_or(package, String::as_str)
}

fn add_systems(project: &Project, service: &Service, row: &mut Row) {
    for known in &service.systems {
        let system = project.catalogue().system(known.system);
        if let Some(column) = Column::of_system(system.role) {
            row.add(column, &system.name, known.used, sights(&known.seen));
        }
    }
    for deployment in &service.deployments {
        let kind = deployment.kind.name();
        for (_, system) in project.catalogue().systems().filter(|(_, system)| system.manifests.contains(&kind)) {
            let sight = Sight { place: deployment.place, how: "deployed" };
            row.add(Column::Deploy, &system.name, true, [sight]);
        }
    }
}

fn style(api: ApiStyle) -> &'static str {
    match api {
        ApiStyle::Rest => "REST",
        ApiStyle::GraphQl => "GraphQL",
        ApiStyle::Grpc => "gRPC",
        ApiStyle::Connect => "Connect",
        ApiStyle::Trpc => "tRPC",
        ApiStyle::WebSocket => "WebSocket",
        ApiStyle::ServerSentEvents => "Server-Sent Events",
        ApiStyle::Event => "events",
    }
}

/// How something is seen, the strongest evidence first.
const WORDS: [&str; 7] = ["described", "written", "imported", "registered", "deployed", "pinned", "declared"];

fn sights(seen: &[Seen]) -> impl Iterator<Item = Sight> {
    seen.iter().map(|seen| Sight { place: seen.place, how: word(seen.how) })
}

fn word(how: How) -> &'static str {
    match how {
        How::Imported => "imported",
        How::Registered => "registered",
        How::Deployed => "deployed",
        How::Pinned => "pinned",
        How::Declared => "declared",
    }
}
