//! Text of an audited repository to Markdown that shows it as it is: no sign of it becomes a mark, a link or the mention
//! of a user. It does not know what is written around it.

use super::text::one_line;

/// Shows nothing and parts what GitHub and GitLab would read as one: they look for mentions, references and bare
/// addresses in what is left after escapes.
const BREAK: &str = "<!-- -->";

/// Text that no sign of Markdown or HTML changes, also in the cell of a table.
pub(super) fn plain(text: &str) -> String {
    let text = one_line(text);
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let after = rest.as_str();
        match character {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '|' => plain.push_str("&#124;"),
            '\\' | '*' | '_' | '[' | ']' | '~' | '!' | '$' | '`' => plain.extend(['\\', character]),
            '\t' => plain.push(' '),
            other => plain.push(other),
        }
        let parted = match character {
            '@' => after.starts_with(char::is_alphanumeric),
            '#' => after.starts_with(|next: char| next.is_ascii_digit()),
            ':' => after.starts_with("//"),
            'w' | 'W' => after.starts_with('.') && ends_with_www(&plain),
            _ => false,
        };
        if parted {
            plain.push_str(BREAK);
        }
    }
    plain
}

fn ends_with_www(text: &str) -> bool {
    text.as_bytes().last_chunk().is_some_and(|last: &[u8; 3]| last.eq_ignore_ascii_case(b"www"))
}

/// A sentence of ours, in which what stands between backticks is code.
pub(super) fn sentence(text: &str) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(&text);
    }
    let part = |(index, part): (usize, &&str)| if index % 2 == 0 { plain(part) } else { code(part) };
    parts.iter().enumerate().map(part).collect()
}

/// Code in a line: between more backticks than there are in it.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text).replace('\t', " ");
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    match longest {
        _ if text.is_empty() => text,
        0 => format!("`{text}`"),
        _ => {
            let fence = "`".repeat(longest + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

/// What may hold code, in the cell of a table.
pub(super) fn cell(markdown: &str) -> String {
    markdown.replace('|', "\\|")
}

/// Text between the tags of HTML.
pub(super) fn html(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// `src/app.ts:12`
pub(super) fn place(path: &str, line: usize) -> String {
    code(&format!("{path}:{line}"))
}
