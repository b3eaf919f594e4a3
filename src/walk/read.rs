//! One file to its text, or to the reason why there is none. Knows nothing of paths beyond a name.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::FileKind;
use crate::manifests::ManifestKind;

/// How much of a file tells whether it is binary.
const BINARY_WINDOW: usize = 8 << 10;
/// How much of a file tells whether it is minified.
const MINIFIED_WINDOW: usize = 32 << 10;
/// Hand-written lines are shorter than this on average, ...
const MINIFIED_AVERAGE: usize = 500;
/// ... and one line of this length outweighs a short banner above it.
const MINIFIED_LINE: usize = 20_000;

#[derive(Clone, Debug)]
pub(super) enum Read {
    Text { text: String, problem: Option<String> },
    Skipped(String),
    Failed(String),
}

pub(super) fn file(path: &str, absolute: &Path, kind: FileKind, max_file_size: u64) -> Read {
    match bytes(absolute, limit(path, max_file_size)) {
        Ok(start) if start.len() as u64 > max_file_size && is_contract(path, &start) => {
            match bytes(absolute, max_file_size.saturating_mul(LARGE)) {
                Ok(bytes) => text(path, bytes, kind, max_file_size),
                Err(error) => Read::Failed(reason(&error)),
            }
        }
        Ok(bytes) => text(path, bytes, kind, max_file_size),
        Err(error) => Read::Failed(reason(&error)),
    }
}

pub(super) fn text(path: &str, bytes: Vec<u8>, kind: FileKind, max_file_size: u64) -> Read {
    let limit = match bytes.len() as u64 > max_file_size && is_contract(path, &bytes) {
        true => max_file_size.saturating_mul(LARGE),
        false => limit(path, max_file_size),
    };
    if bytes.len() as u64 > limit {
        return Read::Skipped(format!("larger than {}", size(limit)));
    }
    let (text, problem) = match decoded(bytes) {
        Some(decoded) => decoded,
        None => return Read::Skipped("binary".to_owned()),
    };
    // A manifest may well be one line that a tool wrote.
    if kind != FileKind::Manifest && is_minified(path, &text) {
        return Read::Skipped("minified".to_owned());
    }
    Read::Text { text, problem }
}

/// How large a file may be whose beginning has not been seen.
pub(super) fn most(path: &str, kind: FileKind, max_file_size: u64) -> u64 {
    let may_be_contract = kind == FileKind::Manifest && ManifestKind::of_path(path).is_none();
    if may_be_contract { max_file_size.saturating_mul(LARGE) } else { limit(path, max_file_size) }
}

pub(super) fn too_large(path: &str, max_file_size: u64) -> Read {
    Read::Skipped(format!("larger than {}", size(limit(path, max_file_size))))
}

/// Lock files of large repositories have ten megabytes.
fn limit(path: &str, max_file_size: u64) -> u64 {
    let is_lock = ManifestKind::of_path(path).is_some_and(ManifestKind::is_lock);
    if is_lock { max_file_size.saturating_mul(LARGE) } else { max_file_size }
}

/// How much larger than others are files that are scanned in passing: lock files and contracts that tools wrote.
const LARGE: u64 = 32;
/// How much of a large file tells whether it is a contract.
const CONTRACT_WINDOW: usize = 64 << 10;

/// Whether a file that its name says nothing of begins as a contract does.
fn is_contract(path: &str, bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(CONTRACT_WINDOW)]);
    let kind = ManifestKind::of_path(path).is_none().then(|| ManifestKind::of(path, &start)).flatten();
    matches!(kind, Some(ManifestKind::OpenApi | ManifestKind::AsyncApi))
}

/// The file, or of one that is larger than allowed just enough to show it.
fn bytes(absolute: &Path, max_file_size: u64) -> io::Result<Vec<u8>> {
    let enough = max_file_size.saturating_add(1);
    let length = fs::symlink_metadata(absolute)?.len().min(enough);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    fs::File::open(absolute)?.take(enough).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The operating system's words without the number.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string().to_lowercase();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

fn size(bytes: u64) -> String {
    match bytes {
        _ if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

/// The text without its byte order mark, and what is wrong with it. None when the bytes are no text.
fn decoded(bytes: Vec<u8>) -> Option<(String, Option<String>)> {
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => return Some(utf_16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => return Some(utf_16(rest, u16::from_be_bytes)),
        _ => {}
    }
    if bytes[..bytes.len().min(BINARY_WINDOW)].contains(&0) {
        return None;
    }
    let (mut text, problem) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => (
            String::from_utf8_lossy(error.as_bytes()).into_owned(),
            Some("not UTF-8; read with replacement characters".to_owned()),
        ),
    };
    if text.starts_with('\u{FEFF}') {
        text.remove(0);
    }
    Some((text, problem))
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, Option<String>) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut broken = !rest.is_empty();
    let text = char::decode_utf16(pairs.iter().copied().map(unit))
        .map(|decoded| {
            decoded.unwrap_or_else(|_| {
                broken = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    (text, broken.then(|| "broken UTF-16; read with replacement characters".to_owned()))
}

fn is_minified(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let window = &text.as_bytes()[..text.len().min(MINIFIED_WINDOW)];
    let longest = || text.split('\n').map(str::len).max().unwrap_or_default();
    name.contains(".min.")
        || average_line(window) > MINIFIED_AVERAGE
        || (text.len() > MINIFIED_LINE
            && average_line(text.as_bytes()) > MINIFIED_AVERAGE / 2
            && longest() > MINIFIED_LINE)
}

fn average_line(bytes: &[u8]) -> usize {
    let newlines = bytes.iter().filter(|byte| **byte == b'\n').count();
    bytes.len() / newlines.max(1)
}
