//! Go's expressions: chains of names, calls and literals.

use std::borrow::Cow;

use tree_sitter::Node;
use ustr::Ustr;

use super::loops::Iterates;
use super::statements::operator;
use super::{FIELDS, Go, field, is_exported};
use crate::facts::{Argument, CallIndex, FunctionIndex, LoopForm, LoopIndex, LoopKind, Name, TypeRef, Value};
use crate::languages::builder::shorten;

/// The types that have a name without being declared, as far as they are type arguments.
const PREDECLARED: &[&str] = &[
    "any", "bool", "byte", "error", "float32", "float64", "int", "int8", "int16", "int32", "int64", "rune", "string",
    "uint", "uint8", "uint16", "uint32", "uint64",
];

/// A path or chain of calls while its links are followed.
struct Chain {
    /// From the outermost receiver on; a receiver that is no name is empty.
    names: Vec<Name>,
    /// The last call on the way, and where the names begin that are read from it.
    call: Option<CallIndex>,
    read: usize,
    /// A value that is neither a path nor a call, and how many names stand for it.
    other: Option<(Value, usize)>,
}

impl Chain {
    fn value(self) -> Value {
        match (self.other, self.call) {
            (Some((value, names)), _) if names == self.names.len() => value,
            (_, Some(call)) => Value::Call(call, self.names[self.read..].into()),
            (Some((value, _)), None) => Value::Other([value].into()),
            (None, None) => Value::Path(self.names.into()),
        }
    }

    /// What the last name is called on.
    fn receiver(&self) -> Value {
        let names = self.names[..self.names.len() - 1].to_vec();
        Chain { names, call: self.call, read: self.read, other: self.other.clone() }.value()
    }
}

impl<'tree> Go<'_, '_, 'tree> {
    pub(super) fn expression(&mut self, node: Node<'tree>) -> Value {
        match node.kind() {
            "identifier" | "field_identifier" | "type_identifier" | "package_identifier" => {
                Value::Path([self.own_name(node)].into())
            }
            "interpreted_string_literal" | "raw_string_literal" | "rune_literal" => {
                Value::Text(Ustr::from(&string(self.builder.text(node))))
            }
            "int_literal" | "float_literal" | "imaginary_literal" | "true" | "false" => {
                Value::Literal(self.builder.name(node))
            }
            "nil" => Value::Literal(self.words.null),
            _ => self.deeper(node, |go| go.compound(node)).unwrap_or_else(nothing),
        }
    }

    fn compound(&mut self, node: Node<'tree>) -> Value {
        match node.kind() {
            "call_expression"
            | "selector_expression"
            | "index_expression"
            | "slice_expression"
            | "type_assertion_expression"
            | "parenthesized_expression" => self.chain(node),
            "type_conversion_expression" => match (field(node, FIELDS.declared), field(node, FIELDS.operand)) {
                (Some(named), _) if named.kind() == "generic_type" => self.chain(node),
                (_, operand) => operand.map_or_else(nothing, |operand| self.expression(operand)),
            },
            "qualified_type" => {
                let package = field(node, FIELDS.package).map(|package| self.own_name(package));
                Value::Path(
                    package.into_iter().chain(field(node, FIELDS.name).map(|name| self.builder.name(name))).collect(),
                )
            }
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "composite_literal" => self.composite(node),
            "func_literal" => Value::Function(self.literal(node, None)),
            "literal_value" => {
                let elements = self.elements(node, true);
                if elements.iter().any(|(key, _)| key.is_some()) { object(elements) } else { list(elements) }
            }
            "type_instantiation_expression" => {
                self.declared(node).map_or_else(nothing, |named| Value::Path(named.path))
            }
            "argument_list" | "expression_list" | "literal_element" | "keyed_element" | "variadic_argument" => {
                let mut values = Vec::new();
                self.children(node, |go, child| values.push(go.expression(child)));
                Value::Other(values.into())
            }
            kind if kind.ends_with("_type") => {
                self.type_ref(node).map_or_else(nothing, |named| Value::Path(named.path))
            }
            _ => {
                self.statements(node);
                nothing()
            }
        }
    }

    /// `db.Order.Where(x).First(y)`: from its beginning on, so that its length costs no depth.
    fn chain(&mut self, node: Node<'tree>) -> Value {
        let first = self.links.len();
        let base = self.collect_links(node);
        let mut chain = self.begin(base);
        let mut types = Vec::new();
        while self.links.len() > first {
            let Some(link) = self.links.pop() else { break };
            match link.kind() {
                "selector_expression" => {
                    let name = field(link, FIELDS.field).map(|name| self.builder.name(name));
                    chain.names.push(name.unwrap_or_default());
                }
                "call_expression" => {
                    self.call(&mut chain, link);
                    self.called_with(&chain, std::mem::take(&mut types));
                }
                "type_conversion_expression" => {
                    let arguments =
                        field(link, FIELDS.declared).and_then(|generic| field(generic, FIELDS.type_arguments));
                    let argument =
                        arguments.filter(|list| list.named_child_count() == 1).and_then(|list| list.named_child(0));
                    let indexed = argument.is_some_and(|argument| !self.is_type(argument));
                    if indexed {
                        chain.names.push(self.words.subscript);
                    }
                    let given = arguments.filter(|_| !indexed);
                    let types = given.map(|list| self.type_refs(list)).unwrap_or_default();
                    self.call(&mut chain, link);
                    self.called_with(&chain, types);
                }
                "index_expression" if self.instantiates(link, first) => {
                    types.extend(field(link, FIELDS.index).and_then(|index| self.instance(index)));
                }
                "index_expression" => {
                    let index = field(link, FIELDS.index).map_or_else(nothing, |index| self.expression(index));
                    if self.links.len() == first {
                        return Value::Element(Box::new((chain.value(), index)));
                    }
                    chain.names.push(self.words.subscript);
                }
                _ => {
                    let mut ends = Vec::with_capacity(2);
                    for (name, bound) in [("start", FIELDS.start), ("end", FIELDS.end), ("capacity", FIELDS.capacity)] {
                        if let Some(bound) = field(link, bound) {
                            ends.push((Name::from(name), self.expression(bound)));
                        }
                    }
                    if self.links.len() == first {
                        return Value::Other([chain.value(), Value::Object(ends.into())].into());
                    }
                    chain.names.push(self.words.subscript);
                }
            }
        }
        chain.value()
    }

    /// Pushes what leaves a trace, outermost first, and gives what the chain begins with.
    fn collect_links(&mut self, mut node: Node<'tree>) -> Node<'tree> {
        loop {
            let inner = match node.kind() {
                "selector_expression" | "index_expression" | "slice_expression" => {
                    self.links.push(node);
                    field(node, FIELDS.operand)
                }
                "call_expression" => {
                    self.links.push(node);
                    field(node, FIELDS.function)
                }
                "type_conversion_expression" => {
                    let generic = field(node, FIELDS.declared).filter(|named| named.kind() == "generic_type");
                    let Some(generic) = generic else { return node };
                    self.links.push(node);
                    field(generic, FIELDS.declared)
                }
                "type_assertion_expression" => field(node, FIELDS.operand),
                "unary_expression" if matches!(operator(node), "&" | "*") => field(node, FIELDS.operand),
                "parenthesized_expression" => node.named_child(0),
                _ => return node,
            };
            let Some(inner) = inner else { return node };
            node = inner;
        }
    }

    fn called_with(&mut self, chain: &Chain, types: Vec<TypeRef>) {
        if let (Some(call), false) = (chain.call, types.is_empty()) {
            self.builder.call(call).types = types.into();
        }
    }

    /// The type in brackets, which the grammar may take for a value.
    fn instance(&mut self, index: Node<'tree>) -> Option<TypeRef> {
        if index.kind() == "type_elem" || index.kind().ends_with("_type") {
            return self.type_ref(index);
        }
        match self.expression(index) {
            Value::Path(path) => Some(TypeRef { path, arguments: Box::default() }),
            _ => None,
        }
    }

    /// `Load[User](id)` calls `Load`, where `handlers[i](id)` calls what is found in `handlers`.
    fn instantiates(&self, index: Node<'tree>, first: usize) -> bool {
        let called = self.links.len() > first && self.links.last().is_some_and(|next| next.kind() == "call_expression");
        called && field(index, FIELDS.index).is_some_and(|index| self.is_type(index))
    }

    /// Whether what stands in brackets looks like a type: by its capital, or because Go has it.
    fn is_type(&self, mut node: Node<'tree>) -> bool {
        loop {
            let inner = match node.kind() {
                "type_elem" | "pointer_type" => node.named_child(0),
                "unary_expression" => field(node, FIELDS.operand),
                "selector_expression" => field(node, FIELDS.field),
                "qualified_type" => field(node, FIELDS.name),
                "identifier" | "type_identifier" | "field_identifier" => {
                    let name = self.builder.text(node);
                    return is_exported(name) || PREDECLARED.contains(&name);
                }
                kind => return kind.ends_with("_type"),
            };
            let Some(inner) = inner else { return false };
            node = inner;
        }
    }

    fn begin(&mut self, base: Node<'tree>) -> Chain {
        match self.expression(base) {
            Value::Path(path) => Chain { names: path.into(), call: None, read: 0, other: None },
            Value::Call(call, names_read) => {
                let mut names = self.builder.call(call).chain.to_vec();
                let read = names.len();
                names.extend(names_read);
                Chain { names, call: Some(call), read, other: None }
            }
            value => Chain { names: vec![Name::default()], call: None, read: 0, other: Some((value, 1)) },
        }
    }

    fn call(&mut self, chain: &mut Chain, node: Node<'tree>) {
        if chain.call.is_some() && chain.read == chain.names.len() {
            // `f(x)(y)`: what the second call runs has no name.
            chain.names.push(Name::default());
        }
        let nodes = match field(node, FIELDS.arguments) {
            Some(arguments) => self.list(arguments),
            None => field(node, FIELDS.operand).into_iter().collect(),
        };
        let name = chain.names.last().copied().unwrap_or_default();
        let iterates = self.iterates(name, &nodes, chain.names.len() > 1);
        let makes = chain.call.is_none() && chain.names.len() == 1 && name == "new" && nodes.len() == 1;
        let made = if makes { self.type_ref(nodes[0]) } else { None };
        if let Some(made) = &made {
            chain.names = made.path.to_vec();
        }

        let (arguments, body) = match made {
            Some(_) => (Vec::new(), None),
            None => self.arguments(&nodes, node, iterates.is_some()),
        };
        let over = match iterates {
            Some(Iterates::Receiver) => Some(chain.receiver()),
            Some(Iterates::Argument) => arguments.first().map(|argument| argument.value.clone()),
            None => None,
        };

        shorten(&mut chain.names);
        let called = field(node, FIELDS.function).or_else(|| field(node, FIELDS.declared)).map_or(node, called_name);
        let call = self.add_call(chain.names.clone(), chain.call, arguments, node, called);
        self.builder.call(call).constructs = made.is_some();
        if let Some((Value::Function(literal), 1)) = chain.other {
            self.builder.function(literal).passed_to = Some(call);
        }
        chain.other = body.zip(over).map(|((index, literal), over)| {
            self.callback(index, literal, over, call);
            (Value::Each(index), chain.names.len())
        });
        chain.call = Some(call);
        chain.read = chain.names.len();
    }

    /// The arguments of a call; when it iterates, the first literal is the body of a loop.
    fn arguments(
        &mut self,
        nodes: &[Node<'tree>],
        call: Node<'tree>,
        iterates: bool,
    ) -> (Vec<Argument>, Option<(LoopIndex, FunctionIndex)>) {
        let mut body = None;
        let mut arguments = Vec::with_capacity(nodes.len());
        for node in nodes {
            let spread = node.kind() == "variadic_argument";
            let value = if iterates && body.is_none() && node.kind() == "func_literal" {
                let index = self.builder.add_loop(LoopKind::Each, LoopForm::Callback, call);
                let literal = self.literal(*node, Some(index));
                body = Some((index, literal));
                Value::Function(literal)
            } else {
                let inner = if spread { node.named_child(0) } else { None };
                self.expression(inner.unwrap_or(*node))
            };
            arguments.push(Argument { name: None, spread, value });
        }
        (arguments, body)
    }

    /// `Pool{Size: 1}` constructs, `[]T{..}` is a list and `map[K]V{..}` an object.
    fn composite(&mut self, node: Node<'tree>) -> Value {
        let (Some(named), Some(body)) = (field(node, FIELDS.declared), field(node, FIELDS.body)) else {
            return nothing();
        };
        match named.kind() {
            "slice_type" | "array_type" | "implicit_length_array_type" => list(self.elements(body, false)),
            "map_type" => object(self.elements(body, false)),
            "struct_type" => object(self.elements(body, true)),
            _ => {
                let elements = self.elements(body, true);
                let values = match elements.first() {
                    Some((None, _)) => elements.into_iter().map(|(_, value)| value).collect(),
                    _ => vec![object(elements)],
                };
                let arguments = values.into_iter().map(|value| Argument { name: None, spread: false, value }).collect();
                let path = self.type_ref(named).map(|named| named.path.into()).unwrap_or_default();
                let call = self.add_call(path, None, arguments, node, named);
                self.builder.call(call).constructs = true;
                Value::Call(call, Box::default())
            }
        }
    }

    /// The elements of a literal with their keys. A name is a field when they are `fields`, else a constant.
    fn elements(&mut self, body: Node<'tree>, fields: bool) -> Vec<(Option<Name>, Value)> {
        let mut elements = Vec::new();
        self.children(body, |go, element| {
            let key = field(element, FIELDS.key).map(|key| go.key(unwrapped(key), fields));
            let value = unwrapped(field(element, FIELDS.value).unwrap_or(element));
            elements.push((key, go.expression(value)));
        });
        elements
    }

    fn key(&mut self, key: Node<'tree>, fields: bool) -> Name {
        match key.kind() {
            "identifier" if fields => self.builder.name(key),
            _ => match self.expression(key) {
                Value::Text(name) | Value::Literal(name) => name,
                _ => self.words.subscript,
            },
        }
    }

    fn unary(&mut self, node: Node<'tree>) -> Value {
        let Some(operand) = field(node, FIELDS.operand) else { return nothing() };
        match (operator(node), operand.kind()) {
            ("&" | "*", _) => self.chain(node),
            ("-", "int_literal" | "float_literal") => Value::Literal(self.builder.name(node)),
            _ => Value::Other([self.expression(operand)].into()),
        }
    }

    /// `a && b && c` are three values at one level: operators of one precedence nest to the left.
    fn binary(&mut self, node: Node<'tree>) -> Value {
        let first = self.links.len();
        let mut left = node;
        while precedence(left) == precedence(node) {
            let Some(next) = field(left, FIELDS.left) else { break };
            self.links.extend(field(left, FIELDS.right));
            left = next;
        }
        let mut values = Vec::with_capacity(self.links.len() - first + 1);
        if left != node {
            values.push(self.expression(left));
        }
        while self.links.len() > first {
            let Some(right) = self.links.pop() else { break };
            values.push(self.expression(right));
        }
        Value::Other(values.into())
    }
}

/// The name in what is called: `First` of `db.First`, `func` of a literal.
fn called_name(mut function: Node) -> Node {
    loop {
        let inner = match function.kind() {
            "parenthesized_expression" => function.named_child(0),
            "index_expression" => field(function, FIELDS.operand),
            "generic_type" => field(function, FIELDS.declared),
            "selector_expression" => return field(function, FIELDS.field).unwrap_or(function),
            "qualified_type" => return field(function, FIELDS.name).unwrap_or(function),
            "func_literal" => return function.child(0).unwrap_or(function),
            _ => return function,
        };
        let Some(inner) = inner else { return function };
        function = inner;
    }
}

fn unwrapped(element: Node) -> Node {
    if element.kind() == "literal_element" { element.named_child(0).unwrap_or(element) } else { element }
}

fn object(elements: Vec<(Option<Name>, Value)>) -> Value {
    Value::Object(elements.into_iter().map(|(key, value)| (key.unwrap_or_default(), value)).collect())
}

fn list(elements: Vec<(Option<Name>, Value)>) -> Value {
    Value::List(elements.into_iter().map(|(_, value)| value).collect())
}

fn precedence(node: Node) -> Option<u8> {
    if node.kind() != "binary_expression" {
        return None;
    }
    Some(match operator(node) {
        "||" => 0,
        "&&" => 1,
        "==" | "!=" | "<" | "<=" | ">" | ">=" => 2,
        "+" | "-" | "|" | "^" => 3,
        _ => 4,
    })
}

fn nothing() -> Value {
    Value::Other(Box::default())
}

/// The text of a string literal without quotes and simple escapes.
pub(super) fn string(literal: &str) -> Cow<'_, str> {
    let mut chars = literal.chars();
    let quote = chars.next();
    let inner = chars.as_str();
    let inner = quote.and_then(|quote| inner.strip_suffix(quote)).unwrap_or(inner);
    if quote == Some('`') || !inner.contains('\\') { Cow::Borrowed(inner) } else { Cow::Owned(unescaped(inner)) }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            plain.push(char);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some(quoted @ ('"' | '\'' | '\\')) => plain.push(quoted),
            // `\x00` and the like are kept as written: no rule asks for them.
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    plain
}
