//! `import` statements to imports.

use tree_sitter::Node;
use ustr::Ustr;

use super::{Lowering, field, parts, span};
use crate::facts::{FunctionIndex, Import, Name, Span};

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn import_statement(&mut self, node: Node<'n>) {
        for part in parts(node) {
            match part.kind() {
                "aliased_import" => {
                    let (Some(name), Some(alias)) = (field(part, "name"), field(part, "alias")) else { continue };
                    let (module, alias) = (self.written(name), self.builder.name(alias));
                    self.import(module, None, alias, span(part));
                }
                // `import a.b` binds `a`.
                "dotted_name" => {
                    let Some(first) = parts(part).next() else { continue };
                    let package = self.builder.name(first);
                    self.import(package, None, package, span(part));
                }
                _ => {}
            }
        }
    }

    pub(super) fn import_from_statement(&mut self, node: Node<'n>) {
        let Some(module_node) = field(node, "module_name") else { return };
        let module = self.written(module_node);
        for part in parts(node).filter(|part| *part != module_node) {
            let (symbol, alias) = match part.kind() {
                "aliased_import" => {
                    let (Some(name), Some(alias)) = (field(part, "name"), field(part, "alias")) else { continue };
                    (self.builder.name(name), self.builder.name(alias))
                }
                "dotted_name" => (self.builder.name(part), self.builder.name(part)),
                "wildcard_import" => (Ustr::from("*"), Ustr::from("*")),
                _ => continue,
            };
            self.import(module, Some(symbol), alias, span(part));
        }
    }

    fn import(&mut self, module: Name, symbol: Option<Name>, alias: Name, span: Span) {
        // What a module imports by name, others can import from it.
        let reexport = symbol.is_some() && self.builder.scope().function == FunctionIndex::FILE;
        let type_only = self.type_only;
        self.builder.facts.imports.push(Import { module, symbol, alias, reexport, type_only, span });
    }

    /// A module's name; `from . models import x` may hold spaces.
    fn written(&self, node: Node) -> Name {
        let text = self.builder.text(node);
        if text.contains(char::is_whitespace) {
            text.split_whitespace().collect::<String>().as_str().into()
        } else {
            text.into()
        }
    }
}
