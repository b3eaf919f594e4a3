//! Expressions to values; the calls, functions and loops in them are recorded on the way.

use tree_sitter::Node;
use ustr::Ustr;

use super::bindings::nothing;
use super::{Lowering, field, parts, span};
use crate::facts::{FunctionKind, Name, Value};

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn expression(&mut self, node: Node<'n>) -> Value {
        match node.kind() {
            "identifier" => return Value::Path([self.variable(node)].into()),
            "string" if !self.is_template(node) => return self.plain_string(node),
            "integer" | "float" | "ellipsis" => return Value::Literal(self.builder.name(node)),
            "true" => return Value::Literal(Ustr::from("true")),
            "false" => return Value::Literal(Ustr::from("false")),
            "none" => return Value::Literal(Ustr::from("null")),
            _ => {}
        }
        if !self.builder.descend(node) {
            return nothing();
        }
        let value = self.composite(node);
        self.builder.ascend();
        value
    }

    fn composite(&mut self, node: Node<'n>) -> Value {
        match node.kind() {
            "attribute" | "subscript" | "call" | "await" | "parenthesized_expression" => {
                let chain = self.chain(node);
                if let Some(path) = chain.attributes() {
                    self.builder.read(path, node.kind() == "await", span(node));
                }
                chain.value()
            }
            "string" | "concatenated_string" => self.composed_string(node),
            "list" | "tuple" | "set" | "expression_list" | "pattern_list" => Value::List(self.values(node)),
            "dictionary" => self.dictionary(node),
            "binary_operator" => self.binary_operator(node),
            "boolean_operator" => self.boolean_operator(node),
            "conditional_expression" => self.conditional_expression(node),
            "unary_operator" => self.unary_operator(node),
            "lambda" => Value::Function(self.lambda(node, FunctionKind::Literal, Name::default())),
            "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
                self.comprehension(node)
            }
            "named_expression" => self.named_expression(node),
            "as_pattern" => self.as_pattern(node),
            _ => self.anything(node),
        }
    }

    /// What has no meaning of its own here, or none at all: the values and statements in it.
    pub(super) fn anything(&mut self, node: Node<'n>) -> Value {
        Value::Other(self.values(node))
    }

    fn values(&mut self, node: Node<'n>) -> Box<[Value]> {
        parts(node).filter_map(|part| self.statement(part)).collect()
    }

    fn binary_operator(&mut self, node: Node<'n>) -> Value {
        // `a + b + c` nests to the left, as deep as it is long.
        let mut operands = Vec::with_capacity(2);
        let mut left = Some(node);
        while let Some(operation) = left.filter(|left| left.kind() == "binary_operator") {
            self.skipped(operation);
            operands.extend(field(operation, "right"));
            left = field(operation, "left");
        }
        operands.extend(left);
        Value::Other(operands.into_iter().rev().map(|operand| self.expression(operand)).collect())
    }

    fn unary_operator(&mut self, node: Node<'n>) -> Value {
        match field(node, "argument") {
            Some(argument) if matches!(argument.kind(), "integer" | "float") => Value::Literal(self.builder.name(node)),
            _ => self.anything(node),
        }
    }

    fn dictionary(&mut self, node: Node<'n>) -> Value {
        let mut entries = Vec::new();
        for part in parts(node) {
            match (part.kind(), field(part, "key"), field(part, "value")) {
                ("pair", Some(key), Some(value)) => {
                    let key = self.key(key);
                    entries.push((key, self.expression(value)));
                }
                ("dictionary_splat", ..) => {
                    let value = parts(part).next().map_or_else(nothing, |value| self.expression(value));
                    entries.push((Ustr::from("..."), value));
                }
                _ => {
                    self.statement(part);
                }
            }
        }
        Value::Object(entries.into())
    }

    fn key(&mut self, node: Node<'n>) -> Name {
        match self.expression(node) {
            Value::Text(key) | Value::Literal(key) => key,
            _ => Ustr::from("[]"),
        }
    }

    /// `open() as file`, as it stands in `with`.
    fn as_pattern(&mut self, node: Node<'n>) -> Value {
        let alias = field(node, "alias");
        let value = parts(node).next().map_or_else(nothing, |value| self.expression(value));
        if let Some(alias) = alias {
            self.bind(alias, None, super::again(&value), span(node));
        }
        value
    }
}
