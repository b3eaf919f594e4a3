//! Assignments to bindings, and to fields where they stand in a class.

use tree_sitter::Node;
use ustr::Ustr;

use super::{Lowering, again, field, parts, span};
use crate::facts::{Field, FunctionIndex, FunctionKind, Name, Span, TypeRef, Value};

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn assignment(&mut self, node: Node<'n>) {
        // `a = b = c` nests to the right.
        let mut targets = Vec::with_capacity(1);
        let mut declared = None;
        let mut right = Some(node);
        while let Some(assignment) = right.filter(|right| right.kind() == "assignment") {
            targets.extend(field(assignment, "left"));
            declared = declared.or(field(assignment, "type"));
            right = field(assignment, "right");
        }
        let declared_type = declared.and_then(|declared| self.type_ref(declared));
        let single = match targets[..] {
            [target] if target.kind() == "identifier" => Some(target),
            _ => None,
        };
        let value = match (right, single) {
            (Some(right), Some(target)) if right.kind() == "lambda" && self.class.is_none() => {
                self.lambda(right, FunctionKind::Named, self.builder.name(target));
                return;
            }
            (Some(right), _) => self.statement(right).unwrap_or_else(nothing),
            (None, _) if self.class.is_some() => {
                let Some(target) = single else { return };
                self.field_of_class(self.builder.name(target), declared_type, None, span(node));
                return;
            }
            (None, _) => nothing(),
        };
        if let (Some(right), Some(target)) = (right, single) {
            self.alias(target, declared, right, node);
        }
        for target in targets {
            self.bind(target, declared_type.clone(), again(&value), span(node));
        }
    }

    pub(super) fn augmented_assignment(&mut self, node: Node<'n>) {
        let Some(left) = field(node, "left") else { return };
        let value = field(node, "right").and_then(|right| self.statement(right)).unwrap_or_else(nothing);
        let target = self.target(left);
        self.builder.bind(target, None, value, span(node)).augments = true;
    }

    /// `x := f()` has the value of what it binds.
    pub(super) fn named_expression(&mut self, node: Node<'n>) -> Value {
        let value = field(node, "value").map_or_else(nothing, |value| self.expression(value));
        if let Some(name) = field(node, "name") {
            let name = self.builder.name(name);
            self.builder.bind(vec![name], None, again(&value), span(node)).declares = true;
        }
        value
    }

    /// Binds whatever stands left of `=` or after `as`.
    pub(super) fn bind(&mut self, target: Node<'n>, declared: Option<TypeRef>, value: Value, span: Span) {
        if !self.builder.descend(target) {
            return;
        }
        match target.kind() {
            "identifier" if self.class.is_some() => {
                self.field_of_class(self.builder.name(target), declared, Some(value), span);
            }
            "identifier" => {
                let name = self.builder.name(target);
                let exported = self.builder.scope().function == FunctionIndex::FILE && !name.starts_with('_');
                let binding = self.builder.bind(vec![name], declared, value, span);
                binding.declares = true;
                binding.exported = exported;
            }
            "attribute" | "subscript" => {
                let target = self.target(target);
                self.builder.bind(target, declared, value, span);
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list" | "expression_list" => {
                self.unpack(target, value, span);
            }
            "list_splat_pattern" | "list_splat" => {
                for inner in parts(target) {
                    self.bind(inner, None, Value::Other([again(&value)].into()), span);
                }
            }
            _ => {
                for inner in parts(target) {
                    self.bind(inner, None, again(&value), span);
                }
            }
        }
        self.builder.ascend();
    }

    fn unpack(&mut self, target: Node<'n>, value: Value, span: Span) {
        let spreads = parts(target).any(|part| part.kind().starts_with("list_splat"));
        match value {
            Value::List(values) if !spreads && parts(target).count() == values.len() => {
                for (part, value) in parts(target).zip(values) {
                    self.bind(part, None, value, span);
                }
            }
            value => {
                for (position, part) in parts(target).enumerate() {
                    let position = Value::Literal(Ustr::from(&position.to_string()));
                    self.bind(part, None, Value::Element(Box::new((again(&value), position))), span);
                }
            }
        }
    }

    /// The names of an attribute or subscript that is assigned to.
    fn target(&mut self, node: Node<'n>) -> Vec<Name> {
        match node.kind() {
            "attribute" | "subscript" | "identifier" => {
                let chain = self.chain(node);
                if let Some([read @ .., _]) = chain.attributes() {
                    self.builder.read(read, false, span(node));
                }
                chain.names
            }
            _ => Vec::new(),
        }
    }

    fn field_of_class(&mut self, name: Name, declared: Option<TypeRef>, value: Option<Value>, span: Span) {
        if let Some(class) = self.class {
            let fields = &mut self.builder.facts.types[class.get()].fields;
            fields.push(Field { name, declared, value, decorators: Vec::new(), span });
        }
    }
}

pub(super) fn nothing() -> Value {
    Value::Other(Box::default())
}
