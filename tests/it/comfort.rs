//! Completions, the manual page, explanations of rules and places, and names that are nearly right. It knows what is
//! said, not how it is found.

use crate::sandbox::{Outcome, Sandbox};

const SHOP: &str = r#"import { PrismaClient } from "@prisma/client";
import { audit } from "./audit";

const db = new PrismaClient();

export async function report(users: User[]) {
  for (const user of users) {
    await db.order.findMany({ where: { userId: user.id } });
    await db.log.create({ data: { userId: user.id } });
  }
  for (const region of ["north", "south"]) {
    await db.region.findFirst({ where: { region } });
  }
  for (const user of users) {
    await audit(user);
    user.name.toUpperCase();
  }
  return db.order.findMany();
}
"#;

const AUDIT: &str = r#"import { PrismaClient } from "@prisma/client";

const db = new PrismaClient();

export async function audit(user: User) {
  // backlint: ignore[query-in-loop] -- one in a year
  for (const mail of user.mails) {
    await db.mail.findFirst({ where: { mail } });
  }
}
"#;

fn shop(name: &str) -> Sandbox {
    let manifest = r#"{ "name": "shop", "dependencies": { "@prisma/client": "6.1.0" } }"#;
    Sandbox::with(
        name,
        &[
            ("package.json", manifest),
            ("src/shop.ts", SHOP),
            ("src/audit.ts", AUDIT),
            ("src/shop.test.ts", SHOP),
            ("notes.txt", "a\n"),
        ],
    )
}

fn explained(sandbox: &Sandbox, place: &str) -> String {
    let outcome = sandbox.run(&["explain", "query-in-loop", place]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{place}");
    outcome.stdout
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
}

#[test]
fn a_finding_is_explained_with_what_speaks_against_it() {
    let sandbox = shop("explained_finding");
    let said = explained(&sandbox, "src/shop.ts:8");
    assert_says(
        &said,
        &[
            "warning[query-in-loop]: `db.order.findMany` runs once per element of `users`",
            "note: proven: an import",
            "note: a finding of high confidence: nothing speaks against it",
            "note: it is in the report",
        ],
    );
    assert!(!said.contains("db.log.create"), "{said}");
    assert_says(&explained(&sandbox, "src/shop.ts:9"), &["against it, 1 point: a write", "it is in the report"]);
    // The line of the loop has to do with both.
    assert_says(&explained(&sandbox, "src/shop.ts:7"), &["`db.order.findMany` runs", "`db.log.create` runs"]);
    assert_says(&explained(&sandbox, "./src/shop.ts:8:12"), &["`db.order.findMany` runs"]);
}

#[test]
fn what_keeps_a_finding_from_the_report_is_told() {
    let sandbox = shop("explained_withheld");
    let said = explained(&sandbox, "src/audit.ts:8");
    assert_says(&said, &["not in the report: an ignore comment answers it: one in a year"]);
    sandbox.write("backlint.toml", "[rules]\nquery-in-loop = \"off\"\n");
    assert_says(&explained(&sandbox, "src/shop.ts:8"), &["not in the report: backlint.toml switches the rule off"]);
    let entry = "[[ignore]]\nrule = \"query-in-loop\"\npath = \"src/*.ts\"\nreason = \"small\"\n";
    sandbox.write("backlint.toml", entry);
    let said = explained(&sandbox, "src/shop.ts:8");
    assert_says(&said, &["not in the report: an [[ignore]] entry of backlint.toml answers it: small"]);
    sandbox.write("backlint.toml", "baseline = \"known.jsonl\"\n");
    assert_eq!(sandbox.run(&["baseline", "create"]).code, Some(0));
    assert_says(&explained(&sandbox, "src/shop.ts:8"), &["not in the report: the baseline knows it"]);
    sandbox.write("bin/seed.ts", SHOP);
    sandbox.write("backlint.toml", "[[role]]\npath = \"bin/**\"\nrole = \"product\"\n");
    let said = explained(&sandbox, "bin/seed.ts:8");
    assert_says(&said, &["against it, 3 points: a command", "its confidence is low, and only --pedantic shows it"]);
}

#[test]
fn a_call_that_is_no_finding_is_explained() {
    let sandbox = shop("explained_none");
    let said = explained(&sandbox, "src/shop.ts:12");
    assert_says(
        &said,
        &[
            "info: `db.region.findFirst` sends a statement of Prisma: it reads",
            "note: no finding: the number of turns is written down",
            "`query-in-loop` finds nothing at src/shop.ts:12",
        ],
    );
    let said = explained(&sandbox, "src/shop.ts:18");
    assert_says(&said, &["`db.order.findMany` sends a statement", "no finding: no loop goes around it"]);
    let said = explained(&sandbox, "src/shop.ts:16");
    assert_says(&said, &["`user.name.toUpperCase` sends no statement that is known, and leads to none"]);
    let said = explained(&sandbox, "src/shop.ts:19");
    assert_says(&said, &["nothing there that it looks at", "A query inside a loop costs one round trip"]);
    let said = explained(&sandbox, "src/shop.test.ts:8");
    assert_says(&said, &["finds nothing at src/shop.test.ts:8: the file is a test, which no rule judges"]);
    assert_says(&explained(&sandbox, "notes.txt:1"), &["finds nothing at notes.txt:1: the file is neither a source"]);
    let outcome = sandbox.run(&["explain", "mixed-frameworks", "src/shop.ts:8"]);
    assert_says(
        &outcome.stdout,
        &["`mixed-frameworks` finds nothing at src/shop.ts:8", "Two frameworks in one process"],
    );
}

#[test]
fn the_way_to_a_statement_is_part_of_the_explanation() {
    let said = explained(&shop("explained_way"), "src/shop.ts:15");
    assert_says(&said, &["`audit` runs `db.mail.findFirst`", "runs `audit`, which is imported", "src/audit.ts:8:11"]);
}

#[test]
fn an_ignore_for_nothing_is_explained() {
    let sandbox = Sandbox::with("explained_stale", &[("a.py", "# backlint: ignore[query-in-loop] -- ten\nx = 1\n")]);
    let outcome = sandbox.run(&["explain", "stale-ignore", "a.py:1"]);
    assert_says(&outcome.stdout, &["ignore of `query-in-loop`, which finds nothing here", "it is in the report"]);
}

#[test]
fn a_place_that_does_not_exist_is_an_error() {
    let sandbox = shop("explained_nowhere");
    sandbox.write("../explained_outside.py", "x = 1\n");
    for (place, message) in [
        ("src/gone.ts:1", "error: no such file: src/gone.ts\n"),
        ("src:1", "error: src is a folder: a place is a line of a file\n"),
        ("src/shop.ts:20", "error: src/shop.ts has 19 lines\n"),
        ("../explained_outside.py:1", "lies outside of the current folder"),
        ("src/shop.ts", "a place is a file and a line"),
        ("src/shop.ts:0", "counted from 1"),
    ] {
        let outcome = sandbox.run(&["explain", "query-in-loop", place]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{place}");
        assert_says(&outcome.stderr, &[message]);
    }
}

#[test]
fn every_command_that_reads_a_repository_tells_its_timings() {
    let sandbox = shop("comfort_timings");
    let phases = |args: &[&str]| {
        let stderr = sandbox.run(&[args, &["--timings"]].concat()).stderr;
        stderr.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(phases(&["stack"]), ["walk", "lower", "link", "survey", "report"]);
    assert_eq!(phases(&["checklist"]), ["walk", "lower", "link", "survey", "report"]);
    let explain = ["explain", "query-in-loop", "src/shop.ts:8"];
    assert_eq!(phases(&explain), ["walk", "lower", "link", "explain", "report"]);
}

#[test]
fn pages_are_rendered_where_there_are_colours() {
    let sandbox = Sandbox::new("rendered_pages");
    let raw = sandbox.run(&["explain", "query-in-loop"]).stdout;
    assert!(raw.starts_with("# ") && !raw.contains('\u{1b}'), "{raw}");
    for rule in backlint::rules::RULES {
        let page = sandbox.run(&["explain", rule.id, "--color", "always"]).stdout;
        assert!(page.contains('\u{1b}') && !page.contains("\n## ") && !page.contains("\n```"), "{}: {page}", rule.id);
        let never = sandbox.run_with(&["explain", rule.id, "--color", "never"], &[("FORCE_COLOR", "1")], "").stdout;
        assert!(never.contains(rule.page().body.as_str()), "{}", rule.id);
    }
}

#[test]
fn completions_name_the_commands() {
    let sandbox = Sandbox::new("completions");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let Outcome { code, stdout, stderr } = sandbox.run(&["completions", shell]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{shell}");
        assert_says(&stdout, &["backlint", "checklist", "explain", "min-confidence"]);
    }
    sandbox.write("backlint.bash", sandbox.run(&["completions", "bash"]).stdout);
    let bash = std::process::Command::new("bash").arg("-n").arg(sandbox.root.join("backlint.bash")).output();
    // Not everybody has it.
    if let Ok(bash) = bash {
        assert!(bash.status.success(), "{bash:?}");
    }
    let outcome = sandbox.run(&["completions", "bsh"]);
    assert_eq!(outcome.code, Some(2));
    assert_says(&outcome.stderr, &["bash"]);
}

#[test]
fn the_manual_page_is_roff() {
    let sandbox = Sandbox::new("manual");
    let page = sandbox.run(&["man"]);
    assert_eq!((page.code, page.stderr.as_str()), (Some(0), ""));
    assert_says(&page.stdout, &[".TH backlint 1", ".SH OPTIONS", "checklist", "Exit codes"]);
    assert_says(&sandbox.run(&["man", "stack"]).stdout, &[".TH backlint-stack 1", "evidence"]);
    assert_says(&sandbox.run(&["man", "stak"]).stderr, &["did you mean `stack`?"]);
}

#[test]
fn what_is_nearly_right_is_told_its_right_name() {
    let sandbox = shop("nearly_right");
    for (args, message) in [
        (&["stak"][..], "error: no such file or folder: stak; did you mean the command `stack`?\n"),
        (&["explian", "query-in-loop"], "did you mean the command `explain`?"),
        (&["chekclist"], "did you mean the command `checklist`?"),
        (&["explain", "query-in-lop"], "did you mean `query-in-loop`?"),
        (&["explain", "query-in-lop", "src/shop.ts:8"], "did you mean `query-in-loop`?"),
        (&["--output-format", "sarrif"], "'sarif'"),
        (&["stack", "--output-format", "markdow"], "'markdown'"),
    ] {
        let outcome = sandbox.run(args);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert_says(&outcome.stderr, &[message]);
    }
    assert_eq!(sandbox.run(&["far/away"]).stderr, "error: no such file or folder: far/away\n");
}
