//! A resource of Terraform to the database or cache that it is, and its version. Knows no other resource.

use hcl_edit::Span as _;
use hcl_edit::structure::Body;

use super::scope::Scope;
use crate::facts::Span;
use crate::manifests::{Part, Version};

/// Kinds that say their engine by their name, and where they say its version.
const NAMED: &[(&str, &str, &str)] = &[
    ("aws_docdb_cluster", "docdb", "engine_version"),
    ("aws_elasticache_cluster", "redis", "engine_version"),
    ("aws_elasticache_replication_group", "redis", "engine_version"),
    ("aws_elasticsearch_domain", "elasticsearch", "elasticsearch_version"),
    ("aws_memorydb_cluster", "redis", "engine_version"),
    ("aws_neptune_cluster", "neptune", "engine_version"),
    ("aws_opensearch_domain", "opensearch", "engine_version"),
    ("azurerm_mysql_flexible_server", "mysql", "version"),
    ("azurerm_mysql_server", "mysql", "version"),
    ("azurerm_postgresql_flexible_server", "postgres", "version"),
    ("azurerm_postgresql_server", "postgres", "version"),
    ("azurerm_redis_cache", "redis", "redis_version"),
    ("google_redis_instance", "redis", "redis_version"),
    ("render_postgres", "postgres", "version"),
];

/// Where the others say it, beside the engine.
const KEYS: &[&str] = &["engine_version", "major_engine_version", "database_version", "version"];

pub(super) fn version(kind: &str, body: &Body, scope: &Scope) -> Option<Version> {
    let known = NAMED.iter().find(|(named, ..)| *named == kind);
    let engine = scope.text_of(body, "engine").or_else(|| scope.text_of(body, "engine_type"));
    let keys = match known {
        Some((.., key)) => std::slice::from_ref(key),
        // The version of a module is the module's.
        None if kind == "module" => &KEYS[..3],
        None if engine.is_none() => &KEYS[..3],
        None => KEYS,
    };
    // What another resource says is said there.
    let is_said = |text: &str| {
        let is_reference = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.contains('.');
        !is_reference || ["var.", "local."].iter().any(|start| text.starts_with(start))
    };
    let written = keys.iter().find_map(|key| body.get_attribute(key))?;
    let value = scope.text(&written.value)?;
    let (of, value) = match (engine, joined(&value), known) {
        (Some(of), _, _) => (of, value),
        (None, Some(both), _) => both,
        (None, None, Some((_, of, _))) => ((*of).to_owned(), value),
        (None, None, None) => return None,
    };
    if !is_said(&of) || !is_said(&value) {
        return None;
    }
    let span = written.value.span().map_or_else(Span::default, |range| Span::new(range.start, range.end));
    Some(Version { of, value, part: Part::Production, span })
}

/// `POSTGRES_16`, `MYSQL_8_0`, `OpenSearch_2.11`: the engine and its version in one word.
fn joined(word: &str) -> Option<(String, String)> {
    let (of, version) = word.split_once('_')?;
    let numbers: Vec<&str> =
        version.split(['_', '.']).take_while(|part| part.starts_with(|c: char| c.is_ascii_digit())).collect();
    let is_name = of.len() > 1 && of.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_name && !numbers.is_empty()).then(|| (of.to_lowercase(), numbers.join(".")))
}
