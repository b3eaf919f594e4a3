//! A report to SARIF 2.1.0, in the form that GitHub's code scanning shows best and other readers accept. It holds
//! no time and no absolute path, and it does not know which findings code scanning will show.

mod limits;
mod results;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;

use serde_json::Value;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Message, Notification, Run, RunAutomationDetails, Sarif, Tool, ToolComponent,
};

use self::limits::{GITHUB, Limits};
use self::results::{Entry, Results, physical, sentence, without_links};
use super::lines::Sources;
use super::{Report, address, json};
use crate::finding::Problem;
use crate::rules::RULES;

/// What a SARIF report holds beside its findings.
#[derive(Clone, Debug, Default)]
pub struct SarifOptions {
    /// Tells this audit from others of the same commit.
    pub category: Option<String>,
    /// The findings that are ignored or known too, with the reason why they are not reported.
    pub suppressed: bool,
}

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name of the folder that paths are relative to; readers know it by convention.
const ROOT: &str = "%SRCROOT%";

/// Writes the report, and says what readers should know of what is not in it.
pub(super) fn write(report: &Report, options: &SarifOptions, out: &mut dyn io::Write) -> io::Result<Vec<String>> {
    write_within(&GITHUB, report, options, out)
}

fn write_within(
    limits: &Limits,
    report: &Report,
    options: &SarifOptions,
    out: &mut dyn io::Write,
) -> io::Result<Vec<String>> {
    let sources = Sources::new(&report.files);
    let entries = Entry::all(report, &sources);
    let wanted = entries.iter().filter(|entry| options.suppressed || entry.is_reported()).count();
    let mut room = wanted.min(limits.results);
    loop {
        let kept = limits::keep(&entries, options.suppressed, room);
        let notices = limits::notices(&entries, &kept, wanted, limits);
        let mut run = run(report, &sources, &notices, limits);
        run.results = Some(Results::new(report, &sources, limits).of(&entries, &kept));
        run.automation_details = options.category.as_deref().map(automation);
        let sarif = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build();
        let json = serde_json::to_string_pretty(&sarif)?;
        let json = json::escaped(&json);
        let fitting = limits::room(&json, room, limits);
        if fitting == room {
            writeln!(out, "{json}")?;
            return Ok(notices);
        }
        room = fitting;
    }
}

fn run(report: &Report, sources: &Sources, notices: &[String], limits: &Limits) -> Run {
    let problems = &report.problems[..report.problems.len().min(limits.notifications)];
    let mut notifications: Vec<Notification> = notices.iter().map(|notice| notification(notice)).collect();
    notifications.extend(problems.iter().map(|problem| notification_of(problem, sources)));
    if problems.len() < report.problems.len() {
        let more = report.problems.len() - problems.len();
        notifications.push(notification(&format!("{more} more problems are left out of SARIF")));
    }
    let invocation =
        Invocation::builder().execution_successful(true).tool_execution_notifications(notifications).build();
    let root = ArtifactLocation::builder().description(message("the root of the repository".to_owned())).build();
    Run::builder()
        .tool(Tool::builder().driver(driver()).build())
        .invocations(vec![invocation])
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
        .column_kind("utf16CodeUnits")
        .newline_sequences(["\r\n", "\n", "\r"].map(str::to_owned))
        .build()
}

/// What stands before the last slash is the category; behind it would be the name of the run.
fn automation(category: &str) -> RunAutomationDetails {
    RunAutomationDetails::builder().id(format!("{}/", category.trim_end_matches('/'))).build()
}

fn driver() -> ToolComponent {
    let mut driver = ToolComponent::builder()
        .name(env!("CARGO_PKG_NAME"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        // All of them, not only those with results: an alert closes when its rule ran and found nothing.
        .rules(RULES.iter().map(rules::descriptor).collect::<Vec<_>>())
        .build();
    driver.information_uri = address::home().map(str::to_owned);
    driver
}

fn notification(text: &str) -> Notification {
    Notification::builder().level(Value::from("warning")).message(message(sentence(&without_links(text)))).build()
}

fn notification_of(problem: &Problem, sources: &Sources) -> Notification {
    let extent = problem.span.zip(sources.lines_of(&problem.path)).map(|(span, lines)| lines.head(span));
    let mut notification = notification(&problem.message);
    notification.locations = Some(vec![physical(&problem.path, extent)]);
    notification
}

fn message(text: String) -> Message {
    Message::builder().text(text).build()
}

fn properties_of<const N: usize>(properties: [(&str, &str); N]) -> BTreeMap<String, Value> {
    properties.map(|(key, value)| (key.to_owned(), Value::from(value))).into_iter().collect()
}
