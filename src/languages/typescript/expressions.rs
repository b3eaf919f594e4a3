//! Expressions to values. Chains of members and calls have their own file.

use tree_sitter::Node;

use super::chains::is_link;
use super::{Field, Kind, Lowering, children, first, nothing, span};
use crate::facts::{Argument, BranchKind, CallIndex, FunctionKind, LoopIndex, Name, Usage, Value};

/// How many operands of a long `a && b && c && ..` are kept as the condition of the next one.
const MAX_OPERANDS: usize = 16;

/// Operators whose operands are equal among each other, so that a chain of them is one value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operators {
    Arithmetic,
    Comparison,
    And,
    Or,
    Coalesce,
}

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn expression(&mut self, node: Node<'n>) -> Value {
        match self.kind(node) {
            Kind::Identifier
            | Kind::ShorthandPropertyIdentifier
            | Kind::ShorthandPropertyIdentifierPattern
            | Kind::PropertyIdentifier => Value::Path([self.builder.name(node)].into()),
            Kind::This => Value::Path([Name::from("self")].into()),
            Kind::Super | Kind::Import => Value::Path([self.builder.name(node)].into()),
            Kind::MetaProperty => Value::Path(self.builder.text(node).split('.').map(Name::from).collect()),
            Kind::String => Value::Text(self.string(node)),
            Kind::Number | Kind::True | Kind::False | Kind::Regex => Value::Literal(self.builder.name(node)),
            Kind::Null | Kind::Undefined => Value::Literal(Name::from("null")),
            _ => {
                if !self.builder.descend(node) {
                    return nothing();
                }
                let value = self.nested(node);
                self.builder.ascend();
                value
            }
        }
    }

    fn nested(&mut self, node: Node<'n>) -> Value {
        match self.kind(node) {
            kind if is_link(kind) => self.chain(node),
            Kind::NewExpression => self.construction(node),
            Kind::ArrowFunction | Kind::FunctionExpression | Kind::GeneratorFunction => {
                let name = self.field(node, Field::Name).map(|name| self.builder.name(name)).unwrap_or_default();
                Value::Function(self.literal(node, name))
            }
            Kind::Class => {
                let name = self.field(node, Field::Name).map(|name| self.builder.name(name)).unwrap_or_default();
                self.class(node, node, Some(name), false);
                Value::Path([name].into())
            }
            Kind::TemplateString => self.template(node),
            Kind::Object => self.object(node),
            Kind::Array => {
                let elements: Vec<Value> = children(node).map(|element| self.element(element)).collect();
                Value::List(elements.into())
            }
            Kind::BinaryExpression => self.binary(node),
            Kind::UnaryExpression => self.unary(node),
            Kind::UpdateExpression => self.update(node),
            Kind::TernaryExpression => self.ternary(node),
            Kind::AssignmentExpression => self.assignment(node),
            Kind::AugmentedAssignmentExpression => self.augmented_assignment(node),
            Kind::SequenceExpression => self.sequence(node),
            Kind::JsxElement | Kind::JsxSelfClosingElement => self.jsx(node),
            _ if self.known_statement(node, false) => nothing(),
            _ => self.unknown(node),
        }
    }

    /// What the grammar could not read, or what is not worth a case of its own: the values in it.
    pub(super) fn unknown(&mut self, node: Node<'n>) -> Value {
        let values: Vec<Value> = children(node).map(|child| self.expression(child)).collect();
        Value::Other(values.into())
    }

    fn element(&mut self, node: Node<'n>) -> Value {
        match (self.kind(node), first(node)) {
            (Kind::SpreadElement, Some(spread)) => Value::Other([self.expression(spread)].into()),
            _ => self.expression(node),
        }
    }

    fn object(&mut self, node: Node<'n>) -> Value {
        let mut entries = Vec::new();
        for entry in children(node) {
            entries.push(match self.kind(entry) {
                Kind::Pair => {
                    let key = self.field(entry, Field::Key).map(|key| self.key(key)).unwrap_or_default();
                    let value = self.field(entry, Field::Value).map(|value| self.expression(value));
                    (key, value.unwrap_or_else(nothing))
                }
                Kind::MethodDefinition => {
                    let key = self.field(entry, Field::Name).map(|name| self.key(name)).unwrap_or_default();
                    (key, Value::Function(self.function(entry, key, FunctionKind::Named)))
                }
                Kind::ShorthandPropertyIdentifier => (self.builder.name(entry), self.expression(entry)),
                Kind::SpreadElement => {
                    let spread = first(entry).map(|spread| self.expression(spread));
                    (Name::from("..."), spread.unwrap_or_else(nothing))
                }
                _ => (Name::default(), self.expression(entry)),
            });
        }
        Value::Object(entries.into())
    }

    /// The name of a property: `id`, `"id"`, `1`; `[]` when it is computed.
    pub(super) fn key(&mut self, node: Node<'n>) -> Name {
        match self.kind(node) {
            Kind::String => self.string(node),
            Kind::ComputedPropertyName => {
                self.unknown(node);
                Name::from("[]")
            }
            _ => self.builder.name(node),
        }
    }

    fn string(&self, node: Node<'n>) -> Name {
        let text = self.builder.text(node);
        let text = text.strip_prefix(['"', '\'']).unwrap_or(text);
        let text = text.strip_suffix(['"', '\'']).unwrap_or(text);
        if !text.contains('\\') {
            return Name::from(text);
        }
        let mut unescaped = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            let length = rest[at + 1..].chars().next().map_or(0, char::len_utf8);
            unescaped.push_str(&rest[..at]);
            unescaped.push_str(unescape(&rest[at..at + 1 + length]));
            rest = &rest[at + 1 + length..];
        }
        unescaped.push_str(rest);
        Name::from(&unescaped)
    }

    pub(super) fn template(&mut self, node: Node<'n>) -> Value {
        let mut text = String::new();
        let mut values = Vec::new();
        for part in children(node) {
            match self.kind(part) {
                Kind::TemplateSubstitution => {
                    text.push_str("{}");
                    values.push(first(part).map_or_else(nothing, |value| self.expression(value)));
                }
                Kind::EscapeSequence => text.push_str(unescape(self.builder.text(part))),
                _ => text.push_str(self.builder.text(part)),
            }
        }
        let text = Name::from(&text);
        if values.is_empty() { Value::Text(text) } else { Value::Template(text, values.into()) }
    }

    /// Walks the left side of an operator chain without recursion: sums of a thousand texts are written by machines.
    fn binary(&mut self, node: Node<'n>) -> Value {
        let operators = self.operators(node);
        let bottom = self.steps.len();
        let mut next = Some(node);
        let mut left = None;
        while let Some(node) = next.take() {
            self.steps.push(node);
            left = self.field(node, Field::Left);
            next = left.filter(|left| self.kind(*left) == Kind::BinaryExpression && self.operators(*left) == operators);
        }
        let mut values = vec![left.map_or_else(nothing, |left| self.expression(left))];
        while self.steps.len() > bottom {
            let right = self.steps.pop().and_then(|node| self.field(node, Field::Right));
            let Some(right) = right else { continue };
            let kind = match operators {
                Operators::And => BranchKind::If,
                Operators::Or | Operators::Coalesce => BranchKind::IfNot,
                Operators::Arithmetic | Operators::Comparison => {
                    values.push(self.expression(right));
                    continue;
                }
            };
            let condition = match &values[values.len().saturating_sub(MAX_OPERANDS)..] {
                [one] => one.clone(),
                several => Value::Other(several.into()),
            };
            if operators == Operators::And {
                self.builder.use_value(&condition, Usage::Tested);
            }
            values.push(self.guarded(kind, condition, right, |lowering| lowering.expression(right)));
        }
        Value::Other(values.into())
    }

    fn operators(&self, node: Node<'n>) -> Operators {
        match self.operator(node) {
            "&&" => Operators::And,
            "||" => Operators::Or,
            "??" => Operators::Coalesce,
            "==" | "===" | "!=" | "!==" | "<" | "<=" | ">" | ">=" | "in" | "instanceof" => Operators::Comparison,
            _ => Operators::Arithmetic,
        }
    }

    fn unary(&mut self, node: Node<'n>) -> Value {
        let Some(argument) = self.field(node, Field::Argument) else { return self.unknown(node) };
        match (self.operator(node), self.kind(argument)) {
            ("-" | "+", Kind::Number) => Value::Literal(self.builder.name(node)),
            ("void", _) => self.expression(argument),
            _ => Value::Other([self.expression(argument)].into()),
        }
    }

    fn update(&mut self, node: Node<'n>) -> Value {
        let Some(argument) = self.field(node, Field::Argument) else { return self.unknown(node) };
        let (target, value) = self.target(argument);
        self.builder.bind(target, None, Value::Literal(Name::from("1")), span(node)).augments = true;
        value
    }

    fn ternary(&mut self, node: Node<'n>) -> Value {
        let (kind, condition) = match self.field(node, Field::Condition) {
            Some(condition) => self.condition(condition),
            None => (BranchKind::If, nothing()),
        };
        let mut values = Vec::new();
        if let Some(then) = self.field(node, Field::Consequence) {
            values.push(self.guarded(kind, condition.clone(), then, |lowering| lowering.expression(then)));
        }
        if let Some(other) = self.field(node, Field::Alternative) {
            values.push(self.guarded(BranchKind::Else, condition, other, |lowering| lowering.expression(other)));
        }
        Value::Other(values.into())
    }

    fn sequence(&mut self, node: Node<'n>) -> Value {
        let mut result = nothing();
        for part in children(node) {
            self.builder.use_value(&result, Usage::Dropped);
            result = self.expression(part);
        }
        result
    }

    /// An element is the values of its attributes and children; texts and components are markup.
    fn jsx(&mut self, node: Node<'n>) -> Value {
        let mut values = Vec::new();
        self.jsx_values(node, &mut values);
        Value::Other(values.into())
    }

    fn jsx_values(&mut self, node: Node<'n>, values: &mut Vec<Value>) {
        for part in children(node) {
            match self.kind(part) {
                Kind::JsxOpeningElement | Kind::JsxAttribute => self.jsx_values(part, values),
                Kind::JsxExpression => {
                    if let Some(inner) = first(part) {
                        values.push(self.element(inner));
                    }
                }
                Kind::JsxElement | Kind::JsxSelfClosingElement => values.push(self.expression(part)),
                Kind::Unknown if part.is_error() => values.push(self.expression(part)),
                _ => {}
            }
        }
    }

    /// `new Pool(options)`
    fn construction(&mut self, node: Node<'n>) -> Value {
        let Some(constructor) = self.field(node, Field::Constructor) else { return self.unknown(node) };
        let chain = match self.expression(constructor) {
            Value::Path(path) => path.into_vec(),
            _ => vec![Name::default()],
        };
        let arguments = self.field(node, Field::Arguments);
        let arguments = arguments.map(|arguments| self.arguments(arguments, None)).unwrap_or_default();
        let named = self.field(constructor, Field::Property).unwrap_or(constructor);
        let call = self.builder.add_call(chain, None, arguments, span(node), span(named));
        self.builder.call(call).constructs = true;
        Value::Call(call, Box::default())
    }

    /// Lowers what a call gets; the argument at the position of `body` is the body of that loop.
    pub(super) fn arguments(&mut self, node: Node<'n>, body: Option<(usize, LoopIndex)>) -> Vec<Argument> {
        if self.kind(node) == Kind::TemplateString {
            return vec![Argument { name: None, spread: false, value: self.template(node) }];
        }
        let mut arguments = Vec::new();
        for (position, argument) in children(node).enumerate() {
            let spread = self.kind(argument) == Kind::SpreadElement;
            let value = match body {
                Some((at, each)) if at == position && self.is_function(argument) => {
                    Value::Function(self.body(argument, each))
                }
                _ if spread => first(argument).map_or_else(nothing, |spread| self.expression(spread)),
                _ => self.expression(argument),
            };
            arguments.push(Argument { name: None, spread, value });
        }
        arguments
    }

    /// The names of a chain of calls, for what can only point at it by name.
    pub(super) fn names_of(&self, call: CallIndex, read: &[Name]) -> Vec<Name> {
        let mut names = self.builder.facts.call(call).chain.to_vec();
        names.extend_from_slice(read);
        names
    }
}

fn unescape(escape: &str) -> &str {
    match escape {
        "\\n" => "\n",
        "\\t" => "\t",
        "\\'" => "'",
        "\\\"" => "\"",
        "\\`" => "`",
        "\\\\" => "\\",
        other => other,
    }
}
