//! JSON as people write it, with comments and trailing commas, to values. Knows no manifest.

use serde_json::Value;

use super::Broken;
use crate::facts::Span;

pub(super) fn parse(text: &str) -> Result<Value, Broken> {
    serde_json::from_str(&strict(text)).map_err(|error| {
        let at = offset(text, error.line(), error.column());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        Broken { message: format!("not JSON: {message}"), span: Some(Span::new(at, at)) }
    })
}

/// The same text with spaces for comments and trailing commas, so that every offset stays what it was.
fn strict(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut comma = None;
    let mut at = 0;
    while at < bytes.len() {
        let end = match &bytes[at..] {
            [b'"', ..] => string_end(&bytes, at),
            [b'/', b'/', ..] => blank(&mut bytes, at, b"\n"),
            [b'/', b'*', ..] => blank(&mut bytes, at, b"*/"),
            _ => at + 1,
        };
        match bytes[at] {
            b',' => comma = Some(at),
            b']' | b'}' => {
                if let Some(comma) = comma.take() {
                    bytes[comma] = b' ';
                }
            }
            byte if !byte.is_ascii_whitespace() => comma = None,
            _ => {}
        }
        at = end;
    }
    // Only whole characters were overwritten: comments end at ASCII.
    String::from_utf8_lossy(&bytes).into_owned()
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// Overwrites a comment, leaves line breaks, and returns where it ends.
fn blank(bytes: &mut [u8], start: usize, close: &[u8]) -> usize {
    let body = start + 2;
    let length = bytes[body..].windows(close.len()).position(|window| window == close);
    let end = length.map_or(bytes.len(), |length| body + length + close.len());
    for byte in bytes[start..end].iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
    end
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}
