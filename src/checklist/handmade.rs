//! What a service does by its own code where others take a library: limits of requests, schedules and workers. It goes
//! by names, answers and loops, and does not know whether they do their work well.

use super::view::{View, called};
use crate::facts::{FileFacts, FunctionKind, Language, LoopKind, Name, Span, Value};
use crate::finding::{Place, Step};
use crate::model::Service;

/// Words of names that speak of somebody else's limits, or of waiting for them.
#[rustfmt::skip]
const OF_OTHERS: [&str; 22] = [
    "backoff", "client", "debounce", "error", "errors", "exceeded", "exception", "from", "handle", "header", "headers",
    "hit", "is", "log", "parse", "remaining", "retries", "retry", "sleep", "upstream", "wait", "warning",
];

/// Ends of names of what limits, rather than of what it is told or tells.
#[rustfmt::skip]
const LIMITERS: [&str; 12] = [
    "guard", "interceptor", "layer", "limiter", "middleware", "ratelimit", "ratelimiting", "ratelimits", "throttle",
    "throttled", "throttler", "throttling",
];

/// The status of a request that came too soon, as frameworks call it.
const TOO_MANY: [&str; 4] =
    ["HTTP_429_TOO_MANY_REQUESTS", "StatusTooManyRequests", "TOO_MANY_REQUESTS", "TooManyRequests"];

/// Calls that give an answer a status.
const ANSWERS: [&str; 7] = ["WriteHeader", "abort", "code", "sendStatus", "status", "status_code", "writeHead"];

/// Last words of names of what works on its own.
const WORKERS: [&str; 4] = ["cron", "dispatcher", "scheduler", "worker"];

/// Calls that make a clock.
const CLOCKS: [&str; 3] = ["NewTicker", "interval", "setInterval"];

/// A limiter of requests.
pub(super) fn limiters(view: &View, service: &Service) -> Vec<Step> {
    let by_name = own_files(view, service).find_map(|(place, facts)| {
        let stem = stem(view.path(place.file));
        let (name, span) = named(facts, |name, is_type| is_limiter(name, is_type, facts.language)).or_else(|| {
            let is_whole = is_limiter(stem, true, facts.language);
            facts.functions.get(1).filter(|one| is_whole && !one.test).map(|one| (stem.to_owned(), one.head))
        })?;
        Some((Place { span, ..place }, format!("`{name}` of {}", called(service))))
    });
    let by_answer = || {
        // What explains answers to people has all of them.
        let explains = |place: &Place| words(stem(view.path(place.file))).iter().any(|word| word.starts_with("error"));
        let mut files = own_files(view, service).filter(|(place, _)| !explains(place));
        files.find_map(|(place, facts)| {
            let span = answers_too_many(facts)?;
            Some((Place { span, ..place }, format!("an answer 429 of {}", called(service))))
        })
    };
    by_name.or_else(by_answer).map(|(place, message)| Step { place, message }).into_iter().collect()
}

/// The name of a file up to its first dot.
fn stem(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default()
}

/// Schedulers, workers and clocks.
pub(super) fn schedules(view: &View, service: &Service) -> Vec<Step> {
    let works = own_files(view, service).find_map(|(place, facts)| {
        let (name, span) = named(facts, |name, is_type| is_type && is_worker(name))?;
        Some((Place { span, ..place }, format!("`{name}` of {}", called(service))))
    });
    let clock = own_files(view, service).find_map(|(place, facts)| {
        let span = clock(facts)?;
        Some((Place { span, ..place }, format!("a timer in the process of {}", called(service))))
    });
    works.into_iter().chain(clock).map(|(place, message)| Step { place, message }).collect()
}

/// The sources of a service and of the libraries of the repository that it uses.
fn own_files<'v>(view: &'v View, service: &'v Service) -> impl Iterator<Item = (Place, &'v FileFacts)> {
    let used = service.uses.iter().flat_map(|id| &view.project.service(*id).files);
    let files = service.files.iter().chain(used).filter(|file| view.project.has_facts(**file));
    files.map(|file| (Place { file: *file, span: Span::default() }, view.project.facts(*file)))
}

/// The first type or function whose name is meant; of the latter those with a name.
fn named(facts: &FileFacts, is_meant: impl Fn(&str, bool) -> bool) -> Option<(String, Span)> {
    let types = facts.types.iter().filter(|one| !one.test).map(|one| (one.name, one.head, true));
    let has_name = |kind| matches!(kind, FunctionKind::Named | FunctionKind::Method);
    let functions = facts.functions.iter().filter(|one| has_name(one.kind) && !one.test);
    let functions = functions.map(|one| (one.name, one.head, false));
    let mut all = types.chain(functions);
    all.find(|(name, _, is_type)| is_meant(name, *is_type)).map(|(name, span, _)| (name.to_string(), span))
}

fn is_limiter(name: &str, is_type: bool, language: Language) -> bool {
    let words = words(name);
    let whole = words.concat();
    let speaks = whole.contains("ratelimit") || whole.contains("throttl");
    let is_what_limits = LIMITERS.iter().any(|end| whole.ends_with(end));
    // A function that calls another less often is as common in JavaScript as one that limits requests.
    let is_common = language == Language::TypeScript && !is_type && whole.contains("throttl");
    speaks && is_what_limits && !is_common && !words.iter().any(|word| OF_OTHERS.contains(&word.as_str()))
}

fn is_worker(name: &str) -> bool {
    let words = words(name);
    let is_last = words.last().is_some_and(|word| WORKERS.contains(&word.as_str()));
    let whole = words.concat();
    let is_queue = ["jobqueue", "taskqueue", "jobrunner", "taskrunner", "backgroundjob", "workerpool"];
    (is_last && !words.iter().any(|word| matches!(word.as_str(), "event" | "new" | "service" | "web")))
        || (words.first().is_some_and(|word| word != "new") && is_queue.iter().any(|queue| whole.ends_with(queue)))
}

fn answers_too_many(facts: &FileFacts) -> Option<Span> {
    let says = |value: &Value| matches!(value, Value::Path(path) if path.last().is_some_and(is_too_many));
    let in_calls = facts.calls.iter().find(|call| {
        let is_number = |value: &Value| matches!(value, Value::Literal(number) if *number == "429");
        let answers = ANSWERS.contains(&call.name().as_str());
        call.arguments.iter().any(|argument| says(&argument.value) || (answers && is_number(&argument.value)))
    });
    let returned = || facts.functions.iter().find(|one| !one.test && one.returned.iter().any(says)).map(|one| one.head);
    in_calls.map(|call| call.span).or_else(returned)
}

fn is_too_many(name: &Name) -> bool {
    TOO_MANY.contains(&name.as_str())
}

/// A clock that ticks for as long as the process lives: a call that makes one, or an endless loop that sleeps.
fn clock(facts: &FileFacts) -> Option<Span> {
    let is_clock = |call: &&crate::facts::Call| {
        let name = call.name();
        let is_own = name != "interval" || call.chain.iter().any(|part| *part == "time");
        let sleeps = || {
            let around = call.each.map(|each| facts.loop_at(each));
            let is_endless = |one: &crate::facts::Loop| one.kind == LoopKind::Endless && !one.returns && !one.breaks;
            name.eq_ignore_ascii_case("sleep") && around.is_some_and(is_endless)
        };
        !facts.function(call.function).test && ((CLOCKS.contains(&name.as_str()) && is_own) || sleeps())
    };
    facts.calls.iter().find(is_clock).map(|call| call.span)
}

/// `RateLimitMiddleware` and `rate_limit_middleware` to `rate`, `limit`, `middleware`
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in name.chars() {
        let begins = letter.is_uppercase() && !before.is_uppercase();
        if !letter.is_alphanumeric() {
            before = ' ';
            continue;
        }
        if before == ' ' || begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words
}
