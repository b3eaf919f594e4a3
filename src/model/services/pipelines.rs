//! Steps of pipelines to what they bring to where it runs: images to registries, code to platforms. Knows commands by
//! their words, not what scripts do.

use rustc_hash::FxHashSet;

use crate::catalogue::{Catalogue, System, SystemId, SystemRole};
use crate::manifests::{ManifestFacts, ManifestKind, Step};

/// What is asked of a platform's own command to bring something there.
const VERBS: &[&str] =
    &["apply", "bootstrap-and-deploy", "deploy", "publish", "push", "release", "rollout", "sync", "up", "upgrade"];
/// What carries files to a machine, or commands.
const CARRIERS: &[&str] = &["rsync", "scp", "ssh"];

pub(super) fn is_pipeline(kind: ManifestKind) -> bool {
    matches!(kind, ManifestKind::GitHubWorkflow | ManifestKind::GitLabPipeline | ManifestKind::Woodpecker)
}

/// What a step runs.
pub(super) struct Commands {
    /// Each on its own: comments dropped, lines that go on joined.
    lines: Vec<String>,
    /// The same as one text, since most systems are asked of and few are there.
    all: String,
    /// The programs that are asked to bring something somewhere.
    programs: Vec<String>,
}

impl Commands {
    pub(super) fn of(step: &Step) -> Self {
        let run = step.run.as_deref().unwrap_or_default().replace("\\\n", " ");
        let lines = run.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let parts = lines.flat_map(|line| line.split(['&', ';', '|'])).map(str::trim);
        let lines: Vec<String> = parts.filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let programs = lines.iter().filter_map(|line| ordered(line)).map(str::to_owned).collect();
        Self { all: lines.join("\n"), lines, programs }
    }

    fn say(&self, start: &str) -> bool {
        self.all.contains(start)
    }
}

/// The program of a command that asks it to bring something somewhere.
fn ordered(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| SILENT.contains(word) || word.contains('='));
    let program = words.next()?;
    let verbs = words.take_while(|word| !word.starts_with('-')).take(3);
    verbs.into_iter().any(|word| VERBS.contains(&word)).then_some(program)
}

/// The jobs of a pipeline that publish or deploy what was built; the commands are those of its steps.
pub(super) fn delivering<'m>(
    catalogue: &Catalogue,
    manifest: &'m ManifestFacts,
    commands: &[Commands],
) -> FxHashSet<&'m str> {
    let steps = manifest.steps.iter().zip(commands).filter(|(step, commands)| delivers(catalogue, step, commands));
    steps.map(|(step, _)| step.job.as_str()).collect()
}

fn delivers(catalogue: &Catalogue, step: &Step, commands: &Commands) -> bool {
    let uses = step.uses.as_deref().unwrap_or_default().to_ascii_lowercase();
    let says = |known: &[&str]| words(&uses).any(|word| known.contains(&word));
    // Actions of the repository itself have steps of their own.
    let is_action = !uses.starts_with("./") && !uses.contains("pages");
    let hands_over = || says(&["deploy", "rsync", "scp", "ssh"]) || says(CARGO) && says(&["publish", "push", "upload"]);
    let carries = |line: &str| line.split_whitespace().next().is_some_and(|program| CARRIERS.contains(&program));
    let is_called = || step.run.is_some() && words(&step.job.to_ascii_lowercase()).any(|word| word == "deploy");
    is_action && hands_over()
        || is_called()
        || commands.lines.iter().any(|line| carries(line) || calls_hook(line))
        || catalogue.systems().any(|(_, system)| brings(system, step, commands) || publishes(system, step, commands))
}

/// What registries take.
const CARGO: &[&str] = &["container", "docker", "image", "images"];

/// The platforms and tools that a step deploys with.
pub(super) fn reached(catalogue: &Catalogue, step: &Step, commands: &Commands) -> Vec<SystemId> {
    catalogue.systems().filter(|(_, system)| brings(system, step, commands)).map(|(id, _)| id).collect()
}

/// Whether what an action sets up says anything of the service: a store is there for tests, secrets are the pipeline's
/// own, and platforms are spoken with to deploy.
pub(super) fn tells(role: SystemRole, delivers: bool) -> bool {
    match role {
        SystemRole::Observability | SystemRole::Permissions | SystemRole::Runtime => true,
        role => delivers && is_delivery(role),
    }
}

fn is_delivery(role: SystemRole) -> bool {
    matches!(
        role,
        SystemRole::Delivery | SystemRole::Mesh | SystemRole::Orchestrator | SystemRole::Platform | SystemRole::Proxy
    )
}

fn brings(system: &System, step: &Step, commands: &Commands) -> bool {
    if !is_delivery(system.role) {
        return false;
    }
    let uses = step.uses.as_deref().unwrap_or_default();
    let is_action = || {
        let says = || ["deploy", "apply"].iter().any(|word| uses.to_ascii_lowercase().contains(word));
        system.actions.iter().any(|action| action == uses) && says()
    };
    let is_started = || {
        commands.programs.iter().any(|program| system.commands.contains(program))
            && !(system.role == SystemRole::Orchestrator && system.deploys.is_empty())
    };
    let is_named = |start: &String| uses.contains(start.as_str()) || commands.say(start);
    is_action() || is_started() || system.deploys.iter().any(is_named)
}

/// Words before the command that is meant.
const SILENT: &[&str] = &["sudo", "exec", "time", "npx", "pnpm", "yarn", "bunx", "dlx", "uv", "run", "poetry"];

/// Whether a step hands an image to a registry.
fn publishes(system: &System, step: &Step, commands: &Commands) -> bool {
    let uses = step.uses.as_deref().unwrap_or_default();
    let is_tried = step.inputs.iter().any(|(name, value)| name == "push" && value == "false");
    let asks = |value: &str| value.contains("push=true") || value.contains("type=registry");
    let is_asked = |(name, value): &(String, String)| matches!(name.as_str(), "push" | "repo") || asks(value);
    system.publishes.iter().any(|start| {
        (uses == start && !is_tried && step.inputs.iter().any(is_asked))
            || commands.lines.iter().any(|line| is_published(line, start))
    })
}

/// `docker push x` by its beginning, `docker buildx build --push .` by what it is told.
fn is_published(line: &str, start: &str) -> bool {
    match start.split_once(" --") {
        Some((program, flag)) => {
            let is_told = line.contains("push=true") || line.split(" --").skip(1).any(|rest| is_flag(rest, flag));
            is_told && line.starts_with(program)
        }
        None => line.starts_with(start),
    }
}

fn is_flag(rest: &str, flag: &str) -> bool {
    rest.strip_prefix(flag).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
}

/// `curl -X POST "$DEPLOY_HOOK_URL"`
fn calls_hook(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.starts_with("curl") && ["deploy_hook", "deploy-hook", "deployhook"].iter().any(|word| lower.contains(word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}
