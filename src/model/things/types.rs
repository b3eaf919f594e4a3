//! What a type has and what it is: its members, its bases, the library behind it.
//! Part of [`Things`].

use crate::catalogue::{LibraryId, Words};
use crate::facts::{FunctionKind, Language, Name, TypeKind, TypeRef};
use crate::walk::FileId;

use super::super::{FunctionId, TypeId};
use super::{Site, Thing, Things};

/// The sum of a service's stores may embed dozens of interfaces.
const MOST_BASES: usize = 60;

/// Types that hold values by key.
const MAPS: [&str; 11] =
    ["BTreeMap", "DashMap", "Dict", "HashMap", "Map", "Mapping", "OrderedDict", "Record", "defaultdict", "dict", "map"];

impl<'q> Things<'q, '_> {
    pub(super) fn static_member(&self, id: TypeId, name: Name) -> Option<Thing<'q>> {
        if let Some(method) = self.method(id, name) {
            return Some(Thing::Function(method));
        }
        let one = self.project.type_at(id);
        if let Some(field) = one.fields.iter().find(|field| field.name == name) {
            let site = Site::of_file(id.file);
            if let Some(thing) = field.value.as_ref().and_then(|value| self.value(site, value)) {
                return Some(thing);
            }
        }
        let library = self.model_of(id)?;
        Some(Thing::Model(library, Some(id)))
    }

    pub(super) fn instance_member(&self, id: TypeId, name: Name, depth: u32) -> Option<Thing<'q>> {
        self.step()?;
        let one = self.project.type_at(id);
        let file_site = Site::of_file(id.file);
        if let Some(method) = self.own_method(id, name) {
            let getter = self.project.function(method).kind == FunctionKind::Getter;
            return if getter { self.returned(method) } else { Some(Thing::Function(method)) };
        }
        if let Some(field) = one.fields.iter().find(|field| field.name == name) {
            let declared = field.declared.as_ref().and_then(|declared| self.declared(file_site, declared));
            if let Some(thing) =
                declared.or_else(|| field.value.as_ref().and_then(|value| self.value(file_site, value)))
            {
                return Some(thing);
            }
        }
        if let Some(thing) = self.attribute(id, one.name, name) {
            return Some(thing);
        }
        if depth < 8 {
            for base in &one.bases {
                match self.declared_type(file_site, base) {
                    Some(Thing::Type(base)) => {
                        if let Some(thing) = self.instance_member(base, name, depth + 1) {
                            return Some(thing);
                        }
                    }
                    // Everything else a client has, its extension has: `class PrismaService extends PrismaClient`
                    Some(Thing::Handle(library)) => return Some(Thing::Handle(library)),
                    _ => {}
                }
            }
        }
        self.model_of(id).map(Thing::Related)
    }

    /// What the methods of a type assign to an attribute of its objects, or its constructor declares.
    pub(super) fn attribute(&self, id: TypeId, owner: Name, name: Name) -> Option<Thing<'q>> {
        let files = self.project.modules.siblings(id.file, self.project.language(id.file));
        let own = [id.file];
        for file in if files.is_empty() { &own } else { files } {
            let facts = self.project.facts(*file);
            let scopes = self.project.scopes(*file);
            for binding in scopes.attribute(facts, owner, name) {
                let site = Site { file: *file, function: binding.function, at: binding.span.start };
                let declared = binding.declared.as_ref().and_then(|declared| self.declared(site, declared));
                if let Some(thing) = declared.or_else(|| self.value(site, &binding.value)) {
                    return Some(thing);
                }
            }
            if let Some(index) = scopes.method(owner, "new".into()) {
                let params = &facts.function(index).params;
                if let Some(position) = params.iter().position(|param| param.field && param.name == name) {
                    return self.param(FunctionId { file: *file, index }, position as u32);
                }
            }
        }
        None
    }

    /// The method of a type or of its bases in the repository.
    pub(in crate::model) fn method(&self, id: TypeId, name: Name) -> Option<FunctionId> {
        let mut next = vec![id];
        let mut seen = 0;
        while let Some(id) = next.pop() {
            if let Some(method) = self.own_method(id, name) {
                return Some(method);
            }
            seen += 1;
            if seen > 16 {
                return None; // Bases that lead in a circle.
            }
            let site = Site::of_file(id.file);
            for base in self.project.type_at(id).bases.iter().rev() {
                if let Some(Thing::Type(base)) = self.declared_type(site, base) {
                    next.push(base);
                }
            }
        }
        None
    }

    /// The interface that asks for a method: the type itself, or one that it extends or embeds.
    pub(in crate::model) fn declarer(&self, id: TypeId, name: Name) -> Option<TypeId> {
        let mut next = vec![id];
        let mut seen = 0;
        while let Some(id) = next.pop() {
            let one = self.project.type_at(id);
            if one.methods.iter().any(|method| method.name == name) {
                return Some(id);
            }
            seen += 1;
            if seen > MOST_BASES {
                return None;
            }
            for base in &one.bases {
                if let Some(Thing::Type(base)) = self.declared_type(Site::of_file(id.file), base) {
                    next.push(base);
                }
            }
        }
        None
    }

    /// What a type is besides itself: the handle or model that it extends.
    pub(in crate::model) fn inherited(&self, id: TypeId) -> Option<Thing<'q>> {
        self.step()?;
        let site = Site::of_file(id.file);
        let based = self.project.type_at(id).bases.iter().find_map(|base| match self.declared_type(site, base)? {
            Thing::Type(base) if base != id => self.inherited(base),
            thing @ Thing::Handle(_) => Some(thing),
            _ => None,
        });
        based.or_else(|| self.described(id))
    }

    /// The handle whose methods an interface asks for: `type DBTX interface { ExecContext(..) (sql.Result, error) }`
    fn described(&self, id: TypeId) -> Option<Thing<'q>> {
        let one = self.project.type_at(id);
        if one.kind != TypeKind::Interface || self.project.language(id.file) != Language::Go {
            return None;
        }
        let site = Site::of_file(id.file);
        one.methods.iter().find_map(|method| match self.path(site, &method.returns.as_ref()?.path)? {
            Thing::Symbol(library, _) => {
                let words = self.project.catalogue.words(library, method.name);
                words.is(Words::STATEMENT.or(Words::READ).or(Words::WRITE)).then_some(Thing::Handle(library))
            }
            _ => None,
        })
    }

    pub(in crate::model) fn own_method(&self, id: TypeId, name: Name) -> Option<FunctionId> {
        let owner = self.project.type_at(id).name;
        let siblings = self.project.modules.siblings(id.file, self.project.language(id.file));
        std::iter::once(&id.file).chain(siblings).find_map(|file| {
            let index = self.project.scopes(*file).method(owner, name)?;
            Some(FunctionId { file: *file, index })
        })
    }

    /// The library that keeps the rows of a type, by its bases and decorators.
    pub(in crate::model) fn model_of(&self, id: TypeId) -> Option<LibraryId> {
        self.step()?;
        let one = self.project.type_at(id);
        let site = Site::of_file(id.file);
        let based = one.bases.iter().find_map(|base| match self.declared_type(site, base)? {
            Thing::Model(library, _) => Some(library),
            Thing::Type(base) if base != id => self.model_of(base),
            _ => None,
        });
        based.or_else(|| {
            one.decorators.iter().find_map(|decorator| match self.path(site, &decorator.path)? {
                Thing::Symbol(library, path) => self.symbol(library, path).is(Words::MODEL).then_some(library),
                _ => None,
            })
        })
    }

    pub(super) fn type_named(&self, file: FileId, name: Name) -> Option<TypeId> {
        let site = Site::of_file(file);
        match self.lookup(site, name)? {
            Thing::Type(id) => Some(id),
            _ => None,
        }
    }

    /// A type itself, or for an alias the type that it renames.
    pub(super) fn alias(&self, id: TypeId) -> Thing<'q> {
        let one = self.project.type_at(id);
        if one.kind == TypeKind::Alias
            && let Some(base) = one.bases.first()
        {
            let site = Site::of_file(id.file);
            if let Some(thing) = self.declared_type(site, base) {
                return thing;
            }
        }
        Thing::Type(id)
    }

    /// An object of a declared type.
    pub(super) fn declared(&self, site: Site, declared: &TypeRef) -> Option<Thing<'q>> {
        if let [word] = *declared.path
            && matches!(word.as_str(), "Type" | "type" | "typeof")
        {
            return self.declared_type(site, declared); // `model: Type[Order]` · `model: typeof Order`
        }
        match self.declared_type(site, declared)? {
            Thing::Type(id) => Some(match self.model_of(id) {
                Some(library) => Thing::Rows(library, Some(id)),
                None => Thing::Instance(id),
            }),
            Thing::Model(library, id) => Some(Thing::Rows(library, id)),
            thing => Some(thing),
        }
    }

    /// What a type expression names: a handle's type gives the handle, a wrapper what it wraps.
    pub(in crate::model) fn declared_type(&self, site: Site, declared: &TypeRef) -> Option<Thing<'q>> {
        self.step()?;
        let is = |word: &str| matches!(&*declared.path, [name] if *name == word);
        if is("typeof") {
            let named = declared.arguments.first()?;
            // With type arguments of its own the name is one level down: `typeof drizzle<Schema>`
            let named = if named.path.iter().all(|name| name.is_empty()) { named.arguments.first()? } else { named };
            return self.path(site, &named.path);
        }
        if is("ReturnType") {
            return self.called(self.declared_type(site, declared.arguments.first()?)?);
        }
        if MAPS.iter().any(|map| is(map)) {
            return None; // Its `get` is its own, whatever it holds.
        }
        let named = match self.path(site, &declared.path) {
            Some(Thing::Symbol(library, path)) => {
                let words = self.symbol(library, path);
                if words.is(Words::TYPE) {
                    return Some(Thing::Handle(library));
                }
                words.is(Words::MODEL).then_some(Thing::Model(library, None))
            }
            // A class made by a factory, or an injectable value.
            Some(Thing::Function(_) | Thing::File(_) | Thing::Folder(_) | Thing::Object(..)) => None,
            named => named,
        };
        named.or_else(|| declared.arguments.iter().find_map(|argument| self.declared_type(site, argument)))
    }

    /// What a path below a library means to it: its last name, or its last two.
    pub(in crate::model) fn symbol(&self, library: LibraryId, path: Name) -> Words {
        let words = |name: &str| self.project.catalogue.words(library, Name::from(name));
        let last = path.rfind(['.', '/', ':']).map_or(0, |end| end + 1);
        let pair = path[..last.saturating_sub(1)].rfind(['.', '/', ':']).map_or(0, |end| end + 1);
        let found = words(&path[last..]).or(words(&path[pair..]));
        let is_router = self.routing && found.is(Words::APP.or(Words::ROUTER));
        if is_router { found.or(Words::TYPE) } else { found }
    }
}
