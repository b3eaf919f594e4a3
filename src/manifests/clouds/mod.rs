//! What runs on a platform, and the pipelines that bring it there. Here stands what several of the formats share; it
//! knows none of them.

mod azure;
pub(super) mod chalice;
pub(super) mod cloudformation;
mod firebase;
mod fly;
mod heroku;
mod netlify;
pub(super) mod pipelines;
pub(super) mod platforms;
mod railway;
mod render;
pub(super) mod serverless;
mod supabase;
pub(super) mod terraform;
mod vercel;
pub(super) mod wrangler;

use super::{Broken, CloudFunction, Command, ManifestFacts, Part, Resource, Trigger, Version, tree};
use crate::facts::Span;
use tree::{Entry, Node};

/// The first document of a text, in the language that its name ends with; as much of it as there is, and what broke.
fn document(path: &str, text: &str) -> (Node, Option<Broken>) {
    // An example has its own ending after that of the format: `wrangler.toml.template`
    let format = path.rsplit('.').find(|ending| !matches!(*ending, "template" | "example" | "sample" | "dist"));
    let read = match format {
        Some("json" | "jsonc") => tree::json(text),
        Some("toml") => tree::toml(text),
        _ => {
            let (documents, broken) = tree::yaml(text);
            return (documents.into_iter().next().unwrap_or_default(), broken);
        }
    };
    match read {
        Ok(root) => (root, None),
        Err(broken) => (Node::default(), Some(broken)),
    }
}

/// What many places repeat is followed where it is as short as people write it, so that no text grows into a huge one.
const LONGEST_SHARED: usize = 256;

/// A map that many places ask, if it is as small as people write it.
fn shared(node: Option<&Node>) -> Option<&Node> {
    const MOST_ROWS: usize = 500;
    node.filter(|node| node.entries().len() <= MOST_ROWS)
}

fn ended(broken: Option<Broken>) -> Result<(), Broken> {
    broken.map_or(Ok(()), Err)
}

fn entries<'n>(node: &'n Node, keys: &[&str]) -> &'n [Entry] {
    node.at(keys).map(Node::entries).unwrap_or_default()
}

/// The nodes of a list, or a map as if it were a list of one.
fn each(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let alone = node.filter(|node| node.is_map());
    alone.into_iter().chain(node.map(Node::items).unwrap_or_default())
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.text_of(key).map(str::to_owned)
}

fn number(node: &Node, key: &str) -> Option<u32> {
    node.text_of(key)?.trim().parse().ok()
}

/// The texts of some keys, in the order of the keys.
fn attributes(node: &Node, keys: &[&str]) -> Vec<(String, String)> {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), text(node, key)?))).collect()
}

fn resource(kind: &str, name: &str, attributes: Vec<(String, String)>, span: Span) -> Resource {
    Resource { kind: kind.to_owned(), name: name.to_owned(), group: None, attributes, span }
}

fn pairs(node: &Node) -> Vec<(String, String)> {
    let texts = node.entries().iter().filter_map(|entry| Some((entry.key.clone(), entry.value.text()?.to_owned())));
    texts.collect()
}

fn add_trigger(function: &mut CloudFunction, trigger: Trigger) {
    if !function.triggers.contains(&trigger) {
        function.triggers.push(trigger);
    }
}

/// `nodejs20.x`, `python3.12`, `python312`, `php83`: the version of the language that a platform runs. Those that run
/// any program say none.
fn runs(runtime: &str, span: Span, facts: &mut ManifestFacts) {
    const LANGUAGES: &[(&str, &str)] = &[
        ("nodejs", "node"),
        ("node", "node"),
        ("python", "python"),
        ("java", "java"),
        ("ruby", "ruby"),
        ("php", "php"),
        ("dotnetcore", "dotnet"),
        ("dotnet", "dotnet"),
        ("go", "go"),
    ];
    let split = runtime.find(|c: char| c.is_ascii_digit()).unwrap_or(runtime.len());
    let (name, rest) = runtime.split_at(split);
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let (version, rest) = rest.split_at(end);
    // `PYTHON3_VERSION` waits to be replaced; `20.x` and `11.al2` are versions.
    let whole = rest.is_empty() || version.ends_with('.');
    let version = version.trim_end_matches('.');
    let Some((_, language)) = LANGUAGES.iter().find(|(known, _)| whole && known.eq_ignore_ascii_case(name)) else {
        return;
    };
    let value = match *language {
        // `go1.x` is any Go.
        "go" if version == "1" => return,
        _ if version.is_empty() => return,
        "python" | "go" | "php" | "ruby" if version.len() > 1 && !version.contains('.') => {
            format!("{}.{}", &version[..1], &version[1..])
        }
        _ => version.to_owned(),
    };
    facts.versions.push(Version { of: (*language).to_owned(), value, part: Part::Production, span });
}

/// `NODE_VERSION` and its like among variables of a platform that builds by them.
fn runs_variable(name: &str, value: &str, span: Span, facts: &mut ManifestFacts) {
    let of = match name {
        "NODE_VERSION" => "node",
        "PYTHON_VERSION" => "python",
        "GO_VERSION" => "go",
        "RUBY_VERSION" => "ruby",
        "BUN_VERSION" => "bun",
        "PHP_VERSION" => "php",
        _ => return,
    };
    facts.versions.push(Version { of: of.to_owned(), value: value.to_owned(), part: Part::Production, span });
}

/// A line that is started by a name.
fn command(name: &str, line: Option<&Node>, facts: &mut ManifestFacts) {
    let Some(node) = line else { return };
    let words: Vec<&str> = node.texts().collect();
    if !words.is_empty() {
        facts.commands.push(Command { name: name.to_owned(), line: words.join(" "), span: node.span });
    }
}
