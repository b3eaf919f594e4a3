//! Byte spans to lines and columns: the one place where that happens. It does not know what is at a place.
//!
//! A line ends at LF, CR LF or a lone CR. A span that lies beyond the text, ends before it starts or cuts a
//! character is clamped to something that can be shown, since a wrong place must not cost the report.

use std::cell::OnceCell;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::facts::Span;
use crate::finding::Place;
use crate::walk::Files;

/// A point in a text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    /// In UTF-16 code units, as GitHub, SARIF viewers and editors count.
    pub(super) column: usize,
    /// In characters, as people and terminals count.
    pub(super) character: usize,
}

/// Where something starts and where the first character after it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) start: Position,
    pub(super) end: Position,
}

/// The texts of a run with their lines, which are counted when a file is first asked for.
pub(super) struct Sources<'r> {
    files: &'r Files,
    lines: Vec<OnceCell<Lines<'r>>>,
    by_path: OnceCell<FxHashMap<&'r str, usize>>,
}

impl<'r> Sources<'r> {
    pub(super) fn new(files: &'r Files) -> Self {
        let lines = files.files.iter().map(|_| OnceCell::new()).collect();
        Self { files, lines, by_path: OnceCell::new() }
    }

    pub(super) fn path(&self, place: Place) -> &'r str {
        &self.files.file(place.file).path
    }

    /// The lines of the file that a place is in.
    pub(super) fn lines(&self, place: Place) -> &Lines<'r> {
        self.of_index(place.file.get())
    }

    /// The lines of a file that is known by its path only, if it was read at all.
    pub(super) fn lines_of(&self, path: &str) -> Option<&Lines<'r>> {
        let paths = || self.files.files.iter().enumerate().map(|(index, file)| (file.path.as_str(), index)).collect();
        Some(self.of_index(*self.by_path.get_or_init(paths).get(path)?))
    }

    /// All of a place.
    pub(super) fn whole(&self, place: Place) -> Extent {
        self.lines(place).whole(place.span)
    }

    /// As much of a place as is on its first line.
    pub(super) fn head(&self, place: Place) -> Extent {
        self.lines(place).head(place.span)
    }

    fn of_index(&self, index: usize) -> &Lines<'r> {
        self.lines[index].get_or_init(|| Lines::new(&self.files.files[index].text))
    }
}

/// A text and where its lines start.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let ends_line =
            |&(at, &byte): &(usize, &u8)| byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        let ends = bytes.iter().enumerate().filter(ends_line);
        Self { text, starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// The text of a line, counted from 1, without what ends it.
    pub(super) fn line(&self, line: usize) -> &'t str {
        &self.text[self.content(line - 1)]
    }

    pub(super) fn count(&self) -> usize {
        // What comes after the last line feed is a line only when something stands there.
        self.starts.len() - usize::from(self.starts.len() > 1 && self.starts.last() == Some(&self.text.len()))
    }

    /// The bytes of a line, or the point before one of its UTF-16 columns; both counted from 1. A column beyond its
    /// end is that end.
    pub(super) fn span(&self, line: usize, column: Option<usize>) -> Option<Span> {
        let content = self.content(line.checked_sub(1).filter(|_| line <= self.count())?);
        let Some(column) = column else { return Some(Span::new(content.start, content.end)) };
        let mut units = 1;
        let is_before = |character: &char| {
            units += character.len_utf16();
            units <= column
        };
        let before: usize = self.text[content.clone()].chars().take_while(is_before).map(char::len_utf8).sum();
        Some(Span::new(content.start + before, content.start + before))
    }

    pub(super) fn whole(&self, span: Span) -> Extent {
        self.extent(self.clamp(span))
    }

    pub(super) fn head(&self, span: Span) -> Extent {
        self.extent(self.head_range(span))
    }

    /// The bytes of a span that are on its first line, counted from the start of that line.
    pub(super) fn head_in_line(&self, span: Span) -> Range<usize> {
        let head = self.head_range(span);
        let start = self.starts[self.index(head.start)];
        head.start - start..head.end - start
    }

    fn head_range(&self, span: Span) -> Range<usize> {
        let range = self.clamp(span);
        let content = self.content(self.index(range.start));
        range.start.min(content.end)..range.end.min(content.end)
    }

    fn clamp(&self, span: Span) -> Range<usize> {
        let mut start = (span.start as usize).min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = (span.end as usize).min(self.text.len()).max(start);
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    fn extent(&self, range: Range<usize>) -> Extent {
        Extent { start: self.position(range.start), end: self.position(range.end) }
    }

    fn position(&self, offset: usize) -> Position {
        let index = self.index(offset);
        let content = self.content(index);
        let before = &self.text[content.start..offset.min(content.end)];
        Position {
            line: index + 1,
            column: before.chars().map(char::len_utf16).sum::<usize>() + 1,
            character: before.chars().count() + 1,
        }
    }

    /// The line that a byte is on, counted from 0.
    fn index(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    fn content(&self, index: usize) -> Range<usize> {
        let start = self.starts[index];
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        let line = &self.text[start..end];
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        start..start + line.len()
    }
}
