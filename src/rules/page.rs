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
        let field = |key: &str| {
            let line = front.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("front matter lacks `{key}`")).trim().to_owned()
        };
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
            summary,
            body,
        }
    }
}
