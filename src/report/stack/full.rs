//! A stack to a block of lines for each service. It does not show what has nothing in it.

use std::io;

use anstyle::Style;

use super::{kind, label, languages, others, shown, spots};
use crate::report::lines::Sources;
use crate::report::text::{one_line, styled};
use crate::report::{Options, Survey};
use crate::stack::{Column, Columns, Item, Row};

/// As wide as "observability", and two spaces.
const WIDTH: usize = 15;

pub(in crate::report) fn write(
    survey: &Survey,
    evidence: bool,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let sources = evidence.then(|| Sources::new(&survey.files));
    for row in &survey.stack.services {
        write_row(row, sources.as_ref(), options, out)?;
        writeln!(out)?;
    }
    if survey.stack.beside.iter().any(|items| !items.is_empty()) {
        let title = if survey.stack.services.is_empty() { "the repository" } else { "beside the services" };
        writeln!(out, "{}", styled(title, Style::new().bold(), options))?;
        write_columns(&survey.stack.beside, sources.as_ref(), options, out)?;
        writeln!(out)?;
    }
    match (others(&survey.stack), survey.stack.services.is_empty()) {
        (others, true) => {
            let others = others.map(|others| format!(", {others}")).unwrap_or_default();
            writeln!(out, "no services{others}")
        }
        (Some(others), false) if !options.quiet => writeln!(out, "{others}"),
        _ => Ok(()),
    }
}

fn write_row(row: &Row, sources: Option<&Sources>, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let path = styled(&one_line(&row.path), Style::new().bold(), options);
    // Folders are mostly called what is in them.
    let name = match row.path.rsplit('/').next() == Some(&row.name) || row.name.is_empty() {
        true => String::new(),
        false => format!(" ({})", one_line(&row.name)),
    };
    writeln!(out, "{path}{name}: {}", kind(row.kind))?;
    if !row.languages.is_empty() {
        writeln!(out, "  {:WIDTH$}{}", "languages", languages(&row.languages))?;
    }
    write_columns(&row.columns, sources, options, out)?;
    if let Some(routes) = row.routes {
        writeln!(out, "  {:WIDTH$}{routes}", "routes")?;
    }
    Ok(())
}

fn write_columns(
    columns: &Columns,
    sources: Option<&Sources>,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for (column, items) in Column::ALL.into_iter().zip(columns).filter(|(_, items)| !items.is_empty()) {
        let names: Vec<String> = items.iter().map(|item| painted(item, options)).collect();
        writeln!(out, "  {:WIDTH$}{}", label(column), names.join(", "))?;
        for item in items.iter().filter(|_| sources.is_some()) {
            if let Some(sources) = sources {
                write_evidence(item, sources, options, out)?;
            }
        }
    }
    Ok(())
}

fn painted(item: &Item, options: &Options) -> String {
    let text = shown(item);
    let text = one_line(&text);
    if item.used { text.into_owned() } else { styled(&text, Style::new().dimmed(), options) }
}

/// How many places of an item people are shown.
const PLACES: usize = 3;

fn write_evidence(item: &Item, sources: &Sources, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let spots = spots(item, sources);
    let places = spots.iter().take(PLACES).map(|spot| format!("{} {}:{}", spot.how, one_line(spot.path), spot.line));
    let mut places: Vec<String> = places.collect();
    if spots.len() > PLACES {
        places.push(format!("{} more", spots.len() - PLACES));
    }
    let line = format!("{}: {}", one_line(&item.name), places.join(", "));
    writeln!(out, "  {:WIDTH$}  {}", "", styled(&line, Style::new().dimmed(), options))
}
