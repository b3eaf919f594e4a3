//! What runs in containers, and what arranges them: texts to facts. Holds what the formats have in common.

pub(super) mod compose;
pub(super) mod dockerfile;
pub(super) mod helm;
pub(super) mod kubernetes;
pub(super) mod kustomize;
pub(super) mod skaffold;

use super::tree::{self, Node};

/// A command as a text, or as a list of words.
pub(super) fn command(node: &Node) -> Option<String> {
    let words: Vec<&str> = node.texts().collect();
    Some(words.join(" ")).filter(|line| !line.is_empty())
}

/// Variables as a map, or as a list of `NAME=value`. A name without value is given from outside.
pub(super) fn environment(node: Option<&Node>) -> Vec<(String, String)> {
    let Some(node) = node else { return Vec::new() };
    let listed = node.texts().filter_map(|pair| pair.split_once('='));
    let listed = listed.map(|(name, value)| (name.to_owned(), with_defaults(value)));
    let mapped = node.entries().iter().filter_map(|entry| {
        let value = entry.value.text()?;
        Some((entry.key.clone(), with_defaults(value)))
    });
    listed.chain(mapped).collect()
}

/// A text whose variables are replaced by their defaults: `${TAG:-16}` is `16`, `${TAG}` stays.
pub(super) fn with_defaults(text: &str) -> String {
    substitute(text, &|_| None)
}

/// Defaults within defaults, as far as they are followed.
const NESTED: u32 = 4;

/// A text with the values of variables: `$X`, `${X}`, `${X:-default}`. What has neither value nor default stays.
pub(super) fn substitute(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut replaced = String::with_capacity(text.len());
    substitute_into(&mut replaced, text, value, 0);
    replaced
}

fn substitute_into(replaced: &mut String, text: &str, value: &dyn Fn(&str) -> Option<String>, depth: u32) {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, variable) = rest.split_at(at);
        replaced.push_str(before);
        let after = &variable[1..];
        if let Some(escaped) = after.strip_prefix('$') {
            replaced.push_str("$$");
            rest = escaped;
            continue;
        }
        let (whole, name, default) = match braces(after) {
            Some(inside) => {
                let (name, rest) = inside.split_at(name_length(inside));
                let default = [":-", "-"].iter().find_map(|sign| rest.strip_prefix(sign));
                (inside.len() + 3, name, default)
            }
            // Without its end, all that follows may be inside.
            None if after.starts_with('{') => {
                rest = variable;
                break;
            }
            None => {
                let length = name_length(after);
                (length + 1, &after[..length], None)
            }
        };
        match (value(name), default) {
            (Some(value), _) => replaced.push_str(&value),
            (None, Some(default)) if depth < NESTED => substitute_into(replaced, default, value, depth + 1),
            _ => replaced.push_str(&variable[..whole]),
        }
        rest = &variable[whole..];
    }
    replaced.push_str(rest);
}

/// What stands between an opening brace and its end.
fn braces(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?;
    let mut open = 1;
    let end = inside.bytes().position(|byte| {
        open += i32::from(byte == b'{') - i32::from(byte == b'}');
        open == 0
    })?;
    Some(&inside[..end])
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// A path below a folder, without steps that lead nowhere: `../docker/Dockerfile` below `./api` is
/// `docker/Dockerfile`. What leads above the start keeps its dots.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Objects that keep containers running, or run them once or at times.
const WORKLOADS: &[&str] = &[
    "CronJob",
    "DaemonSet",
    "Deployment",
    "DeploymentConfig",
    "Job",
    "Pod",
    "ReplicaSet",
    "ReplicationController",
    "Rollout",
    "StatefulSet",
];
