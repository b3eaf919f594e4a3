//! What a rule says: a place, a sentence, the evidence and the way out. Findings know no file contents and no
//! output format; lines and columns are made from their byte spans in `report`.

use serde::{Deserialize, Serialize};

use crate::facts::{FileId, Span};

/// How much it matters when the finding is right. The rule's page says it, the configuration may overrule it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Note,
    Warning,
    Error,
}

/// How sure backlint is that the finding is right. The rule says it, finding by finding.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// A span of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: FileId,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Finding {
    /// The id of the rule: `query-in-loop`.
    pub rule: &'static str,
    pub severity: Severity,
    pub confidence: Confidence,
    pub place: Place,
    /// The function or type it stands in, with its owner: `Shop.report`. Empty outside of any.
    pub symbol: String,
    /// One line that stands alone: lower case, concrete names in backticks, no final full stop.
    pub message: String,
    /// Other places that belong to it, each with a few words: "the loop".
    pub related: Vec<Step>,
    /// The way from cause to effect in order: loop, call, call, query. Empty when `related` says it all.
    pub trail: Vec<Step>,
    /// What to do, as a command, in the idiom of the library in use.
    pub help: Option<String>,
    /// Where an ignore comment is honoured besides the finding's own line: the heads of the loop and the function.
    pub scopes: Vec<Place>,
}

/// A place and its part in the evidence.
#[derive(Clone, Debug)]
pub struct Step {
    pub place: Place,
    pub message: String,
}

/// What a rule knows of something that it looked at, whether that became a finding or not.
#[derive(Clone, Debug)]
pub struct Account {
    pub place: Place,
    /// One line, as a finding's message: "`db.order.findMany` sends a statement".
    pub message: String,
    /// What that rests on and what becomes of it, in order.
    pub notes: Vec<Note>,
}

/// A line of evidence, and where it is to be seen.
#[derive(Clone, Debug)]
pub struct Note {
    pub message: String,
    pub place: Option<Place>,
}

impl Account {
    pub fn note(&mut self, message: impl Into<String>) -> &mut Self {
        self.notes.push(Note { message: message.into(), place: None });
        self
    }

    pub fn note_at(&mut self, place: Place, message: impl Into<String>) -> &mut Self {
        self.notes.push(Note { message: message.into(), place: Some(place) });
        self
    }
}

impl Finding {
    pub fn related(&mut self, place: Place, message: impl Into<String>) -> &mut Self {
        self.related.push(Step { place, message: message.into() });
        self
    }

    pub fn trail(&mut self, steps: Vec<Step>) -> &mut Self {
        self.trail = steps;
        self
    }

    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    pub fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = confidence;
        self
    }

    /// Honours an ignore comment at this place too.
    pub fn scope(&mut self, place: Place) -> &mut Self {
        self.scopes.push(place);
        self
    }
}

/// Something that kept backlint from seeing all of the repository. It never ends a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Relative to the root, with forward slashes; empty when backlint itself is at fault.
    pub path: String,
    pub span: Option<Span>,
    /// What is wrong, in lower case without a final full stop: "bytes that are not UTF-8".
    pub message: String,
}

impl Problem {
    /// backlint is at fault: what it reports may lack something that a file has no part in.
    pub fn is_internal(&self) -> bool {
        self.path.is_empty()
    }
}
