//! Reports a cluster that is kept for one or two workloads of the team's own.
//!
//! Manifests alone say little: half of them are an offer to people who host the product themselves. So this speaks only
//! where something shows that the team deploys there, and only where nothing asks for what a cluster is good at.

use super::Pass;
use crate::finding::{Confidence, Step};
use crate::model::ServiceKind;

/// The most workloads of its own that are better run without a cluster.
const MOST_WORKLOADS: usize = 2;
/// The most replicas that any platform runs as easily.
const MOST_REPLICAS: u32 = 3;

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let has_code = project.services().iter().any(|service| {
        matches!(service.kind, ServiceKind::Service | ServiceKind::Worker | ServiceKind::Functions)
    });
    let cluster = project.cluster();
    let is_small = (1..=MOST_WORKLOADS).contains(&cluster.own.len()) && cluster.most_replicas <= MOST_REPLICAS;
    // A repository without code describes the clusters of others.
    let evidence: Vec<&Step> = cluster.deployed.iter().chain(&cluster.hinted).collect();
    let is_own = has_code && !evidence.is_empty() && cluster.distributed.is_empty();
    if !is_small || !is_own || !cluster.native.is_empty() {
        return;
    }
    let names: Vec<String> = cluster.own.iter().map(|one| format!("`{}`", one.name)).collect();
    let (workloads, run) = if names.len() == 1 { ("workload", "runs") } else { ("workloads", "run") };
    let beside = match cluster.others.len() {
        0 => String::new(),
        count => format!(" beside {count} of others"),
    };
    let message = format!(
        "only {} {workloads} of its own {run} on Kubernetes: {}{beside}, at most {}, and nothing scales them further",
        names.len(),
        names.join(" and "),
        match cluster.most_replicas {
            0 | 1 => "1 replica".to_owned(),
            count => format!("{count} replicas"),
        }
    );
    let finding = pass.report(cluster.own[0].place, message);
    for other in &cluster.own[1..] {
        finding.related(other.place, "the other workload");
    }
    for step in evidence.into_iter().take(3) {
        finding.related(step.place, step.message.clone());
    }
    finding.help(
        "run the container on a platform that needs no cluster (Cloud Run, Fargate, Fly.io, App Runner, a plain Compose \
         file) until several services have to be scaled on their own",
    );
    // Samples name a registry as well.
    finding.confidence(if cluster.deployed.is_empty() { Confidence::Low } else { Confidence::High });
}
