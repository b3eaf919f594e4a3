//! `for`, `while` and comprehensions to loops.

use tree_sitter::Node;

use super::bindings::nothing;
use super::branches::{leave, without_parentheses};
use super::{Lowering, field, is_async, parts, span};
use crate::facts::{Leave, LoopForm, LoopIndex, LoopKind, Name, Span, Usage, Value};

/// What a `for` goes through.
struct Course {
    kind: LoopKind,
    over: Value,
    bounded: bool,
    strides: bool,
}

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn for_statement(&mut self, node: Node<'n>) {
        let right = field(node, "right");
        let course = right.map(|right| self.course(right));
        let each = self.builder.add_loop(LoopKind::Each, LoopForm::Statement, node);
        if let Some(course) = course {
            self.run(each, course, node);
        }
        self.body(each, node, right);
    }

    pub(super) fn while_statement(&mut self, node: Node<'n>) {
        let each = self.builder.add_loop(LoopKind::While, LoopForm::Statement, node);
        let condition = field(node, "condition");
        if let Some(condition) = condition {
            if matches!(self.builder.text(without_parentheses(condition)), "True" | "1") {
                self.builder.loop_at(each).kind = LoopKind::Endless;
            } else {
                // The condition runs before every turn, so its calls are calls of the loop.
                let outer = self.builder.open_loop(each);
                let over = self.expression(condition);
                self.builder.use_value(&over, Usage::Tested);
                self.builder.close(outer);
                self.builder.loop_at(each).over = Some(over);
            }
        }
        self.body(each, node, condition);
    }

    /// The body of a loop statement, and the `else` that runs after the last turn.
    fn body(&mut self, each: LoopIndex, node: Node<'n>, head: Option<Node<'n>>) {
        if let Some(head) = head {
            self.builder.loop_at(each).head = Span::new(node.start_byte(), head.end_byte());
        }
        if let Some(body) = field(node, "body") {
            let continues = std::mem::take(&mut self.continues);
            let outer = self.builder.open_loop(each);
            self.block(body);
            self.builder.close(outer);
            let leaves = matches!(leave(body), Some(Leave::Return | Leave::Throw | Leave::Break));
            let turns = self.builder.loop_at(each);
            turns.ends = leaves;
            turns.once = leaves && !self.continues;
            self.continues = continues;
        }
        if let Some(after) = field(node, "alternative").and_then(|after| field(after, "body")) {
            self.block(after);
        }
    }

    pub(super) fn comprehension(&mut self, node: Node<'n>) -> Value {
        let body = field(node, "body");
        let outermost = self.builder.scope();
        let mut first = None;
        for clause in parts(node).filter(|part| Some(*part) != body) {
            match clause.kind() {
                "for_in_clause" => {
                    let right = field(clause, "right");
                    let course = right.map(|right| self.course(right));
                    let each = self.builder.add_loop(LoopKind::Each, LoopForm::Comprehension, node);
                    self.builder.loop_at(each).head = span(clause);
                    if let Some(course) = course {
                        self.run(each, course, clause);
                    }
                    self.builder.open_loop(each);
                    first = first.or(Some(each));
                }
                "if_clause" => {
                    if let Some(condition) = parts(clause).next() {
                        let (kind, condition) = self.condition(condition);
                        self.builder.open_branch(kind, Some(condition), None, node);
                    }
                }
                _ => {
                    self.statement(clause);
                }
            }
        }
        if let Some(body) = body {
            let pair = body.kind() == "pair";
            for element in parts(body).filter(|_| pair).chain((!pair).then_some(body)) {
                let value = self.expression(element);
                self.builder.use_value(&value, Usage::Returned);
                // Of a key and a value the value is the last.
                if let Some(first) = first {
                    self.builder.loop_at(first).gives = Some(value);
                }
            }
        }
        self.builder.close(outermost);
        first.map_or_else(nothing, Value::Each)
    }

    /// Gives a loop its head; `clause` has the names that it binds on its left.
    fn run(&mut self, each: LoopIndex, course: Course, clause: Node<'n>) {
        let binds = field(clause, "left").map(|left| self.bound_names(left)).unwrap_or_default();
        let one = self.builder.loop_at(each);
        one.kind = course.kind;
        one.bounded = course.bounded;
        one.strides = course.strides;
        one.awaits = is_async(clause);
        one.binds = binds.into();
        if is_async(clause)
            && let Some(right) = field(clause, "right")
        {
            self.builder.await_read(span(right));
        }
        self.builder.iterate(each, course.over);
    }

    fn bound_names(&self, left: Node<'n>) -> Vec<Name> {
        let mut names = Vec::with_capacity(1);
        let mut open = vec![left];
        while let Some(node) = open.pop() {
            match node.kind() {
                "identifier" => names.push(self.builder.name(node)),
                "attribute" | "subscript" => {}
                _ => {
                    let from = open.len();
                    open.extend(parts(node));
                    open[from..].reverse();
                }
            }
        }
        names
    }

    fn course(&mut self, node: Node<'n>) -> Course {
        let bare = without_parentheses(node);
        let function = field(bare, "function").filter(|_| bare.kind() == "call");
        let arguments = field(bare, "arguments").filter(|arguments| arguments.kind() == "argument_list");
        if let (Some(function), Some(arguments)) = (function, arguments) {
            match self.builder.text(function) {
                "range" => {
                    let mut given = parts(arguments);
                    let (first, second, third) = (given.next(), given.next(), given.next());
                    let plain = parts(arguments).all(|argument| !argument.kind().ends_with("_splat"));
                    match (first, second, third) {
                        (Some(stop), None, None) if plain => return self.range(None, stop, None),
                        (Some(start), Some(stop), step) if plain => return self.range(Some(start), stop, step),
                        _ => {}
                    }
                }
                // It hands through what it is given.
                "enumerate" => {
                    let mut given = parts(arguments);
                    if let Some(over) = given.next().filter(|over| !over.kind().ends_with("_splat")) {
                        let course = self.within(over);
                        for rest in given {
                            self.expression(rest);
                        }
                        return course;
                    }
                }
                _ => {}
            }
        }
        let over = self.expression(node);
        Course { kind: LoopKind::Each, bounded: self.counted(bare), over, strides: false }
    }

    fn within(&mut self, node: Node<'n>) -> Course {
        if !self.builder.descend(node) {
            return Course { kind: LoopKind::Each, over: nothing(), bounded: false, strides: false };
        }
        let course = self.course(node);
        self.builder.ascend();
        course
    }

    fn range(&mut self, start: Option<Node<'n>>, stop: Node<'n>, step: Option<Node<'n>>) -> Course {
        let by_one = step.is_none_or(|step| matches!(self.builder.text(step), "1" | "-1"));
        let bounded = [start, Some(stop), step].into_iter().flatten().all(is_number);
        for part in [start, step].into_iter().flatten() {
            self.expression(part);
        }
        match self.measured(stop).filter(|_| by_one) {
            Some(collection) => {
                let over = self.expression(collection);
                Course { kind: LoopKind::Each, over, bounded, strides: false }
            }
            None => {
                let over = self.expression(stop);
                Course { kind: LoopKind::Count, over, bounded, strides: !by_one }
            }
        }
    }

    /// `xs` of `len(xs)`
    fn measured(&self, node: Node<'n>) -> Option<Node<'n>> {
        let function = field(node, "function").filter(|_| node.kind() == "call")?;
        if self.builder.text(function) != "len" {
            return None;
        }
        let mut arguments = parts(field(node, "arguments")?);
        arguments.next().filter(|_| arguments.next().is_none())
    }

    /// Whether the text says how many elements there are: `(1, 2)`
    fn counted(&self, node: Node<'n>) -> bool {
        match node.kind() {
            "list" | "tuple" | "set" | "expression_list" => {
                parts(node).all(|part| !part.is_error() && part.kind() != "list_splat")
            }
            "dictionary" => parts(node).all(|part| part.kind() == "pair"),
            _ => false,
        }
    }
}

fn is_number(node: Node) -> bool {
    node.kind() == "integer"
        || (node.kind() == "unary_operator" && field(node, "argument").is_some_and(|of| of.kind() == "integer"))
}
