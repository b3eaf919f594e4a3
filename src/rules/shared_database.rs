//! Reports services that read and write the same tables of one database, each with code of its own. Services that run
//! one code base, or share the package that holds its models, are parts of one and left alone.

use super::Pass;
use crate::finding::Confidence;
use crate::model::{Connection, Sharing};

/// So many tables with the same names are no coincidence, even where the address proves little.
const MANY: usize = 2;

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    for sharing in project.sharings() {
        let Sharing { writer, other, tables, .. } = &sharing;
        let [here, there] = sharing.statements.map(|statement| {
            project.place(statement.call.file, project.call(project.whole(statement.call)).span)
        });
        let listed: Vec<String> = tables.iter().take(3).map(|name| format!("`{name}`")).collect();
        let more = if tables.len() > 3 { format!(" and {} more tables", tables.len() - 3) } else { String::new() };
        let message = format!(
            "{} and {} share {}{more} of one database, and {}",
            project.shown(writer),
            project.shown(other),
            listed.join(", "),
            if sharing.both_write { "both write" } else { "only the first writes" },
        );
        let [first, second] = &sharing.connections;
        let finding = pass.report(here, message);
        finding.confidence(match (first.is_one(), tables.len()) {
            (true, _) => Confidence::High,
            (false, MANY..) => Confidence::Medium,
            (false, _) => Confidence::Low,
        });
        finding.related(there, format!("the same table in {}", project.shown(other)));
        finding.related(first.place, told(first));
        if second.place != first.place {
            finding.related(second.place, "the same for the other");
        }
        finding.help(
            "let one of the two own each table and ask it through its interface, or make both one service: what is \
             deployed apart must be free to change its tables alone",
        );
    }
}

fn told(connection: &Connection) -> String {
    match (&connection.address, &connection.variable) {
        (Some(address), _) => format!("the database: `{address}`"),
        (None, Some(variable)) => format!("the database: whatever `{variable}` says"),
        (None, None) => "the database".to_owned(),
    }
}
