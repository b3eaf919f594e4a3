//! Text of an audited repository to Markdown that shows it as it is. It does not know what is written around it.

use super::text::one_line;

/// Text that no sign of Markdown or HTML changes, also in the cell of a table.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '\\' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => plain.extend(['\\', character]),
            '`' => plain.push_str("\\`"),
            '\t' => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain
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

/// Code in a line.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text).replace('\t', " ").replace('|', "\\|");
    match text.contains('`') {
        true => format!("`` {} ``", text.replace("``", "` `")),
        false => format!("`{text}`"),
    }
}

/// `src/app.ts:12`
pub(super) fn place(path: &str, line: usize) -> String {
    code(&format!("{path}:{line}"))
}
