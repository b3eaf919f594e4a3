//! What the formats for people share: text that is safe to print, the words and colours of severities, and the
//! summary. It does not know how a finding is laid out.

use std::borrow::Cow;
use std::io;

use annotate_snippets::renderer::{DEFAULT_ERROR_STYLE, DEFAULT_NOTE_STYLE, DEFAULT_WARNING_STYLE};
use anstyle::Style;

use super::{Options, Report};
use crate::finding::{Confidence, Severity};

/// Text of the audited repository as it may go to a terminal: control characters, and those that turn the
/// direction of writing, become visible stand-ins. Line feeds and tabs stay.
///
/// Every stand-in is one character, so that columns still fit.
pub fn printable(text: &str) -> Cow<'_, str> {
    replace(text, is_unsafe_in_text)
}

/// [`printable`] for names and sentences: line feeds are replaced too, so that a file name cannot forge a line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    replace(text, |character| character == '\n' || is_unsafe_in_text(character))
}

/// Whether a terminal could take a character of some text for a command.
pub(super) fn is_unsafe_in_text(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => true,
        _ => character.is_control(),
    }
}

fn replace(text: &str, is_unsafe: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_unsafe) {
        return Cow::Borrowed(text);
    }
    let stand_in = |character: char| match character {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    };
    text.chars().map(|character| if is_unsafe(character) { stand_in(character) } else { character }).collect()
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

pub(super) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// Text between the codes that colour it, or as it is.
pub(super) fn styled(text: &str, style: Style, options: &Options) -> String {
    if options.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// `warning[query-in-loop]`
pub(super) fn label(of: Severity, rule: &str, options: &Options) -> String {
    let style = match of {
        Severity::Note => DEFAULT_NOTE_STYLE,
        Severity::Warning => DEFAULT_WARNING_STYLE,
        Severity::Error => DEFAULT_ERROR_STYLE,
    };
    styled(&format!("{}[{rule}]", severity(of)), style, options)
}

/// What comes after the last finding.
pub(super) fn write_end(report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    if options.quiet {
        return Ok(());
    }
    writeln!(out, "{}", summary(report))
}

/// `3 findings (2 warnings, 1 note) in 412 files, 2 ignored`
fn summary(report: &Report) -> String {
    format!("{} in {}", headline(report), around(report))
}

/// `3 findings (2 warnings, 1 note)`
pub(super) fn headline(report: &Report) -> String {
    match report.findings.len() {
        0 => "no findings".to_owned(),
        all => format!("{} ({})", counted(all, "finding"), severities(report).join(", ")),
    }
}

/// `412 files, 2 ignored`
pub(super) fn around(report: &Report) -> String {
    let mut around = counted(report.counts.files, "file");
    if report.counts.ignored > 0 {
        around.push_str(&format!(", {} ignored", report.counts.ignored));
    }
    if !report.known.is_empty() {
        around.push_str(&format!(", {} left out", counted(report.known.len(), "known finding")));
    }
    if report.counts.hidden > 0 {
        let them = them(report.counts.hidden);
        around.push_str(&format!(", {} of low confidence hidden (--pedantic shows {them})", report.counts.hidden));
    }
    around
}

fn severities(report: &Report) -> Vec<String> {
    let count = |of| report.findings.iter().filter(|finding| finding.severity == of).count();
    [Severity::Error, Severity::Warning, Severity::Note]
        .map(|of| (count(of), severity(of)))
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| counted(count, word))
        .collect()
}

pub(super) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn them(count: usize) -> &'static str {
    if count == 1 { "it" } else { "them" }
}
