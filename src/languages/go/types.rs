//! Go's type declarations and the types written in code.

use tree_sitter::Node;
use ustr::Ustr;

use super::expressions::string;
use super::{FIELDS, Go, field, is_exported, returns, span};
use crate::facts::{Argument, Decorator, Field, Name, Signature, Type, TypeKind, TypeRef, Value};

impl<'tree> Go<'_, '_, 'tree> {
    /// `type User struct {..}` · `type Store interface {..}` · `type IDs []int` · `type Repo = store.Repo`
    pub(super) fn type_spec(&mut self, node: Node<'tree>) {
        let Some(name) = field(node, FIELDS.name) else { return };
        let declared = field(node, FIELDS.declared);
        let text = self.builder.name(name);
        let mut one = Type {
            name: text,
            kind: TypeKind::Alias,
            bases: Vec::new(),
            fields: Vec::new(),
            methods: Vec::new(),
            decorators: Vec::new(),
            exported: is_exported(&text),
            test: self.builder.scope().test,
            span: span(node),
            head: span(name),
        };
        match declared {
            Some(declared) if declared.kind() == "struct_type" => {
                one.kind = TypeKind::Struct;
                self.fields(declared, &mut one);
            }
            Some(declared) if declared.kind() == "interface_type" => {
                one.kind = TypeKind::Interface;
                self.asked(declared, &mut one);
            }
            Some(declared) => one.bases.extend(self.type_ref(declared)),
            None => {}
        }
        self.builder.facts.types.push(one);
    }

    fn fields(&mut self, node: Node<'tree>, one: &mut Type) {
        self.children(node, |go, list| {
            go.children(list, |go, declaration| go.field_declaration(declaration, one));
        });
    }

    /// `ID, Owner int64` · `gorm.Model`
    fn field_declaration(&mut self, node: Node<'tree>, one: &mut Type) {
        let declared = self.declared(node);
        let decorators = field(node, FIELDS.tag).map(|tag| self.tags(tag)).unwrap_or_default();
        let first = one.fields.len();
        self.children(node, |go, name| {
            if name.kind() == "field_identifier" {
                one.fields.push(Field {
                    name: go.builder.name(name),
                    declared: declared.clone(),
                    value: None,
                    decorators: decorators.clone(),
                    span: span(name),
                });
            }
        });
        if one.fields.len() == first {
            one.bases.extend(declared);
        }
    }

    fn asked(&mut self, node: Node<'tree>, one: &mut Type) {
        self.children(node, |go, element| match element.kind() {
            "method_elem" => {
                let returns = returns(go.results(field(element, FIELDS.result)));
                let name = field(element, FIELDS.name).map(|name| go.builder.name(name));
                one.methods.extend(name.map(|name| Signature { name, returns }));
            }
            _ => one.bases.extend(go.type_ref(element)),
        });
    }

    /// `` `json:"id" gorm:"primaryKey"` ``
    fn tags(&mut self, tag: Node) -> Vec<Decorator> {
        let text = string(self.builder.text(tag));
        let mut decorators = Vec::new();
        let mut rest = text.as_ref();
        while let Some((key, after)) = rest.split_once(":\"") {
            let Some((value, after)) = after.split_once('"') else { break };
            let value = Value::Text(Ustr::from(value));
            decorators.push(Decorator {
                path: [Ustr::from(key.trim())].into(),
                arguments: [Argument { name: None, spread: false, value }].into(),
                span: span(tag),
            });
            rest = after;
        }
        decorators
    }

    /// The type that a parameter, field or variable is declared with.
    pub(super) fn declared(&mut self, node: Node<'tree>) -> Option<TypeRef> {
        field(node, FIELDS.declared).and_then(|declared| self.type_ref(declared))
    }

    pub(super) fn type_ref(&mut self, node: Node<'tree>) -> Option<TypeRef> {
        match node.kind() {
            "type_identifier" => Some(plain(self.builder.name(node))),
            "qualified_type" => {
                let path = self.type_path(node);
                Some(TypeRef { path: path.into(), arguments: Box::default() })
            }
            "function_type" => Some(plain(Ustr::from("fn"))),
            "struct_type" => Some(plain(Ustr::from("struct"))),
            "interface_type" if node.named_child_count() == 0 => Some(plain(Ustr::from("any"))),
            "interface_type" => Some(plain(Ustr::from("interface"))),
            _ => self.deeper(node, |go| go.composed_type(node)).flatten(),
        }
    }

    /// A type that holds others.
    fn composed_type(&mut self, node: Node<'tree>) -> Option<TypeRef> {
        let of = |path: &str, arguments: Vec<TypeRef>| {
            Some(TypeRef { path: [Ustr::from(path)].into(), arguments: arguments.into() })
        };
        match node.kind() {
            "slice_type" | "array_type" | "implicit_length_array_type" => {
                let element = field(node, FIELDS.element).and_then(|element| self.type_ref(element));
                Some(self.sequence(element))
            }
            "map_type" => {
                let key = field(node, FIELDS.key).and_then(|key| self.type_ref(key));
                let value = field(node, FIELDS.value).and_then(|value| self.type_ref(value));
                of("map", key.into_iter().chain(value).collect())
            }
            "channel_type" => {
                let value = field(node, FIELDS.value).and_then(|value| self.type_ref(value));
                of("chan", value.into_iter().collect())
            }
            "generic_type" => {
                let mut one = self.declared(node)?;
                let arguments = field(node, FIELDS.type_arguments);
                one.arguments = arguments.map(|list| self.type_refs(list)).unwrap_or_default().into();
                Some(one)
            }
            // `*T`, `(T)`, `~T`, and the elements of a constraint.
            _ => {
                let mut members = self.type_refs(node);
                if members.len() > 1 { of("|", members) } else { members.pop() }
            }
        }
    }

    pub(super) fn type_refs(&mut self, node: Node<'tree>) -> Vec<TypeRef> {
        let mut types = Vec::new();
        self.children(node, |go, one| types.extend(go.type_ref(one)));
        types
    }

    pub(super) fn sequence(&self, element: Option<TypeRef>) -> TypeRef {
        TypeRef { path: [self.words.subscript].into(), arguments: element.into_iter().collect() }
    }

    fn type_path(&mut self, node: Node<'tree>) -> Vec<Name> {
        let mut path = Vec::with_capacity(2);
        self.children(node, |go, name| path.push(go.builder.name(name)));
        path
    }
}

fn plain(name: Name) -> TypeRef {
    TypeRef { path: [name].into(), arguments: Box::default() }
}
