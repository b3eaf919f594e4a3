//! Python syntax to facts: statements here, and a file for each larger construct.
//!
//! It does not know types: `Order(x)` may make an object or call a function, so no call `constructs`.

mod bindings;
mod branches;
mod calls;
mod classes;
mod expressions;
mod functions;
mod imports;
mod loops;
mod strings;
mod types;

use tree_sitter::{Node, TreeCursor};
use ustr::Ustr;

use super::builder::Builder;
use super::span;
use crate::facts::{Name, TypeIndex, Usage, Value};

pub(super) fn lower(root: Node, builder: &mut Builder) {
    let mut lowering =
        Lowering { builder, class: None, receiver: None, type_only: false, continues: false, links: Vec::new() };
    lowering.block(root);
}

struct Lowering<'b, 't, 'n> {
    builder: &'b mut Builder<'t>,
    /// The class whose body is being read: assignments are its fields, functions its methods.
    class: Option<TypeIndex>,
    /// What the method around calls its object or its class, and the word of all languages for it: `this` is `self`,
    /// `cls` is `Self`.
    receiver: Option<(Name, &'static str)>,
    /// Under `if TYPE_CHECKING:`
    type_only: bool,
    /// The innermost loop contains a `continue`.
    continues: bool,
    /// The links of the chains being walked, innermost chain last; one stack saves an allocation per chain.
    links: Vec<Node<'n>>,
}

impl<'n> Lowering<'_, '_, 'n> {
    fn block(&mut self, node: Node<'n>) {
        for statement in parts(node) {
            self.statement(statement);
        }
    }

    /// Lowers a statement, or gives the value of what turns out to be an expression.
    fn statement(&mut self, node: Node<'n>) -> Option<Value> {
        let kind = node.kind();
        if !is_statement(kind) {
            return Some(self.expression(node));
        }
        if !self.builder.descend(node) {
            return None;
        }
        match kind {
            "expression_statement" => self.expression_statement(node),
            "assignment" => self.assignment(node),
            "augmented_assignment" => self.augmented_assignment(node),
            "return_statement" => self.return_statement(node),
            "if_statement" => self.if_statement(node),
            "match_statement" => self.match_statement(node),
            "try_statement" => self.try_statement(node),
            "for_statement" => self.for_statement(node),
            "while_statement" => self.while_statement(node),
            "with_statement" => self.with_statement(node),
            "break_statement" => self.builder.breaks(),
            "continue_statement" => self.continues = true,
            "function_definition" => self.function_definition(node, None),
            "class_definition" => self.class_definition(node, None),
            "decorated_definition" => self.decorated_definition(node),
            "import_statement" => self.import_statement(node),
            "import_from_statement" => self.import_from_statement(node),
            "type_alias_statement" => self.type_alias_statement(node),
            "assert_statement" => self.assert_statement(node),
            "block" | "module" | "raise_statement" | "delete_statement" | "print_statement" | "exec_statement" => {
                self.block(node);
            }
            _ => {}
        }
        // These look up their parts by name and so do not meet what the grammar skipped between them.
        if picks_its_parts(kind) {
            self.skipped(node);
        }
        self.builder.ascend();
        None
    }

    /// Lowers what the grammar could not place among the parts of a node.
    fn skipped(&mut self, node: Node<'n>) {
        if !node.has_error() {
            return;
        }
        for part in parts(node).filter(Node::is_error) {
            self.expression(part);
        }
    }

    fn expression_statement(&mut self, node: Node<'n>) {
        for part in parts(node) {
            // Docstrings are the bulk of some files and nobody asks for them.
            if part.kind() == "string" && !self.is_template(part) {
                continue;
            }
            if let Some(value) = self.statement(part) {
                self.builder.use_value(&value, Usage::Dropped);
            }
        }
    }

    fn return_statement(&mut self, node: Node<'n>) {
        let value = parts(node).find(|part| !part.is_error()).map(|value| self.expression(value));
        self.builder.returns(value);
    }

    fn assert_statement(&mut self, node: Node<'n>) {
        for (position, part) in parts(node).enumerate() {
            let value = self.expression(part);
            if position == 0 {
                self.builder.use_value(&value, Usage::Tested);
            }
        }
    }

    fn with_statement(&mut self, node: Node<'n>) {
        let waits = is_async(node);
        for clause in parts(node).filter(|part| part.kind() == "with_clause") {
            for item in parts(clause) {
                let Some(value) = field(item, "value") else {
                    self.expression(item);
                    continue;
                };
                let value = self.expression(value);
                if waits {
                    self.builder.await_value(&value);
                }
            }
        }
        if let Some(body) = field(node, "body") {
            self.block(body);
        }
    }

    /// The name of a variable; the object of a method is `self` and its class `Self`, whatever they are called.
    fn variable(&self, node: Node) -> Name {
        let name = self.builder.name(node);
        self.receiver.filter(|(receiver, _)| *receiver == name).map_or(name, |(_, word)| Ustr::from(word))
    }
}

fn is_statement(kind: &str) -> bool {
    kind.ends_with("_statement")
        || kind.ends_with("_definition")
        || matches!(kind, "block" | "module" | "assignment" | "augmented_assignment")
}

fn picks_its_parts(kind: &str) -> bool {
    matches!(kind, "assignment" | "augmented_assignment" | "return_statement")
        || matches!(kind, "if_statement" | "try_statement" | "for_statement" | "while_statement" | "with_statement")
        || matches!(kind, "function_definition" | "class_definition" | "import_statement" | "import_from_statement")
}

fn is_async(node: Node) -> bool {
    node.child(0).is_some_and(|first| first.kind() == "async")
}

fn field<'n>(node: Node<'n>, name: &str) -> Option<Node<'n>> {
    node.child_by_field_name(name)
}

/// The named children without comments.
fn parts(node: Node) -> Parts {
    let mut cursor = node.walk();
    let more = cursor.goto_first_child();
    Parts { cursor, more }
}

struct Parts<'n> {
    cursor: TreeCursor<'n>,
    more: bool,
}

impl<'n> Iterator for Parts<'n> {
    type Item = Node<'n>;

    fn next(&mut self) -> Option<Node<'n>> {
        while self.more {
            let node = self.cursor.node();
            self.more = self.cursor.goto_next_sibling();
            if node.is_named() && !matches!(node.kind(), "comment" | "line_continuation") {
                return Some(node);
            }
        }
        None
    }
}

/// The value once more, for a second fact that mentions it; a very large one is not repeated.
fn again(value: &Value) -> Value {
    if fits(value, &mut 100) { value.clone() } else { Value::Other(Box::default()) }
}

fn fits(value: &Value, budget: &mut usize) -> bool {
    if *budget == 0 {
        return false;
    }
    *budget -= 1;
    match value {
        Value::Template(_, values) | Value::List(values) | Value::Other(values) => {
            values.iter().all(|value| fits(value, budget))
        }
        Value::Object(entries) => entries.iter().all(|(_, value)| fits(value, budget)),
        Value::Element(element) => fits(&element.0, budget) && fits(&element.1, budget),
        Value::Path(_) | Value::Call(..) | Value::Text(_) | Value::Literal(_) | Value::Function(_) | Value::Each(_) => {
            true
        }
    }
}
