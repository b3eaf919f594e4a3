//! Arguments, streams and exit codes.

use std::path::Path;
use std::process::{Command, Stdio};

use backlint::report::Format;
use clap::ValueEnum as _;

use crate::sandbox::Sandbox;

/// One finding, of severity note: the comment names no rule that exists.
const STALE: &str = "# backlint: ignore[query-in-lop] -- ten rows\nx = 1\n";
const CLEAN: &str = "x = 1\n";

#[test]
fn exit_codes_say_whether_there_are_findings() {
    let sandbox = Sandbox::with("exit_codes", &[("a.py", STALE)]);
    for (args, code) in [
        (&[][..], 0), // A note is below the default of --fail-on.
        (&["check"], 0),
        (&["--fail-on", "note"], 1),
        (&["check", "--fail-on", "note", "."], 1),
        (&["--fail-on", "note", "a.py"], 1),
        (&["--fail-on", "never"], 0),
        (&["--fail-on", "note", "--exit-zero"], 0),
        (&["--fail-on", "note", "--ignore", "stale-ignore"], 0),
        (&["--fail-on", "note", "--select", "query-in-loop"], 0),
        (&["--fail-on", "note", "--select", "query-in-loop,stale-ignore"], 1),
        (&["--fail-on", "note", "--no-ignores"], 0),
        (&["--fail-on", "sometimes"], 2),
        (&["--no-such-flag"], 2),
        (&["nowhere"], 2),
        (&["--quiet", "--verbose"], 2),
    ] {
        let outcome = sandbox.run(args);
        assert_eq!(outcome.code, Some(code), "{args:?}: {outcome:?}");
    }
}

#[test]
fn exit_codes_are_the_same_in_every_format() {
    let sandbox = Sandbox::with("exit_codes_of_formats", &[("bad/a.py", STALE), ("good/a.py", CLEAN)]);
    for format in Format::value_variants().iter().filter_map(|format| format.to_possible_value()) {
        let format = format.get_name();
        let outcome = sandbox.run(&["--output-format", format, "--fail-on", "note", "bad"]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""), "{format}");
        assert!(outcome.stdout.contains("query-in-lop"), "{format}: {}", outcome.stdout);
        let outcome = sandbox.run(&["--output-format", format, "--fail-on", "note", "good"]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{format}");
    }
    let outcome = sandbox.run(&["--output-format", "xml"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("invalid value 'xml'"), "{}", outcome.stderr);
    let outcome = sandbox.run(&["--output-format", "markdwon"]);
    assert!(outcome.stderr.contains("a similar value exists: 'markdown'"), "{}", outcome.stderr);
}

#[test]
fn each_report_goes_where_its_path_says() {
    let sandbox = Sandbox::with("reports", &[("a.py", STALE)]);
    let outcome = sandbox.run(&["--output-format", "concise", "-o", "one.txt", "--output-format", "concise"]);
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stdout.contains("stale-ignore"));
    assert_eq!(sandbox.read("one.txt"), outcome.stdout);

    let outcome = sandbox.run(&["-o", "two.txt"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""));
    assert!(sandbox.read("two.txt").contains("stale-ignore"));

    for (args, message) in [
        (&["--output-format", "json", "--output-format", "sarif"][..], "only one report can go to standard output"),
        (&["-o", "x", "-o", "y"], "each -o belongs to the --output-format before it"),
        (&["-o", "x", "--output-format", "json"], "each -o belongs to the --output-format before it"),
        (&["--output-format", "json", "-o", "x", "--output-format", "sarif", "-o", "x"], "two reports would go to x"),
        (&["-o", "no/such/folder"], "no/such/folder cannot be written"),
    ] {
        let outcome = sandbox.run(args);
        assert_eq!(outcome.code, Some(2), "{args:?}");
        assert!(outcome.stderr.contains(message), "{args:?}: {}", outcome.stderr);
    }
}

#[test]
fn a_misspelt_rule_is_told_its_right_name() {
    let sandbox = Sandbox::new("misspelt");
    for args in [&["explain", "query-in-lop"][..], &["--select", "query-in-lop"], &["--ignore", "query_in_loop"]] {
        let outcome = sandbox.run(args);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(outcome.stderr.contains("no such rule; did you mean `query-in-loop`?"), "{}", outcome.stderr);
    }
    assert!(sandbox.run(&["explain", "zzz"]).stderr.contains("`backlint rules` lists them"));
}

#[test]
fn a_path_that_does_not_exist_is_an_error() {
    let outcome = Sandbox::new("nowhere").run(&["no/such/path"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    assert_eq!(outcome.stderr, "error: no such file or folder: no/such/path\n");
}

#[test]
fn a_folder_without_sources_is_clean() {
    let sandbox = Sandbox::with("empty", &[("notes.txt", "nothing\n")]);
    let outcome = sandbox.run(&[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), "no source files were found\n"));
    let outcome = sandbox.run(&["--quiet"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
}

#[test]
fn only_the_paths_given_are_audited() {
    let sandbox = Sandbox::with("paths", &[("a/x.py", STALE), ("b/y.py", STALE), ("c/z.py", STALE)]);
    let outcome = sandbox.run(&["--output-format", "concise", "a", "b/y.py"]);
    let paths: Vec<_> = outcome.stdout.lines().filter_map(|line| line.split(':').next()).collect();
    assert!(paths.contains(&"a/x.py") && paths.contains(&"b/y.py"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("z.py"), "{}", outcome.stdout);
}

#[test]
fn standard_input_is_audited_as_a_file() {
    let sandbox = Sandbox::with("stdin", &[("other.py", STALE)]);
    let args = ["--stdin-filename", "src/a.py", "--fail-on", "note", "--output-format", "concise"];
    let outcome = sandbox.run_with(&args, &[], STALE);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.starts_with("src/a.py:1:"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("other.py"));
    assert_eq!(sandbox.run_with(&args, &[], CLEAN).code, Some(0));
    assert_eq!(sandbox.run(&["--stdin-filename", "a.py", "."]).code, Some(2));
}

#[test]
fn colours_follow_the_flag_then_the_environment() {
    let sandbox = Sandbox::new("colours");
    let is_coloured = |args: &[&str], variables: &[(&str, &str)]| {
        let args = [args, &["nowhere"]].concat();
        sandbox.run_with(&args, variables, "").stderr.contains('\u{1b}')
    };
    assert!(!is_coloured(&[], &[]));
    assert!(is_coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!is_coloured(&["--color", "never"], &[("FORCE_COLOR", "1")]));
    assert!(is_coloured(&[], &[("FORCE_COLOR", "1")]));
    assert!(is_coloured(&[], &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")]));
    assert!(!is_coloured(&[], &[("FORCE_COLOR", "0"), ("CLICOLOR_FORCE", "0")]));
    assert!(!is_coloured(&[], &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
    assert!(is_coloured(&[], &[("NO_COLOR", ""), ("FORCE_COLOR", "1")]));
}

#[cfg(unix)]
#[test]
fn names_of_files_do_not_command_the_terminal() {
    let sandbox = Sandbox::new("control_characters");
    sandbox.write("evil\u{1b}[2J.py", b"x = '\xff'\n");
    for args in [&["-v"][..], &["gone\u{1b}[2J"], &["--gone\u{1b}[2J"], &["--gone\u{9b}2J"]] {
        for variables in [&[][..], &[("FORCE_COLOR", "1")]] {
            let stderr = sandbox.run_with(args, variables, "").stderr;
            assert!(!stderr.contains("\u{1b}[2J") && !stderr.contains('\u{9b}'), "{args:?}: {stderr:?}");
        }
    }
    assert!(sandbox.run(&["-v"]).stderr.contains("evil\u{241b}[2J.py: not UTF-8"));
}

#[test]
fn problems_are_lines_on_standard_error() {
    let sandbox = Sandbox::with("problems", &[("a.py", "def f(:\n"), ("b.py", CLEAN)]);
    let outcome = sandbox.run(&[]);
    assert_eq!((outcome.code, outcome.stderr.lines().count()), (Some(0), 1), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("1 file with code that was not understood (-v lists them)"));
    let outcome = sandbox.run(&["-v"]);
    assert!(outcome.stderr.contains("problem: a.py:1:7: code that was not understood"), "{}", outcome.stderr);
    assert_eq!(sandbox.run(&["-q"]).stderr, "");

    let outcome = sandbox.run(&["--max-file-size", "6"]);
    assert!(outcome.stderr.contains("1 file skipped (-v lists them)"), "{}", outcome.stderr);
    let outcome = sandbox.run(&["--max-file-size", "6", "-v"]);
    assert!(outcome.stderr.contains("skipped: a.py: larger than"), "{}", outcome.stderr);
    assert_eq!(sandbox.run(&["--max-file-size", "huge"]).code, Some(2));
}

#[test]
fn timings_name_the_phases() {
    let outcome = Sandbox::with("timings", &[("a.py", CLEAN)]).run(&["--timings", "--threads", "1"]);
    let phases: Vec<_> = outcome.stderr.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(phases, ["walk", "lower", "link", "rules", "report"]);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let sandbox = Sandbox::with("broken_pipe", &[("a.py", &STALE.repeat(10))]);
    for args in [&["--fail-on", "note"][..], &["explain", "query-in-loop"], &["rules"], &["--help"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backlint"));
        command.args(args).current_dir(&sandbox.root).env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program was built");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it was started");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn rules_are_listed_and_explained() {
    let sandbox = Sandbox::new("rules");
    let outcome = sandbox.run(&["rules"]);
    assert_eq!(outcome.code, Some(0));
    for line in outcome.stdout.lines() {
        let id = line.split_whitespace().next().expect("a line begins with an id");
        let page = sandbox.run(&["explain", id]);
        assert_eq!((page.code, page.stderr.as_str()), (Some(0), ""), "{id}");
        assert!(page.stdout.starts_with("# ") && page.stdout.contains(&format!("`{id}`, ")), "{}", page.stdout);
    }
}

/// `BLESS=1` writes the help of every command into the block below its name in `docs/command-line.md`.
#[test]
fn the_page_of_the_command_line_is_true() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/command-line.md");
    let text = std::fs::read_to_string(&page).expect("the page is there");
    let sandbox = Sandbox::new("help");
    let mut written = String::new();
    for section in text.split_inclusive("\n```\n") {
        let Some((head, _)) = section.split_once("```text\n") else {
            written.push_str(section);
            continue;
        };
        let command = head.rsplit("## `backlint").next().and_then(|rest| rest.split('`').next()).unwrap_or_default();
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let outcome = sandbox.run(&words);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{words:?}");
        assert!(outcome.stdout.lines().all(|line| line.len() <= 100), "{}", outcome.stdout);
        let from = outcome.stdout.find("Usage: ").expect("the help says how it is used");
        written.push_str(&format!("{head}```text\n{}\n```\n", outcome.stdout[from..].trim_end()));
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(page, written).expect("the page can be written");
    } else {
        assert!(text == written, "BLESS=1 updates docs/command-line.md");
    }
}
