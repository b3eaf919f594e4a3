//! The question about the way to production and back. It does not know whether any of it was run.

use super::Reply;
use super::view::{View, has_any, has_path_word, is_pipeline};
use crate::catalogue::{System, SystemRole};
use crate::facts::{FileId, Span};
use crate::finding::{Place, Step};
use crate::manifests::{self, Heading, ManifestFacts, ManifestKind};
use crate::model::ServiceKind;

/// What brings code to where it runs, rather than building or testing it: words of commands of platforms.
#[rustfmt::skip]
const VERBS: [&str; 14] = [
    "apply", "container:release", "create-deployment", "deploy", "promote", "publish", "rollout", "ship",
    "start-instance-refresh", "sync", "up", "update-function-code", "update-service", "upgrade",
];

/// Verbs that mean it behind any program that brings things somewhere; the others also start things on the spot.
const PLAIN_VERBS: [&str; 6] = ["apply", "deploy", "promote", "rollout", "sync", "upgrade"];

/// What steps and headings say that lead back to the version before.
const BACK: [&str; 7] =
    ["rollback", "roll back", "roll-back", "rolling back", "rollout undo", "blue-green", "--atomic"];

/// What can be taken back besides deployments.
const OTHERWISE_BACK: [&str; 4] = ["database", "migrat", "schema", "transaction"];

/// Words of paths, jobs and commands that bring something else than a service, or take it away.
#[rustfmt::skip]
const ASIDE: [&str; 16] = [
    "cleanup", "delete", "demo", "destroy", "doc", "docs", "documentation", "docusaurus", "mkdocs", "preview", "remove",
    "storybook", "teardown", "undeploy", "website", "www",
];

/// Words of actions and commands that only make the others work.
#[rustfmt::skip]
const PREPARES: [&str; 10] = [
    "auth", "configure", "context", "credentials", "diff", "dry", "kubeconfig", "lint", "login", "setup",
];

/// What shows that a cluster or cloud is only rehearsed with.
const REHEARSALS: [&str; 7] =
    ["chart-testing", "ct install", "k3d", "kind create", "kind-action", "localhost:4566", "minikube"];

/// Programs that carry files and words about, whatever their arguments are called.
#[rustfmt::skip]
const CARRIERS: [&str; 20] = [
    "[", "cat", "cd", "chmod", "cp", "curl", "docker", "echo", "export", "gh", "git", "grep", "if", "ls", "mkdir", "mv",
    "rm", "sed", "test", "touch",
];

/// Manifests by which a platform builds and runs what is pushed to it.
fn follows_pushes(manifest: &ManifestFacts) -> bool {
    use ManifestKind as Kind;
    match manifest.kind {
        Kind::Vercel | Kind::Netlify | Kind::Render | Kind::Railway => true,
        // What also releases is no list for a developer's machine.
        Kind::Procfile => manifest.commands.iter().any(|command| command.name == "release"),
        _ => false,
    }
}

pub(super) fn deployment(view: &View) -> Reply {
    let (mut deploys, mut back, mut described) = (Vec::new(), Vec::new(), Vec::new());
    let (mut published, mut pipelines, mut fronts) = (Vec::new(), Vec::new(), Vec::new());
    for (file, manifest) in view.manifests() {
        let at = |span| Place { file, span };
        if is_pipeline(manifest.kind) {
            pipelines.push(Step { place: at(Span::default()), message: "a pipeline".to_owned() });
        }
        let is_aside = has_path_word(view.path(file), &ASIDE);
        if !is_aside && !rehearses(manifest) {
            let found = manifest.steps.iter().find(|step| is_deployment(view, step));
            deploys.extend(
                found.map(|step| Step { place: at(step.span), message: format!("job `{}` deploys", step.job) }),
            );
        }
        if let Some(step) = manifest.steps.iter().find(|step| is_publishing(step)) {
            published.push(Step { place: at(step.span), message: format!("job `{}` publishes an image", step.job) });
        }
        if let Some(step) = manifest.steps.iter().find(|step| leads_back(step)) {
            back.push(Step { place: at(step.span), message: format!("job `{}` can go back", step.job) });
        }
        // A kustomization alone is applied by whoever wants to.
        let mut objects = manifest.resources.iter().filter(|_| manifest.kind != ManifestKind::Kustomize);
        if let Some(object) = objects.find(|resource| is_delivered(view, resource)) {
            let message = format!("{} `{}` follows the repository", object.kind, object.name);
            deploys.push(Step { place: at(object.span), message });
        }
        let is_of_documents = || manifest.commands.iter().any(|command| has_path_word(&command.line, &ASIDE));
        if follows_pushes(manifest) && !is_aside && !is_of_documents() {
            let message = "a platform that deploys what is pushed".to_owned();
            let step = Step { place: at(Span::default()), message };
            if is_of_front_end(view, file) { fronts.push(step) } else { deploys.push(step) }
        }
        let speaks = |heading: &&Heading| has_any(&heading.text, &BACK) && !has_any(&heading.text, &OTHERWISE_BACK);
        if let Some(heading) = manifest.headings.iter().find(speaks) {
            described.push(Step { place: at(heading.span), message: "the way back is described".to_owned() });
        }
    }
    if deploys.is_empty() && published.is_empty() && !fronts.is_empty() && !view.backends.is_empty() {
        return Reply::partly("Only front ends were seen to be deployed.", fronts);
    }
    if !deploys.is_empty() || view.backends.is_empty() {
        deploys.extend(fronts);
    }
    match (deploys.is_empty(), back.is_empty(), described.is_empty()) {
        (false, false, _) => {
            deploys.extend(back);
            Reply::yes("Deployment is automated, and a pipeline knows the way back.", deploys)
        }
        (false, true, false) => {
            deploys.extend(described);
            Reply::partly("Deployment is automated; the way back is described, but no pipeline takes it.", deploys)
        }
        (false, true, true) => Reply::partly("Deployment is automated, but nothing speaks of rollback.", deploys),
        (true, ..) if !published.is_empty() => {
            Reply::partly("Images are published, but no pipeline was seen to deploy them.", published)
        }
        (true, ..) if pipelines.is_empty() => {
            Reply::no("No pipeline and no platform that deploys was found.", pipelines)
        }
        (true, ..) => Reply::no("Pipelines build and test, but none was seen to deploy.", pipelines),
    }
}

fn is_of_front_end(view: &View, file: FileId) -> bool {
    let part = view.project.service_of(file).map(|id| view.project.service(id));
    part.is_some_and(|part| part.kind == ServiceKind::FrontEnd)
}

fn rehearses(manifest: &ManifestFacts) -> bool {
    let texts = manifest.steps.iter().flat_map(|step| [step.uses.as_deref(), step.run.as_deref()]);
    texts.flatten().any(|text| has_any(text, &REHEARSALS))
}

fn is_deployment(view: &View, step: &manifests::Step) -> bool {
    let aside = [Some(step.job.as_str()), step.folder.as_deref()];
    if aside.into_iter().flatten().any(|text| has_path_word(text, &ASIDE)) {
        return false;
    }
    let used = step.uses.as_deref().is_some_and(|uses| is_deploying_action(view, uses, &step.job));
    used || commands(step).any(|line| is_deploying_command(view, &line))
}

/// An action that deploys by its own name or by what the catalogue knows of it. One of the repository itself has steps
/// of its own, which are looked at where they stand.
fn is_deploying_action(view: &View, uses: &str, job: &str) -> bool {
    let lower = uses.to_lowercase();
    let says = |text: &str| has_path_word(text, &["deploy", "apply", "rollout"]);
    let prepares = has_path_word(&lower, &PREPARES) && !says(&lower);
    if uses.starts_with("./") || prepares || has_any(&lower, &["github-pages", "gh-pages", "deploy-pages"]) {
        return false;
    }
    let is_known = |system: &System| {
        let is_listed = system.actions.iter().any(|action| *action == uses);
        let is_named = system.deploys.iter().any(|start| lower.contains(start.as_str()));
        is_named || (is_listed && (system.role == SystemRole::Platform || says(&lower) || says(job)))
    };
    brings(view).any(|(_, system)| is_known(system))
        || says(lower.split('/').skip(1).collect::<Vec<_>>().join("/").as_str())
        || (has_path_word(&lower, &["ssh"]) && says(job))
}

fn brings<'v>(view: &'v View) -> impl Iterator<Item = (crate::catalogue::SystemId, &'v System)> {
    let roles = [SystemRole::Delivery, SystemRole::Orchestrator, SystemRole::Platform];
    view.project.catalogue().systems().filter(move |(_, system)| roles.contains(&system.role))
}

/// Each command of a step on its own: comments dropped, lines that go on joined.
fn commands(step: &manifests::Step) -> impl Iterator<Item = String> {
    let run = step.run.as_deref().unwrap_or_default().to_lowercase().replace("\\\n", " ");
    let lines: Vec<String> =
        run.lines().map(str::trim).filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let parts = |line: &String| -> Vec<String> {
        line.split(['&', ';', '|']).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    };
    lines.iter().flat_map(parts).collect::<Vec<_>>().into_iter()
}

fn is_deploying_command(view: &View, line: &str) -> bool {
    let is_setting = |word: &&str| word.contains('=') || matches!(*word, "sudo" | "exec" | "time" | "npx" | "run:");
    let words: Vec<&str> = line.split_whitespace().skip_while(is_setting).collect();
    let Some((program, rest)) = words.split_first() else { return false };
    // Migrations are deployed to the databases of tests as well.
    if has_any(line, &["migrat"]) || has_path_word(line, &PREPARES) || has_path_word(line, &ASIDE) {
        return calls_hook(program, line);
    }
    let verbs = rest.iter().take_while(|word| !word.starts_with('-')).take(4);
    let verbs: Vec<&str> = verbs.copied().collect();
    let is_known = |system: &System| {
        let is_named = system.deploys.iter().any(|start| line.starts_with(start.as_str()));
        // Containers are also started where tests run.
        let wanted = if system.role == SystemRole::Platform || system.role == SystemRole::Delivery {
            VERBS.as_slice()
        } else {
            PLAIN_VERBS.as_slice()
        };
        is_named
            || (system.commands.iter().any(|command| command == program)
                && verbs.iter().any(|word| wanted.contains(word)))
    };
    let is_remote = *program == "ssh" && [" up ", " pull", " restart", "deploy"].iter().any(|word| line.contains(word));
    calls_hook(program, line)
        || is_remote
        || (!CARRIERS.contains(program) && words.iter().take(3).any(|word| is_called_deploy(word)))
        || brings(view).any(|(_, system)| is_known(system))
}

/// `curl -X POST "$DEPLOY_HOOK_URL"`, `curl https://api.platform.example/v1/services/x/deploys`
fn calls_hook(program: &str, line: &str) -> bool {
    program == "curl" && ["deploy_hook", "deploy-hook", "/deploys", "deployhook"].iter().any(|word| line.contains(word))
}

/// `deploy`, `deploy:prod`, `./scripts/deploy.sh`, `deploy-api`; not `deploy.env` or `--deploy`.
fn is_called_deploy(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let is_program = matches!(extension, "" | "sh" | "bash" | "py" | "js" | "mjs" | "ts");
    // Words of messages are quoted.
    let is_bare = !word.contains(['"', '\'', '{', ',']);
    is_program && is_bare && stem.split([':', '-', '_']).any(|part| part == "deploy") && !stem.starts_with('-')
}

/// A step that hands an image to a registry.
fn is_publishing(step: &manifests::Step) -> bool {
    let used = step.uses.as_deref().is_some_and(|uses| has_any(uses, &["bake-action", "build-push"]));
    used || commands(step).any(|line| {
        let mut words = line.split_whitespace();
        let program = words.next().unwrap_or_default();
        let is_image =
            matches!(program, "docker" | "podman" | "buildah" | "crane" | "skopeo") && !line.contains("inspect");
        is_image && words.any(|word| matches!(word, "push" | "--push" | "imagetools" | "manifest"))
    })
}

fn leads_back(step: &manifests::Step) -> bool {
    let leads = |text: &str| has_any(text, &BACK) && !has_any(text, &OTHERWISE_BACK);
    leads(&step.job)
        || step.uses.as_deref().is_some_and(leads)
        || commands(step).any(|line| !line.starts_with("echo") && leads(&line))
}

/// An object by which something in the cluster follows a repository.
fn is_delivered(view: &View, resource: &manifests::Resource) -> bool {
    let Some(group) = resource.group.as_deref().and_then(|group| group.split('/').next()) else { return false };
    let mut systems = view.project.catalogue().systems().filter(|(_, system)| system.role == SystemRole::Delivery);
    systems.any(|(_, system)| {
        let is_below = |known: &String| group == known || group.strip_suffix(known).is_some_and(|at| at.ends_with('.'));
        system.groups.iter().any(is_below)
    })
}
