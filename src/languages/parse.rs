//! Text to a syntax tree, or to none when that would take too long. It does not know what a tree is for.
//!
//! Parsing honest text takes time in proportion to its length. On hostile text the parser's search for the cheapest way
//! out of an error grows with the square of the length: three kilobytes can take a minute, sixteen a gigabyte.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use super::{GRAMMARS, Grammar};

/// The parser reports after as many steps.
const STEPS: usize = 100;
/// More steps than this for each byte and the parser is following many readings at once, each with its own stack. Of
/// 18,000 files only minified ones come near.
const STEPS_PER_BYTE: usize = 2;
/// A short text may be dense.
const FREE_STEPS: usize = 20_000;
/// How much text the parser is given at once. Whoever waits is asked before each piece, and in a bad text each token may
/// take a second.
const PIECE: usize = 16;

/// The tree of a text; none when the parser needs too many steps, or when whoever waits for it does so no longer.
pub(super) fn parse(grammar: Grammar, text: &str, is_waiting: &mut dyn FnMut() -> bool) -> Option<Tree> {
    thread_local! {
        static PARSERS: RefCell<[Option<Parser>; GRAMMARS]> = const { RefCell::new([const { None }; GRAMMARS]) };
    }
    let given_up = Cell::new(false);
    let mut read = |at: usize, _| {
        if !given_up.get() && !is_waiting() {
            given_up.set(true);
        }
        // As if the text ended here: the parser comes to an end, and its tree is not used.
        let end = if given_up.get() { at } else { text.len().min(at + PIECE) };
        text.as_bytes().get(at..end).unwrap_or_default()
    };
    let mut steps = 0;
    let mut count = |state: &ParseState| {
        steps += STEPS;
        let allowed = FREE_STEPS + state.current_byte_offset() * STEPS_PER_BYTE;
        if given_up.get() || steps > allowed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let tree = PARSERS.with_borrow_mut(|parsers| {
        let parser = parsers[grammar as usize].get_or_insert_with(|| grammar.parser());
        let options = ParseOptions::new().progress_callback(&mut count);
        let tree = parser.parse_with_options(&mut read, None, Some(options));
        // Or it would go on with this text when it is given the next.
        parser.reset();
        tree
    });
    tree.filter(|_| !given_up.get())
}
