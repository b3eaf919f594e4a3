//! A report to SARIF 2.1.0, in the form that GitHub's code scanning shows best and other readers accept. It holds
//! no time and no absolute path, and it does not know which findings code scanning will show.

use std::collections::BTreeMap;
use std::io;

use serde_json::Value;
use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Invocation, Location, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingConfiguration, ReportingDescriptor, Result, ResultLevel, Run,
    Sarif, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent,
};

use super::Report;
use super::fingerprints::{self, Fingerprint, Ordinals};
use super::lines::{Extent, Sources};
use super::{json, text};
use crate::baseline::Identity;
use crate::finding::{Finding, Place, Problem, Severity, Step};
use crate::rules::{RULES, Rule};
use crate::walk::Files;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Where backlint is at home: `repository` in Cargo.toml. Without it there are no links, since a wrong one is worse.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// The name of the folder that paths are relative to; readers know it by convention.
const ROOT: &str = "%SRCROOT%";

/// GitHub accepts no longer descriptions of rules.
const LONGEST_DESCRIPTION: usize = 1024;

/// GitHub shows no more locations than this; a message with more links helps nobody.
const MOST_RELATED: usize = 100;

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let sarif = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run(report)]).build();
    let json = serde_json::to_string_pretty(&sarif)?;
    writeln!(out, "{}", json::escaped(&json))
}

fn run(report: &Report) -> Run {
    let sources = Sources::new(&report.files);
    let invocation = Invocation::builder()
        .execution_successful(true)
        .tool_execution_notifications(
            report.problems.iter().map(|problem| notification(problem, &sources)).collect::<Vec<_>>(),
        )
        .build();
    let root = ArtifactLocation::builder().description(message("the root of the repository".to_owned())).build();
    Run::builder()
        .tool(Tool::builder().driver(driver()).build())
        .invocations(vec![invocation])
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
        .column_kind("utf16CodeUnits")
        .newline_sequences(["\r\n", "\n", "\r"].map(str::to_owned))
        .results(Results::new(&report.files, &sources).of(&report.findings))
        .build()
}

fn driver() -> ToolComponent {
    let mut driver = ToolComponent::builder()
        .name(env!("CARGO_PKG_NAME"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        // All of them, not only those with results: an alert closes when its rule ran and found nothing.
        .rules(RULES.iter().map(descriptor).collect::<Vec<_>>())
        .build();
    driver.information_uri = at_home("");
    driver
}

fn at_home(path: &str) -> Option<String> {
    (!HOME.is_empty()).then(|| format!("{HOME}{path}"))
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let page = rule.page();
    let paragraph = page.body.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let problem_severity = match page.severity {
        Severity::Note => "recommendation",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    // How sure backlint is differs from finding to finding; what it is not sure of is hidden unless asked for.
    let properties = [("precision", "high"), ("problem.severity", problem_severity)];
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id)
        .name(pascal_case(rule.id))
        .short_description(plain(shortened(&page.summary)))
        .full_description(plain(shortened(&paragraph)))
        .help(MultiformatMessageString::builder().text(paragraph).markdown(page.body).build())
        .default_configuration(
            ReportingConfiguration::builder().level(Value::from(text::severity(page.severity))).build(),
        )
        .properties(
            PropertyBag::builder().tags(vec![page.group]).additional_properties(properties_of(properties)).build(),
        )
        .build();
    descriptor.help_uri = at_home(&format!("/blob/main/rules/{}.md", rule.id));
    descriptor
}

/// `query-in-loop` to `QueryInLoop`.
fn pascal_case(id: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    id.split('-').filter(|part| !part.is_empty()).map(word).collect()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_DESCRIPTION {
        return text.to_owned();
    }
    text.chars().take(LONGEST_DESCRIPTION - 3).collect::<String>() + "..."
}

/// Findings to results, which are numbered across the run where they look the same.
struct Results<'r> {
    files: &'r Files,
    sources: &'r Sources<'r>,
    /// The lines of the file that the last finding was in; findings are sorted by file.
    line_hashes: Option<(&'r str, Vec<Fingerprint>)>,
    own: Ordinals,
}

impl<'r> Results<'r> {
    fn new(files: &'r Files, sources: &'r Sources<'r>) -> Self {
        Self { files, sources, line_hashes: None, own: Ordinals::default() }
    }

    fn of(mut self, findings: &[Finding]) -> Vec<Result> {
        findings.iter().map(|finding| self.result(finding)).collect()
    }

    fn result(&mut self, finding: &Finding) -> Result {
        let fingerprints = self.fingerprints(finding);
        let sources = self.sources;
        let related = &finding.related[..finding.related.len().min(MOST_RELATED)];
        let confidence = [("confidence", text::confidence(finding.confidence))];
        let mut result = Result::builder()
            .rule_id(finding.rule)
            .level(level(finding.severity))
            .message(message(sentences(finding, related)))
            .locations(vec![location(sources, finding.place)])
            .partial_fingerprints(fingerprints)
            .properties(PropertyBag::builder().additional_properties(properties_of(confidence)).build())
            .build();
        result.rule_index = RULES.iter().position(|rule| rule.id == finding.rule).and_then(|at| at.try_into().ok());
        if !related.is_empty() {
            result.related_locations =
                Some((1..).zip(related).map(|(id, step)| hop(sources, step, Some(id))).collect());
        }
        if !finding.trail.is_empty() {
            result.code_flows = Some(vec![code_flow(sources, &finding.trail)]);
        }
        result
    }

    fn fingerprints(&mut self, finding: &Finding) -> BTreeMap<String, String> {
        let path = self.sources.path(finding.place);
        let lines = self.sources.lines(finding.place);
        let line = self.sources.head(finding.place).start.line;
        let hashes = match &mut self.line_hashes {
            Some((hashed, hashes)) if *hashed == path => hashes,
            other => &mut other.insert((path, fingerprints::of_lines(lines.text()))).1,
        };
        let own = Identity::of(finding, self.files).fingerprint();
        BTreeMap::from([
            ("primaryLocationLineHash".to_owned(), hashes[line - 1].to_string()),
            ("backlint/v1".to_owned(), self.own.number(own).to_string()),
        ])
    }
}

/// What, what to do, and links to the evidence: GitHub shows related places only where the message links to them.
fn sentences(finding: &Finding, related: &[Step]) -> String {
    let mut text = sentence(&without_links(&finding.message));
    if let Some(help) = &finding.help {
        text.push(' ');
        text.push_str(&sentence(&capitalised(&without_links(help))));
    }
    if !related.is_empty() {
        let link = |(id, step): (usize, &Step)| format!("[{}]({id})", escaped(&step.message));
        let links: Vec<String> = (1..).zip(related).map(link).collect();
        text.push_str(&format!(" See {}.", links.join(", ")));
    }
    text
}

fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{text}{end}")
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

/// Names from the repository could otherwise be read as a link that leads anywhere.
fn without_links(text: &str) -> String {
    if text.contains("](") { escaped(text) } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn code_flow(sources: &Sources, trail: &[Step]) -> CodeFlow {
    let hop = |step| ThreadFlowLocation::builder().location(hop(sources, step, None)).build();
    let flow = ThreadFlow::builder().locations(trail.iter().map(hop).collect::<Vec<_>>()).build();
    CodeFlow::builder().thread_flows(vec![flow]).build()
}

fn hop(sources: &Sources, step: &Step, id: Option<i64>) -> Location {
    let mut location = location(sources, step.place);
    location.id = id;
    location.message = Some(message(step.message.clone()));
    location
}

/// One line only: GitHub shows an alert on a pull request when all lines of its region were changed there.
fn location(sources: &Sources, place: Place) -> Location {
    physical(sources.path(place), Some(sources.head(place)))
}

fn physical(path: &str, extent: Option<Extent>) -> Location {
    let artifact = ArtifactLocation::builder().uri(percent_encoded(path)).uri_base_id(ROOT).build();
    let mut physical = PhysicalLocation::builder().artifact_location(artifact).build();
    physical.region = extent.map(region);
    Location::builder().physical_location(physical).build()
}

fn region(extent: Extent) -> Region {
    Region::builder()
        .start_line(extent.start.line as i64)
        .start_column(extent.start.column as i64)
        .end_line(extent.end.line as i64)
        .end_column(extent.end.column as i64)
        .build()
}

/// A path as a relative reference. A colon is encoded too: in the first segment it would end a scheme.
fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(byte)),
            b'/' | b'-' | b'.' | b'_' | b'~' | b'@' | b'!' | b'$' | b'&' | b'(' | b')' | b'*' | b'+' | b',' | b'=' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn notification(problem: &Problem, sources: &Sources) -> Notification {
    let extent = problem.span.zip(sources.lines_of(&problem.path)).map(|(span, lines)| lines.head(span));
    Notification::builder()
        .level(Value::from("warning"))
        .message(message(sentence(&without_links(&problem.message))))
        .locations(vec![physical(&problem.path, extent)])
        .build()
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Note => ResultLevel::Note,
        Severity::Warning => ResultLevel::Warning,
        Severity::Error => ResultLevel::Error,
    }
}

fn message(text: String) -> Message {
    Message::builder().text(text).build()
}

fn plain(text: String) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn properties_of<const N: usize>(properties: [(&str, &str); N]) -> BTreeMap<String, Value> {
    properties.map(|(key, value)| (key.to_owned(), Value::from(value))).into_iter().collect()
}
