//! `go.mod` and `go.work` to facts.

use super::{Broken, ManifestFacts};

pub(super) fn read(text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut block: Option<String> = None;
    for line in text.lines() {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        let mut words = code.split_whitespace().map(|word| word.trim_matches('"'));
        let directive = match &block {
            Some(directive) => directive.clone(),
            None => words.next().unwrap_or_default().to_owned(),
        };
        let arguments: Vec<&str> = words.collect();
        match (directive.as_str(), arguments.as_slice()) {
            (_, [")"]) => block = None,
            (directive, ["("]) => block = Some(directive.to_owned()),
            ("module", [module, ..]) => {
                facts.module = Some((*module).to_owned());
                facts.name = Some((*module).to_owned());
            }
            // Indirect ones are the needs of others.
            ("require", [module, ..]) if comment.trim() != "indirect" => facts.depend([*module], false),
            ("replace", [module, .., "=>", target] | [module, .., "=>", target, _]) if target.starts_with('.') => {
                facts.path_aliases.push(((*module).to_owned(), vec![(*target).to_owned()]));
            }
            _ => {}
        }
    }
    Ok(())
}
