//! Texts of words, strings and brackets to tokens with places: Gradle, Gemfiles, GraphQL, protobuf, Prisma. Knows no
//! grammar; what it does not know it passes on, one character a token.

use super::Broken;
use crate::facts::Span;

/// How a format marks what is not for the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comments {
    /// `# to the end of the line`
    Hash,
    /// `// to the end of the line`, `/* to the mark */`
    Slashes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    /// A string.
    Text,
    Mark,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    /// Of a string what stands between the quotes, as written.
    pub(super) text: &'t str,
    pub(super) span: Span,
    /// The first of its line.
    pub(super) starts_line: bool,
}

#[derive(Debug, Default)]
pub(super) struct Tokens<'t> {
    all: Vec<Token<'t>>,
    /// By token: where the bracket that opens there is closed; past the end where it is not.
    closes: Vec<usize>,
    /// The first bracket without a partner.
    broken: Option<Broken>,
}

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str, comments: Comments) -> Self {
        let mut tokens = Self::default();
        let mut at = 0;
        let mut starts_line = true;
        while let Some(first) = text[at..].chars().next() {
            let rest = &text[at..];
            let (length, kind) = match first {
                '\n' => {
                    starts_line = true;
                    (1, None)
                }
                _ if first.is_whitespace() || first == '\u{feff}' => (first.len_utf8(), None),
                '#' if comments == Comments::Hash => (end_of_line(rest), None),
                '/' if comments == Comments::Slashes && rest.starts_with("//") => (end_of_line(rest), None),
                '/' if comments == Comments::Slashes && rest.starts_with("/*") => (after(rest, 2, "*/").0, None),
                '"' | '\'' => {
                    let (length, quotes) = quoted(rest, first);
                    (length, Some((TokenKind::Text, quotes)))
                }
                '`' => match rest[1..].find(['`', '\n']).map(|end| (end, &rest[1 + end..])) {
                    Some((end, next)) if next.starts_with('`') => (end + 2, Some((TokenKind::Text, (1, 1)))),
                    _ => (1, Some((TokenKind::Mark, (0, 0)))),
                },
                _ if is_of_word(first) => {
                    let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                    (length, Some((TokenKind::Word, (0, 0))))
                }
                _ => (first.len_utf8(), Some((TokenKind::Mark, (0, 0)))),
            };
            if let Some((kind, (open, close))) = kind {
                let span = Span::new(at, at + length);
                tokens.all.push(Token { kind, text: &rest[open..length - close], span, starts_line });
                starts_line = false;
            }
            at += length;
        }
        tokens.pair();
        tokens
    }

    fn pair(&mut self) {
        let past = self.all.len();
        self.closes = vec![past; past];
        let mut open: Vec<usize> = Vec::new();
        for (index, token) in self.all.iter().enumerate().filter(|(_, token)| token.kind == TokenKind::Mark) {
            let partner = match token.text {
                "(" | "[" | "{" => {
                    open.push(index);
                    continue;
                }
                ")" => "(",
                "]" => "[",
                "}" => "{",
                _ => continue,
            };
            let fits = open.last().is_some_and(|last| self.all[*last].text == partner);
            if !fits {
                self.broken.get_or_insert_with(|| lonely(token, "is not opened"));
            }
            // A brace is stronger than what was left open before it.
            while let Some(last) = open.last().copied().filter(|_| fits || partner == "{") {
                open.pop();
                self.closes[last] = index;
                if self.all[last].text == partner {
                    break;
                }
            }
        }
        if let Some(last) = open.last() {
            self.broken.get_or_insert_with(|| lonely(&self.all[*last], "is not closed"));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Token<'t>> {
        self.all.get(index)
    }

    /// Whether a word or mark of this text stands there.
    pub(super) fn is(&self, index: usize, text: &str) -> bool {
        self.get(index).is_some_and(|token| token.kind != TokenKind::Text && token.text == text)
    }

    pub(super) fn word(&self, index: usize) -> Option<&'t str> {
        self.get(index).filter(|token| token.kind == TokenKind::Word).map(|token| token.text)
    }

    /// The string there.
    pub(super) fn text(&self, index: usize) -> Option<&'t str> {
        self.get(index).filter(|token| token.kind == TokenKind::Text).map(|token| token.text)
    }

    /// Where the bracket that opens there is closed, or the end.
    pub(super) fn close(&self, index: usize) -> usize {
        self.closes.get(index).copied().unwrap_or(self.all.len())
    }

    /// What follows: the next token, or the one after the bracket that opens there.
    pub(super) fn next(&self, index: usize) -> usize {
        match self.is(index, "(") || self.is(index, "[") || self.is(index, "{") {
            true => self.close(index) + 1,
            false => index + 1,
        }
    }

    /// From one token to another, without the last.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        let start = self.get(from).map_or(0, |token| token.span.start);
        let end = self.all[..to.min(self.all.len())].last().map_or(start, |token| token.span.end);
        Span { start, end: end.max(start) }
    }

    /// Ends the reading of a format in which every bracket has a partner.
    pub(super) fn sound(&self) -> Result<(), Broken> {
        self.broken.clone().map_or(Ok(()), Err)
    }
}

fn lonely(token: &Token, what: &str) -> Broken {
    Broken { message: format!("`{}` {what}", token.text), span: Some(token.span) }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn end_of_line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Where what begins `text` ends, and how much of that ends it.
fn after(text: &str, from: usize, end: &str) -> (usize, usize) {
    text[from..].find(end).map_or((text.len(), 0), |at| (from + at + end.len(), end.len()))
}

/// The length of a string, and that of its quotes. One that is not closed ends with the line.
fn quoted(text: &str, quote: char) -> (usize, (usize, usize)) {
    let triple = if quote == '"' { "\"\"\"" } else { "'''" };
    if text.starts_with(triple) {
        let (length, close) = after(text, 3, triple);
        return (length, (3, close));
    }
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return (at, (1, 0)),
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return (at + 1, (1, 1)),
            _ => {}
        }
    }
    (text.len(), (1, 0))
}
