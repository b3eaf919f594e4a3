//! `*.tf` to facts: resources, modules and variables, and what is behind the functions and databases.
//!
//! A reference to a variable or a local is followed within the file, where its value is written out. Otherwise it stays
//! as it is written, `var.size`, and the variable is a resource of the kind `variable` in whichever file declares it.

mod engines;
mod functions;
mod scope;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block, Body, Structure};

use super::resource;
use crate::facts::Span;
use crate::manifests::{Broken, Command, Container, ContainerKind, ManifestFacts, Resource};
use scope::Scope;

/// Written files have some ten thousand bytes. The parser takes the square of the rows of one object.
const LONGEST: usize = 128 << 10;
/// The parser recurses, and allows more levels than small stacks do.
const DEEPEST: usize = 32;

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    // Three spaces keep the places of what follows a byte order mark.
    let unmarked = text.strip_prefix('\u{feff}').map(|rest| ["   ", rest].concat());
    let text = unmarked.as_deref().unwrap_or(text);
    let body = match parse(text) {
        Ok(body) => body,
        Err(broken) => {
            scan(text, facts);
            return Err(broken);
        }
    };
    let scope = Scope::of(text, &body);
    for block in body.blocks() {
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        match (block.ident.as_str(), labels.as_slice()) {
            ("resource", [kind, name]) => resource_block(kind, name, block, &scope, facts),
            ("module", [name]) => module_block(name, block, &scope, facts),
            ("variable", [name]) => facts.resources.push(variable(name, block, &scope)),
            _ => {}
        }
    }
    functions::connect(&body, &scope, facts);
    Ok(())
}

fn parse(text: &str) -> Result<Body, Broken> {
    let broken = |message: String, at: usize| {
        let at = at.min(text.len());
        Broken { message, span: Some(Span::new(at, at)) }
    };
    if text.len() > LONGEST {
        return Err(broken("too long for a file of Terraform".to_owned(), 0));
    }
    if let Some(at) = too_deep(text) {
        return Err(broken("nested too deep".to_owned(), at));
    }
    let parsed = hcl_edit::parser::parse_body(text);
    parsed.map_err(|error| broken(format!("not Terraform: {}", error.message()), error.location().offset()))
}

/// Where brackets nest deeper than the parser should follow. Those in strings and comments do not count.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut in_string) = (0_usize, false);
    let mut previous = b'\n';
    let mut in_comment = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\n' => (in_string, in_comment) = (false, false),
            _ if in_comment => {}
            b'"' if previous != b'\\' => in_string = !in_string,
            _ if in_string => {}
            b'#' => in_comment = true,
            b'/' if previous == b'/' => in_comment = true,
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Some(at);
        }
        previous = if byte == b'\\' && previous == b'\\' { b' ' } else { byte };
    }
    None
}

/// The heads of blocks in a text that does not parse.
fn scan(text: &str, facts: &mut ManifestFacts) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
        let mut words = line.trim_end().trim_end_matches('{').split_whitespace();
        let head = words.next().unwrap_or_default();
        let labels: Vec<&str> = words.take(3).map(|word| word.trim_matches('"')).collect();
        match (head, labels.as_slice()) {
            ("resource", [kind, name]) => facts.resources.push(resource(kind, name, Vec::new(), span)),
            ("module" | "variable", [name]) => facts.resources.push(resource(head, name, Vec::new(), span)),
            _ => {}
        }
    }
}

/// What rules ask of a resource.
const ATTRIBUTES: &[&str] = &[
    "chart",
    "database_version",
    "desired_count",
    "engine",
    "engine_mode",
    "engine_type",
    "engine_version",
    "filename",
    "function_name",
    "handler",
    "image",
    "image_uri",
    "instance_class",
    "instance_type",
    "launch_type",
    "major_engine_version",
    "max_capacity",
    "max_size",
    "memory_size",
    "min_capacity",
    "min_size",
    "multi_az",
    "node_type",
    "num_cache_clusters",
    "num_cache_nodes",
    "package_type",
    "redis_version",
    "replicas",
    "repository",
    "runtime",
    "schedule_expression",
    "source",
    "source_path",
    "tier",
    "version",
];

/// Modules name what they pass on as they like: `db_engine_version`, `api_image`.
const ENDINGS: &[&str] = &["_version", "_engine", "_image", "_runtime", "_replicas"];

fn is_asked_for(key: &str, of_module: bool) -> bool {
    ATTRIBUTES.binary_search(&key).is_ok() || of_module && ENDINGS.iter().any(|ending| key.ends_with(ending))
}

fn attributes(body: &Body, of_module: bool, scope: &Scope) -> Vec<(String, String)> {
    let asked = body.attributes().filter(|attribute| is_asked_for(attribute.key.as_str(), of_module));
    asked.filter_map(|it| Some((it.key.as_str().to_owned(), scope.text(&it.value)?))).collect()
}

fn resource_block(kind: &str, name: &str, block: &Block, scope: &Scope, facts: &mut ManifestFacts) {
    facts.resources.push(resource(kind, name, attributes(&block.body, false, scope), span(block)));
    facts.versions.extend(engines::version(kind, &block.body, scope));
    if kind == "aws_lambda_function" {
        functions::function(name, block, scope, facts);
    }
    if let Some(written) = block.body.get_attribute("start_command")
        && matches!(written.value, Expression::String(_) | Expression::StringTemplate(_))
    {
        let line = scope.text(&written.value).unwrap_or_default();
        facts.commands.push(Command { name: name.to_owned(), line, span: span_of(&written.value) });
    }
    if !kind.starts_with("kubernetes_") {
        containers(name, &block.body, scope, facts);
    }
}

fn module_block(name: &str, block: &Block, scope: &Scope, facts: &mut ManifestFacts) {
    facts.resources.push(resource("module", name, attributes(&block.body, true, scope), span(block)));
    facts.versions.extend(engines::version("module", &block.body, scope));
    if scope.text_of(&block.body, "source").is_some_and(|source| source.starts_with("terraform-aws-modules/lambda/")) {
        functions::module(name, block, scope, facts);
    }
}

/// `variable "size" { default = "small" }`, at its default.
fn variable(name: &str, block: &Block, scope: &Scope) -> Resource {
    let default = block.body.get_attribute("default").map(|default| &default.value);
    let text = default.and_then(|default| scope.text(default));
    let at = default.filter(|_| text.is_some()).and_then(Expression::span);
    let span = at.map_or_else(|| span(block), |range| Span::new(range.start, range.end));
    resource("variable", name, text.map(|text| ("default".to_owned(), text)).into_iter().collect(), span)
}

/// The head of a block.
fn span(block: &Block) -> Span {
    let start = block.ident.span().map_or(0, |range| range.start);
    let end = block.labels.last().and_then(|label| label.span()).map_or(start, |range| range.end);
    Span::new(start, end)
}

/// What a service of containers runs: `container_definitions = jsonencode([..])`, and blocks of containers.
fn containers(name: &str, body: &Body, scope: &Scope, facts: &mut ManifestFacts) {
    const DEEPEST_BLOCK: usize = 6;
    if let Some(attribute) = body.get_attribute("container_definitions")
        && let Expression::FuncCall(call) = &attribute.value
        && let Some(Expression::Array(listed)) = call.args.iter().next()
    {
        facts.containers.extend(listed.iter().filter_map(|it| defined(it, scope, span_of(it))));
    }
    let mut open: Vec<(&Body, usize)> = vec![(body, 0)];
    while let Some((body, depth)) = open.pop() {
        for block in body.iter().filter_map(Structure::as_block) {
            if matches!(block.ident.as_str(), "container" | "containers") {
                facts.containers.extend(scope.text_of(&block.body, "image").map(|image| Container {
                    name: scope.text_of(&block.body, "name").unwrap_or_else(|| name.to_owned()),
                    kind: ContainerKind::Platform,
                    image: Some(image),
                    span: span(block),
                    ..Container::default()
                }));
            }
            if depth < DEEPEST_BLOCK {
                open.push((&block.body, depth + 1));
            }
        }
    }
}

fn defined(definition: &Expression, scope: &Scope, span: Span) -> Option<Container> {
    let Expression::Object(object) = definition else { return None };
    let text = |wanted: &str| {
        let row = object.iter().find(|(key, _)| match key {
            ObjectKey::Ident(ident) => ident.as_str() == wanted,
            ObjectKey::Expression(key) => key.as_str() == Some(wanted),
        });
        scope.text(row?.1.expr())
    };
    let image = Some(text("image")?);
    Some(Container {
        name: text("name").unwrap_or_default(),
        kind: ContainerKind::Platform,
        image,
        span,
        ..Container::default()
    })
}

fn span_of(expression: &Expression) -> Span {
    expression.span().map_or_else(Span::default, |range| Span::new(range.start, range.end))
}
