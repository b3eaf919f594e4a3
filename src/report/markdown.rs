//! A report to Markdown, for the summary of a run or a comment on a pull request: rule by rule, the worst first. It
//! does not know where it is posted, so that it holds no more than the smallest of these places.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use super::lines::Sources;
use super::markup::{code, html, plain, sentence};
use super::text::{around, counted, headline, severity};
use super::{Options, Report, address};
use crate::finding::{Finding, Place};
use crate::rules::Rule;

/// In characters. A comment on GitHub holds 65,536, the summary of a step a mebibyte; the rest is for who posts it.
const LONGEST: usize = 65_000;

/// As much as is left for what comes after the last finding.
const END: usize = 300;

/// Longer texts of a finding are cut, in characters, so that one alone does not fill the page.
const LONGEST_TEXT: usize = 1000;

/// With more findings each rule is folded.
const MANY: usize = 10;

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    let mut page = Page::default();
    page.push(&format!("## backlint: {}\n\n{}\n", headline(report), plain(&around(report))));
    let folded = report.findings.len() > MANY;
    let mut shown = 0;
    for (rule, findings) in groups(&report.findings) {
        let mut opening = Some(opening(rule, findings.len(), folded));
        for finding in findings {
            let item = item(finding, &sources, options);
            if !page.has_room(opening.as_deref().unwrap_or_default(), &item) {
                break;
            }
            page.push(&opening.take().unwrap_or_default());
            page.push(&item);
            shown += 1;
        }
        if folded && opening.is_none() {
            page.push("\n</details>\n");
        }
    }
    if shown < report.findings.len() {
        let missing = counted(report.findings.len() - shown, "more finding");
        page.push(&format!("\n**{missing} did not fit on this page.** Every other format shows all of them.\n"));
    }
    out.write_all(page.text.as_bytes())
}

#[derive(Default)]
struct Page {
    text: String,
    length: usize,
    is_full: bool,
}

impl Page {
    fn push(&mut self, text: &str) {
        self.length += text.chars().count();
        self.text.push_str(text);
    }

    /// Once something was left out, nothing that is less severe comes after it.
    fn has_room(&mut self, opening: &str, item: &str) -> bool {
        self.is_full |= self.length + opening.chars().count() + item.chars().count() + END > LONGEST;
        !self.is_full
    }
}

/// The findings of each rule, the most severe first.
fn groups(findings: &[Finding]) -> Vec<(&'static str, Vec<&Finding>)> {
    let mut groups: BTreeMap<&'static str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry(finding.rule).or_default().push(finding);
    }
    for group in groups.values_mut() {
        group.sort_by_key(|finding| Reverse(finding.severity));
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| Reverse((group[0].severity, group.len())));
    groups
}

fn opening(rule: &str, count: usize, folded: bool) -> String {
    let title = Rule::find(rule).map(|rule| rule.page().title).unwrap_or_default();
    match (folded, address::of_rule(rule)) {
        (true, _) => {
            let rule = html(rule);
            format!("\n<details>\n<summary><code>{rule}</code> ({count}): {}</summary>\n\n", html(&title))
        }
        (false, Some(address)) => format!("\n### [{}]({address}): {}\n\n", code(rule), plain(&title)),
        (false, None) => format!("\n### {}: {}\n\n", code(rule), plain(&title)),
    }
}

/// One finding, with what it has to do with below it.
fn item(finding: &Finding, sources: &Sources, options: &Options) -> String {
    let place = |place| linked(place, sources, options);
    let severity = severity(finding.severity);
    let mut item = format!("- **{severity}** {}: {}\n", place(finding.place), sentence(&cut(&finding.message)));
    for step in finding.related.iter().chain(&finding.trail) {
        item.push_str(&format!("  - {}: {}\n", sentence(&cut(&step.message)), place(step.place)));
    }
    if let Some(help) = &finding.help {
        item.push_str(&format!("  - help: {}\n", sentence(&cut(&help.replace('\n', " ")))));
    }
    item
}

fn linked(place: Place, sources: &Sources, options: &Options) -> String {
    let path = sources.path(place);
    let line = sources.head(place).start.line;
    let name = code(&format!("{}:{line}", cut(path)));
    match &options.blobs {
        Some(blobs) => format!("[{name}]({}#L{line})", address::of_file(blobs, path)),
        None => name,
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
