//! Text to [`FileFacts`]: one file a language, one builder for all of them.
//!
//! Lowering cannot fail: what a grammar does not understand becomes a [`Gap`], what is nested too deeply is left
//! out, and the syntax tree is dropped before the next file is read. Nothing here knows other files or libraries.

mod builder;
mod go;
mod parse;
mod python;
mod rust;
mod typescript;

use tree_sitter::{Node, Parser};

use crate::facts::{Comment, FileFacts, Gap, GapKind, Language, Span};
use builder::Builder;

/// Which grammar reads a file; more than one can belong to a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    TypeScript,
    /// Also plain JavaScript: its grammar allows everything JavaScript has, and JSX.
    Tsx,
    Python,
    Go,
    Rust,
}

/// The one table of file extensions.
const EXTENSIONS: &[(&str, Grammar)] = &[
    ("ts", Grammar::TypeScript),
    ("mts", Grammar::TypeScript),
    ("cts", Grammar::TypeScript),
    ("tsx", Grammar::Tsx),
    ("js", Grammar::Tsx),
    ("jsx", Grammar::Tsx),
    ("mjs", Grammar::Tsx),
    ("cjs", Grammar::Tsx),
    ("py", Grammar::Python),
    ("go", Grammar::Go),
    ("rs", Grammar::Rust),
];

const GRAMMARS: usize = 5;

impl Grammar {
    pub fn of_extension(extension: &str) -> Option<Self> {
        EXTENSIONS.iter().find(|(known, _)| *known == extension).map(|(_, grammar)| *grammar)
    }

    pub fn language(self) -> Language {
        match self {
            Self::TypeScript | Self::Tsx => Language::TypeScript,
            Self::Python => Language::Python,
            Self::Go => Language::Go,
            Self::Rust => Language::Rust,
        }
    }

    fn parser(self) -> Parser {
        let grammar = match self {
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Self::Python => tree_sitter_python::LANGUAGE,
            Self::Go => tree_sitter_go::LANGUAGE,
            Self::Rust => tree_sitter_rust::LANGUAGE,
        };
        let mut parser = Parser::new();
        parser.set_language(&grammar.into()).expect("the grammars are built for this version of tree-sitter");
        parser
    }
}

pub fn lower(grammar: Grammar, text: &str) -> FileFacts {
    lower_while(grammar, text, &mut || true)
}

/// As [`lower`], while somebody is waiting for it; a hostile text can be given up only so.
pub fn lower_while(grammar: Grammar, text: &str, is_waiting: &mut dyn FnMut() -> bool) -> FileFacts {
    let Some(tree) = parse::parse(grammar, text, is_waiting) else {
        let mut facts = Builder::new(grammar.language(), text).finish();
        facts.gaps.push(Gap { kind: GapKind::TooComplex, span: Span::new(0, text.len()) });
        return facts;
    };
    let mut builder = Builder::new(grammar.language(), text);
    let root = tree.root_node();
    match grammar.language() {
        Language::TypeScript => typescript::lower(root, &mut builder),
        Language::Python => python::lower(root, &mut builder),
        Language::Go => go::lower(root, &mut builder),
        Language::Rust => rust::lower(root, &mut builder),
    }
    let mut facts = builder.finish();
    gaps(root, &mut facts.gaps);
    // Looking at every node for comments costs as much as lowering; few files speak to backlint.
    if text.contains("backlint:") {
        facts.comments = comments(root, text);
    }
    facts
}

/// The outermost places that the grammar skipped or made up.
fn gaps(root: Node, gaps: &mut Vec<Gap>) {
    if !root.has_error() {
        return;
    }
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        let broken = node.is_error() || node.is_missing();
        if broken {
            gaps.push(Gap { kind: GapKind::Syntax, span: span(node) });
        }
        if !broken && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

fn comments(root: Node, text: &str) -> Vec<Comment> {
    let mut comments = Vec::new();
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.kind().ends_with("comment") {
            comments.extend(comment(node, text));
        } else if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return comments;
            }
        }
    }
}

fn comment(node: Node, text: &str) -> Option<Comment> {
    let whole = text.get(node.byte_range())?;
    let said = whole.trim_end_matches("*/").trim_start_matches(['/', '#', '*', '!']).trim();
    if !said.starts_with("backlint:") {
        return None;
    }
    let line = text[..node.start_byte()].rfind('\n').map_or(0, |newline| newline + 1);
    Some(Comment { text: said.into(), alone: text[line..node.start_byte()].trim().is_empty(), span: span(node) })
}

fn span(node: Node) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}
