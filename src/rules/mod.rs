//! The one table of rules, and the pass through which a rule sees the project and reports. Rules know the model,
//! but no files, syntax, library names or output formats.

mod page;

pub use page::Page;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use crate::finding::{Account, Confidence, Finding, Place, Problem, Severity};
use crate::model::Project;
use crate::settings::Settings;

/// A rule: a page that says what it is, and a function that finds it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub id: &'static str,
    /// The Markdown of `rules/<id>.md`.
    pub text: &'static str,
    check: fn(&mut Pass),
    explain: Option<Explain>,
}

/// What a rule knows of a place: of what is written there, or, where it is the place of a finding, of that alone.
type Explain = fn(&Project, Place) -> Vec<Account>;

macro_rules! rules {
    ($($module:ident $id:literal $(=> $explains:ident)?)*) => {
        $(mod $module;)*

        /// Every rule, sorted by id.
        pub const RULES: &[Rule] = &[$(Rule {
            id: $id,
            text: include_str!(concat!("../../rules/", $id, ".md")),
            check: $module::check,
            explain: [$(Some($module::$explains as Explain),)? None][0],
        }),*];
    };
}

rules! {
    deprecated_library "deprecated-library"
    dev_prod_drift "dev-prod-drift"
    lazy_load_in_loop "lazy-load-in-loop"
    missing_decision_record "missing-decision-record"
    missing_observability "missing-observability"
    mixed_data_access "mixed-data-access"
    mixed_frameworks "mixed-frameworks"
    mixed_validators "mixed-validators"
    needless_kubernetes "needless-kubernetes"
    oversized_framework "oversized-framework"
    query_in_loop "query-in-loop" => explain
    resolver_without_dataloader "resolver-without-dataloader"
    shared_database "shared-database"
    stale_ignore "stale-ignore"
    unproven_dependency "unproven-dependency"
}

/// What all rules found, in the order of the table.
#[derive(Debug, Default)]
pub struct Found {
    pub findings: Vec<Finding>,
    /// Rules that failed; what they had reported until then is kept.
    pub problems: Vec<Problem>,
}

/// Runs every rule that is on, in parallel.
pub fn run<'p>(project: &'p Project<'p>, settings: &Settings) -> Found {
    run_all(RULES, project, settings)
}

fn run_all<'p>(rules: &'static [Rule], project: &'p Project<'p>, settings: &Settings) -> Found {
    let on = rules.par_iter().filter_map(|rule| Some((rule, rule.severity(settings)?)));
    let each: Vec<_> = on.map(|(rule, severity)| rule.run(project, severity)).collect();
    let mut found = Found::default();
    for (findings, problem) in each {
        found.findings.extend(findings);
        found.problems.extend(problem);
    }
    found
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
            symbol: self.project.symbol(place.file, place.span),
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

    /// The severity it has in a run, or `None` when it is off.
    pub fn severity(&self, settings: &Settings) -> Option<Severity> {
        let selected = settings.select.contains(&self.id);
        if settings.ignore.contains(&self.id) || !(settings.select.is_empty() || selected) {
            return None;
        }
        match settings.severities.get(self.id) {
            Some(Some(severity)) => Some(*severity),
            // Asking for a rule by its name is stronger than a standing "off".
            Some(None) if !selected => None,
            _ => Some(self.page().severity),
        }
    }

    pub fn page(&self) -> Page {
        Page::parse(self.text)
    }

    /// What it finds, for those who ask this one alone.
    pub fn findings<'p>(&'static self, project: &'p Project<'p>, severity: Severity) -> Vec<Finding> {
        self.run(project, severity).0
    }

    /// What it knows of a place in code that is judged.
    pub fn explain(&self, project: &Project, place: Place) -> Vec<Account> {
        self.explain.map_or_else(Vec::new, |explain| explain(project, place))
    }

    /// A rule that panics is a bug in it, and no reason to withhold what it and the others found.
    fn run<'p>(&'static self, project: &'p Project<'p>, severity: Severity) -> (Vec<Finding>, Option<Problem>) {
        let mut pass = Pass { project, rule: self, severity, findings: Vec::new() };
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.check)(&mut pass)));
        let problem = outcome.err().map(|panic| {
            let said = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
            let message =
                format!("internal error in rule `{}`: {}; please report it", self.id, said.unwrap_or("panic"));
            Problem { path: String::new(), span: None, message }
        });
        (pass.findings, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::facts::Span;
    use crate::walk::{FileId, Files};

    #[test]
    fn a_rule_that_panics_is_a_problem_and_the_others_report() {
        const TEXT: &str = "---\ntitle: t\nseverity: note\ngroup: g\nanti-pattern: a\nprecision: low, t\n---\nBody.\n";
        static BROKEN: [Rule; 2] = [
            Rule { id: "broken", text: TEXT, check: |_| panic!("no such call"), explain: None },
            Rule {
                id: "sound",
                text: TEXT,
                check: |pass| {
                    pass.report(Place { file: FileId(0), span: Span::default() }, "found");
                },
                explain: None,
            },
        ];
        let files = Files::default();
        let catalogue = Catalogue::new(&[]);
        let project = Project::link(&files, Vec::new(), Vec::new(), &catalogue);
        let found = run_all(&BROKEN, &project, &Settings::default());
        assert_eq!(found.findings.len(), 1);
        assert_eq!(found.problems[0].message, "internal error in rule `broken`: no such call; please report it");
        assert!(found.problems[0].is_internal());
    }
}
