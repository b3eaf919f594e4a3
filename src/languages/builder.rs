//! Collects the facts of one file while a language walks its tree: keeps the scope, hands out indexes, bounds
//! the depth. It does not know any grammar.

use tree_sitter::Node;
use ustr::Ustr;

use super::span;
use crate::facts::{
    Argument, Binding, Branch, BranchIndex, BranchKind, Call, CallIndex, FileFacts, Function, FunctionIndex,
    FunctionKind, Gap, GapKind, Language, Leave, Loop, LoopForm, LoopIndex, LoopKind, Name, Read, Span, TypeRef, Usage,
    Value,
};

/// How deep lowering follows nested syntax. Written code stays below 100; the stack of a worker holds ten times this.
const MAX_DEPTH: usize = 400;
/// How many names a chain keeps. Written builders have 40 at most; each call repeats the names before it, so without a
/// bound one hostile line would take all memory.
const MAX_CHAIN: usize = 64;

pub(super) struct Builder<'t> {
    pub(super) text: &'t str,
    pub(super) facts: FileFacts,
    scope: Scope,
    depth: usize,
}

/// Where the code being lowered stands.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    pub(super) function: FunctionIndex,
    pub(super) each: Option<LoopIndex>,
    pub(super) branch: Option<BranchIndex>,
    /// Inside code that is compiled for tests alone.
    pub(super) test: bool,
}

/// A branch inside an expression, from `open_choice` to `close_choice`.
pub(super) struct Choice {
    outer: Scope,
    branch: usize,
    recorded: usize,
}

impl<'t> Builder<'t> {
    pub(super) fn new(language: Language, text: &'t str) -> Self {
        let scope = Scope { function: FunctionIndex::FILE, each: None, branch: None, test: false };
        let whole = Span::new(0, text.len());
        let file = Function { parent: None, ..function(Name::default(), FunctionKind::File, scope, whole) };
        Self {
            text,
            facts: FileFacts {
                language,
                imports: Vec::new(),
                functions: vec![file],
                types: Vec::new(),
                calls: Vec::new(),
                loops: Vec::new(),
                branches: Vec::new(),
                bindings: Vec::new(),
                reads: Vec::new(),
                comments: Vec::new(),
                gaps: Vec::new(),
            },
            scope,
            depth: 0,
        }
    }

    pub(super) fn finish(self) -> FileFacts {
        self.facts
    }

    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    pub(super) fn set_test(&mut self) -> Scope {
        let outer = self.scope;
        self.scope.test = true;
        outer
    }

    /// Goes back to the scope that an `open_*` call gave.
    pub(super) fn close(&mut self, outer: Scope) {
        self.scope = outer;
    }

    /// Goes one level deeper, for a language that keeps a builder among other state; `ascend` goes back. False, with
    /// a gap, where the nesting is too deep to follow.
    pub(super) fn descend(&mut self, node: Node) -> bool {
        if self.depth >= MAX_DEPTH {
            if self.facts.gaps.last().is_none_or(|gap| gap.kind != GapKind::TooDeep) {
                self.facts.gaps.push(Gap { kind: GapKind::TooDeep, span: span(node) });
            }
            return false;
        }
        self.depth += 1;
        true
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn text(&self, node: Node) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn name(&self, node: Node) -> Name {
        Ustr::from(self.text(node))
    }

    /// Adds a function to the facts; `open_function` enters it. Fills in parent, loop, branch and test mark.
    pub(super) fn add_function(&mut self, name: Name, kind: FunctionKind, node: Node) -> FunctionIndex {
        let index = FunctionIndex(self.facts.functions.len() as u32);
        self.facts.functions.push(function(name, kind, self.scope, span(node)));
        index
    }

    pub(super) fn function(&mut self, index: FunctionIndex) -> &mut Function {
        &mut self.facts.functions[index.get()]
    }

    pub(super) fn open_function(&mut self, index: FunctionIndex) -> Scope {
        let outer = self.scope;
        self.scope = Scope { function: index, each: None, branch: None, test: self.facts.functions[index.get()].test };
        outer
    }

    /// Enters the literal that is the body of an iteration callback: its code runs once per turn of the loop.
    pub(super) fn open_body(&mut self, body: FunctionIndex, each: LoopIndex) -> Scope {
        let outer = self.open_function(body);
        self.scope.each = Some(each);
        self.facts.loops[each.get()].body = Some(body);
        outer
    }

    /// Adds a loop around the code to come; `open_loop` enters its body.
    pub(super) fn add_loop(&mut self, kind: LoopKind, form: LoopForm, node: Node) -> LoopIndex {
        let index = LoopIndex(self.facts.loops.len() as u32);
        self.facts.loops.push(Loop {
            kind,
            form,
            over: None,
            binds: Box::default(),
            function: self.scope.function,
            each: self.scope.each,
            branch: self.scope.branch,
            call: None,
            body: None,
            gives: None,
            bounded: false,
            strides: false,
            awaits: false,
            breaks: false,
            returns: false,
            ends: false,
            once: false,
            span: span(node),
            head: span(node),
        });
        index
    }

    pub(super) fn loop_at(&mut self, index: LoopIndex) -> &mut Loop {
        &mut self.facts.loops[index.get()]
    }

    /// Gives the loop what it iterates, and the iterated call its usage.
    pub(super) fn iterate(&mut self, index: LoopIndex, over: Value) {
        self.use_value(&over, Usage::Iterated(index));
        self.facts.loops[index.get()].over = Some(over);
    }

    pub(super) fn open_loop(&mut self, index: LoopIndex) -> Scope {
        let outer = self.scope;
        self.scope.each = Some(index);
        self.scope.branch = None;
        outer
    }

    /// Adds and enters a branch. `leaves` says how its code always ends.
    pub(super) fn open_branch(
        &mut self,
        kind: BranchKind,
        condition: Option<Value>,
        leaves: Option<Leave>,
        node: Node,
    ) -> Scope {
        let outer = self.scope;
        let index = BranchIndex(self.facts.branches.len() as u32);
        self.facts.branches.push(Branch {
            kind,
            condition,
            function: outer.function,
            branch: outer.branch,
            each: outer.each,
            leaves,
            span: span(node),
        });
        self.scope.branch = Some(index);
        outer
    }

    /// Enters a branch inside an expression: `a and f()`. Most hold no code of their own, see `close_choice`.
    pub(super) fn open_choice(&mut self, kind: BranchKind, node: Node) -> Choice {
        let outer = self.open_branch(kind, None, None, node);
        Choice { outer, branch: self.facts.branches.len() - 1, recorded: self.recorded() }
    }

    /// Leaves a branch inside an expression and gives it its condition; one in which nothing happened is forgotten.
    pub(super) fn close_choice(&mut self, choice: Choice, condition: impl FnOnce() -> Value) {
        self.scope = choice.outer;
        if self.recorded() == choice.recorded {
            self.facts.branches.truncate(choice.branch);
        } else {
            self.facts.branches[choice.branch].condition = Some(condition());
        }
    }

    fn recorded(&self) -> usize {
        let facts = &self.facts;
        let code = facts.functions.len() + facts.calls.len() + facts.loops.len() + facts.branches.len();
        code + facts.bindings.len() + facts.reads.len()
    }

    /// Records attributes that are read, where the code around them repeats.
    pub(super) fn read(&mut self, path: &[Name], awaited: bool, span: Span) {
        let repeats =
            self.scope.each.is_some() || self.facts.functions[self.scope.function.get()].kind == FunctionKind::Literal;
        if !repeats || path.iter().filter(|name| *name != "[]").count() < 2 {
            return;
        }
        let Scope { function, each, branch, .. } = self.scope;
        self.facts.reads.push(Read { path: path.into(), awaited, function, each, branch, span });
    }

    /// Leaves a branch, now that it is known how its code ends.
    pub(super) fn close_branch(&mut self, outer: Scope, leaves: Option<Leave>) {
        if let Some(index) = self.scope.branch {
            self.facts.branches[index.get()].leaves = leaves;
        }
        self.scope = outer;
    }

    /// A `break`: of the innermost loop, when it is one of statements.
    pub(super) fn breaks(&mut self) {
        if let Some(each) = self.scope.each {
            self.facts.loops[each.get()].breaks = true;
        }
    }

    /// A `return` with what it gives: it ends every loop of its function, but only one turn of an iteration callback.
    pub(super) fn returns(&mut self, value: Option<Value>) {
        let function = self.scope.function;
        let mut each = self.scope.each;
        while let Some(index) = each {
            let around = &mut self.facts.loops[index.get()];
            if around.function != function {
                break;
            }
            around.returns = true;
            each = around.each;
        }
        if let Some(value) = value {
            self.use_value(&value, Usage::Returned);
            self.facts.functions[function.get()].returned.push(value);
        }
    }

    /// Marks the last read as awaited, if it is the one at a place.
    pub(super) fn await_read(&mut self, span: Span) {
        if let Some(read) = self.facts.reads.last_mut().filter(|read| read.span == span) {
            read.awaited = true;
        }
    }

    /// Adds a call whose receiver and arguments have been lowered. Shortens the chain.
    pub(super) fn add_call(
        &mut self,
        mut chain: Vec<Name>,
        receiver: Option<CallIndex>,
        arguments: Vec<Argument>,
        span: Span,
        name_span: Span,
    ) -> CallIndex {
        shorten(&mut chain);
        let index = CallIndex(self.facts.calls.len() as u32);
        if let Some(receiver) = receiver {
            self.facts.calls[receiver.get()].continued = Some(index);
        }
        for argument in &arguments {
            self.use_value(&argument.value, Usage::Argument(index));
            if let Value::Function(literal) = argument.value {
                self.facts.functions[literal.get()].passed_to = Some(index);
            }
        }
        self.facts.calls.push(Call {
            chain: chain.into(),
            receiver,
            continued: None,
            arguments: arguments.into(),
            types: Box::default(),
            constructs: false,
            awaited: false,
            spawned: false,
            deferred: false,
            usage: Usage::Used,
            function: self.scope.function,
            each: self.scope.each,
            branch: self.scope.branch,
            span,
            name_span,
        });
        index
    }

    pub(super) fn call(&mut self, index: CallIndex) -> &mut Call {
        &mut self.facts.calls[index.get()]
    }

    /// Records what becomes of a value: of the call that it is, or of the calls among which it is chosen.
    pub(super) fn use_value(&mut self, value: &Value, usage: Usage) {
        match value {
            Value::Call(call, _) => self.facts.calls[call.get()].usage = usage,
            Value::Each(each) => {
                if let Some(call) = self.facts.loops[each.get()].call {
                    self.facts.calls[call.get()].usage = usage;
                }
            }
            Value::Other(values) if usage != Usage::Dropped => {
                for value in values {
                    self.use_value(value, usage);
                }
            }
            _ => {}
        }
    }

    /// Marks the call that a value is as awaited, or the calls among which it is chosen.
    pub(super) fn await_value(&mut self, value: &Value) {
        match value {
            Value::Call(call, _) => self.facts.calls[call.get()].awaited = true,
            Value::Each(each) => {
                if let Some(call) = self.facts.loops[each.get()].call {
                    self.facts.calls[call.get()].awaited = true;
                }
            }
            Value::Other(values) => {
                for value in values {
                    self.await_value(value);
                }
            }
            _ => {}
        }
    }

    pub(super) fn bind(
        &mut self,
        target: Vec<Name>,
        declared: Option<TypeRef>,
        value: Value,
        span: Span,
    ) -> &mut Binding {
        self.facts.bindings.push(Binding {
            target: target.into(),
            declared,
            value,
            function: self.scope.function,
            each: self.scope.each,
            branch: self.scope.branch,
            declares: false,
            exported: false,
            augments: false,
            span,
        });
        self.facts.bindings.last_mut().expect("one was pushed")
    }
}

/// Forgets what stands behind the root of a chain that is too long, and says how many names that were. The root and the
/// newest names say most.
pub(super) fn shorten(chain: &mut Vec<Name>) -> usize {
    let forgotten = chain.len().saturating_sub(MAX_CHAIN);
    chain.drain(1..=forgotten);
    forgotten
}

/// A function of which only the place is known.
fn function(name: Name, kind: FunctionKind, scope: Scope, span: Span) -> Function {
    Function {
        name,
        kind,
        owner: None,
        parent: Some(scope.function),
        passed_to: None,
        each: scope.each,
        branch: scope.branch,
        params: Vec::new(),
        returns: None,
        returned: Vec::new(),
        decorators: Vec::new(),
        is_async: false,
        exported: false,
        test: scope.test,
        span,
        head: span,
    }
}
