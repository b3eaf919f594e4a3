//! Ignore comments: which findings they answer, and what is said of those that answer none.

use backlint::facts::Span;
use backlint::finding::{Confidence, Finding, Place, Severity};
use backlint::languages::{self, Grammar};
use backlint::rules::Rule;
use backlint::settings::Settings;
use backlint::suppress;
use backlint::walk::{File, FileId, FileKind, Files, Role};

/// Ignores in one file with findings of `query-in-loop` at each `HERE`, whose scopes are each `HEAD`.
///
/// Gives how many were ignored, and the messages of what is left.
fn apply(grammar: Grammar, text: &str, settings: &Settings) -> (usize, Vec<String>) {
    apply_as(Role::Product, grammar, text, settings)
}

fn apply_as(role: Role, grammar: Grammar, text: &str, settings: &Settings) -> (usize, Vec<String>) {
    let places = |mark: &str| {
        let found = text.match_indices(mark);
        found.map(|(at, mark)| Place { file: FileId(0), span: Span::new(at, at + mark.len()) }).collect::<Vec<_>>()
    };
    let scopes = places("HEAD");
    let findings = places("HERE").into_iter().map(|place| finding(place, scopes.clone())).collect();
    let file = File { path: "src/a.x".into(), role, kind: FileKind::Source(grammar), text: text.into(), read: true };
    let files = Files { files: vec![file], ..Files::default() };
    let comments = suppress::comments(&files, &[Some(languages::lower(grammar, text))], &[None]);
    let suppressed = suppress::apply(&files, &comments, findings, settings);
    (suppressed.ignored.len(), suppressed.kept.into_iter().map(|finding| finding.message).collect())
}

fn finding(place: Place, scopes: Vec<Place>) -> Finding {
    Finding {
        rule: "query-in-loop",
        severity: Severity::Warning,
        confidence: Confidence::High,
        place,
        symbol: String::new(),
        message: "found".to_owned(),
        related: Vec::new(),
        trail: Vec::new(),
        help: None,
        scopes,
    }
}

#[test]
fn comments_answer_their_line_or_the_next_in_every_language() {
    for (grammar, text) in [
        (Grammar::TypeScript, "HERE(); // backlint: ignore[query-in-loop] -- ten\n"),
        (Grammar::TypeScript, "// backlint: ignore[query-in-loop] -- ten\nHERE();\n"),
        (Grammar::TypeScript, "/* backlint: ignore[query-in-loop] -- ten */\nHERE();\n"),
        (Grammar::TypeScript, "/* backlint: ignore[query-in-loop] -- ten */ HERE();\n"),
        (Grammar::TypeScript, "/**\n * Why.\n */\n// backlint: ignore[query-in-loop]\n// More.\n@Get()\nHERE();\n"),
        (Grammar::TypeScript, "// backlint: ignore[query-in-loop]\r\nHERE();\r\n"),
        (Grammar::Tsx, "<a>\n{/* backlint: ignore[query-in-loop] -- ten */}\n{HERE()}\n</a>\n"),
        (Grammar::Python, "HERE()  # backlint: ignore[query-in-loop]  # noqa\n"),
        (Grammar::Python, "# backlint: ignore[query-in-loop, stale-ignore] -- ten\n# More.\nHERE()\n"),
        (Grammar::Go, "package a\nfunc f() {\n\t// backlint: ignore[query-in-loop] -- ten\n\tHERE()\n}\n"),
        (Grammar::Rust, "fn f() {\n    // backlint: ignore[query-in-loop] -- ten\n    HERE();\n}\n"),
        (Grammar::Rust, "// backlint: ignore[query-in-loop]\n#[get]\nasync fn HEAD() {\n\n HERE();\n}\n"),
        (Grammar::Python, "def HEAD():  # backlint: ignore[query-in-loop]\n    pass\n    HERE()\n"),
        (Grammar::Go, "// backlint: ignore-file[query-in-loop] -- ten\n\npackage a\nfunc f() { HERE() }\n"),
    ] {
        let settings = Settings { ignore: vec!["stale-ignore"], ..Settings::default() };
        assert_eq!(apply(grammar, text, &settings), (1, vec![]), "{text}");
    }
}

#[test]
fn comments_answer_nothing_else() {
    for text in [
        "// backlint: ignore[query-in-loop]\n\nHERE();\n",
        "f(); // backlint: ignore[query-in-loop]\nHERE();\n",
        "HERE();\n// backlint: ignore[query-in-loop]\n",
        "// backlint: ignore[stale-ignore]\nHERE();\n",
        "// backlint: ignore[query-in-loop\nHERE();\n",
        "// backlint: ignore[query-in-loop] because\nHERE();\n",
        "// backlint: ignore\nHERE();\n",
        "const text = `\n// backlint: ignore[query-in-loop]\n`; HERE();\n",
    ] {
        let settings = Settings { ignore: vec!["stale-ignore"], ..Settings::default() };
        assert_eq!(apply(Grammar::TypeScript, text, &settings), (0, vec!["found".to_owned()]), "{text}");
    }
}

#[test]
fn ignores_that_answer_nothing_are_findings() {
    let settings = Settings { require_reason: true, ..Settings::default() };
    for (text, left) in [
        ("// backlint: ignore[query-in-loop] -- ten\nHERE();\n", &[][..]),
        ("// backlint: ignore[query-in-loop] -- ten\nf();\n", &["ignore of `query-in-loop`, which finds nothing here"]),
        ("// backlint: ignore-file[query-in-loop] -- ten\n", &["ignore of `query-in-loop`, which finds nothing here"]),
        ("// backlint: ignore[query-loop] -- ten\n", &["ignore of `query-loop`, which is no rule"]),
        ("// backlint: ignore[query-in-loop]\nHERE();\n", &["ignore without a reason"]),
        ("// backlint: ignore[query-in-loop] --\nHERE();\n", &["ignore without a reason"]),
        ("// backlint: ignore\n", &["comment to backlint that names no rule"]),
        ("// backlint: ignore[ , ]\n", &["comment to backlint that names no rule"]),
        ("// backlint: ignore[query-in-loop\n", &["comment to backlint without a closing `]`"]),
        ("// backlint: ignore[query-in-loop] ten\n", &["comment to backlint whose reason does not begin with `--`"]),
        ("// backlint: disable[query-in-loop]\n", &["comment to backlint that is not understood"]),
        ("// backlint: ignored[query-in-loop]\n", &["comment to backlint that is not understood"]),
        // It answers the finding that the other name is stale.
        ("// backlint: ignore[query-in-loop, stale-ignore] -- ten\nf();\n", &[]),
        ("// backlint: ignore[stale-ignore] -- old\n// backlint: ignore[query-in-loop] -- ten\nf();\n", &[]),
        ("// backlint: ignore[stale-ignore] -- old\nf();\n", &["ignore of `stale-ignore`, which finds nothing here"]),
    ] {
        let (_, found) = apply(Grammar::TypeScript, text, &settings);
        assert_eq!(found, left, "{text}");
    }
}

#[test]
fn stale_findings_point_at_the_name() {
    let text = "x = 1  # backlint: ignore[query-in-loop, query-in-lop] -- ten\n";
    let kind = FileKind::Source(Grammar::Python);
    let file = File { path: "a.py".into(), role: Role::Product, kind, text: text.into(), read: true };
    let files = Files { files: vec![file], ..Files::default() };
    let comments = suppress::comments(&files, &[Some(languages::lower(Grammar::Python, text))], &[None]);
    let found = suppress::apply(&files, &comments, Vec::new(), &Settings::default()).kept;
    let found: Vec<_> =
        found.iter().map(|f| (&text[f.place.span.start as usize..f.place.span.end as usize], f)).collect();
    assert_eq!((found[0].0, found[0].1.help.as_deref()), ("query-in-loop", Some("remove the name from the comment")));
    assert_eq!((found[1].0, found[1].1.help.as_deref()), ("query-in-lop", Some("did you mean `query-in-loop`?")));
}

#[test]
fn an_ignore_is_not_stale_when_its_rule_cannot_find_anything() {
    let text = "// backlint: ignore[query-in-loop] -- ten\nf();\n";
    let quiet = |settings: Settings| apply(Grammar::TypeScript, text, &settings) == (0, vec![]);
    assert!(!quiet(Settings::default()));
    assert!(quiet(Settings { ignore: vec!["query-in-loop"], ..Settings::default() }));
    assert!(quiet(Settings { select: vec!["stale-ignore"], ..Settings::default() }));
    assert!(quiet(Settings { partial: true, ..Settings::default() }));
    assert!(quiet(Settings { honour_ignores: false, ..Settings::default() }));
    for role in [Role::Test, Role::Migration, Role::Generated] {
        assert_eq!(apply_as(role, Grammar::TypeScript, text, &Settings::default()), (0, vec![]));
    }
    assert!(Rule::find("stale-ignore").is_some());
}

#[test]
fn without_ignores_everything_is_found() {
    let text = "// backlint: ignore[query-in-loop, nonsense]\nHERE();\n";
    let settings = Settings { honour_ignores: false, ..Settings::default() };
    assert_eq!(apply(Grammar::TypeScript, text, &settings), (0, vec!["found".to_owned()]));
}
