//! Lines for people, on standard error. What comes from audited files is made harmless here; reports are not made here.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use super::args::Color;
use crate::report::one_line;

/// Standard error, and how much of it is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Console {
    pub(super) colour: bool,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
}

impl Console {
    /// What ended the run.
    pub(super) fn error(self, message: impl fmt::Display) {
        self.labelled("error", AnsiColor::Red.on_default().bold(), &message.to_string());
    }

    /// What kept backlint from seeing all of the repository.
    pub(super) fn problem(self, message: impl fmt::Display) {
        if !self.quiet {
            self.labelled("problem", AnsiColor::Yellow.on_default().bold(), &message.to_string());
        }
    }

    pub(super) fn note(self, message: impl fmt::Display) {
        if !self.quiet {
            self.write(&format!("{}\n", one_line(&message.to_string())));
        }
    }

    /// Text of several lines that was made harmless before it was rendered.
    pub(super) fn block(self, text: &str) {
        self.write(text);
    }

    fn labelled(self, label: &str, style: Style, message: &str) {
        self.write(&format!("{style}{label}{style:#}: {}\n", one_line(message)));
    }

    fn write(self, text: &str) {
        let choice = if self.colour { ColorChoice::Always } else { ColorChoice::Never };
        // When nobody listens on standard error, there is nobody to tell.
        let _ = AutoStream::new(io::stderr().lock(), choice).write_all(text.as_bytes());
    }
}

/// Whether to colour a stream: the flag, then the environment's wishes from strong to weak, then what the stream is.
pub(super) fn is_coloured(
    choice: Color,
    stream: &impl IsTerminal,
    variable: impl Fn(&str) -> Option<OsString>,
) -> bool {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let forces = |name| set(name).is_some_and(|value| value != "0" && value != "false");
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR").is_some() => false,
        Color::Auto if forces("FORCE_COLOR") || forces("CLICOLOR_FORCE") => true,
        Color::Auto if set("TERM").is_some_and(|value| value == "dumb") => false,
        Color::Auto if set("CLICOLOR").is_some_and(|value| value == "0") => false,
        Color::Auto => stream.is_terminal(),
    }
}
