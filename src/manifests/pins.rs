//! `.nvmrc`, `rust-toolchain.toml`, `.tool-versions` and the like to facts: the versions developers install. Whether
//! such a version exists, it does not know.

use super::lines::lines;
use super::tree::Node;
use super::{Broken, ManifestFacts, Part, Version, tree};
use crate::facts::Span;

/// What is longer is no version.
const LONGEST: usize = 100;

pub(super) fn read(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let of = match path.rsplit('/').next().unwrap_or_default() {
        "rust-toolchain" if !text.contains("[toolchain]") => "rust",
        "rust-toolchain" | "rust-toolchain.toml" => {
            let channel = tree::toml(text)?;
            pin("rust", channel.at(&["toolchain", "channel"]), facts);
            return Ok(());
        }
        "global.json" => {
            let global = tree::json(text)?;
            pin("dotnet", global.at(&["sdk", "version"]), facts);
            return Ok(());
        }
        ".tool-versions" => {
            tools(text, facts);
            return Ok(());
        }
        "mise.toml" | ".mise.toml" => {
            let mise = tree::toml(text)?;
            for entry in mise.get("tools").map(Node::entries).unwrap_or_default() {
                let Some(of) = tool(&entry.key) else { continue };
                let first = entry.value.items().first().unwrap_or(&entry.value);
                pin(of, Some(first.get("version").unwrap_or(first)), facts);
            }
            return Ok(());
        }
        ".nvmrc" | ".node-version" => "node",
        ".go-version" => "go",
        ".ruby-version" => "ruby",
        ".java-version" => "java",
        ".bun-version" => "bun",
        _ => "python",
    };
    for (line, span) in lines(text) {
        let word = line.split('#').next().unwrap_or_default().split_whitespace().next();
        facts.versions.extend(word.and_then(|word| version(of, word, span)));
    }
    Ok(())
}

fn tools(text: &str, facts: &mut ManifestFacts) {
    for (line, span) in lines(text) {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        if let (Some(of), Some(word)) = (words.next().and_then(tool), words.next()) {
            facts.versions.extend(version(of, word, span));
        }
    }
}

fn pin(of: &str, node: Option<&Node>, facts: &mut ManifestFacts) {
    facts.versions.extend(node.and_then(|node| version(of, node.text()?, node.span)));
}

/// A runtime or store by the name it has among managers of versions. Tools of development are left out.
fn tool(name: &str) -> Option<&'static str> {
    let known = match name.trim_start_matches("core:") {
        "node" | "nodejs" => "node",
        "python" => "python",
        "go" | "golang" => "go",
        "rust" => "rust",
        "java" => "java",
        "ruby" => "ruby",
        "php" => "php",
        "dotnet" | "dotnet-core" => "dotnet",
        "bun" => "bun",
        "deno" => "deno",
        "postgres" | "postgresql" => "postgres",
        "mysql" => "mysql",
        "redis" => "redis",
        "mongodb" => "mongodb",
        _ => return None,
    };
    Some(known)
}

/// `v22`, `python-3.12.1`, `temurin-21.0.2` without what stands before the number; `lts/iron` and `stable` as they are.
fn version(of: &str, written: &str, span: Span) -> Option<Version> {
    let plain = written.trim_matches(['"', '\'']).trim_start_matches('=');
    let number = plain.find(|c: char| c.is_ascii_digit()).filter(|at| {
        let before = &plain[..*at];
        matches!(before, "v" | "go") || before.ends_with('-') && !before.starts_with("nightly") && !before.contains('/')
    });
    // Other implementations are not versions of this one, and environments are not versions.
    let is_python = |head: &str| head.starts_with(|c: char| c.is_ascii_digit()) || matches!(head, "python" | "cpython");
    let is_other = of == "python" && !is_python(plain.split('-').next().unwrap_or(plain));
    let value = &plain[number.unwrap_or(0)..];
    let is_version = !value.is_empty() && value.len() <= LONGEST && !is_other;
    let kept = || Version { of: of.to_owned(), value: value.to_owned(), part: Part::Development, span };
    is_version.then(kept)
}
