//! Expressions to values, recording the calls, functions and loops inside them. It does not compute anything:
//! operators leave only the values they work on.

use tree_sitter::Node;

use super::chains::Chain;
use super::{Lowering, among, first, has, is_nothing, nothing};
use crate::facts::{Argument, FunctionIndex, FunctionKind, LoopIndex, Name, Span, Usage, Value};
use crate::languages::span;

impl<'tree> Lowering<'_, '_, 'tree> {
    pub(super) fn expression(&mut self, node: Node<'tree>) -> Value {
        self.deeper(node, |this| this.chain(node).value()).unwrap_or_else(nothing)
    }

    /// What a chain begins with, and every expression that is none.
    pub(super) fn base(&mut self, node: Node<'tree>) -> Chain {
        if let Some(literal) = self.literal(node) {
            return Chain::of(literal);
        }
        let value = match node.kind() {
            "identifier" if self.builder.text(node) == "None" => Value::Literal(Name::from("null")),
            "identifier"
            | "self"
            | "super"
            | "crate"
            | "metavariable"
            | "scoped_identifier"
            | "type_identifier"
            | "scoped_type_identifier"
            | "field_identifier" => {
                let mut path = Vec::new();
                self.path(node, &mut path);
                return Chain::path(path);
            }
            "range_expression" => return self.range(node),
            "macro_invocation" => return self.macro_invocation(node),
            "struct_expression" => self.struct_expression(node),
            "binary_expression" => self.binary(node),
            "assignment_expression" | "compound_assignment_expr" => self.assignment(node),
            "array_expression" if node.child_by_field_name("length").is_none() => Value::List(self.values(node)),
            "tuple_expression" => Value::List(self.values(node)),
            "async_block" if self.future == Some(node.id()) => {
                first(node).map_or_else(nothing, |body| self.expression(body))
            }
            "closure_expression" | "async_block" | "gen_block" => {
                Value::Function(self.literal_function(node, None, None))
            }
            "block" => self.block(node),
            "unsafe_block" | "try_block" | "const_block" => {
                let body = node.child_by_field_name("body").or(first(node));
                body.map_or_else(nothing, |body| self.expression(body))
            }
            "if_expression" => self.if_expression(node),
            "match_expression" => self.match_expression(node),
            "for_expression" | "while_expression" | "loop_expression" => {
                self.loop_expression(node);
                nothing()
            }
            "return_expression" => {
                let value = first(node).map(|given| self.expression(given));
                self.builder.returns(value.filter(|value| !is_nothing(value)));
                nothing()
            }
            "break_expression" | "continue_expression" => {
                self.leave_loop(node);
                nothing()
            }
            "token_tree" => Value::Other(self.token_values(node).into()),
            "line_comment" | "block_comment" | "label" | "attribute_item" => nothing(),
            // What is unknown or broken may hold statements and items.
            _ => self.anything(node),
        };
        Chain::of(value)
    }

    fn anything(&mut self, node: Node<'tree>) -> Value {
        let mut values = Vec::new();
        self.children(node, |this, child| {
            let value = this.deeper(child, |this| this.statement(child, &[]));
            values.extend(value.filter(|value| !is_nothing(value)));
        });
        Value::Other(values.into())
    }

    pub(super) fn values(&mut self, node: Node<'tree>) -> Box<[Value]> {
        let mut values = Vec::new();
        self.children(node, |this, child| {
            if child.kind() != "attribute_item" {
                values.push(this.expression(child));
            }
        });
        values.into()
    }

    pub(super) fn literal(&self, node: Node) -> Option<Value> {
        let text = self.builder.text(node);
        match node.kind() {
            "string_literal" | "raw_string_literal" => Some(Value::Text(string(text))),
            "char_literal" => Some(Value::Text(Name::from(text.trim_start_matches('b').trim_matches('\'')))),
            "integer_literal" | "float_literal" | "boolean_literal" | "negative_literal" => {
                Some(Value::Literal(Name::from(text)))
            }
            "unary_expression" if text.starts_with('-') => match first(node)?.kind() {
                "integer_literal" | "float_literal" => Some(Value::Literal(Name::from(text))),
                _ => None,
            },
            _ => None,
        }
    }

    /// A chain of operators of one kind is flat: `a + b - c` holds three values.
    fn binary(&mut self, node: Node<'tree>) -> Value {
        let class = self.class(node);
        let mut operands = Vec::new();
        let mut left = node;
        while left.kind() == "binary_expression" && self.class(left) == class {
            operands.extend(left.child_by_field_name("right"));
            match left.child_by_field_name("left") {
                Some(next) => left = next,
                None => break,
            }
        }
        if left != node {
            operands.push(left);
        }
        Value::Other(operands.into_iter().rev().map(|operand| self.expression(operand)).collect())
    }

    fn class(&self, node: Node) -> u8 {
        match node.child_by_field_name("operator").map(|operator| operator.kind()) {
            Some("&&") => 0,
            Some("||") => 1,
            Some("==" | "!=" | "<" | ">" | "<=" | ">=") => 2,
            _ => 3,
        }
    }

    fn assignment(&mut self, node: Node<'tree>) -> Value {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.anything(node);
        };
        let target = self.expression(left);
        let value = self.expression(right);
        let augments = node.kind() == "compound_assignment_expr";
        self.assign(target, value, augments, span(node));
        nothing()
    }

    fn assign(&mut self, target: Value, value: Value, augments: bool, at: Span) {
        let target = match target {
            Value::Path(path) => path.into_vec(),
            Value::Call(call, names) => {
                let mut path = self.builder.call(call).chain.to_vec();
                path.extend(names);
                path
            }
            Value::Element(element) => match element.0 {
                Value::Path(path) => {
                    let mut path = path.into_vec();
                    path.push(Name::from("[]"));
                    path
                }
                _ => return,
            },
            Value::List(targets) => {
                let mut values = match value {
                    Value::List(values) => values.into_vec(),
                    value => vec![value],
                }
                .into_iter();
                for target in targets {
                    self.assign(target, values.next().unwrap_or_else(nothing), augments, at);
                }
                return;
            }
            _ => return,
        };
        if target.last().is_some_and(|name| name.as_str() != "_") {
            self.builder.bind(target, None, value, at).augments = augments;
        }
    }

    /// `Pool { size: 1, ..base }` makes a value of a type.
    fn struct_expression(&mut self, node: Node<'tree>) -> Value {
        let mut path = Vec::new();
        let name = node.child_by_field_name("name");
        if let Some(name) = name {
            self.path(name, &mut path);
        }
        let mut entries = Vec::new();
        if let Some(body) = node.child_by_field_name("body") {
            self.children(body, |this, entry| {
                let (key, value) = match entry.kind() {
                    "field_initializer" => (entry.child_by_field_name("field"), entry.child_by_field_name("value")),
                    "base_field_initializer" => (None, first(entry)),
                    _ => {
                        let mut last = None;
                        this.children(entry, |_, child| last = Some(child));
                        (last, last)
                    }
                };
                let key = key.map_or_else(|| Name::from("..."), |key| this.name(key));
                if let Some(value) = value {
                    let value = this.expression(value);
                    this.builder.use_value(&value, Usage::Used);
                    entries.push((key, value));
                }
            });
        }
        let arguments = vec![Argument { name: None, spread: false, value: Value::Object(entries.into()) }];
        let call = self.builder.add_call(path, None, arguments, span(node), span(name.unwrap_or(node)));
        self.builder.call(call).constructs = true;
        Value::Call(call, Box::default())
    }

    /// A closure or an `async` block. `each` is the loop whose turns are its calls.
    pub(super) fn literal_function(
        &mut self,
        node: Node<'tree>,
        name: Option<Name>,
        each: Option<LoopIndex>,
    ) -> FunctionIndex {
        let kind = if name.is_some() { FunctionKind::Named } else { FunctionKind::Literal };
        let index = self.builder.add_function(name.unwrap_or_default(), kind, node);
        let parameters = node.child_by_field_name("parameters");
        let params = parameters.map(|parameters| self.params(parameters)).unwrap_or_default();
        let returns = self.type_field(node, "return_type");
        let mut is_async = has(node, "async");
        let mut body = node.child_by_field_name("body").or(first(node));
        // `|x| async move {..}`, the async closure of before 2024, is one function.
        if let Some(block) = body.filter(|body| body.kind() == "async_block") {
            is_async = true;
            body = first(block);
        }
        let function = self.builder.function(index);
        function.params = params;
        function.returns = returns;
        function.is_async = is_async;
        function.head.end = match (parameters, body) {
            (Some(parameters), _) => span(parameters).end,
            (None, Some(body)) => span(body).start,
            (None, None) => function.head.end,
        };
        let (outer, owner) = self.open_function(index);
        if let Some(each) = each {
            self.builder.close(outer);
            self.builder.open_body(index, each);
        }
        if let Some(body) = body {
            let value = self.expression(body);
            self.give(value);
        }
        self.close_function((outer, owner));
        index
    }

    /// The value of several ways through the code.
    pub(super) fn chosen(&self, mut values: Vec<Value>) -> Value {
        values.retain(|value| !is_nothing(value));
        among(values)
    }
}

/// The text between the quotes.
fn string(literal: &str) -> Name {
    let raw = literal.trim_start_matches('b').starts_with('r');
    let inner = match (literal.find('"'), literal.rfind('"')) {
        (Some(start), Some(end)) if start < end => &literal[start + 1..end],
        _ => "",
    };
    if raw || !inner.contains('\\') {
        return Name::from(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(sign) = rest.next() {
        if sign != '\\' {
            text.push(sign);
            continue;
        }
        match rest.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('\n' | '\r') => rest = rest.as_str().trim_start().chars(),
            Some(escaped @ ('"' | '\'' | '\\')) => text.push(escaped),
            other => text.extend(['\\'].into_iter().chain(other)),
        }
    }
    Name::from(&text)
}
