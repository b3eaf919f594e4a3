//! Every format of one report, made by hand from texts that are hard to count in, as `fixtures/reports/<format>.txt`.
//!
//! `BLESS=1 cargo test --test it` writes what it sees instead of comparing.

use std::fs;
use std::path::Path;

use backlint::facts::Span;
use backlint::finding::{Confidence, Finding, Place, Problem, Severity, Step};
use backlint::languages::Grammar;
use backlint::report::{self, Counts, Format, Options, Report};
use backlint::walk::{File, FileId, FileKind, Files, Role};
use clap::ValueEnum as _;

const REPORT: &str = "services/shop/src/report.ts";
const ORDERS: &str = "services/shop/src/[id]/größe 100%.ts";
const HOSTILE: &str = "src/evil\u{1b}[31m\n::error::x.ts";
const WINDOWS: &str = "src/windows.ts";

const QUIET: Options = Options { quiet: true, ..PLAIN };
pub(crate) const PLAIN: Options = Options { colour: false, verbose: false, quiet: false, blobs: None, ground: None };
const VERBOSE: Options = Options { verbose: true, ..PLAIN };
pub(crate) const COLOUR: Options = Options { colour: true, ..PLAIN };

#[test]
fn formats() {
    let report = example();
    let cases = [
        ("full", Format::Full, PLAIN),
        ("full-verbose", Format::Full, VERBOSE),
        ("full-colour", Format::Full, COLOUR),
        ("concise", Format::Concise, PLAIN),
        ("concise-quiet", Format::Concise, QUIET),
        ("concise-colour", Format::Concise, COLOUR),
        ("grouped", Format::Grouped, VERBOSE),
        ("json", Format::Json, PLAIN),
        ("jsonl", Format::Jsonl, PLAIN),
        ("github", Format::Github, PLAIN),
        ("sarif", Format::Sarif, PLAIN),
        ("gitlab", Format::Gitlab, PLAIN),
        ("junit", Format::Junit, PLAIN),
        ("rdjson", Format::Rdjson, PLAIN),
        ("markdown", Format::Markdown, PLAIN),
        ("agent", Format::Agent, PLAIN),
    ];
    for (name, format, options) in cases {
        expect(name, &without_rules(format, written(&report, format, options)));
    }
}

#[test]
fn places_that_are_far_off() {
    let far = format!("for a in b:\n{}  q()\n", "\n".repeat(500));
    let long = format!("const a = '{}'; q();\n", "😀 ".repeat(3000));
    let of = |text: &str, part: &str| {
        let start = text.find(part).expect("the part is in the text");
        Span::new(start, start + part.len())
    };
    let mut apart = finding(Severity::Warning, 0, of(&far, "q()"), "the loop is hundreds of lines away");
    apart.related(place(0, of(&far, "for a in b:")), "the loop");
    apart.related(place(1, of(&long, "q()")), "on a line too long to draw");
    let mut named = finding(Severity::Warning, 1, of(&long, "q()"), "on a line too long to draw");
    named.related(place(0, of(&far, "for a in b:")), "the loop").help("break the line\nand look again");
    let end = finding(Severity::Error, 0, Span::new(far.len(), far.len()), "at the very end");
    let empty = finding(Severity::Error, 2, Span::new(0, 0), "in an empty file");

    let files = vec![file("far.py", &far), file("long.ts", &long), file("requirements.txt", "")];
    let report = report_of(files, vec![apart, end, named, empty]);
    expect("full-far", &written(&report, Format::Full, PLAIN));
}

#[test]
fn clean() {
    let report = report_of(vec![file(REPORT, "export {};\n")], Vec::new());
    assert_eq!(written(&report, Format::Full, PLAIN), "no findings in 1 file\n");
    assert_eq!(written(&report, Format::Full, QUIET), "");
    assert_eq!(written(&report, Format::Concise, PLAIN), "no findings in 1 file\n");
    assert_eq!(written(&report, Format::Jsonl, PLAIN), "");
    assert_eq!(written(&report, Format::Github, PLAIN), "");
    let json: serde_json::Value = serde_json::from_str(&written(&report, Format::Json, PLAIN)).expect("it is JSON");
    assert_eq!(json["findings"], serde_json::json!([]));
    assert_eq!(json["summary"]["files"], 1);
}

#[test]
fn nothing_reaches_the_terminal_raw() {
    let hostile: String = ('\0'..='\u{9f}').chain('\u{2020}'..='\u{2070}').collect();
    for name in ["x.ts".to_owned(), hostile.clone()] {
        let text = format!("{hostile}{hostile}\n");
        let middle = Span::new(hostile.len(), text.len());
        let mut finding = finding(Severity::Error, 0, middle, &hostile);
        finding.help(&*hostile).related(place(0, Span::new(0, 3)), &*hostile);
        finding.trail(vec![Step { place: place(0, middle), message: hostile.clone() }]);
        let mut report = report_of(vec![file(&name, &text)], vec![finding]);
        report.problems.push(Problem { path: name.clone(), span: Some(middle), message: hostile.clone() });
        for format in Format::value_variants() {
            let written = written(&report, *format, VERBOSE);
            let raw = written.chars().find(|&character| {
                character != '\n' && character != '\t' && character.is_control()
                    || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            assert_eq!(raw, None, "{format:?}");
        }
    }
    assert_eq!(report::printable("a\tb\nc\rd\u{1b}e\u{7f}f\u{9b}g\u{202e}"), "a\tb\nc␍d␛e␡f\u{fffd}g\u{fffd}");
    assert_eq!(report::one_line("a\tb\nc"), "a\tb␊c");
    assert_eq!(report::printable("größe 😀"), "größe 😀");
}

#[test]
fn any_span_can_be_written() {
    let long = "😀 ".repeat(3000);
    for text in ["", "\n", "\r\n", "a\r\nß\r😀\n\tb", "\u{feff}ab", long.as_str()] {
        for (start, end) in [(0, 0), (0, 1), (1, 2), (2, 1), (3, 6), (5, 9), (9, 4000), (7000, 20_000)] {
            let mut finding = finding(Severity::Warning, 0, Span::new(start, end), "a place");
            finding.related(place(1, Span::new(end, start)), "another");
            finding.related(place(0, Span::new(end, end + 5)), "a third");
            let report = report_of(vec![file("a.ts", text), file("b.ts", "const b = 1;")], vec![finding]);
            for format in Format::value_variants() {
                assert_ne!(written(&report, *format, PLAIN), "");
            }
        }
    }
}

/// A report with the shapes that findings have, over texts that are hard to count in.
pub(crate) fn example() -> Report {
    let report = "import { prisma } from './db';\n\n\
                  export async function report(users: User[]) {\n  \
                    for (const user of users) {\n    \
                      /* 😀 für alle */ await prisma.order.findMany({\n      \
                        where: { userId: user.id },\n    \
                      });\n  \
                    }\n\
                  }\n";
    let orders = "export const total = async (id: string) =>\n\tprisma.order.aggregate({ where: { id } });\n";
    let hostile = "const red = '\u{1b}[31m\u{202e}'; query();\n";
    let windows = "// ä\r\nfor (const a of all) {\r\n  load(a);\r\n}\r\n";
    let at = |file: usize, text: &str, part: &str| {
        let start = text.find(part).expect("the part is in the text");
        place(file, Span::new(start, start + part.len()))
    };

    let query = at(1, report, "prisma.order.findMany({\n      where: { userId: user.id },\n    })");
    let mut direct = finding(Severity::Warning, 1, query.span, "`order.findMany` runs once per element of `users`");
    direct
        .related(at(1, report, "for (const user of users) {"), "the loop")
        .help("collect the keys and fetch them in one query: `where: { userId: { in: ids } }`");

    let mut reached = finding(Severity::Error, 3, at(3, windows, "load(a)").span, "`load` reaches `items[0](x)`");
    reached
        .related(at(3, windows, "for (const a of all) {"), "the loop")
        .related(at(0, orders, "prisma.order.aggregate({ where: { id } })"), "the query of `ids[0]`")
        .trail(vec![
            Step { place: at(3, windows, "load(a)"), message: "`load` calls `total`".to_owned() },
            Step { place: at(0, orders, "prisma.order.aggregate"), message: "`total` runs the query".to_owned() },
        ])
        .confidence(Confidence::Medium);

    let note = finding(Severity::Note, 2, at(2, hostile, "query()").span, "100% of `query`, says: \u{1b}[2J");
    let again = Finding { confidence: Confidence::Low, ..note.clone() };
    let mut stale = finding(Severity::Note, 3, at(3, windows, "// ä").span, "nothing to ignore here");
    stale.rule = "stale-ignore";

    let files = vec![file(ORDERS, orders), file(REPORT, report), file(HOSTILE, hostile), file(WINDOWS, windows)];
    let mut report = report_of(files, vec![direct, note, again, stale, reached]);
    report.counts = Counts { files: 412, ignored: 2, hidden: 5 };
    report.problems = vec![
        Problem { path: "src/latin1.py".to_owned(), span: None, message: "bytes that are not UTF-8".to_owned() },
        Problem {
            path: WINDOWS.to_owned(),
            span: Some(at(3, windows, "all) {").span),
            message: "nested too deeply".to_owned(),
        },
    ];
    report
}

pub(crate) fn report_of(files: Vec<File>, findings: Vec<Finding>) -> Report {
    Report {
        counts: Counts { files: files.len(), ..Counts::default() },
        files: Files { files, ..Files::default() },
        findings,
        known: Vec::new(),
        ignored: Vec::new(),
        gone: Vec::new(),
        problems: Vec::new(),
        timings: Vec::new(),
    }
}

pub(crate) fn file(path: &str, text: &str) -> File {
    let kind = FileKind::Source(Grammar::of_extension("ts").expect("TypeScript is known"));
    File { path: path.to_owned(), role: Role::Product, kind, text: text.to_owned(), read: true }
}

pub(crate) fn finding(severity: Severity, file: usize, span: Span, message: &str) -> Finding {
    Finding {
        rule: "query-in-loop",
        severity,
        confidence: Confidence::High,
        place: place(file, span),
        symbol: String::new(),
        message: message.to_owned(),
        related: Vec::new(),
        trail: Vec::new(),
        help: None,
        scopes: Vec::new(),
    }
}

pub(crate) fn place(file: usize, span: Span) -> Place {
    Place { file: FileId(file.try_into().expect("a few files")), span }
}

pub(crate) fn written(report: &Report, format: Format, options: Options) -> String {
    let mut out = Vec::new();
    report::write(report, format, &options, &mut out).expect("writing to memory works");
    String::from_utf8(out).expect("every format is UTF-8")
}

/// The pages of all rules and the version of the day would change the fixture with every page and release.
fn without_rules(format: Format, text: String) -> String {
    if format != Format::Sarif {
        return text;
    }
    let mut sarif: serde_json::Value = serde_json::from_str(&text).expect("SARIF is JSON");
    let driver = &mut sarif["runs"][0]["tool"]["driver"];
    driver["rules"].as_array_mut().expect("there are rules").retain(|rule| rule["id"] == "stale-ignore");
    driver["semanticVersion"] = "0.0.0".into();
    for result in sarif["runs"][0]["results"].as_array_mut().expect("there are results") {
        result["ruleIndex"] = "of the table".into();
    }
    format!("{sarif:#}\n")
}

pub(crate) fn expect(name: &str, found: &str) {
    let path = Path::new("fixtures/reports").join(name).with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all("fixtures/reports").expect("the folder of reports can be made");
        fs::write(&path, found).expect("a fixture can be written");
        return;
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(wanted == found, "{} differs\n--- wanted\n{wanted}--- found\n{found}", path.display());
}
