//! The questions about data and about work that outlives a request. It does not know whether a migration fits its
//! tables.

use super::Reply;
use super::view::{Share, View, called, has_role, listed};
use crate::catalogue::{LibraryRole, SystemRole};
use crate::facts::Span;
use crate::finding::{Place, Step};
use crate::manifests::Trigger;
use crate::model::Service;
use crate::walk::Role;

pub(super) fn migrations(view: &View) -> Reply {
    let access = Share::of(&view.backends, |service| view.with_roles(service, &[LibraryRole::DataAccess], &[]));
    let databases = Share::of(&view.backends, |service| view.with_roles(service, &[], &[SystemRole::Database]));
    if access.with.is_empty() && databases.with.is_empty() {
        return Reply::not_applicable("No service talks to a database.");
    }
    if access.with.is_empty() {
        let services = listed(&databases.with);
        return Reply::no(
            format!("A database, but no known library that talks to it, in {services}."),
            databases.evidence,
        );
    }
    let mut evidence = access.evidence;
    let folders = folders(view);
    let commands = commands(view);
    let migrated = Share::of(&access.with, |service| {
        let mut steps = view.tools(service, |library| has_role(library, &[LibraryRole::Migrations]));
        let near = |step: &&Step| is_near(view.path(step.place.file), service);
        steps.extend(folders.iter().chain(&commands).filter(near).take(1).cloned());
        steps
    });
    // One folder of migrations at the root, or in a library of the repository, serves all who share its database.
    if migrated.with.is_empty() && !folders.is_empty() {
        evidence.extend(folders);
        return Reply::yes(
            format!("Data access in {}, with migrations in the repository.", listed(&access.with)),
            evidence,
        );
    }
    evidence.extend(migrated.evidence);
    match (migrated.with.as_slice(), migrated.without.as_slice()) {
        ([], _) => Reply::partly("Data access, but no tool, folder or command for migrations was found.", evidence),
        (with, []) => Reply::yes(format!("Data access with migrations in {}.", listed(with)), evidence),
        (with, without) => {
            let why = format!("Data access with migrations in {}; no migrations in {}.", listed(with), listed(without));
            Reply::partly(why, evidence)
        }
    }
}

/// The first file of each folder of migrations.
fn folders(view: &View) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut last = None;
    for (id, file) in view.project.files().filter(|(_, file)| file.role == Role::Migration) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if last != Some(folder) {
            last = Some(folder);
            let place = Place { file: id, span: Span::default() };
            steps.push(Step { place, message: format!("migrations in `{folder}`") });
        }
    }
    steps
}

/// What migrates when it is started.
fn commands(view: &View) -> Vec<Step> {
    let mut steps = Vec::new();
    for (file, manifest) in view.manifests() {
        let commands = manifest.commands.iter().map(|command| (&command.line, command.span));
        let containers = manifest.containers.iter();
        let containers = containers.filter_map(|container| Some((container.command.as_ref()?, container.span)));
        let steps_run = manifest.steps.iter().filter_map(|step| Some((step.run.as_ref()?, step.span)));
        let found =
            commands.chain(containers).chain(steps_run).find(|(line, _)| line.to_lowercase().contains("migrat"));
        steps.extend(
            found.map(|(_, span)| Step { place: Place { file, span }, message: "a command that migrates".to_owned() }),
        );
    }
    steps
}

/// In the folder of a service, or beside a folder above it.
fn is_near(path: &str, service: &Service) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = service.folder.is_empty()
        || path.strip_prefix(service.folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
    below || folder.is_empty()
}

pub(super) fn jobs(view: &View) -> Reply {
    let runners =
        Share::of(&view.backends, |service| view.with_roles(service, &[LibraryRole::Jobs], &[SystemRole::Jobs]));
    if view.backends.is_empty() {
        return Reply::not_applicable("No back end was found.");
    }
    if !runners.with.is_empty() {
        // Not every service has work to hand on.
        return Reply::yes(
            format!("A job runner does the background work of {}.", listed(&runners.with)),
            runners.evidence,
        );
    }
    let messages = Share::of(&view.backends, |service| {
        view.with_roles(service, &[LibraryRole::Messaging], &[SystemRole::Messaging])
    });
    let schedules = Share::of(&view.backends, |service| schedules(view, service));
    let (senders, scheduled) = (!messages.with.is_empty(), !schedules.with.is_empty());
    let mut evidence = messages.evidence;
    evidence.extend(schedules.evidence);
    match (senders, scheduled) {
        (true, _) => {
            let why = format!(
                "Messages carry the work of {}, and retries and schedules are by hand.",
                listed(&messages.with)
            );
            Reply::partly(why, evidence)
        }
        (false, true) => {
            let why =
                format!("Schedules of a platform or timers alone, without a queue, in {}.", listed(&schedules.with));
            Reply::partly(why, evidence)
        }
        (false, false) => Reply::no("No job runner, queue or schedule was found.", evidence),
    }
}

/// Schedules of platforms, and timers in the process.
fn schedules(view: &View, service: &Service) -> Vec<Step> {
    let mut steps = Vec::new();
    for handler in service.handlers.iter().filter(|handler| handler.triggers.contains(&Trigger::Schedule)) {
        steps.push(Step { place: handler.place, message: format!("a schedule of {}", called(service)) });
    }
    for file in &service.manifests {
        let resources = view.project.manifest(*file).map_or(&[][..], |manifest| &manifest.resources);
        for resource in resources.iter().filter(|resource| resource.kind == "CronJob") {
            let place = view.project.place(*file, resource.span);
            steps.push(Step { place, message: format!("a schedule of {}", called(service)) });
        }
    }
    for file in service.files.iter().filter(|file| view.project.has_facts(**file)) {
        let timer = view.project.facts(*file).calls.iter().find(|call| call.name() == "setInterval");
        steps.extend(timer.map(|call| Step {
            place: view.project.place(*file, call.span),
            message: format!("a timer in the process of {}", called(service)),
        }));
    }
    steps
}
