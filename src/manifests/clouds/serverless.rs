//! `serverless.yml` to facts: the service, its functions and what they are given by the provider.
//!
//! References to the file itself are followed, `${self:custom.memory}`; what options, variables of the environment or
//! other files give is left as it is written.

use super::tree::{Entry, Node};
use super::{LONGEST_SHARED, add_trigger, cloudformation, document, ended, entries, number, resource, runs, shared};
use crate::manifests::{Broken, CloudFunction, ManifestFacts, Reference, Trigger};

pub(in crate::manifests) fn read(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (root, broken) = document(path, text);
    let service = Service::of(&root);
    facts.name = root.get("service").and_then(|name| service.text(name.get("name").unwrap_or(name)));
    service.provider(facts);
    service.plugins(facts);
    for node in root.get("functions").into_iter().flat_map(listed) {
        include(node, facts);
        for entry in node.entries() {
            include(&entry.value, facts);
            service.function(entry, facts);
        }
    }
    for node in root.get("resources").into_iter().flat_map(listed) {
        include(node, facts);
        node.get("Resources").into_iter().for_each(|node| include(node, facts));
        cloudformation::resources(node, facts);
    }
    ended(broken)
}

/// The parts of what may be given in one or in several parts.
fn listed(node: &Node) -> impl Iterator<Item = &Node> {
    let whole = Some(node).filter(|node| node.items().is_empty());
    whole.into_iter().chain(node.items())
}

/// `${file(functions/orders.yml)}`
fn include(node: &Node, facts: &mut ManifestFacts) {
    let path = node.text().and_then(|text| text.trim().strip_prefix("${file(")?.split_once(')')).map(|(path, _)| path);
    if let Some(path) = path {
        let path = path.trim().trim_matches(['"', '\'']).to_owned();
        facts.includes.push(Reference { path, span: node.span });
    }
}

struct Service<'n> {
    root: &'n Node,
    /// What every function has unless it says otherwise.
    defaults: Option<&'n Node>,
    /// The application behind an adapter for WSGI.
    application: Option<String>,
    artifact: Option<String>,
}

impl<'n> Service<'n> {
    fn of(root: &'n Node) -> Self {
        let defaults = shared(root.get("provider"));
        let mut service = Self { root, defaults, application: None, artifact: None };
        let shared = |keys: &[&str]| service.short(root.at(keys)?);
        let (application, artifact) = (shared(&["custom", "wsgi", "app"]), shared(&["package", "artifact"]));
        (service.application, service.artifact) = (application, artifact);
        service
    }

    fn short(&self, node: &Node) -> Option<String> {
        self.text(node).filter(|text| text.len() <= LONGEST_SHARED)
    }

    /// What a node says, references to the file itself followed.
    fn text(&self, node: &Node) -> Option<String> {
        const LONGEST_TRAIL: usize = 8;
        let mut text = node.text()?;
        for _ in 0..LONGEST_TRAIL {
            match self.referred(text).filter(|next| next.len() <= LONGEST_SHARED) {
                Some(next) => text = next,
                None => break,
            }
        }
        Some(text.to_owned())
    }

    /// `${self:custom.memory}` and `${opt:memory, 512}`: what the first alternative that is known here says.
    fn referred<'t>(&'t self, text: &'t str) -> Option<&'t str> {
        let inner = text.trim().strip_prefix("${")?.strip_suffix('}')?;
        if inner.contains("${") {
            return None;
        }
        inner.split(',').map(str::trim).find_map(|choice| match choice.split_once(':') {
            Some(("self", path)) => {
                path.split('.').try_fold(self.root, |node, key| shared(Some(node))?.get(key))?.text()
            }
            Some(_) => None,
            None if choice.starts_with("file(") => None,
            None => Some(choice.trim_matches(['"', '\''])),
        })
    }

    fn text_of(&self, node: &Node, key: &str) -> Option<String> {
        self.text(node.get(key)?)
    }

    fn number_of(&self, node: &Node, key: &str) -> Option<u32> {
        self.text_of(node, key)?.trim().parse().ok()
    }

    fn default(&self, key: &str) -> Option<String> {
        self.short(self.defaults?.get(key)?)
    }

    fn provider(&self, facts: &mut ManifestFacts) {
        let Some(provider) = self.root.get("provider") else { return };
        let given = provider.get("name").unwrap_or(provider);
        let Some(name) = self.text(given) else { return };
        let said = ["runtime", "memorySize", "timeout", "architecture"];
        let said = said.iter().filter_map(|key| Some(((*key).to_owned(), self.text_of(provider, key)?)));
        facts.resources.push(resource("provider", &name, said.collect(), given.span));
        self.runtime(provider, facts);
    }

    fn runtime(&self, node: &Node, facts: &mut ManifestFacts) {
        if let Some(written) = node.get("runtime")
            && let Some(runtime) = self.text(written)
        {
            runs(&runtime, written.span, facts);
        }
    }

    fn plugins(&self, facts: &mut ManifestFacts) {
        let plugins = self.root.get("plugins");
        let plugins = plugins.and_then(|plugins| plugins.get("modules")).or(plugins);
        for plugin in plugins.map(Node::items).unwrap_or_default() {
            facts.resources.extend(plugin.text().map(|name| resource("plugin", name, Vec::new(), plugin.span)));
        }
    }

    fn function(&self, entry: &Entry, facts: &mut ManifestFacts) {
        let node = &entry.value;
        if !node.is_map() {
            return;
        }
        self.runtime(node, facts);
        if let Some(snapshot) = snapshot(node) {
            facts.resources.push(resource("SnapStart", &entry.key, Vec::new(), snapshot.span));
        }
        let is_image = node.get("image").is_some();
        let mut function = CloudFunction {
            name: entry.key.clone(),
            handler: self.text_of(node, "handler").filter(|_| !is_image).map(|handler| self.application(handler)),
            runtime: self.text_of(node, "runtime").or_else(|| self.default("runtime")),
            code: self.code(node),
            source: None,
            memory: self.number_of(node, "memorySize").or_else(|| self.default("memorySize")?.trim().parse().ok()),
            timeout: self.number_of(node, "timeout").or_else(|| self.default("timeout")?.trim().parse().ok()),
            triggers: Vec::new(),
            warm: is_warm(node),
            span: entry.key_span,
        };
        for event in node.get("events").map(Node::items).unwrap_or_default() {
            let named = event.entries().first().map(|entry| (entry.key.as_str(), &entry.value));
            if let Some((kind, value)) = named.or(event.text().map(|kind| (kind, event))) {
                add_trigger(&mut function, trigger(kind, value));
            }
        }
        if node.get("url").is_some_and(|url| url.text() != Some("false")) {
            add_trigger(&mut function, Trigger::Http);
        }
        facts.functions.push(function);
    }

    /// The application behind the handler that a plugin for WSGI puts before it.
    fn application(&self, handler: String) -> String {
        let is_adapter = matches!(handler.as_str(), "wsgi_handler.handler" | "wsgi.handler");
        self.application.clone().filter(|_| is_adapter).unwrap_or(handler)
    }

    /// An archive that is built beforehand.
    fn code(&self, function: &Node) -> Option<String> {
        let own = function.at(&["package", "artifact"]).and_then(|artifact| self.text(artifact));
        own.or_else(|| self.artifact.clone())
    }
}

/// What says that it starts from a snapshot.
fn snapshot(function: &Node) -> Option<&Node> {
    function.get("snapStart").filter(|value| value.text().is_some_and(|text| text != "false"))
}

fn is_warm(function: &Node) -> bool {
    let provisioned = function.text_of("provisionedConcurrency").is_some_and(|value| value != "0");
    let warmed = function.get("warmup").is_some_and(|warmup| {
        let mut enabled = entries(warmup, &[]).iter().filter_map(|row| row.value.text_of("enabled"));
        warmup.text() == Some("true") || warmup.text_of("enabled") == Some("true") || enabled.any(|it| it != "false")
    });
    snapshot(function).is_some()
        || provisioned
        || warmed
        || number(function, "minInstances").is_some_and(|least| least > 0)
}

fn trigger(kind: &str, event: &Node) -> Trigger {
    match kind {
        "http" | "httpApi" | "websocket" | "alb" => Trigger::Http,
        "schedule" | "timer" => Trigger::Schedule,
        "eventBridge" if event.get("schedule").is_some() => Trigger::Schedule,
        "sqs" | "sns" | "queue" | "serviceBus" | "rabbitmq" | "activemq" => Trigger::Queue,
        "stream" | "kafka" | "msk" | "kinesis" | "dynamodb" | "eventHub" => Trigger::Stream,
        _ => Trigger::Other,
    }
}
