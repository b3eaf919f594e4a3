//! What the rule says: the relation and the loop, and the option that loads it with the rows.

use super::Load;
use crate::catalogue::EagerOption;
use crate::facts::{Name, Value};
use crate::finding::Confidence;
use crate::model::{Handed, LoopId, Project, Relation, Top, Written};
use crate::rules::Pass;

/// So many options are spelled out.
const MAX_OPTIONS: usize = 3;

pub(super) fn report(pass: &mut Pass, load: &Load, confidence: Confidence) {
    let project = pass.project;
    let file = load.each.file;
    let each = load.repetition.facts();
    let row = each.binds.last().copied().unwrap_or_default();
    let ways = longest(&load.ways);
    let Some(first) = ways.first() else { return };
    let names: Vec<&str> = std::iter::once(row.as_str()).chain(first.iter().map(|one| one.name.as_str())).collect();
    let over = load.repetition.name();
    let message = format!("`{}` is loaded once per element of `{over}`", names.join("."));
    let relation = load.rows.way[load.rows.missing.unwrap_or_default()];
    let help = advice(project, load, &ways, &over);
    let function = project.function_around(file, each.function);
    let query = load.rows.query.map(|query| project.whole(query));
    let finding = pass.report(project.place(file, load.span), message);
    finding
        .related(project.place(file, each.head), "the loop")
        .related(project.place(relation.file, relation.span), "the relation")
        .scope(project.place(file, each.head))
        .scope(project.place(file, function.head))
        .confidence(confidence)
        .help(help);
    if let Some(query) = query {
        let span = project.call(query).span;
        if query.file != file || !each.head.contains(span) {
            finding.related(project.place(query.file, span), "the query of the rows");
        }
    }
}

/// A serializer that is given many rows and reads a relation of each.
pub(super) fn report_written(pass: &mut Pass, written: &Written) {
    let project = pass.project;
    let way: Vec<&Relation> = written.way.iter().collect();
    let names: Vec<&str> = way.iter().map(|one| one.name.as_str()).collect();
    let message = format!("`{}` is loaded once per row that `{}` writes", names.join("."), written.serializer);
    let relation = way[written.missing];
    let option = project.relation_form(relation).map(|form| spelled(project, &form.option, &way));
    let option = option.map_or_else(|| "the relation".to_owned(), |option| format!("`{option}`"));
    let mut against = usize::from(written.guessed);
    against += if written.handed == Handed::No { 0 } else { 3 };
    let finding = pass.report(project.place(written.file, written.span), message);
    finding
        .related(project.place(written.list.0, written.list.1), "the list")
        .related(project.place(relation.file, relation.span), "the relation")
        .confidence(match against {
            0 => Confidence::High,
            1 | 2 => Confidence::Medium,
            _ => Confidence::Low,
        })
        .help(format!("add {option} to the query whose rows are written"));
    if let Some(query) = written.query.map(|query| project.whole(query)) {
        finding.related(project.place(query.file, project.call(query).span), "the query of the rows");
    }
}

/// The ways that are not the beginning of another, the first of the text first.
fn longest<'w, 'p>(ways: &'w [Vec<&'p Relation>]) -> Vec<&'w [&'p Relation]> {
    let names = |way: &[&Relation]| way.iter().map(|one| one.name).collect::<Vec<Name>>();
    let all: Vec<Vec<Name>> = ways.iter().map(|way| names(way)).collect();
    let mut longest: Vec<&[&Relation]> = Vec::new();
    for (index, way) in ways.iter().enumerate() {
        let is_part = all.iter().any(|other| other.len() > all[index].len() && other.starts_with(&all[index]));
        let is_known = all[..index].contains(&all[index]);
        if !is_part && !is_known {
            longest.push(way);
        }
    }
    longest
}

fn advice(project: &Project, load: &Load, ways: &[&[&Relation]], over: &str) -> String {
    let rows = &load.rows;
    let Some(option) = rows.way.first().and_then(|first| project.relation_form(first)).map(|form| &form.option) else {
        return "load the relation together with the rows".to_owned();
    };
    if load.refined || rows.cut > 0 {
        // An option loads the relation as it is, and what refines it asks again.
        let name = rows.way[rows.missing.unwrap_or_default()].name;
        return format!("ask for the `{name}` of all elements with one query before the loop, and group them by their key");
    }
    let options: Vec<String> = ways
        .iter()
        .take(MAX_OPTIONS)
        .map(|way| {
            let whole: Vec<&Relation> = rows.upper.iter().chain(way.iter()).copied().collect();
            format!("`{}`", spelled(project, option, &whole))
        })
        .collect();
    let options = options.join(" and ");
    let query = match rows.top {
        Some(Top::Row(each)) => format!("the query that loads {}", parent(project, each, &rows.upper)),
        Some(Top::Rows(each)) if each != load.each && rows.handed != Handed::Many => {
            format!("the query of `{}`", project.loop_name(each))
        }
        Some(Top::Rows(each)) if each != load.each => format!("the query that loads `{}`", project.loop_name(each)),
        _ if rows.handed == Handed::Many => format!("the query that loads `{over}`"),
        _ => format!("the query of `{over}`"),
    };
    if rows.is_unnamed() && rows.upper.is_empty() {
        return format!(
            "name what is read in {query}: {options}, since an option without names loads only what there must be"
        );
    }
    format!("add {options} to {query}")
}

/// The row whose relation a loop goes along, as the loop names it, or as its model.
fn parent(project: &Project, each: LoopId, upper: &[&Relation]) -> String {
    let facts = project.facts(each.file);
    let path: &[Name] = match &project.loop_at(each).over {
        Some(Value::Path(path)) => path,
        Some(Value::Call(call, _)) => &facts.call(*call).chain,
        _ => &[],
    };
    let Some(first) = upper.first() else { return "the rows".to_owned() };
    let before = path.iter().position(|name| *name == first.name).map_or(&[][..], |at| &path[..at]);
    match before {
        [] => format!("the `{}`", project.model_name(first.owner)),
        [one] if *one == "self" => format!("the `{}`", project.model_name(first.owner)),
        _ => format!("`{}`", before.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(".")),
    }
}

/// The option that loads a way: `.select_related("customer__city")`
fn spelled(project: &Project, option: &EagerOption, way: &[&Relation]) -> String {
    let steps: Vec<String> = way
        .iter()
        .map(|relation| {
            let step = option.step_to_many.as_ref().filter(|_| relation.many).unwrap_or(&option.step);
            let target = relation.target.map_or(relation.name, |target| project.model_name(target));
            step.replace("{model}", &project.model_name(relation.owner))
                .replace("{name}", &relation.name)
                .replace("{target}", &target)
        })
        .collect();
    let whole = if way.iter().any(|relation| relation.many) { &option.to_many } else { &option.to_one };
    whole.replace("{}", &steps.join(&option.between))
}
