//! A report to pieces of source with carets, notes and help, as rustc draws them. It does not know what severities
//! or columns programs expect.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstream::adapter::strip_str;

use super::lines::Sources;
use super::text::{confidence, file, linked, one_line, printable, write_end};
use super::{Options, Report, address};
use crate::finding::{Finding, Place, Severity, Step};
use crate::walk::FileId;

/// Places further apart than this many lines are drawn as two pieces, so that a piece stays cheap to draw.
const FAR: usize = 200;

/// A longer line, in bytes, is named and not drawn: nobody reads it, and it would be drawn anew for every finding.
const LONG: usize = 4096;

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    let renderer = if options.colour { Renderer::styled() } else { Renderer::plain() };
    for finding in &report.findings {
        let drawn = renderer.render(&[group(finding, &sources, options)]);
        writeln!(out, "{}\n", with_links(drawn, finding, &sources, options))?;
    }
    write_end(report, options, out)
}

pub(super) fn group<'r>(finding: &'r Finding, sources: &Sources<'r>, options: &Options) -> Group<'r> {
    let level = match finding.severity {
        Severity::Note => Level::NOTE,
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let mut title = level.primary_title(one_line(&finding.message)).id(finding.rule);
    if let Some(page) = options.hyperlinks.as_ref().and_then(|_| address::of_rule(finding.rule)) {
        title = title.id_url(page);
    }
    let group = Group::with_title(title);

    let (drawn, named) = finding.related.iter().partition::<Vec<&Step>, _>(|step| is_drawn(step.place, sources));
    let mut group = draw(group, finding.place, &drawn, sources);
    group = group.elements(named.iter().map(|step| Level::NOTE.message(located(step, sources))));
    for (number, step) in finding.trail.iter().enumerate() {
        group = group.element(Level::NOTE.message(format!("{}. {}", number + 1, located(step, sources))));
    }
    if options.verbose {
        group = group.element(Level::NOTE.message(format!("confidence: {}", confidence(finding.confidence))));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(printable(help)));
    }
    group
}

/// A place, and what belongs to it, as pieces of source; as lines where they are too long to draw.
pub(super) fn draw<'r>(group: Group<'r>, place: Place, related: &[&'r Step], sources: &Sources<'r>) -> Group<'r> {
    if is_drawn(place, sources) {
        return group.elements(pieces(Mark { place, label: None }, related, sources));
    }
    let start = sources.head(place).start;
    let path = one_line(sources.path(place));
    let group = group.element(Origin::path(path).line(start.line).char_column(start.character));
    group.elements(related.iter().map(|step| Level::NOTE.message(located(step, sources))))
}

fn located(step: &Step, sources: &Sources) -> String {
    at(&step.message, step.place, sources)
}

/// `the loop: src/report.ts:12:3`
pub(super) fn at(message: &str, at: Place, sources: &Sources) -> String {
    format!("{}: {}", one_line(message), place(at, sources))
}

fn place(place: Place, sources: &Sources) -> String {
    let start = sources.head(place).start;
    format!("{}:{}:{}", one_line(sources.path(place)), start.line, start.character)
}

/// Makes links of the places at the ends of lines that are not source: the renderer has links for rules alone.
fn with_links(drawn: String, finding: &Finding, sources: &Sources, options: &Options) -> String {
    if options.hyperlinks.is_none() {
        return drawn;
    }
    let steps = finding.related.iter().chain(&finding.trail).map(|step| step.place);
    let places: Vec<(String, Place)> =
        std::iter::once(finding.place).chain(steps).map(|at| (place(at, sources), at)).collect();
    let lines = drawn.lines().map(|line| {
        let bare = strip_str(line).to_string();
        let names_place = ["-->", ":::", "="].iter().any(|start| bare.trim_start().starts_with(start));
        let found =
            places.iter().filter(|_| names_place).find_map(|(name, at)| Some((line.strip_suffix(name)?, name, at)));
        match found {
            Some((before, name, at)) => before.to_owned() + &linked(name, file(sources.path(*at), options)),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_drawn(place: Place, sources: &Sources) -> bool {
    let lines = sources.lines(place);
    lines.line(lines.head(place.span).start.line).len() <= LONG
}

/// A place to underline.
#[derive(Clone, Copy)]
struct Mark<'r> {
    place: Place,
    /// The finding itself has none: its message is the headline.
    label: Option<&'r str>,
}

/// Neighbouring lines of one file with the places to underline.
struct Piece<'r> {
    file: FileId,
    first: usize,
    last: usize,
    marks: Vec<Mark<'r>>,
}

/// The piece with the finding comes first, the others in the order of the evidence.
fn pieces<'r>(primary: Mark<'r>, related: &[&'r Step], sources: &Sources<'r>) -> Vec<Snippet<'r, Annotation<'r>>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let related = related.iter().map(|step| Mark { place: step.place, label: Some(&step.message) });
    for mark in std::iter::once(primary).chain(related) {
        let line = sources.head(mark.place).start.line;
        match pieces.iter_mut().find(|piece| piece.takes(mark.place.file, line)) {
            Some(piece) => piece.push(mark, line),
            None => pieces.push(Piece { file: mark.place.file, first: line, last: line, marks: vec![mark] }),
        }
    }
    pieces.iter().map(|piece| piece.snippet(sources)).collect()
}

impl<'r> Piece<'r> {
    fn takes(&self, file: FileId, line: usize) -> bool {
        file == self.file && self.last.max(line) - self.first.min(line) <= FAR
    }

    fn push(&mut self, mark: Mark<'r>, line: usize) {
        self.first = self.first.min(line);
        self.last = self.last.max(line);
        self.marks.push(mark);
    }

    fn snippet(&self, sources: &Sources<'r>) -> Snippet<'r, Annotation<'r>> {
        let lines = sources.lines(self.marks[0].place);
        let mut source = String::new();
        let mut starts = Vec::new();
        for line in self.first..=self.last {
            starts.push(source.len());
            let text = lines.line(line);
            source.push_str(&if text.len() <= LONG { one_line(text) } else { Cow::Borrowed("...") });
            source.push('\n');
        }
        let annotations = self.marks.iter().map(|mark| {
            let line = lines.head(mark.place.span).start.line;
            let span = shown(lines.line(line), lines.head_in_line(mark.place.span));
            let start = starts[line - self.first];
            let kind = if mark.label.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
            kind.span(start + span.start..start + span.end).label(mark.label.map(one_line))
        });
        let annotations: Vec<Annotation> = annotations.collect();
        let path = one_line(sources.path(self.marks[0].place));
        Snippet::source(source).path(path).line_start(self.first).annotations(annotations)
    }
}

/// The same part of a line after it was made printable.
fn shown(line: &str, part: Range<usize>) -> Range<usize> {
    one_line(&line[..part.start]).len()..one_line(&line[..part.end]).len()
}
