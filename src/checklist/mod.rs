//! The model to the adoption checklist: twelve questions that a team should have answered, each with a verdict, one
//! sentence and the places that speak for it. Knows roles of libraries and systems, but none of them by name.

mod data;
mod delivery;
mod development;
mod handmade;
mod interface;
mod operation;
mod testing;
mod view;

use std::collections::HashSet;

use crate::finding::Step;
use crate::model::Project;
use crate::rules::Rule;

use view::View;

/// The answers, in the order of the questions.
#[derive(Debug, Default)]
pub struct Checklist {
    pub answers: Vec<Answer>,
}

/// What a repository says to a question.
#[derive(Debug)]
pub struct Answer {
    pub question: &'static str,
    pub verdict: Verdict,
    /// One sentence.
    pub why: String,
    pub evidence: Vec<Step>,
    /// Rules that look closer, by their ids.
    pub next: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    Partly,
    No,
    /// The repository has nothing that is asked about.
    NotApplicable,
}

/// A question, what answers it, and the rules that look closer, of which some may be of a later edition.
struct Question {
    text: &'static str,
    answer: fn(&View) -> Reply,
    rules: &'static [&'static str],
}

/// An answer without its question.
struct Reply {
    verdict: Verdict,
    why: String,
    evidence: Vec<Step>,
}

#[rustfmt::skip]
const QUESTIONS: [Question; 12] = [
    Question {
        text: "Are the languages in use mapped to services?",
        answer: interface::languages,
        rules: &[],
    },
    Question {
        text: "Do functions have a budget for cold starts?",
        answer: operation::cold_starts,
        rules: &["heavy-cold-start", "oversized-framework"],
    },
    Question {
        text: "Are types shared with the front end?",
        answer: interface::shared_types,
        rules: &["frontend-owned-schema", "hand-written-client", "untyped-boundary"],
    },
    Question {
        text: "Is an interface description the source of truth?",
        answer: interface::contracts,
        rules: &["missing-openapi", "untyped-boundary"],
    },
    Question {
        text: "Does data access come with migrations?",
        answer: data::migrations,
        rules: &["mixed-data-access"],
    },
    Question {
        text: "Does a job runner do the background work?",
        answer: data::jobs,
        rules: &["in-process-job"],
    },
    Question {
        text: "Does a library or service sign people in?",
        answer: operation::auth,
        rules: &["hand-rolled-login", "weak-password-hash", "unverified-token"],
    },
    Question {
        text: "Can operators see what happens?",
        answer: operation::observability,
        rules: &["missing-observability"],
    },
    Question {
        text: "Are requests limited in rate?",
        answer: operation::rate_limits,
        rules: &["missing-rate-limit"],
    },
    Question {
        text: "Does local development match production?",
        answer: development::development,
        rules: &["dev-prod-drift"],
    },
    Question {
        text: "Are there unit, integration and contract tests?",
        answer: testing::tests,
        rules: &[],
    },
    Question {
        text: "Is deployment automated, and rollback tested?",
        answer: delivery::deployment,
        rules: &["needless-kubernetes"],
    },
];

impl Checklist {
    pub fn of(project: &Project) -> Self {
        let view = View::of(project);
        let answer = |question: &Question| {
            let mut reply = match view.is_empty() {
                true => Reply::not_applicable("No service, worker, function or front end was found."),
                false => (question.answer)(&view),
            };
            // Services share what stands above them.
            let mut said = HashSet::new();
            reply.evidence.retain(|step| said.insert((step.place, step.message.clone())));
            let open = matches!(reply.verdict, Verdict::Partly | Verdict::No);
            let rules = question.rules.iter().filter(|_| open);
            Answer {
                question: question.text,
                verdict: reply.verdict,
                why: reply.why,
                evidence: reply.evidence,
                next: rules.filter_map(|id| Rule::find(id)).map(|rule| rule.id).collect(),
            }
        };
        Self { answers: QUESTIONS.iter().map(answer).collect() }
    }
}

impl Reply {
    fn new(verdict: Verdict, why: impl Into<String>, evidence: Vec<Step>) -> Self {
        Self { verdict, why: why.into(), evidence }
    }

    fn yes(why: impl Into<String>, evidence: Vec<Step>) -> Self {
        Self::new(Verdict::Yes, why, evidence)
    }

    fn partly(why: impl Into<String>, evidence: Vec<Step>) -> Self {
        Self::new(Verdict::Partly, why, evidence)
    }

    fn no(why: impl Into<String>, evidence: Vec<Step>) -> Self {
        Self::new(Verdict::No, why, evidence)
    }

    fn not_applicable(why: impl Into<String>) -> Self {
        Self::new(Verdict::NotApplicable, why, Vec::new())
    }
}
