//! The Markdown of a page to lines for a terminal: headings, paragraphs, lists, tables and code, as wide as asked for.
//! It knows what pages use of Markdown, not what they say; what is not understood stays as it is written.

use std::iter::Peekable;
use std::str::Lines;

use anstyle::{AnsiColor, Style};

use super::text::printable;

const TITLE: Style = Style::new().bold().underline();
const HEADING: Style = Style::new().bold();
const STRONG: Style = Style::new().bold();
const CODE: Style = AnsiColor::Cyan.on_default();
const BLOCK: Style = AnsiColor::Green.on_default();
const FAINT: Style = Style::new().dimmed();
const PLAIN: Style = Style::new();

/// Narrower terminals get lines of this length, broken by themselves.
const NARROWEST: usize = 24;

/// Columns of a table are not pressed below this.
const SLIMMEST: usize = 6;

/// Between the columns of a table.
const GAP: &str = "  ";

/// What is not broken: pieces of text, each in its style.
type Word = Vec<(Style, String)>;

/// A page with the codes that colour it, wrapped at a width in characters.
pub fn rendered(text: &str, width: usize) -> String {
    let text = printable(text);
    let width = width.max(NARROWEST);
    let mut lines = text.lines().peekable();
    let mut out = String::new();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            code(info, &mut lines, &mut out);
        } else if let Some(heading) = heading(line) {
            let style = if line.starts_with("# ") { TITLE } else { HEADING };
            wrap(words(heading, style), width, "", "", &mut out);
        } else if line.starts_with('|') {
            table(line, &mut lines, width, &mut out);
        } else if let Some((sign, first)) = item(line) {
            let text = paragraph(first, &mut lines);
            let indent = " ".repeat(sign.chars().count() + 1);
            wrap(words(&text, PLAIN), width, &format!("{sign} "), &indent, &mut out);
        } else if line.trim().is_empty() {
            out.push('\n');
        } else {
            let text = paragraph(line, &mut lines);
            wrap(words(&text, PLAIN), width, "", "", &mut out);
        }
    }
    out
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let depth = line.len() - rest.len();
    rest.strip_prefix(' ').filter(|_| (1..=6).contains(&depth))
}

/// The sign of a list's item, and what comes after it.
fn item(line: &str) -> Option<(&str, &str)> {
    if let Some(rest) = line.strip_prefix("- ") {
        return Some(("•", rest));
    }
    let (number, rest) = line.split_once(". ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| (&line[..=number.len()], rest))
}

/// A line, and those that go on with its paragraph.
fn paragraph(first: &str, lines: &mut Peekable<Lines>) -> String {
    let goes_on = |line: &&str| {
        let begins =
            line.starts_with("```") || line.starts_with('|') || heading(line).is_some() || item(line).is_some();
        !line.trim().is_empty() && !begins
    };
    let mut text = first.to_owned();
    while let Some(line) = lines.next_if(goes_on) {
        text.push(' ');
        text.push_str(line.trim());
    }
    text
}

/// Code is not wrapped: whoever reads it copies it.
fn code(info: &str, lines: &mut Peekable<Lines>, out: &mut String) {
    let title = info.split_once("title=\"").and_then(|(_, rest)| rest.split('"').next());
    if let Some(title) = title {
        out.push_str(&format!("  {FAINT}{title}{FAINT:#}\n"));
    }
    for line in lines.take_while(|line| !line.starts_with("```")) {
        match line.is_empty() {
            true => out.push('\n'),
            false => out.push_str(&format!("    {BLOCK}{line}{BLOCK:#}\n")),
        }
    }
}

/// Text to words, with the signs of its styles taken away.
fn words(text: &str, style: Style) -> Vec<Word> {
    let mut words = vec![Word::new()];
    let mut push = |text: &str, style: Style| {
        for (index, part) in text.split(' ').enumerate() {
            if index > 0 {
                words.push(Word::new());
            }
            if let (false, Some(word)) = (part.is_empty(), words.last_mut()) {
                word.push((style, part.to_owned()));
            }
        }
    };
    let mut rest = text;
    let mut of_text = style;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let (before, from) = rest.split_at(at);
        push(before, of_text);
        if let Some((inside, after)) = from.strip_prefix('`').and_then(|from| from.split_once('`')) {
            push(inside, CODE);
            rest = after;
        } else if let Some(after) = from.strip_prefix("**") {
            of_text = if of_text == style { style | STRONG.get_effects() } else { style };
            rest = after;
        } else if let Some((label, after)) = link(from) {
            push(label, of_text);
            rest = after;
        } else {
            push(&from[..1], of_text);
            rest = &from[1..];
        }
    }
    push(rest, of_text);
    words.retain(|word| !word.is_empty());
    words
}

/// `[label](address)`: the label is what a terminal shows.
fn link(text: &str) -> Option<(&str, &str)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (_, after) = rest.split_once(')')?;
    (!label.contains(']')).then_some((label, after))
}

fn width_of(word: &Word) -> usize {
    word.iter().map(|(_, text)| text.chars().count()).sum()
}

/// Words to lines, which are no longer than the width unless a word is.
fn broken(words: Vec<Word>, width: usize) -> Vec<Vec<Word>> {
    let mut lines: Vec<Vec<Word>> = vec![Vec::new()];
    let mut used = 0;
    for word in words {
        let length = width_of(&word);
        if used > 0 && used + 1 + length > width {
            lines.push(Vec::new());
            used = 0;
        }
        used += length + usize::from(used > 0);
        lines.last_mut().expect("there is a line").push(word);
    }
    lines
}

fn wrap(words: Vec<Word>, width: usize, first: &str, next: &str, out: &mut String) {
    for (index, line) in broken(words, width.saturating_sub(next.len())).into_iter().enumerate() {
        out.push_str(if index == 0 { first } else { next });
        out.push_str(&styled(&line));
        out.push('\n');
    }
}

/// Words with spaces between them; a style goes on over the spaces inside it.
fn styled(line: &[Word]) -> String {
    let mut pieces: Vec<(Style, String)> = Vec::new();
    let mut push = |style: Style, text: &str| match pieces.last_mut() {
        Some((last, piece)) if *last == style => piece.push_str(text),
        _ => pieces.push((style, text.to_owned())),
    };
    let mut before: Option<Style> = None;
    for word in line {
        if let (Some(before), Some((next, _))) = (before, word.first()) {
            push(if before == *next { before } else { PLAIN }, " ");
        }
        word.iter().for_each(|(style, text)| push(*style, text));
        before = word.last().map(|(style, _)| *style);
    }
    pieces.iter().map(|(style, text)| format!("{style}{text}{style:#}")).collect()
}

fn table(first: &str, lines: &mut Peekable<Lines>, width: usize, out: &mut String) {
    let mut rows = vec![first];
    while let Some(line) = lines.next_if(|line| line.starts_with('|')) {
        rows.push(line);
    }
    let is_rule = |row: &str| row.chars().all(|sign| matches!(sign, '|' | '-' | ':' | ' '));
    let mut head = true;
    let mut cells: Vec<Vec<Vec<Word>>> = Vec::new();
    for row in rows {
        if is_rule(row) {
            head = false;
            continue;
        }
        let row = row.trim().trim_start_matches('|').trim_end_matches('|');
        let style = if head { HEADING } else { PLAIN };
        cells.push(row.split('|').map(|cell| words(cell, style)).collect());
    }
    let columns = columns(&cells, width);
    for row in cells {
        let cells = row.into_iter().zip(&columns).map(|(cell, width)| broken(fitting(cell, *width), *width));
        let cells: Vec<Vec<Vec<Word>>> = cells.collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or_default();
        for index in 0..height {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(&columns) {
                let words = cell.get(index).map_or(&[][..], Vec::as_slice);
                let used = words.iter().map(width_of).sum::<usize>() + words.len().saturating_sub(1);
                line.push_str(&styled(words));
                line.push_str(&" ".repeat(width.saturating_sub(used)));
                line.push_str(GAP);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

/// How wide each column may be: the widest give way first, and break their words last.
fn columns(rows: &[Vec<Vec<Word>>], width: usize) -> Vec<usize> {
    let whole = |cell: &Vec<Word>| cell.iter().map(width_of).sum::<usize>() + cell.len().saturating_sub(1);
    let longest = |cell: &Vec<Word>| cell.iter().map(width_of).max().unwrap_or_default();
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let of = |column: usize, measure: &dyn Fn(&Vec<Word>) -> usize| {
        rows.iter().filter_map(|row| row.get(column)).map(measure).max().unwrap_or_default()
    };
    let least: Vec<usize> = (0..count).map(|column| of(column, &longest)).collect();
    let mut columns: Vec<usize> = (0..count).map(|column| of(column, &whole)).collect();
    let gaps = GAP.len() * count.saturating_sub(1);
    while columns.iter().sum::<usize>() + gaps > width {
        let gives = (0..count).filter(|column| columns[*column] > least[*column]).max_by_key(|column| columns[*column]);
        let breaks = || (0..count).filter(|column| columns[*column] > SLIMMEST).max_by_key(|column| columns[*column]);
        let Some(column) = gives.or_else(breaks) else { break };
        columns[column] -= 1;
    }
    columns
}

/// Words that are longer than a column in pieces.
fn fitting(words: Vec<Word>, width: usize) -> Vec<Word> {
    let mut fitting = Vec::new();
    for word in words {
        if width_of(&word) <= width {
            fitting.push(word);
            continue;
        }
        for (style, text) in word {
            let letters: Vec<char> = text.chars().collect();
            fitting.extend(letters.chunks(width.max(1)).map(|part| vec![(style, part.iter().collect())]));
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::rendered;

    fn plain(text: &str, width: usize) -> String {
        anstream::adapter::strip_str(&rendered(text, width)).to_string()
    }

    #[test]
    fn paragraphs_lists_and_links_are_wrapped() {
        let text = "# One\n\nsome `code here` and\n[a link](https://x.test), **too** *\n\n- first item that is long\n- b\n\n2. c\n";
        let lines = "One\n\nsome code here and a\nlink, too *\n\n• first item that is\n  long\n• b\n\n2. c\n";
        assert_eq!(plain(text, 24), lines);
    }

    #[test]
    fn code_stays_as_it_is_and_tables_are_pressed() {
        let text = "```ts title=\"a.ts\"\nconst a = 1;\n```\n\n| a | library |\n| --- | --- |\n| `x` | many words about it, here |\n";
        let lines = "  a.ts\n    const a = 1;\n\na  library\nx  many words about it,\n   here\n";
        assert_eq!(plain(text, 26), lines);
        assert!(rendered(text, 26).contains("\u{1b}["));
    }

    #[test]
    fn a_page_does_not_command_the_terminal() {
        let page = rendered("a \u{1b}[2J b\n\n```\n\u{9b}2J\n```\n", 80);
        assert!(!page.contains("\u{1b}[2J") && !page.contains('\u{9b}'), "{page:?}");
    }
}
