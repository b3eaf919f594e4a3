//! The questions about languages and about what the parts of a repository promise each other. It does not know
//! whether a promise is kept.

use std::collections::{BTreeMap, BTreeSet};

use super::Reply;
use super::view::{Share, View, called, enumerated, has_path_word, has_role, lines, listed, origin};
use crate::catalogue::{ApiStyle, Library, LibraryRole};
use crate::facts::{FileId, Span};
use crate::finding::{Place, Step};
use crate::manifests::{Contract, ContractKind};
use crate::model::{Service, ServiceKind};
use crate::walk::{File, FileKind, Role};

pub(super) fn languages(view: &View) -> Reply {
    let mut languages: BTreeMap<&str, (u32, Vec<&Service>)> = BTreeMap::new();
    let mut evidence = Vec::new();
    for service in view.project.services() {
        for (language, lines) in &service.lines {
            let known = languages.entry(language).or_default();
            known.0 += lines;
            known.1.push(service);
        }
        let written: Vec<String> =
            service.lines.iter().map(|(name, lines)| format!("{name} ({lines} lines)")).collect();
        let is_part = service.kind != ServiceKind::Library && !written.is_empty();
        if let Some(place) = origin(view.project, service).filter(|_| is_part) {
            evidence.push(Step { place, message: format!("{} in {}", enumerated(&written), called(service)) });
        }
    }
    let mut languages: Vec<_> = languages.into_iter().collect();
    languages.sort_by_key(|(_, (lines, _))| std::cmp::Reverse(*lines));
    let each = languages.iter().map(|(language, (lines, parts))| {
        let lines = if *lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
        format!("{language}, {lines} in {}", listed(parts))
    });
    match languages.len() {
        0 => Reply::not_applicable("No source files were found."),
        _ => Reply::yes(format!("{}.", each.collect::<Vec<_>>().join("; ")), evidence),
    }
}

pub(super) fn shared_types(view: &View) -> Reply {
    if view.front_ends.is_empty() {
        return Reply::not_applicable("No front end was found.");
    }
    if view.backends.is_empty() {
        return Reply::not_applicable("No back end was found beside the front end.");
    }
    let of_front_ends = Share::of(&view.front_ends, |front_end| {
        let mut steps = view.tools(front_end, |library| {
            has_role(library, &[LibraryRole::Contract]) || library.api == Some(ApiStyle::Trpc)
        });
        let parts = libraries_of(view, front_end).into_iter().chain([front_end]);
        steps.extend(parts.filter_map(|part| generated(view, part, front_end)));
        steps
    });
    if !of_front_ends.with.is_empty() {
        return of_front_ends.reply("Types are taken from a contract", "");
    }
    let mut contracts = Vec::new();
    for service in &view.backends {
        contracts.extend(documents(view, service));
    }
    if !contracts.is_empty() {
        let front_ends = listed(&view.front_ends);
        return Reply::partly(
            format!("There is a contract, but {front_ends} makes no types or client of it."),
            contracts,
        );
    }
    let mut evidence = Vec::new();
    for front_end in &view.front_ends {
        let is_shared = |library: &&Service| {
            let uses = |one: &Service| one.uses.iter().any(|id| view.project.service(*id).folder == library.folder);
            view.backends.iter().any(|one| uses(one))
        };
        for library in libraries_of(view, front_end).into_iter().filter(is_shared) {
            if let Some(place) = origin(view.project, library) {
                let message = format!("{} is imported by {} and the back end", called(library), called(front_end));
                evidence.push(Step { place, message });
            }
        }
    }
    match evidence.is_empty() {
        false => {
            Reply::partly("Both sides import a package of the repository, and no contract describes it.", evidence)
        }
        true => Reply::no("No contract, generated client or shared package connects the front end.", Vec::new()),
    }
}

pub(super) fn contracts(view: &View) -> Reply {
    let interface = [LibraryRole::Contract];
    let typed = [ApiStyle::GraphQl, ApiStyle::Grpc, ApiStyle::Connect, ApiStyle::Trpc];
    let share = Share::of(&view.serving, |service| {
        let mut steps = documents(view, service);
        let is_typed = |library: &Library| library.api.is_some_and(|api| typed.contains(&api));
        // What makes clients describes what others answer.
        let describes =
            |library: &Library| has_role(library, &interface) && !has_role(library, &[LibraryRole::HttpClient]);
        steps.extend(view.answering(service, |library| is_typed(library) || describes(library)));
        steps
    });
    match view.serving.is_empty() {
        true => Reply::not_applicable("No service that answers requests was found."),
        false => share.reply(
            "A document, or a library that makes one, describes what is answered",
            "No OpenAPI, GraphQL, Protobuf or AsyncAPI document and no library that makes one was found.",
        ),
    }
}

/// The interface descriptions that belong to a service: its own, or those that only it can be meant by.
fn documents(view: &View, service: &Service) -> Vec<Step> {
    let own = own_documents(view, service);
    let found = if own.is_empty() { distant_documents(view, service) } else { own };
    let step = |(file, contract): (_, &Contract)| Step {
        place: view.project.place(file, contract.span),
        message: format!("{} for {}", size(contract), called(service)),
    };
    found.into_iter().map(step).collect()
}

fn own_documents<'v>(view: &'v View, service: &Service) -> Vec<(FileId, &'v Contract)> {
    let contract = |file| Some((file, view.project.manifest(file)?.contract.as_ref()?));
    service.manifests.iter().filter_map(|file| contract(*file)).filter(|(_, one)| describes(one)).collect()
}

/// Documents in a folder of documents or above the service, which nobody has beside it. Where several services could be
/// meant, the largest is.
fn distant_documents<'v>(view: &'v View, service: &Service) -> Vec<(FileId, &'v Contract)> {
    let contracts = view.manifests().filter_map(|(file, manifest)| Some((file, manifest.contract.as_ref()?)));
    let is_free = |file: FileId| {
        let owner = view.project.service_of(file).map(|id| view.project.service(id));
        let is_of_code = |owner: &Service| !owner.folder.is_empty() && owner.kind != ServiceKind::Library;
        !owner.is_some_and(is_of_code) && !view.backends.iter().any(|one| one.manifests.contains(&file))
    };
    let is_meant = |file: FileId| {
        let folder = home(view.path(file));
        let below =
            |one: &Service| folder.is_empty() || one.folder == folder || one.folder.starts_with(&format!("{folder}/"));
        let around = view.serving.iter().filter(|one| below(one) && own_documents(view, one).is_empty());
        let largest = around.max_by_key(|one| (lines(one), std::cmp::Reverse(&one.folder)));
        largest.is_some_and(|one| one.folder == service.folder)
    };
    contracts.filter(|(file, one)| describes(one) && is_free(*file) && is_meant(*file)).collect()
}

/// Queries of clients describe nothing.
fn describes(contract: &Contract) -> bool {
    contract.operations > 0 || (contract.kind != ContractKind::GraphQl && contract.types > 0)
}

/// The folder whose code a document describes: what stands above folders of documents.
fn home(path: &str) -> String {
    let folders = path.rsplit_once('/').map_or("", |(folder, _)| folder).split('/');
    let of_documents = [
        "api",
        "contract",
        "contracts",
        "doc",
        "docs",
        "documentation",
        "openapi",
        "schema",
        "spec",
        "specs",
        "swagger",
    ];
    folders.take_while(|folder| !of_documents.contains(&folder.to_lowercase().as_str())).collect::<Vec<_>>().join("/")
}

/// Libraries of the repository that a front end uses: by its imports, or as its manifest asks for them.
fn libraries_of<'v>(view: &'v View, front_end: &'v Service) -> Vec<&'v Service> {
    let manifests = front_end.manifests.iter().filter_map(|file| view.project.manifest(*file));
    let rows = manifests.flat_map(|manifest| &manifest.dependencies);
    let names: BTreeSet<&str> = rows.map(|row| row.name.as_str()).collect();
    let is_part = |(index, one): &(usize, &Service)| {
        let is_asked =
            names.contains(one.name.as_str()) && matches!(one.kind, ServiceKind::Library | ServiceKind::Tool);
        is_asked || front_end.uses.iter().any(|id| id.0 as usize == *index)
    };
    view.project.services().iter().enumerate().filter(is_part).map(|(_, one)| one).collect()
}

/// What is made from a contract in a folder: by a tool that its manifest asks for, or in files that say that they are
/// generated.
fn generated(view: &View, service: &Service, user: &Service) -> Option<Step> {
    let makes = |library: &Library| has_role(library, &[LibraryRole::Contract]) || library.api == Some(ApiStyle::Trpc);
    let by_tool = view.tools(service, makes).into_iter().next();
    let by_tool = by_tool.filter(|_| service.folder != user.folder).map(|step| step.place);
    let is_inside = |path: &str| path.strip_prefix(service.folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
    let speaks =
        |path: &str| has_path_word(path, &["api", "client", "graphql", "gql", "openapi", "sdk", "schema", "types"]);
    // Declarations of types count as generated, and are as often written by hand.
    let is_written = |path: &str| path.ends_with(".d.ts");
    let is_made = |file: &File| {
        let is_named = has_path_word(&file.path, &["gen", "generated"]);
        let is_made = file.role == Role::Generated || (file.role == Role::FrontEnd && is_named);
        is_made && matches!(file.kind, FileKind::Source(_)) && !is_written(&file.path)
    };
    let mut files = view.project.files();
    let by_file = || {
        let found = files.find(|(_, file)| is_made(file) && is_inside(&file.path) && speaks(&file.path));
        found.map(|(id, _)| Place { file: id, span: Span::default() })
    };
    let place = by_tool.or_else(by_file)?;
    let message = match service.folder == user.folder {
        true => format!("generated types in {}", called(user)),
        false => format!("{} is made from a contract, for {}", called(service), called(user)),
    };
    Some(Step { place, message })
}

/// "OpenAPI with 12 operations"
fn size(contract: &Contract) -> String {
    let name = match contract.kind {
        ContractKind::OpenApi => "OpenAPI",
        ContractKind::AsyncApi => "AsyncAPI",
        ContractKind::GraphQl => "GraphQL",
        ContractKind::Proto => "Protobuf",
    };
    match contract.operations {
        0 => format!("{name} with {} types", contract.types),
        1 => format!("{name} with 1 operation"),
        count => format!("{name} with {count} operations"),
    }
}
