//! Functions of every spelling, their parameters and decorators.

use tree_sitter::Node;

use super::{Field, Kind, Lowering, children, first, span};
use crate::facts::{Decorator, FunctionIndex, FunctionKind, LoopIndex, Name, Param, Span, TypeRef, Value};

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn function_declaration(&mut self, node: Node<'n>, exported: bool) -> Option<Name> {
        let name = self.field(node, Field::Name).map(|name| self.builder.name(name));
        let index = self.function(node, name.unwrap_or_default(), FunctionKind::Named);
        self.builder.function(index).exported = exported;
        name
    }

    /// `const load = async () => ..` has the name it is bound to.
    pub(super) fn bound_function(&mut self, node: Node<'n>, name: Name, at: Span, exported: bool) -> FunctionIndex {
        let index = self.function(node, name, FunctionKind::Named);
        let function = self.builder.function(index);
        function.exported = exported;
        function.span.start = at.start;
        function.head.start = at.start;
        index
    }

    pub(super) fn literal(&mut self, node: Node<'n>, name: Name) -> FunctionIndex {
        self.function(node, name, FunctionKind::Literal)
    }

    /// The literal whose code is the body of a loop.
    pub(super) fn body(&mut self, node: Node<'n>, each: LoopIndex) -> FunctionIndex {
        let index = self.builder.add_function(Name::default(), FunctionKind::Literal, node);
        let outer = self.builder.open_body(index, each);
        self.inside(node, index);
        self.builder.close(outer);
        index
    }

    pub(super) fn function(&mut self, node: Node<'n>, name: Name, kind: FunctionKind) -> FunctionIndex {
        let index = self.builder.add_function(name, kind, node);
        let outer = self.builder.open_function(index);
        self.inside(node, index);
        self.builder.close(outer);
        index
    }

    /// Lowers head and body of the function that is open.
    fn inside(&mut self, node: Node<'n>, index: FunctionIndex) {
        let around = std::mem::take(&mut self.around);
        let label = self.label.take();
        let is_async = self.has_word(node, Kind::Async);
        let parameters = self.field(node, Field::Parameters);
        let return_type = self.field(node, Field::ReturnType);
        let returns = return_type.and_then(|declared| self.declared(declared));
        let params = match (parameters, self.field(node, Field::Parameter)) {
            (Some(parameters), _) => self.params(parameters),
            (None, Some(name)) => vec![param(self.builder.name(name))],
            (None, None) => Vec::new(),
        };
        let end = return_type.or(parameters).map(|head| head.end_byte());
        let function = self.builder.function(index);
        function.is_async = is_async;
        function.params = params;
        function.returns = if is_async { returns.map(awaited) } else { returns };
        if let Some(end) = end {
            function.head.end = end as u32;
        }
        if let Some(body) = self.field(node, Field::Body) {
            if self.kind(body) == Kind::StatementBlock {
                self.statements(body);
            } else {
                let value = self.expression(body);
                self.builder.returns(Some(value));
            }
        }
        self.around = around;
        self.label = label;
    }

    /// The patterns of the parameters.
    pub(super) fn parameters(&self, function: Node<'n>) -> impl Iterator<Item = Node<'n>> + use<'n> {
        let alone = self.field(function, Field::Parameter);
        let several = self.field(function, Field::Parameters).into_iter().flat_map(children);
        let grammar = self.grammar;
        alone.into_iter().chain(several.filter_map(move |parameter| grammar.field(parameter, Field::Pattern)))
    }

    fn params(&mut self, node: Node<'n>) -> Vec<Param> {
        let mut params = Vec::new();
        for parameter in children(node) {
            let Some(pattern) = self.field(parameter, Field::Pattern) else {
                self.expression(parameter);
                continue;
            };
            if self.kind(pattern) == Kind::This {
                continue;
            }
            let annotation = self.field(parameter, Field::Type);
            let mut declared = annotation.and_then(|annotation| self.declared(annotation));
            if self.kind(parameter) == Kind::OptionalParameter {
                declared = declared.map(super::types::optional);
            }
            let default = self.field(parameter, Field::Value).map(|value| self.expression(value));
            let decorators = self.decorators(parameter);
            let field = self.has_word(parameter, Kind::AccessibilityModifier)
                || self.has_word(parameter, Kind::Readonly)
                || self.has_word(parameter, Kind::OverrideModifier);
            if self.kind(pattern) == Kind::ObjectPattern {
                let members = annotation.and_then(first).filter(|one| self.kind(*one) == Kind::ObjectType);
                self.destructured(pattern, declared.as_ref(), members, &mut params);
                continue;
            }
            let mut names = Vec::new();
            self.pattern_names(pattern, &mut names);
            let alone = names.len() == 1;
            for name in names {
                let decorators = decorators.clone();
                let default = default.clone().filter(|_| alone);
                params.push(Param { declared: declared.clone(), default, decorators, field, ..param(name) });
            }
        }
        params
    }

    /// `{ db, user: { id } }: Context`: one parameter per name. Where the type stands in place, each has its own.
    fn destructured(
        &mut self,
        pattern: Node<'n>,
        declared: Option<&TypeRef>,
        members: Option<Node<'n>>,
        params: &mut Vec<Param>,
    ) {
        if !self.builder.descend(pattern) {
            return;
        }
        for entry in children(pattern) {
            let (key, target) = match self.kind(entry) {
                Kind::PairPattern => (self.field(entry, Field::Key), self.field(entry, Field::Value)),
                Kind::ObjectAssignmentPattern => {
                    let left = self.field(entry, Field::Left);
                    (left, Some(entry))
                }
                Kind::RestPattern => (None, first(entry)),
                _ => (Some(entry), Some(entry)),
            };
            let property = key.map(|key| self.key(key));
            let (target, default) = match target {
                Some(target)
                    if matches!(self.kind(target), Kind::AssignmentPattern | Kind::ObjectAssignmentPattern) =>
                {
                    (self.field(target, Field::Left), self.field(target, Field::Right))
                }
                target => (target, None),
            };
            let default = default.map(|default| self.expression(default));
            let Some(target) = target else { continue };
            if self.kind(target) == Kind::ObjectPattern {
                self.destructured(target, None, None, params);
                continue;
            }
            let own = members.zip(property).and_then(|(members, property)| self.member_type(members, property));
            let declared = if members.is_some() { own } else { declared.cloned() };
            let mut names = Vec::new();
            self.pattern_names(target, &mut names);
            for name in names {
                params.push(Param { property, declared: declared.clone(), default: default.clone(), ..param(name) });
            }
        }
        self.builder.ascend();
    }

    /// The decorators that stand directly in a node.
    pub(super) fn decorators(&mut self, node: Node<'n>) -> Vec<Decorator> {
        let mut decorators = Vec::new();
        for child in children(node) {
            if self.kind(child) == Kind::Decorator {
                decorators.extend(self.decorator(child));
            }
        }
        decorators
    }

    pub(super) fn decorator(&mut self, node: Node<'n>) -> Option<Decorator> {
        let named = self.bare(first(node)?);
        let (named, arguments) = match self.kind(named) {
            Kind::CallExpression => (self.field(named, Field::Function)?, self.field(named, Field::Arguments)),
            _ => (named, None),
        };
        let (path, _) = self.target(named);
        let arguments = arguments.map(|arguments| self.arguments(arguments, None)).unwrap_or_default();
        Some(Decorator { path: path.into(), arguments: arguments.into(), span: span(node) })
    }

    /// What can stand on the left of an assignment: its names, and its value as read.
    pub(super) fn target(&mut self, node: Node<'n>) -> (Vec<Name>, Value) {
        let value = self.expression(node);
        let names = match &value {
            Value::Path(path) => path.to_vec(),
            Value::Call(call, read) => self.names_of(*call, read),
            Value::Element(element) => {
                let mut names = match &element.0 {
                    Value::Path(path) => path.to_vec(),
                    Value::Call(call, read) => self.names_of(*call, read),
                    _ => vec![Name::default()],
                };
                names.push(Name::from("[]"));
                names
            }
            _ => vec![Name::default()],
        };
        (names, value)
    }
}

fn param(name: Name) -> Param {
    Param { name, property: None, declared: None, default: None, decorators: Vec::new(), field: false }
}

/// `Promise<T>` of an async function is T to those who wait for it.
fn awaited(declared: TypeRef) -> TypeRef {
    match (&*declared.path, &*declared.arguments) {
        ([promise], [inner]) if promise == "Promise" => inner.clone(),
        _ => declared,
    }
}
