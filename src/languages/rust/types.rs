//! Types, fields and attributes. It does not know what a type parameter stands for: `R` stays `R`.

use tree_sitter::Node;

use super::{Lowering, first};
use crate::facts::{Argument, Decorator, Field, Name, TypeRef, Value};
use crate::languages::span;

/// They hold a value and are used as if they were it.
const POINTERS: &[&str] = &["Box", "Arc", "Rc"];
const SEQUENCES: &[&str] = &["Vec", "VecDeque", "HashSet", "BTreeSet"];

impl<'tree> Lowering<'_, '_, 'tree> {
    pub(super) fn type_field(&mut self, node: Node<'tree>, field: &str) -> Option<TypeRef> {
        node.child_by_field_name(field).and_then(|declared| self.type_ref(declared))
    }

    /// None for what has no name: `_`, lifetimes, literals.
    pub(super) fn type_ref(&mut self, node: Node<'tree>) -> Option<TypeRef> {
        self.deeper(node, |this| this.type_within(node)).flatten()
    }

    fn type_within(&mut self, node: Node<'tree>) -> Option<TypeRef> {
        let inner = match node.kind() {
            "reference_type" | "pointer_type" | "type_binding" | "higher_ranked_trait_bound" | "qualified_type" => {
                node.child_by_field_name("type")
            }
            "abstract_type" | "dynamic_type" => node.child_by_field_name("trait"),
            "bounded_type" | "bracketed_type" | "parenthesized_type" => first(node),
            "array_type" => {
                let element = self.type_field(node, "element");
                return Some(typed("[]", element.into_iter().collect()));
            }
            "tuple_type" | "unit_type" => {
                let mut arguments = Vec::new();
                self.children(node, |this, member| arguments.extend(this.type_ref(member)));
                return Some(typed("()", arguments));
            }
            "function_type" => match node.child_by_field_name("trait") {
                Some(named) => Some(named),
                None => return Some(typed("fn", Vec::new())),
            },
            "generic_type" => return self.generic_type(node),
            "type_identifier"
            | "primitive_type"
            | "identifier"
            | "scoped_type_identifier"
            | "scoped_identifier"
            | "self"
            | "metavariable" => {
                let mut path = Vec::new();
                self.path(node, &mut path);
                let placeholder = path.last().is_none_or(|name| name.as_str() == "_");
                return (!placeholder).then(|| TypeRef { path: path.into(), arguments: Box::default() });
            }
            _ => return None,
        };
        self.type_ref(inner?)
    }

    /// The types between `<` and `>`, and whether one of them is left to the compiler.
    pub(super) fn type_arguments(&mut self, node: Node<'tree>) -> (Vec<TypeRef>, bool) {
        let mut arguments = Vec::new();
        let mut placeholder = false;
        if let Some(list) = node.child_by_field_name("type_arguments") {
            self.children(list, |this, argument| match this.type_ref(argument) {
                Some(argument) => arguments.push(argument),
                None => placeholder |= this.builder.text(argument) == "_",
            });
        }
        (arguments, placeholder)
    }

    fn generic_type(&mut self, node: Node<'tree>) -> Option<TypeRef> {
        let mut path = Vec::new();
        self.path(node.child_by_field_name("type")?, &mut path);
        let (mut arguments, placeholder) = self.type_arguments(node);
        // `Vec<_>` leaves to the compiler what it holds, so it says nothing.
        if placeholder && arguments.is_empty() {
            return None;
        }
        let last = path.last()?.as_str();
        if POINTERS.contains(&last) && !arguments.is_empty() {
            return Some(arguments.remove(0));
        }
        if SEQUENCES.contains(&last) {
            return Some(typed("[]", arguments));
        }
        if last == "Option" {
            return Some(typed("?", arguments));
        }
        Some(TypeRef { path: path.into(), arguments: arguments.into() })
    }

    /// The name that methods of a type are found under: of `&mut store::Cache<K>`, `Cache`.
    pub(super) fn type_name(&self, mut node: Node<'tree>) -> Name {
        loop {
            let inner = match node.kind() {
                "generic_type" | "reference_type" | "pointer_type" => node.child_by_field_name("type"),
                "dynamic_type" | "abstract_type" => node.child_by_field_name("trait"),
                "scoped_type_identifier" => node.child_by_field_name("name"),
                "bounded_type" => first(node),
                _ => return self.name(node),
            };
            match inner {
                Some(inner) => node = inner,
                None => return self.name(node),
            }
        }
    }

    /// `a::b::c`, generics dropped. The names are put behind those in `path`.
    pub(super) fn path(&self, node: Node<'tree>, path: &mut Vec<Name>) {
        let start = path.len();
        let mut next = Some(node);
        while let Some(node) = next {
            next = match node.kind() {
                "scoped_identifier" | "scoped_type_identifier" => {
                    path.push(self.field_name(node, "name"));
                    node.child_by_field_name("path")
                }
                "generic_type" | "qualified_type" | "reference_type" => node.child_by_field_name("type"),
                "generic_function" => node.child_by_field_name("function"),
                "bracketed_type" => first(node),
                _ => {
                    path.push(self.name(node));
                    None
                }
            };
        }
        path[start..].reverse();
    }

    pub(super) fn fields(&mut self, body: Node<'tree>) -> Vec<Field> {
        let ordered = body.kind() == "ordered_field_declaration_list";
        let mut fields = Vec::new();
        let mut attributes = Vec::new();
        self.children(body, |this, child| match child.kind() {
            "attribute_item" => attributes.push(child),
            "visibility_modifier" => {}
            kind if kind == "field_declaration" || ordered => {
                let (name, declared) = if ordered {
                    (Name::from(&fields.len().to_string()), this.type_ref(child))
                } else {
                    (this.field_name(child, "name"), this.type_field(child, "type"))
                };
                let decorators = this.decorators(&attributes);
                attributes.clear();
                fields.push(Field { name, declared, value: None, decorators, span: span(child) });
            }
            _ => {}
        });
        fields
    }

    pub(super) fn decorator(&mut self, item: Node<'tree>) -> Option<Decorator> {
        let attribute = first(item)?;
        let mut path = Vec::new();
        self.path(first(attribute)?, &mut path);
        let mut arguments = Vec::new();
        if let Some(tokens) = attribute.child_by_field_name("arguments") {
            self.deeper(tokens, |this| this.attribute_arguments(tokens, &mut arguments));
        } else if let Some(value) = attribute.child_by_field_name("value") {
            arguments.push(Argument { name: None, spread: false, value: self.expression(value) });
        }
        Some(Decorator { path: path.into(), arguments: arguments.into(), span: span(item) })
    }

    /// `"/x", name = "y", Serialize`. What reads like a call in an attribute is none.
    fn attribute_arguments(&mut self, tokens: Node<'tree>, arguments: &mut Vec<Argument>) {
        let tokens = self.tokens(tokens);
        for part in tokens.split(|token| token.kind() == ",") {
            let (name, part) = match part {
                [name, sign, rest @ ..] if sign.kind() == "=" => (Some(self.name(*name)), rest),
                part => (None, part),
            };
            let value = match part {
                [] => continue,
                [literal] if self.literal(*literal).is_some() => self.literal(*literal),
                part => {
                    // Keywords are names here: `default`.
                    let names = part.iter().map(|token| self.name(*token));
                    Some(Value::Path(names.filter(|name| name.starts_with(char::is_alphabetic)).collect()))
                }
            };
            arguments.extend(value.map(|value| Argument { name, spread: false, value }));
        }
    }

    /// `#[test]` · `#[tokio::test]` · `#[cfg(test)]`
    pub(super) fn is_test(&self, item: Node<'tree>) -> bool {
        let Some(attribute) = first(item) else { return false };
        let mut path = Vec::new();
        if let Some(named) = first(attribute) {
            self.path(named, &mut path);
        }
        match path.last().map(Name::as_str) {
            Some("test") => true,
            Some("cfg") => attribute.child_by_field_name("arguments").is_some_and(|arguments| {
                let text = self.builder.text(arguments);
                !text.contains("not(") && text.split(|sign: char| !sign.is_alphanumeric()).any(|word| word == "test")
            }),
            _ => false,
        }
    }
}

fn typed(name: &str, arguments: Vec<TypeRef>) -> TypeRef {
    TypeRef { path: Box::new([Name::from(name)]), arguments: arguments.into() }
}
