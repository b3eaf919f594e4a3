//! A text to its lines, each with its place. Knows no format.

use crate::facts::Span;

/// The lines without what ends them, and without the mark that may begin a text.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (&str, Span)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let shown = line.trim_end();
        let span = Span::new(start, start + shown.len());
        let shown = if start == 0 { shown.trim_start_matches('\u{feff}') } else { shown };
        start += line.len();
        (shown, span)
    })
}
