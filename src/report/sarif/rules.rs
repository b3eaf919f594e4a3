//! Rules and their pages to what SARIF readers show of them. It does not know what was found.

use serde_json::Value;
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor};

use super::properties_of;
use crate::finding::Severity;
use crate::report::{address, text};
use crate::rules::{Page, Rule};

/// GitHub accepts no longer descriptions of rules.
const LONGEST_DESCRIPTION: usize = 1024;

pub(super) fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let page = rule.page();
    let paragraph = page.body.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id)
        .name(pascal_case(rule.id))
        .short_description(plain(shortened(&page.summary)))
        .full_description(plain(shortened(&paragraph)))
        .help(MultiformatMessageString::builder().text(paragraph).markdown(help(&page.body)).build())
        .default_configuration(
            ReportingConfiguration::builder().level(Value::from(text::severity(page.severity))).build(),
        )
        .properties(properties(&page))
        .build();
    descriptor.help_uri = address::of_rule(rule.id);
    descriptor
}

/// GitHub shows a rule with a `security-severity` among vulnerabilities, whatever else it says.
fn properties(page: &Page) -> PropertyBag {
    let mut tags = vec![page.group.clone()];
    let severity = match (&page.security_severity, page.severity) {
        (Some(severity), _) => {
            tags.push("security".to_owned());
            ("security-severity", severity.as_str())
        }
        (None, Severity::Note) => ("problem.severity", "recommendation"),
        (None, Severity::Warning) => ("problem.severity", "warning"),
        (None, Severity::Error) => ("problem.severity", "error"),
    };
    let properties = properties_of([("precision", &page.precision), severity]);
    PropertyBag::builder().tags(tags).additional_properties(properties).build()
}

/// What a page says before its examples, and the first example of each kind: the others are tests.
fn help(body: &str) -> String {
    let mut help = String::with_capacity(body.len());
    let (mut fenced, mut shown) = (false, true);
    let mut kinds = vec!["## Flagged", "## Accepted"];
    for line in body.lines() {
        fenced ^= line.starts_with("```");
        if !fenced && line.starts_with("## ") {
            let kind = kinds.iter().position(|kind| line.starts_with(kind));
            shown = kind.map(|kind| kinds.remove(kind)).is_some();
        }
        if shown {
            help.push_str(line);
            help.push('\n');
        }
    }
    help.trim_end().to_owned()
}

/// `query-in-loop` to `QueryInLoop`.
fn pascal_case(id: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    id.split('-').filter(|part| !part.is_empty()).map(word).collect()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_DESCRIPTION {
        return text.to_owned();
    }
    text.chars().take(LONGEST_DESCRIPTION - 3).collect::<String>() + "..."
}

fn plain(text: String) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    #[test]
    fn only_rules_about_security_are_shown_as_such() {
        for rule in RULES {
            let said = properties(&rule.page());
            let is_security = said.additional_properties.contains_key("security-severity");
            assert_eq!(is_security, rule.page().security_severity.is_some());
        }
        let page = Page { security_severity: Some("8.1".to_owned()), ..RULES[0].page() };
        let said = properties(&page);
        assert_eq!(said.tags, Some(vec![page.group, "security".to_owned()]));
        assert_eq!(said.additional_properties["security-severity"], "8.1");
        assert!(!said.additional_properties.contains_key("problem.severity"));
    }

    #[test]
    fn help_is_the_reason_and_one_example_of_each_kind() {
        let body = "Why.\n\n### What to do\n\n## Flagged: a\n```md\n## Context\n```\n## Flagged: b\n\n## Accepted: c\nd\n## Limits\n";
        assert_eq!(help(body), "Why.\n\n### What to do\n\n## Flagged: a\n```md\n## Context\n```\n## Accepted: c\nd");
    }
}
