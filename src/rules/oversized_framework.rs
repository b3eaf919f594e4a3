//! Reports a framework for large applications under a service of a few hundred lines.
//!
//! Size alone is no fault: whoever uses what such a framework is made for gets something for it, and several services
//! on one stack are a choice of their own.

use super::Pass;
use crate::catalogue::{Library, LibraryId, LibraryRole};
use crate::finding::{Confidence, Place, Severity};
use crate::model::{Project, Service, ServiceKind};

/// With as many lines a service has grown into its framework.
const MOST_LINES: u32 = 500;
const MOST_ROUTES: u32 = 5;
/// Of the features that such a framework is made for, so many may be in use where the routes are counted. Where they
/// are not, any one of them is a reason.
const MOST_FEATURES: usize = 1;

/// What a framework for large applications is chosen for.
const FEATURES: &[LibraryRole] = &[
    LibraryRole::DataAccess,
    LibraryRole::Auth,
    LibraryRole::Permissions,
    LibraryRole::Jobs,
    LibraryRole::Messaging,
    LibraryRole::Migrations,
    LibraryRole::Api,
];

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    for service in project.services() {
        if !matches!(service.kind, ServiceKind::Service | ServiceKind::Functions) {
            continue;
        }
        let heavy = project.used_as(service, LibraryRole::WebFramework).find(|(_, library)| library.heavy);
        let Some((used, library)) = heavy else { continue };
        let lines: u32 = service.lines.iter().map(|(_, lines)| lines).sum();
        let features = features(project, service, library);
        // None at all are counted where they are declared in a way that is not known.
        let routes = project.routes(service, used.library).filter(|routes| *routes > 0);
        let most_features = routes.map_or(0, |_| MOST_FEATURES);
        let is_small = lines < MOST_LINES && routes.is_none_or(|routes| routes <= MOST_ROUTES);
        if lines == 0 || !is_small || features.len() > most_features || is_shared(project, service, used.library) {
            continue;
        }
        let Some(place) = used.seen.first().map(|seen| seen.place) else { continue };
        report(pass, service, &library.name, place, lines, routes);
    }
}

fn report(pass: &mut Pass, service: &Service, framework: &str, place: Place, lines: u32, routes: Option<u32>) {
    let shown = pass.project.shown(service);
    let routes_shown = match routes {
        None => String::new(),
        Some(1) => " and 1 route".to_owned(),
        Some(routes) => format!(" and {routes} routes"),
    };
    let in_function = service.kind == ServiceKind::Functions;
    let cost = if in_function { ", and it starts with every cold start" } else { "" };
    let message = format!("{framework} carries {lines} lines{routes_shown}: {shown} uses little of what it is made for{cost}");
    let finding = pass.report(place, message);
    if in_function {
        finding.severity = finding.severity.max(Severity::Warning);
    }
    if routes.is_none() {
        finding.confidence(Confidence::Medium);
    }
    finding.help("answer these few routes with a small router or plain handlers until the service grows");
}

/// The roles in use that a small framework leaves to others.
fn features<'p>(project: &'p Project, service: &'p Service, framework: &Library) -> Vec<&'p LibraryRole> {
    let is_in_use = |role: &&LibraryRole| {
        project.used_as(service, **role).any(|(_, library)| library.name != framework.name)
    };
    FEATURES.iter().filter(is_in_use).collect()
}

/// Whether another part of the repository stands on the same framework.
fn is_shared(project: &Project, service: &Service, framework: LibraryId) -> bool {
    let others = project.services().iter().filter(|other| other.folder != service.folder);
    others.into_iter().any(|other| other.library(framework).is_some_and(|one| one.used))
}
