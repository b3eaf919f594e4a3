//! Reports services that show their operators nothing but lines of text.
//!
//! Four legs count: structured logs, metrics, traces, errors that are collected. One of them is enough to be silent:
//! which one a team begins with is its own choice.

use super::Pass;
use crate::catalogue::{LibraryRole, SystemRole};
use crate::finding::Confidence;
use crate::model::{Project, Service, ServiceKind};

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    if project.is_collection() {
        return; // Nobody operates examples.
    }
    for service in project.services() {
        // A platform collects what its functions print, and counts and times their calls.
        if !matches!(service.kind, ServiceKind::Service | ServiceKind::Worker) || is_observed(project, service) {
            continue;
        }
        // Pages that keep nothing and sign nobody in.
        if draws_alone(project, service) {
            continue;
        }
        let Some(place) = project.face(service) else { continue };
        let instead: Vec<_> = project.used_as(service, LibraryRole::Observability).collect();
        let names: Vec<String> = instead.iter().map(|(_, library)| format!("`{}`", library.name)).collect();
        let instead_of_it = match names.as_slice() {
            [] => String::new(),
            names => format!(", only lines of text by {}", names.join(", ")),
        };
        let searched = service.libraries.iter().filter(|one| one.used).count();
        let message = format!(
            "{} has no structured logs, metrics, traces or collected errors{instead_of_it}; looked through {} and {}",
            project.shown(service),
            counted(searched, "known library", "known libraries"),
            counted(service.files.len(), "source file", "source files"),
        );
        let finding = pass.report(place, message);
        finding.help(
            "log one JSON object a line with level and request id, and let OpenTelemetry's instrumentation of the \
             framework export traces and metrics",
        );
        for (used, library) in instead {
            if let Some(import) = used.imports.first() {
                finding.related(*import, format!("`{}` is no leg", library.name));
            }
        }
        // Without sources nobody sees what is in use.
        if service.files.is_empty() {
            finding.confidence(Confidence::Low);
        }
    }
}

/// What makes more of pages than pages.
const WORK: &[LibraryRole] = &[
    LibraryRole::DataAccess,
    LibraryRole::KeyValue,
    LibraryRole::Api,
    LibraryRole::Auth,
    LibraryRole::Jobs,
    LibraryRole::Messaging,
];

fn draws_alone(project: &Project, service: &Service) -> bool {
    project.draws_pages(service) && !WORK.iter().any(|role| project.used_as(service, *role).next().is_some())
}

fn is_observed(project: &Project, service: &Service) -> bool {
    let has_legs = service.libraries.iter().any(|one| one.used && !project.catalogue().library(one.library).legs.is_empty());
    let systems = service.systems.iter().map(|one| project.catalogue().system(one.system));
    has_legs
        || systems.into_iter().any(|system| system.role == SystemRole::Observability)
        || project.serves_metrics(service)
        || project.writes_own_logs(service)
        || project.imports_own_telemetry(service)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
