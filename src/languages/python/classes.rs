//! Classes and type aliases to types.

use tree_sitter::Node;

use super::functions::is_public;
use super::{Lowering, field, parts, span};
use crate::facts::{Decorator, FunctionIndex, Name, Span, Type, TypeIndex, TypeKind, TypeRef};

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn class_definition(&mut self, node: Node<'n>, decorated: Option<Node<'n>>) {
        let decorators = self.decorators(decorated);
        let name = field(node, "name").map(|name| self.builder.name(name)).unwrap_or_default();
        let outer = self.class.take();
        let bases = field(node, "superclasses").map(|bases| self.bases(bases)).unwrap_or_default();
        let kind = kind(&bases);
        let (whole, head) = (span(decorated.unwrap_or(node)), self.head(node, "superclasses"));
        self.class = Some(self.add_type(name, kind, bases, decorators, whole, head));
        if let Some(body) = field(node, "body") {
            // Inside a method, `self` is the object of that method; a class in between has its own.
            let receiver = self.receiver.take();
            self.block(body);
            self.receiver = receiver;
        }
        self.class = outer;
    }

    fn bases(&mut self, node: Node<'n>) -> Vec<TypeRef> {
        let mut bases = Vec::new();
        for part in parts(node) {
            match part.kind() {
                // `metaclass=ABCMeta` and settings of the metaclass.
                "keyword_argument" => {
                    if let Some(value) = field(part, "value") {
                        self.expression(value);
                    }
                }
                "call" => {
                    self.expression(part);
                    bases.extend(self.type_ref(part));
                }
                _ => bases.extend(self.type_ref(part)),
            }
        }
        bases
    }

    /// `type Orders = list[Order]`
    pub(super) fn type_alias_statement(&mut self, node: Node<'n>) {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return };
        let name = self.type_ref(left).and_then(|left| left.path.first().copied());
        let of = self.type_ref(right);
        if let (Some(name), Some(of)) = (name, of) {
            self.add_type(name, TypeKind::Alias, vec![of], Vec::new(), span(node), span(left));
        }
    }

    /// `Db = Annotated[Session, Depends(get_db)]` names a type as well, and so does `Db: TypeAlias = Session`.
    pub(super) fn alias(&mut self, target: Node<'n>, declared: Option<Node<'n>>, right: Node<'n>, node: Node<'n>) {
        let outside = self.builder.scope().function == FunctionIndex::FILE && self.class.is_none();
        let says_so = declared.is_some_and(|declared| self.builder.text(declared).ends_with("TypeAlias"));
        let capitalised = self.builder.text(target).starts_with(|first: char| first.is_uppercase());
        if !outside || !(says_so || (capitalised && self.is_generic(right))) {
            return;
        }
        if let Some(of) = self.type_ref(right) {
            let name = self.builder.name(target);
            self.add_type(name, TypeKind::Alias, vec![of], Vec::new(), span(node), span(target));
        }
    }

    fn is_generic(&self, node: Node<'n>) -> bool {
        let (Some(generic), Some(of)) = (field(node, "value"), field(node, "subscript")) else { return false };
        let name = field(generic, "attribute").unwrap_or(generic);
        let name = self.builder.text(name);
        // Settings are read by text and rows by number; constants are in capitals.
        let is_type = name.starts_with(|first: char| first.is_uppercase()) && name.contains(|c: char| c.is_lowercase());
        let known = matches!(name, "list" | "dict" | "set" | "tuple" | "type" | "frozenset");
        node.kind() == "subscript" && (is_type || known) && !matches!(of.kind(), "integer" | "slice" | "unary_operator")
    }

    fn add_type(
        &mut self,
        name: Name,
        kind: TypeKind,
        bases: Vec<TypeRef>,
        decorators: Vec<Decorator>,
        span: Span,
        head: Span,
    ) -> TypeIndex {
        let scope = self.builder.scope();
        let exported = scope.function == FunctionIndex::FILE && is_public(&name);
        let types = &mut self.builder.facts.types;
        types.push(Type {
            name,
            kind,
            bases,
            fields: Vec::new(),
            methods: Vec::new(),
            decorators,
            exported,
            test: scope.test,
            span,
            head,
        });
        TypeIndex(types.len() as u32 - 1)
    }
}

fn kind(bases: &[TypeRef]) -> TypeKind {
    for base in bases {
        match base.path.last().map_or("", |name| name.as_str()) {
            "Protocol" => return TypeKind::Interface,
            "Flag" | "IntFlag" => return TypeKind::Enum,
            name if name.ends_with("Enum") => return TypeKind::Enum,
            _ => {}
        }
    }
    TypeKind::Class
}
