//! Known findings: what is written down, what is known again after the code has changed, and files that are broken.

use std::fs;
use std::process::Command;

use crate::sandbox::{Outcome, Sandbox};

const FILE: &str = "backlint-baseline.jsonl";
const HEADER: &str = "{\"format\":\"backlint-baseline\",\"version\":1,\"root\":\".\"}\n";

const MODELS: &str =
    "from django.db import models\n\n\nclass Order(models.Model):\n    customer = models.IntegerField()\n";

/// A function with one finding.
fn remind(name: &str) -> String {
    format!(
        "\n\ndef {name}(customers, day):\n    for customer in customers:\n        \
         order = Order.objects.filter(customer=customer, day=day).first()\n        send(order)\n"
    )
}

const IMPORT: &str = "from shop.models import Order\n";

fn shop(name: &str) -> Sandbox {
    let jobs = [IMPORT, &remind("remind"), &remind("thank")].concat();
    Sandbox::with(name, &[("shop/models.py", MODELS), ("shop/jobs.py", &jobs)])
}

const CONCISE: [&str; 4] = ["--output-format", "concise", "--baseline", FILE];

/// A shop with two findings, both known.
fn known_shop(name: &str) -> Sandbox {
    let sandbox = shop(name);
    let outcome = sandbox.run(&["baseline", "create"]);
    let told = format!("wrote 2 entries to {FILE}\n");
    assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr), (Some(0), "", told));
    sandbox
}

fn check(sandbox: &Sandbox) -> Outcome {
    sandbox.run(&CONCISE)
}

#[track_caller]
fn assert_clean(outcome: &Outcome, known: usize, stderr: &str) {
    let known = format!("{known} known finding{} left out\n", if known == 1 { "" } else { "s" });
    assert!(outcome.stdout.starts_with("no findings in ") && outcome.stdout.ends_with(&known), "{outcome:?}");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), stderr));
}

#[test]
fn what_is_known_is_left_out_and_what_is_new_is_not() {
    let sandbox = known_shop("baseline_create");
    assert_clean(&check(&sandbox), 2, "");
    assert_eq!(sandbox.run(&[]).code, Some(1), "nobody asked for the baseline");

    let text = sandbox.read(FILE);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, HEADER.trim_end()));
    let entry: serde_json::Value = serde_json::from_str(lines[1]).expect("a line is JSON");
    assert_eq!(
        (&entry["path"], &entry["rule"], &entry["symbol"]),
        (&"shop/jobs.py".into(), &"query-in-loop".into(), &"remind".into())
    );
    assert_eq!(entry["code"].as_str().map(str::len), Some(16));
    assert_eq!(entry.get("count"), None);

    sandbox.write("shop/more.py", [IMPORT, &remind("warn")].concat());
    let outcome = check(&sandbox);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.starts_with("shop/more.py:6:17: warning[query-in-loop]"), "{}", outcome.stdout);
    assert!(
        outcome.stdout.ends_with("1 finding (1 warning) in 3 files, 2 known findings left out\n"),
        "{}",
        outcome.stdout
    );

    let json = sandbox.run(&["--output-format", "json", "--baseline", FILE]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!((&json["summary"]["findings"], &json["summary"]["known"]), (&1.into(), &2.into()));
}

#[test]
fn the_configuration_names_a_baseline_from_its_own_folder() {
    let sandbox = shop("baseline_config");
    sandbox.write("backlint.toml", "baseline = \"ci/known.jsonl\"\n");
    let outcome = sandbox.run(&[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        outcome.stderr,
        "error: the folder of ci/known.jsonl cannot be read: No such file or directory (os error 2)\n"
    );
    sandbox.write("ci/readme", "");
    assert_eq!(sandbox.run(&[]).stderr, "error: no such file: ci/known.jsonl; `backlint baseline create` writes one\n");

    assert_eq!(sandbox.run(&["baseline", "create"]).stderr, "wrote 2 entries to ci/known.jsonl\n");
    assert!(sandbox.read("ci/known.jsonl").contains("\"root\":\"..\""));
    assert_eq!(sandbox.run(&[]).code, Some(0));
    assert_eq!(sandbox.run(&["--no-baseline"]).code, Some(1));
    assert_eq!(sandbox.run(&["--no-baseline", "--baseline", FILE]).code, Some(2));
    assert_eq!(sandbox.run(&["--no-ignores"]).code, Some(0), "ignores and known findings are two things");
    sandbox.write("elsewhere/strict.toml", "baseline = \"../ci/known.jsonl\"\n");
    assert_eq!(sandbox.run(&["--config", "elsewhere/strict.toml"]).code, Some(0));
    assert_eq!(sandbox.run(&["--no-config"]).code, Some(1));
}

#[test]
fn a_file_that_exists_is_not_written_over() {
    let sandbox = known_shop("baseline_force");
    let before = sandbox.read(FILE);
    sandbox.write("shop/more.py", [IMPORT, &remind("warn")].concat());
    let outcome = sandbox.run(&["baseline", "create"]);
    assert_eq!((outcome.code, sandbox.read(FILE)), (Some(2), before.clone()));
    assert!(outcome.stderr.starts_with(&format!("error: {FILE} exists already; --force")), "{}", outcome.stderr);
    assert_eq!(sandbox.run(&["baseline", "create", "--force", "--select", "stale-ignore"]).code, Some(0));
    assert_eq!(sandbox.read(FILE), HEADER);
    let outcome = sandbox.run(&["baseline", "create", "-o", "-", "shop"]);
    assert_eq!((outcome.code, outcome.stdout.lines().count()), (Some(0), 4), "{outcome:?}");
}

#[test]
fn findings_are_known_again_when_the_code_around_them_changes() {
    let sandbox = known_shop("baseline_edits");
    let jobs = sandbox.read("shop/jobs.py");

    sandbox.write("shop/jobs.py", jobs.replacen('\n', &"\n# more\n".repeat(50), 1));
    assert_clean(&check(&sandbox), 2, "");

    // As a formatter would.
    let query = "Order.objects.filter(customer=customer, day=day).first()";
    assert!(jobs.contains(query));
    let laid_out = "(\n            Order.objects.filter(\n                customer=customer,\n                day=day,\n            )\n            .first()\n        )";
    sandbox.write("shop/jobs.py", jobs.replace(query, laid_out));
    assert_clean(&check(&sandbox), 2, "");

    sandbox.write("shop/jobs.py", jobs.replace("day=day", "day=day, paid=False"));
    assert_clean(&check(&sandbox), 2, "");

    let shown = sandbox.run(&["baseline", "show"]).stdout;
    assert!(shown.starts_with("query-in-loop: 2 entries\n  edited   shop/jobs.py in `remind`: "), "{shown}");
    assert!(shown.ends_with(&format!("\n\n2 entries in {FILE} (2 edited)\n")), "{shown}");
    let outcome = sandbox.run(&["baseline", "prune"]);
    assert_eq!(outcome.stderr, format!("dropped 0 entries, brought 2 up to date, left 2 in {FILE}\n"));
    assert!(sandbox.run(&["baseline", "show"]).stdout.ends_with("(2 found)\n"));
}

#[test]
fn quotes_and_trailing_commas_change_nothing() {
    let files = [
        ("package.json", "{ \"dependencies\": { \"@prisma/client\": \"6.1.0\" } }\n"),
        (
            "src/a.ts",
            "import { PrismaClient } from '@prisma/client';\nconst db = new PrismaClient();\n\
             export async function report(users: User[]) {\n  for (const user of users) {\n    \
             await db.order.findMany({ where: { userId: user.id, state: 'open' } });\n  }\n}\n",
        ),
    ];
    let sandbox = Sandbox::with("baseline_typescript", &files);
    assert_eq!(sandbox.run(&["baseline", "create", "--select", "query-in-loop"]).code, Some(0));
    assert_eq!(sandbox.read(FILE).lines().count(), 2);
    let laid_out = "await db.order.findMany({\n      where: {\n        userId: user.id,\n        state: \"open\",\n      },\n    });";
    let query = "await db.order.findMany({ where: { userId: user.id, state: 'open' } });";
    sandbox.write("src/a.ts", files[1].1.replace(query, laid_out));
    let outcome = sandbox.run(&[&CONCISE[..], &["--select", "query-in-loop"]].concat());
    assert_clean(&outcome, 1, "");
}

#[test]
fn findings_move_with_their_folder() {
    let sandbox = known_shop("baseline_moves");
    fs::rename(sandbox.root.join("shop"), sandbox.root.join("store")).expect("the folder can be moved");
    let jobs = sandbox.read("store/jobs.py").replace("shop.models", "store.models");
    sandbox.write("store/jobs.py", jobs);
    let told = "moved from shop/jobs.py to store/jobs.py; `backlint baseline prune` follows them";
    assert_clean(&check(&sandbox), 2, &format!("2 entries of {FILE} {told}\n"));
    let shown = sandbox.run(&["baseline", "show", "--by", "file"]).stdout;
    assert!(
        shown.starts_with("shop/jobs.py: 2 entries\n  moved    query-in-loop in `remind`, now store/jobs.py: "),
        "{shown}"
    );

    let outcome = sandbox.run(&["baseline", "prune"]);
    assert_eq!(outcome.stderr, format!("dropped 0 entries, brought 2 up to date, left 2 in {FILE}\n"));
    assert!(sandbox.read(FILE).contains("store/jobs.py") && !sandbox.read(FILE).contains("shop/"));
    assert_clean(&check(&sandbox), 2, "");
}

#[test]
fn of_two_equal_findings_one_may_be_fixed() {
    let both = remind("remind");
    let (head, query) = both.split_at(both.find("        order").expect("it asks"));
    let sandbox = shop("baseline_equal");
    sandbox.write("shop/jobs.py", [IMPORT, head, query, query].concat());
    assert_eq!(sandbox.run(&["baseline", "create"]).stderr, format!("wrote 2 entries to {FILE}\n"));
    assert!(sandbox.read(FILE).contains(",\"count\":2,"), "{}", sandbox.read(FILE));
    assert!(sandbox.run(&["baseline", "show"]).stdout.contains("(2 times)\n"));

    sandbox.write("shop/jobs.py", [IMPORT, head, query].concat());
    let told = "is found no more; `backlint baseline prune` drops it";
    assert_clean(&check(&sandbox), 1, &format!("1 entry of {FILE} {told}\n"));
    assert_eq!(sandbox.run(&["baseline", "prune"]).code, Some(0));
    assert!(!sandbox.read(FILE).contains("count"), "{}", sandbox.read(FILE));

    sandbox.write("shop/jobs.py", [IMPORT, head, query, query].concat());
    let outcome = check(&sandbox);
    assert_eq!(outcome.code, Some(1), "what was fixed and comes back is new: {outcome:?}");
}

#[test]
fn stale_entries_are_told_and_dropped() {
    let sandbox = known_shop("baseline_stale");
    sandbox.write("shop/jobs.py", IMPORT);
    sandbox.write("shop/more.py", [IMPORT, &remind("warn")].concat());
    let outcome = check(&sandbox);
    assert_eq!(
        outcome.stderr,
        format!("2 entries of {FILE} are found no more; `backlint baseline prune` drops them\n")
    );
    assert_eq!(sandbox.run(&[&CONCISE[..], &["-q"]].concat()).stderr, "");
    let outcome = sandbox.run(&["baseline", "prune"]);
    assert_eq!(outcome.stderr, format!("dropped 2 entries, brought 0 up to date, left 0 in {FILE}\n"));
    assert_eq!(sandbox.read(FILE), HEADER, "nothing new is added");
    assert_eq!(check(&sandbox).code, Some(1));
}

#[test]
fn what_an_ignore_answers_is_no_known_finding() {
    let sandbox = known_shop("baseline_ignores");
    let jobs = sandbox.read("shop/jobs.py");
    sandbox.write("shop/jobs.py", jobs.replacen("    for", "    # backlint: ignore[query-in-loop] -- ten\n    for", 1));
    let outcome = check(&sandbox);
    assert_clean(&outcome, 1, &format!("1 entry of {FILE} is found no more; `backlint baseline prune` drops it\n"));
    assert!(outcome.stdout.contains(", 1 ignored, 1 known finding left out"), "{}", outcome.stdout);
    assert_clean(&sandbox.run(&[&CONCISE[..], &["--no-ignores"]].concat()), 2, "");
}

#[test]
fn what_is_not_looked_at_is_not_stale() {
    // All that is needed to find them stands in one file.
    let jobs = [MODELS, &remind("remind")].concat();
    let both = [&jobs, remind("thank").as_str()].concat();
    let sandbox = Sandbox::with("baseline_parts", &[("shop/jobs.py", &both), ("other/a.py", "x = 1\n")]);
    assert_eq!(sandbox.run(&["baseline", "create"]).stderr, format!("wrote 2 entries to {FILE}\n"));
    let before = sandbox.read(FILE);
    sandbox.write("shop/jobs.py", jobs);
    for (args, known) in [
        (&["shop/jobs.py"][..], 1),
        (&["shop/jobs.py", "other"], 1),
        (&["shop"], 1),
        (&["other"], 0),
        (&["--select", "stale-ignore"], 0),
        (&["--ignore", "query-in-loop"], 0),
        (&["--max-file-size", "100"], 0),
    ] {
        let outcome = sandbox.run(&[&CONCISE[..], args].concat());
        assert!(!outcome.stderr.contains("found no more"), "{args:?}: {outcome:?}");
        assert_eq!(outcome.code, Some(0), "{args:?}: {outcome:?}");
        assert_eq!(outcome.stdout.contains("known"), known > 0, "{args:?}: {outcome:?}");
    }
    for args in [&["shop"][..], &["shop/jobs.py"]] {
        let outcome = sandbox.run(&[&["baseline", "prune", "--baseline", FILE], args].concat());
        assert_eq!((outcome.code, sandbox.read(FILE)), (Some(2), before.clone()));
        assert!(outcome.stderr.contains("speaks of more than"), "{}", outcome.stderr);
    }
    let shown = sandbox.run(&["baseline", "show", "--baseline", FILE, "shop"]).stdout;
    assert!(shown.ends_with("(1 found, 1 not seen)\n"), "{shown}");
    for args in [["--select", "stale-ignore"], ["--max-file-size", "100"]] {
        assert_eq!(sandbox.run(&[&["baseline", "prune"][..], &args].concat()).code, Some(0));
        assert_eq!(sandbox.read(FILE), before);
    }
}

#[test]
fn a_baseline_may_lie_above_and_below_the_audit() {
    let sandbox = shop("baseline_places");
    let in_repo = |path: &str| sandbox.read("shop/jobs.py").replace("shop.models", path);
    sandbox.write("repo/shop/models.py", MODELS);
    sandbox.write("repo/shop/jobs.py", in_repo("shop.models"));
    sandbox.write("repo/ci/empty", "");
    fs::remove_dir_all(sandbox.root.join("shop")).expect("it can be removed");
    for (create, path) in [
        (&["repo", "-o", FILE][..], "repo/shop/jobs.py"),
        (&["repo", "-o", "repo/ci/b.jsonl"], "shop/jobs.py"),
        (&["repo"], "shop/jobs.py"),
        (&[".", "-o", "repo/b.jsonl"], "repo/shop/jobs.py"),
    ] {
        let outcome = sandbox.run(&[&["baseline", "create"], create].concat());
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let file = outcome.stderr.trim_end().rsplit(' ').next().expect("it names the file");
        let line = sandbox.read(file).lines().nth(1).expect("there is an entry").to_owned();
        assert!(line.starts_with(&format!("{{\"path\":\"{path}\"")), "{line}");
        for root in [".", "repo", "repo/shop"] {
            let outcome = sandbox.run(&["--baseline", file, "--output-format", "concise", root]);
            assert_clean(&outcome, 2, "");
        }
        assert_eq!(sandbox.run(&["baseline", "prune", "--baseline", file]).code, Some(0));
        assert!(sandbox.read(file).contains(&line));
    }
}

#[test]
fn confidence_and_severity_do_not_make_entries_stale() {
    let thank = "\n\ndef thank(customers, seen):\n    for customer in customers:\n        \
                 if customer in seen:\n            continue\n        \
                 order, is_made = Order.objects.get_or_create(customer=customer)\n        \
                 if is_made:\n            break\n";
    let sandbox = shop("baseline_confidence");
    sandbox.write("shop/jobs.py", [IMPORT, &remind("remind"), thank].concat());
    assert_eq!(sandbox.run(&["baseline", "create"]).stderr, format!("wrote 2 entries to {FILE}\n"));
    let before = sandbox.read(FILE);
    let high = ["--min-confidence", "high"];
    let found = sandbox.run(&[&["--output-format", "concise"], &high[..]].concat());
    assert!(found.stdout.contains("1 finding (1 warning) in 2 files, 1 of low confidence hidden"), "{}", found.stdout);

    assert_clean(&sandbox.run(&[&CONCISE[..], &high].concat()), 2, "");
    sandbox.run(&[&["baseline", "prune"], &high[..]].concat());
    assert_eq!(sandbox.read(FILE), before);
    sandbox.write("backlint.toml", "[rules]\nquery-in-loop = \"off\"\n");
    let outcome = check(&sandbox);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    assert!(sandbox.run(&["baseline", "show"]).stdout.ends_with("(2 not seen)\n"));
    sandbox.run(&["baseline", "prune"]);
    assert_eq!(sandbox.read(FILE), before);
}

#[test]
fn branches_merge_line_by_line() {
    let sandbox = known_shop("baseline_merge");
    let jobs = sandbox.read("shop/jobs.py");
    let branch = |name: &str| {
        sandbox.write("shop/jobs.py", [&jobs, remind(name).as_str()].concat());
        sandbox.run(&["baseline", "create", "-o", &format!("{name}.jsonl")]);
        assert_eq!(sandbox.read(&format!("{name}.jsonl")).lines().count(), 4);
    };
    branch("warn");
    branch("again");
    sandbox.write("empty", "");
    sandbox.write("shop/jobs.py", [&jobs, remind("warn").as_str(), &remind("again")].concat());
    for base in [FILE, "empty"] {
        let mut merge = Command::new("git");
        merge.args(["merge-file", "--union", "-p", "warn.jsonl", base, "again.jsonl"]);
        let Ok(merged) = merge.current_dir(&sandbox.root).output() else { return };
        assert!(merged.status.success(), "{merged:?}");
        sandbox.write("merged.jsonl", merged.stdout);
        let outcome = sandbox.run(&["--output-format", "concise", "--baseline", "merged.jsonl"]);
        assert_clean(&outcome, 4, "");
    }
    assert_eq!(sandbox.run(&["baseline", "prune", "--baseline", "merged.jsonl"]).code, Some(0));
    sandbox.run(&["baseline", "create", "-o", "whole.jsonl"]);
    assert_eq!(sandbox.read("merged.jsonl"), sandbox.read("whole.jsonl"));
}

#[test]
fn broken_files_end_the_run() {
    let sandbox = known_shop("baseline_broken");
    let good = sandbox.read(FILE);
    let last = good.lines().last().expect("there are entries");
    for (text, told) in [
        (String::new(), format!("{FILE}:1: no header of a baseline")),
        ("[]\n".to_owned(), format!("{FILE}:1: no header of a baseline")),
        (good.replace("\"version\":1", "\"version\":2"), format!("{FILE}:1: version 2 is not known")),
        (format!("{good}{{\n"), format!("{FILE}:4: no entry of a baseline: ")),
        (format!("{good}<<<<<<< HEAD\n"), format!("{FILE}:4: a conflict of two branches")),
        (format!("{good}{}\n", last.replace("\"path\"", "\"\\u001b[2Jpath\"")), format!("{FILE}:4: no entry")),
        (
            format!("{good}{}\n", last.replacen("\"symbol\":", "\"count\":4000000000,\"symbol\":", 1)),
            format!("{FILE}:4: more than"),
        ),
    ] {
        sandbox.write(FILE, &text);
        for args in [&CONCISE[2..], &["baseline", "prune"], &["baseline", "show"]] {
            let outcome = sandbox.run(args);
            assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{text}: {outcome:?}");
            assert!(outcome.stderr.starts_with(&format!("error: {told}")), "{text}: {outcome:?}");
            assert!(outcome.stderr.len() < 300 && !outcome.stderr.contains('\u{1b}'), "{outcome:?}");
        }
        assert_eq!(sandbox.read(FILE), text, "it is left as it is");
    }
    sandbox.write(FILE, b"{}\n\xff\n");
    assert_eq!(check(&sandbox).stderr, format!("error: {FILE}:2: bytes that are not UTF-8\n"));
    sandbox.write(FILE, [good.as_bytes(), &vec![b'\n'; 50_000_000]].concat());
    assert_eq!(check(&sandbox).stderr, format!("error: {FILE} is larger than 32 MiB\n"));
    sandbox.write(FILE, "");
    assert_eq!(sandbox.run(&["--baseline", "shop"]).stderr, "error: shop is no plain file\n");
    assert_eq!(sandbox.run(&["--baseline", "/"]).stderr, "error: / names no file\n");
    let told = "error: no such file: nowhere.jsonl; `backlint baseline create` writes one\n";
    assert_eq!(sandbox.run(&["--baseline", "nowhere.jsonl"]).stderr, told);
}

#[cfg(unix)]
#[test]
fn a_baseline_does_not_lead_out_of_the_repository() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::with("baseline_outside", &[("secret", "token\n"), ("repo/a.py", "x = 1\n")]);
    sandbox.write("repo/backlint.toml", "baseline = \"../secret\"\n");
    for args in [&["repo"][..], &["baseline", "create", "--force", "repo"], &["baseline", "prune", "repo"]] {
        let outcome = sandbox.run(args);
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(2), "error: ../secret leads out of the audited folder\n")
        );
    }
    sandbox.write("repo/backlint.toml", "baseline = \"link.jsonl\"\n");
    for target in ["../secret", "../nowhere", "a.py"] {
        let link = sandbox.root.join("repo/link.jsonl");
        let _ = fs::remove_file(&link);
        symlink(target, link).expect("links can be made");
        let outcome = sandbox.run(&["baseline", "create", "--force", "repo"]);
        assert_eq!(outcome.code, Some(2), "{target}: {outcome:?}");
    }
    assert_eq!((sandbox.read("secret"), sandbox.read("repo/a.py")), ("token\n".to_owned(), "x = 1\n".to_owned()));
    assert!(!sandbox.root.join("nowhere").exists());
}
