//! Runs the examples of a rule page: every section is one repository, its fences are the files.
//!
//! A trailing comment `finding` (or `finding: text of the message`) means exactly one finding on that line, and every
//! other finding fails. `missing` marks what should be found and is not, `noisy` what is found and should not be:
//! they fail the day it changes. Findings where no comment can stand are listed in a `text title="findings"` fence.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use backlint::report::{self, Format};
use backlint::rules::Rule;
use backlint::settings::Settings;

use crate::scratch::Scratch;

/// One section of a page.
struct Section {
    heading: String,
    files: Vec<(String, String)>,
    /// The concise output wanted, when the section has a fence for it.
    listed: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Finding,
    Missing,
    Noisy,
}

pub(crate) fn page(path: &Path) -> datatest_stable::Result<()> {
    let id = path.file_stem().and_then(|stem| stem.to_str()).expect("pages have plain names");
    let rule = Rule::find(id).ok_or_else(|| format!("rules/{id}.md has no line in src/rules/mod.rs"))?;
    let mut failures = String::new();
    for (number, section) in sections(&fs::read_to_string(path)?).iter().enumerate() {
        if let Err(failure) = run(rule, number, section) {
            failures += &format!("\n## {}\n{failure}", section.heading);
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.into()) }
}

fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push(Section { heading: heading.to_owned(), files: Vec::new(), listed: None });
        }
        let Some(fence) = line.strip_prefix("```") else { continue };
        let body: String = lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
        let title = fence.split_once("title=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(title, _)| title);
        match (title, sections.last_mut()) {
            (Some("findings"), Some(section)) => section.listed = Some(body),
            (Some(title), Some(section)) => section.files.push((title.to_owned(), body)),
            _ => {} // Prose.
        }
    }
    sections.retain(|section| !section.files.is_empty());
    sections
}

fn run(rule: &'static Rule, number: usize, section: &Section) -> Result<(), String> {
    let scratch = Scratch::new(&format!("{}-{number}", rule.id));
    for (path, text) in &section.files {
        scratch.write(path, text);
    }
    // What is said of ignores depends on what the other rules find.
    let select = if rule.id == "stale-ignore" { Vec::new() } else { vec![rule.id] };
    let settings = Settings { select, ..Settings::default() };
    let report = backlint::audit(scratch.path(), &settings, &());
    let mut concise = Vec::new();
    let options = report::Options { quiet: true, ..report::Options::default() };
    report::write(&report, Format::Concise, &options, &mut concise).map_err(|error| error.to_string())?;
    let concise = String::from_utf8_lossy(&concise).into_owned();
    if let Some(listed) = &section.listed {
        return if *listed == concise { Ok(()) } else { Err(format!("--- wanted\n{listed}--- found\n{concise}")) };
    }

    let mut found: BTreeMap<(String, usize), Vec<String>> = BTreeMap::new();
    for line in concise.lines() {
        let mut parts = line.splitn(4, ':');
        let (path, number) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let number = number.parse().map_err(|_| format!("no line number in {line}"))?;
        found.entry((path.to_owned(), number)).or_default().push(line.to_owned());
    }
    let mut failures = String::new();
    for (path, text) in &section.files {
        for (index, line) in text.lines().enumerate() {
            let here = found.remove(&(path.clone(), index + 1)).unwrap_or_default();
            let place = format!("{path}:{}", index + 1);
            match mark(line) {
                Some((Mark::Finding, wanted)) => match here.as_slice() {
                    [one] if one.contains(wanted) => {}
                    [] => failures += &format!("missing: {place}: {line}\n"),
                    [one] => failures += &format!("{place}: wanted {wanted:?} in {one}\n"),
                    more => {
                        failures += &format!("{place}: wanted one finding, got {}\n{}\n", more.len(), more.join("\n"))
                    }
                },
                Some((Mark::Missing, _)) if !here.is_empty() => {
                    failures += &format!("{place} is found now: mark it `finding`\n");
                }
                Some((Mark::Noisy, _)) if here.is_empty() => {
                    failures += &format!("{place} is quiet now: remove the mark `noisy`\n");
                }
                Some(_) => {}
                None => here.iter().for_each(|one| failures += &format!("noisy: {one}\n")),
            }
        }
    }
    for line in found.into_values().flatten() {
        failures += &format!("noisy: {line}\n");
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

/// The mark at the end of a line, and the text it asks for.
fn mark(line: &str) -> Option<(Mark, &str)> {
    let start = line.rfind("// ").map(|start| start + 3).max(line.rfind("# ").map(|start| start + 2))?;
    let comment = &line[start..];
    let (word, text) = comment.split_once(": ").unwrap_or((comment, ""));
    let mark = match word.trim() {
        "finding" => Mark::Finding,
        "missing" => Mark::Missing,
        "noisy" => Mark::Noisy,
        _ => return None,
    };
    Some((mark, text))
}
