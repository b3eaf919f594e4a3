//! How many steps one question about the code may take, and how deep it may go: what is asked follows names that a
//! hostile repository chose. It does not know what is asked.

use std::cell::Cell;

#[derive(Debug)]
pub(super) struct Budget {
    steps: Cell<u32>,
    depth: Cell<u32>,
    most_steps: u32,
    most_depth: u32,
}

impl Budget {
    pub(super) fn new(most_steps: u32, most_depth: u32) -> Self {
        Self { steps: Cell::new(most_steps), depth: Cell::new(0), most_steps, most_depth }
    }

    /// Another question begins.
    pub(super) fn refill(&self) {
        self.steps.set(self.most_steps);
    }

    /// Takes a step, if one is left.
    pub(super) fn tick(&self) -> Option<()> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(())
    }

    /// Goes one level deeper, if there is room.
    pub(super) fn deeper<T>(&self, ask: impl FnOnce() -> Option<T>) -> Option<T> {
        self.tick()?;
        if self.depth.get() >= self.most_depth {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let answer = ask();
        self.depth.set(self.depth.get() - 1);
        answer
    }
}
