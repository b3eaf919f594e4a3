//! `db.order.findMany().then(..)`: members, subscripts and calls on one another, and the calls that iterate.

use tree_sitter::Node;

use super::{Field, Kind, Lowering, children, first, last, span};
use crate::facts::{Argument, CallIndex, LoopForm, LoopIndex, LoopKind, Name, Span, Usage, Value};
use crate::languages::builder::shorten;

/// A chain while it is walked from its root outwards.
struct Chain {
    /// Every name so far, over all calls.
    names: Vec<Name>,
    /// The last call, and how many names it has.
    call: Option<(CallIndex, usize)>,
    /// The root when it has no name: `[1, 2].map(..)`
    root: Option<Value>,
    /// The subscript that was the last step.
    index: Option<Value>,
    /// The loop that the last call is.
    each: Option<LoopIndex>,
    name: Span,
}

/// A call that runs a function once per element.
struct Iteration {
    /// The receiver; else it is the first argument.
    over: Option<Value>,
    bounded: bool,
    callback: Callback,
}

enum Callback {
    /// The argument at the position is a literal; its parameters from `first` on are what the loop binds.
    Literal { position: usize, first: usize },
    /// The only argument is the name of a function.
    Named,
}

impl<'n> Lowering<'_, '_, 'n> {
    /// Walks to the root without recursion, and back.
    pub(super) fn chain(&mut self, node: Node<'n>) -> Value {
        let bottom = self.steps.len();
        let mut root = node;
        let mut outer = None;
        // `await db<Row>("rows").first()`: the grammar takes `await db` for what is called.
        let mut is_swallowed = false;
        loop {
            let inner = match self.kind(root) {
                Kind::MemberExpression | Kind::SubscriptExpression => self.field(root, Field::Object),
                Kind::CallExpression => self.field(root, Field::Function),
                Kind::AwaitExpression
                | Kind::ParenthesizedExpression
                | Kind::NonNullExpression
                | Kind::AsExpression
                | Kind::SatisfiesExpression
                | Kind::InstantiationExpression => first(root),
                Kind::TypeAssertion => last(root),
                _ => break,
            };
            let Some(inner) = inner else { break };
            if self.kind(root) == Kind::AwaitExpression && matches!(outer, Some(Kind::CallExpression)) {
                is_swallowed = true;
            } else if matches!(
                self.kind(root),
                Kind::MemberExpression | Kind::SubscriptExpression | Kind::CallExpression | Kind::AwaitExpression
            ) {
                self.steps.push(root);
            }
            outer = Some(self.kind(root));
            root = inner;
        }
        // A broken link has no way further down.
        let value = if is_link(self.kind(root)) { self.unknown(root) } else { self.expression(root) };
        if self.steps.len() == bottom {
            return value;
        }
        let mut chain = self.start(value, root);
        let mut iteration = None;
        while self.steps.len() > bottom {
            let Some(step) = self.steps.pop() else { break };
            match self.kind(step) {
                Kind::MemberExpression => {
                    let Some(property) = self.field(step, Field::Property) else { continue };
                    let call = self.steps.get(bottom..).and_then(<[_]>::last).copied();
                    iteration = call.filter(|call| self.kind(*call) == Kind::CallExpression).and_then(|call| {
                        let callback = self.method_callback(self.builder.text(property), call)?;
                        let bounded = chain.names.len() == 1 && self.is_fixed(root);
                        Some(Iteration { over: Some(self.value(&mut chain)), bounded, callback })
                    });
                    chain.names.push(self.builder.name(property));
                    chain.name = span(property);
                    (chain.index, chain.each) = (None, None);
                }
                Kind::SubscriptExpression => {
                    let index = self.field(step, Field::Index).map(|index| self.expression(index));
                    chain.index = Some(index.unwrap_or_else(super::nothing));
                    chain.each = None;
                    chain.names.push(Name::from("[]"));
                }
                Kind::CallExpression => self.call(&mut chain, step, iteration.take()),
                _ => match (chain.call, &chain.root) {
                    (Some((call, _)), _) => self.builder.call(call).awaited = true,
                    (None, Some(root)) => self.builder.await_value(root),
                    (None, None) => {}
                },
            }
        }
        if let Some((call, _)) = chain.call.filter(|_| is_swallowed) {
            self.builder.call(call).awaited = true;
        }
        // Nothing but an awaited attribute loads a row.
        if self.kind(node) == Kind::AwaitExpression && chain.call.is_none() && chain.root.is_none() {
            self.builder.read(&chain.names, true, span(node));
        }
        self.value(&mut chain)
    }

    fn start(&self, value: Value, node: Node<'n>) -> Chain {
        let (names, call, root, index, each) = match value {
            Value::Path(path) => (path.into_vec(), None, None, None, None),
            Value::Call(call, read) => {
                let names = self.names_of(call, &read);
                let own = names.len() - read.len();
                (names, Some((call, own)), None, None, None)
            }
            other => (vec![Name::default()], None, Some(other), None, None),
        };
        Chain { names, call, root, index, each, name: span(node) }
    }

    /// What the chain is so far. A root without a name is moved out.
    fn value(&self, chain: &mut Chain) -> Value {
        if let Some(each) = chain.each {
            return Value::Each(each);
        }
        let end = chain.names.len() - usize::from(chain.index.is_some());
        let base = match (chain.call, chain.root.take()) {
            (Some((call, own)), _) => Value::Call(call, chain.names[own.min(end)..end].into()),
            (None, Some(root)) if end == 1 => root,
            (None, Some(root)) => Value::Other([root].into()),
            (None, None) => Value::Path(chain.names[..end].into()),
        };
        match chain.index.take() {
            Some(index) => Value::Element(Box::new((base, index))),
            None => base,
        }
    }

    fn call(&mut self, chain: &mut Chain, node: Node<'n>, iteration: Option<Iteration>) {
        if chain.call.is_some_and(|(_, own)| own == chain.names.len()) {
            // `connect(store)(Page)`: what is called has no name of its own.
            chain.names.push(Name::default());
        }
        let arguments = self.field(node, Field::Arguments);
        let iteration = iteration.or_else(|| self.helper(&chain.names, arguments?));
        let each = iteration.as_ref().map(|_| self.builder.add_loop(LoopKind::Each, LoopForm::Callback, node));
        let body = match (&iteration, each) {
            (Some(Iteration { callback: Callback::Literal { position, .. }, .. }), Some(each)) => {
                Some((*position, each))
            }
            _ => None,
        };
        let given = arguments.map(|arguments| self.arguments(arguments, body)).unwrap_or_default();
        if let (Some(each), Some(Callback::Named), Some(arguments)) =
            (each, iteration.as_ref().map(|iteration| &iteration.callback), arguments)
        {
            self.turn(each, &given, arguments);
        }
        let receiver = chain.call.map(|(call, _)| call);
        let types = self.type_arguments(node);
        let call = self.builder.add_call(chain.names.clone(), receiver, given, span(node), chain.name);
        self.builder.call(call).types = types;
        if let Some(Value::Function(literal)) = chain.root.take() {
            // Called where it stands: handed to a call without a name.
            self.builder.function(literal).passed_to = Some(call);
        }
        shorten(&mut chain.names);
        chain.call = Some((call, chain.names.len()));
        chain.index = None;
        chain.each = each;
        if let (Some(each), Some(iteration)) = (each, iteration) {
            self.iterated(each, call, iteration, arguments);
        }
    }

    /// Fills in the loop that a call turned out to be.
    fn iterated(&mut self, each: LoopIndex, call: CallIndex, iteration: Iteration, arguments: Option<Node<'n>>) {
        let first_argument = arguments.and_then(first);
        let bounded = iteration.bounded
            || iteration.over.is_none() && first_argument.is_some_and(|argument| self.is_fixed(argument));
        let over = iteration.over.or_else(|| Some(self.builder.call(call).arguments.first()?.value.clone()));
        let inherited = matches!(over, Some(Value::Each(inner)) if self.builder.loop_at(inner).bounded);
        if let Some(over) = over {
            self.builder.iterate(each, over);
        }
        let mut binds = Vec::new();
        let mut head = arguments.map_or(0, |arguments| arguments.start_byte());
        match iteration.callback {
            Callback::Named => binds.push(Name::from("_")),
            Callback::Literal { position, first } => {
                if let Some(literal) = arguments.and_then(|arguments| children(arguments).nth(position)) {
                    head = literal.start_byte();
                    for parameter in self.parameters(literal).skip(first).take(2) {
                        self.pattern_names(parameter, &mut binds);
                    }
                }
            }
        }
        let each = self.builder.loop_at(each);
        each.call = Some(call);
        each.bounded = bounded || inherited;
        each.binds = binds.into();
        each.head.end = head as u32;
    }

    /// `users.map(identify)` calls it for each element.
    fn turn(&mut self, each: LoopIndex, given: &[Argument], arguments: Node<'n>) {
        let (Some(Argument { value: Value::Path(path), .. }), Some(node)) = (given.first(), first(arguments)) else {
            return;
        };
        let outer = self.builder.open_loop(each);
        let element = Argument { name: None, spread: false, value: Value::Path([Name::from("_")].into()) };
        let named = self.field(node, Field::Property).unwrap_or(node);
        let call = self.builder.add_call(path.to_vec(), None, vec![element], span(node), span(named));
        self.builder.call(call).usage = Usage::Returned;
        self.builder.close(outer);
    }

    /// What `xs.name(..)` runs per element of `xs`, if it does.
    fn method_callback(&self, name: &str, call: Node<'n>) -> Option<Callback> {
        let first = match name {
            "map" | "forEach" | "flatMap" | "filter" | "some" | "every" | "find" | "findIndex" | "findLast" => 0,
            "reduce" | "reduceRight" => 1,
            _ => return None,
        };
        let arguments = self.field(call, Field::Arguments)?;
        let callback = super::first(arguments)?;
        match self.kind(callback) {
            Kind::ArrowFunction | Kind::FunctionExpression => {
                self.takes_elements(callback).then_some(Callback::Literal { position: 0, first })
            }
            Kind::Identifier | Kind::MemberExpression
                if matches!(name, "map" | "forEach" | "flatMap" | "filter")
                    && children(arguments).nth(1).is_none()
                    && self.names_function(callback) =>
            {
                Some(Callback::Named)
            }
            _ => None,
        }
    }

    /// `pMap(xs, (x) => ..)` · `async.eachLimit(xs, 5, (x) => ..)` · `Array.from(xs, (x) => ..)`
    fn helper(&self, names: &[Name], arguments: Node<'n>) -> Option<Iteration> {
        let from = matches!(names, [array, from] if array == "Array" && from == "from");
        if !from && !names.last().is_some_and(|name| is_iterating(name)) {
            return None;
        }
        let mut given = children(arguments);
        let over = given.next()?;
        if self.is_function(over) || matches!(self.kind(over), Kind::String | Kind::TemplateString) {
            return None;
        }
        let (position, literal) = given.take(2).enumerate().find(|(_, argument)| self.is_function(*argument))?;
        let callback = Callback::Literal { position: position + 1, first: 0 };
        self.takes_elements(literal).then_some(Iteration { over: None, bounded: false, callback })
    }

    /// A callback in the old style of Node gets an error first: it runs once, when all is done.
    fn takes_elements(&self, literal: Node<'n>) -> bool {
        let first = self.parameters(literal).next().map(|parameter| self.builder.text(parameter));
        !matches!(first, Some("err" | "error"))
    }

    /// A plain name or a path of names, and not one of the language's own conversions.
    fn names_function(&self, node: Node<'n>) -> bool {
        let text = self.builder.text(node);
        let is_path = text.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '$' | '.' | '#'));
        is_path && !matches!(text, "Boolean" | "String" | "Number" | "BigInt" | "parseInt" | "parseFloat" | "undefined")
    }

    pub(super) fn is_function(&self, node: Node<'n>) -> bool {
        matches!(self.kind(node), Kind::ArrowFunction | Kind::FunctionExpression | Kind::GeneratorFunction)
    }
}

/// Whether a node stands between the root of a chain and its end.
pub(super) fn is_link(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::MemberExpression
            | Kind::SubscriptExpression
            | Kind::CallExpression
            | Kind::AwaitExpression
            | Kind::ParenthesizedExpression
            | Kind::NonNullExpression
            | Kind::AsExpression
            | Kind::SatisfiesExpression
            | Kind::TypeAssertion
            | Kind::InstantiationExpression
    )
}

/// Whether one of its words is `map` or `each`: `pMap`, `eachLimit`, but not `reach` or `mapper`.
fn is_iterating(name: &str) -> bool {
    let is_word = |word: &str| {
        name.match_indices(word).any(|(at, _)| {
            let starts = word.starts_with(char::is_uppercase) || !name[..at].ends_with(char::is_alphanumeric);
            starts && !name[at + word.len()..].starts_with(char::is_lowercase)
        })
    };
    name.ends_with("foreach") || ["map", "Map", "each", "Each"].into_iter().any(is_word)
}
