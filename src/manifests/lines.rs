//! A text to its lines with their places. Knows no format.

use crate::facts::Span;

/// The lines without what ends them; the span leaves out blanks at the end.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let plain = line.trim_end();
        let span = Span::new(start, start + plain.len());
        start += line.len();
        (span, plain)
    })
}
