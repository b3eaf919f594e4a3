//! The loops of statements. A counter that walks the indexes of an array is a walk over the array.

use tree_sitter::Node;

use super::{Field, Kind, Lowering, MAX_LEAVES, first};
use crate::facts::{BranchKind, Leave, LoopForm, LoopIndex, LoopKind, Name, Span, Usage, Value};

/// A statement that `break` or `continue` can name.
pub(super) struct Around {
    pub(super) label: Option<Name>,
    /// None for a `switch` or a labelled block.
    pub(super) each: Option<LoopIndex>,
    /// A labelled block: `break` alone passes it by.
    pub(super) plain: bool,
    /// Some way through the loop ends in its next turn.
    pub(super) continues: bool,
}

/// The parts of `for (let i = start; i < bound; i += step)`.
struct Counter<'n> {
    name: Node<'n>,
    bound: Node<'n>,
    /// Counts to its bound from above.
    down: bool,
    strides: bool,
}

impl<'n> Lowering<'_, '_, 'n> {
    /// `for (const x of xs)` · `for (const key in object)` · `for await (const x of stream)`
    pub(super) fn for_in_statement(&mut self, node: Node<'n>) {
        let awaits = self.is(node.child(1), Kind::Await);
        let each = self.builder.add_loop(LoopKind::Each, LoopForm::Statement, node);
        if let Some(over) = self.field(node, Field::Right) {
            let bounded = self.is_fixed(over);
            let value = self.expression(over);
            self.builder.iterate(each, value);
            self.builder.loop_at(each).bounded = bounded;
        }
        let mut binds = Vec::new();
        if let Some(left) = self.field(node, Field::Left) {
            self.pattern_names(left, &mut binds);
        }
        let around = self.builder.loop_at(each);
        around.binds = binds.into();
        around.awaits = awaits;
        self.loop_body(each, node, |_| {});
    }

    pub(super) fn while_statement(&mut self, node: Node<'n>) {
        let condition = self.field(node, Field::Condition);
        let endless = condition.is_some_and(|condition| {
            let bare = self.bare(condition);
            self.kind(bare) == Kind::True || self.builder.text(bare) == "1"
        });
        let kind = if endless { LoopKind::Endless } else { LoopKind::While };
        let each = self.builder.add_loop(kind, LoopForm::Statement, node);
        self.loop_body(each, node, |lowering| {
            if let Some(condition) = condition.filter(|_| !endless) {
                lowering.tested(each, condition);
            }
        });
    }

    pub(super) fn for_statement(&mut self, node: Node<'n>) {
        let condition = self
            .field(node, Field::Condition)
            .filter(|condition| condition.is_named() && self.kind(*condition) != Kind::EmptyStatement);
        let counter = condition.and_then(|condition| self.counter(node, condition));
        let start = self.initializer(node, counter.as_ref());
        let kind = match (&counter, condition) {
            (Some(_), _) => LoopKind::Count,
            (None, Some(_)) => LoopKind::While,
            (None, None) => LoopKind::Endless,
        };
        let each = self.builder.add_loop(kind, LoopForm::Statement, node);
        self.loop_body(each, node, |lowering| match (counter, condition) {
            (Some(counter), _) => lowering.counted(each, &counter, start),
            (None, Some(condition)) => {
                lowering.tested(each, condition);
                if let Some(increment) = lowering.field(node, Field::Increment) {
                    lowering.statement(increment);
                }
            }
            (None, None) => {}
        });
    }

    /// The condition of a `while` is evaluated in every turn.
    fn tested(&mut self, each: LoopIndex, condition: Node<'n>) {
        let value = self.expression(condition);
        self.builder.use_value(&value, Usage::Tested);
        self.builder.loop_at(each).over = Some(value);
    }

    fn counted(&mut self, each: LoopIndex, counter: &Counter<'n>, start: Option<Value>) {
        let bound = self.expression(counter.bound);
        let name = self.builder.name(counter.name);
        let over = match start.filter(|_| counter.down) {
            // `for (let i = xs.length - 1; i >= 0; i--)` ends at a literal, but makes as many turns as it starts with.
            Some(Value::Other(values)) => values.first().cloned(),
            Some(start) => Some(start),
            None => Some(bound),
        };
        let of_length = over.as_ref().and_then(collection);
        let around = self.builder.loop_at(each);
        around.binds = [name].into();
        around.strides = counter.strides;
        match of_length.filter(|_| !counter.strides) {
            Some(collection) => {
                around.kind = LoopKind::Each;
                self.builder.iterate(each, collection);
            }
            None => {
                around.bounded = matches!(over, Some(Value::Literal(_)));
                around.over = over;
            }
        }
    }

    /// Recognizes a counting loop by its condition and its initializer.
    fn counter(&self, node: Node<'n>, condition: Node<'n>) -> Option<Counter<'n>> {
        let mut condition = self.bare(condition);
        while self.kind(condition) == Kind::BinaryExpression && self.operator(condition) == "&&" {
            condition = self.bare(self.field(condition, Field::Left)?);
        }
        if self.kind(condition) != Kind::BinaryExpression {
            return None;
        }
        let down = match self.operator(condition) {
            "<" | "<=" | "!=" | "!==" => false,
            ">" | ">=" => true,
            _ => return None,
        };
        let name = self.field(condition, Field::Left).filter(|left| self.kind(*left) == Kind::Identifier)?;
        let increment = self.field(node, Field::Increment)?;
        let strides = match self.kind(increment) {
            Kind::UpdateExpression => false,
            Kind::AugmentedAssignmentExpression => {
                self.field(increment, Field::Right).is_none_or(|step| self.builder.text(step) != "1")
            }
            Kind::AssignmentExpression => {
                let step = self.field(increment, Field::Right)?;
                if self.kind(step) != Kind::BinaryExpression {
                    return None;
                }
                self.field(step, Field::Right).is_none_or(|step| self.builder.text(step) != "1")
            }
            _ => return None,
        };
        let mut bound = self.field(condition, Field::Right)?;
        // `for (let i = 0, n = xs.length; i < n; i++)`
        if self.kind(bound) == Kind::Identifier {
            bound = self.initial(node, bound).unwrap_or(bound);
        }
        Some(Counter { name, bound, down, strides })
    }

    /// The property that the initializer of a `for` gives a name.
    fn initial(&self, node: Node<'n>, name: Node<'n>) -> Option<Node<'n>> {
        let name = self.builder.text(name);
        super::children(self.field(node, Field::Initializer)?).find_map(|declarator| {
            let declared = self.field(declarator, Field::Name)?;
            let value = self.field(declarator, Field::Value)?;
            let reads = self.kind(value) == Kind::MemberExpression && !self.builder.text(value).contains('(');
            (reads && self.builder.text(declared) == name).then_some(value)
        })
    }

    /// The loop binds its counter by itself, so that this is the start; everything else is code before the loop.
    fn initializer(&mut self, node: Node<'n>, counter: Option<&Counter<'n>>) -> Option<Value> {
        let initializer = self.field(node, Field::Initializer)?;
        let is_counter = |lowering: &Self, name: Option<Node>| {
            let name = name.map(|name| lowering.builder.text(name));
            counter.is_some_and(|counter| name == Some(lowering.builder.text(counter.name)))
        };
        match self.kind(initializer) {
            Kind::LexicalDeclaration | Kind::VariableDeclaration => {
                let mut start = None;
                for declarator in super::children(initializer) {
                    if is_counter(self, self.field(declarator, Field::Name)) {
                        start = self.field(declarator, Field::Value).map(|value| self.expression(value));
                    } else {
                        self.declarator(declarator, false);
                    }
                }
                start
            }
            Kind::AssignmentExpression if is_counter(self, self.field(initializer, Field::Left)) => {
                self.field(initializer, Field::Right).map(|value| self.expression(value))
            }
            _ => {
                self.statement(initializer);
                None
            }
        }
    }

    /// Lowers `head` and the body inside the loop, and says how its turns end.
    fn loop_body(&mut self, each: LoopIndex, node: Node<'n>, head: impl FnOnce(&mut Self)) {
        let body = self.field(node, Field::Body);
        let end = match (self.field(node, Field::Condition), body) {
            (Some(condition), _) if self.kind(node) == Kind::DoStatement => condition.end_byte(),
            (_, Some(body)) => body.start_byte(),
            _ => node.end_byte(),
        };
        self.builder.loop_at(each).head = Span::new(node.start_byte(), end);
        let outer = self.builder.open_loop(each);
        head(self);
        self.around.push(Around { label: self.label.take(), each: Some(each), plain: false, continues: false });
        if let Some(body) = body {
            self.statement(body);
        }
        let continues = self.around.pop().is_some_and(|around| around.continues);
        self.builder.close(outer);
        let leaves = body.and_then(|body| self.leaves(body, MAX_LEAVES));
        let turns = self.builder.loop_at(each);
        turns.ends = leaves.is_some_and(|leave| leave != Leave::Continue);
        turns.once = !continues && turns.ends;
    }

    pub(super) fn labeled_statement(&mut self, node: Node<'n>) {
        let label = self.field(node, Field::Label).map(|label| self.builder.name(label));
        let Some(body) = self.field(node, Field::Body) else { return };
        let names_loop = matches!(
            self.kind(body),
            Kind::ForStatement
                | Kind::ForInStatement
                | Kind::WhileStatement
                | Kind::DoStatement
                | Kind::SwitchStatement
        );
        if names_loop {
            self.label = label;
            self.statement(body);
            self.label = None;
        } else {
            self.around.push(Around { label, each: None, plain: true, continues: false });
            self.statement(body);
            self.around.pop();
        }
    }

    pub(super) fn break_statement(&mut self, node: Node<'n>) {
        let label = self.field(node, Field::Label).map(|label| self.builder.name(label));
        for around in self.around.iter().rev() {
            let is_target = if label.is_some() { around.label == label } else { !around.plain };
            if let Some(each) = around.each {
                self.builder.facts.loops[each.get()].breaks = true;
            }
            if is_target {
                return;
            }
        }
    }

    pub(super) fn continue_statement(&mut self, node: Node<'n>) {
        let label = self.field(node, Field::Label).map(|label| self.builder.name(label));
        for around in self.around.iter_mut().rev() {
            let Some(each) = around.each else { continue };
            if label.is_none() || around.label == label {
                around.continues = true;
                return;
            }
            // To go on with an outer loop is to leave the inner one.
            self.builder.facts.loops[each.get()].breaks = true;
        }
    }

    /// `["a", "b"]`: as many elements as stand in the text.
    pub(super) fn is_fixed(&self, node: Node<'n>) -> bool {
        let node = self.bare(node);
        self.kind(node) == Kind::Array && super::children(node).all(|child| self.kind(child) != Kind::SpreadElement)
    }

    /// Without parentheses, casts and assertions.
    pub(super) fn bare(&self, node: Node<'n>) -> Node<'n> {
        let mut node = node;
        while matches!(
            self.kind(node),
            Kind::ParenthesizedExpression | Kind::NonNullExpression | Kind::AsExpression | Kind::SatisfiesExpression
        ) {
            let Some(inner) = first(node) else { break };
            node = inner;
        }
        node
    }

    pub(super) fn operator(&self, node: Node<'n>) -> &'n str {
        self.field(node, Field::Operator).map_or("", |operator| operator.kind())
    }

    /// Lowers a condition: what is tested, and whether the test is one for absence.
    pub(super) fn condition(&mut self, node: Node<'n>) -> (BranchKind, Value) {
        let (tested, absent) = self.absence(node);
        let value = self.expression(tested);
        self.builder.use_value(&value, Usage::Tested);
        (if absent { BranchKind::IfNot } else { BranchKind::If }, value)
    }

    /// `!x`, `x == null`, `typeof x === "undefined"`: x, and true.
    fn absence(&self, node: Node<'n>) -> (Node<'n>, bool) {
        let mut node = self.bare(node);
        let mut absent = false;
        while self.kind(node) == Kind::UnaryExpression && self.operator(node) == "!" {
            let Some(inner) = self.field(node, Field::Argument) else { break };
            node = self.bare(inner);
            absent = !absent;
        }
        if self.kind(node) != Kind::BinaryExpression || !matches!(self.operator(node), "==" | "===") {
            return (node, absent);
        }
        let (Some(left), Some(right)) = (self.field(node, Field::Left), self.field(node, Field::Right)) else {
            return (node, absent);
        };
        match self.kind(right) {
            Kind::Null | Kind::Undefined => (self.bare(left), !absent),
            Kind::String if self.operator(left) == "typeof" && self.builder.text(right).contains("undefined") => {
                (self.field(left, Field::Argument).unwrap_or(left), !absent)
            }
            _ => (node, absent),
        }
    }
}

/// `xs` of `xs.length` and `xs.size`.
fn collection(bound: &Value) -> Option<Value> {
    let is_length = |name: &Name| matches!(name.as_str(), "length" | "size");
    match bound {
        Value::Path(path) => {
            let (last, rest) = path.split_last()?;
            (is_length(last) && !rest.is_empty()).then(|| Value::Path(rest.into()))
        }
        Value::Call(call, read) => {
            let (last, rest) = read.split_last()?;
            is_length(last).then(|| Value::Call(*call, rest.into()))
        }
        _ => None,
    }
}
