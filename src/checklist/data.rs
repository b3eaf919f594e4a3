//! The questions about data and about work that outlives a request. It does not know whether a migration fits its
//! tables.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::view::{Share, View, called, has_role, is_pipeline, listed};
use super::{Reply, handmade};
use crate::catalogue::{Library, LibraryRole, SystemRole};
use crate::facts::{FileId, Span};
use crate::finding::{Place, Step};
use crate::manifests::Trigger;
use crate::model::Service;
use crate::paths::{below, folder};
use crate::walk::{File, FileKind, Foreign, Role};

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
    let (folders, commands) = (folders(view), commands(view));
    let is_only_declared = Cell::new(false);
    let migrated = Share::of(&access.with, |service| {
        let near = |step: &&Step| is_near(view, step.place.file, service);
        let mut steps: Vec<Step> = folders.iter().filter(near).take(1).cloned().collect();
        let is_tool = |library: &Library| has_role(library, &[LibraryRole::Migrations]);
        // A pipeline seldom says whose migrations it runs.
        let is_clear = |step: &&Step| {
            let manifest = view.project.manifest(step.place.file);
            let is_pipeline = manifest.is_some_and(|manifest| is_pipeline(manifest.kind));
            access.with.len() == 1 || !is_pipeline
        };
        let commands = commands.iter().filter(near).filter(is_clear).take(1).cloned();
        // What is only asked for may never be called.
        let used = view.libraries(service, is_tool);
        let declared = view.tools(service, is_tool);
        steps.extend(commands);
        if steps.is_empty() && used.is_empty() {
            is_only_declared.set(is_only_declared.get() || !declared.is_empty());
            return Vec::new();
        }
        steps.extend(declared);
        steps
    });
    let mut evidence = migrated.evidence;
    evidence.extend(access.evidence);
    match (migrated.with.as_slice(), migrated.without.as_slice()) {
        ([], _) if is_only_declared.get() => {
            Reply::partly("Data access and a tool for migrations, but no folder or command of migrations.", evidence)
        }
        ([], _) => Reply::partly("Data access, but no tool, folder or command for migrations was found.", evidence),
        (with, []) => Reply::yes(format!("Data access with migrations in {}.", listed(with)), evidence),
        (with, without) => {
            let why = format!("Data access with migrations in {}; no migrations in {}.", listed(with), listed(without));
            Reply::partly(why, evidence)
        }
    }
}

/// Names of folders in which migrations are kept.
const FOLDERS: [&str; 8] = [
    "__migrations__",
    "alembic",
    "data-migrations",
    "data_migrations",
    "db-migrations",
    "migrate",
    "migration",
    "migrations",
];

/// The first file of each folder of migrations.
fn folders(view: &View) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut said = BTreeSet::new();
    for (id, file) in view.project.files().filter(|(_, file)| is_migration(file)) {
        let folder = folder_of_migrations(&file.path);
        if said.insert(folder) {
            let place = Place { file: id, span: Span::default() };
            steps.push(Step { place, message: format!("migrations in `{folder}`") });
        }
    }
    steps
}

/// Changes of data that scripts make once are none.
fn is_migration(file: &File) -> bool {
    let is_sql = matches!(file.kind, FileKind::Foreign(Foreign::Sql));
    let is_judged = !matches!(file.role, Role::Test | Role::Fixture | Role::Vendored | Role::Example);
    let of_scripts = || file.path.split('/').any(|folder| matches!(folder, "script" | "scripts" | "backfill"));
    // `commands/migrate.go` only runs them.
    let is_kept = || folder(&file.path).split('/').any(|folder| FOLDERS.contains(&folder.to_lowercase().as_str()));
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let is_numbered = || name.trim_start_matches(['m', 'V', 'v']).starts_with(|first: char| first.is_ascii_digit());
    match is_sql {
        true => is_judged && (file.role == Role::Migration || is_kept()),
        false => {
            let is_one = file.role == Role::Migration && file.kind != FileKind::Manifest && name != "__init__.py";
            let stem = name.split('.').next().unwrap_or_default();
            let runs = matches!(stem, "env" | "index" | "migrate" | "migrations" | "mod" | "runner");
            is_one && !of_scripts() && (is_numbered() || (is_kept() && !runs))
        }
    }
}

/// `prisma/migrations/1_init/migration.sql` to `prisma/migrations`
fn folder_of_migrations(path: &str) -> &str {
    let mut end = 0;
    for folder in folder(path).split('/') {
        end += folder.len();
        if FOLDERS.contains(&folder.to_lowercase().as_str()) {
            return &path[..end];
        }
        end += 1;
    }
    folder(path)
}

/// What migrates when it is started, tests of it not among them.
fn commands(view: &View) -> Vec<Step> {
    let mut steps = Vec::new();
    for (file, manifest) in view.manifests() {
        let commands = manifest.commands.iter().map(|command| (&command.line, command.span));
        let containers = manifest.containers.iter();
        let containers = containers.filter_map(|container| Some((container.command.as_ref()?, container.span)));
        let steps_run = manifest.steps.iter().filter_map(|step| Some((step.run.as_ref()?, step.span)));
        let mut all = commands.chain(containers).chain(steps_run);
        let found = all.find(|(text, _)| text.lines().any(migrates));
        steps.extend(
            found.map(|(_, span)| Step { place: Place { file, span }, message: "a command that migrates".to_owned() }),
        );
    }
    steps
}

/// `prisma migrate deploy`, `npm run db:migrate`, `manage.py migrate`, `typeorm migration:run`
fn migrates(line: &str) -> bool {
    let lower = line.trim().to_lowercase();
    let is_apart = |next: char| !next.is_alphanumeric();
    let words: Vec<&str> = lower.split(is_apart).filter(|word| !word.is_empty()).collect();
    let says = |all: &[&str]| words.iter().any(|word| all.contains(word));
    let runs = || says(&["apply", "deploy", "latest", "run", "up", "update", "upgrade"]);
    let is_aside = lower.starts_with(['#', '"']) || says(&["echo", "grep", "lint"]);
    let is_test = words.iter().any(|word| word.contains("test") && *word != "latest");
    !is_aside && !is_test && (says(&["migrate"]) || (says(&["migration", "migrations", "alembic"]) && runs()))
}

/// In the folder of a service or of a library that it uses, or in none that is another's.
fn is_near(view: &View, file: FileId, service: &Service) -> bool {
    let path = view.path(file);
    let others = || {
        view.backends.iter().chain(&view.front_ends).any(|other| !other.folder.is_empty() && below(path, &other.folder))
    };
    let uses = || service.uses.iter().any(|id| below(path, &view.project.service(*id).folder));
    match service.folder.is_empty() {
        true => !others(),
        false => below(path, &service.folder) || uses() || !others(),
    }
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
        (true, true) => {
            let why = format!("Messages and own workers or schedules carry the work of {}.", listed(&messages.with));
            Reply::partly(why, evidence)
        }
        (true, false) => {
            let why = format!(
                "Messages carry the work of {}, and retries and schedules are by hand.",
                listed(&messages.with)
            );
            Reply::partly(why, evidence)
        }
        (false, true) => {
            let why = format!("Own workers, timers or schedules, without a queue, in {}.", listed(&schedules.with));
            Reply::partly(why, evidence)
        }
        (false, false) => Reply::no("No job runner, queue or schedule was found.", evidence),
    }
}

/// Schedules of platforms, and what the service does by itself.
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
    steps.extend(handmade::schedules(view, service));
    steps
}
