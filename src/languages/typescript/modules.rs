//! What a file takes from others and offers to them: ES modules and CommonJS.

use tree_sitter::Node;

use super::{Field, Kind, Lowering, children, first, span};
use crate::facts::{FunctionKind, Import, Name, Value};

/// What is the same for every name of an import statement.
#[derive(Clone, Copy)]
struct From {
    module: Name,
    reexport: bool,
    type_only: bool,
}

impl<'n> Lowering<'_, '_, 'n> {
    fn add_import(&mut self, from: From, symbol: Option<Name>, alias: Name, node: Node<'n>) {
        let From { module, reexport, type_only } = from;
        self.builder.facts.imports.push(Import { module, symbol, alias, reexport, type_only, span: span(node) });
    }

    pub(super) fn import(&mut self, node: Node<'n>) {
        let type_only = self.has_word(node, Kind::Type);
        let source = self.field(node, Field::Source).map(|source| self.key(source));
        let from = |module| From { module, reexport: false, type_only };
        let mut named = false;
        for part in children(node) {
            match self.kind(part) {
                Kind::ImportClause => {
                    named = true;
                    if let Some(module) = source {
                        self.import_clause(part, from(module));
                    }
                }
                // `import fs = require("fs")`
                Kind::ImportRequireClause => {
                    named = true;
                    let module = self.field(part, Field::Source).map(|source| self.key(source));
                    if let (Some(module), Some(alias)) = (module, first(part)) {
                        self.add_import(from(module), None, self.builder.name(alias), node);
                    }
                }
                _ => {}
            }
        }
        if let Some(module) = source.filter(|_| !named) {
            self.add_import(from(module), None, Name::default(), node);
        }
    }

    fn import_clause(&mut self, clause: Node<'n>, from: From) {
        for part in children(clause) {
            match self.kind(part) {
                Kind::Identifier => {
                    self.add_import(from, Some(Name::from("default")), self.builder.name(part), part);
                }
                Kind::NamespaceImport => {
                    if let Some(alias) = first(part) {
                        self.add_import(from, None, self.builder.name(alias), part);
                    }
                }
                Kind::NamedImports => {
                    for one in children(part) {
                        self.import_specifier(one, from);
                    }
                }
                _ => {}
            }
        }
    }

    fn import_specifier(&mut self, node: Node<'n>, from: From) {
        let Some((symbol, alias)) = self.specifier(node) else { return };
        let type_only = from.type_only || self.has_word(node, Kind::Type);
        self.add_import(From { type_only, ..from }, Some(symbol), alias, node);
    }

    /// `name as alias`
    fn specifier(&mut self, node: Node<'n>) -> Option<(Name, Name)> {
        let name = self.field(node, Field::Name)?;
        let name = self.key(name);
        let alias = self.field(node, Field::Alias).map(|alias| self.key(alias));
        Some((name, alias.unwrap_or(name)))
    }

    /// `import Client = Prisma.Client`
    pub(super) fn import_alias(&mut self, node: Node<'n>, exported: bool) {
        let mut parts = children(node);
        let (Some(alias), Some(aliased)) = (parts.next(), parts.next()) else { return };
        let path = self.builder.text(aliased).split('.').map(|name| Name::from(name.trim())).collect();
        let binding = self.builder.bind(vec![self.builder.name(alias)], None, Value::Path(path), span(node));
        binding.declares = true;
        binding.exported = exported;
    }

    pub(super) fn export(&mut self, node: Node<'n>) {
        let source = self.field(node, Field::Source).map(|source| self.key(source));
        if let Some(module) = source {
            let from = From { module, reexport: true, type_only: self.has_word(node, Kind::Type) };
            self.reexport(node, from);
            return;
        }
        let is_default = self.has_word(node, Kind::Default);
        if let Some(declaration) = self.field(node, Field::Declaration) {
            let name = self.field(declaration, Field::Name).map(|name| self.builder.name(name));
            let is_class = matches!(self.kind(declaration), Kind::ClassDeclaration | Kind::AbstractClassDeclaration);
            if is_class {
                // A decorator can stand in front of the `export`.
                self.class(declaration, node, None, true);
            } else if !self.known_statement(declaration, true) {
                self.statement(declaration);
            }
            if let Some(name) = name.filter(|_| is_default) {
                self.offer("default", Value::Path([name].into()), node);
            }
            return;
        }
        if let Some(value) = self.field(node, Field::Value) {
            self.export_default(value, node);
            return;
        }
        for part in children(node) {
            match self.kind(part) {
                Kind::ExportClause => {
                    for one in children(part) {
                        self.export_specifier(one);
                    }
                }
                Kind::Decorator => {}
                // `export = value`, but `export as namespace Name` gives nothing.
                _ if !self.has_word(node, Kind::Namespace) => {
                    let value = self.expression(part);
                    self.offer("exports", value, node);
                }
                _ => {}
            }
        }
    }

    fn reexport(&mut self, node: Node<'n>, from: From) {
        let mut everything = true;
        for part in children(node) {
            match self.kind(part) {
                Kind::ExportClause => {
                    everything = false;
                    for one in children(part) {
                        self.import_specifier(one, from);
                    }
                }
                Kind::NamespaceExport => {
                    everything = false;
                    if let Some(alias) = first(part) {
                        let alias = self.key(alias);
                        self.add_import(from, None, alias, part);
                    }
                }
                _ => {}
            }
        }
        if everything {
            self.add_import(from, Some(Name::from("*")), Name::default(), node);
        }
    }

    fn export_specifier(&mut self, node: Node<'n>) {
        match self.specifier(node) {
            Some((name, alias)) if name == alias => {
                self.exported.insert(name);
            }
            Some((name, alias)) => self.offer(&alias, Value::Path([name].into()), node),
            None => {}
        }
    }

    fn export_default(&mut self, value: Node<'n>, node: Node<'n>) {
        let default = Name::from("default");
        let bare = self.bare(value);
        let own = self.field(bare, Field::Name).map(|name| self.builder.name(name));
        let value = match self.kind(bare) {
            Kind::Class => {
                self.class(bare, node, Some(own.unwrap_or(default)), true);
                // A class without a name is itself called `default`.
                let Some(own) = own else { return };
                Value::Path([own].into())
            }
            _ if self.is_function(bare) => {
                let index = self.function(bare, own.unwrap_or(default), FunctionKind::Named);
                self.builder.function(index).exported = true;
                own.map_or(Value::Function(index), |own| Value::Path([own].into()))
            }
            _ => self.expression(value),
        };
        self.offer("default", value, node);
    }

    fn offer(&mut self, name: &str, value: Value, node: Node<'n>) {
        self.builder.bind(vec![Name::from(name)], None, value, span(node)).exported = true;
    }

    /// `const fs = require("fs")`, `const { join } = await import("path")`, `const join = require("path").join`: an
    /// import, if that is what the declaration is.
    pub(super) fn required(&mut self, pattern: Node<'n>, value: Node<'n>, declarator: Node<'n>) -> bool {
        let mut value = self.loaded(value);
        let mut symbol = None;
        if let Some(property) = self.field(value, Field::Property) {
            let Some(object) = self.field(value, Field::Object) else { return false };
            symbol = Some(self.builder.name(property));
            value = self.loaded(object);
        }
        let Some(module) = self.module(value) else { return false };
        let from = From { module, reexport: false, type_only: false };
        match (self.kind(pattern), symbol) {
            (Kind::Identifier, _) => self.add_import(from, symbol, self.builder.name(pattern), declarator),
            (Kind::ObjectPattern, None) => {
                for entry in children(pattern) {
                    let (key, target) = match self.kind(entry) {
                        Kind::PairPattern => (self.field(entry, Field::Key), self.field(entry, Field::Value)),
                        Kind::ObjectAssignmentPattern => {
                            (self.field(entry, Field::Left), self.field(entry, Field::Left))
                        }
                        _ => (Some(entry), Some(entry)),
                    };
                    if let (Some(key), Some(target)) = (key, target) {
                        let key = self.key(key);
                        let mut names = Vec::new();
                        self.pattern_names(target, &mut names);
                        for name in names {
                            self.add_import(from, Some(key), name, entry);
                        }
                    }
                }
            }
            _ => return false,
        }
        true
    }

    fn loaded(&self, node: Node<'n>) -> Node<'n> {
        let bare = self.bare(node);
        match self.kind(bare) {
            Kind::AwaitExpression => first(bare).map_or(bare, |awaited| self.bare(awaited)),
            _ => bare,
        }
    }

    /// The module that a call of `require` or `import` loads.
    fn module(&mut self, call: Node<'n>) -> Option<Name> {
        let function = self.field(call, Field::Function)?;
        let loads = self.kind(function) == Kind::Import || self.builder.text(function) == "require";
        let module = first(self.field(call, Field::Arguments)?)?;
        (loads && self.kind(module) == Kind::String).then(|| self.key(module))
    }
}
