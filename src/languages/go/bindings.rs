//! Go's declarations of variables and assignments.

use tree_sitter::Node;

use super::{FIELDS, Go, field, is_exported};
use crate::facts::{FunctionIndex, Name, Span, TypeRef, Usage, Value};

/// How an assignment treats its targets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Assigns {
    Declares,
    Sets,
    Augments,
}

impl<'tree> Go<'_, '_, 'tree> {
    /// `user, err := find(id)` · `user.name = name` · `total += 1`. Gives the flag and the value of `value, ok := ..`.
    pub(super) fn assignment(&mut self, node: Node<'tree>, assigns: Assigns) -> Option<(Name, Value)> {
        let targets = self.list(field(node, FIELDS.left)?);
        let values = self.list(field(node, FIELDS.right)?);
        if targets.len() == values.len() {
            self.bind_each(&targets, &values, None, assigns, node.end_byte());
            return None;
        }
        let value = self.expression(*values.first()?);
        let flag = match *targets {
            [_, flag] => Some((self.builder.name(flag), value.clone())),
            _ => None,
        };
        self.bind_results(&targets, value, assigns, node.end_byte());
        flag
    }

    /// `var db, err = open()` · `const limit = 10` · `var group sync.WaitGroup`
    pub(super) fn spec(&mut self, node: Node<'tree>) {
        let declared = self.declared(node);
        let mut targets = Vec::new();
        self.children(node, |_, child| {
            if child.kind() == "identifier" {
                targets.push(child);
            }
        });
        let values = field(node, FIELDS.value).map(|list| self.list(list)).unwrap_or_default();
        let end = node.end_byte();
        if targets.len() == values.len() {
            self.bind_each(&targets, &values, declared, Assigns::Declares, end);
        } else if let Some(value) = values.first() {
            let value = self.expression(*value);
            self.bind_results(&targets, value, Assigns::Declares, end);
        } else {
            for target in targets {
                self.bind(target, declared.clone(), Value::Other(Box::default()), Assigns::Declares, end);
            }
        }
    }

    fn bind_each(
        &mut self,
        targets: &[Node<'tree>],
        values: &[Node<'tree>],
        declared: Option<TypeRef>,
        assigns: Assigns,
        end: usize,
    ) {
        for (target, value) in targets.iter().zip(values) {
            if value.kind() == "func_literal" && target.kind() == "identifier" {
                let exported = self.exports(*target, assigns);
                self.named_literal(*target, *value, exported);
                continue;
            }
            let lowered = self.expression(*value);
            if self.builder.text(*target) == "_" {
                self.builder.use_value(&lowered, Usage::Dropped);
            } else {
                self.bind(*target, declared.clone(), lowered, assigns, end);
            }
        }
    }

    /// The first target gets the value: the later results of a Go function are errors and flags.
    pub(super) fn bind_results(&mut self, targets: &[Node<'tree>], value: Value, assigns: Assigns, end: usize) {
        let mut value = Some(value);
        for target in targets {
            let value = value.take().unwrap_or_else(|| Value::Other(Box::default()));
            self.bind(*target, None, value, assigns, end);
        }
    }

    pub(super) fn bind(
        &mut self,
        target: Node<'tree>,
        declared: Option<TypeRef>,
        value: Value,
        assigns: Assigns,
        end: usize,
    ) {
        let path = match target.kind() {
            "identifier" => {
                if assigns == Assigns::Declares {
                    self.shadow(target);
                }
                let name = self.own_name(target);
                if name == self.words.blank {
                    return;
                }
                vec![name]
            }
            _ => match self.expression(target) {
                Value::Path(path) => path.into(),
                Value::Element(element) => match *element {
                    (Value::Path(path), _) => {
                        let mut path: Vec<Name> = path.into();
                        path.push(self.words.subscript);
                        path
                    }
                    _ => return,
                },
                _ => return,
            },
        };
        let exported = self.exports(target, assigns);
        let binding = self.builder.bind(path, declared, value, Span::new(target.start_byte(), end));
        binding.declares = assigns == Assigns::Declares;
        binding.augments = assigns == Assigns::Augments;
        binding.exported = exported;
    }

    /// From here to the end of the block the name is not that of the receiver.
    pub(super) fn shadow(&mut self, name: Node) {
        if self.body.receiver.is_some_and(|receiver| receiver == self.builder.text(name)) {
            self.body.receiver = None;
        }
    }

    /// A package-level name with a capital.
    fn exports(&self, target: Node, assigns: Assigns) -> bool {
        assigns == Assigns::Declares
            && self.builder.scope().function == FunctionIndex::FILE
            && is_exported(self.builder.text(target))
    }

    /// `count++`
    pub(super) fn step(&mut self, node: Node<'tree>) {
        if let Some(target) = node.named_child(0) {
            self.bind(target, None, Value::Literal(self.words.one), Assigns::Augments, node.end_byte());
        }
    }
}
