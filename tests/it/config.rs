//! `backlint.toml`: what it brings about, what it refuses, and its published schema.

use std::path::Path;

use crate::sandbox::Sandbox;

const STALE: &str = "# backlint: ignore[query-in-lop] -- ten rows\nx = 1\n";

#[test]
fn severities_come_from_the_configuration() {
    let sandbox = Sandbox::with("severities", &[("a.py", STALE)]);
    for (level, args, code) in [
        ("warning", &[][..], 1),
        ("note", &[], 0),
        ("off", &["--fail-on", "note"], 0),
        ("off", &["--fail-on", "note", "--select", "stale-ignore"], 1),
        ("error", &["--fail-on", "error"], 1),
        ("error", &["--no-config"], 0),
    ] {
        sandbox.write("backlint.toml", format!("[rules]\nstale-ignore = \"{level}\"\n"));
        let outcome = sandbox.run(args);
        assert_eq!(outcome.code, Some(code), "{level} {args:?}: {outcome:?}");
    }
    sandbox.write("elsewhere/strict.toml", "[rules]\nstale-ignore = \"error\"\n");
    assert_eq!(sandbox.run(&["--config", "elsewhere/strict.toml"]).code, Some(1));
    assert_eq!(sandbox.run(&["--config", "nowhere.toml"]).code, Some(2));
}

#[test]
fn mistakes_are_shown_with_line_caret_and_what_was_meant() {
    let sandbox = Sandbox::with("mistakes", &[("a.py", STALE)]);
    sandbox.write("backlint.toml", "[rules]\nquery-in-lop = \"off\"\n");
    let outcome = sandbox.run(&[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    let expected = "\
error: unknown rule `query-in-lop`
 --> backlint.toml:2:1
  |
2 | query-in-lop = \"off\"
  | ^^^^^^^^^^^^
  |
  = help: did you mean `query-in-loop`?
";
    assert_eq!(outcome.stderr, expected);

    for (text, parts) in [
        ("exclud = []\n", &["unknown key `exclud`", "backlint.toml:1:1", "did you mean `exclude`?"][..]),
        ("[rules]\nquery-in-loop = \"eror\"\n", &["unknown value `eror`", "did you mean `error`?"]),
        ("[[ignore]]\nrule = \"query-in-loop\"\npath = \"a\"\n", &["missing key `reason`"]),
        ("[[ignore]]\nrule = \"stale-ignore\"\npath = \"{\"\nreason = \"r\"\n", &["unclosed", "backlint.toml:3:8"]),
        ("[[ignore]]\nrule = \"stale-ignore\"\npath = \"a\"\nreason = \" \"\n", &["a reason that says nothing"]),
        ("[[role]]\npath = \"a\"\nrole = \"tests\"\n", &["unknown value `tests`", "did you mean `test`?"]),
        ("[[library]]\nname = \"Db\"\nread = []\n", &["unknown key `read`", "did you mean `reads`?"]),
        ("baseline = \" \"\n", &["a path that says nothing", "backlint.toml:1:12"]),
        ("[rules\n", &["backlint.toml:1:"]),
        ("\u{1b}[2J\n", &["backlint.toml:1:"]),
        ("[[ignore]]\nrule = \"\\u001b[2J\"\npath = \"a\"\nreason = \"r\"\n", &["unknown rule `\u{241b}[2J`"]),
    ] {
        sandbox.write("backlint.toml", text);
        let outcome = sandbox.run(&[]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{text}");
        for part in parts {
            assert!(outcome.stderr.contains(part), "{text}: {}", outcome.stderr);
        }
        assert!(!outcome.stderr.contains('\u{1b}'), "{:?}", outcome.stderr);
    }
}

#[test]
fn entries_answer_findings_until_they_expire() {
    let sandbox = Sandbox::with("entries", &[("old/a.py", STALE)]);
    let entry = |path: &str, more: &str| {
        sandbox.write(
            "backlint.toml",
            format!("[[ignore]]\nrule = \"stale-ignore\"\npath = \"{path}\"\nreason = \"old\"\n{more}"),
        );
        let outcome = sandbox.run(&["--fail-on", "note"]);
        (outcome.code.expect("it ended by itself"), outcome.stderr)
    };
    assert_eq!(entry("old/*.py", ""), (0, String::new()));
    assert_eq!(entry("./old/", ""), (0, String::new()));
    assert_eq!(entry("old/**", "expires = 2999-12-31\n"), (0, String::new()));
    assert_eq!(entry("old/**", "expires = \"2999-12-31\"\n"), (0, String::new()));
    let expired = "problem: backlint.toml:2:8: [[ignore]] of `stale-ignore` in `old/**` expired on 2020-01-01\n";
    assert_eq!(entry("old/**", "expires = 2020-01-01\n"), (1, expired.to_owned()));
    let unused = "problem: backlint.toml:2:8: [[ignore]] of `stale-ignore` in `new/**` finds nothing to ignore\n";
    assert_eq!(entry("new/**", ""), (1, unused.to_owned()));
    assert!(entry("old/**", "expires = \"soon\"\n").1.contains("not a date: `2030-01-01` is one"));
    assert!(entry("old/**", "expires = 2030-01-01T00:00:00\n").1.contains("not a date"));
    assert_eq!(sandbox.run(&["--no-ignores"]).code, Some(2), "a mistake is one even when nothing is ignored");
}

#[test]
fn paths_can_be_excluded_and_given_another_role() {
    let sandbox = Sandbox::with("roles", &[("app/a.py", STALE), ("b.py", "x = 1\n")]);
    for (text, code) in [
        ("", 1),
        ("exclude = [\"app/\"]\n", 0),
        ("exclude = [\"other/\"]\n", 1),
        ("[[role]]\npath = \"app/**\"\nrole = \"script\"\n", 0),
    ] {
        sandbox.write("backlint.toml", text);
        assert_eq!(sandbox.run(&["--fail-on", "note"]).code, Some(code), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_configuration_outside_the_root_is_not_read() {
    let sandbox = Sandbox::with("outside", &[("secret", "token = 1\n"), ("repo/a.py", "x = 1\n")]);
    std::os::unix::fs::symlink("../secret", sandbox.root.join("repo/backlint.toml")).expect("links can be made");
    let outcome = sandbox.run(&["repo"]);
    assert_eq!(outcome.code, Some(2));
    assert_eq!(outcome.stderr, "error: backlint.toml is a link that leads out of the audited folder\n");
}

#[test]
fn init_writes_a_configuration_that_is_valid_and_overwrites_none() {
    let sandbox = Sandbox::with("init", &[("a.py", "x = 1\n")]);
    let outcome = sandbox.run(&["init"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""));
    let written = sandbox.read("backlint.toml");
    assert_eq!(sandbox.run(&[]).code, Some(0));

    let outcome = sandbox.run(&["init"]);
    assert_eq!(outcome.code, Some(2));
    assert_eq!(outcome.stderr, "error: backlint.toml exists already\n");
    assert_eq!(sandbox.read("backlint.toml"), written);

    // What it shows in comments is right as well.
    let shown = written.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with("[[") || rest.contains(" = ") => format!("{rest}\n"),
        _ => format!("{line}\n"),
    });
    let mut lines: Vec<_> = shown.collect();
    // Keys of the whole file stand before its tables once the comment signs are gone.
    let top = ["require-reason", "baseline", "exclude"];
    lines.sort_by_key(|line| !top.iter().any(|key| line.starts_with(key)));
    sandbox.write("backlint.toml", lines.concat());
    assert_eq!(sandbox.run(&["baseline", "create"]).code, Some(0));
    let outcome = sandbox.run(&[]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

#[test]
fn the_published_schema_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("backlint.schema.json");
    let schema = format!("{:#}\n", backlint::cli::schema());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &schema).expect("the crate can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == schema, "BLESS=1 updates backlint.schema.json");

    let validator = jsonschema::validator_for(&backlint::cli::schema()).expect("it is a schema");
    for (valid, json) in [
        (true, serde_json::json!({})),
        (true, serde_json::json!({ "rules": { "query-in-loop": "off" }, "require-reason": true, "exclude": ["a/"] })),
        (true, serde_json::json!({ "ignore": [{ "rule": "query-in-loop", "path": "a", "reason": "r" }] })),
        (false, serde_json::json!({ "rules": { "query-in-lop": "off" } })),
        (false, serde_json::json!({ "rules": { "query-in-loop": "loud" } })),
        (false, serde_json::json!({ "ignore": [{ "rule": "query-in-loop", "path": "a" }] })),
        (false, serde_json::json!({ "exclud": [] })),
    ] {
        assert_eq!(validator.is_valid(&json), valid, "{json}");
    }
}
