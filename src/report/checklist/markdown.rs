//! A checklist to a page: a table of the answers, and the evidence of each below it. Verdicts are words, not colours.

use std::io;

use super::verdict;
use crate::report::Survey;
use crate::report::lines::Sources;
use crate::report::markup::{cell, place, sentence};

pub(in crate::report) fn write(survey: &Survey, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&survey.files);
    let answers = || survey.checklist.answers.iter().zip(1..);
    writeln!(out, "# Checklist\n\n| | question | answer | why |\n|---|---|---|---|")?;
    for (answer, number) in answers() {
        let verdict = verdict(answer.verdict);
        writeln!(out, "| {number} | {} | {verdict} | {} |", answer.question, cell(&sentence(&answer.why)))?;
    }
    for (answer, number) in answers().filter(|(answer, _)| !answer.evidence.is_empty() || !answer.next.is_empty()) {
        writeln!(out, "\n## {number}. {}\n", answer.question)?;
        for step in &answer.evidence {
            let line = sources.head(step.place).start.line;
            writeln!(out, "- {}: {}", place(sources.path(step.place), line), sentence(&step.message))?;
        }
        for rule in &answer.next {
            writeln!(out, "- `backlint explain {rule}`")?;
        }
    }
    Ok(())
}
