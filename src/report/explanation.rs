//! An explanation to the findings at a place with what keeps them from a report, or to what a rule knows of the place.
//! It does not know where the knowledge comes from.

use std::io;

use annotate_snippets::{Group, Level, Renderer};

use super::Options;
use super::full::{at, draw, group};
use super::lines::Sources;
use super::text::{one_line, printable};
use crate::explain::{Explanation, Judged, Outcome};
use crate::finding::{Account, Note, Place};

pub(super) fn write(explanation: &Explanation, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&explanation.files);
    let renderer = if options.colour { Renderer::styled() } else { Renderer::plain() };
    let (rule, place) = (explanation.rule.id, one_line(&explanation.asked));
    match &explanation.outcome {
        Outcome::Found(found) => {
            for one in found {
                writeln!(out, "{}\n", renderer.render(&[judged(one, &sources, options)]))?;
            }
        }
        Outcome::Known(accounts) => {
            for one in accounts {
                writeln!(out, "{}\n", renderer.render(&[account(one, &sources)]))?;
            }
            writeln!(out, "`{rule}` finds nothing at {place}")?;
        }
        Outcome::Nothing => {
            let summary = explanation.rule.page().summary;
            writeln!(out, "`{rule}` finds nothing at {place}, and nothing there that it looks at\n\n{summary}")?;
        }
        Outcome::Unseen(why) => writeln!(out, "`{rule}` finds nothing at {place}: {}", one_line(why))?,
    }
    for problem in &explanation.gaps {
        writeln!(out, "\nnot all of the file was understood: {}", printable(problem))?;
    }
    Ok(())
}

fn judged<'r>(one: &'r Judged, sources: &Sources<'r>, options: &Options) -> Group<'r> {
    let drawn = group(&one.finding, sources, &Options { verbose: one.accounts.is_empty(), ..options.clone() });
    // What the finding shows by itself is not said again.
    let shown: Vec<Place> = one.finding.related.iter().chain(&one.finding.trail).map(|step| step.place).collect();
    let notes = one.accounts.iter().flat_map(|account| &account.notes);
    let notes = notes.filter(|note| note.place.is_none_or(|place| !shown.contains(&place)));
    let drawn = drawn.elements(notes.map(|note| Level::NOTE.message(noted(note, sources))));
    if one.withheld.is_empty() {
        return drawn.element(Level::NOTE.message("it is in the report"));
    }
    drawn.elements(one.withheld.iter().map(|why| Level::NOTE.message(format!("not in the report: {}", one_line(why)))))
}

fn account<'r>(account: &'r Account, sources: &Sources<'r>) -> Group<'r> {
    let titled = Group::with_title(Level::INFO.primary_title(one_line(&account.message)));
    let drawn = draw(titled, account.place, &[], sources);
    drawn.elements(account.notes.iter().map(|note| Level::NOTE.message(noted(note, sources))))
}

fn noted(note: &Note, sources: &Sources) -> String {
    match note.place {
        Some(place) => at(&note.message, place, sources),
        None => one_line(&note.message).into_owned(),
    }
}
