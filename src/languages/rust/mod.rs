//! Rust syntax trees to facts: items and blocks here, one room for each kind of code inside them.
//!
//! It does not know what a macro makes of its tokens: it takes out of them what reads like Rust.

mod branches;
mod chains;
mod expressions;
mod loops;
mod macros;
mod patterns;
mod types;

use rustc_hash::FxHashMap;
use tree_sitter::{Node, TreeCursor};

use super::builder::{Builder, Scope};
use super::span;
use crate::facts::{
    Decorator, FunctionIndex, FunctionKind, Import, LoopIndex, Name, Signature, Span, Type, TypeKind, TypeRef, Usage,
    Value,
};
use chains::Link;

pub(super) fn lower(root: Node, builder: &mut Builder) {
    let mut lowering = Lowering {
        builder,
        cursors: Vec::new(),
        links: Vec::new(),
        loops: Vec::new(),
        implemented: Vec::new(),
        future: None,
        owner: None,
    };
    let value = lowering.block(root);
    lowering.drop_value(&value);
    lowering.join_implemented();
}

struct Lowering<'b, 'text, 'tree> {
    builder: &'b mut Builder<'text>,
    /// Cursors that are not in use: making one allocates.
    cursors: Vec<TreeCursor<'tree>>,
    /// The links of the chains being lowered, the innermost chain last.
    links: Vec<Link<'tree>>,
    /// The loops of statements around the code, over all functions.
    loops: Vec<Around>,
    /// `impl Repo for Orders`: the type may be declared further down.
    implemented: Vec<(Name, TypeRef)>,
    /// The block that is the body of an async function in all but name.
    future: Option<usize>,
    /// The type whose `impl` or `trait` block is being lowered.
    owner: Option<Name>,
}

/// A loop that `break` and `continue` can mean.
struct Around {
    label: Option<Name>,
    each: LoopIndex,
    function: FunctionIndex,
    continued: bool,
}

/// No value: what a block without a last expression gives.
fn nothing() -> Value {
    Value::Other(Box::default())
}

fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Other(values) if values.is_empty())
}

/// Several values as one.
fn among(mut values: Vec<Value>) -> Value {
    match values.len() {
        1 => values.remove(0),
        _ => Value::Other(values.into()),
    }
}

/// The first child that is not a comment.
fn first(node: Node) -> Option<Node> {
    let child = node.named_child(0)?;
    if !child.is_extra() {
        return Some(child);
    }
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| !child.is_extra())
}

fn has(node: Node, kind: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == kind)
}

impl<'tree> Lowering<'_, '_, 'tree> {
    fn children(&mut self, node: Node<'tree>, mut visit: impl FnMut(&mut Self, Node<'tree>)) {
        let mut cursor = self.cursors.pop().unwrap_or_else(|| node.walk());
        cursor.reset(node);
        let mut more = cursor.goto_first_child();
        while more {
            let child = cursor.node();
            // What error recovery skipped is an extra as comments are, but it holds code.
            if child.is_named() && (!child.is_extra() || child.is_error()) {
                visit(self, child);
            }
            more = cursor.goto_next_sibling();
        }
        self.cursors.push(cursor);
    }

    fn deeper<T>(&mut self, node: Node, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if !self.builder.descend(node) {
            return None;
        }
        let result = work(self);
        self.builder.ascend();
        Some(result)
    }

    fn name(&self, node: Node) -> Name {
        let text = self.builder.text(node);
        Name::from(text.strip_prefix("r#").unwrap_or(text))
    }

    fn field_name(&self, node: Node, field: &str) -> Name {
        node.child_by_field_name(field).map(|name| self.name(name)).unwrap_or_default()
    }

    /// Statements and items, and the value of the last expression.
    fn block(&mut self, node: Node<'tree>) -> Value {
        let outer = self.builder.scope();
        let mut attributes = Vec::new();
        let mut last = nothing();
        self.children(node, |this, child| {
            match child.kind() {
                "attribute_item" => return attributes.push(child),
                "inner_attribute_item" => {
                    if this.is_test(child) {
                        this.builder.set_test();
                    }
                    return;
                }
                "label" => return,
                _ => {}
            }
            let before = std::mem::replace(&mut last, nothing());
            this.drop_value(&before);
            last = this.statement(child, &attributes);
            attributes.clear();
        });
        self.builder.close(outer);
        last
    }

    /// Nothing is made of a value; of a choice, nothing of what is chosen.
    fn drop_value(&mut self, value: &Value) {
        match value {
            Value::Other(values) => values.iter().for_each(|value| self.drop_value(value)),
            value => self.builder.use_value(value, Usage::Dropped),
        }
    }

    fn statement(&mut self, node: Node<'tree>, attributes: &[Node<'tree>]) -> Value {
        match node.kind() {
            "expression_statement" => {
                let Some(expression) = first(node) else { return nothing() };
                let value = self.expression(expression);
                // A loop or branch that ends a block is a statement to the grammar; its value is the block's.
                if node.end_byte() == expression.end_byte() {
                    return value;
                }
                match expression.kind() {
                    "if_expression" | "match_expression" | "block" | "unsafe_block" | "call_expression"
                    | "await_expression" | "try_expression" | "macro_invocation" => self.drop_value(&value),
                    _ => {}
                }
            }
            "let_declaration" => self.let_declaration(node),
            "function_item" => {
                self.deeper(node, |this| this.function(node, attributes));
            }
            "use_declaration" => {
                let reexport = has(node, "visibility_modifier");
                let outer = self.builder.scope();
                if attributes.iter().any(|attribute| self.is_test(*attribute)) {
                    self.builder.set_test();
                }
                if let Some(clause) = node.child_by_field_name("argument") {
                    self.import(clause, &mut Vec::new(), reexport);
                }
                self.builder.close(outer);
            }
            "extern_crate_declaration" => {
                let module = vec![self.field_name(node, "name")];
                let alias = node.child_by_field_name("alias").map(|alias| self.name(alias));
                self.add_import(&module, alias, has(node, "visibility_modifier"), node);
            }
            "mod_item" => self.module(node, attributes),
            "foreign_mod_item" => {
                if let Some(body) = node.child_by_field_name("body") {
                    self.deeper(body, |this| this.block(body));
                }
            }
            "struct_item" | "union_item" => self.add_type(TypeKind::Struct, node, attributes),
            "enum_item" => self.add_type(TypeKind::Enum, node, attributes),
            "trait_item" => {
                self.add_type(TypeKind::Interface, node, attributes);
                let owner = self.field_name(node, "name");
                self.methods(node, owner, attributes);
            }
            // The associated types of an `impl` are no names of this file.
            "type_item" if self.owner.is_none() => self.add_type(TypeKind::Alias, node, attributes),
            "impl_item" => {
                let owner = node.child_by_field_name("type").map(|named| self.type_name(named)).unwrap_or_default();
                if let Some(base) = node.child_by_field_name("trait").and_then(|base| self.type_ref(base)) {
                    self.implemented.push((owner, base));
                }
                self.methods(node, owner, attributes);
            }
            "const_item" | "static_item" => {
                let Some(value) = node.child_by_field_name("value") else { return nothing() };
                let value = self.expression(value);
                let declared = self.type_field(node, "type");
                let target = vec![self.field_name(node, "name")];
                let binding = self.builder.bind(target, declared, value, span(node));
                binding.declares = true;
                binding.exported = has(node, "visibility_modifier");
            }
            "type_item" | "associated_type" | "function_signature_item" | "empty_statement" | "macro_definition" => {}
            _ => return self.expression(node),
        }
        nothing()
    }

    fn function(&mut self, node: Node<'tree>, attributes: &[Node<'tree>]) {
        let decorators = self.decorators(attributes);
        let name = node.child_by_field_name("name");
        let parameters = node.child_by_field_name("parameters");
        let owner = self.owner;
        let kind = if owner.is_some() { FunctionKind::Method } else { FunctionKind::Named };
        let index = self.builder.add_function(name.map(|name| self.name(name)).unwrap_or_default(), kind, node);
        let params = parameters.map(|parameters| self.params(parameters)).unwrap_or_default();
        let returns = self.type_field(node, "return_type");
        let test = attributes.iter().any(|attribute| self.is_test(*attribute));
        let mut is_async = false;
        let mut exported = false;
        self.children(node, |this, child| match child.kind() {
            "function_modifiers" => is_async = this.builder.text(child).split_whitespace().any(|word| word == "async"),
            "visibility_modifier" => exported = true,
            _ => {}
        });
        let gives = returns.is_some();
        let function = self.builder.function(index);
        function.owner = owner;
        function.params = params;
        function.returns = returns;
        function.decorators = decorators;
        function.is_async = is_async;
        function.exported = exported;
        function.test |= test;
        function.span.start = attributes.first().map_or(function.span.start, |first| span(*first).start);
        if let (Some(name), Some(parameters)) = (name, parameters) {
            function.head = Span { start: span(name).start, end: span(parameters).end };
        }
        let Some(body) = node.child_by_field_name("body") else { return };
        let future = future(body, self.builder);
        self.builder.function(index).is_async |= future.is_some();
        let around = std::mem::replace(&mut self.future, future.map(|future| future.id()));
        let outer = self.open_function(index);
        let value = self.block(body);
        self.future = around;
        if gives {
            self.give(value);
        } else {
            self.drop_value(&value);
        }
        self.close_function(outer);
    }

    /// Enters a function's body: functions in it are no methods.
    fn open_function(&mut self, index: FunctionIndex) -> (Scope, Option<Name>) {
        (self.builder.open_function(index), self.owner.take())
    }

    fn close_function(&mut self, (scope, owner): (Scope, Option<Name>)) {
        self.builder.close(scope);
        self.owner = owner;
    }

    /// The value of a function's body is what it returns.
    fn give(&mut self, value: Value) {
        if !is_nothing(&value) {
            self.builder.returns(Some(value));
        }
    }

    fn module(&mut self, node: Node<'tree>, attributes: &[Node<'tree>]) {
        let Some(body) = node.child_by_field_name("body") else {
            let alias = self.field_name(node, "name");
            let module = [Name::from("self"), alias];
            let reexport = has(node, "visibility_modifier");
            let module = joined(&module);
            let type_only = self.builder.scope().test || attributes.iter().any(|attribute| self.is_test(*attribute));
            let span = span(node);
            self.builder.facts.imports.push(Import { module, symbol: None, alias, reexport, type_only, span });
            return;
        };
        let outer = self.builder.scope();
        if attributes.iter().any(|attribute| self.is_test(*attribute)) {
            self.builder.set_test();
        }
        self.deeper(body, |this| this.block(body));
        self.builder.close(outer);
    }

    fn methods(&mut self, node: Node<'tree>, owner: Name, attributes: &[Node<'tree>]) {
        let Some(body) = node.child_by_field_name("body") else { return };
        let outer = self.builder.scope();
        if attributes.iter().any(|attribute| self.is_test(*attribute)) {
            self.builder.set_test();
        }
        let around = self.owner.replace(owner);
        let first = self.builder.facts.functions.len();
        self.deeper(body, |this| this.block(body));
        self.owner = around;
        // What is said of the block is said of its methods: `#[Object] impl User`
        let decorators = self.decorators(attributes);
        for method in &mut self.builder.facts.functions[first..] {
            if method.owner == Some(owner) && method.kind == FunctionKind::Method {
                method.decorators.extend(decorators.iter().cloned());
            }
        }
        self.builder.close(outer);
    }

    /// One clause of a `use`; `path` is what stands before it.
    fn import(&mut self, node: Node<'tree>, path: &mut Vec<Name>, reexport: bool) {
        let before = path.len();
        match node.kind() {
            "use_as_clause" => {
                if let Some(inner) = node.child_by_field_name("path") {
                    self.path(inner, path);
                }
                let alias = node.child_by_field_name("alias").map(|alias| self.name(alias));
                self.add_import(path, alias, reexport, node);
            }
            "use_wildcard" => {
                if let Some(inner) = first(node) {
                    self.path(inner, path);
                }
                let (module, all, span) = (joined(path), Name::from("*"), span(node));
                let imports = &mut self.builder.facts.imports;
                imports.push(Import { module, symbol: Some(all), alias: all, reexport, type_only: false, span });
            }
            "scoped_use_list" | "use_list" => {
                if let Some(inner) = node.child_by_field_name("path") {
                    self.path(inner, path);
                }
                let list = node.child_by_field_name("list").unwrap_or(node);
                self.deeper(list, |this| {
                    this.children(list, |this, clause| this.import(clause, path, reexport));
                });
            }
            _ => {
                self.path(node, path);
                self.add_import(path, None, reexport, node);
            }
        }
        path.truncate(before);
    }

    /// A path of names: the last one is the symbol, unless it is the only one.
    fn add_import(&mut self, path: &[Name], alias: Option<Name>, reexport: bool, node: Node) {
        // `a::b::{self}` is `a::b`
        let path = match path {
            [before @ .., last] if last.as_str() == "self" && !before.is_empty() => before,
            path => path,
        };
        let Some((last, before)) = path.split_last() else { return };
        let (module, symbol) = if before.is_empty() { (*last, None) } else { (joined(before), Some(*last)) };
        let (alias, span) = (alias.unwrap_or(*last), span(node));
        let type_only = self.builder.scope().test;
        self.builder.facts.imports.push(Import { module, symbol, alias, reexport, type_only, span });
    }

    fn add_type(&mut self, kind: TypeKind, node: Node<'tree>, attributes: &[Node<'tree>]) {
        let decorators = self.decorators(attributes);
        let test = self.builder.scope().test || attributes.iter().any(|attribute| self.is_test(*attribute));
        let mut bases = Vec::new();
        let mut fields = Vec::new();
        let mut methods = Vec::new();
        if let Some(base) = node.child_by_field_name("type") {
            bases.extend(self.type_ref(base));
        }
        if let Some(bounds) = node.child_by_field_name("bounds") {
            self.children(bounds, |this, bound| bases.extend(this.type_ref(bound)));
        }
        match (kind, node.child_by_field_name("body")) {
            (TypeKind::Struct, Some(body)) => fields = self.fields(body),
            (TypeKind::Interface, Some(body)) => self.children(body, |this, item| {
                if item.kind() == "function_signature_item" {
                    let name = this.field_name(item, "name");
                    let returns = this.type_field(item, "return_type");
                    methods.push(Signature { name, returns });
                }
            }),
            _ => {}
        }
        let mut whole = span(node);
        whole.start = attributes.first().map_or(whole.start, |first| span(*first).start);
        let head = node.child_by_field_name("name").map_or(whole, span);
        let name = self.field_name(node, "name");
        let exported = has(node, "visibility_modifier");
        let span = whole;
        self.builder.facts.types.push(Type {
            name,
            kind,
            bases,
            fields,
            methods,
            decorators,
            exported,
            test,
            span,
            head,
        });
    }

    fn join_implemented(&mut self) {
        let types = &mut self.builder.facts.types;
        let named: FxHashMap<Name, usize> = types.iter().enumerate().map(|(index, one)| (one.name, index)).collect();
        for (owner, base) in std::mem::take(&mut self.implemented) {
            if let Some(index) = named.get(&owner) {
                types[*index].bases.push(base);
            }
        }
    }

    fn decorators(&mut self, attributes: &[Node<'tree>]) -> Vec<Decorator> {
        attributes.iter().filter_map(|attribute| self.decorator(*attribute)).collect()
    }
}

/// `crate::models`
fn joined(path: &[Name]) -> Name {
    match path {
        [one] => *one,
        path => Name::from(&path.iter().map(Name::as_str).collect::<Vec<_>>().join("::")),
    }
}

/// `fn load(..) -> impl Future { async move {..} }` · `Box::pin(async move {..})` · `async {..}.boxed()`
fn future<'tree>(body: Node<'tree>, builder: &Builder) -> Option<Node<'tree>> {
    let mut value = body.named_child(body.named_child_count().checked_sub(1)? as u32)?;
    if value.kind() == "expression_statement" {
        value = first(value).filter(|inner| inner.end_byte() == value.end_byte())?;
    }
    while value.kind() == "call_expression" {
        let called = value.child_by_field_name("function")?;
        value = match called.kind() {
            "field_expression" => called.child_by_field_name("value")?,
            _ if builder.text(called) == "Box::pin" => first(value.child_by_field_name("arguments")?)?,
            _ => return None,
        };
    }
    (value.kind() == "async_block").then_some(value)
}
