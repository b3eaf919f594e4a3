//! Chains of attributes, subscripts and calls to calls and the values read from them.

use tree_sitter::Node;
use ustr::Ustr;

use super::bindings::nothing;
use super::{Lowering, again, field, parts, span};
use crate::facts::{
    Argument, CallIndex, FunctionIndex, FunctionKind, LoopForm, LoopIndex, LoopKind, Name, Span, Usage, Value,
};
use crate::languages::builder::shorten;

/// A chain as far as it has been walked.
pub(super) struct Chain {
    /// From the outermost receiver on.
    pub(super) names: Vec<Name>,
    /// The receiver when it is no name: `"".join`
    base: Option<Value>,
    /// The last call, and how many of the names it has taken.
    call: Option<CallIndex>,
    called: usize,
    /// What the last link gives, when that is not a name.
    last: Option<Value>,
}

impl Chain {
    pub(super) fn value(mut self) -> Value {
        if let Some(value) = self.last.take() {
            return value;
        }
        self.read()
    }

    /// What is read from a name without calling anything.
    pub(super) fn attributes(&self) -> Option<&[Name]> {
        (self.call.is_none() && self.base.is_none()).then_some(&self.names)
    }

    fn read(&mut self) -> Value {
        match (self.call, self.base.take()) {
            (Some(call), _) => Value::Call(call, self.names[self.called..].into()),
            (None, Some(base)) if self.names.len() == 1 => base,
            (None, Some(base)) => Value::Other([base].into()),
            (None, None) => Value::Path(self.names.as_slice().into()),
        }
    }

    fn push(&mut self, name: Name) {
        self.last = None;
        self.names.push(name);
        if self.call.is_some() {
            self.called = self.called.saturating_sub(shorten(&mut self.names)).max(1);
        }
    }
}

impl<'n> Lowering<'_, '_, 'n> {
    /// Walks a chain from its innermost receiver outwards, however long it is.
    pub(super) fn chain(&mut self, node: Node<'n>) -> Chain {
        let first = self.links.len();
        let mut inner = node;
        loop {
            let next = match inner.kind() {
                "attribute" => field(inner, "object"),
                "subscript" => field(inner, "value"),
                "call" => field(inner, "function"),
                "await" | "parenthesized_expression" => parts(inner).next().filter(|part| !part.is_error()),
                _ => None,
            };
            let Some(next) = next else { break };
            if inner.kind() != "parenthesized_expression" {
                self.links.push(inner);
            }
            inner = next;
        }
        let mut chain = self.innermost(inner);
        while self.links.len() > first {
            let Some(link) = self.links.pop() else { break };
            match link.kind() {
                "attribute" => {
                    let name = field(link, "attribute").map(|name| self.builder.name(name));
                    chain.push(name.unwrap_or_default());
                }
                "subscript" => {
                    let ends = self.links[first..].iter().all(|outer| outer.kind() == "await");
                    self.subscript(link, &mut chain, ends);
                }
                "call" => self.call(link, &mut chain),
                _ => {
                    if let Some(call) = chain.call.filter(|_| chain.called == chain.names.len()) {
                        self.builder.call(call).awaited = true;
                    }
                }
            }
            self.skipped(link);
        }
        chain
    }

    fn innermost(&mut self, node: Node<'n>) -> Chain {
        let (name, base) = match node.kind() {
            "identifier" => (self.variable(node), None),
            // A broken link without a receiver.
            "attribute" | "subscript" | "call" | "await" | "parenthesized_expression" => {
                (Name::default(), Some(self.anything(node)))
            }
            _ => (Name::default(), Some(self.expression(node))),
        };
        Chain { names: vec![name], base, call: None, called: 0, last: None }
    }

    fn subscript(&mut self, node: Node<'n>, chain: &mut Chain, ends: bool) {
        let receiver = field(node, "value");
        let mut found_by = Vec::with_capacity(1);
        let mut slice = None;
        for part in parts(node).filter(|part| Some(*part) != receiver && !part.is_error()) {
            if part.kind() == "slice" {
                slice = Some(self.slice(part));
            } else {
                found_by.push(self.expression(part));
            }
        }
        let value = ends.then(|| {
            let whole = chain.read();
            if let Some(slice) = slice {
                return Value::Other([whole].into_iter().chain(found_by).chain([slice]).collect());
            }
            let found_by = match <[Value; 1]>::try_from(found_by) {
                Ok([one]) => one,
                Err(several) => Value::List(several.into()),
            };
            Value::Element(Box::new((whole, found_by)))
        });
        chain.push(Ustr::from("[]"));
        chain.last = value;
    }

    /// `1:5` of `rows[1:5]`, as far as it is written.
    fn slice(&mut self, node: Node<'n>) -> Value {
        let mut colons = 0;
        let mut ends = Vec::with_capacity(2);
        for index in 0..node.child_count() {
            let Some(part) = node.child(index as _) else { continue };
            match (part.kind(), colons) {
                (":", _) => colons += 1,
                _ if !part.is_named() || part.is_extra() => {}
                (_, 0) => ends.push((Ustr::from("start"), self.expression(part))),
                (_, 1) => ends.push((Ustr::from("end"), self.expression(part))),
                _ => ends.push((Ustr::from("step"), self.expression(part))),
            }
        }
        Value::Object(ends.into())
    }

    fn call(&mut self, node: Node<'n>, chain: &mut Chain) {
        if chain.called == chain.names.len() || (chain.base.is_some() && chain.names.len() == 1) {
            // What is called has no name: `f()()`, `(lambda: 1)()`
            chain.push(Name::default());
        }
        let arguments = field(node, "arguments");
        let callback = arguments.and_then(|arguments| iterating_callback(chain, arguments));
        let (arguments, each) = match (arguments, callback) {
            (Some(arguments), Some(callback)) => {
                let (each, arguments) = self.iterate_with(callback, arguments, node);
                (arguments, Some(each))
            }
            (Some(arguments), None) => (self.arguments(arguments), None),
            (None, _) => (Vec::new(), None),
        };
        let over =
            arguments.iter().filter(|argument| argument.name.is_none()).nth(1).map(|second| again(&second.value));
        let whole = span(node);
        let name_span = field(node, "function").map_or(whole, name_span);
        let call = self.builder.add_call(chain.names.clone(), chain.call, arguments, whole, name_span);
        chain.call = Some(call);
        chain.called = chain.names.len();
        chain.last = each.map(|each| {
            self.builder.loop_at(each).call = Some(call);
            self.builder.iterate(each, over.unwrap_or_else(nothing));
            Value::Each(each)
        });
    }

    /// `map(f, xs)`: runs the callback once per element.
    fn iterate_with(&mut self, callback: Node<'n>, arguments: Node<'n>, node: Node<'n>) -> (LoopIndex, Vec<Argument>) {
        let each = self.builder.add_loop(LoopKind::Each, LoopForm::Callback, node);
        let value = if callback.kind() == "lambda" {
            let literal = self.lambda_in(callback, each);
            let binds = self.builder.function(literal).params.iter().map(|param| param.name).collect();
            self.builder.loop_at(each).binds = binds;
            Value::Function(literal)
        } else {
            let element = Ustr::from("_");
            self.builder.loop_at(each).binds = [element].into();
            let chain = self.chain(callback);
            let outer = self.builder.open_loop(each);
            let argument = Argument { name: None, spread: false, value: Value::Path([element].into()) };
            let call = self.builder.add_call(
                chain.names.clone(),
                chain.call,
                vec![argument],
                span(callback),
                name_span(callback),
            );
            self.builder.call(call).usage = Usage::Returned;
            self.builder.close(outer);
            chain.value()
        };
        let mut lowered = vec![Argument { name: None, spread: false, value }];
        for part in parts(arguments).filter(|part| *part != callback) {
            lowered.extend(self.argument(part));
        }
        (each, lowered)
    }

    pub(super) fn arguments(&mut self, node: Node<'n>) -> Vec<Argument> {
        if node.kind() == "generator_expression" {
            return vec![Argument { name: None, spread: false, value: self.expression(node) }];
        }
        parts(node).filter_map(|part| self.argument(part)).collect()
    }

    fn argument(&mut self, node: Node<'n>) -> Option<Argument> {
        let (name, spread, value) = match node.kind() {
            "keyword_argument" => {
                (field(node, "name").map(|name| self.builder.name(name)), false, field(node, "value")?)
            }
            "list_splat" | "dictionary_splat" => (None, true, parts(node).next()?),
            _ => (None, false, node),
        };
        let value = self.statement(value)?;
        Some(Argument { name, spread, value })
    }

    /// A lambda whose body runs once per turn of a loop.
    fn lambda_in(&mut self, node: Node<'n>, each: LoopIndex) -> FunctionIndex {
        let literal = self.lambda_head(node, FunctionKind::Literal, Name::default());
        let outer = self.builder.open_body(literal, each);
        self.lambda_body(node, outer);
        literal
    }
}

/// The callback of `map(f, xs)`, `filter(f, xs)` and `executor.map(f, xs)`.
fn iterating_callback<'n>(chain: &Chain, arguments: Node<'n>) -> Option<Node<'n>> {
    let name = chain.names.last()?.as_str();
    let iterates = name == "map" || (name == "filter" && chain.names.len() == 1);
    if !iterates || arguments.kind() != "argument_list" {
        return None;
    }
    let mut parts = parts(arguments);
    let (callback, over) = (parts.next()?, parts.next()?);
    let positional = !matches!(over.kind(), "keyword_argument" | "dictionary_splat");
    let dotted = callback.kind() == "lambda" || is_dotted(callback);
    (positional && dotted).then_some(callback)
}

fn is_dotted(mut node: Node) -> bool {
    while node.kind() == "attribute" {
        let Some(object) = field(node, "object") else { return false };
        node = object;
    }
    node.kind() == "identifier"
}

fn name_span(function: Node) -> Span {
    span(field(function, "attribute").unwrap_or(function))
}
