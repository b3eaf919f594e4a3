//! Chains of calls, fields and subscripts, from the innermost receiver outwards, and the iteration callbacks in
//! them. It does not know types: an iterator is what comes from a method that is named like a source of one.

use tree_sitter::Node;

use super::{Lowering, first};
use crate::facts::{Argument, CallIndex, LoopForm, LoopKind, Name, Span, Usage, Value};
use crate::languages::builder::shorten;
use crate::languages::span;

/// Without arguments these leave no trace: the value is the one they are called on.
const TRANSPARENT: &[&str] = &["clone", "as_ref", "as_mut", "unwrap", "to_owned", "cloned", "copied", "enumerate"];
/// As transparent; and what follows them is an iterator.
const ITERATORS: &[&str] = &["iter", "iter_mut", "into_iter", "par_iter", "into_par_iter"];
/// Other methods that give an iterator or a stream; of those that take nothing, and of those that take something.
const SOURCES: &[&str] = &["chars", "lines", "values", "keys", "stream"];
const SOURCES_WITH: &[&str] = &["drain", "windows", "chunks", "fetch", "stream"];
/// What follows them is no iterator any more.
const ENDS: &[&str] = &[
    "all",
    "any",
    "collect",
    "count",
    "find",
    "find_map",
    "first",
    "fold",
    "for_each",
    "last",
    "len",
    "max",
    "max_by",
    "max_by_key",
    "min",
    "min_by",
    "min_by_key",
    "next",
    "next_back",
    "nth",
    "partition",
    "peek",
    "position",
    "product",
    "reduce",
    "sum",
    "try_collect",
    "try_fold",
    "try_for_each",
    "try_next",
    "unzip",
];
/// They iterate, whatever they are called on.
const ALWAYS_ITERATE: &[&str] =
    &["for_each", "for_each_concurrent", "try_for_each", "try_for_each_concurrent", "filter_map", "flat_map"];
/// They iterate when they are called on an iterator: `Option` has a `map` as well.
const ITERATE: &[&str] = &[
    "all",
    "and_then",
    "any",
    "filter",
    "find",
    "find_map",
    "fold",
    "inspect",
    "map",
    "partition",
    "position",
    "skip_while",
    "take_while",
    "then",
    "try_fold",
];
/// They pass a value on, so that a callback which is one of them calls nothing.
const CONSTRUCTORS: &[&str] = &[
    "Some",
    "Ok",
    "Err",
    "Box::new",
    "Arc::new",
    "Rc::new",
    "String::from",
    "Into::into",
    "From::from",
    "ToString::to_string",
    "Arc::clone",
    "Rc::clone",
    "Clone::clone",
    "ToOwned::to_owned",
    "String::as_str",
];
/// They hold a value, as the types of the same names do.
const WRAPPERS: &[&str] = &["Some", "Ok", "Box::new", "Arc::new", "Rc::new", "Arc::clone", "Rc::clone"];

/// A step from a receiver outwards.
#[derive(Clone, Copy)]
pub(super) enum Link<'tree> {
    Field(Node<'tree>),
    Index(Node<'tree>),
    /// `receiver.name(..)`
    Method {
        call: Node<'tree>,
        name: Node<'tree>,
    },
    /// `function(..)`
    Apply {
        call: Node<'tree>,
        function: Node<'tree>,
    },
    Await,
}

/// What a chain is so far.
#[derive(Default)]
pub(super) struct Chain {
    head: Head,
    /// Names read from the head; for a path, all of it.
    names: Vec<Name>,
    /// The last step was a subscript.
    index: Option<Value>,
    /// It is an iterator or a stream.
    iterates: bool,
    pub(super) count: Option<Count>,
}

#[derive(Default)]
enum Head {
    #[default]
    Path,
    Call(CallIndex),
    Value(Value),
}

/// A range that a loop would count through.
pub(super) struct Count {
    pub(super) kind: LoopKind,
    pub(super) over: Option<Value>,
    pub(super) bounded: bool,
    pub(super) strides: bool,
}

impl Chain {
    pub(super) fn path(mut names: Vec<Name>) -> Self {
        shorten(&mut names);
        Self { names, ..Self::default() }
    }

    pub(super) fn of(value: Value) -> Self {
        let iterates = matches!(value, Value::Each(_));
        match value {
            Value::Path(names) => Self::path(names.into()),
            Value::Call(call, names) => Self { head: Head::Call(call), names: names.into(), ..Self::default() },
            value => Self { head: Head::Value(value), iterates, ..Self::default() },
        }
    }

    pub(super) fn value(self) -> Value {
        let value = match self.head {
            Head::Path => Value::Path(self.names.into()),
            Head::Call(call) => Value::Call(call, self.names.into()),
            Head::Value(value) => value,
        };
        match self.index {
            Some(slice @ Value::Object(_)) => Value::Other([value, slice].into()),
            Some(index) => Value::Element(Box::new((value, index))),
            None => value,
        }
    }

    pub(super) fn field(&mut self, name: Name) {
        self.subscribe();
        if !matches!(self.head, Head::Value(_)) {
            extend(&mut self.names, name);
        }
        self.iterates = false;
    }

    pub(super) fn index(&mut self, index: Value) {
        self.subscribe();
        self.index = Some(index);
        self.iterates = false;
    }

    /// The subscript is no longer the last step.
    fn subscribe(&mut self) {
        if self.index.take().is_some() {
            extend(&mut self.names, Name::from("[]"));
        }
    }

    /// A method without arguments that leaves no trace.
    pub(super) fn passes(&mut self, method: &str) -> bool {
        if ITERATORS.contains(&method) {
            self.iterates = true;
            return true;
        }
        // The loop is already the collection.
        if matches!(method, "collect" | "try_collect") && matches!(self.head, Head::Value(Value::Each(_))) {
            self.iterates = false;
            return true;
        }
        TRANSPARENT.contains(&method)
    }

    /// `a::b`
    pub(super) fn is_one_of(&self, paths: &[&str]) -> bool {
        let last = match (&self.head, self.names.as_slice()) {
            (Head::Path, [.., of, name]) if self.index.is_none() => (Some(of.as_str()), name.as_str()),
            (Head::Path, [name]) if self.index.is_none() => (None, name.as_str()),
            _ => return false,
        };
        paths.iter().any(|path| path.split_once("::").map_or((None, *path), |(of, name)| (Some(of), name)) == last)
    }
}

fn extend(names: &mut Vec<Name>, name: Name) {
    names.push(name);
    shorten(names);
}

impl<'tree> Lowering<'_, '_, 'tree> {
    pub(super) fn chain(&mut self, node: Node<'tree>) -> Chain {
        let start = self.links.len();
        let mut base = node;
        while let Some(inner) = self.unlink(base) {
            base = inner;
        }
        let mut chain = self.base(base);
        while self.links.len() > start {
            match self.links.pop() {
                Some(link) => chain = self.link(chain, link),
                None => break,
            }
        }
        chain
    }

    /// Takes the last step off an expression.
    fn unlink(&mut self, node: Node<'tree>) -> Option<Node<'tree>> {
        match node.kind() {
            "call_expression" => {
                let called = node.child_by_field_name("function")?;
                let mut function = called;
                if called.kind() == "generic_function" {
                    function = called.child_by_field_name("function").unwrap_or(called);
                }
                if function.kind() == "field_expression"
                    && let (Some(receiver), Some(name)) =
                        (function.child_by_field_name("value"), function.child_by_field_name("field"))
                {
                    self.links.push(Link::Method { call: node, name });
                    return Some(receiver);
                }
                self.links.push(Link::Apply { call: node, function });
                Some(function)
            }
            "field_expression" => {
                let inner = node.child_by_field_name("value")?;
                self.links.extend(node.child_by_field_name("field").map(Link::Field));
                Some(inner)
            }
            "index_expression" => {
                let inner = first(node)?;
                let last = node.named_child(node.named_child_count().checked_sub(1)? as u32)?;
                self.links.extend((last != inner).then_some(Link::Index(last)));
                Some(inner)
            }
            "await_expression" => {
                let inner = first(node)?;
                self.links.push(Link::Await);
                Some(inner)
            }
            "reference_expression" | "type_cast_expression" => node.child_by_field_name("value"),
            "generic_function" => node.child_by_field_name("function"),
            "try_expression" | "parenthesized_expression" => first(node),
            "unary_expression" if self.builder.text(node).starts_with('*') => first(node),
            _ => None,
        }
    }

    fn link(&mut self, mut chain: Chain, link: Link<'tree>) -> Chain {
        match link {
            Link::Field(name) => {
                let name = self.name(name);
                chain.field(name);
                chain
            }
            Link::Index(index) => {
                let index = if index.kind() == "range_expression" { self.slice(index) } else { self.expression(index) };
                chain.index(index);
                chain
            }
            Link::Await => {
                self.await_chain(&mut chain);
                chain
            }
            Link::Apply { call, function } => {
                let arguments = call.child_by_field_name("arguments");
                let arguments = arguments.map(|list| self.arguments(list)).unwrap_or_default();
                let named = function.child_by_field_name("name").unwrap_or(function);
                let chain = self.apply(chain, arguments, span(call), span(named));
                self.called_with(&chain, call);
                chain
            }
            Link::Method { call, name } => {
                let chain = self.method(chain, call, name);
                self.called_with(&chain, call);
                chain
            }
        }
    }

    /// `1..5` of `users[1..5]`, as far as it is written.
    fn slice(&mut self, node: Node<'tree>) -> Value {
        let mut ends = Vec::with_capacity(2);
        let dots = (0..node.child_count()).filter_map(|index| node.child(index)).find(|part| !part.is_named());
        let dots = dots.map_or(0, |dots| dots.start_byte());
        self.children(node, |this, end| {
            let name = if end.start_byte() < dots { "start" } else { "end" };
            ends.push((Name::from(name), this.expression(end)));
        });
        Value::Object(ends.into())
    }

    /// `get::<User>(id)`
    fn called_with(&mut self, chain: &Chain, node: Node<'tree>) {
        let named = node.child_by_field_name("function").filter(|named| named.kind() == "generic_function");
        if let (Some(named), Head::Call(call)) = (named, &chain.head)
            && self.builder.call(*call).span == span(node)
        {
            self.builder.call(*call).types = self.type_arguments(named).0.into();
        }
    }

    pub(super) fn arguments(&mut self, list: Node<'tree>) -> Vec<Argument> {
        let mut arguments = Vec::new();
        self.children(list, |this, argument| {
            if argument.kind() != "attribute_item" {
                arguments.push(Argument { name: None, spread: false, value: this.expression(argument) });
            }
        });
        arguments
    }

    pub(super) fn await_chain(&mut self, chain: &mut Chain) {
        let call = match chain.head {
            Head::Call(call) => Some(call),
            Head::Value(Value::Each(each)) => self.builder.loop_at(each).call,
            _ => None,
        };
        if let Some(call) = call {
            self.builder.call(call).awaited = true;
        }
        chain.iterates = false;
    }

    pub(super) fn apply(&mut self, mut chain: Chain, mut arguments: Vec<Argument>, whole: Span, name: Span) -> Chain {
        if chain.is_one_of(WRAPPERS) && arguments.len() == 1 {
            return Chain::of(arguments.remove(0).value);
        }
        let iterates = chain.is_one_of(&["stream::iter"]);
        chain.subscribe();
        if !matches!(chain.head, Head::Path) && chain.names.is_empty() {
            chain.names.push(Name::default());
        }
        let (names, receiver) = self.receiver(&chain);
        let call = self.builder.add_call(names, receiver, arguments, whole, name);
        Chain { head: Head::Call(call), iterates, ..Chain::default() }
    }

    /// The names from the outermost receiver on, and the call among them.
    fn receiver(&mut self, chain: &Chain) -> (Vec<Name>, Option<CallIndex>) {
        let receiver = match &chain.head {
            Head::Call(call) => Some(*call),
            Head::Value(Value::Each(each)) => self.builder.loop_at(*each).call,
            Head::Value(_) => None,
            Head::Path => return (chain.names.clone(), None),
        };
        let mut names = match receiver {
            Some(call) => self.builder.call(call).chain.to_vec(),
            None => vec![Name::default()],
        };
        for name in &chain.names {
            extend(&mut names, *name);
        }
        (names, receiver)
    }

    pub(super) fn call_on(
        &mut self,
        mut chain: Chain,
        name: Name,
        arguments: Vec<Argument>,
        whole: Span,
        name_span: Span,
    ) -> Chain {
        let source = if arguments.is_empty() { SOURCES } else { SOURCES_WITH };
        let iterates = source.contains(&name.as_str()) || chain.iterates && !ENDS.contains(&name.as_str());
        chain.subscribe();
        let (mut names, receiver) = self.receiver(&chain);
        extend(&mut names, name);
        let call = self.builder.add_call(names, receiver, arguments, whole, name_span);
        Chain { head: Head::Call(call), iterates, ..Chain::default() }
    }

    fn method(&mut self, mut chain: Chain, call: Node<'tree>, name_node: Node<'tree>) -> Chain {
        let name = self.name(name_node);
        let list = call.child_by_field_name("arguments");
        let given = list.map_or(0, |list| list.named_child_count());
        if let Some(count) = &mut chain.count
            && matches!(name.as_str(), "rev" | "step_by")
        {
            count.strides |= name.as_str() == "step_by";
            return chain;
        }
        if given == 0 && chain.passes(name.as_str()) {
            return chain;
        }
        if let (1, "expect", Some(list)) = (given, name.as_str(), list)
            && first(list).is_some_and(|argument| argument.kind() == "string_literal")
        {
            return chain;
        }
        let iterates = ALWAYS_ITERATE.contains(&name.as_str())
            || (chain.iterates || chain.count.is_some()) && ITERATE.contains(&name.as_str());
        match list {
            Some(list) if iterates && given > 0 => self.callback_loop(chain, call, name_node, list),
            _ => {
                let arguments = list.map(|list| self.arguments(list)).unwrap_or_default();
                self.call_on(chain, name, arguments, span(call), span(name_node))
            }
        }
    }

    /// `users.iter().map(|user| load(user))` · `users.iter().map(load)`
    fn callback_loop(&mut self, mut chain: Chain, call: Node<'tree>, name: Node<'tree>, list: Node<'tree>) -> Chain {
        let method = self.name(name);
        let ends = ENDS.contains(&method.as_str());
        let count = chain.count.take();
        chain.subscribe();
        let (mut names, receiver) = self.receiver(&chain);
        extend(&mut names, method);
        let each = self.builder.add_loop(LoopKind::Each, LoopForm::Callback, call);
        self.builder.loop_at(each).head.end = span(name).end;
        self.iterate(each, chain, count);

        let mut nodes = Vec::new();
        self.children(list, |_, argument| nodes.push(argument));
        let callback = nodes.pop();
        let mut arguments = Vec::new();
        for argument in nodes {
            arguments.push(Argument { name: None, spread: false, value: self.expression(argument) });
        }
        if let Some(callback) = callback {
            let value = match callback.kind() {
                "closure_expression" => {
                    let body = self.literal_function(callback, None, Some(each));
                    // What `fold` has gathered is no element.
                    let skipped = usize::from(method.ends_with("fold"));
                    let params = &self.builder.function(body).params;
                    let binds = params.iter().skip(skipped).map(|param| param.name).collect();
                    self.builder.loop_at(each).binds = binds;
                    Value::Function(body)
                }
                "identifier" | "scoped_identifier" | "field_expression" | "generic_function" => {
                    self.builder.loop_at(each).binds = Box::new([Name::from("_")]);
                    let callee = self.chain(callback);
                    let value = Value::Path(callee.names.as_slice().into());
                    if !callee.is_one_of(CONSTRUCTORS) {
                        let outer = self.builder.open_loop(each);
                        let element = Value::Path(Box::new([Name::from("_")]));
                        let element = Argument { name: None, spread: false, value: element };
                        let (names, receiver) = self.receiver(&callee);
                        let at = span(callback);
                        let call = self.builder.add_call(names, receiver, vec![element], at, at);
                        self.builder.call(call).usage = Usage::Returned;
                        self.builder.close(outer);
                    }
                    value
                }
                _ => self.expression(callback),
            };
            arguments.push(Argument { name: None, spread: false, value });
        }
        let index = self.builder.add_call(names, receiver, arguments, span(call), span(name));
        self.builder.loop_at(each).call = Some(index);
        Chain { head: Head::Value(Value::Each(each)), iterates: !ends, ..Chain::default() }
    }
}
