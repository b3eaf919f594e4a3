//! The command line to plain data. Knows flags and their help, not what they bring about.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::finding::{Confidence, Severity};
use crate::report::{Format, SurveyFormat};
use crate::rules::{RULES, Rule};
use crate::spelling::nearest;

/// Audits a repository against backend architecture anti-patterns.
#[derive(Debug, Parser)]
#[command(name = "backlint", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = "Exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not do the job.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: Check,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Audit files and folders: what backlint does when no command is named
    Check(Box<Check>),
    /// Show what each service is built with
    Stack(Box<StackArguments>),
    /// Answer twelve questions that a team should have answered
    Checklist(Box<ChecklistArguments>),
    /// Write down what is found now, and report later what is new
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Print the page of a rule, or say why it does or does not find a place
    Explain(Box<ExplainArguments>),
    /// List the rules
    Rules,
    /// Write a commented backlint.toml into the current folder
    Init,
    /// Print the completions of a shell: bash, elvish, fish, powershell, zsh
    #[command(hide = true)]
    Completions {
        #[arg(value_enum, hide_possible_values = true)]
        shell: Shell,
    },
    /// Print the manual page of backlint, or of one of its commands
    #[command(hide = true)]
    Man {
        /// The name of the command
        #[arg(value_parser = documented)]
        command: Option<Box<clap::Command>>,
    },
}

#[derive(Args, Debug)]
pub(super) struct ExplainArguments {
    /// The name of the rule
    #[arg(value_parser = rule)]
    pub(super) rule: &'static Rule,
    /// A line of a file below the current folder, which is audited: src/report.ts:12, or with a column
    #[arg(value_name = "PLACE", value_parser = spot)]
    pub(super) place: Option<Spot>,
    #[command(flatten)]
    pub(super) screen: Screen,
    #[command(flatten)]
    pub(super) reading: Reading,
}

/// A place as people write it: `src/report.ts:12` or `src/report.ts:12:5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) path: PathBuf,
    pub(super) line: usize,
    pub(super) column: Option<usize>,
}

#[derive(Args, Debug)]
pub(super) struct Check {
    /// Files and folders to audit; the deepest folder around them is the root [default: .]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Forms of the report: full, concise, grouped, json, jsonl, sarif, github, gitlab, junit, rdjson, markdown, agent
    #[arg(long, value_name = "FORMAT", value_enum, hide_possible_values = true, help_heading = "Output")]
    output_format: Vec<Format>,
    /// Where the report before it goes; `-` is standard output
    #[arg(short, long = "output-file", value_name = "PATH", help_heading = "Output")]
    output_file: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) sarif: Sarif,
    /// Pairs of output formats and output files, in the order of the command line
    #[arg(skip)]
    pub(super) outputs: Vec<Output>,
    /// Links on places and rules: auto, always, never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, help_heading = "Output")]
    #[arg(hide_possible_values = true)]
    pub(super) hyperlinks: Hyperlinks,
    #[command(flatten)]
    pub(super) screen: Screen,

    /// The least severity that fails the run: error, warning, note, never
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t, help_heading = "Outcome")]
    #[arg(hide_possible_values = true)]
    fail_on: FailOn,
    /// Exit with 0 even when there are findings
    #[arg(long, help_heading = "Outcome")]
    exit_zero: bool,

    #[command(flatten)]
    pub(super) selection: Selection,

    /// Leave out the findings that this file knows
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    pub(super) baseline: Option<PathBuf>,
    /// Leave out no findings that a baseline knows
    #[arg(long, conflicts_with = "baseline", help_heading = "Rules")]
    pub(super) no_baseline: bool,

    /// Audit HEAD, and report only what is new since it left this revision
    #[arg(long, value_name = "REV", conflicts_with_all = ["staged", "stdin_filename"], help_heading = "Files")]
    #[arg(allow_hyphen_values = true)]
    pub(super) since: Option<String>,
    /// Audit the index, and report only what is new since HEAD
    #[arg(long, conflicts_with = "stdin_filename", help_heading = "Files")]
    pub(super) staged: bool,

    /// Audit standard input as the file of this name
    #[arg(long, value_name = "NAME", conflicts_with = "paths", help_heading = "Files")]
    pub(super) stdin_filename: Option<String>,
    #[command(flatten)]
    pub(super) reading: Reading,
}

/// Which findings are wanted.
#[derive(Args, Debug)]
pub(super) struct Selection {
    /// Run these rules alone
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule, action = ArgAction::Append)]
    #[arg(help_heading = "Rules")]
    pub(super) select: Vec<&'static Rule>,
    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule, action = ArgAction::Append)]
    #[arg(help_heading = "Rules")]
    pub(super) ignore: Vec<&'static Rule>,
    /// Show findings at least so sure: low, medium, high
    #[arg(long, value_name = "CONFIDENCE", value_enum, default_value = "medium", help_heading = "Rules")]
    #[arg(hide_possible_values = true)]
    min_confidence: Confidence,
    /// The same as --min-confidence low
    #[arg(long, conflicts_with = "min_confidence", help_heading = "Rules")]
    pedantic: bool,
    /// Honour no ignore comments and entries
    #[arg(long, help_heading = "Rules")]
    pub(super) no_ignores: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Write down what is found now, so that later runs report what is new
    Create(Box<BaselineCreate>),
    /// Drop entries that are found no more and follow what was edited or moved; nothing is added
    Prune(Box<BaselinePrune>),
    /// List the entries, and what became of them
    Show(Box<BaselineShow>),
}

#[derive(Args, Debug)]
pub(super) struct BaselineCreate {
    /// Where it goes; `-` for standard output [default: backlint-baseline.jsonl in PATH, or as backlint.toml says]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(super) output_file: Option<PathBuf>,
    /// Write over a file that exists
    #[arg(long, help_heading = "Output")]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) run: BaselineRun,
}

#[derive(Args, Debug)]
pub(super) struct BaselinePrune {
    /// Which file [default: backlint-baseline.jsonl in PATH, or as backlint.toml says]
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub(super) baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(super) run: BaselineRun,
}

#[derive(Args, Debug)]
pub(super) struct BaselineShow {
    /// Which file [default: backlint-baseline.jsonl in PATH, or as backlint.toml says]
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub(super) baseline: Option<PathBuf>,
    /// What the entries are put together by: rule, file
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(super) by: By,
    #[command(flatten)]
    pub(super) run: BaselineRun,
}

/// The audit behind each command about baselines.
#[derive(Args, Debug)]
pub(super) struct BaselineRun {
    /// The folder to audit
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) path: PathBuf,
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    pub(super) screen: Screen,
    #[command(flatten)]
    pub(super) reading: Reading,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    #[default]
    Rule,
    File,
}

#[derive(Args, Debug)]
pub(super) struct StackArguments {
    #[command(flatten)]
    pub(super) survey: SurveyArguments,
    /// Show where each was seen
    #[arg(long, help_heading = "Output")]
    pub(super) evidence: bool,
}

#[derive(Args, Debug)]
pub(super) struct ChecklistArguments {
    #[command(flatten)]
    pub(super) survey: SurveyArguments,
}

/// What the commands have in common that judge nothing.
#[derive(Args, Debug)]
pub(super) struct SurveyArguments {
    /// The folder to look at
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) path: PathBuf,
    /// Form of the report: full, json, markdown
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = "Output")]
    #[arg(hide_possible_values = true)]
    pub(super) output_format: SurveyFormat,
    /// Where it goes; without it, or for `-`, to standard output
    #[arg(short, long, value_name = "PATH", help_heading = "Output")]
    pub(super) output_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) screen: Screen,
    #[command(flatten)]
    pub(super) reading: Reading,
}

/// What SARIF holds beside the findings.
#[derive(Args, Debug)]
pub(super) struct Sarif {
    /// Tells this audit from others of the same commit in code scanning
    #[arg(long = "sarif-category", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    #[arg(help_heading = "Output")]
    pub(super) category: Option<String>,
    /// Write ignored and known findings to SARIF too, as suppressed
    #[arg(long = "sarif-include-suppressed", help_heading = "Output")]
    pub(super) include_suppressed: bool,
}

/// What people see beside the report.
#[derive(Args, Debug)]
pub(super) struct Screen {
    /// Colours: auto, always, never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, help_heading = "Output")]
    #[arg(hide_possible_values = true)]
    pub(super) color: Color,
    /// Show no progress bar
    #[arg(long, help_heading = "Output")]
    pub(super) no_progress: bool,
    /// Say nothing but the report and errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub(super) quiet: bool,
    /// Name every skipped file and all code that was not understood
    #[arg(short, long, help_heading = "Output")]
    pub(super) verbose: bool,
    /// Show how long each phase took
    #[arg(long, help_heading = "Output")]
    pub(super) timings: bool,
}

/// What is read, and how.
#[derive(Args, Debug)]
pub(super) struct Reading {
    /// Read this instead of the root's backlint.toml
    #[arg(long, value_name = "PATH", help_heading = "Files")]
    pub(super) config: Option<PathBuf>,
    /// Read no backlint.toml
    #[arg(long, conflicts_with = "config", help_heading = "Files")]
    pub(super) no_config: bool,
    /// Also audit files and folders whose names begin with a dot
    #[arg(long, help_heading = "Files")]
    pub(super) hidden: bool,
    /// Skip larger files: bytes, or with K, M or G
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "1M", help_heading = "Files")]
    pub(super) max_file_size: u64,
    /// How many threads to use [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Files")]
    pub(super) threads: Option<u16>,
}

/// A report to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) format: Format,
    /// `None` is standard output.
    pub(super) path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Hyperlinks {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    #[default]
    Warning,
    Note,
    Never,
}

/// Errors carry their own text, usage and exit code; so do `--help` and `--version`.
pub(super) fn parse(args: impl Iterator<Item = OsString>) -> Result<Command, clap::Error> {
    let matches = Arguments::command().try_get_matches_from(args)?;
    let arguments = Arguments::from_arg_matches(&matches)?;
    let (command, matches) = match (arguments.command, matches.subcommand()) {
        (Some(command), Some((_, matches))) => (command, matches.clone()),
        _ => (Command::Check(Box::new(arguments.check)), matches),
    };
    Ok(match command {
        Command::Check(mut check) => {
            check.outputs = outputs(&matches)?;
            Command::Check(check)
        }
        other => other,
    })
}

impl Command {
    pub(super) fn screen(&self) -> Option<&Screen> {
        match self {
            Self::Check(check) => Some(&check.screen),
            Self::Stack(stack) => Some(&stack.survey.screen),
            Self::Checklist(checklist) => Some(&checklist.survey.screen),
            Self::Baseline(BaselineCommand::Create(create)) => Some(&create.run.screen),
            Self::Baseline(BaselineCommand::Prune(prune)) => Some(&prune.run.screen),
            Self::Baseline(BaselineCommand::Show(show)) => Some(&show.run.screen),
            Self::Explain(explain) => Some(&explain.screen),
            Self::Rules | Self::Init | Self::Completions { .. } | Self::Man { .. } => None,
        }
    }
}

impl Check {
    /// The least severity that fails the run.
    pub(super) fn fails_from(&self) -> Option<Severity> {
        match self.fail_on {
            _ if self.exit_zero => None,
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Note => Some(Severity::Note),
            FailOn::Never => None,
        }
    }
}

impl Selection {
    pub(super) fn confidence(&self) -> Confidence {
        if self.pedantic { Confidence::Low } else { self.min_confidence }
    }
}

/// Formats and paths are paired by where they stand, which the derived fields have forgotten.
fn outputs(matches: &ArgMatches) -> Result<Vec<Output>, clap::Error> {
    enum Word {
        Format(Format),
        Path(PathBuf),
    }
    let refuse = |message: &str| Err(Arguments::command().error(clap::error::ErrorKind::ArgumentConflict, message));
    let formats = matches.get_many::<Format>("output_format").into_iter().flatten();
    let paths = matches.get_many::<PathBuf>("output_file").into_iter().flatten();
    let mut words: Vec<(usize, Word)> = Vec::new();
    words.extend(matches.indices_of("output_format").into_iter().flatten().zip(formats.map(|f| Word::Format(*f))));
    words.extend(matches.indices_of("output_file").into_iter().flatten().zip(paths.map(|p| Word::Path(p.clone()))));
    words.sort_by_key(|(index, _)| *index);
    if !words.iter().any(|(_, word)| matches!(word, Word::Format(_))) {
        words.insert(0, (0, Word::Format(Format::Full)));
    }

    let mut outputs: Vec<(Output, bool)> = Vec::new();
    for (_, word) in words {
        match (word, outputs.last_mut()) {
            (Word::Format(format), _) => outputs.push((Output { format, path: None }, false)),
            (Word::Path(path), Some((output, placed @ false))) => {
                *placed = true;
                output.path = Some(path).filter(|path| path.as_os_str() != "-");
            }
            (Word::Path(_), _) => return refuse("each -o belongs to the --output-format before it"),
        }
    }
    let outputs: Vec<_> = outputs.into_iter().map(|(output, _)| output).collect();
    for (index, output) in outputs.iter().enumerate() {
        if outputs[..index].iter().any(|earlier| earlier.path == output.path) {
            return match &output.path {
                Some(path) => refuse(&format!("two reports would go to {}", path.display())),
                None => refuse("only one report can go to standard output; the others need -o"),
            };
        }
    }
    Ok(outputs)
}

fn rule(id: &str) -> Result<&'static Rule, String> {
    Rule::find(id).ok_or_else(|| match nearest(id, RULES.iter().map(|rule| rule.id)) {
        Some(id) => format!("no such rule; did you mean `{id}`?"),
        None => "no such rule; `backlint rules` lists them".to_owned(),
    })
}

/// The command line as its completions and manual pages show it.
pub(super) fn documented_command() -> clap::Command {
    Arguments::command()
}

/// The visible command that a path was meant to be.
pub(super) fn meant(path: &Path) -> Option<String> {
    let command = Arguments::command();
    let names = command.get_subcommands().filter(|command| !command.is_hide_set()).map(clap::Command::get_name);
    nearest(path.to_str()?, names).map(str::to_owned)
}

fn documented(name: &str) -> Result<Box<clap::Command>, String> {
    let command = Arguments::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    match command.find_subcommand(name) {
        Some(command) => Ok(Box::new(command.clone())),
        None => Err(match nearest(name, names.iter().copied()) {
            Some(name) => format!("no such command; did you mean `{name}`?"),
            None => format!("no such command; there are {}", names.join(", ")),
        }),
    }
}

/// A colon at the end comes with what is copied from a report.
fn spot(text: &str) -> Result<Spot, String> {
    let form = || "a place is a file and a line: src/report.ts:12, or src/report.ts:12:5".to_owned();
    let (rest, last) = text.trim_end_matches(':').rsplit_once(':').ok_or_else(form)?;
    let last: usize = last.parse().map_err(|_| form())?;
    let (path, line, column) = match rest.rsplit_once(':').map(|(path, line)| (path, line.parse::<usize>())) {
        Some((path, Ok(line))) => (path, line, Some(last)),
        _ => (rest, last, None),
    };
    if line == 0 || column == Some(0) {
        return Err("lines and columns are counted from 1".to_owned());
    }
    if path.is_empty() { Err(form()) } else { Ok(Spot { path: path.into(), line, column }) }
}

fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err("a size is a number, or one with K, M or G".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "a size is a number, or one with K, M or G".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_place_is_a_path_a_line_and_perhaps_a_column() {
        let place = |path: &str, line, column| Ok(Spot { path: path.into(), line, column });
        assert_eq!(spot("src/a.ts:12"), place("src/a.ts", 12, None));
        assert_eq!(spot("src/a.ts:12:5"), place("src/a.ts", 12, Some(5)));
        assert_eq!(spot("src/a.ts:12:5:"), place("src/a.ts", 12, Some(5)));
        assert_eq!(spot("C:\\a.ts:12"), place("C:\\a.ts", 12, None));
        for wrong in ["src/a.ts", "src/a.ts:", "src/a.ts:x", ":12", "12", "a.ts:0", "a.ts:1:0", ""] {
            assert!(spot(wrong).is_err(), "{wrong}");
        }
    }
}
