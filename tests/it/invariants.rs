//! What holds whatever a source says, over every source there is: the fixtures and the examples of the rule pages.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use backlint::facts::{Binding, Call, Decorator, FileFacts, Function, FunctionIndex, GapKind, Span, Type, Usage};
use backlint::finding::Place;
use backlint::languages::{self, Grammar};
use backlint::report::{self, Format, Report};
use backlint::settings::Settings;
use clap::ValueEnum as _;
use rayon::prelude::*;

use crate::sandbox::Sandbox;

/// A source file and what it is called in failures.
struct Source {
    name: String,
    grammar: Grammar,
    text: String,
}

#[test]
fn every_span_lies_in_its_text() {
    all(|source| {
        let facts = languages::lower(source.grammar, &source.text);
        for (what, span) in spans(&facts) {
            let text = source.text.get(span.start as usize..span.end as usize);
            let may_be_empty = matches!(what, "gap" | "head");
            let sound = text.is_some_and(|text| may_be_empty || source.text.is_empty() || !text.is_empty());
            assert!(sound, "{}: {what} at {span:?} is {text:?}: end it on a character, after its start", source.name);
        }
        for call in &facts.calls {
            let inside = call.span.contains(call.name_span);
            assert!(inside, "{}: `{}` is called outside of its call", source.name, call.name());
        }
    });
}

#[test]
fn facts_point_at_each_other_soundly() {
    all(|source| {
        let facts = languages::lower(source.grammar, &source.text);
        if let Err(wrong) = links(&facts) {
            panic!("{}: {wrong}: a language set an index by hand that `Builder` should set", source.name);
        }
    });
}

#[test]
fn a_source_that_ends_anywhere_is_lowered() {
    all(|source| {
        for end in (0..source.text.len()).step_by(64) {
            let end = (0..=end).rev().find(|end| source.text.is_char_boundary(*end)).unwrap_or_default();
            let cut = &source.text[..end];
            let lowered = catch_unwind(|| languages::lower(source.grammar, cut));
            let name = &source.name;
            let Ok(facts) = lowered else { panic!("{name}: cut after byte {end} it panics: lowering must not") };
            let wrong = links(&facts).err();
            let outside = spans(&facts)
                .into_iter()
                .find(|(_, span)| span.start > span.end || cut.get(span.start as usize..span.end as usize).is_none());
            assert!(wrong.is_none() && outside.is_none(), "{name}: cut after byte {end}: {wrong:?} {outside:?}");
        }
    });
}

#[test]
fn findings_are_where_the_report_says() {
    for (name, root) in roots("where") {
        let report = backlint::audit(&root, &Settings::default(), &());
        let json: serde_json::Value =
            serde_json::from_slice(&written(&report, Format::Json)).expect("the JSON report is JSON");
        let told = json["findings"].as_array().expect("findings are a list");
        assert_eq!(told.len(), report.findings.len(), "{name}");
        for (told, finding) in told.iter().zip(&report.findings) {
            assert_place(&name, told, finding.place, &report);
            for (steps, told) in [(&finding.related, &told["related"]), (&finding.trail, &told["trail"])] {
                for (step, told) in steps.iter().zip(told.as_array().expect("steps are a list")) {
                    assert_place(&name, told, step.place, &report);
                }
            }
        }
    }
}

#[test]
fn one_thread_and_eight_write_the_same_bytes() {
    for (name, root) in roots("threads") {
        let with = |threads| backlint::audit(&root, &Settings { threads, ..Settings::default() }, &());
        let (one, eight) = (with(1), with(8));
        for format in Format::value_variants() {
            let same = written(&one, *format) == written(&eight, *format);
            assert!(same, "{name}: {format:?} depends on the number of threads: sort what threads gather");
        }
    }
}

/// What machines write and what enemies write. The program has to live through it: a stack that overflows cannot be
/// caught, so that it is run rather than called.
#[test]
fn deep_and_long_code_is_survived() {
    let sandbox = Sandbox::new("deep");
    // The lines above pass for code that was not minified.
    let margin = "\n".repeat(1_000);
    let repeated = |pattern: &str, length: usize| margin.clone() + &pattern.repeat(length / pattern.len());
    for extension in ["ts", "tsx", "py", "go", "rs"] {
        for (name, pattern) in [
            ("round", "("),
            ("square", "["),
            ("curly", "{"),
            ("angle", "<"),
            ("call", "f("),
            ("chain", "a.b()."),
            ("calls", "()"),
            ("if", "if x {\n"),
            ("ladder", "if x {} else "),
            ("sum", "a + "),
            ("not", "!"),
            ("closure", "|a| "),
            ("arrow", "a => "),
            ("lambda", "lambda: "),
            ("quotes", "`${"),
        ] {
            sandbox.write(&format!("{name}.{extension}"), repeated(pattern, 20_000));
        }
    }
    sandbox.write("ignores.py", "#backlint:\n".repeat(20_000));
    for (name, open, close) in [("round", "(", ")"), ("square", "[", "]"), ("curly", "{", "}")] {
        for extension in ["ts", "tsx", "py", "go", "rs"] {
            let text = format!("{margin}{}{}\n", open.repeat(100_000), close.repeat(100_000));
            sandbox.write(&format!("closed/{name}.{extension}"), text);
        }
    }
    let outcome = sandbox.run(&["--verbose", "--output-format", "concise"]);
    assert_eq!(outcome.code, Some(0), "{}: follow long code in a loop and nested code with `descend`", outcome.stderr);
    assert!(!outcome.stderr.contains("internal error"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("minified"), "nothing was tested: {}", outcome.stderr);
}

#[test]
fn what_would_take_too_long_is_given_up() {
    let is_given_up = |facts: &FileFacts| facts.gaps.iter().any(|gap| gap.kind == GapKind::TooComplex);
    // Whoever waits goes away: the same text, read as far as he waited.
    let text = "f(x);\n".repeat(1_000);
    let mut asked = 0;
    let mut is_waiting = || {
        asked += 1;
        asked < 100
    };
    assert!(is_given_up(&languages::lower_while(Grammar::Rust, &text, &mut is_waiting)));
    // More readings at once than memory holds, which needs no clock.
    assert!(is_given_up(&languages::lower(Grammar::Rust, &"(;".repeat(10_000))));
    assert!(is_given_up(&languages::lower(Grammar::Go, &"f(".repeat(50_000))));
    // Neither leaves anything behind for the next text.
    let next = languages::lower(Grammar::Rust, "fn main() { f(); }");
    assert!(next.gaps.is_empty() && next.calls.len() == 1, "{:?}", next.gaps);
}

/// Three kilobytes at which the parser works for a minute: errors in nested code take the square of its depth.
#[test]
fn a_file_that_takes_too_long_is_a_problem() {
    let sandbox = Sandbox::with("too_long", &[("sound.py", "x = 1\n")]);
    let line = ",-".repeat(200) + "\n";
    sandbox.write("hostile.rs", line.repeat(20));
    let outcome = sandbox.run(&["--verbose", "--output-format", "concise"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(outcome.stderr, "problem: hostile.rs:1:1: too complex to parse\n");
}

/// Judges every source, several at a time, on stacks as deep as those of a run.
fn all(judge: impl Fn(&Source) + Send + Sync) {
    let sources = sources();
    assert!(sources.len() > 50, "the fixtures were not found");
    let pool = rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build().expect("threads can be started");
    pool.install(|| sources.par_iter().for_each(judge));
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in ["fixtures/lowering", "fixtures/repos"] {
        for path in files_below(&root.join(folder)) {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            sources.extend(source(name, || fs::read_to_string(&path).unwrap_or_default()));
        }
    }
    for (page, fences) in pages() {
        for (name, text) in fences {
            sources.extend(source(format!("rules/{page}.md: {name}"), || text));
        }
    }
    sources
}

fn source(name: String, text: impl FnOnce() -> String) -> Option<Source> {
    let grammar = Grammar::of_extension(name.rsplit_once('.')?.1)?;
    Some(Source { name, grammar, text: text() })
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// Every rule page with the files in its fences; a number in front keeps those of different sections apart.
fn pages() -> Vec<(String, Vec<(String, String)>)> {
    let mut pages = Vec::new();
    for path in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")) {
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("pages are readable");
        let (mut fences, mut section) = (Vec::new(), 0);
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            section += usize::from(line.starts_with("## "));
            let Some(fence) = line.strip_prefix("```") else { continue };
            let body: String = lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
            if let Some((title, _)) = fence.split_once("title=\"").and_then(|(_, title)| title.split_once('"')) {
                fences.push((format!("{section}/{title}"), body));
            }
        }
        let page = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        pages.push((page, fences));
    }
    pages
}

/// Folders to audit: each small repository, all sources for lowering, and the sections of each rule page.
fn roots(test: &str) -> Vec<(String, PathBuf)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut roots = vec![("fixtures/lowering".to_owned(), fixtures.join("lowering"))];
    let mut repositories: Vec<PathBuf> =
        fs::read_dir(fixtures.join("repos")).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    repositories.sort();
    roots.extend(repositories.into_iter().map(|path| (path.display().to_string(), path)));
    for (page, fences) in pages() {
        let sandbox = Sandbox::new(&format!("{test}-{page}"));
        for (path, text) in &fences {
            sandbox.write(path, text);
        }
        roots.push((format!("rules/{page}.md"), sandbox.root));
    }
    roots
}

fn written(report: &Report, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    report::write(report, format, &report::Options::default(), &mut out).expect("memory takes every byte");
    out
}

/// Reads what a JSON report points at from the file, counting on its own.
fn assert_place(name: &str, told: &serde_json::Value, place: Place, report: &Report) {
    let file = report.files.file(place.file);
    assert_eq!(told["path"], file.path.as_str(), "{name}");
    let (start, end) = (offset(&file.text, &told["start"]), offset(&file.text, &told["end"]));
    let path = &file.path;
    let read = file.text.get(start..end);
    let meant = file.text.get(place.span.start as usize..place.span.end as usize);
    assert!(meant.is_some(), "{name}: {path}: a finding at {:?}, which is outside of the text", place.span);
    assert_eq!(read, meant, "{name}: {path}: lines and columns lead elsewhere");
}

/// The byte at a line and a column of UTF-16 units, both counted from one.
fn offset(text: &str, position: &serde_json::Value) -> usize {
    let (line, column) = (&position["line"], &position["column"]);
    let (line, column) = (line.as_u64().expect("a number") as usize, column.as_u64().expect("a number") as usize);
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let mut units = 0;
    let mut characters = text[before..].char_indices();
    let found = characters.find(|(_, character)| {
        units += character.len_utf16();
        units >= column
    });
    found.map_or(text.len(), |(at, _)| before + at)
}

/// Every span of the facts and what it is the span of.
fn spans(facts: &FileFacts) -> Vec<(&'static str, Span)> {
    let mut spans = Vec::new();
    let mut add = |what, span| spans.push((what, span));
    facts.imports.iter().for_each(|import| add("import", import.span));
    for Function { span, head, decorators, params, .. } in &facts.functions {
        add("function", *span);
        add("head", *head);
        let decorators = decorators.iter().chain(params.iter().flat_map(|param| &param.decorators));
        decorators.for_each(|Decorator { span, .. }| add("decorator", *span));
    }
    for Type { span, head, fields, decorators, .. } in &facts.types {
        add("type", *span);
        add("head", *head);
        fields.iter().for_each(|field| add("field", field.span));
        decorators.iter().for_each(|decorator| add("decorator", decorator.span));
    }
    for Call { span, name_span, .. } in &facts.calls {
        add("call", *span);
        add("head", *name_span);
    }
    for each in &facts.loops {
        add("loop", each.span);
        add("head", each.head);
    }
    facts.branches.iter().for_each(|branch| add("branch", branch.span));
    facts.bindings.iter().for_each(|Binding { span, .. }| add("binding", *span));
    facts.comments.iter().for_each(|comment| add("comment", comment.span));
    facts.gaps.iter().for_each(|gap| add("gap", gap.span));
    spans
}

/// What is wrong with the indexes of the facts, if anything is.
fn links(facts: &FileFacts) -> Result<(), String> {
    let require = |holds: bool, wrong: &dyn Fn() -> String| if holds { Ok(()) } else { Err(wrong()) };
    for (at, function) in facts.functions.iter().enumerate() {
        let sound = match function.parent {
            Some(parent) => parent.get() < at,
            None => at == 0,
        };
        require(sound, &|| format!("function {at} stands in one that comes after it"))?;
        let passed = function.passed_to.is_none_or(|call| call.get() < facts.calls.len());
        require(passed, &|| format!("function {at} is handed to a call that there is not"))?;
    }
    for (at, call) in facts.calls.iter().enumerate() {
        let name = call.name();
        if let Some(receiver) = call.receiver {
            require(receiver.get() < at, &|| format!("call {at} of `{name}` comes before its receiver"))?;
            let continued = facts.call(receiver).continued.and_then(|next| facts.calls.get(next.get()));
            let back = continued.is_some_and(|next| next.receiver == Some(receiver));
            require(back, &|| format!("call {at} of `{name}` is unknown to its receiver"))?;
        }
        if let Some(next) = call.continued {
            let back = facts.calls.get(next.get()).is_some_and(|next| next.receiver.is_some_and(|r| r.get() == at));
            require(back, &|| format!("call {at} of `{name}` is continued by one that has another receiver"))?;
        }
        if let Usage::Argument(user) = call.usage {
            let after = at < user.get() && user.get() < facts.calls.len();
            require(after, &|| format!("call {at} of `{name}` is an argument of one that comes before it"))?;
        }
        if let Usage::Iterated(each) = call.usage {
            require(each.get() < facts.loops.len(), &|| format!("call {at} of `{name}` is iterated by no loop"))?;
        }
        if let Some(each) = call.each {
            let each = facts.loop_at(each);
            let here = each.function == call.function || each.body == Some(call.function);
            require(here, &|| format!("call {at} of `{name}` is in a loop of another function"))?;
        }
        if let Some(branch) = call.branch {
            let here = facts.branch(branch).function == call.function;
            require(here, &|| format!("call {at} of `{name}` is in a branch of another function"))?;
        }
    }
    for (at, each) in facts.loops.iter().enumerate() {
        require(each.each.is_none_or(|outer| outer.get() < at), &|| format!("loop {at} is in a later loop"))?;
        require(each.function.get() < facts.functions.len(), &|| format!("loop {at} is in no function"))?;
        let body = each.body.is_none_or(|body| body != FunctionIndex::FILE && body.get() < facts.functions.len());
        require(body, &|| format!("the body of loop {at} is no literal"))?;
    }
    for (at, branch) in facts.branches.iter().enumerate() {
        require(branch.branch.is_none_or(|outer| outer.get() < at), &|| format!("branch {at} is in a later one"))?;
        require(branch.each.is_none_or(|each| each.get() < facts.loops.len()), &|| {
            format!("branch {at} is in no loop")
        })?;
    }
    Ok(())
}
