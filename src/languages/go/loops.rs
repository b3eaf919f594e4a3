//! Go's loops: `for` in all its forms, and calls that run a literal once per element.

use tree_sitter::Node;

use super::statements::{operator, without_parentheses};
use super::{FIELDS, Go, field};
use crate::facts::{CallIndex, FunctionIndex, Leave, LoopForm, LoopIndex, LoopKind, Name, Span, Value};

/// `for i := 0; i < len(users); i++`
struct Counting<'tree> {
    counter: Node<'tree>,
    bound: Node<'tree>,
    strides: bool,
}

impl<'tree> Go<'_, '_, 'tree> {
    pub(super) fn for_statement(&mut self, node: Node<'tree>) {
        let body = field(node, FIELDS.body);
        let mut head = None;
        self.children(node, |_, child| {
            if Some(child) != body && head.is_none() {
                head = Some(child);
            }
        });
        // The label belongs to this loop and not to one in its head.
        let label = self.body.label.take();
        let index = match head {
            Some(clause) if clause.kind() == "range_clause" => self.range(node, clause),
            Some(clause) if clause.kind() == "for_clause" => match self.counting(clause) {
                Some(counting) => self.count(node, &counting),
                None => return self.while_loop(node, clause, label),
            },
            Some(condition) => return self.while_condition(node, Some(condition), None, label),
            None => self.builder.add_loop(LoopKind::Endless, LoopForm::Statement, node),
        };
        self.turns(index, node, label, |_| {});
    }

    /// Lowers the body, after what else is evaluated in each turn.
    fn turns(&mut self, index: LoopIndex, node: Node<'tree>, label: Option<Name>, between: impl FnOnce(&mut Self)) {
        let body = field(node, FIELDS.body);
        let head = body.map_or(node.end_byte(), |body| body.start_byte());
        self.builder.loop_at(index).head = Span::new(node.start_byte(), head);
        let outer = self.builder.open_loop(index);
        self.body.label = label;
        let (target, leaves) = self.breakable(Some(index), |go| {
            between(go);
            body.and_then(|body| go.statement(body))
        });
        let leaves = matches!(leaves, Some(Leave::Return | Leave::Throw | Leave::Break));
        let each = self.builder.loop_at(index);
        each.ends = leaves;
        each.once = leaves && !target.continued;
        self.builder.close(outer);
    }

    /// `for _, user := range users` · `for range 3`
    fn range(&mut self, node: Node<'tree>, clause: Node<'tree>) -> LoopIndex {
        let right = field(clause, FIELDS.right);
        let of = right.and_then(|right| self.length_of(right)).or(right);
        let over = of.map(|of| self.expression(of));
        let kind = if matches!(over, Some(Value::Literal(_))) { LoopKind::Count } else { LoopKind::Each };
        let index = self.builder.add_loop(kind, LoopForm::Statement, node);
        let mut binds = Vec::new();
        if let Some(left) = field(clause, FIELDS.left) {
            self.children(left, |go, name| {
                if name.kind() == "identifier" {
                    go.shadow(name);
                    binds.push(go.builder.name(name));
                }
            });
        }
        self.bind_turns(index, binds);
        if let Some(over) = over {
            self.iterate(index, over);
        }
        index
    }

    fn count(&mut self, node: Node<'tree>, counting: &Counting<'tree>) -> LoopIndex {
        let elements = if counting.strides { None } else { self.length_of(counting.bound) };
        let over = self.expression(elements.unwrap_or(counting.bound));
        let kind = if elements.is_some() { LoopKind::Each } else { LoopKind::Count };
        let index = self.builder.add_loop(kind, LoopForm::Statement, node);
        let name = self.builder.name(counting.counter);
        self.bind_turns(index, vec![name]);
        self.builder.loop_at(index).strides = counting.strides;
        self.iterate(index, over);
        index
    }

    fn bind_turns(&mut self, index: LoopIndex, mut names: Vec<Name>) {
        names.retain(|name| *name != self.words.blank && !name.is_empty());
        self.builder.loop_at(index).binds = names.into();
    }

    fn iterate(&mut self, index: LoopIndex, over: Value) {
        self.builder.loop_at(index).bounded = matches!(over, Value::Literal(_) | Value::List(_) | Value::Object(_));
        self.builder.iterate(index, over);
    }

    /// `for init; condition; update` that does not count.
    fn while_loop(&mut self, node: Node<'tree>, clause: Node<'tree>, label: Option<Name>) {
        if let Some(initializer) = field(clause, FIELDS.initializer) {
            self.statement(initializer);
        }
        self.while_condition(node, field(clause, FIELDS.condition), field(clause, FIELDS.update), label);
    }

    /// `for rows.Next()`
    fn while_condition(
        &mut self,
        node: Node<'tree>,
        condition: Option<Node<'tree>>,
        update: Option<Node<'tree>>,
        label: Option<Name>,
    ) {
        let condition = condition.filter(|condition| condition.kind() != "true");
        let kind = if condition.is_some() { LoopKind::While } else { LoopKind::Endless };
        let index = self.builder.add_loop(kind, LoopForm::Statement, node);
        self.turns(index, node, label, |go| {
            if let Some(condition) = condition {
                let value = go.expression(condition);
                go.tested(&value);
                go.builder.loop_at(index).over = Some(value);
            }
            if let Some(update) = update {
                go.statement(update);
            }
        });
    }

    /// The parts of a loop that moves one counter to one bound.
    fn counting(&self, clause: Node<'tree>) -> Option<Counting<'tree>> {
        let initializer = field(clause, FIELDS.initializer)?;
        let update = field(clause, FIELDS.update)?;
        let condition = without_parentheses(field(clause, FIELDS.condition)?);
        let counter = field(condition, FIELDS.left).filter(|counter| counter.kind() == "identifier")?;
        let name = self.builder.text(counter);
        let (moved, up, strides) = match update.kind() {
            "inc_statement" => (update.named_child(0)?, true, false),
            "dec_statement" => (update.named_child(0)?, false, false),
            "assignment_statement" => {
                let moved = field(update, FIELDS.left)?.named_child(0)?;
                let by = field(update, FIELDS.right)?.named_child(0)?;
                let up = match field(update, FIELDS.operator)?.kind() {
                    "+=" => true,
                    "-=" => false,
                    _ => return None,
                };
                (moved, up, self.builder.text(by) != "1")
            }
            _ => return None,
        };
        if self.builder.text(moved) != name {
            return None;
        }
        let start = self.started(initializer, name)?;
        let bound = match (operator(condition), up) {
            ("<" | "<=" | "!=", true) => {
                let bound = field(condition, FIELDS.right)?;
                // `for i, n := 0, len(users); i < n; i++`
                match bound.kind() {
                    "identifier" => self.started(initializer, self.builder.text(bound)).unwrap_or(bound),
                    _ => bound,
                }
            }
            (">" | ">=" | "!=", false) => start,
            _ => return None,
        };
        Some(Counting { counter, bound, strides })
    }

    /// What a name starts as in the head of a loop.
    fn started(&self, initializer: Node<'tree>, name: &str) -> Option<Node<'tree>> {
        let (left, right) = (field(initializer, FIELDS.left)?, field(initializer, FIELDS.right)?);
        // Two names at most: `named_child` would be slow over many.
        let position = (0..2).find(|at| left.named_child(*at).is_some_and(|one| self.builder.text(one) == name))?;
        right.named_child(position)
    }

    /// `users` of `len(users)` and of `len(users) - 1`.
    fn length_of(&self, node: Node<'tree>) -> Option<Node<'tree>> {
        let node = if operator(node) == "-" { field(node, FIELDS.left)? } else { node };
        let function = field(node, FIELDS.function).filter(|function| self.builder.text(*function) == "len")?;
        let arguments = field(node, FIELDS.arguments).filter(|_| function.kind() == "identifier")?;
        arguments.named_child(0).filter(|_| arguments.named_child_count() == 1)
    }

    /// Whether a call runs a literal once per element, and of what: `lo.Map(users, func..)` · `rows.Each(func..)`
    pub(super) fn iterates(&self, name: Name, arguments: &[Node<'tree>], has_receiver: bool) -> Option<Iterates> {
        let is_literal = |node: &Node| node.kind() == "func_literal";
        let is_iterable = |node: &Node| !is_literal(node) && !node.kind().ends_with("string_literal");
        let named = name.contains("Each") || name.starts_with("Filter");
        match arguments {
            [over, body, ..] if is_literal(body) && is_iterable(over) && (named || name.contains("Map")) => {
                Some(Iterates::Argument)
            }
            [body] if is_literal(body) && has_receiver && (named || name == "Map") => Some(Iterates::Receiver),
            _ => None,
        }
    }

    /// Makes a loop of the call that runs `body`.
    pub(super) fn callback(&mut self, index: LoopIndex, body: FunctionIndex, over: Value, call: CallIndex) {
        let names = self.builder.function(body).params.iter().map(|param| param.name).collect();
        self.bind_turns(index, names);
        self.builder.loop_at(index).call = Some(call);
        self.iterate(index, over);
    }
}

/// What an iterating call goes over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Iterates {
    Receiver,
    Argument,
}
