//! Files of a unit to lines that are not blank, by language. Knows extensions; comments are lines too.

use std::collections::BTreeMap;

use crate::facts::Language;
use crate::model::Project;
use crate::walk::{FileId, FileKind, Foreign, Role};

/// The languages of a unit, the one with the most lines first. Generated code does not count.
pub(super) fn lines(project: &Project, files: &[FileId]) -> Vec<(&'static str, u32)> {
    let mut counts: BTreeMap<&'static str, u32> = BTreeMap::new();
    for file in files.iter().map(|file| project.file(*file)).filter(|file| file.role != Role::Generated) {
        let Some(language) = language(file.kind, &file.path) else {
            continue; // Not written in a programming language.
        };
        let written = file.text.split('\n').filter(|line| is_written(line)).count();
        *counts.entry(language).or_default() += written as u32;
    }
    let mut counts: Vec<(&'static str, u32)> = counts.into_iter().filter(|(_, lines)| *lines > 0).collect();
    counts.sort_by_key(|(language, lines)| (std::cmp::Reverse(*lines), *language));
    counts
}

/// Most lines say so with their first byte that is no indent.
fn is_written(line: &str) -> bool {
    match line.bytes().find(|byte| !byte.is_ascii_whitespace()) {
        Some(byte) => byte.is_ascii_graphic() || !line.trim().is_empty(),
        None => false,
    }
}

fn language(kind: FileKind, path: &str) -> Option<&'static str> {
    let is_typed = [".ts", ".tsx", ".mts", ".cts"].iter().any(|extension| path.ends_with(extension));
    Some(match kind {
        FileKind::Source(grammar) => match grammar.language() {
            Language::TypeScript if is_typed => "TypeScript",
            Language::TypeScript => "JavaScript",
            Language::Python => "Python",
            Language::Go => "Go",
            Language::Rust => "Rust",
        },
        FileKind::Foreign(foreign) => match foreign {
            Foreign::CSharp => "C#",
            Foreign::Elixir => "Elixir",
            Foreign::Java => "Java",
            Foreign::Kotlin => "Kotlin",
            Foreign::Php => "PHP",
            Foreign::Ruby => "Ruby",
            Foreign::Scala => "Scala",
            Foreign::Svelte => "Svelte",
            Foreign::Vue => "Vue",
            Foreign::Sql => return None,
        },
        FileKind::Manifest => return None,
    })
}
