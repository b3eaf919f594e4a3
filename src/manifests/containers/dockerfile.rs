//! `Dockerfile` to facts: its stages, the last of which is the image. What its commands install it does not know.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::substitute;
use crate::facts::Span;
use crate::manifests::{Broken, Container, ContainerKind, ManifestFacts};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut stages = Stages::default();
    let mut lines = Lines { text, at: 0, escape: '\\', may_direct: true };
    let end = loop {
        let taken = lines.instruction().and_then(|instruction| match instruction {
            Some(instruction) => stages.take(&instruction).map(|()| true),
            None => Ok(false),
        });
        match taken {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(broken) => break Err(broken),
        }
    };
    facts.containers = stages.finish();
    end
}

/// What begins an instruction and says nothing here.
const SILENT: &[&str] = &[
    "ARG",
    "CMD",
    "COPY",
    "ADD",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// The longest name of an image; those of registries are shorter.
const LONGEST_IMAGE: usize = 400;

#[derive(Default)]
struct Stages {
    /// Arguments before the first stage, with their defaults: they are for the lines that begin stages.
    arguments: FxHashMap<String, String>,
    /// In lower case, as they are compared.
    names: BTreeMap<String, usize>,
    all: Vec<Stage>,
    is_template: bool,
}

struct Stage {
    container: Container,
    /// The earlier stage that it starts from.
    base: Option<usize>,
    entrypoint: Option<Words>,
    command: Option<Words>,
}

/// A command.
struct Words {
    line: String,
    /// Handed to a shell, which takes no further words.
    is_shell: bool,
}

impl Stages {
    fn take(&mut self, instruction: &Instruction) -> Result<(), Broken> {
        let rest = instruction.rest.trim();
        match (instruction.keyword.as_str(), self.all.last_mut()) {
            ("FROM", _) => self.begin(rest, instruction.span)?,
            ("ARG", None) => {
                for (name, value) in pairs(&words(rest)) {
                    let value = self.substitute(&value);
                    // In a chain of arguments each could be twice as long as the one before.
                    if value.len() <= LONGEST_IMAGE {
                        self.arguments.insert(name, value);
                    }
                }
            }
            ("ENV", Some(stage)) => stage.container.environment.extend(variables(rest)),
            ("COPY" | "ADD", Some(stage)) => stage.container.copies.extend(sources(rest)),
            ("ENTRYPOINT", Some(stage)) => stage.entrypoint = Some(Words::of(rest)),
            ("CMD", Some(stage)) => stage.command = Some(Words::of(rest)),
            (keyword, _) if SILENT.contains(&keyword) => {}
            // A template of a Dockerfile, `{% if .. %}` or `{{ .. }}`, may hold anything.
            (keyword, _) if keyword.starts_with('{') => self.is_template = true,
            _ if self.is_template => {}
            (keyword, _) => {
                let shown: String = keyword.chars().take(30).collect();
                let message = format!("not a Dockerfile: no instruction is called `{shown}`");
                return Err(Broken { message, span: Some(instruction.span) });
            }
        }
        Ok(())
    }

    /// `FROM --platform=$BUILDPLATFORM node:${NODE} AS build`
    fn begin(&mut self, rest: &str, span: Span) -> Result<(), Broken> {
        let mut words = rest.split_whitespace().skip_while(|word| word.starts_with("--"));
        let image = words.next().map(|image| self.substitute(image.trim_matches(['"', '\''])));
        let Some(image) = image.filter(|image| image.len() <= LONGEST_IMAGE) else {
            return Err(Broken { message: "not a Dockerfile: `FROM` without an image".to_owned(), span: Some(span) });
        };
        let is_named = words.next().is_some_and(|word| word.eq_ignore_ascii_case("as"));
        let name = words.next().filter(|_| is_named).unwrap_or_default().to_owned();
        let base = self.base(&image.to_lowercase());
        let image = base.map_or(Some(image), |base| self.all[base].container.image.clone());
        if !name.is_empty() {
            self.names.insert(name.to_lowercase(), self.all.len());
        }
        let container = Container { name, kind: ContainerKind::Stage, image, span, ..Container::default() };
        self.all.push(Stage { container, base, entrypoint: None, command: None });
        Ok(())
    }

    /// The stage of a name. Where an argument decides, as in `build-$TARGETARCH`, the first that fits.
    fn base(&self, name: &str) -> Option<usize> {
        let fixed = name.split('$').next().unwrap_or_default();
        if fixed.len() == name.len() || fixed.is_empty() {
            return self.names.get(name).copied();
        }
        let (known, stage) = self.names.range(fixed.to_owned()..).next()?;
        known.starts_with(fixed).then_some(*stage)
    }

    fn substitute(&self, text: &str) -> String {
        substitute(text, &|name| self.arguments.get(name).cloned())
    }

    /// The last stage becomes the image, with what those it starts from give it.
    fn finish(mut self) -> Vec<Container> {
        let last = self.all.len().checked_sub(1);
        let mut chain: Vec<usize> = std::iter::successors(last, |stage| self.all[*stage].base).collect();
        chain.reverse();
        let (mut environment, mut entrypoint, mut command) = (Vec::new(), None, None);
        for stage in chain.into_iter().map(|stage| &self.all[stage]) {
            environment.extend(stage.container.environment.iter().cloned());
            if stage.entrypoint.is_some() {
                (entrypoint, command) = (stage.entrypoint.as_ref(), None);
            }
            command = stage.command.as_ref().or(command);
        }
        let line = together(entrypoint, command);
        for stage in &mut self.all {
            stage.container.command = together(stage.entrypoint.as_ref(), stage.command.as_ref());
        }
        if let Some(Stage { container, .. }) = self.all.last_mut() {
            *container = Container { kind: ContainerKind::Image, environment, command: line, ..container.clone() };
        }
        self.all.into_iter().map(|stage| stage.container).collect()
    }
}

fn together(entrypoint: Option<&Words>, command: Option<&Words>) -> Option<String> {
    match (entrypoint, command) {
        (Some(entrypoint), Some(command)) if !entrypoint.is_shell => {
            Some(format!("{} {}", entrypoint.line, command.line))
        }
        (Some(words), _) | (None, Some(words)) => Some(words.line.clone()),
        (None, None) => None,
    }
}

impl Words {
    fn of(text: &str) -> Self {
        match list(text) {
            Some(words) => Self { line: words.join(" "), is_shell: false },
            None => Self { line: text.split_whitespace().collect::<Vec<_>>().join(" "), is_shell: true },
        }
    }
}

/// Words in the form of JSON.
fn list(text: &str) -> Option<Vec<String>> {
    if text.starts_with('[') { serde_json::from_str(text).ok() } else { None }
}

/// `COPY --chown=node package.json src ./`: all but the last; none where they come from another stage or image.
fn sources(text: &str) -> Vec<String> {
    let flags = text.split_whitespace().take_while(|word| word.starts_with("--"));
    if flags.clone().any(|flag| flag.starts_with("--from=")) {
        return Vec::new();
    }
    let skipped: usize = flags.count();
    let mut rest = text;
    for _ in 0..skipped {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    let mut sources = list(rest).unwrap_or_else(|| words(rest));
    sources.pop();
    sources.retain(|source| !source.contains("://") && !source.starts_with("<<"));
    sources
}

/// `A=1 B="two words"`, or in an old form `A the value`.
fn variables(text: &str) -> Vec<(String, String)> {
    match text.split_once(char::is_whitespace) {
        Some((name, value)) if !name.contains('=') => vec![(name.to_owned(), value.trim().to_owned())],
        _ => pairs(&words(text)),
    }
}

fn pairs(words: &[String]) -> Vec<(String, String)> {
    let pairs = words.iter().filter_map(|word| word.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Words between blanks; quotes hold a word together.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            _ if quote == Some(letter) => quote = None,
            '\\' if quote != Some('\'') => word.get_or_insert_default().extend(letters.next()),
            '"' | '\'' if quote.is_none() => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            _ if quote.is_none() && letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

struct Instruction {
    /// In upper case.
    keyword: String,
    rest: String,
    span: Span,
}

/// A text by its instructions, each of which may go on for several lines.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    /// What continues a line at its end.
    escape: char,
    /// Comments at the head may be directives.
    may_direct: bool,
}

impl<'t> Lines<'t> {
    fn instruction(&mut self) -> Result<Option<Instruction>, Broken> {
        let (start, first) = loop {
            let Some((at, line)) = self.line() else { return Ok(None) };
            match line.trim_start_matches(['\u{feff}', ' ', '\t']).strip_prefix('#') {
                Some(comment) => self.direct(comment),
                None if line.trim().is_empty() => {}
                None => break (at + line.len() - line.trim_start().len(), line.trim()),
            }
        };
        self.may_direct = false;
        let (mut whole, mut end) = (first.to_owned(), start + first.len());
        while whole.ends_with(self.escape) {
            let Some((at, line)) = self.line() else { break };
            // Comments and empty lines in between end nothing.
            if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
                whole.pop();
                whole.push_str(line.trim_end());
                end = at + line.trim_end().len();
            }
        }
        let (keyword, rest) = whole.split_once(char::is_whitespace).unwrap_or((&whole, ""));
        let instruction = Instruction {
            keyword: keyword.trim_start_matches('\u{feff}').to_ascii_uppercase(),
            rest: rest.to_owned(),
            span: Span::new(start, end),
        };
        if matches!(instruction.keyword.as_str(), "RUN" | "COPY" | "ADD") {
            self.skip_heredocs(&instruction)?;
        }
        Ok(Some(instruction))
    }

    fn line(&mut self) -> Option<(usize, &'t str)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let at = self.at;
        let length = rest.find('\n').unwrap_or(rest.len());
        self.at += length + 1;
        Some((at, &rest[..length]))
    }

    /// `# escape=` and a backtick
    fn direct(&mut self, comment: &str) {
        let Some((name, value)) = comment.split_once('=').filter(|_| self.may_direct) else { return };
        if name.trim().eq_ignore_ascii_case("escape") {
            self.escape = value.trim().chars().next().unwrap_or(self.escape);
        }
    }

    /// `RUN <<EOF` and `COPY <<-"EOF" /etc/app.conf`: the lines up to `EOF` are no instructions.
    fn skip_heredocs(&mut self, instruction: &Instruction) -> Result<(), Broken> {
        for word in words(&instruction.rest) {
            let Some(name) = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<") else { continue };
            let (name, is_indented) = name.strip_prefix('-').map_or((name, false), |name| (name, true));
            if name.is_empty() || name.starts_with('<') {
                continue;
            }
            let ends = |line: &str| {
                let line = line.trim_end_matches('\r');
                name == if is_indented { line.trim_start_matches('\t') } else { line }
            };
            let is_ended = loop {
                match self.line() {
                    Some((_, line)) if ends(line) => break true,
                    Some(_) => {}
                    None => break false,
                }
            };
            if !is_ended {
                let message = format!("not a Dockerfile: nothing ends what `{word}` begins");
                return Err(Broken { message, span: Some(instruction.span) });
            }
        }
        Ok(())
    }
}
