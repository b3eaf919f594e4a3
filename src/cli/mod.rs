//! The outermost module: arguments, environment, clock and `backlint.toml` to a run, its report and its exit code.
//! What is found and how it looks is decided further in.

#![expect(clippy::disallowed_methods, reason = "with walk the only door to files, environment and clock")]

mod args;
mod baseline;
mod config;
mod console;
mod explain;
mod links;
mod outcome;
mod progress;
mod run;
mod survey;

pub use config::schema;

use std::borrow::Cow;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use args::{Color, Command};
use clap_complete::Shell;
use config::ConfigError;
use console::{Console, is_coloured};

use crate::finding::Severity;
use crate::report::one_line;
use crate::rules::RULES;

/// Could not do the job.
const FAILURE: u8 = 2;

/// The whole program.
pub fn main() -> ExitCode {
    let mut console = Console { colour: is_coloured(Color::Auto, &io::stderr(), variable), ..Console::default() };
    let command = match args::parse(env::args_os()) {
        Ok(command) => command,
        Err(error) => return refuse(&error, console),
    };
    if let Some(screen) = command.screen() {
        let colour = is_coloured(screen.color, &io::stderr(), variable);
        console = Console { colour, quiet: screen.quiet, verbose: screen.verbose };
    }
    // The message of a panic may quote an audited file; the standard hook would write it as it is.
    std::panic::set_hook(Box::new(move |panic| console.error(format_args!("internal error: {panic}"))));
    let outcome = catch_unwind(AssertUnwindSafe(|| run(command, console)));
    match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            if is_broken_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            match error.downcast_ref::<Box<ConfigError>>() {
                Some(error) => console.block(&error.render(console.colour)),
                None => console.error(format_args!("{error:#}")),
            }
            ExitCode::from(FAILURE)
        }
        // The hook has said what happened.
        Err(_) => ExitCode::from(FAILURE),
    }
}

fn run(command: Command, console: Console) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(check) => return run::check(&check, console),
        Command::Stack(stack) => return survey::stack(&stack, console),
        Command::Checklist(checklist) => return survey::checklist(&checklist, console),
        Command::Baseline(command) => return baseline::run(&command, console),
        Command::Explain(explain) => return explain::explain(&explain, console),
        Command::Rules => rules()?,
        Command::Init => run::init(console)?,
        Command::Completions { shell } => completions(shell)?,
        Command::Man { command } => man(command)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Help and version are asked for; all else is a mistake in the arguments.
fn refuse(error: &clap::Error, console: Console) -> ExitCode {
    let text = error.render();
    if error.use_stderr() {
        // Arguments can be the names of audited files; clap writes them as they are, but not into plain text.
        let is_clean = env::args_os().all(|arg| matches!(one_line(&arg.to_string_lossy()), Cow::Borrowed(_)));
        if console.colour && is_clean {
            console.block(&text.ansi().to_string());
        } else {
            let lines = text.to_string();
            console.block(&lines.lines().map(|line| one_line(line).into_owned() + "\n").collect::<String>());
        }
        return ExitCode::from(FAILURE);
    }
    let colour = is_coloured(Color::Auto, &io::stdout(), variable);
    let text = if colour { text.ansi().to_string() } else { text.to_string() };
    // A reader that has seen enough is no failure.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn rules() -> io::Result<()> {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut out = io::stdout().lock();
    for rule in RULES {
        let page = rule.page();
        writeln!(out, "{:width$}  {:7}  {}", rule.id, name(page.severity), page.summary)?;
    }
    Ok(())
}

fn completions(shell: Shell) -> io::Result<()> {
    // Not at once to standard output: the generator takes a reader that leaves for a reason to panic.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut args::documented_command(), "backlint", &mut text);
    io::stdout().lock().write_all(&text)
}

fn man(command: Option<Box<clap::Command>>) -> io::Result<()> {
    let command = match command {
        Some(command) => {
            let name = format!("backlint-{}", command.get_name());
            command.display_name(name)
        }
        None => args::documented_command(),
    };
    clap_mangen::Man::new(command).render(&mut io::stdout().lock())
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.into_iter().any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
