//! Fields and decorators of models to relations, with the ways back. Reads declarations alone: what a migration or a
//! database says of them it does not know.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{MANY_CALLERS, Model, Relation, Relations};
use crate::catalogue::{self, LibraryId, Words};
use crate::facts::{
    Argument, Call, CallIndex, Field, FunctionIndex, FunctionKind, Language, Name, Span, TypeKind, TypeRef, Value,
};
use crate::model::things::{Site, Thing, Things};
use crate::model::{CallId, FunctionId, Project, TypeId};
use crate::walk::FileId;

/// A field as it declares a relation.
struct Declared<'p> {
    name: Name,
    /// The called name: `ForeignKey`.
    form: Name,
    arguments: &'p [Argument],
    /// The annotation beside it.
    declared: Option<&'p TypeRef>,
    span: Span,
}

struct Declarations<'p> {
    project: &'p Project<'p>,
    relations: Relations,
    /// Models by name.
    named: FxHashMap<Name, Vec<TypeId>>,
}

impl Relations {
    pub(super) fn of<'p>(project: &'p Project<'p>) -> Self {
        let mut declarations = Declarations { project, relations: Self::default(), named: FxHashMap::default() };
        let models = declarations.models();
        let mut declared = Vec::new();
        for (id, library) in &models {
            declared.extend(declarations.forward(*id, *library));
        }
        for relation in &declared {
            let (Model::Own(owner), forward) = (relation.0.owner, relation) else { continue };
            declarations.add_reverse(owner, forward);
        }
        // The fields of a base are fields of each model below it, which has ways back of its own.
        for (id, _) in &models {
            let mut open: Vec<(TypeId, u32)> =
                declarations.relations.bases.get(id).into_iter().flatten().map(|base| (*base, 0)).collect();
            while let Some((base, depth)) = open.pop() {
                for relation in declared.iter().filter(|(relation, ..)| relation.owner == Model::Own(base)) {
                    declarations.add_reverse(*id, relation);
                }
                if depth < 8 {
                    let more = declarations.relations.bases.get(&base).into_iter().flatten();
                    open.extend(more.map(|base| (*base, depth + 1)));
                }
            }
        }
        for (relation, ..) in declared {
            declarations.add(relation.owner, relation);
        }
        if !models.is_empty() {
            declarations.add_callers();
        }
        declarations.relations
    }
}

/// A relation, and what says how the way back is called.
type Forward<'p> = (Relation, Name, &'p [Argument]);

impl<'p> Declarations<'p> {
    /// The types of the repository whose rows a library with relations keeps.
    fn models(&mut self) -> Vec<(TypeId, LibraryId)> {
        let project = self.project;
        let mut models = Vec::new();
        for file in project.source_files() {
            let facts = project.facts(file);
            if !matches!(facts.language, Language::Python | Language::TypeScript) {
                continue;
            }
            for (index, one) in facts.types.iter().enumerate().filter(|(_, one)| one.kind == TypeKind::Class) {
                let id = TypeId { file, index: crate::facts::TypeIndex(index as u32) };
                self.add_steps(id);
                if one.bases.is_empty() && one.decorators.is_empty() {
                    continue;
                }
                let Some(library) = Things::new(project).model_of(id).or_else(|| self.library_of_fields(id)) else {
                    continue;
                };
                if project.catalogue.library(library).relations.is_none() {
                    continue;
                }
                let site = Site::of_file(file);
                let bases =
                    one.bases.iter().filter_map(|base| match Things::new(project).declared_type(site, base)? {
                        Thing::Type(base) if base != id => Some(base),
                        _ => None,
                    });
                self.relations.bases.insert(id, bases.collect());
                self.relations.libraries.insert(Model::Own(id), library);
                self.named.entry(one.name).or_default().push(id);
                let is_account = |base: &TypeRef| {
                    base.path.last().is_some_and(|name| name.starts_with("Abstract") && name.ends_with("User"))
                };
                if one.bases.iter().any(is_account) {
                    self.relations.account = Some(Model::Own(id));
                }
                models.push((id, library));
            }
        }
        models
    }

    fn add_callers(&mut self) {
        let project = self.project;
        let files = || project.source_files().filter(|file| project.language(*file) == Language::Python);
        let functions = files().flat_map(|file| &project.facts(file).functions);
        let takes = functions.filter(|function| !function.params.is_empty() && function.kind != FunctionKind::Literal);
        let names: FxHashSet<Name> = takes.map(|function| function.name).collect();
        for file in files() {
            for (index, call) in project.facts(file).calls.iter().enumerate() {
                if !call.arguments.is_empty() && names.contains(&call.name()) {
                    let id = CallId { file, index: CallIndex(index as u32) };
                    self.relations.callers.entry(call.name()).or_default().push(id);
                }
            }
        }
        self.relations.callers.retain(|_, calls| calls.len() <= MANY_CALLERS);
    }

    /// The methods of a type that is a handle by its bases: `class OrderQuerySet(QuerySet)`
    fn add_steps(&mut self, id: TypeId) {
        let project = self.project;
        let facts = project.facts(id.file);
        let one = project.type_at(id);
        if facts.language != Language::Python || one.bases.is_empty() {
            return;
        }
        let named_so = |base: &TypeRef| {
            base.path.last().is_some_and(|name| {
                let words = project.words_anywhere(facts.language, *name);
                words.is(Words::TYPE) || name.ends_with("Manager") || name.ends_with("QuerySet")
            })
        };
        if !one.bases.iter().any(named_so) {
            return;
        }
        for (index, function) in facts.functions.iter().enumerate() {
            if function.owner == Some(one.name) && function.kind == FunctionKind::Method {
                let id = FunctionId { file: id.file, index: FunctionIndex(index as u32) };
                self.relations.steps.entry(function.name).or_default().push(id);
            }
        }
    }

    /// The library whose relations a type has among its fields, where its bases lie outside the repository.
    fn library_of_fields(&self, id: TypeId) -> Option<LibraryId> {
        let facts = self.project.facts(id.file);
        self.project.type_at(id).fields.iter().find_map(|field| {
            let Some(Value::Call(call, _)) = &field.value else { return None };
            let call = facts.call(*call);
            let Thing::Symbol(library, _) = Things::new(self.project).lookup(Site::of_file(id.file), call.root())?
            else {
                return None;
            };
            let form = self.project.catalogue.library(library).relations.as_ref()?;
            [&form.to_one, &form.to_many].iter().any(|list| has(list, call.name())).then_some(library)
        })
    }

    fn forward(&self, id: TypeId, library: LibraryId) -> Vec<Forward<'p>> {
        let project = self.project;
        let facts = project.facts(id.file);
        let one = project.type_at(id);
        let Some(form) = &project.catalogue.library(library).relations else { return Vec::new() };
        let knows = |name: Name| [&form.to_one, &form.to_many, &form.either].iter().any(|list| has(list, name));
        let of_field = one.fields.iter().filter_map(|field: &Field| {
            let declared = field.declared.as_ref();
            if let Some(Value::Call(call, _)) = &field.value {
                let call: &Call = facts.call(*call);
                let form = call.name();
                return knows(form).then_some(Declared {
                    name: field.name,
                    form,
                    arguments: &call.arguments,
                    declared,
                    span: field.span,
                });
            }
            let decorator = field.decorators.iter().find(|one| one.path.last().is_some_and(|name| knows(*name)))?;
            let form = *decorator.path.last()?;
            Some(Declared { name: field.name, form, arguments: &decorator.arguments, declared, span: field.span })
        });
        // A mixin gives its relation as a method: `@declared_attr`
        let of_method = facts.functions.iter().filter(|function| {
            function.owner == Some(one.name) && !function.decorators.is_empty() && !form.either.is_empty()
        });
        let of_method = of_method.filter_map(|function| {
            let Some(Value::Call(call, _)) = function.returned.first() else { return None };
            let call = facts.call(*call);
            has(&form.either, call.name()).then_some(Declared {
                name: function.name,
                form: call.name(),
                arguments: &call.arguments,
                declared: None,
                span: function.head,
            })
        });
        of_field.chain(of_method).map(|declared| self.relation(id, library, form, &declared)).collect()
    }

    fn relation(
        &self,
        id: TypeId,
        library: LibraryId,
        form: &catalogue::Relations,
        field: &Declared<'p>,
    ) -> Forward<'p> {
        let target = self.target(id, form, field);
        let many = if has(&form.either, field.form) {
            self.leads_to_many(id, form, field, target)
        } else {
            has(&form.to_many, field.form)
        };
        let nullable = form.nullable.as_ref().and_then(|key| argument(field.arguments, key));
        let promised =
            || field.declared.is_some_and(|declared| declared.path.last().is_some_and(|name| name == "Promise"));
        let relation = Relation {
            name: field.name,
            many,
            owner: Model::Own(id),
            target,
            loaded: is_loaded(form, field.arguments) || form.promised && !promised(),
            required: !many && !nullable.is_some_and(is_true),
            library,
            file: id.file,
            span: field.span,
        };
        (relation, field.form, field.arguments)
    }

    /// The model that a relation names: `User`, `"app.User"`, `"self"`, `() => User`, or the type beside it.
    fn target(&self, id: TypeId, form: &catalogue::Relations, field: &Declared) -> Option<Model> {
        let named = field.arguments.iter().find(|one| one.name.is_none_or(|name| name == "to" || name == "argument"));
        let by_argument = named.and_then(|named| self.named_by(id, form, &named.value));
        by_argument.or_else(|| self.innermost(id, field.declared?))
    }

    fn named_by(&self, id: TypeId, form: &catalogue::Relations, value: &Value) -> Option<Model> {
        let site = Site::of_file(id.file);
        match value {
            Value::Text(text) if text == "self" => Some(Model::Own(id)),
            Value::Text(text) => self.model_called(id, Name::from(text.rsplit('.').next()?)),
            Value::Path(path) if path.last().is_some_and(|name| has(&form.accounts, *name)) => self.account(),
            Value::Call(call, _) => {
                let name = self.project.facts(id.file).call(*call).name();
                has(&form.accounts, name).then(|| self.account())?
            }
            Value::Path(path) => match Things::new(self.project).path(site, path) {
                Some(Thing::Type(target)) => Some(Model::Own(target)),
                Some(Thing::Symbol(_, symbol)) => Some(Model::Outside(last_of(symbol))),
                _ => self.model_called(id, *path.last()?),
            },
            Value::Function(function) => {
                let Value::Path(path) = self.project.facts(id.file).function(*function).returned.first()? else {
                    return None;
                };
                self.model_called(id, *path.last()?)
            }
            _ => None,
        }
    }

    /// The account's model of the repository, else the library's.
    fn account(&self) -> Option<Model> {
        Some(self.relations.account.unwrap_or(Model::Outside(Name::from("User"))))
    }

    /// The model of a name that lies nearest to another.
    fn model_called(&self, from: TypeId, name: Name) -> Option<Model> {
        let path = |file: FileId| self.project.file(file).path.as_str();
        let here = path(from.file);
        let shared =
            |id: &&TypeId| here.bytes().zip(path(id.file).bytes()).take_while(|(one, other)| one == other).count();
        let nearest = self.named.get(&name)?.iter().max_by_key(shared)?;
        Some(Model::Own(*nearest))
    }

    /// `Mapped[list["Post"]]`, `Promise<User[]>`
    fn innermost(&self, id: TypeId, declared: &TypeRef) -> Option<Model> {
        let mut declared = declared;
        while let Some(inner) = declared.arguments.first() {
            declared = inner;
        }
        self.model_called(id, *declared.path.last()?)
    }

    fn leads_to_many(&self, id: TypeId, form: &catalogue::Relations, field: &Declared, target: Option<Model>) -> bool {
        if let Some(listed) = argument(field.arguments, "uselist") {
            return is_true(listed);
        }
        if let Some(declared) = field.declared {
            return holds_many(declared, 0);
        }
        let one = self.project.type_at(id);
        if let Some(Value::List(keys)) = argument(field.arguments, "foreign_keys") {
            let own = |key: &Value| matches!(key, Value::Path(path) if one.fields.iter().any(|field| path.last() == Some(&field.name)));
            return !keys.iter().any(own);
        }
        if let Some(Value::Text(key)) = argument(field.arguments, "foreign_keys") {
            return !key.trim_start_matches('[').starts_with(&format!("{}.", one.name));
        }
        // A key of the other row stands in this one.
        let Some(Model::Own(target)) = target else { return false };
        !one.fields.iter().any(|column| self.is_key_to(id, form, column, target))
    }

    fn is_key_to(&self, id: TypeId, form: &catalogue::Relations, column: &Field, target: TypeId) -> bool {
        let facts = self.project.facts(id.file);
        let Some(Value::Call(call, _)) = &column.value else { return false };
        let call = facts.call(*call);
        let inner = call.arguments.iter().filter_map(|argument| match &argument.value {
            Value::Call(inner, _) => Some(facts.call(*inner)),
            _ => None,
        });
        let mut keys = std::iter::once(call).chain(inner).filter(|call| has(&form.keys, call.name()));
        keys.any(|key| {
            key.arguments.iter().any(|argument| match &argument.value {
                Value::Text(column) => self.is_table_of(column.split('.').rev().nth(1).unwrap_or_default(), target),
                Value::Path(path) => path.contains(&self.project.type_at(target).name),
                _ => false,
            })
        })
    }

    fn is_table_of(&self, table: &str, id: TypeId) -> bool {
        let one = self.project.type_at(id);
        let said = one.fields.iter().find(|field| field.name == "__tablename__").and_then(|field| field.value.as_ref());
        if let Some(Value::Text(said)) = said {
            return said == table;
        }
        let plain = |name: &str| name.replace('_', "").to_lowercase();
        plain(table) == plain(&one.name)
    }

    /// The way back of a relation that a model has, declared by itself or by a base.
    fn add_reverse(&mut self, owner: TypeId, (relation, form_name, arguments): &Forward<'p>) {
        let Some(target) = relation.target else { return };
        let Some(form) = &self.project.catalogue.library(relation.library).relations else { return };
        let class = self.project.type_at(owner).name.to_lowercase();
        let given = form.reverse.iter().find_map(|key| argument(arguments, key));
        let mut loaded = false;
        let name = match given {
            Some(Value::Text(name)) => name.replace("%(class)s", &class),
            Some(Value::Call(call, _)) => {
                let call = self.project.facts(relation.file).call(*call);
                loaded = is_loaded(form, &call.arguments);
                match call.arguments.first().map(|first| &first.value) {
                    Some(Value::Text(name)) => name.to_string(),
                    _ => return,
                }
            }
            Some(_) => return,
            None if has(&form.paired, *form_name) => class,
            None => match &form.reverse_name {
                Some(pattern) => pattern.replace("{}", &class),
                None => return,
            },
        };
        if name.ends_with('+') || name.contains('%') {
            return; // There is no way back.
        }
        let many = if has(&form.either, *form_name) { !relation.many } else { !has(&form.paired, *form_name) };
        let name = Name::from(&name);
        let reverse = Relation {
            name,
            many,
            owner: target,
            target: Some(Model::Own(owner)),
            loaded,
            required: false,
            ..relation.clone()
        };
        self.add(target, reverse);
    }

    fn add(&mut self, model: Model, relation: Relation) {
        self.relations.names.insert(relation.name);
        self.relations.libraries.entry(model).or_insert(relation.library);
        self.relations.of.entry(model).or_default().push(relation);
    }
}

fn has(list: &[String], name: Name) -> bool {
    list.iter().any(|one| one == name.as_str())
}

fn argument<'a>(arguments: &'a [Argument], key: &str) -> Option<&'a Value> {
    arguments.iter().find(|one| one.name.is_some_and(|name| name == key)).map(|one| &one.value)
}

fn is_true(value: &Value) -> bool {
    matches!(value, Value::Literal(literal) if literal == "true")
}

fn is_loaded(form: &catalogue::Relations, arguments: &[Argument]) -> bool {
    let given = form.loading.as_ref().and_then(|key| argument(arguments, key));
    match given {
        Some(Value::Text(text) | Value::Literal(text)) => form.loaded.iter().any(|one| one.eq_ignore_ascii_case(text)),
        _ => false,
    }
}

fn holds_many(declared: &TypeRef, depth: u32) -> bool {
    declared.path.last().is_some_and(|name| matches!(name.as_str(), "[]" | "dict" | "Dict"))
        || depth < 4 && declared.arguments.iter().any(|inner| holds_many(inner, depth + 1))
}

/// The last name of a path in a library: `User` of `accounts.models.User`.
pub(super) fn last_of(symbol: Name) -> Name {
    Name::from(symbol.rsplit(['.', '/', ':']).next().unwrap_or_default())
}
