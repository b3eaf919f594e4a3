//! The examples that say what backlint is: rule pages, small repositories and lowering dumps, each run as a test.
//!
//! `BLESS=1 cargo test --test examples` writes what it sees instead of comparing.

#![expect(clippy::disallowed_methods, reason = "tests read and write their fixtures")]

mod dump;
mod lowering;
mod pages;
mod repositories;
mod scratch;
mod stacks;

/// The lines of one text that the other lacks, marked with a sign.
pub(crate) fn difference(wanted: &str, found: &str) -> String {
    let lacking = |of: &str, sign: char, from: &str| -> String {
        let lines = of.lines().filter(|line| !from.lines().any(|other| other == *line));
        lines.map(|line| format!("{sign} {line}\n")).collect()
    };
    lacking(wanted, '-', found) + &lacking(found, '+', wanted)
}

datatest_stable::harness! {
    { test = pages::page, root = "rules", pattern = r"^[^/]+\.md$" },
    { test = repositories::repository, root = "fixtures/repos", pattern = r"^[^/]+/expected\.txt$" },
    { test = stacks::stack, root = "fixtures/stacks", pattern = r"^[^/]+/expected\.txt$" },
    { test = stacks::checklist, root = "fixtures/stacks", pattern = r"^[^/]+/checklist\.txt$" },
    { test = lowering::lowers, root = "fixtures/lowering", pattern = r"\.(ts|tsx|js|py|go|rs)$" },
}
