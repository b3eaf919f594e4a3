//! `tsconfig.json` and `jsconfig.json` to facts.

use serde_json::Value;

use super::{Broken, ManifestFacts, json};

pub(super) fn read(text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let config = json::parse(text)?;
    facts.extends = match config.get("extends") {
        Some(Value::String(base)) => vec![base.clone()],
        Some(Value::Array(bases)) => strings(bases),
        _ => Vec::new(),
    };
    let Some(options) = config.get("compilerOptions") else {
        return Ok(());
    };
    let base = options.get("baseUrl").and_then(Value::as_str);
    if let Some(paths) = options.get("paths").and_then(Value::as_object) {
        for (pattern, targets) in paths {
            let targets = targets.as_array().map(|targets| strings(targets)).unwrap_or_default();
            let targets = targets.into_iter().map(|target| joined(base.unwrap_or("."), &target)).collect();
            facts.path_aliases.push((pattern.clone(), targets));
        }
    }
    // With a base every bare name may be a path from there.
    if let Some(base) = base {
        facts.path_aliases.push(("*".to_owned(), vec![joined(base, "*")]));
    }
    Ok(())
}

fn strings(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn joined(base: &str, target: &str) -> String {
    let plain = |path: &str| path.trim_start_matches("./").trim_end_matches('/').to_owned();
    match (plain(base).as_str(), plain(target)) {
        ("" | ".", target) => target,
        (base, target) => format!("{base}/{target}"),
    }
}
