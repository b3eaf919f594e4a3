//! A checklist to a few lines for each question. It does not show all evidence where there is much.

use std::io;

use anstyle::{AnsiColor, Style};

use super::verdict;
use crate::checklist::{Answer, Verdict};
use crate::report::lines::Sources;
use crate::report::text::{counted, one_line, styled};
use crate::report::{Options, Survey};

/// How many places of an answer people are shown, unless they ask for more.
const PLACES: usize = 5;

/// Where the words begin: after the number and the verdict.
const INDENT: &str = "            ";

pub(in crate::report) fn write(survey: &Survey, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&survey.files);
    for (answer, number) in survey.checklist.answers.iter().zip(1..) {
        write_answer(number, answer, &sources, options, out)?;
    }
    if options.quiet {
        return Ok(());
    }
    writeln!(out, "{}", summary(&survey.checklist.answers))
}

fn write_answer(
    number: usize,
    answer: &Answer,
    sources: &Sources,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let style = match answer.verdict {
        Verdict::Yes => AnsiColor::Green.on_default().bold(),
        Verdict::Partly => AnsiColor::Yellow.on_default().bold(),
        Verdict::No => AnsiColor::Red.on_default().bold(),
        Verdict::NotApplicable => Style::new().dimmed(),
    };
    let word = styled(&format!("{:6}", verdict(answer.verdict)), style, options);
    let question = styled(answer.question, Style::new().bold(), options);
    writeln!(out, "{number:>2}  {word}  {question}")?;
    writeln!(out, "{INDENT}{}", one_line(&answer.why))?;
    let limit = if options.verbose { usize::MAX } else { PLACES };
    let dimmed = |text: &str| styled(text, Style::new().dimmed(), options);
    for step in answer.evidence.iter().take(limit) {
        let line = sources.head(step.place).start.line;
        let text = format!("{}:{line}: {}", one_line(sources.path(step.place)), one_line(&step.message));
        writeln!(out, "{INDENT}  {}", dimmed(&text))?;
    }
    if answer.evidence.len() > limit {
        let more = counted(answer.evidence.len() - limit, "more place");
        let text = format!("and {more} (-v lists them)");
        writeln!(out, "{INDENT}  {}", dimmed(&text))?;
    }
    for rule in &answer.next {
        writeln!(out, "{INDENT}  = backlint explain {rule}")?;
    }
    writeln!(out)
}

/// "5 yes, 3 partly, 2 no, 2 n/a"
fn summary(answers: &[Answer]) -> String {
    let count = |of| answers.iter().filter(|answer| answer.verdict == of).count();
    [Verdict::Yes, Verdict::Partly, Verdict::No, Verdict::NotApplicable]
        .map(|of| format!("{} {}", count(of), verdict(of)))
        .join(", ")
}
