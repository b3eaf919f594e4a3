//! A report to one line per finding with all that is known of it, for programs that read text and pay for each word.
//! It does not know what is done about a finding.

use std::io;

use super::lines::Sources;
use super::text::{one_line, severity, write_end};
use super::{Options, Report};
use crate::finding::{Place, Step};

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&report.files);
    for finding in &report.findings {
        let (place, severity) = (place(finding.place, &sources), severity(finding.severity));
        write!(out, "{place}: [{}] {severity} {}", finding.rule, one_line(&finding.message))?;
        if let Some(help) = &finding.help {
            write!(out, " | fix: {}", one_line(&help.replace('\n', " ")))?;
        }
        write_steps("related", &finding.related, &sources, out)?;
        write_steps("via", &finding.trail, &sources, out)?;
        writeln!(out)?;
    }
    write_end(report, options, out)
}

fn write_steps(label: &str, steps: &[Step], sources: &Sources, out: &mut dyn io::Write) -> io::Result<()> {
    let located = |step: &Step| format!("{} {}", place(step.place, sources), one_line(&step.message));
    match steps {
        [] => Ok(()),
        steps => write!(out, " | {label}: {}", steps.iter().map(located).collect::<Vec<_>>().join("; ")),
    }
}

fn place(place: Place, sources: &Sources) -> String {
    format!("{}:{}", one_line(sources.path(place)), sources.head(place).start.line)
}
