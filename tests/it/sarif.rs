//! SARIF against the schema of OASIS, against the texts it points into and against what GitHub computes.

use std::collections::BTreeSet;

use backlint::facts::Span;
use backlint::finding::{Finding, Severity};
use backlint::report::{Format, Options, Report};
use backlint::rules::RULES;
use serde_json::Value;

use crate::report::{example, file, finding, report_of, written};
use crate::sandbox::Sandbox;

#[test]
fn fits_the_schema() {
    let schema = include_str!("../../fixtures/sarif-2.1.0.schema.json");
    // The pattern of languages has a bracket too many, which strict readers of patterns refuse.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for report in [example(), report_of(Vec::new(), Vec::new())] {
        let sarif = sarif(&report);
        let errors: Vec<String> =
            validator.iter_errors(&sarif).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
        serde_json::from_value::<serde_sarif::sarif::Sarif>(sarif).expect("the types read what they wrote");
    }
}

#[test]
fn an_empty_report_has_results_and_all_rules() {
    let sarif = sarif(&report_of(Vec::new(), Vec::new()));
    let run = &sarif["runs"][0];
    assert_eq!(run["results"], serde_json::json!([]));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("there are rules");
    let ids: Vec<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids, RULES.iter().map(|rule| rule.id).collect::<Vec<_>>());
    for rule in rules {
        for field in ["/name", "/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
            let text = rule.pointer(field).and_then(Value::as_str).unwrap_or_default();
            assert!(!text.is_empty(), "{field} of {}", rule["id"]);
        }
    }
}

#[test]
fn rule_indexes_are_right() {
    let report = example();
    let sarif = sarif(&report);
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("there are results");
    assert_eq!(results.len(), report.findings.len());
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("each has an index") as usize;
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
}

#[test]
fn regions_are_the_first_lines_of_spans() {
    let report = example();
    let sarif = sarif(&report);
    for (result, finding) in results(&sarif).zip(&report.findings) {
        let places = std::iter::once(&finding.place).chain(finding.related.iter().map(|step| &step.place));
        let places = places.chain(finding.trail.iter().map(|step| &step.place));
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        let trail = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().into_iter().flatten();
        let locations = std::iter::once(&result["locations"][0]).chain(related);
        let locations: Vec<&Value> = locations.chain(trail.map(|step| &step["location"])).collect();
        assert_eq!(locations.len(), places.clone().count());
        for (location, place) in locations.into_iter().zip(places) {
            let file = report.files.file(place.file);
            let span = &file.text[place.span.start as usize..place.span.end as usize];
            let first = span.split(['\r', '\n']).next().unwrap_or_default();
            let physical = &location["physicalLocation"];
            assert_eq!(pointed_at(&file.text, &physical["region"]), first);
            let uri = physical["artifactLocation"]["uri"].as_str().expect("each has a path");
            assert_eq!(percent_decoded(uri), file.path);
            assert!(!uri.contains(['[', ' ', ':', '\n', '\u{1b}']), "{uri}");
        }
    }
}

#[test]
fn every_related_location_is_linked() {
    let sarif = sarif(&example());
    for result in results(&sarif) {
        let text = result["message"]["text"].as_str().expect("each has a message");
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        let ids: BTreeSet<u64> = related.filter_map(|location| location["id"].as_u64()).collect();
        for id in &ids {
            assert!(text.contains(&format!("]({id})")), "{id} in {text}");
        }
        let links = text.replace("\\]", "").matches("](").count();
        assert_eq!(links, ids.len(), "{text}");
        assert!(text.ends_with('.'), "{text}");
    }
}

/// The values that github/codeql-action expects in its own tests of the same computation.
#[test]
fn line_hashes_are_those_of_github() {
    let long = [
        "e9496ae3ebfced30:1",
        "fb7c023a8b9ccb3f:1",
        "ce8ba1a563dcdaca:1",
        "e20e36e16fcb0cc8:1",
        "b3edc88f2938467e:1",
        "c8e28b0b4002a3a0:1",
        "c129715d7a2bc9a3:1",
    ];
    assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
    let short = ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"];
    assert_eq!(line_hashes(" a\nb\n  \t\tc\n d"), short);
    for ends in [["\n"; 6], ["\r"; 6], ["\r\n"; 6], ["\n", "\r\n", "\n", "\r", "\r", "\r\n"]] {
        let lines = [" hello; \t", "world!!!", "", "", "  \t\tGreetings", " End"];
        let text: String = lines.iter().zip(ends).flat_map(|(line, end)| [*line, end]).collect();
        assert_eq!(line_hashes(&text), long, "{text:?}");
    }
    let mut repeated: Vec<String> = (1..=6).map(|ordinal| format!("a7f2ff13bc495cf2:{ordinal}")).collect();
    let tail = ["a7f2ff1481e87703", "a9cf91f7bbf1862b", "55ec222b86bcae53", "cc97dc7b1d7d8f7b", "c129715d7a2bc9a3"];
    repeated.extend(tail.iter().map(|hash| format!("{hash}:1")));
    assert_eq!(line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10)), repeated);
}

#[test]
fn own_fingerprints_survive_moved_lines() {
    let text = "a();\nb();\na();\n";
    let of = |text: &str| -> Vec<String> { fingerprints(text, "backlint/v1") };
    let before = of(text);
    assert_eq!(before.len(), before.iter().collect::<BTreeSet<_>>().len(), "{before:?}");
    assert_eq!(before[..3], of(&format!("// new\n{}", text.replace('\n', "\r\n")))[1..4]);
}

#[test]
fn rules_are_within_what_github_accepts() {
    let sarif = sarif(&report_of(Vec::new(), Vec::new()));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("there are rules");
    for rule in rules {
        let length = |field: &str| rule.pointer(field).and_then(Value::as_str).map_or(0, |text| text.chars().count());
        assert!(length("/id") <= 255 && length("/name") <= 255, "{}", rule["id"]);
        assert!(length("/shortDescription/text") <= 1024 && length("/fullDescription/text") <= 1024, "{}", rule["id"]);
        assert!(rule["properties"]["tags"].as_array().is_some_and(|tags| tags.len() <= 10), "{}", rule["id"]);
        let known = ["very-high", "high", "medium", "low"];
        assert!(known.contains(&rule["properties"]["precision"].as_str().unwrap_or_default()), "{}", rule["id"]);
        let security = rule["properties"].get("security-severity").is_some();
        assert_eq!(rule["properties"].get("problem.severity").is_some(), !security, "{}", rule["id"]);
    }
}

#[test]
fn what_is_ignored_is_written_when_asked_for() {
    let query = "import { Pool } from \"pg\";\nconst pool = new Pool();\nexport async function all(ids: string[]) {\n  \
                 for (const id of ids) {\n    await pool.query(\"SELECT 1 FROM a WHERE b = $1\", [id]);HERE\n  }\n}\n";
    let sandbox = Sandbox::with(
        "sarif_suppressed",
        &[
            ("package.json", "{ \"dependencies\": { \"pg\": \"^8.0.0\" } }"),
            ("src/a.ts", &query.replace("HERE", " // backlint: ignore[query-in-loop] -- at most three")),
            ("src/b.ts", &query.replace("HERE", "")),
            ("src/c.ts", &query.replace("HERE", "")),
            ("backlint.toml", "[[ignore]]\nrule = \"query-in-loop\"\npath = \"src/b.ts\"\nreason = \"once a year\"\n"),
        ],
    );
    let run = |more: &[&str]| -> Value {
        let outcome = sandbox.run(&[&["--select", "query-in-loop", "--output-format", "sarif"], more].concat());
        assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
        serde_json::from_str(&outcome.stdout).expect("SARIF is JSON")
    };
    let usual = run(&[]);
    assert_eq!(uris(&usual), ["src/c.ts"]);
    assert_eq!(usual["runs"][0].get("automationDetails"), None);

    let all = run(&["--sarif-include-suppressed", "--sarif-category", "nightly"]);
    assert_eq!(uris(&all), ["src/a.ts", "src/b.ts", "src/c.ts"]);
    assert_eq!(all["runs"][0]["automationDetails"], serde_json::json!({ "id": "nightly/" }));
    let suppressions: Vec<&Value> = results(&all).map(|result| &result["suppressions"]).collect();
    let by = |kind: &str, reason: &str| serde_json::json!([{ "kind": kind, "justification": reason }]);
    assert_eq!(suppressions, [&by("inSource", "at most three"), &by("external", "once a year"), &Value::Null]);
    assert_eq!(sandbox.run(&["--sarif-category", ""]).code, Some(2));
}

#[test]
fn people_are_told_what_github_leaves_out() {
    let stale = "# backlint: ignore[query-in-loop] -- no query\n".repeat(5_001);
    let sandbox = Sandbox::with("sarif_limits", &[("a.py", &stale)]);
    let run = |format: &str| sandbox.run(&["--output-format", format, "-o", "report"]).stderr;
    assert!(run("sarif").contains("GitHub shows 5000 of the 5001 results in SARIF, the most severe"));
    assert!(!run("json").contains("GitHub"));
}

fn line_hashes(text: &str) -> Vec<String> {
    fingerprints(text, "primaryLocationLineHash")
}

/// One value per line of the text, from a report with a finding on each.
fn fingerprints(text: &str, key: &str) -> Vec<String> {
    let ends = text.replace("\r\n", " \n").replace('\r', "\n");
    let starts = std::iter::once(0).chain(ends.match_indices('\n').map(|(at, _)| at + 1));
    let findings: Vec<Finding> =
        starts.map(|start| finding(Severity::Note, 0, Span::new(start, start), "a line")).collect();
    let sarif = sarif(&report_of(vec![file("a.ts", text)], findings));
    let value = |result: &Value| result["partialFingerprints"][key].as_str().map(str::to_owned);
    results(&sarif).filter_map(value).collect()
}

fn sarif(report: &Report) -> Value {
    serde_json::from_str(&written(report, Format::Sarif, Options::default())).expect("SARIF is JSON")
}

fn results(sarif: &Value) -> impl Iterator<Item = &Value> {
    sarif["runs"][0]["results"].as_array().expect("there are results").iter()
}

/// The files that results are in.
fn uris(sarif: &Value) -> Vec<&str> {
    results(sarif)
        .filter_map(|one| one.pointer("/locations/0/physicalLocation/artifactLocation/uri")?.as_str())
        .collect()
}

/// What a reader of SARIF sees at a region: lines and UTF-16 code units, counted anew.
fn pointed_at(text: &str, region: &Value) -> String {
    let number = |key: &str| region[key].as_u64().expect("a region has four numbers") as usize;
    assert_eq!(number("startLine"), number("endLine"));
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let line = unified.split('\n').nth(number("startLine") - 1).expect("the line exists");
    let units: Vec<u16> = line.encode_utf16().collect();
    String::from_utf16(&units[number("startColumn") - 1..number("endColumn") - 1]).expect("no half characters")
}

fn percent_decoded(uri: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).expect("two digits"));
        rest = &after[2..];
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).expect("paths are UTF-8")
}
