//! Build scripts of Gradle, in Groovy and Kotlin, to facts. They are programs: what is written down is read, what is
//! computed is not, and no bracket is a problem.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{Broken, Dependency, ManifestFacts, Origin, Scope};
use crate::manifests::ManifestKind;
use crate::manifests::packages::gradle_catalog;
use crate::manifests::tokens::{Comments, Token, TokenKind, Tokens};
use crate::manifests::{Part, Version};

/// Words that begin a statement of the language.
const CONTROL: &[&str] =
    &["val", "var", "def", "if", "else", "for", "while", "return", "exclude", "because", "println", "import", "fun"];
/// Blocks that change nothing about what stands in them.
const TRANSPARENT: &[&str] = &["if", "else", "for", "each", "forEach", "with", "apply"];
/// How many blocks around a statement are looked at, and how many versions of Java are read.
const NEAR: usize = 8;
/// What is longer is no version.
const LONGEST: usize = 200;

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    if facts.kind == ManifestKind::GradleCatalog {
        return gradle_catalog::read(text, facts);
    }
    let tokens = Tokens::of(text, Comments::Slashes);
    let values = values(&tokens);
    let mut script = Script { tokens, values, facts };
    script.read();
    Ok(())
}

/// `val springVersion = "3.4.1"`, `ext.springVersion = '3.4.1'`
fn values<'t>(tokens: &Tokens<'t>) -> FxHashMap<&'t str, &'t str> {
    let assigned = |at| Some((tokens.word(at)?, tokens.text(at + 2).filter(|_| tokens.is(at + 1, "="))?));
    (0..tokens.len()).filter_map(assigned).collect()
}

struct Script<'t, 'f> {
    tokens: Tokens<'t>,
    values: FxHashMap<&'t str, &'t str>,
    facts: &'f mut ManifestFacts,
}

/// What the statements of a block are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Dependencies,
    /// Versions for what others ask: constraints, lists of versions.
    Managed,
    Plugins,
    Elsewhere,
}

/// A block that is being read.
struct Block<'t> {
    name: &'t str,
    end: usize,
}

impl<'t> Script<'t, '_> {
    fn read(&mut self) {
        let mut blocks: Vec<Block> = Vec::new();
        let mut head = "";
        let mut at = 0;
        while let Some(token) = self.tokens.get(at).copied() {
            while blocks.last().is_some_and(|block| at >= block.end) {
                blocks.pop();
            }
            if self.tokens.is(at, "{") {
                let before = at.checked_sub(1).and_then(|before| self.tokens.word(before));
                blocks.push(Block { name: before.unwrap_or(head), end: self.tokens.close(at) });
                at += 1;
                continue;
            }
            let before = at.checked_sub(1);
            let starts = token.starts_line || before.is_none_or(|at| ["{", ";"].iter().any(|c| self.tokens.is(at, c)));
            if starts {
                head = token.text;
            }
            at = match starts.then(|| self.statement(at, place(&blocks))).flatten() {
                Some(end) => end.max(at + 1),
                None => {
                    self.java(at);
                    at + 1
                }
            };
        }
    }

    /// Reads a statement of a known form and says where it ends.
    fn statement(&mut self, at: usize, place: Place) -> Option<usize> {
        let word = self.tokens.get(at)?.text;
        if place == Place::Elsewhere && word == "rootProject" && self.tokens.is(at + 2, "name") {
            self.facts.name = self.tokens.text(at + 4).map(str::to_owned);
        }
        let is_called = self.tokens.is(at + 1, "(") || self.tokens.get(at + 1)?.kind != TokenKind::Mark;
        let is_include = self.facts.kind == ManifestKind::GradleSettings && matches!(word, "include" | "includeBuild");
        let is_plugin = match place {
            Place::Plugins => matches!(word, "id" | "kotlin" | "alias"),
            _ => word == "apply",
        };
        let is_dependency = matches!(place, Place::Dependencies | Place::Managed) && !CONTROL.contains(&word);
        if !is_called || !(is_include || is_plugin || is_dependency) {
            return None;
        }
        let arguments = self.arguments(at);
        let end = arguments.end;
        match () {
            () if is_include => {
                self.facts.members.extend(arguments.filter_map(|at| self.tokens.text(at)).map(folder));
            }
            () if is_plugin => return self.plugin(word, at, arguments),
            () => self.depend(word, at, arguments, place),
        }
        Some(end)
    }

    /// What a word is called with: in brackets, or as far as the line goes.
    fn arguments(&self, at: usize) -> Range<usize> {
        if self.tokens.is(at + 1, "(") {
            return at + 2..self.tokens.close(at + 1);
        }
        let mut end = at + 1;
        while let Some(token) = self.tokens.get(end) {
            let ends = token.starts_line && !self.tokens.is(end - 1, ",");
            if ends || ["{", "}", ";"].iter().any(|mark| self.tokens.is(end, mark)) {
                break;
            }
            end = self.tokens.next(end);
        }
        at + 1..end.min(self.tokens.len())
    }

    /// `id("org.flywaydb.flyway") version "10.0"`, `kotlin("jvm")`, `alias(libs.plugins.boot)`, `apply plugin: "java"`
    fn plugin(&mut self, word: &str, at: usize, arguments: Range<usize>) -> Option<usize> {
        let first = arguments.start;
        let rest = if self.tokens.is(at + 1, "(") { arguments.end + 1 } else { first + 1 };
        let text = self.tokens.text(if word == "apply" { first + 2 } else { first });
        let (name, origin) = match (word, text) {
            ("id", Some(name)) => (name.to_owned(), Origin::Registry),
            ("kotlin", Some(part)) => (format!("org.jetbrains.kotlin.{part}"), Origin::Registry),
            ("apply", Some(name)) if self.tokens.is(first, "plugin") => (name.to_owned(), Origin::Registry),
            ("alias", _) => {
                let (alias, _) = self.alias(first)?;
                (alias.clone(), Origin::Shared(alias))
            }
            _ => return None,
        };
        let mut end = arguments.end;
        let mut version = None;
        if self.tokens.is(rest, "version") {
            let at = if self.tokens.is(rest + 1, "(") { rest + 2 } else { rest + 1 };
            version = self.tokens.text(at).map(|version| self.resolved(version));
            end = end.max(if self.tokens.is(rest + 1, "(") { self.tokens.next(rest + 1) } else { at + 1 });
        }
        let span = self.tokens.span(at, end);
        self.facts.dependencies.push(Dependency { name, version, scope: Scope::Build, origin, span });
        Some(end)
    }

    fn depend(&mut self, word: &str, at: usize, arguments: Range<usize>, mut place: Place) {
        let span = self.tokens.span(at, arguments.end + usize::from(self.tokens.is(at + 1, "(")));
        let mut named: [Option<&str>; 3] = [None; 3];
        let add = |facts: &mut ManifestFacts, place, name, version, origin| {
            let dependency = Dependency { name, version, scope: scope(word), origin, span };
            if place == Place::Managed { &mut facts.shared } else { &mut facts.dependencies }.push(dependency);
        };
        let mut next = arguments.start;
        while next < arguments.end {
            let at = next;
            next += 1;
            let Some(Token { text, kind, .. }) = self.tokens.get(at).copied() else { break };
            let is_call = self.tokens.is(at + 1, "(");
            match text {
                _ if kind == TokenKind::Text => {
                    if let Some((name, version)) = coordinates(text) {
                        let version = version.map(|version| self.resolved(version));
                        add(self.facts, place, self.resolved(name), version, Origin::Registry);
                    }
                }
                "platform" | "enforcedPlatform" | "mavenBom" if is_call => place = Place::Managed,
                "project" if is_call => {
                    next = self.tokens.next(at + 1);
                    let path = (at + 2..next).find_map(|at| self.tokens.text(at));
                    if let Some(path) = path {
                        add(self.facts, place, folder(path), None, Origin::Repository);
                    }
                }
                "kotlin" if is_call => {
                    next = self.tokens.next(at + 1);
                    if let Some(part) = self.tokens.text(at + 2) {
                        let name = format!("org.jetbrains.kotlin:kotlin-{part}");
                        add(self.facts, place, name, None, Origin::Registry);
                    }
                }
                "files" | "fileTree" if is_call => next = self.tokens.next(at + 1),
                "group" | "name" | "version" if self.tokens.is(at + 1, ":") || self.tokens.is(at + 1, "=") => {
                    named[["group", "name", "version"].iter().position(|part| *part == text).unwrap_or_default()] =
                        self.tokens.text(at + 2);
                    next = at + 3;
                }
                _ => {
                    if let Some((alias, end)) = self.alias(at) {
                        add(self.facts, place, alias.clone(), None, Origin::Shared(alias));
                        next = end;
                    } else if let Some((folder, end)) = self.project(at) {
                        add(self.facts, place, folder, None, Origin::Repository);
                        next = end;
                    }
                }
            }
        }
        if let [Some(group), Some(name), version] = named {
            let version = version.map(|version| self.resolved(version));
            add(self.facts, place, self.resolved(&format!("{group}:{name}")), version, Origin::Registry);
        }
    }

    /// `libs.spring.boot.web` is `spring.boot.web`, and where it ends.
    fn alias(&self, at: usize) -> Option<(String, usize)> {
        self.tokens.word(at).filter(|word| *word == "libs" || word.ends_with("Libs"))?;
        let (words, end) = self.path(at);
        (!words.is_empty()).then(|| (words.join("."), end))
    }

    /// `projects.core.dataTest` is `core/data-test`, as folders are usually called, and where it ends.
    fn project(&self, at: usize) -> Option<(String, usize)> {
        self.tokens.word(at).filter(|word| *word == "projects")?;
        let (words, end) = self.path(at);
        let dashed = |folder: String, c: char| match c.is_ascii_uppercase() {
            true => folder + "-" + &c.to_ascii_lowercase().to_string(),
            false => folder + &c.to_string(),
        };
        let folders: Vec<String> = words.iter().map(|word| word.chars().fold(String::new(), dashed)).collect();
        (!folders.is_empty()).then(|| (folders.join("/"), end))
    }

    /// The words behind dots, without a call at the end.
    fn path(&self, at: usize) -> (Vec<&'t str>, usize) {
        let mut words = Vec::new();
        let mut next = at + 1;
        while let Some(word) = self.tokens.word(next + 1).filter(|_| self.tokens.is(next, ".")) {
            if self.tokens.is(next + 2, "(") {
                break;
            }
            words.push(word);
            next += 2;
        }
        (words, next)
    }

    /// `"1.$minor"` with what the script assigns once; the rest stays.
    fn resolved(&self, text: &str) -> String {
        if text.len() > LONGEST {
            return text.to_owned();
        }
        let mut parts = text.split('$');
        let mut resolved = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
            let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
                Some((path, rest)) => (path.rsplit('.').next().unwrap_or(path), rest),
                None => part.split_at(part.find(|c| !is_of_name(c)).unwrap_or(part.len())),
            };
            match self.values.get(name).filter(|value| value.len() < LONGEST) {
                Some(value) => resolved.extend([value, rest]),
                None => resolved.extend(["$", part]),
            }
        }
        resolved
    }

    /// `JavaLanguageVersion.of(21)`, `jvmToolchain(21)`, `sourceCompatibility = '17'`, `JavaVersion.VERSION_17`
    fn java(&mut self, at: usize) {
        let number = |at: usize| {
            let whole = self.tokens.text(at).or_else(|| self.tokens.word(at))?;
            let part = self.tokens.word(at + 2).filter(|_| self.tokens.is(at + 1, "."));
            Some(part.map_or(whole.to_owned(), |part| format!("{whole}.{part}")))
        };
        let value = match self.tokens.word(at) {
            Some("JavaLanguageVersion") => number(at + 4),
            Some("jvmToolchain") if self.tokens.is(at + 1, "(") => number(at + 2),
            Some("JavaVersion") => {
                let word = self.tokens.word(at + 2).unwrap_or_default();
                word.strip_prefix("VERSION_").map(|version| version.replace('_', "."))
            }
            Some("sourceCompatibility" | "targetCompatibility") => {
                number(if self.tokens.is(at + 1, "=") { at + 2 } else { at + 1 })
            }
            _ => None,
        };
        let Some(value) = value.filter(|value| value.starts_with(|c: char| c.is_ascii_digit())) else { return };
        let known = &self.facts.versions;
        if known.len() < NEAR && known.iter().all(|known| known.value != value) {
            let goes_on = |at: &usize| self.tokens.get(*at).is_some_and(|token| !token.starts_line);
            let end = (at + 1..at + 8).take_while(goes_on).last().unwrap_or(at) + 1;
            let span = self.tokens.span(at, end);
            self.facts.versions.push(Version { of: "java".to_owned(), value, part: Part::Floor, span });
        }
    }
}

fn place(blocks: &[Block]) -> Place {
    let mut near = blocks.iter().rev().take(NEAR).map(|block| block.name);
    let Some(innermost) = near.find(|name| !TRANSPARENT.contains(name)) else {
        return Place::Elsewhere;
    };
    match innermost {
        "dependencies" if near.next() != Some("dependencyManagement") => Place::Dependencies,
        "dependencies" | "constraints" | "imports" => Place::Managed,
        "plugins" => Place::Plugins,
        _ => Place::Elsewhere,
    }
}

/// What a configuration is for, by how it is called.
fn scope(configuration: &str) -> Scope {
    let name = configuration.to_ascii_lowercase();
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    match () {
        () if name.contains("test") || name.starts_with("dev") => Scope::Dev,
        () if ends(&["compileonly", "compileonlyapi", "providedcompile", "providedruntime"]) => Scope::Peer,
        () if ends(&["implementation", "api", "compile", "runtime", "runtimeonly"]) => Scope::Product,
        // Of `dependencyManagement`.
        () if ends(&["dependency", "mavenbom"]) => Scope::Product,
        () => Scope::Build,
    }
}

/// `group:artifact:version:classifier@type` to `group:artifact` and the version.
fn coordinates(text: &str) -> Option<(&str, Option<&str>)> {
    let (group, rest) = text.split_once(':')?;
    let is_group = !group.is_empty() && !text.contains(['/', ' ']) && !rest.is_empty();
    let artifact = rest.split([':', '@']).next()?;
    let version = rest[artifact.len()..].strip_prefix(':').and_then(|rest| rest.split([':', '@']).next());
    is_group.then(|| (&text[..group.len() + 1 + artifact.len()], version.filter(|version| !version.is_empty())))
}

/// The folder of a project, from that of the settings: `:libs:db` is `libs/db`.
fn folder(path: &str) -> String {
    path.trim_start_matches(':').replace(':', "/")
}
