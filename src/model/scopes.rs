//! What each name of a file stands for, function by function. Knows one file at a time.

use rustc_hash::FxHashMap;

use crate::facts::{Binding, FileFacts, Function, FunctionIndex, FunctionKind, Loop, LoopIndex, Name, Span, TypeIndex};

/// Something a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Definition {
    Function(FunctionIndex),
    Type(TypeIndex),
    /// Position in [`FileFacts::imports`].
    Import(u32),
    /// Position in [`FileFacts::bindings`].
    Binding(u32),
    /// A parameter of the function, by position.
    Param(FunctionIndex, u32),
    /// Bound by a loop, turn by turn.
    Turn(LoopIndex),
}

/// The definitions of one file.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    names: FxHashMap<(FunctionIndex, Name), Vec<Definition>>,
    /// What is set on `self`, by the type whose methods do it: `self.db = db`.
    attributes: FxHashMap<(Name, Name), Vec<u32>>,
    methods: FxHashMap<(Name, Name), FunctionIndex>,
    /// Positions in the order of the text.
    bindings: Vec<u32>,
    loops: Vec<u32>,
    /// `exports`, where the file defines it: names are slow to make.
    whole: Option<Name>,
    /// Names imported with `*`, or modules offered again as a whole.
    pub(super) stars: Vec<u32>,
}

impl Scopes {
    pub(super) fn of(facts: &FileFacts) -> Self {
        let mut scopes = Self::default();
        scopes.names.reserve(facts.imports.len() + facts.types.len() + facts.functions.len() + facts.bindings.len());
        for (index, import) in facts.imports.iter().enumerate() {
            if import.symbol.is_some_and(|symbol| symbol == "*") {
                scopes.stars.push(index as u32);
            }
        }
        let function_of = functions_around(facts);
        let imports =
            || facts.imports.iter().enumerate().map(|(index, import)| (index, import, function_of(import.span)));
        for (index, import, _) in imports().filter(|(.., function)| function.is_none()) {
            scopes.define(FunctionIndex::FILE, import.alias, Definition::Import(index as u32));
        }
        // What a function imports for itself is its own. The rest of the file may mean it too, in types that no run
        // looks at, but what the head of the file says comes first.
        for (index, import, function) in imports() {
            let Some(function) = function else { continue };
            scopes.define(function, import.alias, Definition::Import(index as u32));
            scopes.define(FunctionIndex::FILE, import.alias, Definition::Import(index as u32));
        }
        for (index, one) in facts.types.iter().enumerate() {
            scopes.define(FunctionIndex::FILE, one.name, Definition::Type(TypeIndex(index as u32)));
        }
        let is_stub = |function: &Function| {
            function.decorators.iter().any(|one| one.path.last().is_some_and(|name| name == "overload"))
        };
        for (index, function) in facts.functions.iter().enumerate().filter(|(_, function)| !is_stub(function)) {
            let id = FunctionIndex(index as u32);
            for (position, param) in function.params.iter().enumerate() {
                scopes.define(id, param.name, Definition::Param(id, position as u32));
            }
            match (function.owner, function.parent) {
                (Some(owner), _) => {
                    scopes.methods.entry((owner, function.name)).or_insert(id);
                }
                (None, Some(parent)) if function.kind != FunctionKind::Literal => {
                    scopes.define(parent, function.name, Definition::Function(id));
                }
                _ => {}
            }
        }
        for (index, each) in facts.loops.iter().enumerate() {
            for name in &each.binds {
                // The turn of a callback is a parameter of its body as well; what is iterated says more.
                let scope = each.body.unwrap_or(each.function);
                scopes.define(scope, *name, Definition::Turn(LoopIndex(index as u32)));
            }
        }
        for (index, binding) in facts.bindings.iter().enumerate() {
            match *binding.target {
                [name] => scopes.define(binding.function, name, Definition::Binding(index as u32)),
                [receiver, attribute] if receiver == "self" || receiver == "Self" => {
                    if let Some(owner) = owner_of(facts, binding.function) {
                        scopes.attributes.entry((owner, attribute)).or_default().push(index as u32);
                    }
                }
                _ => {}
            }
        }
        let exports = Name::from("exports");
        scopes.whole = scopes.names.contains_key(&(FunctionIndex::FILE, exports)).then_some(exports);
        scopes.bindings = (0..facts.bindings.len() as u32).collect();
        scopes.bindings.sort_by_key(|index| facts.bindings[*index as usize].span.start);
        scopes.loops = (0..facts.loops.len() as u32).collect();
        scopes.loops.sort_by_key(|index| facts.loops[*index as usize].span.start);
        scopes
    }

    /// The bindings in a stretch of code, in the order of the text.
    pub(super) fn bindings_in<'f>(&self, facts: &'f FileFacts, within: Span) -> impl Iterator<Item = &'f Binding> {
        let start = self.bindings.partition_point(|index| facts.bindings[*index as usize].span.start < within.start);
        let inside = self.bindings[start..].iter().map(|index| &facts.bindings[*index as usize]);
        inside.take_while(move |one| one.span.start < within.end).filter(move |one| within.contains(one.span))
    }

    /// The loops in a stretch of code, in the order of the text.
    pub(super) fn loops_in<'f>(&self, facts: &'f FileFacts, within: Span) -> impl Iterator<Item = &'f Loop> {
        let start = self.loops.partition_point(|index| facts.loops[*index as usize].span.start < within.start);
        let inside = self.loops[start..].iter().map(|index| &facts.loops[*index as usize]);
        inside.take_while(move |one| one.span.start < within.end).filter(move |one| within.contains(one.span))
    }

    fn define(&mut self, scope: FunctionIndex, name: Name, definition: Definition) {
        self.names.entry((scope, name)).or_default().push(definition);
    }

    /// What a name stands for in one function, without the functions around it; in the order of the text.
    pub(super) fn at(&self, scope: FunctionIndex, name: Name) -> &[Definition] {
        self.names.get(&(scope, name)).map_or(&[], Vec::as_slice)
    }

    /// What a module of CommonJS is as a whole: `module.exports = ..`
    pub(super) fn whole(&self) -> &[Definition] {
        self.whole.map_or(&[], |exports| self.at(FunctionIndex::FILE, exports))
    }

    pub(super) fn method(&self, owner: Name, name: Name) -> Option<FunctionIndex> {
        self.methods.get(&(owner, name)).copied()
    }

    /// The bindings that set an attribute of a type's objects.
    pub(super) fn attribute<'s>(
        &'s self,
        facts: &'s FileFacts,
        owner: Name,
        attribute: Name,
    ) -> impl Iterator<Item = &'s Binding> {
        let set = self.attributes.get(&(owner, attribute)).map_or(&[][..], Vec::as_slice);
        set.iter().map(|index| &facts.bindings[*index as usize])
    }
}

/// Finds the innermost function that a place in a file belongs to.
fn functions_around(facts: &FileFacts) -> impl Fn(Span) -> Option<FunctionIndex> {
    let mut starts: Vec<(u32, FunctionIndex)> = facts
        .functions
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, function)| (function.span.start, FunctionIndex(index as u32)))
        .collect();
    starts.sort_unstable();
    move |span| {
        let before = starts.partition_point(|(start, _)| *start <= span.start);
        let mut at = before.checked_sub(1).map(|index| starts[index].1);
        while let Some(index) = at.filter(|index| *index != FunctionIndex::FILE) {
            let function = facts.function(index);
            if function.span.contains(span) {
                return Some(index);
            }
            at = function.parent;
        }
        None
    }
}

/// The type that `self` belongs to in a function: its own owner, or that of a function around it.
pub(super) fn owner_of(facts: &FileFacts, function: FunctionIndex) -> Option<Name> {
    let mut at = Some(function);
    while let Some(index) = at {
        let function = facts.function(index);
        if function.owner.is_some() {
            return function.owner;
        }
        at = function.parent;
    }
    None
}
