//! Lines for people, on standard error. What comes from audited files is made harmless here; reports are not made here.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use super::args::Color;

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
            self.write(&format!("{}\n", harmless(&message.to_string())));
        }
    }

    /// Text of several lines that was made harmless before it was rendered.
    pub(super) fn block(self, text: &str) {
        self.write(text);
    }

    fn labelled(self, label: &str, style: Style, message: &str) {
        self.write(&format!("{style}{label}{style:#}: {}\n", harmless(message)));
    }

    fn write(self, text: &str) {
        let choice = if self.colour { ColorChoice::Always } else { ColorChoice::Never };
        // When nobody listens on standard error, there is nobody to tell.
        let _ = AutoStream::new(io::stderr().lock(), choice).write_all(text.as_bytes());
    }
}

/// Text in which nothing commands a terminal or reorders what is read: such characters are written as escapes.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let harms = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if !text.contains(harms) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if harms(letter) {
            // Writing to a string cannot fail.
            let _ = write!(harmless, "{}", letter.escape_unicode());
        } else {
            harmless.push(letter);
        }
    }
    Cow::Owned(harmless)
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

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn control_characters_are_spelt_out() {
        assert_eq!(harmless("src/a b.ts: ü"), "src/a b.ts: ü");
        assert_eq!(harmless("a\u{1b}[2J\n\u{202e}b\u{9b}"), r"a\u{1b}[2J\u{a}\u{202e}b\u{9b}");
    }
}
