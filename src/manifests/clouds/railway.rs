//! `railway.json`, `railway.toml` to facts. Does not know the name of the service: the platform keeps it.

use super::command;
use super::tree::Node;
use super::{attributes, resource, text};
use crate::manifests::{Container, ContainerKind, ManifestFacts};

pub(super) fn read(root: &Node, facts: &mut ManifestFacts) {
    command("build", root.at(&["build", "buildCommand"]), facts);
    if let Some(deploy) = root.get("deploy") {
        command("start", deploy.get("startCommand"), facts);
        command("release", deploy.get("preDeployCommand"), facts);
        let asked = ["numReplicas", "cronSchedule", "healthcheckPath"];
        facts.resources.push(resource("service", "", attributes(deploy, &asked), deploy.span));
    }
    let builder = root.at(&["build", "builder"]).and_then(Node::text);
    let dockerfile = root.at(&["build", "dockerfilePath"]);
    if let Some(build) = root.get("build").filter(|_| builder == Some("DOCKERFILE") || dockerfile.is_some()) {
        facts.containers.push(Container {
            kind: ContainerKind::Platform,
            build: Some(".".to_owned()),
            dockerfile: text(build, "dockerfilePath").map(|path| path.trim_start_matches('/').to_owned()),
            span: build.span,
            ..Container::default()
        });
    }
}
