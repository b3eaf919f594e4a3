//! `.env.example` to facts: the variables it names, with their examples. What is commented out is left out.

use super::lines::lines;
use super::{Broken, ManifestFacts, Variable};

pub(super) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    for (line, span) in lines(text) {
        let line = line.trim_start();
        let row = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = row.split_once('=') else { continue };
        let name = name.trim();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        if is_name {
            facts.variables.push(Variable { name: name.to_owned(), value: plain(value.trim()).to_owned(), span });
        }
    }
    Ok(())
}

/// A value without its quotes, or without the comment behind it.
fn plain(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or(rest);
        }
    }
    if value.starts_with('#') {
        return "";
    }
    value.split_once(" #").map_or(value, |(value, _)| value.trim_end())
}
