//! `go.mod` and `go.work` to facts.

use super::{Broken, Dependency, ManifestFacts, Origin, Scope, Span};
use crate::manifests::{Part, Version};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut block: Option<String> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
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
            ("go", [version, ..]) => facts.versions.push(go_version(version, Part::Floor, span)),
            ("toolchain", [version, ..]) => {
                facts.versions.push(go_version(version.trim_start_matches("go"), Part::Development, span));
            }
            ("require", [module, rest @ ..]) => facts.dependencies.push(Dependency {
                name: (*module).to_owned(),
                version: rest.first().map(|version| (*version).to_owned()),
                scope: if comment.trim().starts_with("indirect") { Scope::Indirect } else { Scope::Product },
                origin: Origin::Registry,
                span,
            }),
            ("use", [folder]) => facts.members.push((*folder).to_owned()),
            ("replace", [module, .., "=>", target] | [module, .., "=>", target, _]) if target.starts_with('.') => {
                facts.path_aliases.push(((*module).to_owned(), vec![(*target).to_owned()]));
            }
            _ => {}
        }
    }
    Ok(())
}

fn go_version(value: &str, part: Part, span: Span) -> Version {
    Version { of: "go".to_owned(), value: value.to_owned(), part, span }
}
