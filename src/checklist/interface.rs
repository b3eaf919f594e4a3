//! The questions about languages and about what the parts of a repository promise each other. It does not know
//! whether a promise is kept.

use std::collections::BTreeMap;

use super::Reply;
use super::view::{Share, View, called, enumerated, has_role, listed, origin};
use crate::catalogue::{ApiStyle, LibraryRole};
use crate::finding::Step;
use crate::manifests::{Contract, ContractKind};
use crate::model::{Service, ServiceKind};

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
        view.tools(front_end, |library| {
            has_role(library, &[LibraryRole::Contract]) || library.api == Some(ApiStyle::Trpc)
        })
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
        let shared = front_end.uses.iter().filter(|library| view.backends.iter().any(|one| one.uses.contains(library)));
        for library in shared.map(|library| view.project.service(*library)) {
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
        steps.extend(view.libraries(service, |library| {
            has_role(library, &interface) || library.api.is_some_and(|api| typed.contains(&api))
        }));
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

/// The interface descriptions that belong to a service.
fn documents(view: &View, service: &Service) -> Vec<Step> {
    let contract = |file| Some((file, view.project.manifest(file)?.contract.as_ref()?));
    let contracts = service.manifests.iter().filter_map(|file| contract(*file));
    let step = |(file, contract): (_, &Contract)| Step {
        place: view.project.place(file, contract.span),
        message: format!("{} for {}", size(contract), called(service)),
    };
    contracts.map(step).collect()
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
