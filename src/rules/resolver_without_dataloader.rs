//! Reports resolvers of fields that send a query for each parent.
//!
//! Which functions resolve fields, what they ask and how many parents there are is the model's knowledge. This file
//! decides which of them are harmful, how sure that is, and when so many are one finding.

use std::collections::BTreeMap;

use super::Pass;
use crate::finding::{Confidence, Step};
use crate::model::{Asked, Evidence, Link, Parents, Project, Resolver, ServiceId};

/// So many resolvers of a service without any loader have one cause: nobody has built the first loader.
const MANY: usize = 12;

/// Resolvers that a finding about a whole service shows.
const SHOWN: usize = 10;

/// A resolver that sends a query for each parent.
struct Asking {
    resolver: Resolver,
    asked: Asked,
    confidence: Confidence,
}

pub(super) fn check(pass: &mut Pass) {
    let project = pass.project;
    let mut by_service: BTreeMap<Option<ServiceId>, Vec<Asking>> = BTreeMap::new();
    for asking in project.resolvers().into_iter().filter_map(|resolver| harmful(project, resolver)) {
        by_service.entry(project.service_of(asking.asked.place.file)).or_default().push(asking);
    }
    for all in by_service.values() {
        let sure = || all.iter().filter(|one| one.confidence > Confidence::Low);
        if sure().count() >= MANY && !project.has_loaders(all[0].asked.place.file) {
            report_service(pass, &sure().collect::<Vec<_>>());
        } else {
            for one in all {
                report(pass, one);
            }
        }
    }
}

fn harmful(project: &Project, resolver: Resolver) -> Option<Asking> {
    if resolver.parents == Parents::One {
        return None; // Every answer has one parent: one query.
    }
    let asked = project.asked(&resolver).into_iter().next()?;
    if asked.guarded {
        return None; // Whoever loads the parents can load the answer with them.
    }
    let confidence = confidence(project, &resolver, &asked);
    Some(Asking { resolver, asked, confidence })
}

/// Points against, each from how often such resolvers turn out to be harmless.
fn confidence(project: &Project, resolver: &Resolver, asked: &Asked) -> Confidence {
    let against = [
        (resolver.parents == Parents::Unknown, 1),
        (asked.evidence == Evidence::Spelled, 1),
        // Whoever loads the parents may have loaded the relation with them.
        (asked.plain, 1),
        (asked.link == Some(Link::Named), 1),
        (asked.hops > 1, 1),
        (asked.conditional && asked.hops > 0, 1),
        (asked.cached, 1),
        (project.catalogue().library(asked.library).in_process, 1),
    ];
    match against.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum() {
        0 | 1 => Confidence::High,
        2 => Confidence::Medium,
        _ => Confidence::Low,
    }
}

fn report(pass: &mut Pass, one: &Asking) {
    let project = pass.project;
    let Asking { resolver, asked, confidence } = one;
    let function = project.function(resolver.function);
    let head = project.place(resolver.function.file, function.head);
    let advice = project.advised(resolver, asked);
    let message =
        format!("`{}` runs `{}` once per `{}`", name(resolver), project.asked_as(resolver, asked), resolver.owner);
    let finding = pass.report(asked.place, message);
    finding.related(head, "the resolver").scope(head).confidence(*confidence).help(advice);
    if let Some(statement) = asked.statement {
        finding.related(statement, "the query");
        let calls = asked.way.iter().map(|call| Step {
            place: project.place(call.file, project.call(*call).span),
            message: format!("calls `{}`", project.called(*call)),
        });
        let first = Step { place: head, message: "the resolver".to_owned() };
        let last = Step { place: statement, message: "the query".to_owned() };
        finding.trail(std::iter::once(first).chain(calls).chain([last]).collect());
    }
}

/// One finding where no loader exists at all.
fn report_service(pass: &mut Pass, all: &[&Asking]) {
    let project = pass.project;
    let [first, ..] = all else { return };
    let file = first.asked.place.file;
    let service = project.service_of(file).map_or_else(|| "the service".to_owned(), |id| project.shown(project.service(id)));
    let message = format!("{} field resolvers of {service} send a query for each parent, and no loader joins them", all.len());
    let finding = pass.report(first.asked.place, message);
    finding.confidence(first.confidence).help(project.advised_loader(&first.resolver));
    for (at, one) in all.iter().take(SHOWN).enumerate() {
        let name = name(&one.resolver);
        let message = match all.len() - SHOWN.min(all.len()) {
            more if more > 0 && at + 1 == SHOWN => format!("`{name}`, and {more} more"),
            _ => format!("`{name}`"),
        };
        finding.related(one.asked.place, message);
    }
}

fn name(resolver: &Resolver) -> String {
    format!("{}.{}", resolver.owner, resolver.field)
}
