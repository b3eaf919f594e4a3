//! The examples that say what backlint is: rule pages, small repositories and lowering dumps, each run as a test.
//!
//! `BLESS=1 cargo test --test examples` writes what it sees instead of comparing.

#![expect(clippy::disallowed_methods, reason = "tests read and write their fixtures")]

mod dump;
mod lowering;
mod pages;
mod repositories;
mod scratch;

datatest_stable::harness! {
    { test = pages::page, root = "rules", pattern = r"^[^/]+\.md$" },
    { test = repositories::repository, root = "fixtures/repos", pattern = r"^[^/]+/expected\.txt$" },
    { test = lowering::lowers, root = "fixtures/lowering", pattern = r"\.(ts|tsx|js|py|go|rs)$" },
}
