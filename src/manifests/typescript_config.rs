//! `tsconfig.json` and `jsconfig.json` to facts.

use super::tree::Node;
use super::{Broken, ManifestFacts, tree};

pub(super) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let config = tree::json(text)?;
    facts.extends.extend(config.get("extends").into_iter().flat_map(Node::texts).map(str::to_owned));
    let Some(options) = config.get("compilerOptions") else {
        return Ok(());
    };
    let base = options.text_of("baseUrl");
    for entry in options.get("paths").map(Node::entries).unwrap_or_default() {
        let targets = entry.value.items().iter().filter_map(Node::text);
        let targets = targets.map(|target| joined(base.unwrap_or("."), target)).collect();
        facts.path_aliases.push((entry.key.clone(), targets));
    }
    // With a base every bare name may be a path from there.
    if let Some(base) = base {
        facts.path_aliases.push(("*".to_owned(), vec![joined(base, "*")]));
    }
    Ok(())
}

fn joined(base: &str, target: &str) -> String {
    let plain = |path: &str| path.trim_start_matches("./").trim_end_matches('/').to_owned();
    match (plain(base).as_str(), plain(target)) {
        ("" | ".", target) => target,
        (base, target) => format!("{base}/{target}"),
    }
}
