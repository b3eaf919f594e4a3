//! A checklist to one JSON document. Its structs are the published form: they do not follow when the model changes.

use std::io;

use serde::Serialize;

use crate::checklist::{self, Verdict};
use crate::report::Survey;
use crate::report::json::escaped;
use crate::report::lines::Sources;

pub(in crate::report) fn write(survey: &Survey, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&survey.files);
    let answers = survey.checklist.answers.iter().zip(1..);
    let document = Document {
        version: 1,
        answers: answers.map(|(answer, number)| Answer::new(number, answer, &sources)).collect(),
    };
    writeln!(out, "{}", escaped(&serde_json::to_string_pretty(&document)?))
}

#[derive(Serialize)]
struct Document<'r> {
    /// Grows when a reader of the old form could no longer read the new one.
    version: u32,
    answers: Vec<Answer<'r>>,
}

#[derive(Serialize)]
struct Answer<'r> {
    number: usize,
    question: &'static str,
    verdict: &'static str,
    why: &'r str,
    evidence: Vec<Evidence<'r>>,
    /// Rules that look closer.
    rules: &'r [&'static str],
}

#[derive(Serialize)]
struct Evidence<'r> {
    path: &'r str,
    line: usize,
    message: &'r str,
}

impl<'r> Answer<'r> {
    fn new(number: usize, answer: &'r checklist::Answer, sources: &Sources<'r>) -> Self {
        let evidence = answer.evidence.iter().map(|step| Evidence {
            path: sources.path(step.place),
            line: sources.head(step.place).start.line,
            message: &step.message,
        });
        Self {
            number,
            question: answer.question,
            verdict: verdict(answer.verdict),
            why: &answer.why,
            evidence: evidence.collect(),
            rules: &answer.next,
        }
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::Partly => "partly",
        Verdict::No => "no",
        Verdict::NotApplicable => "not-applicable",
    }
}
