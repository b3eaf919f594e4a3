//! `if`, `match`, `try` and their kin to branches.

use tree_sitter::Node;
use ustr::Ustr;

use super::bindings::nothing;
use super::{Lowering, again, field, parts, span};
use crate::facts::{BranchKind, Leave, Span, Usage, Value};

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn if_statement(&mut self, node: Node<'n>) {
        let outermost = self.builder.scope();
        let condition_node = field(node, "condition");
        let mut condition = self.guarded(condition_node, field(node, "consequence"));
        for alternative in parts(node) {
            match alternative.kind() {
                // An `elif` is an `if` inside the `else`, which reaches to the end of the statement.
                "elif_clause" => {
                    self.skipped(alternative);
                    self.builder.open_branch(BranchKind::Else, Some(condition), None, alternative);
                    if let Some(opened) = self.builder.facts.branches.last_mut() {
                        opened.span = Span::new(alternative.start_byte(), node.end_byte());
                    }
                    condition = self.guarded(field(alternative, "condition"), field(alternative, "consequence"));
                }
                "else_clause" => {
                    let body = field(alternative, "body").unwrap_or(alternative);
                    self.builder.open_branch(BranchKind::Else, Some(condition), leave(body), body);
                    self.block(body);
                    break;
                }
                _ => {}
            }
        }
        self.builder.close(outermost);
    }

    /// Lowers a condition and the block under it; gives the condition for the `else`.
    fn guarded(&mut self, condition: Option<Node<'n>>, body: Option<Node<'n>>) -> Value {
        let Some(condition) = condition else {
            if let Some(body) = body {
                self.block(body);
            }
            return nothing();
        };
        let (kind, value) = self.condition(condition);
        let Some(body) = body else { return value };
        let type_only = self.type_only;
        self.type_only |= self.builder.text(condition).ends_with("TYPE_CHECKING") && kind == BranchKind::If;
        let outer = self.builder.open_branch(kind, Some(again(&value)), leave(body), body);
        self.block(body);
        self.builder.close(outer);
        self.type_only = type_only;
        value
    }

    /// Lowers what is tested; of `not x` and `x is None` that is `x`.
    pub(super) fn condition(&mut self, node: Node<'n>) -> (BranchKind, Value) {
        let value = self.expression(node);
        self.builder.use_value(&value, Usage::Tested);
        let absence = self.absence(node);
        let kind = if absence.is_some() { BranchKind::IfNot } else { BranchKind::If };
        (kind, tested(value, absence))
    }

    pub(super) fn absence(&self, node: Node<'n>) -> Option<Absence> {
        let node = without_parentheses(node);
        match node.kind() {
            "not_operator" => Some(Absence::Of),
            "comparison_operator" if node.child_count() == 3 => match node.child(1)?.kind() {
                "is" | "==" if node.child(2)?.kind() == "none" => Some(Absence::Of),
                "not in" => Some(Absence::From),
                _ => None,
            },
            _ => None,
        }
    }

    /// `a if condition else b`: its value is one of the two.
    pub(super) fn conditional_expression(&mut self, node: Node<'n>) -> Value {
        let mut operands = parts(node).filter(|part| !part.is_error());
        let (Some(then), Some(condition), Some(other)) = (operands.next(), operands.next(), operands.next()) else {
            return self.anything(node);
        };
        self.skipped(node);
        let (kind, condition) = self.condition(condition);
        let choice = self.builder.open_choice(kind, then);
        let then = self.expression(then);
        self.builder.close_choice(choice, || again(&condition));
        let choice = self.builder.open_choice(BranchKind::Else, other);
        let other = self.expression(other);
        self.builder.close_choice(choice, || condition);
        Value::Other([then, other].into())
    }

    /// `a and b and c`: each operand runs only after the one before, so they nest.
    pub(super) fn boolean_operator(&mut self, node: Node<'n>) -> Value {
        let operator = field(node, "operator").map_or("", |operator| operator.kind());
        let same = |node: &Node| field(*node, "operator").is_some_and(|found| found.kind() == operator);
        let mut operands = Vec::with_capacity(2);
        let mut left = Some(node);
        while let Some(operation) = left.filter(|left| left.kind() == "boolean_operator" && same(left)) {
            self.skipped(operation);
            operands.extend(field(operation, "right"));
            left = field(operation, "left");
        }
        operands.extend(left);
        operands.reverse();

        let mut values: Vec<Value> = Vec::with_capacity(operands.len());
        let mut choices = Vec::with_capacity(operands.len());
        let mut before: Option<Node> = None;
        for operand in operands {
            if let Some(before) = before {
                let absence = self.absence(before);
                let holds = absence.is_none() == (operator == "and");
                let kind = if holds { BranchKind::If } else { BranchKind::IfNot };
                choices.push((self.builder.open_choice(kind, operand), absence));
            }
            values.push(self.expression(operand));
            before = Some(operand);
        }
        for (position, (choice, absence)) in choices.into_iter().enumerate().rev() {
            self.builder.close_choice(choice, || tested(again(&values[position]), absence));
        }
        Value::Other(values.into())
    }

    pub(super) fn match_statement(&mut self, node: Node<'n>) {
        let mut subject = nothing();
        for part in parts(node) {
            if part.kind() == "block" {
                for case in parts(part) {
                    self.case_clause(case, &subject);
                }
            } else {
                subject = self.expression(part);
                self.builder.use_value(&subject, Usage::Tested);
            }
        }
    }

    fn case_clause(&mut self, node: Node<'n>, subject: &Value) {
        if node.kind() != "case_clause" {
            self.statement(node);
            return;
        }
        let Some(body) = field(node, "consequence") else {
            self.anything(node);
            return;
        };
        let mut conditions = Vec::new();
        for part in parts(node).filter(|part| *part != body) {
            if part.is_error() {
                self.expression(part);
            } else if part.kind() == "if_clause" {
                conditions.extend(parts(part).next().map(|guard| self.condition(guard).1));
            } else {
                conditions.extend(self.pattern(part, subject));
            }
        }
        let condition = if conditions.len() > 1 { Some(Value::Other(conditions.into())) } else { conditions.pop() };
        let outer = self.builder.open_branch(BranchKind::Case, condition, leave(body), body);
        self.block(body);
        self.builder.close(outer);
    }

    /// What a pattern asks for; nothing for a mere name, which takes what comes.
    fn pattern(&mut self, node: Node<'n>, subject: &Value) -> Option<Value> {
        if !self.builder.descend(node) {
            return None;
        }
        let value = match node.kind() {
            "case_pattern" => match parts(node).next() {
                Some(inner) => self.pattern(inner, subject),
                // The sign of a negative number and `_` are not named.
                None if self.builder.text(node) == "_" => None,
                None => Some(Value::Literal(self.builder.name(node))),
            },
            "dotted_name" if node.named_child_count() > 1 => Some(Value::Path(self.dotted(node).into())),
            "dotted_name" | "identifier" => {
                let name = self.builder.name(node);
                if name != "_" {
                    let binding =
                        self.builder.bind(vec![name], None, Value::Other([again(subject)].into()), span(node));
                    binding.declares = true;
                }
                None
            }
            "class_pattern" => {
                let mut inside = parts(node);
                let class = inside.next().map(|class| Value::Path(self.dotted(class).into()));
                for part in inside {
                    self.pattern(part, subject);
                }
                class
            }
            "keyword_pattern" => parts(node).nth(1).and_then(|value| self.pattern(value, subject)),
            "string" | "concatenated_string" | "integer" | "float" | "true" | "false" | "none" => {
                Some(self.expression(node))
            }
            _ => {
                let values: Vec<_> = parts(node).filter_map(|part| self.pattern(part, subject)).collect();
                Some(Value::Other(values.into()))
            }
        };
        self.builder.ascend();
        value
    }

    fn dotted(&self, node: Node<'n>) -> Vec<Ustr> {
        parts(node).map(|part| self.builder.name(part)).collect()
    }

    pub(super) fn try_statement(&mut self, node: Node<'n>) {
        for part in parts(node) {
            match part.kind() {
                "block" => {
                    let outer = self.builder.open_branch(BranchKind::Try, None, leave(part), part);
                    self.block(part);
                    self.builder.close(outer);
                }
                "except_clause" | "except_group_clause" => self.except_clause(part),
                // What runs when nothing was caught, and after all, runs as if it stood behind.
                "else_clause" | "finally_clause" => {
                    for body in parts(part) {
                        self.statement(body);
                    }
                }
                _ => {}
            }
        }
    }

    fn except_clause(&mut self, node: Node<'n>) {
        let mut condition = None;
        for part in parts(node) {
            if part.kind() != "block" {
                // The name after `as` holds the error, about which nothing is known.
                let caught = if part.kind() == "as_pattern" { parts(part).next().unwrap_or(part) } else { part };
                let value = self.expression(caught);
                condition = condition.or(Some(value));
                continue;
            }
            let condition = condition.take().filter(|condition| !catches_all(condition));
            let outer = self.builder.open_branch(BranchKind::Catch, condition, leave(part), part);
            self.block(part);
            self.builder.close(outer);
        }
    }
}

fn catches_all(condition: &Value) -> bool {
    matches!(condition, Value::Path(path) if matches!(path[..], [name] if name == "Exception" || name == "BaseException"))
}

/// A test that holds when something is not there.
#[derive(Clone, Copy)]
pub(super) enum Absence {
    /// `not x` · `x is None`
    Of,
    /// `x not in y`
    From,
}

fn tested(value: Value, absence: Option<Absence>) -> Value {
    match (absence, value) {
        (Some(Absence::Of), Value::Other(values)) => values.into_iter().next().unwrap_or_else(nothing),
        (_, value) => value,
    }
}

pub(super) fn without_parentheses(mut node: Node) -> Node {
    while matches!(node.kind(), "parenthesized_expression" | "await") {
        let Some(inner) = parts(node).next() else { break };
        node = inner;
    }
    node
}

/// How a block always ends, as far as its last statement shows.
pub(super) fn leave(block: Node) -> Option<Leave> {
    leave_within(block, 8)
}

fn leave_within(block: Node, depth: usize) -> Option<Leave> {
    let last = parts(block).last()?;
    match last.kind() {
        "return_statement" => Some(Leave::Return),
        "raise_statement" => Some(Leave::Throw),
        "break_statement" => Some(Leave::Break),
        "continue_statement" => Some(Leave::Continue),
        _ if depth == 0 => None,
        "with_statement" => leave_within(field(last, "body")?, depth - 1),
        "if_statement" => {
            let first = leave_within(field(last, "consequence")?, depth - 1)?;
            let mut exhaustive = false;
            for alternative in parts(last) {
                let body = match alternative.kind() {
                    "elif_clause" => field(alternative, "consequence")?,
                    "else_clause" => {
                        exhaustive = true;
                        field(alternative, "body")?
                    }
                    _ => continue,
                };
                leave_within(body, depth - 1)?;
            }
            exhaustive.then_some(first)
        }
        _ => None,
    }
}
