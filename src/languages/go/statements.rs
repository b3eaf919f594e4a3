//! Go's statements other than loops: each says how it leaves the block that it ends.

use tree_sitter::Node;

use super::bindings::Assigns;
use super::{FIELDS, Go, field};
use crate::facts::{BranchKind, Leave, LoopIndex, Name, Usage, Value};

/// What a `break` or `continue` can end.
pub(super) struct Target {
    pub(super) label: Option<Name>,
    /// None for `switch`, `select` and labelled blocks.
    pub(super) each: Option<LoopIndex>,
    pub(super) broken: bool,
    pub(super) continued: bool,
}

impl<'tree> Go<'_, '_, 'tree> {
    pub(super) fn statement(&mut self, node: Node<'tree>) -> Option<Leave> {
        let receiver = self.body.receiver;
        let leaves = self.deeper(node, |go| go.statement_here(node)).flatten();
        // A name that hides the receiver does so to the end of the block, which only declarations are not.
        if !matches!(node.kind(), "short_var_declaration" | "var_declaration" | "var_spec" | "var_spec_list") {
            self.body.receiver = receiver;
        }
        leaves
    }

    pub(super) fn statements(&mut self, node: Node<'tree>) -> Option<Leave> {
        let mut leaves = None;
        self.children(node, |go, child| leaves = go.statement(child));
        leaves
    }

    fn statement_here(&mut self, node: Node<'tree>) -> Option<Leave> {
        match node.kind() {
            "expression_statement" => {
                let value = self.expression(node.named_child(0)?);
                self.builder.use_value(&value, Usage::Dropped);
                return self.ends(&value);
            }
            "short_var_declaration" => {
                self.assignment(node, Assigns::Declares);
            }
            "assignment_statement" => {
                let plain = field(node, FIELDS.operator).is_none_or(|operator| operator.kind() == "=");
                self.assignment(node, if plain { Assigns::Sets } else { Assigns::Augments });
            }
            "inc_statement" | "dec_statement" => self.step(node),
            "var_declaration" | "const_declaration" | "var_spec_list" => {
                self.children(node, |go, spec| {
                    go.statement(spec);
                });
            }
            "var_spec" | "const_spec" => self.spec(node),
            "if_statement" => return self.if_statement(node),
            "for_statement" => self.for_statement(node),
            "expression_switch_statement" | "type_switch_statement" | "select_statement" => {
                return self.switch(node);
            }
            "return_statement" => return self.return_statement(node),
            "go_statement" | "defer_statement" => {
                let value = self.expression(node.named_child(0)?);
                self.builder.use_value(&value, Usage::Dropped);
                if let Value::Call(call, _) = value {
                    let call = self.builder.call(call);
                    call.spawned = node.kind() == "go_statement";
                    call.deferred = node.kind() == "defer_statement";
                }
            }
            "break_statement" | "continue_statement" => return self.jump(node),
            "labeled_statement" => return self.labeled_statement(node),
            "function_declaration" | "method_declaration" => self.function_declaration(node),
            "type_spec" | "type_alias" => self.type_spec(node),
            "import_declaration" => self.imports(node),
            "package_clause" | "goto_statement" | "fallthrough_statement" | "empty_statement" => {}
            "block" | "statement_list" | "type_declaration" => return self.statements(node),
            "ERROR" => {
                self.statements(node);
            }
            _ => {
                self.expression(node);
            }
        }
        None
    }

    /// A call that does not come back: `panic(..)` · `os.Exit(1)` · `log.Fatal(..)`
    fn ends(&self, value: &Value) -> Option<Leave> {
        let Value::Call(call, _) = value else { return None };
        let ends = match &*self.builder.facts.calls[call.get()].chain {
            [name] => name == "panic",
            [.., on, name] => name.starts_with("Fatal") || name.starts_with("Panic") || (on == "os" && name == "Exit"),
            [] => false,
        };
        ends.then_some(Leave::Throw)
    }

    /// `return user, nil`; a bare `return` gives the named result.
    fn return_statement(&mut self, node: Node<'tree>) -> Option<Leave> {
        let mut value =
            self.body.result.filter(|_| node.named_child_count() == 0).map(|name| Value::Path([name].into()));
        if let Some(list) = node.named_child(0) {
            self.children(list, |go, one| {
                let one = go.expression(one);
                if value.is_none() {
                    value = Some(one);
                } else {
                    go.builder.use_value(&one, Usage::Returned);
                }
            });
        }
        self.builder.returns(value);
        Some(Leave::Return)
    }

    /// A label also ends the loops inside the one it names. A `break` of a `switch` does not leave the block around it.
    fn jump(&mut self, node: Node<'tree>) -> Option<Leave> {
        let label = node.named_child(0).map(|label| self.builder.name(label));
        let breaks = node.kind() == "break_statement";
        let leaves = if breaks { Leave::Break } else { Leave::Continue };
        for target in self.body.targets.iter_mut().rev() {
            let named = match label {
                Some(label) => target.label == Some(label),
                None => breaks || target.each.is_some(),
            };
            if named && !breaks {
                target.continued = true;
                break;
            }
            if named || label.is_some() {
                target.broken = true;
                if let Some(each) = target.each {
                    self.builder.loop_at(each).breaks = true;
                }
            }
            if named {
                target.each?;
                break;
            }
        }
        Some(leaves)
    }

    fn labeled_statement(&mut self, node: Node<'tree>) -> Option<Leave> {
        let label = field(node, FIELDS.label);
        let mut leaves = None;
        self.children(node, |go, child| {
            if Some(child) != label {
                let breakable = child.kind() == "for_statement" || child.kind().ends_with("switch_statement");
                let label = label.filter(|_| breakable || child.kind() == "select_statement");
                go.body.label = label.map(|label| go.builder.name(label));
                leaves = go.statement(child);
            }
        });
        leaves
    }

    /// Runs `work` where `break` ends what `each` names; gives what ended it, and the result.
    pub(super) fn breakable<T>(&mut self, each: Option<LoopIndex>, work: impl FnOnce(&mut Self) -> T) -> (Target, T) {
        let label = self.body.label.take();
        let depth = self.body.targets.len();
        self.body.targets.push(Target { label, each, broken: false, continued: false });
        let result = work(self);
        let target = self.body.targets.swap_remove(depth);
        (target, result)
    }

    fn branch(
        &mut self,
        kind: BranchKind,
        condition: Option<Value>,
        node: Node<'tree>,
        code: impl FnOnce(&mut Self) -> Option<Leave>,
    ) -> Option<Leave> {
        let outer = self.builder.open_branch(kind, condition, None, node);
        let leaves = code(self);
        self.builder.close_branch(outer, leaves);
        leaves
    }

    /// `if user, err := find(id); err != nil {..} else {..}`
    fn if_statement(&mut self, node: Node<'tree>) -> Option<Leave> {
        let initializer = field(node, FIELDS.initializer);
        let found = match initializer {
            Some(initializer) if initializer.kind() == "short_var_declaration" => {
                self.assignment(initializer, Assigns::Declares)
            }
            Some(initializer) => {
                self.statement(initializer);
                None
            }
            None => None,
        };
        let (kind, mut condition) = match field(node, FIELDS.condition) {
            Some(condition) => self.condition(condition),
            None => (BranchKind::If, Value::Other(Box::default())),
        };
        // `_, ok := seen[id]; !ok` asks whether `seen` has it.
        if let (Some((flag, value)), Value::Path(path)) = (found, &condition)
            && **path == [flag]
            && !is_error(&flag)
        {
            condition = value;
        }
        self.tested(&condition);
        let alternative = field(node, FIELDS.alternative);
        let otherwise = alternative.map(|_| condition.clone());
        let consequence = field(node, FIELDS.consequence)?;
        let leaves = self.branch(kind, Some(condition), consequence, |go| go.statements(consequence));
        let alternative = alternative?;
        let other = self.branch(BranchKind::Else, otherwise, alternative, |go| go.statement(alternative));
        Some(weaker(leaves?, other?))
    }

    /// What a condition tests, and whether for its absence or for an error.
    fn condition(&mut self, node: Node<'tree>) -> (BranchKind, Value) {
        let node = without_parentheses(node);
        if operator(node) == "!"
            && let Some(operand) = field(node, FIELDS.operand)
        {
            return (BranchKind::IfNot, self.expression(operand));
        }
        let kind = match operator(node) {
            "==" => BranchKind::IfNot,
            _ if self.follows_error(node) => BranchKind::Catch,
            _ => BranchKind::If,
        };
        match beside_nil(node) {
            Some(operand) => (kind, self.expression(operand)),
            None if kind == BranchKind::Catch => (kind, self.expression(node)),
            None => (BranchKind::If, self.expression(node)),
        }
    }

    /// `err != nil`, alone or with more conditions: `err != nil && !errors.Is(err, sql.ErrNoRows)`
    fn follows_error(&self, mut node: Node<'tree>) -> bool {
        while operator(node) == "&&" {
            if field(node, FIELDS.right).is_some_and(|right| self.is_failure(right)) {
                return true;
            }
            let Some(left) = field(node, FIELDS.left) else { return false };
            node = left;
        }
        self.is_failure(node)
    }

    fn is_failure(&self, node: Node<'tree>) -> bool {
        operator(node) == "!="
            && beside_nil(node).is_some_and(|operand| is_error(last_name(operand, self.builder.text)))
    }

    /// `switch kind {..}` · `switch user := user.(type) {..}` · `select {..}`
    fn switch(&mut self, node: Node<'tree>) -> Option<Leave> {
        if let Some(initializer) = field(node, FIELDS.initializer) {
            self.statement(initializer);
        }
        let value = field(node, FIELDS.value).map(|value| self.expression(value));
        if let Some(value) = value {
            self.tested(&value);
            if let Some(alias) = field(node, FIELDS.alias).and_then(|list| list.named_child(0)) {
                self.bind(alias, None, value, Assigns::Declares, alias.end_byte());
            }
        }
        let mut leaves = Some(Leave::Throw);
        let mut exhaustive = node.kind() == "select_statement";
        let (target, ()) = self.breakable(None, |go| {
            go.children(node, |go, case| {
                let leaves_case = match case.kind() {
                    "expression_case" | "type_case" | "communication_case" => go.case(case),
                    "default_case" => {
                        exhaustive = true;
                        go.case(case)
                    }
                    _ => return,
                };
                leaves = leaves.zip(leaves_case).map(|(one, other)| weaker(one, other));
            });
        });
        leaves.filter(|_| exhaustive && !target.broken)
    }

    fn case(&mut self, case: Node<'tree>) -> Option<Leave> {
        let mut conditions = Vec::new();
        let mut received = None;
        self.children(case, |go, child| match child.kind() {
            "expression_list" => go.children(child, |go, one| conditions.push(go.expression(one))),
            "send_statement" => {
                conditions.extend(field(child, FIELDS.channel).map(|channel| go.expression(channel)));
                conditions.extend(field(child, FIELDS.value).map(|value| go.expression(value)));
            }
            "receive_statement" => {
                received = field(child, FIELDS.left);
                conditions.extend(field(child, FIELDS.right).map(|right| go.expression(right)));
            }
            "statement_list" => {}
            _ => conditions.extend(go.type_ref(child).map(|one| Value::Path(one.path))),
        });
        let condition = match conditions.len() {
            0 | 1 => conditions.pop(),
            _ => Some(Value::Other(conditions.into())),
        };
        if let Some(condition) = &condition {
            self.tested(condition);
        }
        let bound = received.map(|list| (self.list(list), condition.clone()));
        self.branch(BranchKind::Case, condition, case, |go| {
            if let Some((targets, Some(value))) = bound {
                go.bind_results(&targets, value, Assigns::Declares, case.end_byte());
            }
            let mut leaves = None;
            go.children(case, |go, child| {
                if child.kind() == "statement_list" {
                    leaves = go.statements(child);
                }
            });
            leaves
        })
    }
}

/// Of two ways to leave, the one that less is certain of.
fn weaker(one: Leave, other: Leave) -> Leave {
    let rank = |leave| match leave {
        Leave::Continue => 0,
        Leave::Break => 1,
        Leave::Return => 2,
        Leave::Throw => 3,
    };
    if rank(one) <= rank(other) { one } else { other }
}

/// `err` · `errSave` · `saveErr` · `rows.Err()` · `result.Error`
fn is_error(name: &str) -> bool {
    let said = name.strip_prefix("err").is_some_and(|rest| !rest.starts_with(|c: char| c.is_lowercase()));
    said || matches!(name, "error" | "Err" | "Error") || name.ends_with("Err") || name.ends_with("Error")
}

/// The last name of a path or call: `Error` of `tx.Error`, `Err` of `rows.Err()`.
fn last_name<'text>(node: Node, text: &'text str) -> &'text str {
    let text = text.get(node.byte_range()).unwrap_or_default();
    let text = text.strip_suffix("()").unwrap_or(text);
    text.rsplit('.').next().unwrap_or(text)
}

/// `x` of `x == nil` and `x != nil`.
fn beside_nil(node: Node) -> Option<Node> {
    if !matches!(operator(node), "==" | "!=") {
        return None;
    }
    let (left, right) = (field(node, FIELDS.left)?, field(node, FIELDS.right)?);
    match (left.kind(), right.kind()) {
        (_, "nil") => Some(left),
        ("nil", _) => Some(right),
        _ => None,
    }
}

/// The operator of a unary or binary expression, empty for any other.
pub(super) fn operator<'tree>(node: Node<'tree>) -> &'tree str {
    match node.kind() {
        "unary_expression" | "binary_expression" => field(node, FIELDS.operator).map_or("", |operator| operator.kind()),
        _ => "",
    }
}

pub(super) fn without_parentheses(mut node: Node) -> Node {
    while node.kind() == "parenthesized_expression" {
        let Some(inner) = node.named_child(0) else { break };
        node = inner;
    }
    node
}
