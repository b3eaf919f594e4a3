//! Loops of statements, and what ends them. It does not know how long a collection is: bounded is what stands in
//! the text.

use tree_sitter::Node;

use super::chains::{Chain, Count};
use super::{Around, Lowering, first};
use crate::facts::{Leave, LoopForm, LoopIndex, LoopKind, Name, Usage, Value};
use crate::languages::span;

/// Awaited in the condition of a `while let`, they give the next element of a stream.
const NEXT: &[&str] = &["next", "try_next", "recv"];

impl<'tree> Lowering<'_, '_, 'tree> {
    pub(super) fn loop_expression(&mut self, node: Node<'tree>) {
        let condition = node.child_by_field_name("condition");
        let letting = condition.filter(|condition| condition.kind() == "let_condition");
        let stream = letting.and_then(|letting| self.stream(letting.child_by_field_name("value")?));
        let kind = match (node.kind(), condition) {
            ("for_expression", _) => LoopKind::Each,
            ("loop_expression", _) => LoopKind::Endless,
            _ if stream.is_some() => LoopKind::Each,
            (_, Some(condition)) if self.builder.text(condition) == "true" => LoopKind::Endless,
            _ => LoopKind::While,
        };
        // What is iterated is evaluated once, outside.
        let mut over = None;
        if kind == LoopKind::Each {
            let source = stream.or(node.child_by_field_name("value"));
            over = source.and_then(|source| self.deeper(source, |this| this.chain(source)));
        }
        let each = self.builder.add_loop(kind, LoopForm::Statement, node);
        if let Some(mut over) = over {
            let count = over.count.take();
            self.iterate(each, over, count);
        }
        let pattern =
            if kind == LoopKind::Each { letting.unwrap_or(node).child_by_field_name("pattern") } else { None };
        let mut binds = Vec::new();
        if let Some(pattern) = pattern {
            self.names(pattern, &mut binds);
        }
        let Some(body) = node.child_by_field_name("body") else { return };
        let leaves = self.leaves(body);
        let one = self.builder.loop_at(each);
        one.binds = binds.into();
        one.awaits = stream.is_some();
        one.head.end = condition.or(node.child_by_field_name("value")).map_or(span(body).start, |head| span(head).end);

        let outer = self.builder.open_loop(each);
        if kind == LoopKind::While
            && let Some(condition) = condition
        {
            let over = self.condition_values(condition);
            self.builder.use_value(&over.value, Usage::Tested);
            self.bind_conditions(&over);
            self.builder.loop_at(each).over = Some(over.value);
        }
        let label = first(node).filter(|label| label.kind() == "label").map(|label| self.name(label));
        let function = self.builder.scope().function;
        self.loops.push(Around { label, each, function, continued: false });
        let value = self.expression(body);
        self.drop_value(&value);
        let continued = self.loops.pop().is_some_and(|around| around.continued);
        let one = self.builder.loop_at(each);
        one.ends = leaves.is_some_and(|leaves| leaves != Leave::Continue);
        one.once = !continued && one.ends;
        self.builder.close(outer);
    }

    /// The receiver of an awaited `next()`.
    fn stream(&self, mut node: Node<'tree>) -> Option<Node<'tree>> {
        let mut awaited = false;
        loop {
            match node.kind() {
                "await_expression" => awaited = true,
                "try_expression" => {}
                _ => break,
            }
            node = first(node)?;
        }
        let function = node.child_by_field_name("function").filter(|_| awaited)?;
        let name = function.child_by_field_name("field")?;
        let plain = node.child_by_field_name("arguments")?.named_child_count() == 0;
        (plain && NEXT.contains(&self.builder.text(name))).then(|| function.child_by_field_name("value"))?
    }

    pub(super) fn iterate(&mut self, each: LoopIndex, over: Chain, count: Option<Count>) {
        let Some(count) = count else {
            let over = over.value();
            self.builder.loop_at(each).bounded = matches!(over, Value::List(_));
            self.builder.iterate(each, over);
            return;
        };
        let one = self.builder.loop_at(each);
        one.kind = count.kind;
        one.bounded = count.bounded;
        one.strides = count.strides;
        if let Some(over) = count.over {
            self.builder.iterate(each, over);
        }
    }

    /// `0..users.len()` counts through the users.
    pub(super) fn range(&mut self, node: Node<'tree>) -> Chain {
        let mut ends = Vec::new();
        self.children(node, |_, end| ends.push(end));
        let last = ends.last().copied().filter(|last| ends.len() == 2 || last.end_byte() == node.end_byte());
        let length = last.and_then(|last| self.length(last));
        let mut values = Vec::new();
        let mut over = None;
        for end in ends {
            let value = self.expression(if Some(end) == last { length.unwrap_or(end) } else { end });
            if Some(end) == last {
                over = Some(value.clone());
            }
            values.push(value);
        }
        let bounded = values.len() == 2 && values.iter().all(|value| matches!(value, Value::Literal(_)));
        let kind = if length.is_some() { LoopKind::Each } else { LoopKind::Count };
        let mut chain = Chain::of(Value::Other(values.into()));
        chain.count = Some(Count { kind, over, bounded, strides: false });
        chain
    }

    /// `users` of `users.len()`
    fn length(&self, node: Node<'tree>) -> Option<Node<'tree>> {
        let function = node.child_by_field_name("function")?;
        let name = function.child_by_field_name("field")?;
        let plain = node.child_by_field_name("arguments")?.named_child_count() == 0;
        (plain && self.builder.text(name) == "len").then(|| function.child_by_field_name("value"))?
    }

    /// `break` and `continue`: with a label they leave the loops inside that one as well.
    pub(super) fn leave_loop(&mut self, node: Node<'tree>) {
        let mut label: Option<Name> = None;
        self.children(node, |this, child| match child.kind() {
            "label" => label = Some(this.name(child)),
            _ => {
                this.expression(child);
            }
        });
        let function = self.builder.scope().function;
        let meant = |around: &Around| around.function == function && (label.is_none() || around.label == label);
        let Some(at) = self.loops.iter().rposition(meant) else { return };
        for inside in at + 1..self.loops.len() {
            let each = self.loops[inside].each;
            self.builder.loop_at(each).breaks = true;
        }
        if node.kind() == "break_expression" {
            let each = self.loops[at].each;
            self.builder.loop_at(each).breaks = true;
        } else {
            self.loops[at].continued = true;
        }
    }
}
