//! `if`, `match` and `let .. else`, and how their blocks end. It does not know which arms are possible.

use tree_sitter::Node;

use super::patterns::part;
use super::{Lowering, first, nothing};
use crate::facts::{BranchKind, Leave, Usage, Value};

/// How far the end of a block is followed into the blocks that end it.
const ENDS: usize = 8;

/// A condition, lowered.
pub(super) struct Condition<'tree> {
    pub(super) kind: BranchKind,
    pub(super) value: Value,
    /// `if let`: patterns and the positions of their values among several.
    patterns: Vec<(Node<'tree>, Option<usize>)>,
}

impl<'tree> Lowering<'_, '_, 'tree> {
    /// An `else if` is followed in place: a chain of them is not deep.
    pub(super) fn if_expression(&mut self, node: Node<'tree>) -> Value {
        let outer = self.builder.scope();
        let mut values = Vec::new();
        let mut next = Some(node);
        while let Some(node) = next.take() {
            let Some(condition) = node.child_by_field_name("condition") else { break };
            let condition = self.condition_values(condition);
            self.builder.use_value(&condition.value, Usage::Tested);
            if let Some(body) = node.child_by_field_name("consequence") {
                let leaves = self.leaves(body);
                let value = condition.value.clone();
                let around = self.builder.open_branch(condition.kind, Some(value), leaves, body);
                self.bind_conditions(&condition);
                values.push(self.expression(body));
                self.builder.close(around);
            }
            let Some(other) = node.child_by_field_name("alternative") else { break };
            let Some(inner) = first(other) else { break };
            let leaves = self.leaves(inner);
            self.builder.open_branch(BranchKind::Else, Some(condition.value), leaves, other);
            if inner.kind() == "if_expression" {
                next = Some(inner);
            } else {
                values.push(self.expression(inner));
            }
        }
        self.builder.close(outer);
        self.chosen(values)
    }

    pub(super) fn condition_values(&mut self, node: Node<'tree>) -> Condition<'tree> {
        let mut node = node;
        let mut kind = BranchKind::If;
        while let Some(inner) = first(node) {
            match node.kind() {
                "parenthesized_expression" => {}
                "unary_expression" if self.builder.text(node).starts_with('!') => kind = BranchKind::IfNot,
                _ => break,
            }
            node = inner;
        }
        let mut patterns = Vec::new();
        let value = match node.kind() {
            "let_condition" => {
                let pattern = node.child_by_field_name("pattern");
                patterns.extend(pattern.map(|pattern| (pattern, None)));
                kind = pattern.map_or(kind, |pattern| self.pattern_kind(pattern).unwrap_or(BranchKind::If));
                node.child_by_field_name("value").map_or_else(nothing, |value| self.expression(value))
            }
            "let_chain" => {
                let mut values = Vec::new();
                self.children(node, |this, part| {
                    let mut value = Some(part);
                    if part.kind() == "let_condition" {
                        patterns.extend(part.child_by_field_name("pattern").map(|one| (one, Some(values.len()))));
                        value = part.child_by_field_name("value");
                    }
                    values.push(value.map_or_else(nothing, |value| this.expression(value)));
                });
                Value::Other(values.into())
            }
            _ => match self.option_test(node) {
                Some((receiver, absent)) => {
                    if absent {
                        kind = if kind == BranchKind::If { BranchKind::IfNot } else { BranchKind::If };
                    }
                    self.expression(receiver)
                }
                None => self.expression(node),
            },
        };
        Condition { kind, value, patterns }
    }

    /// `x.is_none()` asks whether there is no `x`.
    fn option_test(&self, node: Node<'tree>) -> Option<(Node<'tree>, bool)> {
        let function = node.child_by_field_name("function")?;
        let absent = match self.builder.text(function.child_by_field_name("field")?) {
            "is_none" => true,
            "is_some" => false,
            _ => return None,
        };
        Some((function.child_by_field_name("value")?, absent))
    }

    pub(super) fn bind_conditions(&mut self, condition: &Condition<'tree>) {
        for (pattern, position) in &condition.patterns {
            let value = match (&condition.value, position) {
                (Value::Other(values), Some(position)) => values.get(*position).cloned(),
                (value, _) => Some(value.clone()),
            };
            self.bind(*pattern, None, value.unwrap_or_else(nothing), *pattern);
        }
    }

    pub(super) fn match_expression(&mut self, node: Node<'tree>) -> Value {
        let value = node.child_by_field_name("value").map_or_else(nothing, |value| self.expression(value));
        self.builder.use_value(&value, Usage::Tested);
        let mut arms = Vec::new();
        if let Some(body) = node.child_by_field_name("body") {
            self.children(body, |_, arm| arms.push(arm));
        }
        let two = self.two_ways(&arms);
        let mut values = Vec::new();
        for (position, arm) in arms.into_iter().enumerate() {
            let Some(pattern) = arm.child_by_field_name("pattern") else {
                values.push(self.expression(arm));
                continue;
            };
            let body = arm.child_by_field_name("value");
            let leaves = body.and_then(|body| self.leaves(body));
            let (kind, condition) = match two {
                Some(kinds) => (kinds[position], Some(value.clone())),
                None => (BranchKind::Case, self.pattern_value(pattern)),
            };
            let outer = self.builder.open_branch(kind, condition, leaves, arm);
            self.bind(pattern, None, matched(&value), pattern);
            if let Some(guard) = pattern.child_by_field_name("condition") {
                let guard = self.condition_values(guard);
                self.builder.use_value(&guard.value, Usage::Tested);
                self.bind_conditions(&guard);
            }
            values.extend(body.map(|body| self.expression(body)));
            self.builder.close(outer);
        }
        self.chosen(values)
    }

    /// A match of `Ok` and `Err`, or of `Some` and `None`, is an `if`.
    fn two_ways(&self, arms: &[Node<'tree>]) -> Option<[BranchKind; 2]> {
        let [one, other] = arms else { return None };
        let kind = |arm: &Node<'tree>| {
            let pattern = arm.child_by_field_name("pattern")?;
            if pattern.child_by_field_name("condition").is_some() {
                return None;
            }
            self.pattern_kind(first(pattern)?)
        };
        let (one, other) = (kind(one)?, kind(other)?);
        (one != other).then_some([one, other])
    }

    fn pattern_kind(&self, pattern: Node<'tree>) -> Option<BranchKind> {
        let named = pattern.child_by_field_name("type").unwrap_or(pattern);
        match (self.builder.text(named), named == pattern) {
            ("Some" | "Ok", false) => Some(BranchKind::If),
            ("Err", false) => Some(BranchKind::Catch),
            ("None", true) => Some(BranchKind::IfNot),
            _ => None,
        }
    }

    pub(super) fn leaves(&self, node: Node<'tree>) -> Option<Leave> {
        self.ends(node, ENDS)
    }

    fn ends(&self, node: Node<'tree>, further: usize) -> Option<Leave> {
        let further = further.checked_sub(1)?;
        match node.kind() {
            "return_expression" => Some(Leave::Return),
            "break_expression" => Some(Leave::Break),
            "continue_expression" => Some(Leave::Continue),
            "macro_invocation" => {
                let name = node.child_by_field_name("macro")?;
                match self.builder.text(name).rsplit("::").next()? {
                    "panic" | "unreachable" | "todo" | "unimplemented" => Some(Leave::Throw),
                    _ => None,
                }
            }
            // `Err(x)?;`
            "try_expression" => {
                let function = first(node)?.child_by_field_name("function")?;
                (self.builder.text(function) == "Err").then_some(Leave::Return)
            }
            "expression_statement" | "unsafe_block" => self.ends(first(node)?, further),
            "block" => {
                let mut cursor = node.walk();
                let code = |child: &Node| !child.is_extra() && child.kind() != "empty_statement";
                let last = node.named_children(&mut cursor).filter(code).last()?;
                self.ends(last, further)
            }
            "if_expression" => {
                let then = self.ends(node.child_by_field_name("consequence")?, further)?;
                self.ends(first(node.child_by_field_name("alternative")?)?, further)?;
                Some(then)
            }
            _ => None,
        }
    }
}

/// What the pattern of an arm is held against; a generated table is not copied for every arm.
fn matched(value: &Value) -> Value {
    match value {
        Value::List(values) if values.len() <= 8 => Value::List(values.iter().map(part).collect()),
        value => part(value),
    }
}
