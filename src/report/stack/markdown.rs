//! A stack to a page: a table of all services, and a list for each of them. It does not leave out empty cells.

use std::io;

use super::{kind, label, languages, others, shown, spots};
use crate::report::Survey;
use crate::report::lines::Sources;
use crate::report::markup::{cell, code, place, plain};
use crate::stack::{Column, Columns, Item, Row};

/// What the table shows; the lists show the rest.
const MAIN: [Column; 5] = [Column::Frameworks, Column::Api, Column::DataAccess, Column::Databases, Column::Deploy];

pub(in crate::report) fn write(survey: &Survey, evidence: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let (stack, sources) = (&survey.stack, Sources::new(&survey.files));
    writeln!(out, "# Stack\n")?;
    if stack.services.is_empty() {
        writeln!(out, "No services were found.")?;
    } else {
        writeln!(out, "| path | kind | {} |", MAIN.map(label).join(" | "))?;
        writeln!(out, "|{}", "---|".repeat(MAIN.len() + 2))?;
    }
    for row in &stack.services {
        let cells = MAIN.map(|column| names(row.items(column)));
        writeln!(out, "| {} | {} | {} |", cell(&code(&row.path)), kind(row.kind), cells.join(" | "))?;
    }
    for row in &stack.services {
        write_row(row, evidence.then_some(&sources), out)?;
    }
    if stack.beside.iter().any(|items| !items.is_empty()) {
        writeln!(out, "\n## Beside the services\n")?;
        write_columns(&stack.beside, &[], evidence.then_some(&sources), out)?;
    }
    match others(stack) {
        Some(others) => writeln!(out, "\nBeside these: {others}."),
        None => Ok(()),
    }
}

fn write_row(row: &Row, sources: Option<&Sources>, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "\n## {}\n", code(&row.path))?;
    writeln!(out, "- {}: {}", kind(row.kind), plain(&row.name))?;
    if !row.languages.is_empty() {
        writeln!(out, "- languages: {}", plain(&languages(&row.languages)))?;
    }
    let shown = if sources.is_none() { MAIN.as_slice() } else { &[] };
    write_columns(&row.columns, shown, sources, out)?;
    if let Some(routes) = row.routes {
        writeln!(out, "- routes: {routes}")?;
    }
    Ok(())
}

/// A list of the columns that are not shown elsewhere.
fn write_columns(
    columns: &Columns,
    elsewhere: &[Column],
    sources: Option<&Sources>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for (column, items) in Column::ALL.into_iter().zip(columns) {
        if elsewhere.contains(&column) || items.is_empty() {
            continue;
        }
        writeln!(out, "- {}: {}", label(column), names(items))?;
        for item in items {
            let Some(sources) = sources else { break };
            let spots = spots(item, sources);
            let places: Vec<String> =
                spots.iter().map(|spot| format!("{} {}", spot.how, place(spot.path, spot.line))).collect();
            writeln!(out, "  - {}: {}", plain(&item.name), places.join(", "))?;
        }
    }
    Ok(())
}

fn names(items: &[Item]) -> String {
    items.iter().map(|item| plain(&shown(item))).collect::<Vec<_>>().join(", ")
}
