//! Names that get values: declarations, destructuring and assignments.

use tree_sitter::Node;

use super::{Field, Kind, Lowering, children, first, span};
use crate::facts::{BranchKind, FunctionKind, Name, Span, TypeRef, Value};

/// What is the same for every name of a declaration.
#[derive(Clone, Copy)]
struct Binds {
    declares: bool,
    exported: bool,
    span: Span,
}

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn declarations(&mut self, node: Node<'n>, exported: bool) {
        for declarator in children(node) {
            if self.kind(declarator) == Kind::VariableDeclarator {
                self.declarator(declarator, exported);
            } else {
                self.statement(declarator);
            }
        }
    }

    pub(super) fn declarator(&mut self, node: Node<'n>, exported: bool) {
        let Some(pattern) = self.field(node, Field::Name) else {
            self.unknown(node);
            return;
        };
        let declared = self.field(node, Field::Type).and_then(|declared| self.declared(declared));
        let binds = Binds { declares: true, exported, span: span(node) };
        let Some(value) = self.field(node, Field::Value) else {
            if declared.is_some() {
                self.bind(pattern, declared, super::nothing(), binds);
            }
            return;
        };
        if self.required(pattern, value, node) {
            return;
        }
        if self.kind(pattern) == Kind::Identifier {
            let name = self.builder.name(pattern);
            let bare = self.bare(value);
            if self.is_function(bare) {
                self.bound_function(bare, name, span(node), exported);
                return;
            }
            if self.kind(bare) == Kind::Class {
                self.class(bare, node, Some(name), exported);
                return;
            }
        }
        let value = self.expression(value);
        self.bind(pattern, declared, value, binds);
    }

    fn bind(&mut self, pattern: Node<'n>, declared: Option<TypeRef>, value: Value, binds: Binds) {
        if self.builder.descend(pattern) {
            self.bind_nested(pattern, declared, value, binds);
            self.builder.ascend();
        }
    }

    fn bind_nested(&mut self, pattern: Node<'n>, declared: Option<TypeRef>, value: Value, binds: Binds) {
        match self.kind(pattern) {
            Kind::ObjectPattern => {
                for entry in children(pattern) {
                    self.bind_property(entry, &value, binds);
                }
            }
            Kind::ArrayPattern => {
                let mut position = 0;
                let mut cursor = pattern.walk();
                for part in pattern.children(&mut cursor) {
                    if part.kind() == "," {
                        position += 1;
                    } else if self.kind(part) == Kind::RestPattern {
                        self.bind(part, None, value.clone(), binds);
                    } else if super::is_meant(part) {
                        let index = Value::Literal(Name::from(&position.to_string()));
                        self.bind(part, None, Value::Element(Box::new((value.clone(), index))), binds);
                    }
                }
            }
            Kind::AssignmentPattern | Kind::ObjectAssignmentPattern => {
                let default = self.field(pattern, Field::Right).map(|default| self.expression(default));
                let Some(left) = self.field(pattern, Field::Left) else { return };
                let value = match default {
                    Some(default) => Value::Other([value, default].into()),
                    None => value,
                };
                self.bind(left, declared, value, binds);
            }
            Kind::RestPattern => {
                if let Some(inner) = first(pattern) {
                    self.bind(inner, declared, value, binds);
                }
            }
            _ => {
                let (target, _) = self.target(pattern);
                let binding = self.builder.bind(target, declared, value, binds.span);
                binding.declares = binds.declares;
                binding.exported = binds.exported;
            }
        }
    }

    fn bind_property(&mut self, entry: Node<'n>, from: &Value, binds: Binds) {
        match self.kind(entry) {
            Kind::PairPattern => {
                let Some(key) = self.field(entry, Field::Key) else { return };
                let value = read(from, self.key(key));
                if let Some(target) = self.field(entry, Field::Value) {
                    self.bind(target, None, value, binds);
                }
            }
            Kind::RestPattern => self.bind(entry, None, from.clone(), binds),
            Kind::ObjectAssignmentPattern => {
                let Some(left) = self.field(entry, Field::Left) else { return };
                self.bind(entry, None, read(from, self.builder.name(left)), binds);
            }
            _ => self.bind(entry, None, read(from, self.builder.name(entry)), binds),
        }
    }

    /// Every name that a pattern binds.
    pub(super) fn pattern_names(&mut self, pattern: Node<'n>, names: &mut Vec<Name>) {
        match self.kind(pattern) {
            Kind::Identifier | Kind::ShorthandPropertyIdentifierPattern => names.push(self.builder.name(pattern)),
            Kind::MemberExpression | Kind::SubscriptExpression => {
                self.expression(pattern);
            }
            Kind::PairPattern => {
                if let Some(value) = self.field(pattern, Field::Value) {
                    self.pattern_names(value, names);
                }
            }
            Kind::AssignmentPattern | Kind::ObjectAssignmentPattern => {
                if let Some(left) = self.field(pattern, Field::Left) {
                    self.pattern_names(left, names);
                }
            }
            _ => {
                if self.builder.descend(pattern) {
                    for part in children(pattern) {
                        self.pattern_names(part, names);
                    }
                    self.builder.ascend();
                }
            }
        }
    }

    pub(super) fn assignment(&mut self, node: Node<'n>) -> Value {
        let (Some(left), Some(right)) = (self.field(node, Field::Left), self.field(node, Field::Right)) else {
            return self.unknown(node);
        };
        let left = self.bare(left);
        let at = span(node);
        if matches!(self.kind(left), Kind::ObjectPattern | Kind::ArrayPattern) {
            let value = self.expression(right);
            self.bind(left, None, value.clone(), Binds { declares: false, exported: false, span: at });
            return value;
        }
        let (target, _) = self.target(left);
        let (target, exported) = offered(target);
        let bare = self.bare(right);
        let value = match &*target {
            [name] if self.is_function(bare) => Value::Function(self.bound_function(bare, *name, at, exported)),
            [owner, prototype, name] if prototype == "prototype" && self.is_function(bare) => {
                let method = self.function(bare, *name, FunctionKind::Method);
                self.builder.function(method).owner = Some(*owner);
                return Value::Function(method);
            }
            _ => self.expression(right),
        };
        self.builder.bind(target, None, value.clone(), at).exported = exported;
        value
    }

    pub(super) fn augmented_assignment(&mut self, node: Node<'n>) -> Value {
        let (Some(left), Some(right)) = (self.field(node, Field::Left), self.field(node, Field::Right)) else {
            return self.unknown(node);
        };
        let (target, old) = self.target(left);
        let kind = match self.operator(node) {
            "&&=" => BranchKind::If,
            "||=" | "??=" => BranchKind::IfNot,
            _ => {
                let value = self.expression(right);
                self.builder.bind(target, None, value.clone(), span(node)).augments = true;
                return Value::Other([old, value].into());
            }
        };
        self.guarded(kind, old.clone(), right, |lowering| {
            let value = lowering.expression(right);
            lowering.builder.bind(target, None, value.clone(), span(node));
            Value::Other([old, value].into())
        })
    }
}

/// What `{ name } = value` gives the name.
fn read(value: &Value, name: Name) -> Value {
    let longer = |path: &[Name]| path.iter().copied().chain([name]).collect();
    match value {
        Value::Path(path) => Value::Path(longer(path)),
        Value::Call(call, path) => Value::Call(*call, longer(path)),
        Value::Element(element) => match &element.0 {
            Value::Path(path) => Value::Path(path.iter().copied().chain([Name::from("[]"), name]).collect()),
            Value::Call(call, path) => {
                Value::Call(*call, path.iter().copied().chain([Name::from("[]"), name]).collect())
            }
            _ => Value::Other([value.clone()].into()),
        },
        Value::Object(entries) => match entries.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => value.clone(),
            None => Value::Other([value.clone()].into()),
        },
        _ => Value::Other([value.clone()].into()),
    }
}

/// `module.exports`, `module.exports.x` and `exports.x` are what a CommonJS module gives: `exports` and `x`.
fn offered(target: Vec<Name>) -> (Vec<Name>, bool) {
    match &*target {
        [module, exports] if module == "module" && exports == "exports" => (vec![*exports], true),
        [module, exports, rest @ ..] if module == "module" && exports == "exports" => (rest.to_vec(), true),
        [exports, rest @ ..] if exports == "exports" && !rest.is_empty() => (rest.to_vec(), true),
        _ => (target, false),
    }
}
