//! What to do instead of one statement per element: the library's own idiom, where nothing stands in its way.

use super::{Repeated, is_read};
use crate::catalogue::{Advice, Library};
use crate::model::{Access, Change, Effect, Obstacle, Project, Turn};

pub(super) fn advice(project: &Project, one: &Repeated, climbs: bool) -> String {
    let library = project.catalogue().library(one.effect.library);
    let flushes = one.effect.access == Access::Flush;
    let callee = one.callee.zip(one.sent.first());
    if one.turn == Turn::Unrelated && !flushes && callee.is_none() {
        return "run it once before the loop".to_owned();
    }
    if climbs {
        return "ask for all steps at once with a recursive query (`WITH RECURSIVE`), or load the rows and walk in memory"
            .to_owned();
    }
    if let Some(sibling) = one.callee.and_then(|callee| project.batch_sibling(one.call, callee)) {
        return format!("call `{sibling}` once for all of them");
    }
    let statement = callee.map_or(one.call, |(_, sent)| sent.statement);
    let writes = !is_read(one.effect.access) || one.sent.iter().any(|sent| !is_read(sent.effect.access));
    if let Some(obstacle) = one.repetition.obstacle(statement, callee, !is_read(one.effect.access)) {
        return despite(obstacle, library, one, writes);
    }
    let same = one.turn == Turn::Unrelated && callee.is_some_and(|(_, sent)| sent.keyed.has_named());
    if same && is_read(one.effect.access) {
        return format!("it asks for the same each time: ask once before the loop, and hand the answer over{}", others(one));
    }
    if one.effect.batch {
        return "collect the rows of all elements and send them in one statement".to_owned();
    }
    let change = match one.effect.access {
        Access::Update => project.change(&one.repetition, statement, callee),
        _ => Change::Own,
    };
    if change == Change::OverAndOver {
        return "every turn writes the same row: gather the values in the loop, and write them once after it".to_owned();
    }
    let creates = matches!(one.effect.access, Access::Insert | Access::Upsert);
    let back = match creates && project.result_is_read(statement) {
        true => "; then read their ids back with one query",
        false => "",
    };
    format!("{}{back}{}", advised(library, &one.effect, change), others(one))
}

/// What is left to do where the usual advice does not fit.
fn despite(obstacle: Obstacle, library: &Library, one: &Repeated, writes: bool) -> String {
    let text = match obstacle {
        Obstacle::InHand => "the loop has the row already: hand it over instead of asking for it by its key",
        Obstacle::Walks => "it calls itself on what it finds: ask for each level of the walk with one statement",
        Obstacle::Drains => "take the pages over the rows of all elements, instead of paging through those of each",
        Obstacle::Limits => "for so many rows per element number them within each (`ROW_NUMBER() OVER (PARTITION BY …)`), and ask once",
        Obstacle::Ranges => "ask once for the rows of all ranges, and pick those of each element in memory",
        Obstacle::Tables => "group the elements by their table, and ask each table once",
        Obstacle::Rewrites => "ask once before the loop, and remember beside the answer what the turns write",
        Obstacle::Refreshes if one.sent.iter().any(|sent| sent.effect.access == Access::Flush) => {
            "commit once after the loop, and read again only what the database fills in"
        }
        Obstacle::Refreshes => "leave it out, unless others may have changed the row meanwhile: then accept it",
        Obstacle::Remembers => "ask the cache for all keys at once, and load with one statement what it does not know",
        Obstacle::Locks if writes => {
            "each element has a transaction or lock of its own: share one among a chunk of elements, whose changes then \
             fail together, or accept it"
        }
        Obstacle::Locks => "each element is read under a lock of its own: share one among a chunk of elements, or accept it",
        Obstacle::Catches => {
            return format!(
                "{} for a chunk of elements, which then fails as a whole; where each has to fail alone, accept it",
                advised(library, &one.effect, Change::Own)
            );
        }
    };
    text.to_owned()
}

/// What else the called function sends, beside the statement that the advice is about.
fn others(one: &Repeated) -> String {
    let accesses = || one.sent.iter().skip(1).map(|sent| sent.effect.access);
    let of = |wanted: &[Access]| accesses().any(|access| wanted.contains(&access) && access != one.effect.access);
    let kinds = [
        ("queries", of(&[Access::Read, Access::Count]) && !is_read(one.effect.access)),
        ("inserts", of(&[Access::Insert])),
        ("updates", of(&[Access::Update, Access::Upsert, Access::Write])),
        ("deletes", of(&[Access::Delete])),
    ];
    let kinds: Vec<&str> = kinds.into_iter().filter(|(_, there)| *there).map(|(kind, _)| kind).collect();
    let joined = match kinds[..] {
        [] => String::new(),
        [kind] => format!("; do the same for its {kind}"),
        [ref first @ .., last] => format!("; do the same for its {} and {last}", first.join(", ")),
    };
    let commits = one.effect.access != Access::Flush && accesses().any(|access| access == Access::Flush);
    if commits { format!("{joined}; commit once after the loop") } else { joined }
}

/// How the library does for many rows what a statement does for one.
pub(super) fn advised(library: &Library, effect: &Effect, change: Change) -> String {
    let none = Advice::default();
    let advice = &library.advice;
    let (own, general) = match effect.access {
        Access::Read => (&advice.read, "load all rows before the loop with one `SELECT … WHERE … IN (…)` and look them up by key"),
        Access::Count => (&advice.count, "ask for all elements at once, with `GROUP BY` or a set of the keys that exist"),
        Access::Insert => (&advice.insert, "insert all rows with one multi-row `INSERT`"),
        Access::Update if change == Change::Equal => {
            (&advice.update, "write equal values with one `UPDATE … WHERE … IN (…)`")
        }
        Access::Update => (
            if advice.update_rows.is_some() { &advice.update_rows } else { &advice.update },
            "update all rows with one `UPDATE` that joins a list of values",
        ),
        Access::Upsert => (&advice.upsert, "write all rows with one insert that says what to do on a conflict"),
        Access::Delete => (&advice.delete, "delete all rows with one `DELETE … WHERE … IN (…)`"),
        Access::Write => (&none.update, "send one statement for all elements"),
        Access::Flush => (&advice.flush, "commit once after the loop, or once per chunk"),
    };
    // Who writes SQL is told in SQL.
    let fits = |text: &&String| !effect.raw || is_sql(text);
    own.as_ref().filter(fits).cloned().unwrap_or_else(|| general.to_owned())
}

fn is_sql(text: &str) -> bool {
    ["`SELECT", "`INSERT", "`UPDATE", "`DELETE"].iter().any(|word| text.contains(word))
}
