//! Go syntax trees to facts: packages, functions and what they say.
//!
//! It does not know types: whether a name is an error, a package or a range function is told from how it is written.

mod bindings;
mod expressions;
mod loops;
mod statements;
mod types;

use std::mem;
use std::num::NonZeroU16;
use std::sync::LazyLock;

use tree_sitter::{Language, Node, TreeCursor};
use ustr::Ustr;

use super::builder::Builder;
use super::span;
use crate::facts::{
    Argument, CallIndex, FunctionIndex, FunctionKind, Import, LoopIndex, Name, Param, Span, TypeRef, Usage, Value,
};
use expressions::string;
use statements::Target;

pub(super) fn lower(root: Node, builder: &mut Builder) {
    let mut go = Go {
        builder,
        body: Body::default(),
        words: Words {
            receiver: Ustr::from("self"),
            subscript: Ustr::from("[]"),
            blank: Ustr::from("_"),
            null: Ustr::from("null"),
            one: Ustr::from("1"),
        },
        cursors: Vec::new(),
        links: Vec::new(),
    };
    go.statements(root);
}

struct Go<'b, 'text, 'tree> {
    builder: &'b mut Builder<'text>,
    body: Body,
    words: Words,
    /// Cursors to use again: making one for each node with children would cost more than walking them.
    cursors: Vec<TreeCursor<'tree>>,
    /// The links of the chains being lowered, innermost chain last.
    links: Vec<Node<'tree>>,
}

/// What the function being lowered brings with it.
#[derive(Default)]
struct Body {
    /// How the receiver is called.
    receiver: Option<Name>,
    /// The first named result, which a bare `return` gives.
    result: Option<Name>,
    /// What `break` and `continue` can name, innermost last.
    targets: Vec<Target>,
    /// The label in front of the statement to come.
    label: Option<Name>,
}

/// Names that every file needs.
struct Words {
    receiver: Name,
    subscript: Name,
    blank: Name,
    null: Name,
    one: Name,
}

impl<'tree> Go<'_, '_, 'tree> {
    fn deeper<T>(&mut self, node: Node, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if !self.builder.descend(node) {
            return None;
        }
        let result = work(self);
        self.builder.ascend();
        Some(result)
    }

    /// Visits the named children, comments left out.
    fn children(&mut self, node: Node<'tree>, mut visit: impl FnMut(&mut Self, Node<'tree>)) {
        let mut cursor = self.cursors.pop().unwrap_or_else(|| node.walk());
        cursor.reset(node);
        let mut more = cursor.goto_first_child();
        while more {
            let child = cursor.node();
            if child.is_named() && child.kind() != "comment" {
                visit(self, child);
            }
            more = cursor.goto_next_sibling();
        }
        self.cursors.push(cursor);
    }

    fn list(&mut self, node: Node<'tree>) -> Vec<Node<'tree>> {
        let mut list = Vec::new();
        self.children(node, |_, child| list.push(child));
        list
    }

    fn imports(&mut self, node: Node<'tree>) {
        self.children(node, |go, spec| match spec.kind() {
            "import_spec" => go.import(spec),
            "import_spec_list" => go.imports(spec),
            _ => {}
        });
    }

    fn import(&mut self, spec: Node<'tree>) {
        let Some(path) = field(spec, FIELDS.path) else { return };
        let module = string(self.builder.text(path));
        let name = field(spec, FIELDS.name).map(|name| self.builder.text(name));
        let (alias, symbol) = match name {
            Some(".") => (Name::default(), Some(Ustr::from("*"))),
            Some(name) => (Ustr::from(name), None),
            None => (Ustr::from(package_name(&module)), None),
        };
        self.builder.facts.imports.push(Import {
            module: Ustr::from(&module),
            symbol,
            alias,
            reexport: false,
            type_only: false,
            span: span(spec),
        });
    }

    /// `func report(users []User) error {..}` · `func (s *Service) Report() {..}`
    fn function_declaration(&mut self, node: Node<'tree>) {
        let receiver = field(node, FIELDS.receiver).and_then(|list| list.named_child(0));
        let kind = if receiver.is_some() { FunctionKind::Method } else { FunctionKind::Named };
        let name = field(node, FIELDS.name).map(|name| self.builder.name(name)).unwrap_or_default();
        let index = self.builder.add_function(name, kind, node);
        let owner = receiver.and_then(|receiver| self.declared(receiver));
        let function = self.builder.function(index);
        function.owner = owner.and_then(|owner| owner.path.last().copied());
        function.exported = is_exported(&name);
        let receiver = receiver.and_then(|receiver| field(receiver, FIELDS.name)).map(|name| self.builder.name(name));
        self.function(index, node, receiver, None);
    }

    /// `func(user User) {..}`, of which `each` runs the body.
    fn literal(&mut self, node: Node<'tree>, each: Option<LoopIndex>) -> FunctionIndex {
        let index = self.builder.add_function(Name::default(), FunctionKind::Literal, node);
        self.function(index, node, self.body.receiver, each);
        index
    }

    /// `f := func(..) {..}`
    fn named_literal(&mut self, name: Node<'tree>, literal: Node<'tree>, exported: bool) {
        let index = self.builder.add_function(self.builder.name(name), FunctionKind::Named, literal);
        let function = self.builder.function(index);
        function.span = Span::new(name.start_byte(), literal.end_byte());
        function.exported = exported;
        self.function(index, literal, self.body.receiver, None);
        let head = Span { start: name.start_byte() as u32, end: self.builder.function(index).head.end };
        self.builder.function(index).head = head;
    }

    fn function(&mut self, index: FunctionIndex, node: Node<'tree>, receiver: Option<Name>, each: Option<LoopIndex>) {
        let parameters = field(node, FIELDS.parameters);
        let params = parameters.map(|list| self.params(list)).unwrap_or_default();
        let results = self.results(field(node, FIELDS.result));
        let result = results.first().map(|result| result.name).filter(|name| !name.is_empty());
        let body = Body {
            receiver: receiver.filter(|receiver| params.iter().all(|param| param.name != *receiver)),
            result,
            ..Body::default()
        };
        let function = self.builder.function(index);
        function.params = params;
        function.returns = returns(results);
        function.head = Span::new(node.start_byte(), parameters.unwrap_or(node).end_byte());

        let around = mem::replace(&mut self.body, body);
        let outer = match each {
            Some(each) => self.builder.open_body(index, each),
            None => self.builder.open_function(index),
        };
        if let Some(body) = field(node, FIELDS.body) {
            self.statement(body);
        }
        self.builder.close(outer);
        self.body = around;
    }

    /// `(a, b int, rest ...string)`: a parameter without a name has an empty one.
    fn params(&mut self, list: Node<'tree>) -> Vec<Param> {
        let mut params = Vec::new();
        self.children(list, |go, declaration| {
            let declared = go.declared(declaration);
            let declared = match declaration.kind() {
                "variadic_parameter_declaration" => Some(go.sequence(declared)),
                _ => declared,
            };
            let first = params.len();
            go.children(declaration, |go, name| {
                if name.kind() == "identifier" {
                    params.push(param(go.builder.name(name), declared.clone()));
                }
            });
            if params.len() == first {
                params.push(param(Name::default(), declared));
            }
        });
        params
    }

    /// A single result type is a result without a name.
    fn results(&mut self, result: Option<Node<'tree>>) -> Vec<Param> {
        match result {
            Some(list) if list.kind() == "parameter_list" => self.params(list),
            Some(one) => vec![param(Name::default(), self.type_ref(one))],
            None => Vec::new(),
        }
    }

    /// The name, with the receiver under the name it has in every language.
    fn own_name(&self, identifier: Node) -> Name {
        let name = self.builder.name(identifier);
        if self.body.receiver == Some(name) { self.words.receiver } else { name }
    }

    fn add_call(
        &mut self,
        chain: Vec<Name>,
        receiver: Option<CallIndex>,
        arguments: Vec<Argument>,
        node: Node,
        name: Node,
    ) -> CallIndex {
        self.builder.add_call(chain, receiver, arguments, span(node), span(name))
    }

    fn tested(&mut self, value: &Value) {
        self.builder.use_value(value, Usage::Tested);
    }
}

/// Looking a field up by its name compares with every name that the grammar has; that was a sixth of lowering.
macro_rules! fields {
    ($($field:ident: $name:literal,)*) => {
        struct Fields {
            $($field: u16,)*
        }

        static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
            let grammar = Language::new(tree_sitter_go::LANGUAGE);
            Fields { $($field: grammar.field_id_for_name($name).map_or(0, NonZeroU16::get),)* }
        });
    };
}

fields! {
    alias: "alias",
    alternative: "alternative",
    arguments: "arguments",
    body: "body",
    capacity: "capacity",
    channel: "channel",
    condition: "condition",
    consequence: "consequence",
    element: "element",
    end: "end",
    field: "field",
    function: "function",
    index: "index",
    initializer: "initializer",
    key: "key",
    label: "label",
    left: "left",
    name: "name",
    operand: "operand",
    operator: "operator",
    package: "package",
    parameters: "parameters",
    path: "path",
    receiver: "receiver",
    result: "result",
    right: "right",
    start: "start",
    tag: "tag",
    declared: "type",
    type_arguments: "type_arguments",
    update: "update",
    value: "value",
}

fn field<'tree>(node: Node<'tree>, id: u16) -> Option<Node<'tree>> {
    node.child_by_field_id(id)
}

fn param(name: Name, declared: Option<TypeRef>) -> Param {
    Param { name, property: None, declared, default: None, decorators: Vec::new(), field: false }
}

/// The first result that is not the error, or the error where it is the only one.
fn returns(results: Vec<Param>) -> Option<TypeRef> {
    let mut types = results.into_iter().filter_map(|result| result.declared);
    let first = types.next()?;
    let is_error = |one: &TypeRef| matches!(&*one.path, [name] if name == "error");
    if is_error(&first) { Some(types.find(|one| !is_error(one)).unwrap_or(first)) } else { Some(first) }
}

fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

/// How a package is most likely called: `gorm` for `gorm.io/gorm`, `redis` for `github.com/redis/go-redis/v9`.
/// A package cannot have `-` or `.` in its name, so affixes that say "for Go" are not part of it.
fn package_name(module: &str) -> &str {
    let is_version = |segment: &str| {
        segment.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    let last = match module.rsplit_once('/') {
        Some((before, last)) if is_version(last) => before.rsplit('/').next().unwrap_or(before),
        Some((_, last)) => last,
        None => module,
    };
    let name = match last.rsplit_once('.') {
        Some((name, version)) if is_version(version) => name,
        _ => last,
    };
    let name = name.strip_prefix("go-").unwrap_or(name);
    name.strip_suffix("-go").or_else(|| name.strip_suffix(".go")).unwrap_or(name)
}
