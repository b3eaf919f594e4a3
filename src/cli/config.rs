//! The text of `backlint.toml` to [`Settings`]. Knows what the file may say, not where it lies.

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use globset::{Glob, GlobBuilder, GlobMatcher, GlobSetBuilder};
use jiff::civil::Date;
use schemars::{JsonSchema, Schema, generate::SchemaSettings, json_schema};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::catalogue::Library;
use crate::facts::Span;
use crate::finding::Severity;
use crate::report::one_line;
use crate::rules::{RULES, Rule};
use crate::settings::{Ignore, Settings};
use crate::spelling::nearest;
use crate::walk::Role;

/// The name of the file in the root of an audit.
pub(super) const NAME: &str = "backlint.toml";

/// What `backlint init` writes.
pub(super) const TEMPLATE: &str = r#"# How backlint judges this repository.

# Severities: "off", "note", "warning" or "error". `backlint rules` lists the rules.
[rules]
# query-in-loop = "error"

# An ignore comment must say why.
# require-reason = true

# Findings that are known and not reported again; `backlint baseline create` writes them down.
# baseline = "backlint-baseline.jsonl"

# Paths that are not audited.
# exclude = ["legacy/**"]

# Findings that are answered. The date of expiry is optional.
# [[ignore]]
# rule = "query-in-loop"
# path = "src/export/**"
# reason = "runs once a year"
# expires = 2030-01-01

# What files are for, where their paths do not say it.
# [[role]]
# path = "tools/**"
# role = "script"

# Libraries of your own, in the form of the built-in catalogue: here calls of `pull` on a `Vault` read a database.
# [[library]]
# name = "Vault"
# language = "javascript"
# role = "data-access"
# packages = ["@acme/vault"]
# types = ["Vault"]
# reads = ["pull"]
"#;

/// Settings of backlint for a repository.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "backlint.toml")]
struct Config {
    /// The severity of each rule, where it is not the one of its page.
    #[schemars(schema_with = "rules_schema")]
    rules: BTreeMap<Spanned<String>, RuleLevel>,
    /// An ignore comment must say why: `backlint: ignore[rule] -- reason`.
    require_reason: bool,
    /// The file of findings that are known and not reported again, from the folder of this one.
    #[schemars(with = "Option<String>")]
    baseline: Option<Spanned<String>>,
    /// Paths that are not audited, as globs from the root: `legacy/**`.
    #[schemars(with = "Vec<String>")]
    exclude: Vec<Spanned<String>>,
    /// Findings that are answered.
    ignore: Vec<IgnoreEntry>,
    /// What files are for, where their paths do not say it; the last that matches counts.
    role: Vec<RoleEntry>,
    /// Your own libraries, in the form of the built-in catalogue.
    library: Vec<Library>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RuleLevel {
    Off,
    Note,
    Warning,
    Error,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IgnoreEntry {
    #[schemars(schema_with = "rule_schema")]
    rule: Spanned<String>,
    /// A glob from the root: `src/export/**`.
    #[schemars(with = "String")]
    path: Spanned<String>,
    /// Why this is right as it is.
    #[schemars(with = "String")]
    reason: Spanned<String>,
    /// The first day on which it ignores nothing any more: `2030-01-01`.
    #[serde(default, deserialize_with = "date")]
    #[schemars(schema_with = "date_schema")]
    expires: Option<Date>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RoleEntry {
    /// A glob from the root: `tools/**`.
    #[schemars(with = "String")]
    path: Spanned<String>,
    role: Role,
}

/// What is wrong with a configuration, and where.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub(super) struct ConfigError {
    path: String,
    text: String,
    span: Option<std::ops::Range<usize>>,
    message: String,
    help: Option<String>,
}

/// Puts what the configuration says into the settings.
pub(super) fn apply(path: &str, text: &str, today: Date, settings: &mut Settings) -> Result<(), Box<ConfigError>> {
    settings.config = path.to_owned();
    read(text, today, settings).map_err(|wrong| {
        let Wrong { span, message, help } = wrong;
        Box::new(ConfigError { path: path.to_owned(), text: text.to_owned(), span, message, help })
    })
}

impl ConfigError {
    /// With the line and a caret, as rustc draws them.
    pub(super) fn render(&self, colour: bool) -> String {
        let (message, path) = (one_line(&self.message), one_line(&self.path));
        let title = Level::ERROR.primary_title(&*message);
        let mut group = match &self.span {
            Some(span) => {
                let annotation = AnnotationKind::Primary.span(span.clone());
                title.element(Snippet::source(&self.text).path(&*path).annotation(annotation))
            }
            None => title.element(Level::NOTE.message(format!("in {path}"))),
        };
        let help = self.help.as_deref().map(one_line);
        if let Some(help) = &help {
            group = group.element(Level::HELP.message(&**help));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group]) + "\n"
    }
}

/// The published schema of `backlint.toml`. In the draft that editors know.
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Config>().to_value()
}

/// An error before it knows its file.
struct Wrong {
    span: Option<std::ops::Range<usize>>,
    message: String,
    help: Option<String>,
}

fn read(text: &str, today: Date, settings: &mut Settings) -> Result<(), Wrong> {
    let config: Config = toml::from_str(text).map_err(|error| of_toml(&error))?;
    for (name, level) in &config.rules {
        let severity = match level {
            RuleLevel::Off => None,
            RuleLevel::Note => Some(Severity::Note),
            RuleLevel::Warning => Some(Severity::Warning),
            RuleLevel::Error => Some(Severity::Error),
        };
        settings.severities.insert(rule(name)?.id, severity);
    }
    settings.require_reason = config.require_reason;
    if let Some(path) = config.baseline {
        if path.get_ref().trim().is_empty() {
            return Err(wrong(&path, "a path that says nothing"));
        }
        settings.baseline = Some(path.into_inner());
    }
    for entry in &config.ignore {
        if entry.reason.get_ref().trim().is_empty() {
            return Err(wrong(&entry.reason, "a reason that says nothing"));
        }
        settings.ignores.push(Ignore {
            rule: rule(&entry.rule)?.id,
            paths: matcher(&entry.path)?,
            reason: Some(entry.reason.get_ref().clone()),
            expires: entry.expires,
            expired: entry.expires.is_some_and(|date| date <= today),
            span: Span::new(entry.rule.span().start, entry.rule.span().end),
        });
    }
    let mut exclude = GlobSetBuilder::new();
    for path in &config.exclude {
        exclude.add(glob(path)?);
    }
    settings.walk.exclude = exclude.build().map_err(|error| Wrong {
        span: config.exclude.first().map(Spanned::span),
        message: error.kind().to_string(),
        help: None,
    })?;
    for entry in &config.role {
        settings.walk.roles.push((matcher(&entry.path)?, entry.role));
    }
    settings.libraries = config.library;
    Ok(())
}

fn rule(name: &Spanned<String>) -> Result<&'static Rule, Wrong> {
    Rule::find(name.get_ref()).ok_or_else(|| Wrong {
        help: Some(match nearest(name.get_ref(), RULES.iter().map(|rule| rule.id)) {
            Some(id) => format!("did you mean `{id}`?"),
            None => "`backlint rules` lists the rules".to_owned(),
        }),
        ..wrong(name, &format!("unknown rule `{}`", name.get_ref()))
    })
}

fn matcher(path: &Spanned<String>) -> Result<GlobMatcher, Wrong> {
    Ok(glob(path)?.compile_matcher())
}

/// As in ignore files, `*` stays inside a folder, and a folder with its slash stands for all that is in it.
fn glob(path: &Spanned<String>) -> Result<Glob, Wrong> {
    let written = path.get_ref();
    let trimmed = written.strip_prefix("./").or(written.strip_prefix('/')).unwrap_or(written);
    let whole = if trimmed.ends_with('/') { format!("{trimmed}**") } else { trimmed.to_owned() };
    GlobBuilder::new(&whole).literal_separator(true).build().map_err(|error| wrong(path, &error.kind().to_string()))
}

fn wrong<T>(at: &Spanned<T>, message: &str) -> Wrong {
    Wrong { span: Some(at.span()), message: message.to_owned(), help: None }
}

/// The reader's error, with its list of all that is possible narrowed to what was probably meant.
fn of_toml(error: &toml::de::Error) -> Wrong {
    let message = error.message().replace('\n', ": ").replacen("missing field", "missing key", 1);
    let Some((said, expected)) = message.split_once(", expected").filter(|(said, _)| said.starts_with("unknown "))
    else {
        return Wrong { span: error.span(), message, help: None };
    };
    let known: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
    let name = said.split('`').nth(1).unwrap_or_default();
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    };
    Wrong { span: error.span(), message: said.replace("field", "key").replace("variant", "value"), help: Some(help) }
}

/// A date of TOML, or the same in quotes.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let written = match toml::Value::deserialize(deserializer)? {
        toml::Value::Datetime(date) => date.to_string(),
        toml::Value::String(text) => text,
        other => return Err(serde::de::Error::custom(format!("a date is expected, not a {}", other.type_str()))),
    };
    let date = written.parse().ok().filter(|_| written.len() == "2030-01-01".len());
    date.map(Some).ok_or_else(|| serde::de::Error::custom("not a date: `2030-01-01` is one"))
}

fn date_schema(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date" })
}

fn rule_schema(_: &mut schemars::SchemaGenerator) -> Schema {
    let ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    json_schema!({ "type": "string", "enum": ids })
}

fn rules_schema(generator: &mut schemars::SchemaGenerator) -> Schema {
    let level = generator.subschema_for::<RuleLevel>();
    let mut properties = serde_json::Map::new();
    for rule in RULES {
        let title = rule.page().title;
        properties.insert(rule.id.to_owned(), serde_json::json!({ "description": title, "allOf": [level] }));
    }
    json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
}
