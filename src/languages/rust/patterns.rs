//! Patterns to bindings, parameters and names. It does not know enum variants from structs: a field of either is
//! read off the value.

use tree_sitter::Node;

use super::{Lowering, first, nothing};
use crate::facts::{BranchKind, Name, Param, TypeRef, Value};
use crate::languages::span;

impl<'tree> Lowering<'_, '_, 'tree> {
    pub(super) fn let_declaration(&mut self, node: Node<'tree>) {
        let Some(pattern) = node.child_by_field_name("pattern") else { return };
        let declared = self.type_field(node, "type");
        let Some(value) = node.child_by_field_name("value") else {
            if declared.is_some() {
                self.bind(pattern, declared, nothing(), node);
            }
            return;
        };
        // A literal that gets a name is a function of that name.
        if let ("closure_expression" | "async_block", "identifier" | "mut_pattern") = (value.kind(), pattern.kind()) {
            let name = first(pattern).filter(|_| pattern.kind() == "mut_pattern");
            let name = name.filter(|name| name.kind() == "identifier").unwrap_or(pattern);
            let name = self.name(name);
            self.literal_function(value, Some(name), None);
            return;
        }
        let value = self.expression(value);
        let alternative = node.child_by_field_name("alternative");
        let condition = alternative.map(|_| value.clone());
        self.bind(pattern, declared, value, node);
        if let Some(alternative) = alternative {
            let leaves = self.leaves(alternative);
            let outer = self.builder.open_branch(BranchKind::IfNot, condition, leaves, alternative);
            self.expression(alternative);
            self.builder.close(outer);
        }
    }

    /// Gives the names of a pattern their part of the value; `whole` is the code that binds.
    pub(super) fn bind(
        &mut self,
        pattern: Node<'tree>,
        declared: Option<TypeRef>,
        value: Value,
        whole: Node<'tree>,
    ) -> Option<()> {
        self.deeper(pattern, |this| this.bind_within(pattern, declared, value, whole))
    }

    fn bind_within(&mut self, pattern: Node<'tree>, declared: Option<TypeRef>, value: Value, whole: Node<'tree>) {
        match pattern.kind() {
            "identifier" | "shorthand_field_identifier" => {
                let name = self.name(pattern);
                if binds(name) {
                    self.builder.bind(vec![name], declared, value, span(whole)).declares = true;
                }
            }
            "mut_pattern" | "ref_pattern" | "reference_pattern" | "or_pattern" | "match_pattern" => {
                if let Some(inner) = self.inner(pattern) {
                    self.bind(inner, declared, value, whole);
                }
            }
            "captured_pattern" => self.children(pattern, |this, inner| {
                this.bind(inner, None, part(&value), whole);
            }),
            "tuple_pattern" | "slice_pattern" | "tuple_struct_pattern" => {
                let wraps = pattern.kind() == "tuple_struct_pattern" && pattern.named_child_count() == 2;
                let named = pattern.child_by_field_name("type");
                let mut members = match value {
                    Value::List(values) => Ok(values.into_vec().into_iter()),
                    value => Err(value),
                };
                let mut position = 0;
                self.children(pattern, |this, inner| {
                    if Some(inner) == named {
                        return;
                    }
                    let value = match &mut members {
                        Ok(values) => values.next().unwrap_or_else(nothing),
                        // `Some(x)`, `Ok(x)`: what is inside is what was asked for.
                        Err(value) if wraps => std::mem::replace(value, nothing()),
                        Err(value) => {
                            let position = Value::Literal(Name::from(&position.to_string()));
                            Value::Element(Box::new((part(value), position)))
                        }
                    };
                    position += 1;
                    this.bind(inner, None, value, whole);
                });
            }
            "struct_pattern" => self.children(pattern, |this, field| {
                if field.kind() != "field_pattern" {
                    return;
                }
                let name = this.field_name(field, "name");
                let inner = field.child_by_field_name("pattern").or(field.child_by_field_name("name"));
                if let Some(inner) = inner {
                    this.bind(inner, None, read(part(&value), name), whole);
                }
            }),
            _ => {}
        }
    }

    /// The names that a pattern binds.
    pub(super) fn names(&mut self, pattern: Node<'tree>, names: &mut Vec<Name>) {
        self.deeper(pattern, |this| {
            let mut params = Vec::new();
            this.param(pattern, None, None, &mut params);
            names.extend(params.into_iter().map(|param| param.name));
        });
    }

    pub(super) fn params(&mut self, list: Node<'tree>) -> Vec<Param> {
        let mut params = Vec::new();
        self.children(list, |this, param| match param.kind() {
            "self_parameter" | "attribute_item" | "variadic_parameter" => {}
            "parameter" => {
                let declared = this.type_field(param, "type");
                if let Some(pattern) = param.child_by_field_name("pattern") {
                    this.param(pattern, declared, None, &mut params);
                }
            }
            _ if list.kind() == "closure_parameters" => this.param(param, None, None, &mut params),
            _ => {}
        });
        params
    }

    fn param(
        &mut self,
        pattern: Node<'tree>,
        declared: Option<TypeRef>,
        property: Option<Name>,
        params: &mut Vec<Param>,
    ) {
        self.deeper(pattern, |this| this.param_within(pattern, declared, property, params));
    }

    fn param_within(
        &mut self,
        pattern: Node<'tree>,
        declared: Option<TypeRef>,
        property: Option<Name>,
        params: &mut Vec<Param>,
    ) {
        match pattern.kind() {
            "identifier" | "shorthand_field_identifier" => {
                let name = self.name(pattern);
                if binds(name) {
                    let decorators = Vec::new();
                    params.push(Param { name, property, declared, default: None, decorators, field: false });
                }
            }
            "mut_pattern" | "ref_pattern" | "reference_pattern" | "or_pattern" => {
                if let Some(inner) = self.inner(pattern) {
                    self.param(inner, declared, property, params);
                }
            }
            "captured_pattern" => self.children(pattern, |this, inner| this.param(inner, None, property, params)),
            "parameter" => {
                let declared = self.type_field(pattern, "type");
                if let Some(inner) = pattern.child_by_field_name("pattern") {
                    self.param(inner, declared, property, params);
                }
            }
            "tuple_pattern" | "tuple_struct_pattern" | "slice_pattern" => {
                // `State(pool): State<Pool>` and `(a, b): (A, B)` name the parts' types; `Point(x, y): Point` does not.
                let named = pattern.child_by_field_name("type");
                let arguments = declared.map(|declared| declared.arguments).unwrap_or_default();
                let mut arguments = arguments.into_vec().into_iter();
                self.children(pattern, |this, inner| {
                    if Some(inner) != named {
                        this.param(inner, arguments.next(), None, params);
                    }
                });
            }
            "struct_pattern" => self.children(pattern, |this, field| {
                let name = this.field_name(field, "name");
                let inner = field.child_by_field_name("pattern").or(field.child_by_field_name("name"));
                if let (Some(inner), "field_pattern") = (inner, field.kind()) {
                    this.param(inner, None, Some(name), params);
                }
            }),
            _ => {}
        }
    }

    /// What a pattern chooses by, when it chooses: a literal, or the name of a variant.
    pub(super) fn pattern_value(&mut self, pattern: Node<'tree>) -> Option<Value> {
        if let Some(literal) = self.literal(pattern) {
            return Some(literal);
        }
        match pattern.kind() {
            "match_pattern" | "mut_pattern" | "ref_pattern" | "reference_pattern" => {
                let inner = self.inner(pattern)?;
                self.deeper(inner, |this| this.pattern_value(inner)).flatten()
            }
            "captured_pattern" => {
                let inner = pattern.named_child(1)?;
                self.deeper(inner, |this| this.pattern_value(inner)).flatten()
            }
            "identifier" if binds(self.name(pattern)) || self.builder.text(pattern) == "_" => None,
            "identifier" | "scoped_identifier" => {
                let mut path = Vec::new();
                self.path(pattern, &mut path);
                Some(Value::Path(path.into()))
            }
            "tuple_struct_pattern" | "struct_pattern" => {
                let mut path = Vec::new();
                self.path(pattern.child_by_field_name("type")?, &mut path);
                Some(Value::Path(path.into()))
            }
            "or_pattern" | "tuple_pattern" | "slice_pattern" => {
                let mut values = Vec::new();
                self.deeper(pattern, |this| {
                    this.children(pattern, |this, inner| values.extend(this.pattern_value(inner)));
                });
                match (pattern.kind(), values.is_empty()) {
                    (_, true) => None,
                    ("or_pattern", _) => Some(Value::Other(values.into())),
                    _ => Some(Value::List(values.into())),
                }
            }
            _ => None,
        }
    }

    /// The pattern behind `mut`, `ref`, `&`, and the first of alternatives, which all bind the same names.
    fn inner(&mut self, pattern: Node<'tree>) -> Option<Node<'tree>> {
        let mut inner = None;
        self.children(pattern, |_, child| {
            if child.kind() != "mutable_specifier" && inner.is_none() {
                inner = Some(child);
            }
        });
        inner
    }
}

/// `None` and `MAX` in a pattern are compared with, not bound.
fn binds(name: Name) -> bool {
    name.as_str() != "_" && !name.starts_with(char::is_uppercase)
}

/// The value that a part is taken from; what is large is not copied for every part.
pub(super) fn part(value: &Value) -> Value {
    match value {
        Value::Path(_) | Value::Call(..) | Value::Each(_) | Value::Function(_) | Value::Element(_) => value.clone(),
        _ => nothing(),
    }
}

fn read(value: Value, name: Name) -> Value {
    let with = |names: Box<[Name]>| {
        let mut names = names.into_vec();
        names.push(name);
        names.into()
    };
    match value {
        Value::Path(path) => Value::Path(with(path)),
        Value::Call(call, names) => Value::Call(call, with(names)),
        value => Value::Element(Box::new((value, Value::Text(name)))),
    }
}
