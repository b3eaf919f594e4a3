//! `.chalice/config.json` and `zappa_settings.json` to facts: whole applications that run as functions. Does not know
//! the functions that the sources of an application declare.

use super::tree::{Entry, Node};
use super::{attributes, document, ended, entries, number, pairs, resource, runs, text};
use crate::manifests::{Broken, CloudFunction, ManifestFacts, ManifestKind, Trigger};

/// Each looks for the one that it extends.
const MOST_STAGES: usize = 100;

pub(in crate::manifests) fn read(path: &str, content: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (root, broken) = document(path, content);
    match facts.kind {
        ManifestKind::Chalice => chalice(&root, facts),
        _ => {
            for stage in root.entries().iter().take(MOST_STAGES) {
                zappa(stage, &root, facts);
            }
        }
    }
    ended(broken)
}

/// The application is always `app` of `app.py`, beside the folder of the configuration.
fn chalice(root: &Node, facts: &mut ManifestFacts) {
    let Some(name) = root.get("app_name") else { return };
    facts.name = name.text().map(str::to_owned);
    facts.functions.push(CloudFunction {
        name: facts.name.clone().unwrap_or_default(),
        handler: Some("app.app".to_owned()),
        code: Some("..".to_owned()),
        memory: number(root, "lambda_memory_size"),
        timeout: number(root, "lambda_timeout"),
        triggers: vec![Trigger::Http],
        span: name.span,
        ..CloudFunction::default()
    });
    let shared = root.get("environment_variables").map(pairs).unwrap_or_default();
    for stage in entries(root, &["stages"]) {
        let mut said = attributes(&stage.value, &["lambda_memory_size", "lambda_timeout", "autogen_policy"]);
        said.extend(stage.value.get("environment_variables").map(pairs).unwrap_or_default());
        facts.resources.push(resource("stage", &stage.key, said, stage.key_span));
    }
    if !shared.is_empty() {
        facts.resources.push(resource("environment_variables", "", shared, name.span));
    }
}

fn zappa(stage: &Entry, root: &Node, facts: &mut ManifestFacts) {
    let base = stage.value.text_of("extends").and_then(|base| root.get(base));
    let given = |key: &str| stage.value.get(key).or_else(|| base?.get(key));
    let number = |key: &str| given(key)?.text()?.trim().parse().ok();
    let Some(handler) = given("app_function").or_else(|| given("django_settings")) else { return };
    if facts.name.is_none() {
        facts.name = given("project_name").and_then(Node::text).map(str::to_owned);
    }
    if let Some(runtime) = stage.value.get("runtime") {
        runs(runtime.text().unwrap_or_default(), runtime.span, facts);
    }
    let application = CloudFunction {
        name: stage.key.clone(),
        handler: handler.text().map(str::to_owned),
        runtime: given("runtime").and_then(Node::text).map(str::to_owned),
        memory: number("memory_size"),
        timeout: number("timeout_seconds"),
        triggers: vec![Trigger::Http],
        // Unless it is turned off.
        warm: given("keep_warm").and_then(Node::text) != Some("false"),
        span: stage.key_span,
        ..CloudFunction::default()
    };
    for event in stage.value.get("events").map(Node::items).unwrap_or_default() {
        let Some(called) = event.get("function") else { continue };
        let is_timed = event.get("expression").or_else(|| event.get("expressions")).is_some();
        facts.functions.push(CloudFunction {
            name: called.text().unwrap_or_default().to_owned(),
            handler: text(event, "function"),
            triggers: vec![if is_timed { Trigger::Schedule } else { Trigger::Other }],
            span: called.span,
            memory: application.memory,
            timeout: application.timeout,
            runtime: application.runtime.clone(),
            ..CloudFunction::default()
        });
    }
    facts.functions.push(application);
}
