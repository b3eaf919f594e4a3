//! backlint audits a checkout against backend architecture anti-patterns.
//!
//! The pipeline, one direction: files, facts of each file, one model of the repository, findings, report. It is
//! handed files and a clock; only `walk` and `cli` know where they come from.

pub mod baseline;
pub mod catalogue;
pub mod checklist;
pub mod cli;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod languages;
pub mod manifests;
pub mod model;
pub mod paths;
pub mod report;
pub mod rules;
pub mod settings;
pub mod spelling;
pub mod stack;
pub mod suppress;
pub mod walk;

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use rayon::prelude::*;

use baseline::{Identity, Sorted};
use catalogue::Catalogue;
use checklist::Checklist;
use facts::{FileFacts, GapKind};
use finding::{Finding, Problem};
use manifests::ManifestFacts;
use model::Project;
use report::{Counts, Report, Survey};
use settings::Settings;
use stack::Stack;
use walk::git::Sides;
use walk::{File, FileKind, Files, Role};

/// Audits what lies below a folder.
pub fn audit(root: &Path, settings: &Settings, progress: &dyn Progress) -> Report {
    in_pool(settings, || {
        let mut phases = Phases::new(progress);
        let files = phases.run("walk", 0, || walk::files(root, &settings.walk));
        report(files, settings, phases)
    })
}

/// Audits the head of two sides, and reports what the base does not have.
pub fn audit_sides(sides: &Sides, settings: &Settings, progress: &dyn Progress) -> Report {
    in_pool(settings, || {
        let mut phases = Phases::new(progress);
        let files = phases.run("walk", 0, || walk::tracked(&sides.head, &settings.walk, None));
        let (mut head, facts, manifests) = judge(files, Said::default(), settings, &mut phases);
        if !head.findings.is_empty() {
            let read = Some((&sides.head, &head.files));
            let files = phases.run("walk", 0, || walk::tracked(&sides.base, &settings.walk, read));
            let mut problems = files.problems.clone();
            let (base, ..) = judge(files, Said { files: Some(&head.files), facts, manifests }, settings, &mut phases);
            problems.extend(base.problems.iter().filter(|problem| problem.is_internal()).cloned());
            leave_out(&mut head, &base, settings);
            // What of the base was not seen may be called new.
            head.problems.extend(problems);
            head.problems.sort();
            head.problems.dedup();
        }
        // Nobody asked for what the base alone has.
        head.gone.clear();
        Report { timings: phases.timings, ..head }
    })
}

/// Moves what the base has to the known findings.
fn leave_out(head: &mut Report, base: &Report, settings: &Settings) {
    let known = base.findings.iter().map(|finding| Identity::of(finding, &base.files)).collect();
    let settings = Settings { known, ..settings.clone() };
    let sorted = baseline::sort_out(mem::take(&mut head.findings), &head.files, &settings);
    head.findings = sorted.new;
    head.known.extend(sorted.known);
    head.known.sort_by_key(|(finding, _)| (finding.place.file, finding.place.span, finding.rule));
}

/// Audits files that are already read.
pub fn audit_files(files: Files, settings: &Settings, progress: &dyn Progress) -> Report {
    in_pool(settings, || report(files, settings, Phases::new(progress)))
}

/// Says what lies below a folder is built with, and answers the checklist.
pub fn survey(root: &Path, settings: &Settings, progress: &dyn Progress) -> Survey {
    in_pool(settings, || {
        let mut phases = Phases::new(progress);
        let files = phases.run("walk", 0, || walk::files(root, &settings.walk));
        let told = tell(files, Said::default(), &mut phases);
        let catalogue = Catalogue::new(&settings.libraries);
        let project = phases.run("link", 0, || Project::link(&told.files, told.facts, told.manifests, &catalogue));
        let (stack, checklist) = phases.run("survey", 0, || (Stack::of(&project), Checklist::of(&project)));
        drop(project);
        Survey { files: told.files, stack, checklist, problems: told.problems, timings: phases.timings }
    })
}

fn report(files: Files, settings: &Settings, mut phases: Phases) -> Report {
    let (report, ..) = judge(files, Said::default(), settings, &mut phases);
    Report { timings: phases.timings, ..report }
}

/// What is reported of files, without timings, and what they said.
type Judged = (Report, Vec<Option<FileFacts>>, Vec<Option<ManifestFacts>>);

fn judge(files: Files, said: Said, settings: &Settings, phases: &mut Phases) -> Judged {
    let Told { files, facts, manifests, sources, mut problems } = tell(files, said, phases);
    let comments = suppress::comments(&files, &facts, &manifests);
    let catalogue = Catalogue::new(&settings.libraries);
    let project = phases.run("link", 0, || Project::link(&files, facts, manifests, &catalogue));
    let ruled = phases.run("rules", 0, || rules::run(&project, settings));
    let (facts, manifests) = project.into_facts();

    let suppressed = suppress::apply(&files, &comments, ruled.findings, settings);
    let Sorted { new: findings, known, gone, hidden } =
        baseline::sort_out(sorted(suppressed.kept, &files), &files, settings);
    problems.extend(ruled.problems);
    problems.extend(suppressed.problems);
    problems.sort();
    let counts = Counts { files: sources, ignored: suppressed.ignored.len(), hidden };
    let is_sure = |one: &suppress::Ignored| one.finding.confidence >= settings.min_confidence;
    let ignored = suppressed.ignored.into_iter().filter(is_sure).collect();
    let report = Report { files, findings, known, ignored, gone, problems, counts, timings: Vec::new() };
    (report, facts, manifests)
}

/// What files have said before. Those that read the same need not be asked again.
#[derive(Default)]
struct Said<'f> {
    files: Option<&'f Files>,
    /// In the order of the files, as are the manifests.
    facts: Vec<Option<FileFacts>>,
    manifests: Vec<Option<ManifestFacts>>,
}

impl Said<'_> {
    /// What a file with the same path and text said.
    fn take(&mut self, file: &File) -> (Option<FileFacts>, Option<ManifestFacts>) {
        let same = self.files.and_then(|files| {
            let index = files.files.binary_search_by(|other| other.path.cmp(&file.path)).ok()?;
            let other = &files.files[index];
            (other.read && file.read && other.kind == file.kind && other.text == file.text).then_some(index)
        });
        let Some(index) = same else { return (None, None) };
        let facts = self.facts.get_mut(index).filter(|_| is_lowered(file)).and_then(Option::take);
        (facts, self.manifests.get_mut(index).and_then(Option::take))
    }
}

/// What every file says on its own.
struct Told {
    files: Files,
    facts: Vec<Option<FileFacts>>,
    manifests: Vec<Option<ManifestFacts>>,
    /// How many sources have facts.
    sources: usize,
    /// Sorted.
    problems: Vec<Problem>,
}

fn tell(mut files: Files, mut said: Said, phases: &mut Phases) -> Told {
    let sources = files.files.iter().filter(|file| is_lowered(file)).count();
    let progress = phases.progress;
    let (facts, manifests): (Vec<_>, Vec<_>) = files.files.iter().map(|file| said.take(file)).unzip();
    let steps = sources - facts.iter().flatten().count();
    let lowered = phases.run("lower", steps, || {
        let files = files.files.par_iter().zip(facts);
        files.map(|(file, facts)| facts.map_or_else(|| lower(file, progress), |facts| (Some(facts), None))).collect()
    });
    let (facts, mut problems) = split(lowered);
    let manifests = files.files.par_iter().zip(manifests).map(|(file, said)| said.or_else(|| manifest(file)));
    let manifests: Vec<_> = manifests.collect();
    problems.extend(manifests.iter().flatten().flat_map(|manifest| manifest.problems.iter().cloned()));
    problems.append(&mut files.problems);
    problems.sort();
    Told { files, facts, manifests, sources, problems }
}

/// Who watches a run. `()` watches nothing.
pub trait Progress: Sync {
    /// Time since some moment before the run; the pipeline itself reads no clock.
    fn now(&self) -> Duration;
    /// A phase of so many steps begins; zero when their number is not known.
    fn phase(&self, name: &'static str, steps: usize);
    /// One of the steps is done.
    fn step(&self);
}

impl Progress for () {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn phase(&self, _name: &'static str, _steps: usize) {}

    fn step(&self) {}
}

/// The phases of a run and how long each took.
struct Phases<'a> {
    progress: &'a dyn Progress,
    timings: Vec<(&'static str, Duration)>,
}

impl<'a> Phases<'a> {
    fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, timings: Vec::new() }
    }

    fn run<T>(&mut self, name: &'static str, steps: usize, work: impl FnOnce() -> T) -> T {
        self.progress.phase(name, steps);
        let start = self.progress.now();
        let result = work();
        self.timings.push((name, self.progress.now().saturating_sub(start)));
        result
    }
}

/// Deep enough for code that machines have nested, and for code that enemies have: the parser itself recurses by a
/// hundred bytes for each level, of which the largest file has a million. Only what is used takes memory.
const STACK: usize = 256 << 20;

fn in_pool<T: Send>(settings: &Settings, work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(settings.threads).stack_size(STACK).build() {
        Ok(pool) => pool.install(work),
        // A machine that refuses so many threads still gets its report.
        Err(_) => work(),
    }
}

/// How long a file may take. One that people wrote takes a fiftieth at most, short ones a thousandth.
fn patience(text: &str) -> Duration {
    Duration::from_secs(2) + Duration::from_micros(8) * u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// The facts of a file, and what was wrong with it.
type Lowered = (Option<FileFacts>, Option<Problem>);

fn lower(file: &File, progress: &dyn Progress) -> Lowered {
    let FileKind::Source(grammar) = file.kind else { return (None, None) };
    if !is_lowered(file) {
        return (None, None);
    }
    let (start, patience) = (progress.now(), patience(&file.text));
    let mut is_waiting = || progress.now().saturating_sub(start) < patience;
    let lowered = catch_unwind(AssertUnwindSafe(|| languages::lower_while(grammar, &file.text, &mut is_waiting)));
    progress.step();
    let Ok(facts) = lowered else {
        let message = "internal error while it was read; please report it".to_owned();
        return (None, Some(Problem { path: file.path.clone(), span: None, message }));
    };
    let problem = facts.gaps.first().map(|gap| {
        let message = match facts.gaps.len() - 1 {
            _ if gap.kind == GapKind::TooComplex => "too complex to parse".to_owned(),
            0 => "code that was not understood".to_owned(),
            more => format!("code that was not understood, here and in {more} more places"),
        };
        Problem { path: file.path.clone(), span: Some(gap.span), message }
    });
    (Some(facts), problem)
}

/// Whether a file has text that facts can be made of.
fn is_lowered(file: &File) -> bool {
    let resolved_through = match file.role {
        // Judged, or declaring what product code uses.
        Role::Product | Role::Generated | Role::Script => true,
        Role::Test | Role::Fixture | Role::Migration | Role::Vendored | Role::Example | Role::FrontEnd => false,
    };
    matches!(file.kind, FileKind::Source(_)) && file.read && resolved_through
}

fn manifest(file: &File) -> Option<ManifestFacts> {
    (matches!(file.kind, FileKind::Manifest) && file.read).then(|| manifests::facts(&file.path, &file.text))?
}

fn split(lowered: Vec<Lowered>) -> (Vec<Option<FileFacts>>, Vec<Problem>) {
    let (facts, problems): (Vec<_>, Vec<_>) = lowered.into_iter().unzip();
    (facts, problems.into_iter().flatten().collect())
}

/// By path, line and rule: files are sorted by path, so that their ids sort like their paths. Lines are counted on from
/// one finding to the next, since a file may have thousands.
fn sorted(mut findings: Vec<Finding>, files: &Files) -> Vec<Finding> {
    findings.sort_by_key(|finding| (finding.place.file, finding.place.span.start));
    let (mut file, mut line, mut at) = (None, 0, 0);
    let on_lines = findings.into_iter().map(|finding| {
        let place = finding.place;
        let text = files.file(place.file).text.as_bytes();
        if file != Some(place.file) {
            (file, line, at) = (Some(place.file), 0, 0);
        }
        let start = text.len().min(place.span.start as usize);
        line += text[at..start].iter().filter(|byte| **byte == b'\n').count();
        at = start;
        (line, finding)
    });
    let mut on_lines: Vec<(usize, Finding)> = on_lines.collect();
    on_lines.sort_by(|(line, one), (other_line, other)| {
        let key = |line, finding: &Finding| (finding.place.file, line, finding.rule, finding.place.span);
        key(*line, one).cmp(&key(*other_line, other)).then_with(|| one.message.cmp(&other.message))
    });
    on_lines.into_iter().map(|(_, finding)| finding).collect()
}
