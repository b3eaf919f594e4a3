//! `Gemfile.lock` to facts. What a gem of it asks for in turn is passed over.

use crate::manifests::lines::lines;
use crate::manifests::{Broken, Locked, ManifestFacts, Part, Version};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut section = "";
    for (line, span) in lines(text) {
        let row = line.trim_start();
        match (section, line.len() - row.len()) {
            _ if line.starts_with("<<<<<<<") => {
                return Err(Broken { message: "a merge was left unfinished".to_owned(), span: Some(span) });
            }
            (_, 0) => section = line,
            ("GEM" | "GIT" | "PATH", 4) => {
                let Some((name, version)) = row.strip_suffix(')').and_then(|row| row.split_once(" (")) else {
                    continue;
                };
                // Of a gem with compiled parts there is a row for each platform.
                let version = version.split('-').next().unwrap_or(version);
                if !facts.locked.last().is_some_and(|last| last.name == name && last.version == version) {
                    let (name, version) = (name.to_owned(), version.to_owned());
                    facts.locked.push(Locked { name, version, deprecated: None, span });
                }
            }
            ("RUBY VERSION", _) => {
                let value = row.trim_start_matches("ruby ").to_owned();
                facts.versions.push(Version { of: "ruby".to_owned(), value, part: Part::Development, span });
            }
            _ => {}
        }
    }
    Ok(())
}
