//! The one table of rules, and the pass through which a rule sees the project and reports. Rules know the model,
//! but no files, syntax, library names or output formats.

mod page;

pub use page::Page;

use crate::finding::{Confidence, Finding, Place, Severity};
use crate::model::Project;

/// A rule: a page that says what it is, and a function that finds it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub id: &'static str,
    /// The Markdown of `rules/<id>.md`.
    pub text: &'static str,
    check: fn(&mut Pass),
}

macro_rules! rules {
    ($($module:ident $id:literal)*) => {
        $(mod $module;)*

        /// Every rule, sorted by id.
        pub const RULES: &[Rule] = &[$(Rule {
            id: $id,
            text: include_str!(concat!("../../rules/", $id, ".md")),
            check: $module::check,
        }),*];
    };
}

rules! {
    query_in_loop "query-in-loop"
    stale_ignore "stale-ignore"
}

/// What a rule sees and where it reports.
pub struct Pass<'p> {
    pub project: &'p Project<'p>,
    rule: &'static Rule,
    severity: Severity,
    findings: Vec<Finding>,
}

impl Pass<'_> {
    /// Reports a finding at a place; the caller adds the evidence to what it gets back.
    pub fn report(&mut self, place: Place, message: impl Into<String>) -> &mut Finding {
        self.findings.push(Finding {
            rule: self.rule.id,
            severity: self.severity,
            confidence: Confidence::High,
            place,
            message: message.into(),
            related: Vec::new(),
            trail: Vec::new(),
            help: None,
            scopes: Vec::new(),
        });
        self.findings.last_mut().expect("one was pushed")
    }
}

impl Rule {
    pub fn find(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }

    pub fn page(&self) -> Page {
        Page::parse(self.text)
    }
}
