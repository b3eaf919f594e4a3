//! Functions of Terraform: where their code lies and what calls them. Functions of other files are not known.

use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::structure::{Attribute, Block, Body};
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::{add_trigger, cloudformation, resource, runs};
use super::scope::{Scope, relative};
use super::{span, span_of};
use crate::manifests::{CloudFunction, ManifestFacts, Trigger};

/// What tells that functions start from a snapshot, as the language calls it.
const SNAPSHOT: &str = "snap_start";

pub(super) fn function(name: &str, block: &Block, scope: &Scope, facts: &mut ManifestFacts) {
    let body = &block.body;
    let (code, source) = code(body, scope);
    let mut function = described(name, block, scope, facts);
    (function.code, function.source) = (code, source);
    let mut snapshots = body.get_blocks("snap_start");
    let snapshot = snapshots.find(|it| scope.text_of(&it.body, "apply_on").as_deref() != Some("None"));
    function.warm = snapshot.is_some();
    facts.resources.extend(snapshot.map(|it| resource(SNAPSHOT, name, Vec::new(), span(it))));
    if is_image(body, scope) || is_inline(body, scope) {
        function.handler = None;
    }
    facts.functions.push(function);
}

/// A call of the module that most use for functions.
pub(super) fn module(name: &str, block: &Block, scope: &Scope, facts: &mut ManifestFacts) {
    let body = &block.body;
    let is = |key: &str, said: &str| scope.text_of(body, key).as_deref() == Some(said);
    if is("create_layer", "true") || is("create_function", "false") {
        return;
    }
    let mut function = described(name, block, scope, facts);
    function.code = body.get_attribute("source_path").and_then(|it| source_path(&it.value, scope));
    if function.code.is_none() {
        function.code = scope.path_of(body, "local_existing_package");
    }
    let snapshot = body.get_attribute("snap_start");
    let snapshot = snapshot.filter(|it| scope.text(&it.value).is_some_and(|text| text != "false"));
    facts.resources.extend(snapshot.map(|it| resource(SNAPSHOT, name, Vec::new(), span_of(&it.value))));
    function.warm =
        snapshot.is_some() || scope.text_of(body, "provisioned_concurrent_executions").is_some_and(|text| text != "-1");
    if is("create_lambda_function_url", "true") {
        add_trigger(&mut function, Trigger::Http);
    }
    if let Some(allowed) = body.get_attribute("allowed_triggers").and_then(|it| it.value.as_object()) {
        for (_, value) in allowed.iter() {
            let Some(object) = value.expr().as_object() else { continue };
            let principal = ["principal", "service"].iter().find_map(|key| scope.text(value_of(object, key)?));
            if let Some(trigger) = principal.as_deref().and_then(cloudformation::caller) {
                add_trigger(&mut function, trigger);
            }
        }
    }
    if let Some(mapped) = body.get_attribute("event_source_mapping").and_then(|it| it.value.as_object()) {
        for (_, value) in mapped.iter() {
            let is_stream = value.expr().as_object().is_some_and(|it| value_of(it, "starting_position").is_some());
            add_trigger(&mut function, if is_stream { Trigger::Stream } else { Trigger::Queue });
        }
    }
    if is_image(body, scope) {
        function.handler = None;
    }
    facts.functions.push(function);
}

/// What resource and module say by the same names.
fn described(name: &str, block: &Block, scope: &Scope, facts: &mut ManifestFacts) -> CloudFunction {
    let body = &block.body;
    let number = |key: &str| scope.text_of(body, key)?.parse().ok();
    if let Some(runtime) = body.get_attribute("runtime")
        && let Some(text) = scope.text(&runtime.value)
    {
        runs(&text, span_of(&runtime.value), facts);
    }
    CloudFunction {
        name: name.to_owned(),
        handler: scope.text_of(body, "handler"),
        runtime: scope.text_of(body, "runtime"),
        memory: number("memory_size"),
        timeout: number("timeout"),
        span: span(block),
        ..CloudFunction::default()
    }
}

fn is_image(body: &Body, scope: &Scope) -> bool {
    let is_packed = scope.text_of(body, "package_type").as_deref() == Some("Image");
    is_packed || body.has_attribute("image_uri")
}

/// What is uploaded.
fn package(body: &Body) -> Option<&Attribute> {
    ["filename", "s3_key"].iter().find_map(|key| body.get_attribute(key))
}

fn is_inline(body: &Body, scope: &Scope) -> bool {
    package(body).and_then(|given| scope.archive(&given.value)).is_some_and(|archive| archive.is_inline)
}

/// The folder or archive, and the source where the archive is of one.
fn code(body: &Body, scope: &Scope) -> (Option<String>, Option<String>) {
    let Some(given) = package(body) else { return (None, None) };
    match scope.archive(&given.value) {
        Some(archive) => {
            let folder = archive.file.as_ref().map(|file| match file.rsplit_once('/') {
                Some((folder, _)) => folder.to_owned(),
                None => ".".to_owned(),
            });
            (archive.folder.clone().or(folder), archive.file.clone())
        }
        None => (scope.text(&given.value).map(relative), None),
    }
}

/// A path, or the first of several; each may be an object with a path.
fn source_path(value: &Expression, scope: &Scope) -> Option<String> {
    let first = value.as_array().and_then(|listed| listed.iter().next()).unwrap_or(value);
    let path = first.as_object().and_then(|object| value_of(object, "path")).unwrap_or(first);
    scope.text(path).map(relative)
}

fn value_of<'o>(object: &'o Object, wanted: &str) -> Option<&'o Expression> {
    let row = object.iter().find(|(key, _)| match key {
        ObjectKey::Ident(ident) => ident.as_str() == wanted,
        ObjectKey::Expression(key) => key.as_str() == Some(wanted),
    });
    row.map(|(_, value)| value.expr())
}

/// What other resources of the file say of its functions.
pub(super) fn connect(body: &Body, scope: &Scope, facts: &mut ManifestFacts) {
    let functions = facts.functions.iter_mut().map(|function| (function.name.clone(), function));
    let mut functions: FxHashMap<String, &mut CloudFunction> = functions.collect();
    let mut timed: FxHashSet<&str> = FxHashSet::default();
    for block in body.get_blocks("resource") {
        if let [kind, name] = block.labels.as_slice()
            && kind.as_str() == "aws_cloudwatch_event_rule"
            && block.body.has_attribute("schedule_expression")
        {
            timed.insert(name.as_str());
        }
    }
    for block in body.get_blocks("resource") {
        let Some(kind) = block.labels.first() else { continue };
        let body = &block.body;
        let (target, trigger) = match kind.as_str() {
            "aws_lambda_function_url" => ("function_name", Some(Trigger::Http)),
            "aws_lambda_event_source_mapping" if body.has_attribute("starting_position") => {
                ("function_name", Some(Trigger::Stream))
            }
            "aws_lambda_event_source_mapping" => ("function_name", Some(Trigger::Queue)),
            "aws_lambda_permission" => {
                let principal = scope.text_of(body, "principal");
                let Some(trigger) = principal.as_deref().and_then(cloudformation::caller) else { continue };
                ("function_name", Some(trigger))
            }
            "aws_cloudwatch_event_target" => {
                let rule =
                    body.get_attribute("rule").and_then(|it| scope.named(&it.value, "aws_cloudwatch_event_rule"));
                let is_timed = rule.is_some_and(|rule| timed.contains(rule));
                ("arn", Some(if is_timed { Trigger::Schedule } else { Trigger::Other }))
            }
            "aws_lambda_provisioned_concurrency_config" => ("function_name", None),
            _ => continue,
        };
        let Some(target) = body.get_attribute(target) else { continue };
        let name = ["aws_lambda_function", "module"].iter().find_map(|owner| scope.named(&target.value, owner));
        let Some(function) = name.and_then(|name| functions.get_mut(name)) else { continue };
        match trigger {
            Some(trigger) => add_trigger(function, trigger),
            None => function.warm = true,
        }
    }
}
