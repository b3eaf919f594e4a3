//! Reports two HTTP frameworks that both make applications in one service.
//!
//! Use counts, not manifests: each must make an application of its own. What one framework is built on, what draws
//! pages and what speaks another style than plain HTTP has a boundary of its own.

use super::Pass;
use crate::catalogue::{ApiStyle, Library, LibraryId, LibraryRole};
use crate::finding::Place;
use crate::model::{Project, Service, ServiceKind};

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    for service in project.services() {
        if !matches!(service.kind, ServiceKind::Service | ServiceKind::Functions) {
            continue;
        }
        let frameworks = frameworks(project, service);
        let [(first, place), others @ ..] = frameworks.as_slice() else { continue };
        if others.is_empty() {
            continue;
        }
        let names: Vec<String> = frameworks.iter().map(|(library, _)| format!("`{}`", library.name)).collect();
        let message = format!(
            "{} answers through {} frameworks, and nothing says which requests are whose: {}",
            project.shown(service),
            names.len(),
            names.join(", ")
        );
        let finding = pass.report(*place, message);
        for (library, place) in others {
            finding.related(*place, format!("`{}` makes an application too", library.name));
        }
        let left = others.iter().map(|(library, _)| library.name.as_str()).collect::<Vec<_>>().join(" and ");
        finding.help(format!("keep one of {} and {left}: move the routes of the other, give them a service of their own, or remove what is left over", first.name));
    }
}

/// The frameworks that make applications, each with the first place, in the order of those places.
fn frameworks<'p>(project: &'p Project, service: &Service) -> Vec<(&'p Library, Place)> {
    let mut all: Vec<(LibraryId, &Library, Place)> = Vec::new();
    for (id, place) in &service.apps {
        let library = project.catalogue().library(*id);
        let is_known = all.iter().any(|(_, known, _)| known.name == library.name);
        if !is_known && answers_plain_http(library) {
            all.push((*id, library, *place));
        }
    }
    // What another one is built on.
    let names: Vec<&String> = all.iter().map(|(_, library, _)| &library.name).collect();
    all.retain(|(_, library, _)| !library.loaded_by.iter().any(|above| names.contains(&above)));
    // Made in a file that speaks of another one: there it is mounted, and there the boundary stands.
    let is_mounted = |(id, _, place): &(LibraryId, &Library, Place)| {
        let others = all.iter().filter(|(other, ..)| other != id);
        let mut imports = others.filter_map(|(other, ..)| service.library(*other)).flat_map(|other| &other.imports);
        imports.any(|import| import.file == place.file)
    };
    all.iter().copied().filter(|one| !is_mounted(one)).map(|(_, library, place)| (library, place)).collect()
}

fn answers_plain_http(library: &Library) -> bool {
    let is_framework = library.role == LibraryRole::WebFramework;
    // A gateway answers plain HTTP for another style.
    let is_gateway = library.role == LibraryRole::Api && library.api == Some(ApiStyle::Rest);
    (is_framework || is_gateway)
        && !library.also.contains(&LibraryRole::FrontEnd)
        && matches!(library.api, None | Some(ApiStyle::Rest))
}
