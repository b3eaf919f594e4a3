//! The commands that describe a repository instead of judging it. They do not know what is described.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::slice;

use super::FAILURE;
use super::args::{ChecklistArguments, StackArguments, SurveyArguments};
use super::console::Console;
use super::outcome::{Outcome, tell_timings, write};
use super::progress::Bar;
use super::run::{configure, find_root};
use crate::Progress;
use crate::finding::Problem;
use crate::report::{self, Options, Survey};
use crate::settings::Settings;

pub(super) fn stack(stack: &StackArguments, console: Console) -> anyhow::Result<ExitCode> {
    let format = stack.survey.output_format;
    survey(&stack.survey, console, |survey, options, out| {
        report::write_stack(survey, format, stack.evidence, options, out)
    })
}

pub(super) fn checklist(checklist: &ChecklistArguments, console: Console) -> anyhow::Result<ExitCode> {
    let format = checklist.survey.output_format;
    survey(&checklist.survey, console, |survey, options, out| report::write_checklist(survey, format, options, out))
}

fn survey(
    arguments: &SurveyArguments,
    console: Console,
    report: impl Fn(&Survey, &Options, &mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<ExitCode> {
    let mut settings = Settings::default();
    let root = find_root(slice::from_ref(&arguments.path), &mut settings)?;
    let config = configure(&arguments.reading, &root, &mut settings)?;
    let bar = Bar::new(!arguments.screen.no_progress && !console.quiet);
    let survey = crate::survey(&root, &settings, &bar);
    bar.clear();

    let written = bar.now();
    let path = arguments.output_file.as_deref().filter(|path| *path != Path::new("-"));
    write(path, arguments.screen.color, console, |options, out| report(&survey, options, out))?;
    Outcome { files: &survey.files, problems: &survey.problems, config: config.as_ref() }.tell(console);
    if arguments.screen.timings {
        let last = ("report", bar.now().saturating_sub(written));
        tell_timings(survey.timings.iter().chain([&last]), console);
    }
    Ok(ExitCode::from(if survey.problems.iter().any(Problem::is_internal) { FAILURE } else { 0 }))
}
