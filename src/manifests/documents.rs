//! Prose to its headings, each with the number of words below it: Markdown, AsciiDoc, reStructuredText. Also the files
//! that say where tools keep records of decisions. Knows nothing of what is said.

use super::lines::lines;
use super::{Broken, Heading, ManifestFacts, Reference, tree};
use crate::facts::Span;

pub(super) fn read(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    match path.rsplit_once('.').map_or(path, |(_, extension)| extension) {
        "adr-dir" => {
            let line = lines(text).find(|(line, _)| !line.trim().is_empty());
            facts.includes.extend(line.map(|(line, span)| Reference { path: line.trim().to_owned(), span }));
            Ok(())
        }
        "yml" => log4brains(text, facts),
        extension => {
            let format = match extension.to_ascii_lowercase().as_str() {
                "adoc" => Format::AsciiDoc,
                "rst" => Format::ReStructuredText,
                _ => Format::Markdown,
            };
            Prose { format, headings: &mut facts.headings, fence: None, in_comment: false, has_begun: false }
                .read(text);
            Ok(())
        }
    }
}

/// `project.adrFolder`, and that of each of its `packages`.
fn log4brains(text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (documents, broken) = tree::yaml(text);
    if let Some(project) = documents.first().and_then(|document| document.get("project")) {
        let packages = project.get("packages").map(|packages| packages.items()).unwrap_or_default();
        let folders = std::iter::once(project).chain(packages).filter_map(|of| of.get("adrFolder"));
        let folders = folders.filter_map(|folder| Some((folder.text()?, folder.span)));
        facts.includes.extend(folders.map(|(path, span)| Reference { path: path.to_owned(), span }));
    }
    broken.map_or(Ok(()), Err)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Markdown,
    AsciiDoc,
    ReStructuredText,
}

struct Prose<'f> {
    format: Format,
    headings: &'f mut Vec<Heading>,
    /// What closes the block of code that is open.
    fence: Option<&'static str>,
    in_comment: bool,
    /// Past what stands before the first heading.
    has_begun: bool,
}

impl Prose<'_> {
    fn read(&mut self, text: &str) {
        let front = match self.format {
            Format::Markdown => length_of_front_matter(text),
            _ => 0,
        };
        for (line, span) in lines(text).take(front) {
            self.front_matter(line, span);
        }
        let mut before: (Span, &str) = (Span::new(0, 0), "");
        for (line, span) in lines(text).skip(front) {
            if self.is_passed_over(line) {
                before = (span, "");
                continue;
            }
            if let Some(title) = self.title(line) {
                self.start(title, span);
                before = (span, "");
            } else if self.underlines(line, before.1) {
                // What stands above was counted as prose.
                self.count(before.1, |words, more| words.saturating_sub(more));
                self.start(before.1.trim(), before.0);
                before = (span, "");
            } else {
                self.count(line, |words, more| words + more);
                before = (span, line);
            }
        }
    }

    /// A status of the front matter stands for a heading.
    fn front_matter(&mut self, line: &str, span: Span) {
        if let Some((key, value)) = line.split_once(':')
            && key.eq_ignore_ascii_case("status")
        {
            self.headings.push(Heading { text: "Status".to_owned(), words: words(value), span });
        }
    }

    /// Code and comments, with the lines around them.
    fn is_passed_over(&mut self, line: &str) -> bool {
        let line = line.trim_start();
        if let Some(fence) = self.fence {
            if line.starts_with(fence) {
                self.fence = None;
            }
            return true;
        }
        if self.in_comment || self.format == Format::Markdown && line.starts_with("<!--") {
            self.in_comment = !line.contains("-->");
            return true;
        }
        let fences: &[&'static str] = match self.format {
            Format::Markdown => &["```", "~~~"],
            Format::AsciiDoc => &["----", "....", "////"],
            Format::ReStructuredText => &[],
        };
        self.fence = fences.iter().find(|fence| line.starts_with(**fence)).copied();
        self.fence.is_some()
    }

    /// `## Title`, `== Title`
    fn title<'t>(&self, line: &'t str) -> Option<&'t str> {
        let mark = match self.format {
            Format::Markdown => '#',
            Format::AsciiDoc => '=',
            Format::ReStructuredText => return None,
        };
        let title = line.trim_start_matches(mark);
        let level = line.len() - title.len();
        ((1..=6).contains(&level) && title.starts_with(' ')).then(|| title.trim_matches([mark, ' ']))
    }

    fn underlines(&self, line: &str, above: &str) -> bool {
        let marks = match self.format {
            Format::Markdown => "=-",
            Format::AsciiDoc => return false,
            Format::ReStructuredText => "=-~^\"'`#*+.:_",
        };
        let Some(mark) = line.chars().next().filter(|mark| marks.contains(*mark)) else { return false };
        let is_line = line.len() >= 3 && line.chars().all(|c| c == mark);
        let is_title = above.chars().any(char::is_alphanumeric) && !above.starts_with(['-', '*', '>', '|', ' ', '#']);
        // Shorter lines of a document in reStructuredText are not accepted as underlines by its tools either.
        let is_long = self.format == Format::Markdown || line.len() >= above.chars().count();
        is_line && is_title && is_long
    }

    fn start(&mut self, title: &str, span: Span) {
        self.headings.push(Heading { text: title.to_owned(), words: 0, span });
        self.has_begun = true;
    }

    fn count(&mut self, line: &str, sum: fn(u32, u32) -> u32) {
        if let Some(heading) = self.headings.last_mut().filter(|_| self.has_begun) {
            heading.words = sum(heading.words, words(line));
        }
    }
}

/// The lines from the mark that opens front matter to the one that closes it. A line across the page opens none.
fn length_of_front_matter(text: &str) -> usize {
    const LONGEST: usize = 200;
    let mut lines = lines(text).map(|(line, _)| line);
    let opens = lines.next() == Some("---") && lines.next().is_some_and(|line| line.contains(':'));
    let close = lines.take(LONGEST).position(|line| line == "---");
    close.filter(|_| opens).map_or(0, |close| close + 3)
}

/// Scripts without spaces have about one word for two characters.
fn words(text: &str) -> u32 {
    let is_dense = |c: &char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}');
    let count = |word: &str| match word.chars().filter(is_dense).count() {
        0 => usize::from(word.contains(char::is_alphanumeric)),
        dense => dense.div_ceil(2),
    };
    text.split_whitespace().map(count).sum::<usize>() as u32
}
