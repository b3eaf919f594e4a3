//! Classes, interfaces, enums and type expressions.

use tree_sitter::Node;

use super::{Field, Kind, Lowering, children, first, last, span};
use crate::facts::{Decorator, Field as TypeField, FunctionKind, Name, Signature, Type, TypeKind, TypeRef, Value};

impl<'n> Lowering<'_, '_, 'n> {
    /// A class; `whole` also holds what stands in front of it: an `export`, a name, decorators.
    pub(super) fn class(&mut self, node: Node<'n>, whole: Node<'n>, name: Option<Name>, exported: bool) {
        let own = self.field(node, Field::Name);
        let name = name.or_else(|| own.map(|own| self.builder.name(own))).unwrap_or_default();
        let mut decorators = self.decorators(node);
        if whole != node {
            decorators.extend(self.decorators(whole));
        }
        let mut one = self.new_type(name, TypeKind::Class, node, exported);
        one.span = span(whole);
        one.decorators = decorators;
        for child in children(node) {
            if self.kind(child) == Kind::ClassHeritage {
                self.heritage(child, &mut one.bases);
            }
        }
        if let Some(body) = self.field(node, Field::Body) {
            one.head.end = body.start_byte() as u32;
            self.members(body, &mut one);
        }
        self.builder.facts.types.push(one);
    }

    fn new_type(&self, name: Name, kind: TypeKind, node: Node<'n>, exported: bool) -> Type {
        Type {
            name,
            kind,
            bases: Vec::new(),
            fields: Vec::new(),
            methods: Vec::new(),
            decorators: Vec::new(),
            exported,
            test: false,
            span: span(node),
            head: span(node),
        }
    }

    fn heritage(&mut self, node: Node<'n>, bases: &mut Vec<TypeRef>) {
        for clause in children(node) {
            if self.kind(clause) != Kind::ExtendsClause {
                bases.extend(children(clause).map(|base| self.type_ref(base)));
                continue;
            }
            let arguments = self.field(clause, Field::TypeArguments);
            for value in children(clause).filter(|child| Some(*child) != arguments) {
                let mut base = self.base(value);
                if let Some(arguments) = arguments {
                    base.arguments = children(arguments).map(|one| self.type_ref(one)).collect();
                }
                bases.push(base);
            }
        }
    }

    /// `extends Model`, and of `extends Mixin(Model)` the mixin of the model.
    fn base(&mut self, value: Node<'n>) -> TypeRef {
        match self.expression(value) {
            Value::Path(path) => TypeRef { path, arguments: Box::default() },
            Value::Call(call, _) => {
                let call = self.builder.facts.call(call);
                let arguments = call.arguments.iter().filter_map(|argument| match &argument.value {
                    Value::Path(path) => Some(TypeRef { path: path.clone(), arguments: Box::default() }),
                    _ => None,
                });
                TypeRef { path: call.chain.clone(), arguments: arguments.collect() }
            }
            _ => named(""),
        }
    }

    fn members(&mut self, body: Node<'n>, one: &mut Type) {
        let mut decorators = Vec::new();
        let mut start = None;
        for member in children(body) {
            match self.kind(member) {
                Kind::Decorator => {
                    start = start.or(Some(member.start_byte()));
                    decorators.extend(self.decorator(member));
                    continue;
                }
                Kind::MethodDefinition => {
                    self.method(member, one.name, std::mem::take(&mut decorators), start);
                }
                Kind::PublicFieldDefinition => self.class_field(member, one),
                Kind::AbstractMethodSignature => {
                    if let Some(name) = self.field(member, Field::Name) {
                        let name = self.key(name);
                        let returns = self.field(member, Field::ReturnType);
                        let returns = returns.and_then(|declared| self.declared(declared));
                        one.methods.push(Signature { name, returns });
                    }
                }
                Kind::ClassStaticBlock => {
                    if let Some(block) = self.field(member, Field::Body) {
                        self.statements(block);
                    }
                }
                Kind::MethodSignature => {}
                _ => {
                    self.statement(member);
                }
            }
            // The decorators of an overloaded method stand in front of its first signature.
            if self.kind(member) != Kind::MethodSignature {
                (decorators, start) = (Vec::new(), None);
            }
        }
    }

    fn method(&mut self, node: Node<'n>, owner: Name, decorators: Vec<Decorator>, start: Option<usize>) {
        let name = self.field(node, Field::Name).map(|name| self.key(name)).unwrap_or_default();
        let name = if name == "constructor" { Name::from("new") } else { name };
        let kind = if self.has_word(node, Kind::Get) { FunctionKind::Getter } else { FunctionKind::Method };
        let index = self.function(node, name, kind);
        let function = self.builder.function(index);
        function.owner = Some(owner);
        function.decorators = decorators;
        if let Some(start) = start {
            function.span.start = start as u32;
        }
    }

    fn class_field(&mut self, node: Node<'n>, one: &mut Type) {
        let name = self.field(node, Field::Name).map(|name| self.key(name)).unwrap_or_default();
        let decorators = self.decorators(node);
        let value = self.field(node, Field::Value);
        if let Some(function) = value.map(|value| self.bare(value)).filter(|value| self.is_function(*value)) {
            let index = self.function(function, name, FunctionKind::Method);
            let function = self.builder.function(index);
            function.owner = Some(one.name);
            function.decorators = decorators;
            function.span = span(node);
            function.head.start = node.start_byte() as u32;
            return;
        }
        let mut declared = self.field(node, Field::Type).and_then(|declared| self.declared(declared));
        if self.is_optional(node) {
            declared = declared.map(optional);
        }
        let value = value.map(|value| self.expression(value));
        one.fields.push(TypeField { name, declared, value, decorators, span: span(node) });
    }

    pub(super) fn interface(&mut self, node: Node<'n>, exported: bool) {
        let Some(name) = self.field(node, Field::Name) else { return };
        let mut one = self.new_type(self.builder.name(name), TypeKind::Interface, node, exported);
        for child in children(node) {
            if self.kind(child) == Kind::ExtendsTypeClause {
                one.bases.extend(children(child).map(|base| self.type_ref(base)));
            }
        }
        if let Some(body) = self.field(node, Field::Body) {
            one.head.end = body.start_byte() as u32;
            self.signatures(body, &mut one);
        }
        self.builder.facts.types.push(one);
    }

    /// What an object type asks for; a property that is a function is a method.
    fn signatures(&mut self, body: Node<'n>, one: &mut Type) {
        for member in children(body) {
            let Some(name) = self.field(member, Field::Name) else { continue };
            let name = self.key(name);
            let annotation = self.field(member, Field::Type);
            let function = annotation.and_then(first).filter(|declared| self.kind(*declared) == Kind::FunctionType);
            match (self.kind(member), function) {
                (Kind::MethodSignature, _) => {
                    let returns = self.field(member, Field::ReturnType);
                    let returns = returns.and_then(|declared| self.declared(declared));
                    one.methods.push(Signature { name, returns });
                }
                (Kind::PropertySignature, Some(function)) => {
                    let returns = self.field(function, Field::ReturnType).map(|returns| self.type_ref(returns));
                    one.methods.push(Signature { name, returns });
                }
                (Kind::PropertySignature, None) => {
                    let declared = self.member_annotation(member);
                    let (value, decorators) = (None, Vec::new());
                    one.fields.push(TypeField { name, declared, value, decorators, span: span(member) });
                }
                _ => {}
            }
        }
    }

    fn member_annotation(&mut self, member: Node<'n>) -> Option<TypeRef> {
        let declared = self.declared(self.field(member, Field::Type)?)?;
        Some(if self.is_optional(member) { optional(declared) } else { declared })
    }

    /// The type of one property of an object type.
    pub(super) fn member_type(&mut self, members: Node<'n>, property: Name) -> Option<TypeRef> {
        let member = children(members).find(|member| {
            self.field(*member, Field::Name).is_some_and(|name| self.builder.text(name) == property.as_str())
        })?;
        self.member_annotation(member)
    }

    pub(super) fn type_alias(&mut self, node: Node<'n>, exported: bool) {
        let (Some(name), Some(value)) = (self.field(node, Field::Name), self.field(node, Field::Value)) else {
            return;
        };
        let mut one = self.new_type(self.builder.name(name), TypeKind::Alias, node, exported);
        one.head.end = name.end_byte() as u32;
        if self.kind(value) == Kind::ObjectType {
            one.kind = TypeKind::Interface;
            self.signatures(value, &mut one);
        } else {
            one.bases.push(self.type_ref(value));
        }
        self.builder.facts.types.push(one);
    }

    pub(super) fn enumeration(&mut self, node: Node<'n>, exported: bool) {
        let Some(name) = self.field(node, Field::Name) else { return };
        let mut one = self.new_type(self.builder.name(name), TypeKind::Enum, node, exported);
        one.head.end = name.end_byte() as u32;
        for member in self.field(node, Field::Body).into_iter().flat_map(children) {
            let value = self.field(member, Field::Value).map(|value| self.expression(value));
            let name = self.field(member, Field::Name).unwrap_or(member);
            let name = self.key(name);
            one.fields.push(TypeField { name, declared: None, value, decorators: Vec::new(), span: span(member) });
        }
        self.builder.facts.types.push(one);
    }

    fn is_optional(&self, node: Node<'n>) -> bool {
        let mut cursor = node.walk();
        node.children(&mut cursor).any(|child| child.kind() == "?")
    }

    /// The type in an annotation. `x is User` and `asserts x` say nothing about the value.
    pub(super) fn declared(&mut self, annotation: Node<'n>) -> Option<TypeRef> {
        let is_type = self.kind(annotation) == Kind::TypeAnnotation;
        first(annotation).filter(|_| is_type).map(|declared| self.type_ref(declared))
    }

    fn type_ref(&mut self, node: Node<'n>) -> TypeRef {
        if !self.builder.descend(node) {
            return named("");
        }
        let result = self.nested_type(node);
        self.builder.ascend();
        result
    }

    fn nested_type(&mut self, node: Node<'n>) -> TypeRef {
        match self.kind(node) {
            Kind::TypeIdentifier | Kind::Identifier | Kind::PredefinedType | Kind::LiteralType => {
                named(self.builder.text(node))
            }
            Kind::NestedTypeIdentifier | Kind::NestedIdentifier | Kind::MemberExpression => TypeRef {
                path: self.builder.text(node).split('.').map(|name| Name::from(name.trim())).collect(),
                arguments: Box::default(),
            },
            Kind::GenericType => self.generic(node),
            Kind::ArrayType => self.of("[]", node),
            Kind::TupleType => self.of("[]", node),
            Kind::ReadonlyType | Kind::ParenthesizedType => {
                first(node).map_or_else(|| named(""), |inner| self.type_ref(inner))
            }
            Kind::UnionType => self.union(node),
            Kind::IntersectionType => {
                let arguments = self.members_of(node, Kind::IntersectionType);
                TypeRef { path: [Name::from("&")].into(), arguments: arguments.into() }
            }
            Kind::TypeQuery => {
                let queried = first(node).map(|queried| match self.kind(queried) {
                    Kind::This => named("self"),
                    _ => self.type_ref(queried),
                });
                TypeRef { path: [Name::from("typeof")].into(), arguments: queried.into_iter().collect() }
            }
            Kind::FunctionType => {
                let returns = self.field(node, Field::ReturnType).map(|returns| self.type_ref(returns));
                TypeRef { path: [Name::from("fn")].into(), arguments: returns.into_iter().collect() }
            }
            Kind::ObjectType => named("{}"),
            Kind::IndexTypeQuery => self.of("keyof", node),
            _ => self.of("", node),
        }
    }

    fn of(&mut self, name: &str, node: Node<'n>) -> TypeRef {
        let arguments = children(node).map(|one| self.type_ref(one)).collect();
        TypeRef { path: [Name::from(name)].into(), arguments }
    }

    /// `<User, string>` of a type or a call.
    pub(super) fn type_arguments(&mut self, node: Node<'n>) -> Box<[TypeRef]> {
        let arguments = self.field(node, Field::TypeArguments);
        arguments.into_iter().flat_map(children).map(|argument| self.type_ref(argument)).collect()
    }

    fn generic(&mut self, node: Node<'n>) -> TypeRef {
        let mut one = self.field(node, Field::Name).map_or_else(|| named(""), |name| self.type_ref(name));
        one.arguments = self.type_arguments(node);
        match (one.path.as_ref(), one.arguments.as_ref()) {
            ([name], _) if matches!(name.as_str(), "Array" | "ReadonlyArray") => one.path = [Name::from("[]")].into(),
            ([name], [inner]) if name == "Readonly" => return inner.clone(),
            _ => {}
        }
        one
    }

    /// The members of a union or an intersection, which the grammar nests to the left.
    fn members_of(&mut self, node: Node<'n>, kind: Kind) -> Vec<TypeRef> {
        let mut members = Vec::new();
        let mut next = Some(node);
        while let Some(node) = next.take() {
            let (head, tail) = (first(node), last(node));
            if let Some(tail) = tail {
                members.push(self.type_ref(tail));
            }
            match head.filter(|head| Some(*head) != tail) {
                Some(head) if self.kind(head) == kind => next = Some(head),
                Some(head) => members.push(self.type_ref(head)),
                None => {}
            }
        }
        members.reverse();
        members
    }

    fn union(&mut self, node: Node<'n>) -> TypeRef {
        let mut members = self.members_of(node, Kind::UnionType);
        let all = members.len();
        members.retain(|member| !matches!(&*member.path, [name] if matches!(name.as_str(), "null" | "undefined")));
        let is_optional = members.len() < all;
        let one = match members.pop() {
            Some(only) if members.is_empty() => only,
            Some(last) => {
                members.push(last);
                TypeRef { path: [Name::from("|")].into(), arguments: members.into() }
            }
            None => return named("null"),
        };
        if is_optional { optional(one) } else { one }
    }
}

fn named(name: &str) -> TypeRef {
    TypeRef { path: [Name::from(name)].into(), arguments: Box::default() }
}

/// `T` that may be absent; once is enough.
pub(super) fn optional(one: TypeRef) -> TypeRef {
    match &*one.path {
        [name] if name == "?" => one,
        _ => TypeRef { path: [Name::from("?")].into(), arguments: [one].into() },
    }
}
