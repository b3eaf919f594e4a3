//! Reports that are too large for GitHub, with limits small enough to test. It does not check what a result says.

use serde_json::Value;

use super::limits::{GITHUB, Limits};
use super::{SarifOptions, write_within};
use crate::baseline::Change;
use crate::facts::Span;
use crate::finding::{Confidence, Finding, Place, Problem, Severity, Step};
use crate::languages::Grammar;
use crate::report::{Counts, Report};
use crate::suppress::{Answer, Answerer, Ignored};
use crate::walk::{File, FileId, FileKind, Files, Role};

/// A finding on each line of a file; every third is an error, and every second of these is sure.
fn report(findings: usize) -> Report {
    let text = "query();\n".repeat(findings);
    let kind = FileKind::Source(Grammar::TypeScript);
    let file = File { path: "a.ts".to_owned(), role: Role::Product, kind, text, read: true };
    let finding = |index: usize| {
        let start = index * "query();\n".len();
        Finding {
            rule: "query-in-loop",
            severity: if index.is_multiple_of(3) { Severity::Error } else { Severity::Warning },
            confidence: if index.is_multiple_of(6) { Confidence::High } else { Confidence::Medium },
            place: Place { file: FileId(0), span: Span::new(start, start + "query()".len()) },
            symbol: String::new(),
            message: format!("query {index}"),
            related: Vec::new(),
            trail: Vec::new(),
            help: None,
            scopes: Vec::new(),
        }
    };
    Report {
        files: Files { files: vec![file], ..Files::default() },
        findings: (0..findings).map(finding).collect(),
        known: Vec::new(),
        ignored: Vec::new(),
        gone: Vec::new(),
        problems: Vec::new(),
        counts: Counts::default(),
        timings: Vec::new(),
    }
}

fn step(of: &Finding, message: &str) -> Step {
    Step { place: of.place, message: message.to_owned() }
}

/// The run that is written, and what is said of it.
fn run(limits: &Limits, report: &Report, suppressed: bool) -> (Value, Vec<String>) {
    let options = SarifOptions { category: None, suppressed };
    let mut out = Vec::new();
    let notices = write_within(limits, report, &options, &mut out).expect("writing to memory works");
    let sarif: Value = serde_json::from_slice(&out).expect("SARIF is JSON");
    (sarif["runs"][0].clone(), notices)
}

/// The lines that results are on.
fn lines(run: &Value) -> Vec<u64> {
    let results = run["results"].as_array().expect("there are results");
    let line = |result: &Value| result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64();
    results.iter().filter_map(line).collect()
}

#[test]
fn the_least_severe_and_least_sure_are_left_out() {
    let report = report(60);
    let (all, notices) = run(&GITHUB, &report, false);
    assert_eq!((lines(&all), notices), ((1..=60).collect(), vec![]));

    let (most, notices) = run(&Limits { results: 12, ..GITHUB }, &report, false);
    let sure = |line: &u64| (line - 1).is_multiple_of(6);
    let severe = |line: &u64| (line - 1).is_multiple_of(3);
    assert_eq!(lines(&most), (1..=60).filter(|line| sure(line) || (severe(line) && *line < 13)).collect::<Vec<_>>());
    let said = "SARIF lacks 48 of 60 results, the least severe: GitHub takes 12 results at most";
    assert_eq!(notices, [said]);
    let notification = &most["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(notification, &format!("{said}."));
    // Whatever is left out, the others are known again.
    for result in most["results"].as_array().expect("there are results") {
        let same = |other: &&Value| other["partialFingerprints"] == result["partialFingerprints"];
        let all = all["results"].as_array().expect("there are results");
        assert_eq!(all.iter().find(same).map(|other| &other["message"]), Some(&result["message"]));
    }

    let (shown, notices) = run(&Limits { shown: 59, ..GITHUB }, &report, false);
    assert_eq!(lines(&shown).len(), 60);
    assert_eq!(notices, ["GitHub shows 59 of the 60 results in SARIF, the most severe"]);
}

#[test]
fn a_file_that_is_too_large_is_cut_until_it_fits() {
    let report = report(600);
    let size = |run: &Value| miniz_oxide::deflate::compress_to_vec_zlib(run.to_string().as_bytes(), 6).len();
    let (all, _) = run(&GITHUB, &report, false);
    let (none, _) = run(&Limits { results: 0, ..GITHUB }, &report, false);
    let bytes = usize::midpoint(size(&all), size(&none));
    let (some, notices) = run(&Limits { bytes, ..GITHUB }, &report, false);
    assert!(size(&some) < bytes && (50..500).contains(&lines(&some).len()), "{}", lines(&some).len());
    let severe = some["results"].as_array().into_iter().flatten().filter(|one| one["level"] == "error").count();
    assert_eq!(severe, lines(&some).len().min(200));
    assert!(notices[0].ends_with(&format!("GitHub takes {bytes} compressed bytes at most")), "{notices:?}");
    // The rules alone are too large: nothing is left, and it ends.
    let (least, _) = run(&Limits { bytes: 100, ..GITHUB }, &report, false);
    assert_eq!(least["results"], serde_json::json!([]));
}

#[test]
fn evidence_and_notifications_have_limits() {
    let mut report = report(2);
    let steps: Vec<Step> = (0..9).map(|index| step(&report.findings[0], &format!("step {index}"))).collect();
    report.findings[0].trail = steps.clone();
    report.findings[0].related = steps;
    let problem = |index| Problem { path: "a.ts".to_owned(), span: None, message: format!("problem {index}") };
    report.problems = (0..9).map(problem).collect();
    let limits = Limits { related: 3, steps: 4, notifications: 5, ..GITHUB };
    let (run, notices) = run(&limits, &report, false);
    assert_eq!(notices, ["SARIF shortens the evidence of 1 result: GitHub shows 3 places and 4 steps of each"]);
    let result = &run["results"][0];
    assert_eq!(result["relatedLocations"].as_array().map(Vec::len), Some(3));
    let flow = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("there are steps");
    let said: Vec<_> = flow.iter().map(|step| &step["location"]["message"]["text"]).collect();
    assert_eq!(said, ["step 0", "step 1", "step 2", "step 8"]);
    let notifications = run["invocations"][0]["toolExecutionNotifications"].as_array().expect("there are problems");
    assert_eq!(notifications.len(), 1 + 5 + 1);
    assert_eq!(notifications[6]["message"]["text"], "4 more problems are left out of SARIF.");
}

#[test]
fn suppressed_results_are_the_first_to_go() {
    let mut report = report(4);
    let severe = report.findings.remove(0);
    let known = report.findings.remove(0);
    report.known = vec![(known, Change::Edited)];
    let answers = [(Answerer::Comment, Some("few")), (Answerer::Entry, None)];
    let answers = answers.map(|(by, reason)| Answer { by, reason: reason.map(str::to_owned) });
    report.ignored = vec![Ignored { finding: severe, answers: answers.to_vec() }];

    let (without, _) = run(&GITHUB, &report, false);
    assert_eq!(lines(&without), [3, 4]);
    let (with, _) = run(&GITHUB, &report, true);
    assert_eq!(lines(&with), [1, 2, 3, 4]);
    let results = with["results"].as_array().expect("there are results");
    let answers = serde_json::json!([{ "kind": "inSource", "justification": "few" }, { "kind": "external" }]);
    assert_eq!((&results[0]["suppressions"], results[0].get("baselineState")), (&answers, None));
    assert_eq!(results[1]["suppressions"][0]["kind"], "external");
    let states: Vec<_> = results[1..].iter().map(|result| &result["baselineState"]).collect();
    assert_eq!(states, ["updated", "new", "new"]);
    assert_eq!(results[3]["suppressions"], Value::Null);
    assert_eq!(results[3]["partialFingerprints"], without["results"][1]["partialFingerprints"]);

    let (some, notices) = run(&Limits { results: 3, ..GITHUB }, &report, true);
    assert_eq!((lines(&some), notices.len()), (vec![1, 3, 4], 1));
}
