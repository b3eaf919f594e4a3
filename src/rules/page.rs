//! The Markdown of a rule page to its parts. Knows the form of pages, not what any rule looks for.

use crate::finding::Severity;

/// A rule's page: documentation, `explain`, SARIF help and test suite at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// "Query executed once per iteration"
    pub title: String,
    pub severity: Severity,
    /// "data"
    pub group: String,
    /// The anti-pattern that the rule stands for, in the words of the advice it comes from.
    pub anti_pattern: String,
    /// How many of the findings that are shown are right: `very-high`, `high`, `medium` or `low`, as SARIF readers know it.
    /// The front matter goes on to say where that is known from.
    pub precision: String,
    /// From 0.1 to 10.0, of rules about security alone: readers of SARIF show a finding of a rule with it as a vulnerability.
    pub security_severity: Option<String>,
    /// The first sentence of the body.
    pub summary: String,
    /// Everything after the front matter.
    pub body: String,
}

impl Page {
    /// Panics when the page lacks a part: pages are built in, and a test reads each of them.
    pub(super) fn parse(text: &str) -> Self {
        let front = text.strip_prefix("---\n").expect("a page begins with front matter");
        let (front, body) = front.split_once("\n---\n").expect("front matter ends with a line of dashes");
        let find = |key: &str| {
            let line = front.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            line.map(|value| value.trim().to_owned())
        };
        let field = |key: &str| find(key).unwrap_or_else(|| panic!("front matter lacks `{key}`"));
        let body = body.trim().to_owned();
        let paragraph = body.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        let summary = paragraph.split_inclusive(". ").next().unwrap_or_default().trim().to_owned();
        let severity = match field("severity").as_str() {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            "note" => Severity::Note,
            other => panic!("`{other}` is no severity"),
        };
        Self {
            title: field("title"),
            severity,
            group: field("group"),
            anti_pattern: field("anti-pattern"),
            precision: field("precision").split(", ").next().unwrap_or_default().to_owned(),
            security_severity: find("security-severity"),
            summary,
            body,
        }
    }
}
