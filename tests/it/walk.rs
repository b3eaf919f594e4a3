//! The walk over trees made for the purpose, hostile ones included.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use backlint::walk::{self, File, FileKind, Files, Options, Role};

/// A folder of its own that goes away with the value.
pub(crate) struct Tree(PathBuf);

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("backlint-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let tree = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&tree.0).expect("the temporary folder is writable");
        for (path, text) in files {
            tree.write(path, text.as_bytes());
        }
        tree
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("the tree is above it")).expect("the tree is writable");
        fs::write(path, bytes).expect("the tree is writable");
    }

    pub(crate) fn walk(&self) -> Files {
        self.walk_with(&Options::default())
    }

    fn walk_with(&self, options: &Options) -> Files {
        walk::files(&self.0, options)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn paths(files: &Files) -> Vec<&str> {
    files.files.iter().map(|file| file.path.as_str()).collect()
}

fn skipped(files: &Files) -> Vec<(&str, &str)> {
    files.skipped.iter().map(|skipped| (skipped.path.as_str(), skipped.reason.as_str())).collect()
}

fn problems(files: &Files) -> Vec<(&str, &str)> {
    files.problems.iter().map(|problem| (problem.path.as_str(), problem.message.as_str())).collect()
}

fn only(files: &Files) -> &File {
    assert_eq!(files.files.len(), 1, "{:?}", paths(files));
    &files.files[0]
}

#[test]
fn sources_and_manifests_are_read_in_the_order_of_their_paths() {
    let tree = Tree::new(&[
        ("src/b.ts", "b"),
        ("src/a.py", "a"),
        ("src-gen.rs", ""),
        ("go.mod", "module x"),
        ("requirements-dev.txt", ""),
        ("tsconfig.build.json", "{}"),
        ("notes.md", "not ours"),
        ("data.json", "{}"),
        (".js", "a name without extension"),
    ]);
    let files = tree.walk();
    let expected = ["go.mod", "requirements-dev.txt", "src-gen.rs", "src/a.py", "src/b.ts", "tsconfig.build.json"];
    assert_eq!(paths(&files), expected);
    assert_eq!(files.files[0].kind, FileKind::Manifest);
    assert_eq!(files.files[3].text, "a");
    assert!(files.skipped.is_empty() && files.problems.is_empty());
}

#[test]
fn ignore_files_count_without_git() {
    let tree = Tree::new(&[
        (".gitignore", "a.py"),
        (".ignore", "b.py"),
        (".backlintignore", "c.py\ngone/"),
        ("a.py", ""),
        ("b.py", ""),
        ("c.py", ""),
        ("d.py", ""),
        ("gone/e.py", ""),
        (".hidden/f.py", ""),
    ]);
    assert_eq!(paths(&tree.walk()), ["d.py"]);
    let options = Options { hidden: true, ..Options::default() };
    assert_eq!(paths(&tree.walk_with(&options)), [".hidden/f.py", "d.py"]);
}

#[test]
fn ignore_files_above_count_within_the_repository_only() {
    let tree = Tree::new(&[
        (".gitignore", "a.py\nb.py"),
        ("repository/.git/HEAD", ""),
        ("repository/.gitignore", "b.py"),
        ("repository/service/a.py", ""),
        ("repository/service/b.py", ""),
        ("plain/a.py", ""),
    ]);
    let options = Options::default();
    assert_eq!(paths(&walk::files(&tree.0.join("repository/service"), &options)), ["a.py"]);
    assert_eq!(paths(&walk::files(&tree.0.join("plain"), &options)), ["a.py"]);
}

#[test]
fn folders_of_others_are_not_entered() {
    let tree = Tree::new(&[
        ("node_modules/x/index.js", ""),
        ("venv/lib/x.py", ""),
        ("environment/pyvenv.cfg", ""),
        ("environment/lib/x.py", ""),
        ("rust/Cargo.toml", ""),
        ("rust/target/debug/build.rs", ""),
        ("target/marketing.py", ""),
    ]);
    let files = tree.walk();
    assert_eq!(paths(&files), ["rust/Cargo.toml", "target/marketing.py"]);
    let expected = [
        ("environment/", "virtual environment"),
        ("node_modules/", "installed packages"),
        ("rust/target/", "build output"),
        ("venv/", "virtual environment"),
    ];
    assert_eq!(skipped(&files), expected);
}

#[test]
fn what_nobody_wrote_by_hand_is_skipped() {
    let tree = Tree::new(&[("app.min.js", "x"), ("package.json", &format!("{{\"x\":\"{}\"}}", "y".repeat(900)))]);
    tree.write("big.py", &vec![b' '; 50 << 20]);
    tree.write("binary.js", b"\x7fELF\0\0");
    tree.write("long.js", format!("{};\n", "x".repeat(1000)).repeat(3).as_bytes());
    let files = tree.walk();
    assert_eq!(paths(&files), ["package.json"]);
    let expected =
        [("app.min.js", "minified"), ("big.py", "larger than 1 MiB"), ("binary.js", "binary"), ("long.js", "minified")];
    assert_eq!(skipped(&files), expected);

    let options = Options { max_file_size: 5, ..Options::default() };
    assert!(skipped(&tree.walk_with(&options)).contains(&("package.json", "larger than 5 bytes")));
}

#[test]
fn encodings_become_text_without_marks() {
    let tree = Tree::new(&[]);
    tree.write("bom.py", b"\xEF\xBB\xBFx = 1");
    tree.write("latin.py", b"# caf\xE9");
    tree.write("utf16be.py", b"\xFE\xFF\0x\0=\0\x31");
    tree.write("utf16le.py", b"\xFF\xFEx\0=\0\x31\0\0\xD8");
    let files = tree.walk();
    let texts: Vec<&str> = files.files.iter().map(|file| file.text.as_str()).collect();
    assert_eq!(texts, ["x = 1", "# caf\u{FFFD}", "x=1", "x=1\u{FFFD}"]);
    let expected = [
        ("latin.py", "not UTF-8; read with replacement characters"),
        ("utf16le.py", "broken UTF-16; read with replacement characters"),
    ];
    assert_eq!(problems(&files), expected);
}

#[test]
fn a_file_is_a_root_too() {
    let tree = Tree::new(&[("app/main.py", "x"), ("app/notes.txt", "")]);
    let files = walk::files(&tree.0.join("app/main.py"), &Options::default());
    assert_eq!((only(&files).path.as_str(), only(&files).text.as_str()), ("main.py", "x"));
    assert_eq!(walk::base(&tree.0.join("app/main.py")), tree.0.join("app"));

    let files = walk::files(&tree.0.join("app/notes.txt"), &Options::default());
    assert_eq!(skipped(&files), [("notes.txt", "neither a known language nor a manifest")]);
}

#[test]
fn a_missing_root_is_a_problem() {
    let tree = Tree::new(&[]);
    let files = walk::files(&tree.0.join("nowhere"), &Options::default());
    assert!(files.files.is_empty());
    assert_eq!(files.problems.len(), 1);
    assert_eq!(files.problems[0].message, "no such file or directory");
}

#[test]
fn what_the_path_decides_is_not_read() {
    let tree = Tree::new(&[("tests/a.py", "a"), ("scripts/b.py", "b")]);
    let files = tree.walk();
    let read: Vec<(Role, bool, &str)> =
        files.files.iter().map(|file| (file.role, file.read, file.text.as_str())).collect();
    assert_eq!(read, [(Role::Script, true, "b"), (Role::Test, false, "")]);
}

#[test]
fn the_configuration_has_the_last_word_on_roles() {
    let tree = Tree::new(&[("tests/a.py", "a"), ("src/b.py", "b"), ("src/c/d.py", "")]);
    let roles =
        vec![(glob("tests/*"), Role::Test), (glob("tests/**"), Role::Product), (glob("src/*.py"), Role::Script)];
    let files = tree.walk_with(&Options { roles, ..Options::default() });
    let found: Vec<(&str, Role, bool)> =
        files.files.iter().map(|file| (file.path.as_str(), file.role, file.read)).collect();
    let expected =
        [("src/b.py", Role::Script, true), ("src/c/d.py", Role::Product, true), ("tests/a.py", Role::Product, true)];
    assert_eq!(found, expected);
}

fn glob(glob: &str) -> globset::GlobMatcher {
    let glob = globset::GlobBuilder::new(glob).literal_separator(true).build();
    glob.expect("the tests write sound globs").compile_matcher()
}

#[test]
fn one_thread_and_many_find_the_same() {
    let names: Vec<String> = (0..300).map(|n| format!("{}/{}/{n}.py", n % 7, n % 13)).collect();
    let tree = Tree::new(&names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>());
    let with = |threads| tree.walk_with(&Options { threads, ..Options::default() });
    assert_eq!(paths(&with(1)), paths(&with(8)));
    assert_eq!(with(8).files.len(), 300);
}

#[cfg(unix)]
mod hostile {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[test]
    fn links_are_named_and_not_followed() {
        let outside = Tree::new(&[("secret.py", "secret")]);
        let tree = Tree::new(&[("a/b.py", "")]);
        symlink(outside.0.join("secret.py"), tree.0.join("secret.py")).expect("links can be made");
        symlink(&outside.0, tree.0.join("elsewhere")).expect("links can be made");
        symlink(&tree.0, tree.0.join("a/loop")).expect("links can be made");
        let files = tree.walk();
        assert_eq!(paths(&files), ["a/b.py"]);
        let expected = [("a/loop", "symbolic link"), ("elsewhere", "symbolic link"), ("secret.py", "symbolic link")];
        assert_eq!(skipped(&files), expected);
    }

    #[test]
    fn pipes_are_not_opened() {
        let tree = Tree::new(&[("a.py", "")]);
        let made = Command::new("mkfifo").arg(tree.0.join("pipe.py")).status();
        if made.is_ok_and(|status| status.success()) {
            assert_eq!(paths(&tree.walk()), ["a.py"]);
            assert!(walk::files(&tree.0.join("pipe.py"), &Options::default()).files.is_empty());
        }
    }

    #[test]
    fn ignore_files_that_are_none_are_not_opened() {
        let outside = Tree::new(&[("ignore", "*.py")]);
        let tree =
            Tree::new(&[("a.py", ""), ("large/b.py", ""), ("linked/c.py", ""), ("piped/d.py", ""), ("e/f.py", "")]);
        tree.write("large/.gitignore", &vec![b'*'; 200 << 10]);
        tree.write("e/.gitignore", b"*.ts");
        symlink("../e/.gitignore", tree.0.join("e/.ignore")).expect("links can be made");
        symlink(outside.0.join("ignore"), tree.0.join("linked/.ignore")).expect("links can be made");
        let made = Command::new("mkfifo").arg(tree.0.join("piped/.backlintignore")).status();
        if !made.is_ok_and(|status| status.success()) {
            return;
        }
        let files = tree.walk();
        assert_eq!(paths(&files), ["a.py", "e/f.py"]);
        let expected = [
            ("large", "not entered, since its ignore files are larger than 128 KiB"),
            ("linked", "not entered, since its .ignore is no file inside the root"),
            ("piped", "not entered, since its .backlintignore is no file inside the root"),
        ];
        assert_eq!(problems(&files), expected);

        let files = walk::files(&tree.0.join("piped"), &Options::default());
        assert!(files.files.is_empty());
        assert_eq!(problems(&files), [("", expected[2].1)]);
    }

    #[test]
    fn ignore_files_count_together_with_those_around() {
        let tree = Tree::new(&[("a/b/c.py", ""), ("a/d.py", ""), ("e/f.py", "")]);
        for folder in ["a", "a/b", "e"] {
            tree.write(&format!("{folder}/.gitignore"), "x\n".repeat(40 << 10).as_bytes());
        }
        let files = tree.walk();
        assert_eq!(paths(&files), ["a/d.py", "e/f.py"]);
        assert_eq!(problems(&files), [("a/b", "not entered, since its ignore files are larger than 128 KiB")]);
    }

    #[test]
    fn odd_names_are_audited() {
        let tree = Tree::new(&[("new\nline\u{1b}[31m.py", ""), ("back\\slash.py", "")]);
        fs::write(tree.0.join(OsStr::from_bytes(b"caf\xE9.py")), "x = 1").expect("the tree is writable");
        let files = tree.walk();
        assert_eq!(paths(&files), ["back\\slash.py", "caf\u{FFFD}.py", "new\nline\u{1b}[31m.py"]);
        assert_eq!(files.files[1].text, "x = 1");
        assert_eq!(problems(&files), [("caf\u{FFFD}.py", "file name is not UTF-8")]);
    }
}
