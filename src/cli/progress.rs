//! How far a run is: a bar on a terminal's standard error once it takes longer than half a second. The run's clock.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Progress;

const PATIENCE: Duration = Duration::from_millis(500);

pub(super) struct Bar {
    start: Instant,
    bar: ProgressBar,
    wanted: bool,
}

impl Bar {
    pub(super) fn new(wanted: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { start: Instant::now(), bar, wanted: wanted && io::stderr().is_terminal() }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn show_when_late(&self) {
        if self.wanted && self.bar.is_hidden() && self.start.elapsed() >= PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Progress for Bar {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn phase(&self, name: &'static str, steps: usize) {
        self.bar.set_position(0);
        self.bar.set_length(steps as u64);
        self.bar.set_message(name);
        self.show_when_late();
    }

    fn step(&self) {
        self.bar.inc(1);
        self.show_when_late();
    }
}
