//! What a change brings: `--since` and `--staged` over histories made for the purpose, hostile ones included.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use crate::sandbox::{Outcome, Sandbox};

const PACKAGE: (&str, &str) = ("package.json", r#"{"dependencies": {"@prisma/client": "6.0.0"}}"#);

/// Sends one query; nothing is wrong with it.
const HELPER: (&str, &str) = (
    "src/orders.ts",
    r#"import { PrismaClient } from "@prisma/client";
const db = new PrismaClient();
export async function ordersOf(user: User) {
  return db.order.findMany({ where: { userId: user.id } });
}
"#,
);

/// Calls the helper once per user.
const CALLER: (&str, &str) = (
    "src/report.ts",
    r#"import { ordersOf } from "./orders";
export async function report(users: User[]) {
  for (const user of users) {
    console.log(await ordersOf(user));
  }
}
"#,
);

/// A finding of its own, in a function of this name.
fn loops(name: &str) -> String {
    format!(
        r#"import {{ PrismaClient }} from "@prisma/client";
const db = new PrismaClient();
export async function {name}(users: User[]) {{
  for (const user of users) {{
    await db.{name}.findMany({{ where: {{ userId: user.id }} }});
  }}
}}
"#
    )
}

const PEOPLE: [(&str, &str); 6] = [
    ("GIT_AUTHOR_NAME", "A"),
    ("GIT_AUTHOR_EMAIL", "a@example.com"),
    ("GIT_COMMITTER_NAME", "A"),
    ("GIT_COMMITTER_EMAIL", "a@example.com"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
];

struct Repository {
    sandbox: Sandbox,
    path: String,
}

impl Repository {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::with(&format!("since-{name}"), files);
        let repository = Self { sandbox, path: std::env::var("PATH").expect("tests run git") };
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    /// One that has a first commit, called `base`.
    fn committed(name: &str, files: &[(&str, &str)]) -> Self {
        let repository = Self::new(name, files);
        repository.commit();
        repository.git(&["tag", "base"]);
        repository
    }

    fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(args).current_dir(&self.sandbox.root).env_clear().envs(PEOPLE).env("PATH", &self.path);
        let output = command.output().expect("git is installed");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "one more"]);
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        self.sandbox.write(path, text);
    }

    fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, &[])
    }

    fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let mut all = vec![("PATH", self.path.as_str()), ("GIT_CONFIG_GLOBAL", "/dev/null")];
        all.extend(variables);
        let mut words = vec!["--output-format=concise", "--select=query-in-loop,stale-ignore", "--fail-on=note"];
        words.extend(args);
        self.sandbox.run_with(&words, &all, "")
    }

    /// The places of the findings, by path and line, and the summary.
    fn new_ones(&self, args: &[&str]) -> (Vec<String>, String) {
        told(&self.run(args))
    }
}

fn told(outcome: &Outcome) -> (Vec<String>, String) {
    let mut lines: Vec<&str> = outcome.stdout.lines().collect();
    let summary = lines.pop().unwrap_or_else(|| panic!("{outcome:?}")).to_owned();
    let place = |line: &&str| line.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
    assert_eq!(outcome.code, Some(i32::from(!lines.is_empty())), "{outcome:?}");
    (lines.iter().map(place).collect(), summary)
}

fn none(known: &str) -> (Vec<String>, String) {
    (Vec::new(), format!("no findings in {known}"))
}

#[test]
fn a_new_caller_of_an_old_helper_is_new() {
    let repository = Repository::committed("caller", &[PACKAGE, HELPER, ("src/old.ts", &loops("old"))]);
    repository.write(CALLER.0, CALLER.1);
    repository.commit();
    let (places, summary) = repository.new_ones(&["--since", "base"]);
    assert_eq!(places, ["src/report.ts:4"]);
    assert_eq!(summary, "1 finding (1 warning) in 3 files, 1 known finding left out");

    // And so is an old caller of a helper that begins to ask.
    let quiet = HELPER.1.replace("db.order.findMany({ where: { userId: user.id } })", "user.orders");
    let repository = Repository::committed("helper", &[PACKAGE, (HELPER.0, &quiet), CALLER]);
    repository.write(HELPER.0, HELPER.1);
    repository.commit();
    assert_eq!(repository.new_ones(&["--since", "base"]).0, ["src/report.ts:4"]);
}

#[test]
fn what_moves_or_goes_is_not_new() {
    let repository = Repository::committed("moved", &[PACKAGE, ("src/a.ts", &loops("a")), ("src/b.ts", &loops("b"))]);
    repository.write("src/a.ts", "\n".repeat(50) + &loops("a"));
    repository.commit();
    assert_eq!(repository.new_ones(&["--since", "base"]), none("2 files, 2 known findings left out"));

    fs::rename(repository.sandbox.root.join("src"), repository.sandbox.root.join("app")).expect("it is there");
    repository.commit();
    assert_eq!(repository.new_ones(&["--since", "base"]), none("2 files, 2 known findings left out"));

    repository.write("app/a.ts", "export const a = 1;\n");
    repository.commit();
    assert_eq!(repository.new_ones(&["--since", "base"]), none("2 files, 1 known finding left out"));
    assert_eq!(repository.run(&[]).code, Some(1));
}

#[test]
fn a_removed_ignore_is_new() {
    let ignored = loops("a").replace("    await", "    // backlint: ignore[query-in-loop] -- few\n    await");
    let repository = Repository::committed("ignore", &[PACKAGE, ("src/a.ts", &ignored)]);
    assert_eq!(repository.new_ones(&["--since", "base"]), none("1 file, 1 ignored"));
    repository.write("src/a.ts", loops("a"));
    repository.commit();
    assert_eq!(repository.new_ones(&["--since", "base"]).0, ["src/a.ts:5"]);
    assert_eq!(repository.new_ones(&["--since", "base", "--no-ignores"]), none("1 file, 1 known finding left out"));
}

#[test]
fn the_base_is_where_the_branch_began() {
    let repository = Repository::committed("branch", &[PACKAGE, ("src/a.ts", &loops("a"))]);
    repository.git(&["checkout", "-q", "-b", "work"]);
    repository.write("src/b.ts", loops("b"));
    repository.commit();
    repository.git(&["checkout", "-q", "main"]);
    repository.write("src/a.ts", "");
    repository.commit();
    repository.git(&["checkout", "-q", "work"]);
    let (places, summary) = repository.new_ones(&["--since", "main"]);
    assert_eq!((places.len(), places[0].as_str()), (1, "src/b.ts:5"), "{summary}");

    repository.git(&["checkout", "-q", "--orphan", "alone"]);
    repository.commit();
    let outcome = repository.run(&["--since", "main"]);
    assert!(outcome.stderr.contains("main and HEAD have no common commit here: compared with main"), "{outcome:?}");
    assert_eq!(told(&outcome).0, ["src/a.ts:5", "src/b.ts:5"]);
}

#[test]
fn the_index_is_judged_and_not_the_work_tree() {
    let repository = Repository::committed("index", &[PACKAGE, ("src/a.ts", &loops("a"))]);
    repository.write("src/staged.ts", loops("staged"));
    repository.git(&["add", "-A"]);
    repository.write("src/staged.ts", "");
    repository.write("src/a.ts", "");
    repository.write("src/unstaged.ts", loops("unstaged"));
    let (places, summary) = repository.new_ones(&["--staged"]);
    assert_eq!(places, ["src/staged.ts:5"]);
    assert_eq!(summary, "1 finding (1 warning) in 2 files, 1 known finding left out");
    // Nor are uncommitted changes part of HEAD.
    assert_eq!(repository.new_ones(&["--since", "HEAD"]), none("1 file, 1 known finding left out"));
}

#[test]
fn everything_is_new_before_the_first_commit() {
    let repository = Repository::new("first", &[PACKAGE, ("src/a.ts", &loops("a"))]);
    assert_eq!(repository.new_ones(&["--staged"]), none("0 files"));
    repository.git(&["add", "-A"]);
    assert_eq!(repository.new_ones(&["--staged"]).0, ["src/a.ts:5"]);
    let outcome = repository.run(&["--since", "HEAD"]);
    assert_eq!((outcome.code, outcome.stderr.contains("no such commit: HEAD")), (Some(2), true), "{outcome:?}");
}

#[cfg(unix)]
#[test]
fn hooks_see_the_index_of_their_commit() {
    use std::os::unix::fs::PermissionsExt;

    let repository = Repository::committed("hook", &[PACKAGE, ("src/a.ts", ""), ("src/b.ts", "")]);
    let program = env!("CARGO_BIN_EXE_backlint");
    let hook = format!("#!/bin/sh\n'{program}' --staged --output-format concise --fail-on never > told\n");
    repository.write(".git/hooks/pre-commit", hook);
    let hook = repository.sandbox.root.join(".git/hooks/pre-commit");
    fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).expect("it is ours");
    for name in ["a", "b"] {
        repository.write(&format!("src/{name}.ts"), loops(name));
    }
    // Of the two changes one is committed, by an index of its own.
    repository.git(&["commit", "-q", "-m", "a", "src/a.ts"]);
    assert!(repository.sandbox.read("told").starts_with("src/a.ts:5:"), "{}", repository.sandbox.read("told"));
    assert!(!repository.sandbox.read("told").contains("src/b.ts"));
    repository.git(&["commit", "-q", "-a", "-m", "b"]);
    assert!(repository.sandbox.read("told").starts_with("src/b.ts:5:"), "{}", repository.sandbox.read("told"));

    repository.git(&["worktree", "add", "-q", "beside"]);
    repository.write("beside/src/c.ts", loops("c"));
    repository.git(&["-C", "beside", "add", "src/c.ts"]);
    repository.git(&["-C", "beside", "commit", "-q", "-m", "c"]);
    assert!(repository.sandbox.read("beside/told").starts_with("src/c.ts:5:"));

    // The repository of a hook is not that of every folder.
    let index = repository.sandbox.root.join(".git/index");
    let index = index.to_str().expect("it is UTF-8");
    let other = Repository::committed("hook-other", &[PACKAGE, ("src/a.ts", &loops("a"))]);
    let root = other.sandbox.root.to_str().expect("it is UTF-8");
    let outcome = repository.run_with(&["--staged", root], &[("GIT_INDEX_FILE", index), ("GIT_DIR", ".git")]);
    assert_eq!(told(&outcome), none("1 file, 1 known finding left out"));
}

#[test]
fn a_folder_of_a_repository_is_a_root_too() {
    let repository = Repository::committed("folder", &[PACKAGE, ("shop/src/a.ts", &loops("a"))]);
    repository.write("shop/src/b.ts", loops("b"));
    repository.write("other/c.ts", loops("c"));
    repository.commit();
    assert_eq!(repository.new_ones(&["--since", "base", "shop"]).0, ["src/b.ts:5"]);
    assert_eq!(repository.new_ones(&["--since", "base", "shop/src/a.ts"]), none("1 file, 1 known finding left out"));
    assert_eq!(
        repository.new_ones(&["--since", "base", "shop/src/b.ts", "other"]).0,
        ["other/c.ts:5", "shop/src/b.ts:5"]
    );
    // It did not exist then.
    assert_eq!(repository.new_ones(&["--since", "base", "other"]).0, ["c.ts:5"]);
}

#[test]
fn trees_are_read_as_the_disk_is() {
    let code = loops("a");
    let repository = Repository::new(
        "walk",
        &[
            PACKAGE,
            (".gitignore", "tracked.ts\n"),
            (".ignore", "plain.ts\n/only-here/\n"),
            (".backlintignore", "own.ts\nshop/*\n!shop/kept.ts\n"),
            ("shop/.ignore", "local.ts\n!plain.ts"),
            ("tracked.ts", &code),
            ("plain.ts", &code),
            ("own.ts", &code),
            ("only-here/a.ts", &code),
            ("shop/kept.ts", &code),
            ("shop/other.ts", &code),
            ("deep/only-here/a.ts", &code),
            ("shop-two/own.ts", &code),
            ("node_modules/x/index.ts", &code),
            (".hidden/a.ts", &code),
            ("out/a.ts", &code),
            ("tests/a.test.ts", &code),
            ("app.min.js", &code),
            ("backlint.toml", "exclude = [\"out\"]\n"),
        ],
    );
    repository.write("large.ts", vec![b' '; 2 << 20]);
    repository.write("binary.ts", b"\0\0");
    repository.git(&["add", "-f", "."]);
    let outcome = repository.run(&["--staged", "-v"]);
    assert_eq!(told(&outcome).0, ["deep/only-here/a.ts:5", "shop/kept.ts:5", "tracked.ts:5"]);
    let mut skipped: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("skipped")).collect();
    skipped.sort_unstable();
    let expected = [
        "skipped: app.min.js: minified",
        "skipped: binary.ts: binary",
        "skipped: large.ts: larger than 1 MiB",
        "skipped: node_modules/: installed packages",
        "skipped: out: excluded by the configuration",
    ];
    assert_eq!(skipped, expected, "{outcome:?}");
    // The same without git, but for the one file that git itself keeps against its own rules.
    assert_eq!(told(&repository.run(&[])).0, ["deep/only-here/a.ts:5", "shop/kept.ts:5"]);
    // Ignore files above the root count.
    assert_eq!(repository.new_ones(&["--staged", "shop"]).0, ["kept.ts:5"]);
    assert_eq!(repository.new_ones(&["--staged", "--hidden", ".hidden"]).0, ["a.ts:5"]);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let repository = Repository::committed("errors", &[PACKAGE, ("a.ts", "")]);
    let error = |args: &[&str], variables: &[(&str, &str)]| {
        let outcome = repository.run_with(args, variables);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{outcome:?}");
        outcome.stderr
    };
    for revision in ["nowhere", "-h", "--output=x", "", "HEAD:a.ts", "base..HEAD", "^HEAD", "x\u{1b}[31my"] {
        let told = error(&["--since", revision], &[]);
        assert!(told.starts_with("error: no such commit: ") && !told.contains('\u{1b}'), "{told}");
    }
    assert!(error(&["--since=base", "--staged"], &[]).contains("cannot be used with"));
    assert!(error(&["--stdin-filename=a.ts", "--staged"], &[]).contains("cannot be used with"));
    assert_eq!(
        error(&["--staged"], &[("PATH", "/nowhere")]),
        "error: git is needed to compare, and is not installed\n"
    );

    let ceiling = env!("CARGO_TARGET_TMPDIR");
    let alone = Sandbox::with("since-alone", &[("a.ts", "")]);
    let path = alone.root.to_str().expect("it is UTF-8");
    let told = error(&["--staged", path], &[("GIT_CEILING_DIRECTORIES", ceiling)]);
    assert!(told.starts_with("error: git: not a git repository"), "{told}");

    repository.git(&["checkout", "-q", "-b", "one"]);
    repository.write("a.ts", "one");
    repository.commit();
    repository.git(&["checkout", "-q", "main"]);
    repository.write("a.ts", "two");
    repository.commit();
    let merge =
        Command::new("git").args(["merge", "-q", "one"]).current_dir(&repository.sandbox.root).envs(PEOPLE).output();
    assert!(!merge.expect("git is installed").status.success());
    assert_eq!(error(&["--staged"], &[]), "error: the index has unmerged entries, the first of them a.ts\n");
}

#[test]
fn contents_that_are_not_there_are_problems() {
    let repository = Repository::committed("missing", &[PACKAGE, ("src/a.ts", &loops("a")), ("src/b.ts", &loops("b"))]);
    let blob = repository.git(&["rev-parse", "HEAD:src/a.ts"]);
    let object = repository.sandbox.root.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    fs::remove_file(&object).expect("nothing was packed yet");
    let outcome = repository.run(&["--since", "base"]);
    assert_eq!(told(&outcome), none("1 file, 1 known finding left out"));
    assert!(outcome.stderr.contains("problem: src/a.ts: git has no content of it here"), "{outcome:?}");
}

/// Every file below a folder with its bytes and the time of its last change.
fn listing(folder: &Path) -> Vec<(String, SystemTime, Vec<u8>)> {
    let mut listed = Vec::new();
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it can be listed").path();
        let kind = fs::symlink_metadata(&path).expect("it is there");
        let bytes = if kind.is_file() { fs::read(&path).expect("it can be read") } else { Vec::new() };
        listed.push((path.display().to_string(), kind.modified().expect("times are kept"), bytes));
        if kind.is_dir() {
            listed.extend(listing(&path));
        }
    }
    listed.sort();
    listed
}

#[test]
fn nothing_is_touched() {
    let repository = Repository::committed("touch", &[PACKAGE, ("src/a.ts", &loops("a")), ("src/b.ts", "")]);
    repository.write("src/b.ts", loops("b"));
    repository.git(&["add", "-A"]);
    // What the index remembers of this file is no longer true, so that a refresh would write it anew.
    repository.write("src/a.ts", loops("a"));
    let before = listing(&repository.sandbox.root);
    repository.new_ones(&["--staged"]);
    repository.new_ones(&["--since", "base"]);
    assert!(listing(&repository.sandbox.root) == before);
}

#[cfg(unix)]
#[test]
fn nothing_of_the_repository_is_executed() {
    use std::os::unix::fs::PermissionsExt;

    let repository = Repository::committed("executed", &[PACKAGE, ("src/a.ts", &loops("a"))]);
    let root = repository.sandbox.root.clone();
    let script = format!("#!/bin/sh\ntouch '{}/executed'\n", root.display());
    let script_of = |path: &str| {
        repository.write(path, &script);
        fs::set_permissions(root.join(path), fs::Permissions::from_mode(0o755)).expect("it is ours");
    };
    for path in ["run", "git", "hooks/post-index-change", "hooks/post-checkout", "bin/git"] {
        script_of(path);
    }
    repository.write(".gitattributes", "*.ts diff=x filter=x\n");
    repository.git(&["add", "-A"]);
    for name in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.askPass",
        "diff.x.textconv",
        "diff.external",
        "filter.x.smudge",
        "filter.x.process",
        "alias.ls-tree",
    ] {
        repository.git(&["config", name, "./run"]);
    }
    repository.git(&["config", "core.hooksPath", "hooks"]);
    let path = format!(".::{}/bin:{}", root.display(), repository.path);
    for args in [["--staged", "."], ["--since=base", "."]] {
        let outcome = repository.run_with(&args, &[("PATH", &path)]);
        assert_eq!(told(&outcome).0, [""; 0], "{outcome:?}");
    }
    assert!(!root.join("executed").exists());
}

#[cfg(unix)]
#[test]
fn names_and_entries_of_all_kinds_are_read() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let repository = Repository::committed("names", &[PACKAGE, ("src/a.ts", &loops("a"))]);
    let root = &repository.sandbox.root;
    for name in
        [&b"line\nfeed.ts"[..], b"\x1b[31mred.ts", b"caf\xe9.ts", b"caf\xe8.ts", b"tab\t \"quote\".ts", b"-x.ts"]
    {
        fs::write(root.join(OsStr::from_bytes(name)), loops("n")).expect("all names can be written");
    }
    std::os::unix::fs::symlink("src/a.ts", root.join("link.ts")).expect("it can be linked");
    repository.git(&["add", "-A"]);
    let commit = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},library")]);
    let outcome = repository.run(&["--staged", "-v"]);
    assert_eq!(told(&outcome).0.len(), 6, "{outcome:?}");
    assert!(!outcome.stdout.contains('\u{1b}') && !outcome.stderr.contains('\u{1b}'));
    for line in ["skipped: library/: submodule", "skipped: link.ts: symbolic link", "file name is not UTF-8"] {
        assert!(outcome.stderr.contains(line), "{line}: {outcome:?}");
    }

    // Paths that no checkout could write lead nowhere.
    let blob = repository.git(&["rev-parse", "HEAD:src/a.ts"]);
    repository.write("tree", format!("100644 blob {blob}\t..\n100644 blob {blob}\ta.ts\n"));
    let tree =
        Command::new("sh").arg("-c").arg("git mktree < tree").current_dir(root).output().expect("git is installed");
    let tree = String::from_utf8_lossy(&tree.stdout).trim().to_owned();
    let commit = repository.git(&["commit-tree", "-m", "up", "-p", "base", &tree]);
    repository.git(&["update-ref", "refs/heads/main", &commit]);
    assert_eq!(repository.new_ones(&["--since", "base"]), none("1 file, 1 known finding left out"));
}
