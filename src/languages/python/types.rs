//! Annotations to type references.

use tree_sitter::Node;
use ustr::Ustr;

use super::{Lowering, field, parts};
use crate::facts::{Name, TypeRef, Value};

/// How deep annotations in quotes are followed.
const MAX_QUOTED: usize = 8;

impl<'n> Lowering<'_, '_, 'n> {
    /// The type of a parameter, and what `Annotated[Session, Depends(get_db)]` says fills it.
    pub(super) fn annotation(&mut self, node: Node<'n>) -> (Option<TypeRef>, Option<Value>) {
        let declared = self.type_ref(node);
        let annotated = declared.as_ref().is_some_and(|declared| is(&declared.path, "Annotated"));
        if !annotated {
            return (declared, None);
        }
        let mut injected = None;
        for part in type_arguments(node).into_iter().skip(1) {
            let value = self.expression(unwrapped(part));
            if injected.is_none() && matches!(value, Value::Call(..)) {
                injected = Some(value);
            }
        }
        (declared, injected)
    }

    pub(super) fn type_ref(&mut self, node: Node<'n>) -> Option<TypeRef> {
        if !self.builder.descend(node) {
            return None;
        }
        let declared = self.type_ref_here(node);
        self.builder.ascend();
        declared
    }

    fn type_ref_here(&mut self, node: Node<'n>) -> Option<TypeRef> {
        match node.kind() {
            "identifier" | "none" | "attribute" | "member_type" | "call" => Some(plain(self.type_path(node))),
            "union_type" | "binary_operator" => Some(self.union_type(node)),
            "generic_type" | "subscript" => {
                let generic = parts(node).next()?;
                let path = self.type_path(generic);
                let mut arguments = Vec::new();
                let said = match path.last().map_or("", |name| name.as_str()) {
                    // Values, not types.
                    "Literal" => 0,
                    "Annotated" => 1,
                    _ => usize::MAX,
                };
                for part in type_arguments(node).into_iter().take(said) {
                    arguments.extend(self.type_ref(part));
                }
                Some(applied(path, arguments))
            }
            "string" => quoted(string_text(self.builder.text(node)), MAX_QUOTED),
            "type" | "parenthesized_expression" | "splat_type" | "constrained_type" => {
                let inner = parts(node).next()?;
                self.type_ref(inner)
            }
            _ => None,
        }
    }

    fn type_path(&self, node: Node<'n>) -> Vec<Name> {
        let mut path = Vec::with_capacity(2);
        let mut next = Some(node);
        while let Some(node) = next {
            next = match node.kind() {
                "attribute" => {
                    path.extend(field(node, "attribute").map(|name| self.builder.name(name)));
                    field(node, "object")
                }
                "member_type" => {
                    path.extend(parts(node).last().map(|name| self.builder.name(name)));
                    parts(node).next()
                }
                "call" => field(node, "function"),
                "type" | "subscript" => parts(node).next(),
                "identifier" | "none" => {
                    path.push(self.builder.name(node));
                    None
                }
                _ => None,
            };
        }
        path.reverse();
        path
    }

    /// `A | B | None`, which nests to the left.
    fn union_type(&mut self, node: Node<'n>) -> TypeRef {
        let mut members = Vec::new();
        let mut left = Some(node);
        while let Some(union) = left.map(unwrapped).filter(|left| is_union(*left)) {
            let mut sides = parts(union);
            left = sides.next();
            members.extend(sides.next().and_then(|right| self.type_ref(right)));
        }
        members.extend(left.and_then(|left| self.type_ref(left)));
        members.reverse();
        union(members)
    }
}

fn is_union(node: Node) -> bool {
    matches!(node.kind(), "union_type" | "binary_operator")
}

fn unwrapped(mut node: Node) -> Node {
    while node.kind() == "type" {
        let Some(inner) = parts(node).next() else { break };
        node = inner;
    }
    node
}

/// What stands in the brackets of a generic type, whichever way the grammar saw it.
fn type_arguments(node: Node) -> Vec<Node> {
    let node = unwrapped(node);
    match node.kind() {
        "generic_type" => parts(node).filter(|part| part.kind() == "type_parameter").flat_map(parts).collect(),
        "subscript" => parts(node).skip(1).collect(),
        _ => Vec::new(),
    }
}

fn plain(path: Vec<Name>) -> TypeRef {
    applied(path, Vec::new())
}

fn shape(name: &str, arguments: Vec<TypeRef>) -> TypeRef {
    TypeRef { path: [Ustr::from(name)].into(), arguments: arguments.into() }
}

/// A generic type with its arguments, under the names that all languages share.
fn applied(path: Vec<Name>, arguments: Vec<TypeRef>) -> TypeRef {
    match path.last().map_or("", |name| name.as_str()) {
        "list" | "List" | "set" | "Set" | "frozenset" | "FrozenSet" | "AbstractSet" | "Sequence"
        | "MutableSequence" | "Iterable" | "Collection" => shape("[]", arguments),
        "tuple" | "Tuple" if arguments.len() < 2 => shape("[]", arguments),
        "Optional" if !arguments.is_empty() => shape("?", arguments),
        "Union" if !arguments.is_empty() => union(arguments),
        "type" | "Type" if !arguments.is_empty() => shape("type", arguments),
        _ => TypeRef { path: path.into(), arguments: arguments.into() },
    }
}

fn union(mut members: Vec<TypeRef>) -> TypeRef {
    let all = members.len();
    members.retain(|member| !is(&member.path, "None"));
    let absent = members.len() < all;
    let one = match members.len() {
        1 => members.pop(),
        _ => None,
    };
    let one = one.unwrap_or_else(|| shape("|", members));
    if absent { shape("?", vec![one]) } else { one }
}

fn is(path: &[Name], name: &str) -> bool {
    path.last().is_some_and(|last| last == name)
}

fn string_text(literal: &str) -> &str {
    literal.trim_start_matches(char::is_alphabetic).trim_matches(['"', '\''])
}

/// An annotation in quotes: names, brackets and `|`; of anything else nothing.
fn quoted(text: &str, depth: usize) -> Option<TypeRef> {
    let text = text.trim().trim_matches(['"', '\'']);
    let members = split(text, '|');
    if depth == 0 || text.is_empty() {
        return None;
    }
    if members.len() > 1 {
        return Some(union(members.into_iter().filter_map(|member| quoted(member, depth - 1)).collect()));
    }
    let (name, arguments) = match text.split_once('[') {
        Some((name, rest)) => (name, split(rest.strip_suffix(']')?, ',')),
        None => (text, Vec::new()),
    };
    let valid = name.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'));
    let arguments = arguments.into_iter().filter_map(|argument| quoted(argument, depth - 1)).collect();
    valid.then(|| applied(name.split('.').map(Ustr::from).collect(), arguments))
}

/// Splits where no bracket is open.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut open = 0;
    text.split(|c: char| {
        open += i32::from(c == '[') - i32::from(c == ']');
        c == separator && open == 0
    })
    .collect()
}
