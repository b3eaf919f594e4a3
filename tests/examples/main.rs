//! The examples that say what backlint is: rule pages, small repositories and lowering dumps, each run as a test.
//!
//! `BLESS=1 cargo test --test examples` writes what it sees instead of comparing.

#![expect(clippy::disallowed_methods, reason = "tests read and write their fixtures")]

mod dump;
mod lowering;

datatest_stable::harness! {
    { test = lowering::lowers, root = "fixtures/lowering", pattern = r"\.(ts|tsx|js|py|go|rs)$" },
}
