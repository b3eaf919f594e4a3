//! A workflow of GitHub, or an action made of steps, to facts.

use super::expressions::Names;
use super::{trimmed, whole};
use crate::facts::Span;
use crate::manifests::containers::environment;
use crate::manifests::tree::{Entry, Node};
use crate::manifests::{Container, ContainerKind, ManifestFacts, Part, Resource, Step, Version};

/// What actions ask to set up, by the names of their inputs: those of actions that wrap others are the same.
const SET_UP: &[(&str, &str)] = &[
    ("bun-version", "bun"),
    ("deno-version", "deno"),
    ("dotnet-version", "dotnet"),
    ("go-version", "go"),
    ("java-version", "java"),
    ("node-version", "node"),
    ("php-version", "php"),
    ("python-version", "python"),
    ("ruby-version", "ruby"),
];

pub(super) fn read(document: &Node, text: &str, facts: &mut ManifestFacts) {
    facts.name = document.text_of("name").map(str::to_owned);
    if let Some(on) = document.entry("on") {
        let attributes = triggers(&on.value);
        let name = facts.name.clone().unwrap_or_default();
        facts.resources.push(resource("workflow", name, attributes, on.key_span));
    }
    let inputs_of = |call: &str| document.at(&["on", call, "inputs"]);
    let names = Names {
        matrix: None,
        variables: [few(document.get("env")), None, None],
        inputs: [few(inputs_of("workflow_call")), few(inputs_of("workflow_dispatch").or(document.get("inputs")))],
    };
    let folder = document.at(&["defaults", "run", "working-directory"]);
    for entry in document.get("jobs").map(Node::entries).unwrap_or_default() {
        let matrix = few(entry.value.at(&["strategy", "matrix"]));
        let variables = [names.variables[0], few(entry.value.get("env")), None];
        let folder = entry.value.at(&["defaults", "run", "working-directory"]).or(folder);
        let job = Job { name: &entry.key, names: Names { matrix, variables, ..names }, folder, text };
        job.read(entry, facts);
    }
    if let Some(steps) = document.at(&["runs", "steps"]) {
        Job { name: "", names, folder: None, text }.read_steps(steps, facts);
    }
}

/// What every step may look into, unless there is more of it than anyone writes.
fn few(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| node.entries().len() <= 1000)
}

fn resource(kind: &str, name: String, attributes: Vec<(String, String)>, span: Span) -> Resource {
    Resource { kind: kind.to_owned(), name, group: None, attributes, span }
}

/// `on: push`, `on: [push, pull_request]`, or a map with more about each.
fn triggers(on: &Node) -> Vec<(String, String)> {
    let names = on.texts().chain(on.entries().iter().map(|entry| entry.key.as_str()));
    let names = names.map(|name| ("on".to_owned(), name.to_owned()));
    let filters = on.entries().iter().flat_map(|entry| {
        let lists = ["branches", "tags", "paths"].iter().filter_map(|key| Some((*key, entry.value.get(key)?)));
        let times = entry.value.items().iter().filter_map(|item| Some(("cron", item.get("cron")?)));
        let said = lists.chain(times).flat_map(|(key, list)| list.texts().map(move |text| (key, text)));
        said.map(|(key, text)| (key.to_owned(), text.to_owned()))
    });
    names.chain(filters).collect()
}

struct Job<'n> {
    name: &'n str,
    names: Names<'n>,
    /// Where steps run that say nothing else.
    folder: Option<&'n Node>,
    text: &'n str,
}

impl<'n> Job<'n> {
    fn read(&self, entry: &'n Entry, facts: &mut ManifestFacts) {
        let job = &entry.value;
        let environment = job.get("environment");
        let environment = environment.and_then(|named| named.get("name")).or(environment).and_then(Node::text);
        let said = [("environment", environment), ("if", job.text_of("if")), ("uses", job.text_of("uses"))];
        let said = said.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.to_owned())));
        let span = whole(entry, self.text);
        facts.resources.push(resource("job", self.name.to_owned(), said.collect(), span));
        if let Some(container) = job.get("container") {
            self.read_container(self.name, container, facts);
        }
        for entry in job.get("services").map(Node::entries).unwrap_or_default() {
            self.read_container(&entry.key, &entry.value, facts);
        }
        if let Some(uses) = job.text_of("uses") {
            facts.steps.push(Step {
                job: self.name.to_owned(),
                uses: Some(action(uses)),
                run: None,
                inputs: Vec::new(),
                folder: None,
                span,
            });
        }
        if let Some(steps) = job.get("steps") {
            self.read_steps(steps, facts);
        }
    }

    fn read_container(&self, name: &str, node: &Node, facts: &mut ManifestFacts) {
        let image = node.get("image").unwrap_or(node);
        let Some(written) = image.text().filter(|text| !text.is_empty()) else { return };
        let mut images = self.names.values(written);
        if images.is_empty() {
            images.push(written.to_owned());
        }
        facts.containers.extend(images.into_iter().map(|image_of| Container {
            name: name.to_owned(),
            kind: ContainerKind::Pipeline,
            image: Some(image_of),
            environment: environment(node.get("env")),
            span: trimmed(image, self.text),
            ..Container::default()
        }));
    }

    fn read_steps(&self, steps: &'n Node, facts: &mut ManifestFacts) {
        for step in steps.items() {
            let mut names = self.names;
            names.variables[2] = few(step.get("env"));
            let uses = step.get("uses").filter(|uses| uses.text().is_some());
            let run = step.text_of("run");
            let folder = step.get("working-directory").or(self.folder.filter(|_| run.is_some())).and_then(Node::text);
            facts.steps.push(Step {
                job: self.name.to_owned(),
                uses: uses.and_then(Node::text).map(action),
                run: run.map(str::to_owned),
                inputs: inputs(step.get("with")),
                folder: folder.map(|folder| one(&names, folder)),
                span: trimmed(step, self.text),
            });
            if let Some(uses) = uses {
                facts.versions.extend(self.versions(uses, step.get("with"), &names));
            }
        }
    }

    fn versions(&self, uses: &Node, with: Option<&Node>, names: &Names) -> Vec<Version> {
        let (action, tag) = uses.text().and_then(|uses| uses.split_once('@')).unwrap_or_default();
        let is_rust = action.rsplit('/').next().is_some_and(|name| name.contains("toolchain"));
        let mut versions = Vec::new();
        for entry in with.map(Node::entries).unwrap_or_default() {
            let known = SET_UP.iter().find(|(input, _)| *input == entry.key).map(|(_, of)| *of);
            let of = known.or_else(|| (is_rust && entry.key == "toolchain").then_some("rust"));
            let (Some(of), Some(text)) = (of, entry.value.text()) else { continue };
            // Several versions stand on lines of their own.
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let values = lines.flat_map(|line| names.values(line));
            versions.extend(values.map(|value| version(of, value, trimmed(&entry.value, self.text))));
        }
        // The toolchain is the version of the action itself: `dtolnay/rust-toolchain@1.80`.
        let is_number = tag.contains('.') && tag.chars().all(|c| c.is_ascii_digit() || c == '.');
        let is_release = is_number || matches!(tag, "stable" | "beta" | "nightly");
        if is_rust && is_release && versions.is_empty() {
            versions.push(version("rust", tag.to_owned(), uses.span));
        }
        versions
    }
}

fn inputs(with: Option<&Node>) -> Vec<(String, String)> {
    let given = with.map(Node::entries).unwrap_or_default().iter();
    given.filter_map(|entry| Some((entry.key.clone(), entry.value.text()?.to_owned()))).collect()
}

/// Without its version: `actions/setup-node@v4` is `actions/setup-node`.
fn action(uses: &str) -> String {
    uses.split('@').next().unwrap_or_default().to_owned()
}

/// A folder with its expressions filled in, where each has one value.
fn one(names: &Names, folder: &str) -> String {
    let values = names.values(folder);
    let folder = if let [value] = values.as_slice() { value } else { folder };
    folder.trim_start_matches("./").trim_end_matches('/').to_owned()
}

fn version(of: &str, value: String, span: Span) -> Version {
    Version { of: of.to_owned(), value, part: Part::Pipeline, span }
}
