//! A stack to one JSON document. Its structs are the published form: they do not follow when the model changes.

use std::io;

use serde::{Serialize, Serializer};

use super::{Spot, spots};
use crate::report::Survey;
use crate::report::json::escaped;
use crate::report::lines::Sources;
use crate::stack::{Column, Item, Kind, Part, Row};

pub(in crate::report) fn write(survey: &Survey, evidence: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::new(&survey.files);
    let parts = |parts: &'_ [Part]| {
        parts.iter().map(|part| Named { path: part.path.clone(), name: part.name.clone() }).collect()
    };
    let document = Document {
        version: 1,
        services: survey.stack.services.iter().map(|row| Service::new(row, evidence.then_some(&sources))).collect(),
        libraries: parts(&survey.stack.libraries),
        tools: parts(&survey.stack.tools),
    };
    writeln!(out, "{}", escaped(&serde_json::to_string_pretty(&document)?))
}

#[derive(Serialize)]
struct Document<'r> {
    /// Grows when a reader of the old form could no longer read the new one.
    version: u32,
    services: Vec<Service<'r>>,
    libraries: Vec<Named>,
    tools: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    path: String,
    name: String,
}

#[derive(Serialize)]
struct Service<'r> {
    path: &'r str,
    name: &'r str,
    kind: &'static str,
    languages: Vec<Language>,
    /// Names of what is in use, by column; every column is there.
    #[serde(flatten)]
    used: Entries<Vec<&'r str>>,
    routes: Option<u32>,
    /// Names of what is asked for and not in use; empty columns are left out.
    declared: Entries<Vec<&'r str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Entries<Entries<Vec<Spot<'r>>>>>,
}

#[derive(Serialize)]
struct Language {
    name: &'static str,
    lines: u32,
}

/// An object whose keys keep their order.
struct Entries<T>(Vec<(String, T)>);

impl<T: Serialize> Serialize for Entries<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'r> Service<'r> {
    fn new(row: &'r Row, sources: Option<&Sources<'r>>) -> Self {
        let named = |used: bool| {
            Column::ALL.map(|column| {
                let items = row.items(column).iter().filter(|item| item.used == used);
                (column.key().to_owned(), items.map(|item| item.name.as_str()).collect::<Vec<_>>())
            })
        };
        let declared = named(false).into_iter().filter(|(_, names)| !names.is_empty()).collect();
        Self {
            path: &row.path,
            name: &row.name,
            kind: kind(row.kind),
            languages: row.languages.iter().map(|(name, lines)| Language { name, lines: *lines }).collect(),
            used: Entries(named(true).into()),
            routes: row.routes,
            declared: Entries(declared),
            evidence: sources.map(|sources| evidence(row, sources)),
        }
    }
}

fn evidence<'r>(row: &'r Row, sources: &Sources<'r>) -> Entries<Entries<Vec<Spot<'r>>>> {
    let columns = Column::ALL.into_iter().filter(|column| !row.items(*column).is_empty());
    let entry = |item: &Item| (item.name.clone(), spots(item, sources));
    let entries = |column: Column| Entries(row.items(column).iter().map(entry).collect());
    Entries(columns.map(|column| (column.key().to_owned(), entries(column))).collect())
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Service => "service",
        Kind::Worker => "worker",
        Kind::Functions => "functions",
        Kind::FrontEnd => "front-end",
    }
}
