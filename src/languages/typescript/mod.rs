//! TypeScript, TSX, JavaScript and JSX to facts: statements here, one file for each other construct.
//!
//! It does not know types: `xs.map(f)` is an iteration whatever `xs` turns out to be.

mod chains;
mod expressions;
mod functions;
mod grammar;
mod loops;
mod modules;
mod patterns;
mod types;

use rustc_hash::FxHashSet;
use tree_sitter::{Node, TreeCursor};

use super::builder::Builder;
use super::span;
use crate::facts::{BranchKind, FunctionIndex, FunctionKind, Leave, Name, Usage, Value};
use grammar::{Field, Grammar, Kind};
use loops::Around;

/// How many `else` and `try` deep the end of a block is followed; nobody reads further either.
const MAX_LEAVES: usize = 16;

pub(super) fn lower(root: Node, builder: &mut Builder) {
    let mut lowering = Lowering {
        builder,
        grammar: Grammar::of(root),
        around: Vec::new(),
        label: None,
        steps: Vec::new(),
        exported: FxHashSet::default(),
    };
    lowering.statements(root);
    lowering.mark_exported();
}

struct Lowering<'b, 't, 'n> {
    builder: &'b mut Builder<'t>,
    grammar: &'static Grammar,
    /// What `break` and `continue` can mean here.
    around: Vec<Around>,
    /// The label in front of the statement that comes next.
    label: Option<Name>,
    /// Nodes on the way to the root of a chain or to the first operand: a stack shared by all of them.
    steps: Vec<Node<'n>>,
    /// The names in `export { a, b }`.
    exported: FxHashSet<Name>,
}

impl<'n> Lowering<'_, '_, 'n> {
    fn kind(&self, node: Node) -> Kind {
        self.grammar.kind(node)
    }

    fn field(&self, node: Node<'n>, field: Field) -> Option<Node<'n>> {
        self.grammar.field(node, field)
    }

    fn is(&self, node: Option<Node>, kind: Kind) -> bool {
        node.is_some_and(|node| self.kind(node) == kind)
    }

    /// Whether one of its own words is of the kind: `async`, `type`, `readonly`.
    fn has_word(&self, node: Node<'n>, kind: Kind) -> bool {
        let mut cursor = node.walk();
        node.children(&mut cursor).any(|child| self.kind(child) == kind)
    }

    fn statements(&mut self, block: Node<'n>) {
        for child in children(block) {
            self.statement(child);
        }
    }

    fn statement(&mut self, node: Node<'n>) {
        if self.builder.descend(node) {
            if !self.known_statement(node, false) {
                let value = self.expression(node);
                self.builder.use_value(&value, Usage::Dropped);
            }
            self.builder.ascend();
        }
    }

    /// Lowers a statement, or says that it is none.
    fn known_statement(&mut self, node: Node<'n>, exported: bool) -> bool {
        match self.kind(node) {
            Kind::ExpressionStatement => {
                if let Some(expression) = first(node) {
                    let value = self.expression(expression);
                    self.builder.use_value(&value, Usage::Dropped);
                }
            }
            Kind::StatementBlock | Kind::Program => self.statements(node),
            Kind::LexicalDeclaration | Kind::VariableDeclaration => self.declarations(node, exported),
            Kind::FunctionDeclaration | Kind::GeneratorFunctionDeclaration => {
                self.function_declaration(node, exported);
            }
            Kind::ClassDeclaration | Kind::AbstractClassDeclaration => self.class(node, node, None, exported),
            Kind::InterfaceDeclaration => self.interface(node, exported),
            Kind::TypeAliasDeclaration => self.type_alias(node, exported),
            Kind::EnumDeclaration => self.enumeration(node, exported),
            Kind::ImportStatement => self.import(node),
            Kind::ImportAlias => self.import_alias(node, exported),
            Kind::ExportStatement => self.export(node),
            Kind::InternalModule | Kind::Module => {
                if let Some(body) = self.field(node, Field::Body) {
                    self.statements(body);
                }
            }
            Kind::AmbientDeclaration => {
                for child in children(node) {
                    if !self.known_statement(child, exported) {
                        self.statement(child);
                    }
                }
            }
            Kind::IfStatement => self.if_statement(node),
            Kind::SwitchStatement => self.switch_statement(node),
            Kind::TryStatement => self.try_statement(node),
            Kind::ForStatement => self.for_statement(node),
            Kind::ForInStatement => self.for_in_statement(node),
            Kind::WhileStatement | Kind::DoStatement => self.while_statement(node),
            Kind::LabeledStatement => self.labeled_statement(node),
            Kind::BreakStatement => self.break_statement(node),
            Kind::ContinueStatement => self.continue_statement(node),
            Kind::ReturnStatement => {
                let value = first(node).map(|value| self.expression(value));
                self.builder.returns(value);
            }
            Kind::ThrowStatement => {
                if let Some(error) = first(node) {
                    self.expression(error);
                }
            }
            Kind::FunctionSignature | Kind::EmptyStatement => {}
            _ => return false,
        }
        true
    }

    fn if_statement(&mut self, node: Node<'n>) {
        let around = self.builder.scope();
        let mut next = Some(node);
        // A long ladder of `else if` is no deeper than its first `if`.
        while let Some(node) = next.take() {
            let (kind, condition) = match self.field(node, Field::Condition) {
                Some(condition) => self.condition(condition),
                None => (BranchKind::If, nothing()),
            };
            if let Some(then) = self.field(node, Field::Consequence) {
                let leaves = self.leaves(then, MAX_LEAVES);
                let outer = self.builder.open_branch(kind, Some(condition.clone()), leaves, then);
                self.statement(then);
                self.builder.close(outer);
            }
            let Some(other) = self.field(node, Field::Alternative).and_then(first) else { break };
            let leaves = self.leaves(other, MAX_LEAVES);
            self.builder.open_branch(BranchKind::Else, Some(condition), leaves, other);
            if self.kind(other) == Kind::IfStatement {
                next = Some(other);
            } else {
                self.statement(other);
            }
        }
        self.builder.close(around);
    }

    fn switch_statement(&mut self, node: Node<'n>) {
        if let Some(value) = self.field(node, Field::Value) {
            let value = self.expression(value);
            self.builder.use_value(&value, Usage::Tested);
        }
        self.around.push(Around { label: self.label.take(), each: None, plain: false, continues: false });
        for case in self.field(node, Field::Body).into_iter().flat_map(children) {
            self.case(case);
        }
        self.around.pop();
    }

    fn case(&mut self, case: Node<'n>) {
        let value = self.field(case, Field::Value);
        let condition = value.map(|value| self.expression(value));
        let statements = || children(case).filter(move |child| Some(*child) != value);
        let Some(last) = statements().last() else { return };
        // A `break` ends the case, not the code around the `switch`.
        let leaves = self.leaves(last, MAX_LEAVES).filter(|leave| *leave != Leave::Break);
        let outer = self.builder.open_branch(BranchKind::Case, condition, leaves, case);
        for statement in statements() {
            self.statement(statement);
        }
        self.builder.close(outer);
    }

    fn try_statement(&mut self, node: Node<'n>) {
        if let Some(body) = self.field(node, Field::Body) {
            self.block(BranchKind::Try, body);
        }
        if let Some(body) = self.field(node, Field::Handler).and_then(|handler| self.field(handler, Field::Body)) {
            self.block(BranchKind::Catch, body);
        }
        if let Some(body) = self.field(node, Field::Finalizer).and_then(|finalizer| self.field(finalizer, Field::Body))
        {
            self.statements(body);
        }
    }

    fn block(&mut self, kind: BranchKind, body: Node<'n>) {
        let leaves = self.leaves(body, MAX_LEAVES);
        let outer = self.builder.open_branch(kind, None, leaves, body);
        self.statements(body);
        self.builder.close(outer);
    }

    /// How a statement always ends, when it does not reach the next one.
    fn leaves(&self, node: Node<'n>, depth: usize) -> Option<Leave> {
        let mut node = node;
        while self.kind(node) == Kind::StatementBlock {
            node = last(node)?;
        }
        match self.kind(node) {
            Kind::ReturnStatement => Some(Leave::Return),
            Kind::ThrowStatement => Some(Leave::Throw),
            Kind::BreakStatement => Some(Leave::Break),
            Kind::ContinueStatement => Some(Leave::Continue),
            Kind::IfStatement if depth > 0 => {
                let then = self.leaves(self.field(node, Field::Consequence)?, depth - 1)?;
                self.leaves(first(self.field(node, Field::Alternative)?)?, depth - 1)?;
                Some(then)
            }
            Kind::TryStatement if depth > 0 => {
                let body = self.leaves(self.field(node, Field::Body)?, depth - 1)?;
                if let Some(handler) = self.field(node, Field::Handler) {
                    self.leaves(self.field(handler, Field::Body)?, depth - 1)?;
                }
                Some(body)
            }
            _ => None,
        }
    }

    /// Lowers a part of an expression that runs under a condition. Most parts hold nothing that could: no branch then.
    fn guarded<T>(
        &mut self,
        kind: BranchKind,
        condition: Value,
        node: Node<'n>,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.builder.open_branch(kind, Some(condition), None, node);
        let before = self.size();
        let result = work(self);
        self.builder.close(outer);
        if self.size() == before {
            self.builder.facts.branches.pop();
        }
        result
    }

    /// Grows with everything that can stand in a branch.
    fn size(&self) -> usize {
        let facts = &self.builder.facts;
        facts.calls.len() + facts.loops.len() + facts.branches.len() + facts.bindings.len() + facts.functions.len()
    }

    /// `export { a, b }` can stand before or after what it names.
    fn mark_exported(&mut self) {
        if self.exported.is_empty() {
            return;
        }
        let facts = &mut self.builder.facts;
        for function in &mut facts.functions {
            let at_top = function.parent == Some(FunctionIndex::FILE) && function.kind == FunctionKind::Named;
            function.exported |= at_top && self.exported.contains(&function.name);
        }
        for one in &mut facts.types {
            one.exported |= self.exported.contains(&one.name);
        }
        for binding in &mut facts.bindings {
            if let [name] = *binding.target {
                binding.exported |= binding.function == FunctionIndex::FILE && self.exported.contains(&name);
            }
        }
        for import in &mut facts.imports {
            import.reexport |= self.exported.contains(&import.alias);
        }
    }
}

/// The children that mean something: words, signs and comments left out.
struct Children<'n> {
    cursor: TreeCursor<'n>,
    more: bool,
}

impl<'n> Iterator for Children<'n> {
    type Item = Node<'n>;

    fn next(&mut self) -> Option<Node<'n>> {
        while self.more {
            let node = self.cursor.node();
            self.more = self.cursor.goto_next_sibling();
            if is_meant(node) {
                return Some(node);
            }
        }
        None
    }
}

fn children(node: Node) -> Children {
    let mut cursor = node.walk();
    let more = cursor.goto_first_child();
    Children { cursor, more }
}

/// Skipped text is an extra as comments are, but can hold code.
fn is_meant(node: Node) -> bool {
    node.is_named() && (!node.is_extra() || node.is_error())
}

fn first(node: Node) -> Option<Node> {
    match node.named_child(0) {
        Some(child) if is_meant(child) => Some(child),
        None => None,
        Some(_) => children(node).next(),
    }
}

fn last(node: Node) -> Option<Node> {
    let mut cursor = node.walk();
    let mut more = cursor.goto_last_child();
    while more {
        if is_meant(cursor.node()) {
            return Some(cursor.node());
        }
        more = cursor.goto_previous_sibling();
    }
    None
}

/// The value of what is left out.
fn nothing() -> Value {
    Value::Other(Box::default())
}
