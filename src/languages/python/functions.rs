//! Functions, methods and lambdas, their parameters and decorators.

use tree_sitter::Node;
use ustr::Ustr;

use super::{Lowering, field, is_async, parts, span};
use crate::facts::{
    Decorator, FunctionIndex, FunctionKind, Name, Param, Signature, Span, TypeIndex, TypeKind, TypeRef, Value,
};
use crate::languages::builder::Scope;

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn decorated_definition(&mut self, node: Node<'n>) {
        let definition = field(node, "definition");
        match definition.map(|definition| (definition.kind(), definition)) {
            Some(("function_definition", function)) => self.function_definition(function, Some(node)),
            Some(("class_definition", class)) => self.class_definition(class, Some(node)),
            _ => self.block(node),
        }
    }

    pub(super) fn decorators(&mut self, decorated: Option<Node<'n>>) -> Vec<Decorator> {
        let Some(decorated) = decorated else { return Vec::new() };
        parts(decorated).filter(|part| part.kind() == "decorator").map(|part| self.decorator(part)).collect()
    }

    fn decorator(&mut self, node: Node<'n>) -> Decorator {
        let Some(said) = parts(node).next() else {
            return Decorator { path: Box::default(), arguments: Box::default(), span: span(node) };
        };
        let (named, arguments) = match said.kind() {
            "call" => (field(said, "function").unwrap_or(said), field(said, "arguments")),
            _ => (said, None),
        };
        let path = self.chain(named).names.into();
        let arguments = arguments.map(|arguments| self.arguments(arguments)).unwrap_or_default();
        Decorator { path, arguments: arguments.into(), span: span(node) }
    }

    pub(super) fn function_definition(&mut self, node: Node<'n>, decorated: Option<Node<'n>>) {
        let decorators = self.decorators(decorated);
        let has = |name: &str| decorators.iter().any(|one| one.path.last().is_some_and(|last| last == name));
        let written = field(node, "name").map(|name| self.builder.name(name)).unwrap_or_default();
        let class = self.class.take();
        let (name, kind) = match class {
            None => (written, FunctionKind::Named),
            Some(_) if written == "__init__" => (Ustr::from("new"), FunctionKind::Method),
            Some(_) if has("property") || has("cached_property") => (written, FunctionKind::Getter),
            Some(_) => (written, FunctionKind::Method),
        };
        let exported = self.builder.scope().function == FunctionIndex::FILE && is_public(&written);
        let index = self.builder.add_function(name, kind, decorated.unwrap_or(node));

        let mut params = field(node, "parameters").map(|params| self.params(params)).unwrap_or_default();
        let mut receiver = self.receiver;
        let takes_object = field(node, "parameters").and_then(|params| parts(params).next()).is_some_and(is_single);
        if class.is_some() && !has("staticmethod") && takes_object && !params.is_empty() {
            receiver = Some((params.remove(0).name, if has("classmethod") { "Self" } else { "self" }));
        }
        let returns = field(node, "return_type").and_then(|returns| self.type_ref(returns));
        let owner = class.map(|class| self.owns(class, name));
        let head = self.head(node, "parameters");
        let function = self.builder.function(index);
        function.owner = owner;
        function.decorators = decorators;
        function.exported = exported;
        function.is_async = is_async(node);
        function.params = params;
        function.returns = returns;
        function.head = head;

        if let Some(body) = field(node, "body") {
            let outer = self.builder.open_function(index);
            let (outer_receiver, type_only) = (self.receiver, self.type_only);
            (self.receiver, self.type_only) = (receiver, false);
            let continues = std::mem::take(&mut self.continues);
            self.block(body);
            self.continues = continues;
            (self.receiver, self.type_only) = (outer_receiver, type_only);
            self.builder.close(outer);
        }
        self.class = class;
    }

    /// The name of a method's class; a protocol also asks for the method.
    fn owns(&mut self, class: TypeIndex, method: Name) -> Name {
        let class = &mut self.builder.facts.types[class.get()];
        if class.kind == TypeKind::Interface {
            class.methods.push(Signature { name: method, returns: None });
        }
        class.name
    }

    /// From the name to the end of what follows it, which may be missing.
    pub(super) fn head(&self, node: Node<'n>, last: &str) -> Span {
        let name = field(node, "name");
        let end = field(node, last).or(name).unwrap_or(node);
        Span::new(name.unwrap_or(node).start_byte(), end.end_byte())
    }

    pub(super) fn lambda(&mut self, node: Node<'n>, kind: FunctionKind, name: Name) -> FunctionIndex {
        let index = self.lambda_head(node, kind, name);
        let outer = self.builder.open_function(index);
        self.lambda_body(node, outer);
        index
    }

    pub(super) fn lambda_head(&mut self, node: Node<'n>, kind: FunctionKind, name: Name) -> FunctionIndex {
        let outside = self.builder.scope().function == FunctionIndex::FILE;
        let index = self.builder.add_function(name, kind, node);
        let params = field(node, "parameters").map(|params| self.params(params)).unwrap_or_default();
        let function = self.builder.function(index);
        function.params = params;
        function.exported = kind == FunctionKind::Named && outside && is_public(&name);
        index
    }

    /// Lowers the body in the function that has been opened, and goes back to the scope outside.
    pub(super) fn lambda_body(&mut self, node: Node<'n>, outer: Scope) {
        let class = self.class.take();
        let value = field(node, "body").map(|body| self.expression(body));
        self.builder.returns(value);
        self.class = class;
        self.builder.close(outer);
    }

    fn params(&mut self, node: Node<'n>) -> Vec<Param> {
        let mut params = Vec::new();
        for part in parts(node) {
            let named = match part.kind() {
                "default_parameter" | "typed_default_parameter" => field(part, "name"),
                "typed_parameter" | "list_splat_pattern" | "dictionary_splat_pattern" => parts(part).next(),
                "keyword_separator" | "positional_separator" => continue,
                _ => Some(part),
            };
            let mut default = field(part, "value").map(|value| self.expression(value));
            let declared = field(part, "type").and_then(|declared| {
                let (declared, injected) = self.annotation(declared);
                default = default.take().or(injected);
                declared
            });
            self.param(named.unwrap_or(part), declared, default, &mut params);
        }
        params
    }

    fn param(&mut self, node: Node<'n>, declared: Option<TypeRef>, default: Option<Value>, params: &mut Vec<Param>) {
        match node.kind() {
            "identifier" => {
                let name = self.builder.name(node);
                params.push(Param { name, property: None, declared, default, decorators: Vec::new(), field: false });
            }
            // `*args`, and Python 2's `def f(a, (b, c))`.
            "list_splat_pattern" | "dictionary_splat_pattern" | "tuple_pattern" => {
                for inner in parts(node).filter(|inner| inner.kind() == "identifier") {
                    self.param(inner, declared.clone(), None, params);
                }
            }
            _ => {
                self.expression(node);
            }
        }
    }
}

/// Not `*args`
fn is_single(param: Node) -> bool {
    matches!(param.kind(), "identifier" | "typed_parameter" | "default_parameter" | "typed_default_parameter")
}

/// No leading underscore, or one of the language's own names: `__call__`
pub(super) fn is_public(name: &str) -> bool {
    !name.starts_with('_') || (name.starts_with("__") && name.ends_with("__"))
}
