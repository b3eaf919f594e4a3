//! `bun.lock` to facts. Does not know which packages their authors gave up: bun does not write it down.

use super::{json, rows};
use crate::manifests::packages::node;
use crate::manifests::{Broken, ManifestFacts};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let plain = plain(text);
    let mut packages = json::packages::<json::Text>(&plain)?;
    // `pad` is for everybody, `@shop/db/pad` for one package alone.
    packages.sort_by_cached_key(|(path, ..)| path.matches('/').count().saturating_sub(path.starts_with('@').into()));
    for (_, span, row) in packages {
        let descriptor = row.0.as_deref().unwrap_or_default();
        // `web@workspace:apps/web` and what comes from an address have no version.
        if let Some((name, version)) = node::split_descriptor(descriptor).filter(|(_, version)| !version.contains(':'))
        {
            rows::keep(facts, name, version, None, span);
        }
    }
    Ok(())
}

/// The text with spaces where a comma stands before a closing bracket. Positions stay.
fn plain(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut in_text, mut escaped) = (false, false);
    let mut comma = None;
    for at in 0..bytes.len() {
        match bytes[at] {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => (in_text, comma) = (!in_text, None),
            _ if in_text => {}
            b',' => comma = Some(at),
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    bytes[comma] = b' ';
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}
