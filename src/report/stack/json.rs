//! A stack to one JSON document. Its structs are the published form: they do not follow when the model changes.

use std::io;

use serde::{Serialize, Serializer};

use super::{Spot, spots};
use crate::report::Survey;
use crate::report::json::escaped;
use crate::report::lines::Sources;
use crate::stack::{Column, Columns, Item, Kind, Part, Row};

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
        beside: Beside::new(&survey.stack.beside, evidence.then_some(&sources)),
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
    beside: Beside<'r>,
}

/// Systems of the repository that no service is known to use.
#[derive(Serialize)]
struct Beside<'r> {
    #[serde(flatten)]
    used: Entries<Vec<&'r str>>,
    declared: Entries<Vec<&'r str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Entries<Entries<Vec<Spot<'r>>>>>,
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
        Self {
            path: &row.path,
            name: &row.name,
            kind: kind(row.kind),
            languages: row.languages.iter().map(|(name, lines)| Language { name, lines: *lines }).collect(),
            used: named(&row.columns, true),
            routes: row.routes,
            declared: named(&row.columns, false).without_empty(),
            evidence: sources.map(|sources| evidence(&row.columns, sources)),
        }
    }
}

impl<'r> Beside<'r> {
    fn new(columns: &'r Columns, sources: Option<&Sources<'r>>) -> Self {
        Self {
            used: named(columns, true).without_empty(),
            declared: named(columns, false).without_empty(),
            evidence: sources.map(|sources| evidence(columns, sources)),
        }
    }
}

fn named(columns: &Columns, used: bool) -> Entries<Vec<&str>> {
    let columns = Column::ALL.into_iter().zip(columns);
    Entries(columns.map(|(column, items)| (column.key().to_owned(), names(items, used))).collect())
}

fn names(items: &[Item], used: bool) -> Vec<&str> {
    items.iter().filter(|item| item.used == used).map(|item| item.name.as_str()).collect()
}

impl Entries<Vec<&str>> {
    fn without_empty(mut self) -> Self {
        self.0.retain(|(_, names)| !names.is_empty());
        self
    }
}

fn evidence<'r>(columns: &'r Columns, sources: &Sources<'r>) -> Entries<Entries<Vec<Spot<'r>>>> {
    let columns = Column::ALL.into_iter().zip(columns).filter(|(_, items)| !items.is_empty());
    let entry = |item: &Item| (item.name.clone(), spots(item, sources));
    let entries = |items: &[Item]| Entries(items.iter().map(entry).collect());
    Entries(columns.map(|(column, items)| (column.key().to_owned(), entries(items))).collect())
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Service => "service",
        Kind::Worker => "worker",
        Kind::Functions => "functions",
        Kind::FrontEnd => "front-end",
    }
}
