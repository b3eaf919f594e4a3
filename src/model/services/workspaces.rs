//! Workspaces to those that are one program: crates that are compiled together for a single service. Knows no members
//! of workspaces whose packages are installed one by one.

use super::ServiceKind;
use super::kinds::Kind;
use super::reach::Reach;
use super::sources::Sources;
use super::units::Units;
use crate::manifests::ManifestKind;
use crate::model::Project;
use crate::paths::{below, folder};

/// The share of the members, in percent, that a service is made of when it is all there is.
const MOST: usize = 70;

/// Folders of workspaces with a single service that most members are parts of, and the units of the members. At most
/// one, since joining changes the numbers of units.
pub(super) fn single(
    project: &Project,
    sources: &Sources,
    units: &Units,
    reach: &Reach,
    kinds: &[Kind],
) -> Option<(String, Vec<u32>)> {
    let is_crate = |index: usize| {
        let mut manifests = units.all[index].manifests.iter().filter_map(|id| project.manifest(*id));
        manifests.any(|manifest| manifest.kind == ManifestKind::Cargo)
    };
    let crates: Vec<usize> = (0..units.all.len()).filter(|index| is_crate(*index)).collect();
    let workspaces = project.manifests().filter(|(_, manifest)| {
        manifest.kind == ManifestKind::Cargo && !manifest.members.is_empty() && manifest.name.is_none()
    });
    workspaces.map(|(id, _)| folder(&project.file(id).path)).find_map(|home| {
        let parts: Vec<usize> = crates.iter().copied().filter(|index| below(&units.all[*index].folder, home)).collect();
        let mut running =
            parts.iter().filter(|index| matches!(kinds[**index].kind, ServiceKind::Service | ServiceKind::Worker));
        let only = running.next().filter(|_| parts.len() > 2)?;
        if running.next().is_some() {
            return None; // Several programs.
        }
        let is_library = |unit: u32| kinds[unit as usize].kind == ServiceKind::Library;
        let (_, used) = reach.beyond(project, sources, units, *only as u32, &is_library);
        let is_most = (used.len() + 1) * 100 >= parts.len() * MOST;
        is_most.then(|| (home.to_owned(), parts.into_iter().map(|index| index as u32).collect()))
    })
}
