//! What a name stands for where it is used: in its function, its file, its package, or the module it is imported from.
//! Part of [`Things`].

use crate::catalogue::{LibraryId, Words};
use crate::facts::{FunctionIndex, Language, Name, Value};
use crate::walk::FileId;

use super::super::modules::{Module, submodule};
use super::super::scopes::{Definition, owner_of};
use super::super::{CallId, FunctionId, TypeId};
use super::{Site, Thing, Things, element_of};

impl<'q> Things<'q, '_> {
    /// What a name stands for where it is used: in its function, the functions around it, its file, its package.
    pub(in crate::model) fn lookup(&self, site: Site, name: Name) -> Option<Thing<'q>> {
        self.step()?;
        let facts = self.project.facts(site.file);
        if name == "self" || name == "Self" {
            let owner = owner_of(facts, site.function)?;
            let owner = self.type_named(site.file, owner)?;
            return Some(if name == "self" { Thing::Instance(owner) } else { Thing::Type(owner) });
        }
        if facts.language == Language::Rust && (name == "crate" || name == "super") {
            return self.module(site.file, name);
        }
        let scopes = self.project.scopes(site.file);
        let mut function = Some(site.function);
        while let Some(index) = function {
            let definitions = scopes.at(index, name);
            if !definitions.is_empty() {
                return self.defined(site, definitions).or_else(|| self.spelled(facts.language, name));
            }
            function = facts.function(index).parent;
        }
        let star = |index: &u32| {
            let module = facts.imports[*index as usize].module;
            self.member(self.module(site.file, module)?, name)
        };
        let found = scopes.stars.iter().find_map(star).or_else(|| self.sibling(site.file, name)).or_else(|| {
            // A Rust path may begin with a module or crate that no `use` names.
            (facts.language == Language::Rust).then(|| self.module(site.file, name))?
        });
        found.or_else(|| self.spelled(facts.language, name))
    }

    /// A name that nothing explains, but that is what handles of a library are called, where the library is declared.
    pub(super) fn spelled(&self, language: Language, name: Name) -> Option<Thing<'q>> {
        let (library, _) = self
            .project
            .declared(language)
            .find(|(_, library)| library.handles.iter().any(|handle| handle == name.as_str()))?;
        self.spelled.set(true);
        Some(Thing::Handle(library))
    }

    /// A name defined in another file of the same package.
    pub(super) fn sibling(&self, file: FileId, name: Name) -> Option<Thing<'q>> {
        let siblings = self.project.modules.siblings(file, self.project.language(file));
        siblings.iter().filter(|sibling| **sibling != file).find_map(|sibling| self.exported(*sibling, name))
    }

    /// What a file offers under a name.
    pub(in crate::model) fn exported(&self, file: FileId, name: Name) -> Option<Thing<'q>> {
        self.step()?;
        let site = Site::of_file(file);
        let scopes = self.project.scopes(file);
        let facts = self.project.facts(file);
        let definitions = scopes.at(FunctionIndex::FILE, name);
        if !definitions.is_empty() {
            return self.defined(site, definitions);
        }
        if facts.language == Language::TypeScript {
            // CommonJS: a module may be one object, and a default import may mean all of it.
            let whole = scopes.whole();
            if !whole.is_empty() {
                let whole = self.defined(site, whole);
                return if name == "default" { whole } else { self.member(whole?, name) };
            }
        }
        scopes.stars.iter().find_map(|index| {
            let module = facts.imports[*index as usize].module;
            self.member(self.module(file, module)?, name)
        })
    }

    /// The meaning of a name among its definitions in one scope: the last assignment before the use, or whichever
    /// assignment tells what it is.
    pub(super) fn defined(&self, site: Site, definitions: &[Definition]) -> Option<Thing<'q>> {
        let facts = self.project.facts(site.file);
        let is_before = |definition: &&Definition| match definition {
            Definition::Binding(index) => facts.bindings[*index as usize].span.start < site.at,
            Definition::Turn(each) => facts.loop_at(*each).span.start <= site.at,
            _ => true,
        };
        let is_import = |definition: &&Definition| matches!(definition, Definition::Import(_));
        let before = definitions.iter().rev().filter(|one| is_before(one) && !is_import(one));
        // Functions import again what would be a circle at the head of the file: the head says what it is.
        let imports = definitions.iter().filter(is_import);
        let after = definitions.iter().filter(|definition| !is_before(definition));
        before.chain(imports).chain(after).find_map(|definition| self.definition(site.file, *definition))
    }

    pub(super) fn definition(&self, file: FileId, definition: Definition) -> Option<Thing<'q>> {
        if self.asked.borrow().contains(&(file, definition)) {
            return None;
        }
        self.asked.borrow_mut().push((file, definition));
        let meaning = self.meaning(file, definition);
        self.asked.borrow_mut().pop();
        meaning
    }

    pub(super) fn meaning(&self, file: FileId, definition: Definition) -> Option<Thing<'q>> {
        self.step()?;
        let facts = self.project.facts(file);
        match definition {
            Definition::Function(index) => Some(Thing::Function(FunctionId { file, index })),
            Definition::Type(index) => Some(self.alias(TypeId { file, index })),
            Definition::Import(index) => self.imported(file, index),
            Definition::Binding(index) => {
                let binding = &facts.bindings[index as usize];
                let site = Site { file, function: binding.function, at: binding.span.start };
                let declared = binding.declared.as_ref().and_then(|declared| self.declared(site, declared));
                declared.or_else(|| self.value(site, &binding.value))
            }
            Definition::Param(function, position) => self.param(FunctionId { file, index: function }, position),
            Definition::Turn(each) => {
                let each = facts.loop_at(each);
                let site = Site { file, function: each.function, at: each.span.start };
                self.value(site, each.over.as_ref()?).map(element_of)
            }
        }
    }

    pub(super) fn param(&self, id: FunctionId, position: u32) -> Option<Thing<'q>> {
        let function = self.project.function(id);
        let param = &function.params[position as usize];
        let site = Site { file: id.file, function: function.parent.unwrap_or(FunctionIndex::FILE), at: u32::MAX };
        if let Some(declared) = param.declared.as_ref().and_then(|declared| self.declared(site, declared)) {
            return match param.property {
                Some(property) => self.member(declared, property),
                None => Some(declared),
            };
        }
        // Injected: `db = Depends(get_db)` gives what `get_db` gives.
        if let Some(default @ Value::Call(call, _)) = &param.default {
            let call = self.project.facts(id.file).call(*call);
            let provider = call.arguments.first().and_then(|provider| self.value(site, &provider.value));
            if let Some(Thing::Function(provider)) = provider {
                return self.returned(provider);
            }
            return self.value(site, default);
        }
        // A function handed to a transaction gets the handle: `db.transaction(async (tx) => ..)`
        let call = CallId { file: id.file, index: function.passed_to? };
        let name = self.project.call(call).name();
        match self.subject(call)? {
            _ if position > 0 => None,
            Thing::Handle(library) => self.in_transaction(library, name),
            Thing::Instance(one) => match self.inherited(one)? {
                Thing::Handle(library) => self.in_transaction(library, name),
                _ => None,
            },
            // Batch by batch: `Order.findInBatches(query, async (orders) => ..)`
            Thing::Model(library, one) | Thing::Rows(library, one) => Some(Thing::Rows(library, one)),
            Thing::Type(one) => Some(Thing::Rows(self.model_of(one)?, Some(one))),
            _ => None,
        }
    }

    pub(super) fn in_transaction(&self, library: LibraryId, name: Name) -> Option<Thing<'q>> {
        let words = self.project.catalogue.words(library, name);
        words.is(Words::TRANSACTION).then_some(Thing::Handle(library))
    }

    pub(super) fn imported(&self, file: FileId, index: u32) -> Option<Thing<'q>> {
        let import = &self.project.facts(file).imports[index as usize];
        let module = self.module(file, import.module);
        match (import.symbol, module) {
            // CommonJS: what is required may be one value.
            (None, Some(Thing::File(required))) if self.project.language(file) == Language::TypeScript => {
                let scopes = self.project.scopes(required);
                let whole = scopes.whole();
                let site = Site::of_file(required);
                match self.defined(site, whole) {
                    None | Some(Thing::Object(..)) => Some(Thing::File(required)),
                    whole => whole,
                }
            }
            (None, module) => module,
            (Some(symbol), Some(module)) => {
                // `from package import module`: the symbol may be a file of its own.
                self.member(module, symbol).or_else(|| self.submodule(file, import.module, symbol))
            }
            (Some(symbol), None) => self.submodule(file, import.module, symbol),
        }
    }

    /// The module that a symbol of another is, in languages that import modules like symbols.
    fn submodule(&self, file: FileId, module: Name, symbol: Name) -> Option<Thing<'q>> {
        let language = self.project.language(file);
        let is_module = matches!(language, Language::Python | Language::Rust);
        is_module.then(|| self.module(file, submodule(language, module, symbol)))?
    }

    pub(in crate::model) fn module(&self, from: FileId, module: Name) -> Option<Thing<'q>> {
        self.step()?;
        let language = self.project.language(from);
        // A file that is named like a library does not take its place.
        let catalogue = self.project.catalogue;
        let known = match self.routing {
            true => catalogue.routed(language, &module),
            false => self.project.modules.library(catalogue, language, module),
        };
        if let Some(library) = known.filter(|_| is_absolute(language, &module)) {
            return Some(Thing::Symbol(library, module));
        }
        match self.project.modules.resolve(self.project.files, from, language, module) {
            (Module::File(file), rest) => {
                if let Some(library) = self.project.modules.generator_of_file(file) {
                    return Some(Thing::Symbol(library, module));
                }
                self.members(Thing::File(file), &rest)
            }
            (Module::Folder(folder), _) => Some(match self.project.modules.generator(folder) {
                Some(library) => Thing::Symbol(library, module),
                None => Thing::Folder(folder),
            }),
            (Module::External, _) => Some(Thing::Symbol(known?, module)),
        }
    }
}

/// Names a package rather than a place in the repository, in languages that tell them apart by the name.
fn is_absolute(language: Language, module: &str) -> bool {
    match language {
        Language::Python => !module.starts_with('.'),
        Language::Rust => !["crate", "self", "super"].contains(&module.split("::").next().unwrap_or_default()),
        Language::TypeScript | Language::Go => false,
    }
}
