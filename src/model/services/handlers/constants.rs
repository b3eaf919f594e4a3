//! Values that stand in the text to the texts they come to: literals, names bound to them once, joined paths. What is
//! read when the program runs is not known, and neither is what more than one place may say.

use std::cell::Cell;

use crate::catalogue::Library;
use crate::facts::{FileFacts, FunctionIndex, Name, Value};
use crate::model::Project;
use crate::model::scopes::Definition;
use crate::paths::{folder, join};
use crate::walk::FileId;

/// Steps for one question; a name leads through few others in written code.
const STEPS: u32 = 200;

/// Longer texts are no paths.
const LONGEST: usize = 1000;

/// A text that is known before the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) text: String,
    /// Counts from the root of the repository, since it was made from where the file lies.
    pub(super) is_anchored: bool,
    /// An object of a path, which is joined by an operator.
    is_path: bool,
}

/// The members of an object or the named arguments of a call, the last of a key first.
pub(super) type Entries<'v> = Vec<(Name, &'v Value)>;

/// Answers for one file.
pub(super) struct Constants<'c, 'p> {
    project: &'c Project<'p>,
    file: FileId,
    pub(super) facts: &'c FileFacts,
    /// Of the library whose calls are read.
    library: &'c Library,
    steps: Cell<u32>,
}

impl<'c, 'p> Constants<'c, 'p> {
    pub(super) fn new(project: &'c Project<'p>, file: FileId, facts: &'c FileFacts, library: &'c Library) -> Self {
        Self { project, file, facts, library, steps: Cell::new(STEPS) }
    }

    /// The text of a value in a function.
    pub(super) fn text(&self, function: FunctionIndex, value: &'c Value) -> Option<Known> {
        self.steps.set(STEPS);
        self.known(function, value).filter(|known| known.text.len() <= LONGEST)
    }

    /// The members of an object, also of one that a name stands for, with those that it takes over from others.
    pub(super) fn entries(&self, function: FunctionIndex, value: &'c Value) -> Option<Entries<'c>> {
        self.steps.set(STEPS);
        let mut found = Vec::new();
        self.collect(function, value, &mut found)?;
        Some(found)
    }

    fn collect(&self, function: FunctionIndex, value: &'c Value, found: &mut Entries<'c>) -> Option<()> {
        self.step()?;
        match value {
            Value::Object(entries) => {
                for (key, value) in entries.iter().rev() {
                    match key.as_str() {
                        "..." => {
                            // What it brings is unknown where it leads nowhere, and what stands beside it is not.
                            let _ = self.collect(function, value, found);
                        }
                        _ => found.push((*key, value)),
                    }
                }
            }
            Value::Call(call, read) if read.is_empty() => {
                // A value of a type is made of one object: `&FunctionProps{..}`, `FunctionProps(handler="..")`
                for argument in self.facts.call(*call).arguments.iter().rev() {
                    match (&argument.name, &argument.value) {
                        (Some(name), value) => found.push((*name, value)),
                        (None, value @ Value::Object(_)) => self.collect(function, value, found)?,
                        _ => {}
                    }
                }
            }
            Value::Path(path) => {
                let (value, function) = self.bound(function, path)?;
                self.collect(function, value, found)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn step(&self) -> Option<()> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(())
    }

    fn known(&self, function: FunctionIndex, value: &'c Value) -> Option<Known> {
        self.step()?;
        match value {
            Value::Text(text) => Some(plain(text)),
            Value::Template(text, values) => {
                let mut parts = text.split("{}");
                let mut whole = plain(parts.next()?);
                let mut count = 0;
                for (part, value) in parts.zip(values.iter()) {
                    whole = whole.followed(&self.known(function, value)?)?.followed(&plain(part))?;
                    count += 1;
                }
                (count == values.len() && text.matches("{}").count() == count).then_some(whole)
            }
            // Texts that are put together; of a choice one part at least is unknown.
            Value::Other(values) if values.len() > 1 => {
                let mut values = values.iter();
                let first = self.known(function, values.next()?)?;
                values.try_fold(first, |whole, value| {
                    let next = self.known(function, value)?;
                    if whole.is_path { whole.joined(&next) } else { whole.followed(&next) }
                })
            }
            Value::Path(path) => match self.place(path) {
                Some(known) => Some(known),
                None => {
                    let (value, function) = self.bound(function, path)?;
                    self.known(function, value)
                }
            },
            Value::Call(call, read) => {
                let call = self.facts.call(*call);
                let known = self.called(function, &call.chain, &call.arguments)?;
                read.iter().try_fold(known, |known, name| known.read(name))
            }
            _ => None,
        }
    }

    /// Where the file lies, in the words of its language.
    fn place(&self, path: &[Name]) -> Option<Known> {
        let names: Vec<&str> = path.iter().map(|name| name.as_str()).collect();
        let file = &self.project.file(self.file).path;
        match names[..] {
            ["__dirname"] | ["import", "meta", "dirname"] => Some(anchored(folder(file))),
            ["__file__"] | ["__filename"] | ["import", "meta", "url" | "filename"] => Some(anchored(file)),
            _ => None,
        }
    }

    fn called(
        &self,
        function: FunctionIndex,
        chain: &[Name],
        arguments: &'c [crate::facts::Argument],
    ) -> Option<Known> {
        let name = chain.last()?.as_str();
        let mut values = arguments.iter().filter(|argument| !argument.spread).map(|argument| &argument.value);
        match name {
            "cwd" | "getcwd" if arguments.is_empty() => Some(plain(".")),
            "join" | "resolve" | "joinpath" if !arguments.is_empty() => {
                let first = self.known(function, values.next()?)?;
                values.try_fold(first, |whole, value| whole.joined(&self.known(function, value)?))
            }
            "dirname" => self.known(function, values.next()?)?.read("parent"),
            // The same path in another form.
            "fileURLToPath" | "abspath" | "realpath" | "normpath" | "normalize" | "str" | "absolute" => {
                self.known(function, values.next()?)
            }
            "Path" => Some(Known { is_path: true, ..self.known(function, values.next()?)? }),
            _ if self.hands_on(chain) => self.known(function, values.next()?),
            _ => None,
        }
    }

    fn hands_on(&self, chain: &[Name]) -> bool {
        self.library.texts.iter().any(|text| ends_with(chain, text))
    }

    /// What a name or a member of a named object was given, if only one place gives it something.
    fn bound(&self, function: FunctionIndex, path: &[Name]) -> Option<(&'c Value, FunctionIndex)> {
        self.step()?;
        let (first, rest) = path.split_first()?;
        if *first == "self" {
            let mut bindings = self.facts.bindings.iter().filter(|binding| *binding.target == *path);
            let only = bindings.next()?;
            return bindings.next().is_none().then_some((&only.value, only.function));
        }
        let scopes = self.project.scopes(self.file);
        let mut at = Some(function);
        let (mut value, function) = loop {
            let scope = at?;
            match scopes.at(scope, *first) {
                [] => at = self.facts.function(scope).parent,
                [Definition::Binding(index)] => {
                    let binding = &self.facts.bindings[*index as usize];
                    break (&binding.value, binding.function);
                }
                _ => return None, // A parameter, a turn, one of several values.
            }
        };
        for name in rest {
            let Value::Object(entries) = value else {
                return None; // Only the running program knows its members.
            };
            value = entries.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)?;
        }
        Some((value, function))
    }
}

impl Known {
    fn followed(&self, next: &Self) -> Option<Self> {
        let text = format!("{}{}", self.text, next.text);
        (!next.is_anchored && text.len() <= LONGEST).then_some(Self { text, ..self.clone() })
    }

    fn joined(&self, next: &Self) -> Option<Self> {
        if next.is_anchored {
            return Some(next.clone());
        }
        let text = match self.is_anchored {
            true => join(&self.text, &next.text)?,
            false => format!("{}/{}", self.text, next.text),
        };
        (text.len() <= LONGEST).then_some(Self { text, ..self.clone() })
    }

    fn read(&self, name: &str) -> Option<Self> {
        match name {
            "parent" => Some(Self { text: folder(&self.text).to_owned(), ..self.clone() }),
            _ => None,
        }
    }
}

fn plain(text: &str) -> Known {
    Known { text: text.to_owned(), is_anchored: false, is_path: false }
}

fn anchored(path: &str) -> Known {
    Known { text: path.to_owned(), is_anchored: true, is_path: false }
}

/// Whether a chain of names ends as a dotted text says.
fn ends_with(chain: &[Name], text: &str) -> bool {
    let mut names = chain.iter().rev();
    text.rsplit('.').all(|part| names.next().is_some_and(|name| name == part))
}
