//! Facts as text, nested as the code is: what `fixtures/lowering/*.facts` hold.
//!
//! The dump says what a program does, not how a language spells it: visibility, the form of a loop and positions
//! are left out, so that one dump can serve four languages.

use std::fmt::Write;

use backlint::facts::{
    Argument, BranchIndex, BranchKind, CallIndex, Decorator, FileFacts, FunctionIndex, FunctionKind, Leave, LoopIndex,
    LoopKind, Name, Span, TypeKind, TypeRef, Usage, Value,
};

/// One line of the dump, and what it contains.
struct Line {
    /// Lines are sorted by where they begin; of two that begin together the longer one is first.
    span: Span,
    text: String,
    lines: Vec<Line>,
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    function: FunctionIndex,
    each: Option<LoopIndex>,
    branch: Option<BranchIndex>,
}

pub(crate) fn dump(facts: &FileFacts) -> String {
    let mut lines: Vec<Line> = facts.imports.iter().map(|import| leaf(import.span, import_line(import))).collect();
    for one in &facts.types {
        let fields = one.fields.iter().map(|field| {
            let mut text = format!("field {}{}", field.name, declared(field.declared.as_ref()));
            if let Some(value) = &field.value {
                let _ = write!(text, " = {}", show(facts, value));
            }
            leaf(field.span, text + &decorators(facts, &field.decorators))
        });
        let mut lines_of: Vec<Line> = fields.collect();
        lines_of.extend(one.methods.iter().map(|method| {
            let returns =
                method.returns.as_ref().map_or_else(String::new, |returns| format!(" -> {}", show_type(returns)));
            leaf(Span::new(usize::MAX >> 33, 0), format!("asks {}{returns}", method.name))
        }));
        let kind = match one.kind {
            TypeKind::Class | TypeKind::Struct => "type",
            TypeKind::Interface => "interface",
            TypeKind::Enum => "enum",
            TypeKind::Alias => "alias",
        };
        let mut text = format!("{kind} {}", one.name);
        if !one.bases.is_empty() {
            let _ = write!(text, " of {}", one.bases.iter().map(show_type).collect::<Vec<_>>().join(", "));
        }
        text += &decorators(facts, &one.decorators);
        text += if one.test { " test" } else { "" };
        lines.push(Line { span: one.span, text, lines: lines_of });
    }
    lines.extend(inside(facts, Place { function: FunctionIndex::FILE, each: None, branch: None }));
    let mut text = String::new();
    write_lines(&mut text, lines, 0);
    text
}

fn write_lines(text: &mut String, mut lines: Vec<Line>, indent: usize) {
    lines.sort_by_key(|line| (line.span.start, std::cmp::Reverse(line.span.end)));
    for line in lines {
        let _ = writeln!(text, "{:indent$}{}", "", line.text);
        write_lines(text, line.lines, indent + 2);
    }
}

fn leaf(span: Span, text: String) -> Line {
    Line { span, text, lines: Vec::new() }
}

/// Everything that stands directly at a place.
fn inside(facts: &FileFacts, place: Place) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, call) in facts.calls.iter().enumerate() {
        let iterates = facts.loops.iter().any(|each| each.call == Some(CallIndex(index as u32)));
        if !iterates && place == (Place { function: call.function, each: call.each, branch: call.branch }) {
            let mut text =
                format!("call {}{}({})", chain(&call.chain), types(&call.types), arguments(facts, &call.arguments));
            for (is, word) in [
                (call.constructs, " new"),
                (call.awaited, " awaited"),
                (call.spawned, " spawned"),
                (call.deferred, " deferred"),
            ] {
                text += if is { word } else { "" };
            }
            text += match call.usage {
                Usage::Dropped | Usage::Used | Usage::Argument(_) | Usage::Iterated(_) => "",
                Usage::Returned => " returned",
                Usage::Tested => " tested",
            };
            lines.push(leaf(call.span, text));
        }
    }
    for binding in &facts.bindings {
        if place == (Place { function: binding.function, each: binding.each, branch: binding.branch }) {
            let verb = if binding.declares { "let" } else { "set" };
            let sign = if binding.augments { "+=" } else { "=" };
            let value = show(facts, &binding.value);
            let text =
                format!("{verb} {}{} {sign} {value}", chain(&binding.target), declared(binding.declared.as_ref()));
            lines.push(leaf(binding.span, text));
        }
    }
    for read in &facts.reads {
        if place == (Place { function: read.function, each: read.each, branch: read.branch }) {
            let awaited = if read.awaited { " awaited" } else { "" };
            lines.push(leaf(read.span, format!("read {}{awaited}", chain(&read.path))));
        }
    }
    for (index, each) in facts.loops.iter().enumerate() {
        if place == (Place { function: each.function, each: each.each, branch: each.branch }) {
            let index = LoopIndex(index as u32);
            // The body of an iteration callback is a literal: what stands directly in it stands in the loop.
            let function = each.body.unwrap_or(each.function);
            let lines_of = inside(facts, Place { function, each: Some(index), branch: None });
            lines.push(Line { span: each.span, text: loop_line(facts, index), lines: lines_of });
        }
    }
    for (index, branch) in facts.branches.iter().enumerate() {
        if place == (Place { function: branch.function, each: branch.each, branch: branch.branch }) {
            let place = Place { branch: Some(BranchIndex(index as u32)), ..place };
            let text = branch_line(facts, branch);
            lines.push(Line { span: branch.span, text, lines: inside(facts, place) });
        }
    }
    for (index, function) in facts.functions.iter().enumerate().skip(1) {
        let index = FunctionIndex(index as u32);
        let is_body = facts.loops.iter().any(|each| each.body == Some(index));
        let at = Place { function: function.parent.expect("has one"), each: function.each, branch: function.branch };
        if !is_body && place == at {
            let lines_of = inside(facts, Place { function: index, each: None, branch: None });
            lines.push(Line { span: function.span, text: function_line(facts, index), lines: lines_of });
        }
    }
    lines
}

fn import_line(import: &backlint::facts::Import) -> String {
    let mut text = format!("import {}", import.module);
    if let Some(symbol) = import.symbol {
        let _ = write!(text, " {symbol}");
    }
    let _ = write!(text, " as {}", import.alias);
    text += if import.reexport { " reexported" } else { "" };
    text += if import.type_only { " type-only" } else { "" };
    text
}

fn loop_line(facts: &FileFacts, index: LoopIndex) -> String {
    let each = facts.loop_at(index);
    let over = each.over.as_ref().map_or_else(String::new, |over| show(facts, over));
    let binds = each.binds.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
    let mut text = match each.kind {
        LoopKind::Each => format!("each {binds} of {over}"),
        LoopKind::Count => format!("count {binds} to {over}"),
        LoopKind::While => format!("while {over}"),
        LoopKind::Endless => "forever".to_owned(),
    };
    for (is, word) in [
        (each.bounded, " bounded"),
        (each.strides, " strides"),
        (each.awaits, " awaits"),
        (each.breaks, " breaks"),
        (each.returns, " returns"),
        (each.ends && !each.once, " ends"),
        (each.once, " once"),
    ] {
        text += if is { word } else { "" };
    }
    if let Some(gives) = &each.gives {
        let _ = write!(text, " gives {}", show(facts, gives));
    }
    text
}

fn branch_line(facts: &FileFacts, branch: &backlint::facts::Branch) -> String {
    let word = match branch.kind {
        BranchKind::If => "if",
        BranchKind::IfNot => "if-not",
        BranchKind::Else => "else",
        BranchKind::Case => "case",
        BranchKind::Try => "try",
        BranchKind::Catch => "catch",
    };
    let mut text = word.to_owned();
    if let Some(condition) = &branch.condition {
        let _ = write!(text, " {}", show(facts, condition));
    }
    text += match branch.leaves {
        None => "",
        Some(Leave::Return) => " → return",
        Some(Leave::Throw) => " → throw",
        Some(Leave::Break) => " → break",
        Some(Leave::Continue) => " → continue",
    };
    text
}

fn function_line(facts: &FileFacts, index: FunctionIndex) -> String {
    let function = facts.function(index);
    let params = function.params.iter().map(|param| {
        let mut text = format!("{}{}", param.name, declared(param.declared.as_ref()));
        if let Some(property) = param.property {
            let _ = write!(text, " from {property}");
        }
        if let Some(default) = &param.default {
            let _ = write!(text, " = {}", show(facts, default));
        }
        text += if param.field { " field" } else { "" };
        text + &decorators(facts, &param.decorators)
    });
    let params = params.collect::<Vec<_>>().join(", ");
    let owner = function.owner.map_or_else(String::new, |owner| format!("{owner}."));
    let mut text = match function.kind {
        FunctionKind::Literal => format!("fn ({params})"),
        _ => format!("fn {owner}{}({params})", function.name),
    };
    if let Some(returns) = &function.returns {
        let _ = write!(text, " -> {}", show_type(returns));
    }
    for (is, word) in [
        (function.is_async, " async"),
        (function.kind == FunctionKind::Getter, " getter"),
        (function.passed_to.is_some(), " passed"),
        (function.test, " test"),
    ] {
        text += if is { word } else { "" };
    }
    text += &decorators(facts, &function.decorators);
    if !function.returned.is_empty() {
        let returned = function.returned.iter().map(|value| show(facts, value)).collect::<Vec<_>>();
        let _ = write!(text, " → {}", returned.join(" | "));
    }
    text
}

fn decorators(facts: &FileFacts, decorators: &[Decorator]) -> String {
    let shown = decorators.iter().map(|decorator| {
        let arguments = arguments(facts, &decorator.arguments);
        format!(" @{}({arguments})", chain(&decorator.path))
    });
    shown.collect()
}

fn declared(declared: Option<&TypeRef>) -> String {
    declared.map_or_else(String::new, |declared| format!(": {}", show_type(declared)))
}

fn show_type(one: &TypeRef) -> String {
    chain(&one.path) + &types(&one.arguments)
}

fn types(types: &[TypeRef]) -> String {
    match types {
        [] => String::new(),
        types => format!("<{}>", types.iter().map(show_type).collect::<Vec<_>>().join(", ")),
    }
}

fn arguments(facts: &FileFacts, arguments: &[Argument]) -> String {
    let shown = arguments.iter().map(|argument| {
        let name = argument.name.map_or_else(String::new, |name| format!("{name}: "));
        let spread = if argument.spread { "..." } else { "" };
        format!("{name}{spread}{}", show(facts, &argument.value))
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn show(facts: &FileFacts, value: &Value) -> String {
    let all = |values: &[Value]| values.iter().map(|value| show(facts, value)).collect::<Vec<_>>().join(", ");
    match value {
        Value::Path(path) => chain(path),
        Value::Call(call, read) if read.is_empty() => format!("{}()", chain(&facts.call(*call).chain)),
        Value::Call(call, read) => format!("{}().{}", chain(&facts.call(*call).chain), chain(read)),
        Value::Text(text) => format!("{:?}", text.as_str()),
        Value::Template(text, values) => format!("{:?} % ({})", text.as_str(), all(values)),
        Value::Literal(literal) => literal.to_string(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}: {}", show(facts, value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::List(values) => format!("[{}]", all(values)),
        Value::Function(_) => "fn".to_owned(),
        Value::Element(element) => format!("{} at {}", show(facts, &element.0), show(facts, &element.1)),
        Value::Each(each) => {
            let over = facts.loop_at(*each).over.as_ref();
            format!("each of {}", over.map_or_else(String::new, |over| show(facts, over)))
        }
        Value::Other(values) => format!("~({})", all(values)),
    }
}

fn chain(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(".")
}
