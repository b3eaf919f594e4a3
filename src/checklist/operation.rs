//! The questions about a running service: starting, signing in, seeing, limiting. It does not know how well any of it
//! is set up.

use std::collections::HashSet;

use super::handmade;
use super::view::{Share, View, enumerated, has_role, listed};
use super::{Reply, Verdict};
use crate::catalogue::{Leg, LibraryRole, SystemRole};
use crate::finding::Step;
use crate::manifests::CloudFunction;
use crate::model::{Service, ServiceKind};

pub(super) fn cold_starts(view: &View) -> Reply {
    let functions: Vec<&Service> =
        view.serving.iter().copied().filter(|service| service.kind == ServiceKind::Functions).collect();
    if functions.is_empty() {
        return Reply::not_applicable("No functions of a platform were found.");
    }
    let mut evidence = Vec::new();
    let (mut set, mut unset) = (0, 0);
    for service in &functions {
        for file in &service.manifests {
            let declared = view.project.manifest(*file).map_or(&[][..], |manifest| &manifest.functions);
            // Platforms without sizes of functions name no runtime either, and start in milliseconds.
            for function in declared.iter().filter(|function| function.runtime.is_some() || is_sized(function)) {
                if function.memory.is_some() && function.timeout.is_some() {
                    set += 1
                } else {
                    unset += 1
                }
                let place = view.project.place(*file, function.span);
                evidence.push(Step { place, message: format!("`{}`: {}", function.name, budget(function)) });
            }
        }
    }
    let heavy = Share::of(&functions, |service| view.libraries(service, |library| library.heavy));
    evidence.extend(heavy.evidence);
    let weight = match heavy.with.as_slice() {
        [] => String::new(),
        services => format!(" A framework made for large applications starts in {}.", listed(services)),
    };
    match (set, unset) {
        (0, 0) if heavy.with.is_empty() => {
            Reply::partly("No manifest gives functions a memory size and a timeout.", evidence)
        }
        (0, 0) => Reply::no(weight.trim(), evidence),
        (0, _) => Reply::no(format!("No function has both a memory size and a timeout.{weight}"), evidence),
        (_, 0) if heavy.with.is_empty() => Reply::yes("Every function has a memory size and a timeout.", evidence),
        (_, 0) => Reply::partly(format!("Every function has a memory size and a timeout.{weight}"), evidence),
        (set, unset) => {
            let all = set + unset;
            Reply::partly(format!("{set} of {all} functions have a memory size and a timeout.{weight}"), evidence)
        }
    }
}

fn is_sized(function: &CloudFunction) -> bool {
    function.memory.is_some() || function.timeout.is_some() || function.warm
}

/// "512 MB, 10 s, kept warm"
fn budget(function: &CloudFunction) -> String {
    let memory = function.memory.map_or("memory not set".to_owned(), |memory| format!("{memory} MB"));
    let timeout = function.timeout.map_or("timeout not set".to_owned(), |timeout| format!("{timeout} s"));
    let warm = if function.warm { ", kept warm" } else { "" };
    format!("{memory}, {timeout}{warm}")
}

pub(super) fn auth(view: &View) -> Reply {
    if view.serving.is_empty() {
        return Reply::not_applicable("No service that answers requests was found.");
    }
    let share = Share::of(&view.serving, |service| view.with_roles(service, &[LibraryRole::Auth], &[SystemRole::Auth]));
    share.reply("Signing in is left to a known library or service", "No known library or service for it is used.")
}

pub(super) fn observability(view: &View) -> Reply {
    if view.backends.is_empty() {
        return Reply::not_applicable("No back end was found.");
    }
    let mut evidence: Vec<Step> = Vec::new();
    // By what they let operators see, the most first.
    let mut groups: Vec<(Vec<String>, Vec<&Service>)> = Vec::new();
    let mut none = Vec::new();
    for service in view.backends.iter().filter(|service| !view.is_small_function(service)) {
        let steps = view.with_roles(service, &[LibraryRole::Observability], &[SystemRole::Observability]);
        let steps: Vec<Step> = steps.into_iter().chain(view.libraries(service, carries_legs)).collect();
        if steps.is_empty() {
            none.push(*service);
            continue;
        }
        let legs = legs(view, service);
        match groups.iter_mut().find(|(known, _)| *known == legs) {
            Some((_, services)) => services.push(service),
            None => groups.push((legs, vec![service])),
        }
        evidence.extend(steps);
    }
    groups.sort_by_key(|(legs, _)| std::cmp::Reverse(legs.len()));
    let mut seen = HashSet::new();
    evidence.retain(|step| seen.insert(step.message.clone()));
    let told = groups.iter().map(|(legs, services)| match legs.as_slice() {
        [] => format!("other means for operators in {}", listed(services)),
        legs => format!("{} in {}", enumerated(legs), listed(services)),
    });
    let mut told: Vec<String> = told.collect();
    let all_are_whole = groups.iter().all(|(legs, _)| legs.len() >= 3);
    if groups.is_empty() && none.is_empty() {
        return Reply::not_applicable("There are only small functions that nobody calls.");
    }
    if groups.is_empty() {
        return Reply::no("No library or system for logs, metrics, traces or errors is used.", evidence);
    }
    let verdict = if all_are_whole && none.is_empty() { Verdict::Yes } else { Verdict::Partly };
    if !none.is_empty() {
        told.push(format!("nothing in {}", listed(&none)));
    }
    Reply::new(verdict, format!("There are {}.", told.join("; ")), evidence)
}

fn carries_legs(library: &crate::catalogue::Library) -> bool {
    !library.legs.is_empty() && !has_role(library, &[LibraryRole::Observability])
}

fn legs(view: &View, service: &Service) -> Vec<String> {
    let used = service.libraries.iter().filter(|known| known.used);
    let legs: Vec<Leg> =
        used.flat_map(|known| &view.project.catalogue().library(known.library).legs).copied().collect();
    let all = [(Leg::Logs, "logs"), (Leg::Metrics, "metrics"), (Leg::Traces, "traces"), (Leg::Errors, "errors")];
    all.into_iter().filter(|(leg, _)| legs.contains(leg)).map(|(_, word)| word.to_owned()).collect()
}

pub(super) fn rate_limits(view: &View) -> Reply {
    if view.serving.is_empty() {
        return Reply::not_applicable("No service that answers requests was found.");
    }
    let limited = Share::of(&view.serving, |service| view.with_roles(service, &[LibraryRole::RateLimiter], &[]));
    if !limited.with.is_empty() {
        return limited.reply("A library limits requests", "");
    }
    let own = Share::of(&view.serving, |service| handmade::limiters(view, service));
    if !own.with.is_empty() {
        let services = listed(&own.with);
        return Reply::partly(
            format!("Own code limits requests in {services}, and how well was not looked at."),
            own.evidence,
        );
    }
    let behind = Share::of(&view.serving, |service| gateways(view, service));
    match behind.with.as_slice() {
        [] => Reply::no("No library that limits requests and no gateway was found.", Vec::new()),
        with => {
            let why =
                format!("A gateway stands before {}; whether it limits requests was not looked at.", listed(with));
            Reply::partly(why, behind.evidence)
        }
    }
}

/// Proxies that read requests. Those with a scheme of their own stand before databases, and balancers of load are
/// seldom told what they balance.
fn gateways(view: &View, service: &Service) -> Vec<Step> {
    view.systems(service, |system| {
        let is_balancer = system.images.is_empty() && system.hosts.is_empty();
        system.role == SystemRole::Proxy && system.schemes.is_empty() && !is_balancer
    })
}
