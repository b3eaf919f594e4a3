//! The formats for other programs against what their readers say of them, with texts that try to get out of them.

use std::collections::BTreeSet;

use backlint::facts::Span;
use backlint::finding::Severity;
use backlint::report::{Format, Options, Report};
use serde_json::{Value, json};

use crate::report::{PLAIN, example, expect, file, finding, place, report_of, written};

/// Tries to end whatever it is written into.
const HOSTILE: &str =
    "</details> <b> @octocat #1 a|b `` ``` [x](http://e.vil) ![y](z) www.e.vil ]]> \" ' & \\ $1$ *_~ \u{fffe}\n## x";

#[test]
fn gitlab_reads_its_report() {
    // What GitLab's own reader demands, with the values that its documentation allows.
    let schema = json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": { "type": "string" },
                "check_name": { "type": "string" },
                "fingerprint": { "type": "string", "minLength": 1 },
                "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                "location": {
                    "required": ["path", "lines"],
                    "properties": {
                        "path": { "type": "string", "pattern": "^[^/]" },
                        "lines": {
                            "required": ["begin"],
                            "properties": { "begin": { "type": "integer", "minimum": 1 } },
                        },
                    },
                },
            },
        },
    });
    for report in [example(), hostile(), report_of(Vec::new(), Vec::new())] {
        let text = written(&report, Format::Gitlab, PLAIN);
        let violations = valid(&text, &schema);
        let violations = violations.as_array().expect("the report is a list");
        let fingerprints: BTreeSet<_> = violations.iter().filter_map(|one| one["fingerprint"].as_str()).collect();
        assert_eq!((violations.len(), fingerprints.len()), (report.findings.len(), report.findings.len()));
    }
}

#[test]
fn reviewdog_reads_its_diagnostics() {
    let position = json!({
        "required": ["line", "column"],
        "properties": { "line": { "type": "integer", "minimum": 1 }, "column": { "type": "integer", "minimum": 1 } },
    });
    let location = json!({
        "required": ["path", "range"],
        "properties": {
            "path": { "type": "string" },
            "range": { "required": ["start"], "properties": { "start": position, "end": position } },
        },
    });
    // The messages of reviewdog's protocol as JSON, with the fields that we write.
    let schema = json!({
        "required": ["source", "diagnostics"],
        "properties": {
            "source": { "required": ["name"], "properties": { "name": { "type": "string" } } },
            "diagnostics": { "type": "array", "items": {
                "required": ["message", "location", "severity", "code"],
                "additionalProperties": false,
                "properties": {
                    "message": { "type": "string" },
                    "location": location,
                    "severity": { "enum": ["ERROR", "WARNING", "INFO"] },
                    "code": { "required": ["value"], "properties": { "value": { "type": "string" } } },
                    "relatedLocations": { "type": "array", "items": {
                        "required": ["message", "location"],
                        "properties": { "message": { "type": "string" }, "location": location },
                    } },
                },
            } },
        },
    });
    for report in [example(), hostile(), report_of(Vec::new(), Vec::new())] {
        let result = valid(&written(&report, Format::Rdjson, PLAIN), &schema);
        let diagnostics = result["diagnostics"].as_array().expect("there is a list");
        assert_eq!(diagnostics.len(), report.findings.len());
        for (diagnostic, finding) in diagnostics.iter().zip(&report.findings) {
            let text = &report.files.file(finding.place.file).text;
            let span = &text[finding.place.span.start as usize..finding.place.span.end as usize];
            let number = |path: &str| diagnostic.pointer(path).and_then(Value::as_u64).unwrap_or_default() as usize;
            let (start, end) = ("/location/range/start", "/location/range/end");
            assert_eq!(number(&format!("{start}/line")), number(&format!("{end}/line")));
            let line = text.split('\n').nth(number(&format!("{start}/line")) - 1).expect("the line exists");
            let bytes = number(&format!("{start}/column")) - 1..number(&format!("{end}/column")) - 1;
            assert_eq!(&line[bytes], span.split(['\r', '\n']).next().unwrap_or_default());
        }
    }
}

#[test]
fn xml_can_be_parsed_back() {
    for report in [example(), hostile(), report_of(Vec::new(), Vec::new())] {
        let text = written(&report, Format::Junit, PLAIN);
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let all = |name: &str| -> Vec<_> {
            document.descendants().filter(|node| node.is_element() && node.has_tag_name(name)).collect()
        };
        let (suites, cases, failures) = (all("testsuite"), all("testcase"), all("failure"));
        assert_eq!(suites.len(), 1);
        assert_eq!(suites[0].attribute("tests"), Some(cases.len().to_string().as_str()));
        assert_eq!(suites[0].attribute("failures"), Some(failures.len().to_string().as_str()));
        assert_eq!((cases.len(), failures.len()), (report.findings.len().max(1), report.findings.len()));
        let names: BTreeSet<_> =
            cases.iter().map(|case| (case.attribute("classname"), case.attribute("name"))).collect();
        assert_eq!(names.len(), cases.len(), "{names:?}");
        for (failure, finding) in failures.iter().zip(&report.findings) {
            let message = backlint::report::one_line(&finding.message).replace('\u{fffe}', "\u{fffd}");
            assert_eq!(failure.attribute("message"), Some(message.as_str()));
            assert!(failure.text().is_some_and(|text| text.contains(&message)), "{text}");
        }
    }
}

#[test]
fn markdown_keeps_what_it_quotes() {
    let text = written(&hostile(), Format::Markdown, PLAIN);
    expect("markdown-hostile", &text);
    for line in text.lines() {
        let ours = ["## backlint: ", "### `", "- **", "  - "].iter().any(|start| line.starts_with(start));
        assert!(ours || line.is_empty() || line == "1 file", "{line}");
    }
}

#[test]
fn markdown_links_to_the_commit() {
    let blobs = Some("https://forge.example/acme/shop/blob/4f2a/".to_owned());
    expect("markdown-links", &written(&example(), Format::Markdown, Options { blobs, ..PLAIN }));
}

#[test]
fn markdown_fits_into_a_comment() {
    let many = |count: usize, message: &str| {
        let text = "x\n".repeat(count);
        let findings = (0..count).map(|line| {
            let severity = if line % 2 == 0 { Severity::Note } else { Severity::Error };
            let mut finding = finding(severity, 0, Span::new(line * 2, line * 2 + 1), message);
            finding.rule = ["query-in-loop", "stale-ignore"][line % 3 / 2];
            finding
        });
        written(&report_of(vec![file("src/a.ts", &text)], findings.collect()), Format::Markdown, PLAIN)
    };
    let folded = many(11, "`q` runs");
    assert_eq!((folded.matches("<details>").count(), folded.matches("</details>").count()), (2, 2), "{folded}");
    assert!(!folded.contains("did not fit"));

    for message in ["`q` runs", &"@".repeat(100_000)] {
        let text = many(5000, message);
        assert!(text.chars().count() <= 65_536);
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        let shown = text.lines().filter(|line| line.starts_with("- **")).count();
        assert!(shown > 0 && text.contains(&format!("**{} more findings did not fit on this page.**", 5000 - shown)));
    }
}

#[test]
fn an_agent_reads_one_line_per_finding() {
    for report in [example(), hostile()] {
        let text = written(&report, Format::Agent, PLAIN);
        assert_eq!(text.lines().count(), report.findings.len() + 1, "{text}");
    }
}

/// Names, paths and code that an attacker chose.
fn hostile() -> Report {
    let text = format!("{HOSTILE}\n{HOSTILE}\n");
    let mut findings = Vec::new();
    for message in [HOSTILE.to_owned(), format!("`{HOSTILE}` runs"), "`` ` ``".to_owned(), HOSTILE.to_owned()] {
        let mut finding = finding(Severity::Warning, 0, Span::new(0, 9), &message);
        finding.help(HOSTILE).related(place(0, Span::new(3, 5)), HOSTILE);
        findings.push(finding);
    }
    report_of(vec![file(HOSTILE, &text)], findings)
}

fn valid(text: &str, schema: &Value) -> Value {
    let value: Value = serde_json::from_str(text).expect("it is JSON");
    let validator = jsonschema::validator_for(schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new(), "{text}");
    value
}
