//! The commands `stack` and `checklist`: their formats of a survey made by hand, and how the program runs them.

use backlint::checklist::{Answer, Checklist, Verdict};
use backlint::facts::Span;
use backlint::finding::Step;
use backlint::report::{self, Options, Survey, SurveyFormat};
use backlint::stack::{Column, Kind, Part, Row, Sight, Stack};
use backlint::walk::Files;
use clap::ValueEnum as _;
use serde_json::{Value, json};

use crate::report::{COLOUR, PLAIN, expect, file, place};
use crate::sandbox::Sandbox;

#[test]
fn forms_of_a_stack() {
    let survey = example("services/orders");
    for (name, format, evidence, options) in [
        ("stack-full", SurveyFormat::Full, false, PLAIN),
        ("stack-full-evidence", SurveyFormat::Full, true, PLAIN),
        ("stack-full-colour", SurveyFormat::Full, true, COLOUR),
        ("stack-json", SurveyFormat::Json, false, PLAIN),
        ("stack-json-evidence", SurveyFormat::Json, true, PLAIN),
        ("stack-markdown", SurveyFormat::Markdown, false, PLAIN),
        ("stack-markdown-evidence", SurveyFormat::Markdown, true, PLAIN),
    ] {
        expect(name, &stack(&survey, format, evidence, options));
    }
}

#[test]
fn forms_of_a_checklist() {
    let survey = example("services/orders");
    for (name, format, options) in [
        ("checklist-full", SurveyFormat::Full, PLAIN),
        ("checklist-full-colour", SurveyFormat::Full, COLOUR),
        ("checklist-json", SurveyFormat::Json, PLAIN),
        ("checklist-markdown", SurveyFormat::Markdown, PLAIN),
    ] {
        expect(name, &checklist(&survey, format, options));
    }
}

#[test]
fn names_from_the_repository_stay_words() {
    let hostile: String = ('\0'..='\u{9f}').chain('\u{2020}'..='\u{2070}').collect();
    let survey = example(&hostile);
    for format in SurveyFormat::value_variants() {
        for text in [stack(&survey, *format, true, PLAIN), checklist(&survey, *format, PLAIN)] {
            let raw = text.chars().find(|&character| {
                character != '\n' && character.is_control() || matches!(character, '\u{202a}'..='\u{202e}')
            });
            assert!(matches!(raw, None | Some('\t')), "{format:?}: {raw:?}");
        }
    }
    let json: Value = serde_json::from_str(&stack(&survey, SurveyFormat::Json, true, PLAIN)).expect("it is JSON");
    assert_eq!(json["services"][0]["path"], hostile.as_str());
    let table = stack(&example("a|b`c"), SurveyFormat::Markdown, false, PLAIN);
    assert!(table.contains("| `` a\\|b`c `` | service |"), "{table}");
}

#[test]
fn a_survey_ends_well_whatever_it_finds() {
    let sandbox = Sandbox::with("survey", &[("src/index.ts", "export const a = 1;\n"), ("package.json", "{}\n")]);
    for command in ["stack", "checklist"] {
        for (args, code) in [
            (&[][..], 0),
            (&["."], 0),
            (&["src"], 0),
            (&["--output-format", "full"], 0),
            (&["--output-format", "json"], 0),
            (&["--output-format", "markdown"], 0),
            (&["--no-config", "--hidden", "--threads", "1", "--max-file-size", "2M", "--no-progress"], 0),
            (&["--output-format", "sarif"], 2),
            (&["--config", "nowhere.toml"], 2),
            (&["nowhere"], 2),
            (&["src", "src"], 2),
            (&["-o", "no/such/folder"], 2),
        ] {
            let outcome = sandbox.run(&[&[command], args].concat());
            assert_eq!(outcome.code, Some(code), "{command} {args:?}: {outcome:?}");
            assert_eq!(outcome.stdout.is_empty(), code == 2, "{command} {args:?}: {outcome:?}");
        }
        let shown = sandbox.run(&[command]).stdout;
        assert_eq!(sandbox.run(&[command, "-o", "out.txt"]).stdout, "");
        assert_eq!(sandbox.read("out.txt"), shown);
        std::fs::remove_file(sandbox.root.join("out.txt")).expect("it was written");
    }
    assert_eq!(sandbox.run(&["stack", "--evidence"]).code, Some(0));
    assert_eq!(sandbox.run(&["checklist", "--evidence"]).code, Some(2));
}

#[test]
fn a_folder_without_anything_is_told_so() {
    let sandbox = Sandbox::new("survey_of_nothing");
    let outcome = sandbox.run(&["stack"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), "no services\n"));
    assert_eq!(outcome.stderr, "no source files were found\n");
    let json: Value = serde_json::from_str(&sandbox.run(&["stack", "--output-format", "json"]).stdout).expect("JSON");
    assert_eq!(json, json!({"version": 1, "services": [], "libraries": [], "tools": [], "beside": {"declared": {}}}));

    let json: Value =
        serde_json::from_str(&sandbox.run(&["checklist", "--output-format", "json"]).stdout).expect("JSON");
    let answers = json["answers"].as_array().expect("a list");
    let verdicts: Vec<_> = answers.iter().map(|answer| answer["verdict"].as_str()).collect();
    assert_eq!(verdicts, [Some("not-applicable"); 12]);
    let outcome = sandbox.run(&["checklist"]);
    assert!(outcome.stdout.ends_with("0 yes, 0 partly, 0 no, 12 n/a\n"), "{}", outcome.stdout);
}

#[test]
fn problems_of_a_survey_are_told() {
    let sandbox = Sandbox::with("survey_problems", &[("a.py", "def f(:\n"), ("backlint.toml", "[rules]\n")]);
    let outcome = sandbox.run(&["stack", "-v"]);
    assert!(outcome.stderr.contains("problem: a.py:1:7: code that was not understood"), "{}", outcome.stderr);
    assert_eq!(sandbox.run(&["stack", "-q"]).stderr, "");
    let timings = sandbox.run(&["checklist", "-q", "--timings"]).stderr;
    let phases: Vec<_> = timings.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(phases, ["walk", "lower", "link", "survey", "report"]);

    sandbox.write("backlint.toml", "nonsense = 1\n");
    assert_eq!(sandbox.run(&["stack"]).code, Some(2));
    assert_eq!(sandbox.run(&["stack", "--no-config"]).code, Some(0));
}

/// A service with something in every column, one with nothing, and a library; three answers.
fn example(path: &str) -> Survey {
    let text = "import express from 'express';\nimport { z } from 'zod';\nexport const app = express();\n";
    let at = |part: &str| {
        let start = text.find(part).expect("the part is in the text");
        place(0, Span::new(start, start + part.len()))
    };
    let seen = |part: &str, how: &'static str| [Sight { place: at(part), how }];
    let mut orders = Row {
        path: path.to_owned(),
        name: format!("{path} api"),
        kind: Kind::Service,
        languages: vec![("TypeScript", 1240), ("Python", 30)],
        routes: Some(12),
        ..Row::default()
    };
    orders.add(Column::Frameworks, "Express", true, seen("import express", "imported"));
    orders.add(Column::Frameworks, "Express", true, seen("export", "registered"));
    orders.add(Column::Frameworks, "Express", false, seen("import express", "imported"));
    orders.add(Column::Frameworks, "Fastify", false, seen("zod", "declared"));
    orders.add(Column::Validators, "Zod", true, seen("import { z }", "imported"));
    for column in Column::ALL {
        orders.add(column, "something", column != Column::Jobs, seen("app", "deployed"));
    }
    let shop = Row { path: ".".to_owned(), name: "shop".to_owned(), kind: Kind::FrontEnd, ..Row::default() };
    let stack = Stack {
        services: vec![orders, shop],
        libraries: vec![Part { path: "packages/a".to_owned(), name: "a".to_owned() }],
        tools: vec![
            Part { path: "packages/b".to_owned(), name: "b".to_owned() },
            Part { path: "packages/c".to_owned(), name: "c".to_owned() },
        ],
        ..Stack::default()
    };
    let step = |number: usize| Step { place: at("app"), message: format!("Express {number} in `{path}`") };
    let answer = |question, verdict, why: String, count| Answer {
        question,
        verdict,
        why,
        evidence: (0..count).map(step).collect(),
        next: Vec::new(),
    };
    let mut partly = answer("Is it fast?", Verdict::Partly, format!("`{path}`: 2 of 3 <all> of it."), 7);
    partly.next.push("query-in-loop");
    let answers = vec![
        answer("Is it there?", Verdict::Yes, "All of it.".to_owned(), 1),
        partly,
        answer("Is it right?", Verdict::No, "Nothing says so.".to_owned(), 0),
        answer("Is it blue?", Verdict::NotApplicable, "It has no colour.".to_owned(), 0),
    ];
    Survey {
        files: Files { files: vec![file("src/index.ts", text)], ..Files::default() },
        stack,
        checklist: Checklist { answers },
        problems: Vec::new(),
        timings: Vec::new(),
    }
}

fn stack(survey: &Survey, format: SurveyFormat, evidence: bool, options: Options) -> String {
    let mut out = Vec::new();
    report::write_stack(survey, format, evidence, &options, &mut out).expect("writing to memory works");
    String::from_utf8(out).expect("every format is UTF-8")
}

fn checklist(survey: &Survey, format: SurveyFormat, options: Options) -> String {
    let mut out = Vec::new();
    report::write_checklist(survey, format, &options, &mut out).expect("writing to memory works");
    String::from_utf8(out).expect("every format is UTF-8")
}
