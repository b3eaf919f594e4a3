//! Macro invocations: what reads like arguments in their tokens. It does not know what a macro does with them, nor
//! which loops and closures it writes.

use tree_sitter::Node;

use super::chains::Chain;
use super::{Lowering, among, is_nothing, nothing};
use crate::facts::{Argument, Name, Span, Value};
use crate::languages::span;

impl<'tree> Lowering<'_, '_, 'tree> {
    pub(super) fn macro_invocation(&mut self, node: Node<'tree>) -> Chain {
        let mut path = Vec::new();
        let named = node.child_by_field_name("macro").unwrap_or(node);
        self.path(named, &mut path);
        let mut tokens = None;
        self.children(node, |_, child| tokens = Some(child).filter(|child| child.kind() == "token_tree").or(tokens));
        let name_span = span(named.child_by_field_name("name").unwrap_or(named));
        self.call_macro(path, tokens, span(node), name_span)
    }

    fn call_macro(&mut self, mut path: Vec<Name>, tree: Option<Node<'tree>>, whole: Span, name_span: Span) -> Chain {
        let arguments = tree.map(|tree| self.token_arguments(tree)).unwrap_or_default();
        let Some(name) = path.pop() else { return Chain::of(nothing()) };
        match name.as_str() {
            "vec" => {
                let repeats = tree.is_some_and(|tree| super::has(tree, ";"));
                let values = arguments.into_iter().map(|argument| argument.value).collect();
                return Chain::of(if repeats { Value::Other(values) } else { Value::List(values) });
            }
            "format" | "format_args" => return Chain::of(template(arguments)),
            _ => {}
        }
        path.push(Name::from(&format!("{name}!")));
        let call = self.builder.add_call(path, None, arguments, whole, name_span);
        Chain::of(Value::Call(call, Box::default()))
    }

    /// The tokens between the brackets.
    pub(super) fn tokens(&mut self, tree: Node<'tree>) -> Vec<Node<'tree>> {
        let mut cursor = tree.walk();
        let mut tokens = tree.children(&mut cursor).filter(|token| !token.is_extra()).collect::<Vec<_>>();
        tokens.pop();
        if !tokens.is_empty() {
            tokens.remove(0);
        }
        tokens
    }

    pub(super) fn token_values(&mut self, tree: Node<'tree>) -> Vec<Value> {
        self.token_arguments(tree).into_iter().map(|argument| argument.value).collect()
    }

    fn token_arguments(&mut self, tree: Node<'tree>) -> Vec<Argument> {
        let arguments = self.deeper(tree, |this| {
            let tokens = this.tokens(tree);
            let mut arguments = Vec::new();
            for part in tokens.split(|token| matches!(token.kind(), "," | ";" | "=>")) {
                let (name, part) = match part {
                    [name, sign, rest @ ..] if name.kind() == "identifier" && sign.kind() == "=" => {
                        (Some(this.name(*name)), rest)
                    }
                    part => (None, part),
                };
                if !part.is_empty() {
                    let value = this.token_value(part);
                    arguments.push(Argument { name, spread: false, value });
                }
            }
            arguments
        });
        arguments.unwrap_or_default()
    }

    fn token_value(&mut self, tokens: &[Node<'tree>]) -> Value {
        if let [sign, number] = tokens
            && sign.kind() == "-"
            && matches!(number.kind(), "integer_literal" | "float_literal")
        {
            return Value::Literal(Name::from(&format!("-{}", self.builder.text(*number))));
        }
        let mut values = Vec::new();
        let mut rest = tokens;
        while let [token, after @ ..] = rest {
            rest = after;
            if let Some(chain) = self.token_base(*token, &mut rest) {
                let value = self.token_links(chain, *token, &mut rest).value();
                if !is_nothing(&value) {
                    values.push(value);
                }
            }
        }
        among(values)
    }

    fn token_base(&mut self, token: Node<'tree>, rest: &mut &[Node<'tree>]) -> Option<Chain> {
        if let Some(literal) = self.literal(token) {
            return Some(Chain::of(literal));
        }
        match token.kind() {
            "identifier" if self.builder.text(token) == "None" => Some(Chain::of(Value::Literal(Name::from("null")))),
            "identifier" | "self" | "super" | "crate" | "primitive_type" | "metavariable" => {
                let mut path = vec![self.name(token)];
                let mut last = token;
                while let [colons, name, after @ ..] = *rest
                    && colons.kind() == "::"
                {
                    if name.kind() == "<" {
                        *rest = after_generics(after);
                        continue;
                    }
                    if name.kind() != "identifier" {
                        break;
                    }
                    path.push(self.name(*name));
                    last = *name;
                    *rest = after;
                }
                match *rest {
                    [sign, tree, after @ ..] if sign.kind() == "!" && tree.kind() == "token_tree" => {
                        *rest = after;
                        Some(self.call_macro(path, Some(*tree), around(token, *tree), span(last)))
                    }
                    [tree, after @ ..] if self.opens(*tree, "{") && path.last()?.starts_with(char::is_uppercase) => {
                        let value = self.token_object(*tree)?;
                        *rest = after;
                        let arguments = vec![Argument { name: None, spread: false, value }];
                        let call = self.builder.add_call(path, None, arguments, around(token, *tree), span(last));
                        self.builder.call(call).constructs = true;
                        Some(Chain::of(Value::Call(call, Box::default())))
                    }
                    _ => Some(Chain::path(path)),
                }
            }
            "token_tree" if self.opens(token, "{") => {
                let object = self.token_object(token);
                Some(Chain::of(object.unwrap_or_else(|| Value::Other(self.token_values(token).into()))))
            }
            "token_tree" => {
                let list = self.opens(token, "[") || super::has(token, ",");
                let values = self.token_values(token);
                Some(Chain::of(if list { Value::List(values.into()) } else { among(values) }))
            }
            _ => None,
        }
    }

    /// Fields, subscripts and calls behind a value.
    fn token_links(&mut self, mut chain: Chain, start: Node<'tree>, rest: &mut &[Node<'tree>]) -> Chain {
        let mut last = start;
        loop {
            match *rest {
                [dot, word, after @ ..] if dot.kind() == "." && word.kind() == "await" => {
                    *rest = after;
                    self.await_chain(&mut chain);
                }
                [dot, name, after @ ..]
                    if dot.kind() == "." && matches!(name.kind(), "identifier" | "integer_literal") =>
                {
                    *rest = match after {
                        [colons, angle, after @ ..] if colons.kind() == "::" && angle.kind() == "<" => {
                            after_generics(after)
                        }
                        after => after,
                    };
                    last = *name;
                    let field = self.name(*name);
                    match *rest {
                        [tree, after @ ..] if self.opens(*tree, "(") => {
                            *rest = after;
                            chain = self.token_method(chain, field, *name, *tree, start);
                        }
                        _ => chain.field(field),
                    }
                }
                [tree, after @ ..] if self.opens(*tree, "(") => {
                    *rest = after;
                    let arguments = self.token_arguments(*tree);
                    chain = self.apply(chain, arguments, around(start, *tree), span(last));
                }
                [tree, after @ ..] if self.opens(*tree, "[") => {
                    *rest = after;
                    let index = among(self.token_values(*tree));
                    chain.index(index);
                }
                [sign, after @ ..] if sign.kind() == "?" => *rest = after,
                _ => return chain,
            }
        }
    }

    fn token_method(
        &mut self,
        mut chain: Chain,
        name: Name,
        at: Node<'tree>,
        tree: Node<'tree>,
        start: Node<'tree>,
    ) -> Chain {
        let arguments = self.token_arguments(tree);
        if arguments.is_empty() && chain.passes(name.as_str()) {
            return chain;
        }
        self.call_on(chain, name, arguments, around(start, tree), span(at))
    }

    fn opens(&self, token: Node, bracket: &str) -> bool {
        token.kind() == "token_tree" && self.builder.text(token).starts_with(bracket)
    }

    /// `{ "key": value, .. }`
    fn token_object(&mut self, tree: Node<'tree>) -> Option<Value> {
        self.deeper(tree, |this| {
            let tokens = this.tokens(tree);
            let is_entry = |part: &[Node]| matches!(part, [_, colon, _, ..] if colon.kind() == ":");
            let parts = tokens.split(|token| token.kind() == ",").filter(|part| !part.is_empty());
            if !parts.clone().all(is_entry) {
                return None;
            }
            let mut entries = Vec::new();
            for part in parts {
                let key = match this.literal(part[0]) {
                    Some(Value::Text(key)) => key,
                    _ => this.name(part[0]),
                };
                entries.push((key, this.token_value(&part[2..])));
            }
            Some(Value::Object(entries.into()))
        })
        .flatten()
    }
}

/// Behind the `>` that closes a `::<`.
fn after_generics<'a, 'tree>(tokens: &'a [Node<'tree>]) -> &'a [Node<'tree>] {
    let mut depth = 1;
    for (position, token) in tokens.iter().enumerate() {
        depth += match token.kind() {
            "<" => 1,
            ">" => -1,
            ">>" => -2,
            _ => 0,
        };
        if depth <= 0 {
            return &tokens[position + 1..];
        }
    }
    &[]
}

fn around(start: Node, end: Node) -> Span {
    Span { start: span(start).start, end: span(end).end }
}

/// `format!("SELECT {id} {}", kind)`: a `{}` for each value, wherever its name stood.
fn template(arguments: Vec<Argument>) -> Value {
    let mut arguments = arguments.into_iter();
    let Some(Argument { value: Value::Text(format), .. }) = arguments.next() else {
        return among(arguments.map(|argument| argument.value).collect());
    };
    let mut given = arguments.map(|argument| (argument.name, Some(argument.value))).collect::<Vec<_>>();
    let mut text = String::new();
    let mut values = Vec::new();
    let mut position = 0;
    let mut rest = format.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let sign = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(sign) {
            text.push_str(sign);
            rest = after;
            continue;
        }
        let Some(end) = rest.find('}').filter(|_| sign == "{") else { continue };
        let inside = rest[..end].split(':').next().unwrap_or_default().trim();
        rest = &rest[end + 1..];
        text.push_str("{}");
        let at = match inside.parse::<usize>() {
            Ok(at) => at,
            Err(_) if inside.is_empty() => {
                position += 1;
                position - 1
            }
            Err(_) => given.iter().position(|(name, _)| name.is_some_and(|name| name == inside)).unwrap_or(usize::MAX),
        };
        let captured = || Value::Path(Box::new([Name::from(inside)]));
        let value = match given.get_mut(at) {
            Some((_, Some(Value::Path(path)))) => Some(Value::Path(path.clone())),
            // What is larger is given once, however often it is written.
            Some((_, value)) => value.take(),
            None if inside.starts_with(|sign: char| sign.is_alphabetic() || sign == '_') => Some(captured()),
            None => None,
        };
        values.push(value.unwrap_or_else(nothing));
    }
    text.push_str(rest);
    if values.is_empty() { Value::Text(Name::from(&text)) } else { Value::Template(Name::from(&text), values.into()) }
}
