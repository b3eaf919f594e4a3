//! Resolvers by decorator, by class and by name: `@ResolveField()`, `resolve_author`, `func (r *postResolver) Author`.
//! Knows one file at a time.

use super::{Resolver, Vocabulary, is_in, plain_name};
use crate::catalogue::{Graph, LibraryId, Words};
use crate::facts::{Call, Decorator, Function, FunctionIndex, FunctionKind, Language, Name, Type, Value};
use crate::model::calls::Params;
use crate::model::things::{Site, Thing, Things};
use crate::model::{FunctionId, Project, TypeId};
use crate::walk::FileId;

pub(super) fn find(project: &Project, file: FileId, found: &mut Vec<Resolver>) {
    let words = Vocabulary::of(project, file);
    if project.language(file) == Language::Go {
        return words.methods_of_classes(found);
    }
    if words.facts.types.is_empty() && words.imports.is_empty() {
        return;
    }
    for (index, function) in words.facts.functions.iter().enumerate() {
        let named = !matches!(function.kind, FunctionKind::File | FunctionKind::Literal) && !function.test;
        if named {
            found.extend(words.resolver(FunctionIndex(index as u32), function));
        }
    }
    for one in &words.facts.types {
        words.given_by_fields(one, found);
    }
    for call in &words.facts.calls {
        found.extend(words.set_by_call(call));
    }
}

impl<'p> Vocabulary<'p> {
    fn resolver(&self, index: FunctionIndex, function: &'p Function) -> Option<Resolver> {
        let owner = function.owner.and_then(|owner| self.type_named(owner)).map(|(_, one)| one);
        let by_decorator = function.decorators.iter().find_map(|decorator| {
            let (library, graph) = self.listed(&decorator.path, |graph| &graph.resolvers)?;
            Some((library, graph, Some(decorator)))
        });
        let by_name = || {
            let (library, graph) = self.type_of_schema(owner?)?;
            let is_meant =
                graph.resolvers.iter().any(|name| name.contains('*')) && is_in(&graph.resolvers, &function.name);
            is_meant.then_some((library, graph, None))
        };
        // Every method of a type: the decorators of a block are those of its methods.
        let by_block = || {
            let mut decorators = function.decorators.iter();
            let (library, graph) = decorators.find_map(|one| self.listed(&one.path, |graph| &graph.types))?;
            graph.resolvers.is_empty().then_some((library, graph, None))
        };
        let Some((library, graph, decorator)) = by_decorator.or_else(by_name).or_else(by_block) else {
            return self.on_object(index, function);
        };
        let (parent, owner) = match marked(graph, function) {
            Some((parent, declared)) => {
                let named = owner.and_then(|one| self.named_by_class(one));
                let is_own = owner.is_some_and(|one| self.type_of_schema(one).is_some());
                (parent, named.or(function.owner.filter(|_| is_own)).or(declared).or(function.owner)?)
            }
            None => {
                let own = graph.resolvers.is_empty() || owner.is_some_and(|one| self.type_of_schema(one).is_some());
                if !own {
                    return None; // Nothing of the parent reaches it.
                }
                let is_static = function.decorators.iter().any(|decorator| *decorator.path == ["staticmethod"]);
                (if is_static { Params::one(0) } else { Params::SELF }, function.owner?)
            }
        };
        let begins = graph.resolvers.iter().filter_map(|name| name.strip_suffix('*'));
        let field = begins.filter_map(|begin| function.name.strip_prefix(begin)).next().map(Name::from);
        let field = decorator.and_then(field_named).or(field).unwrap_or(function.name);
        let mut resolver = Resolver::of(self.id(index), library, owner, field, parent);
        resolver.model = owner_model(self, function);
        resolver.hinted = decorator.is_some_and(|decorator| {
            let eager = |name: Name| self.project.catalogue.words(library, name).is(Words::EAGER);
            decorator.arguments.iter().any(|argument| argument.name.is_some_and(eager))
        });
        Some(resolver)
    }

    /// The type of which a class resolves the fields: `@Resolver(() => Post)`
    fn named_by_class(&self, one: &Type) -> Option<Name> {
        one.decorators.iter().find_map(|decorator| {
            self.listed(&decorator.path, |graph| &graph.classes)?;
            self.type_name(&decorator.arguments.first()?.value)
        })
    }

    /// `post = ObjectType("Post")`, `@post.field("author")`
    fn on_object(&self, index: FunctionIndex, function: &Function) -> Option<Resolver> {
        function.decorators.iter().find_map(|decorator| {
            let [object, method] = *decorator.path else { return None };
            let (library, owner) = self.object(object, method)?;
            let field = field_named(decorator).unwrap_or(function.name);
            Some(Resolver::of(self.id(index), library, owner, field, Params::one(0)))
        })
    }

    /// The type that an object stands for, and the library, where a method of it sets a resolver.
    fn object(&self, object: Name, method: Name) -> Option<(LibraryId, Name)> {
        let sets = |graph: &Graph| !graph.makers.is_empty() && is_in(&graph.resolvers, &method);
        if !self.imports.iter().any(|(_, _, graph)| sets(graph)) {
            return None; // Most calls of most files.
        }
        let bound = self.facts.bindings.iter().find(|binding| *binding.target == [object])?;
        let Value::Call(made, _) = &bound.value else { return None };
        let made = self.facts.call(*made);
        let (library, graph) = self.listed(&made.chain, |graph| &graph.makers)?;
        let Value::Text(name) = made.arguments.first()?.value else { return None };
        is_in(&graph.resolvers, &method).then_some((library, name))
    }

    /// `post.set_field("author", resolve_author)`
    fn set_by_call(&self, call: &Call) -> Option<Resolver> {
        let [object, method] = *call.chain else { return None };
        let (library, owner) = self.object(object, method)?;
        let [field, function] = &*call.arguments else { return None };
        let Value::Text(field) = field.value else { return None };
        let function = self.function(&function.value)?;
        Some(Resolver::of(function, library, owner, field, Params::one(0)))
    }

    /// `author: Author = strawberry.field(resolver=get_author)`
    fn given_by_fields(&self, one: &Type, found: &mut Vec<Resolver>) {
        for field in &one.fields {
            let Some(Value::Call(call, _)) = field.value else { continue };
            let call = self.facts.call(call);
            let Some((library, graph)) = self.listed(&call.chain, |graph| &graph.resolvers) else { continue };
            let given = call.arguments.iter().find(|argument| argument.name.is_some_and(|name| name == "resolver"));
            let Some(function) = given.and_then(|given| self.function(&given.value)) else { continue };
            let body = self.project.function(function);
            let Some((parent, _)) = marked(graph, body).or_else(|| takes_self(body)) else { continue };
            found.push(Resolver::of(function, library, one.name, field.name, parent));
        }
    }

    fn function(&self, value: &'p Value) -> Option<FunctionId> {
        let things = Things::new(self.project);
        match things.value(Site::of_file(self.file), value)? {
            Thing::Function(function) => Some(function),
            _ => None,
        }
    }

    /// Go's resolvers are methods of a type for each type of the schema; the parent is a parameter.
    fn methods_of_classes(&self, found: &mut Vec<Resolver>) {
        let Some(service) = self.project.service_of(self.file) else { return };
        let libraries = self.project.service(service).libraries.iter().map(|one| one.library);
        let mut graphs = libraries.filter_map(|id| Some((id, self.project.catalogue.library(id).graph.as_ref()?)));
        let Some((library, graph)) = graphs.find(|(_, graph)| !graph.classes.is_empty()) else { return };
        for (index, function) in self.facts.functions.iter().enumerate() {
            let Some(owner) = function.owner.filter(|owner| is_in(&graph.classes, owner)) else { continue };
            let Some((parent, declared)) = marked(graph, function) else { continue };
            let ends = graph.classes.iter().filter_map(|class| class.strip_prefix('*'));
            let stem = ends.filter_map(|end| owner.strip_suffix(end)).find(|stem| !stem.is_empty());
            let Some(owner) = stem.map(capitalised).or(declared) else { continue };
            let id = self.id(FunctionIndex(index as u32));
            found.push(Resolver::of(id, library, owner, function.name, parent));
        }
    }
}

/// `@ResolveField("author")`
fn field_named(decorator: &Decorator) -> Option<Name> {
    match decorator.arguments.first()?.value {
        Value::Text(name) => Some(name),
        _ => None,
    }
}

/// The parameters that are marked as the parent, and the type they are declared to have.
fn marked(graph: &Graph, function: &Function) -> Option<(Params, Option<Name>)> {
    let mut parent = Params::NONE;
    let mut declared = None;
    for (position, param) in function.params.iter().enumerate() {
        let by_decorator = param.decorators.iter().filter_map(|decorator| decorator.path.last());
        if by_decorator.chain([&param.name]).any(|name| is_in(&graph.parents, name)) {
            parent |= Params::one(position);
            declared = declared.or(param.declared.as_ref().and_then(plain_name));
        }
    }
    (!parent.is_empty()).then_some((parent, declared))
}

/// A function outside every class whose first parameter is called like the object of a method.
fn takes_self(function: &Function) -> Option<(Params, Option<Name>)> {
    let first = function.params.first()?;
    (first.name == "self").then(|| (Params::one(0), first.declared.as_ref().and_then(plain_name)))
}

/// The model that stands behind a type: `@strawberry_django.type(Post)`, `class Meta: model = Post`
fn owner_model(words: &Vocabulary, function: &Function) -> Option<TypeId> {
    let (_, one) = words.type_named(function.owner?)?;
    let decorated = one.decorators.iter().find_map(|decorator| {
        words.listed(&decorator.path, |graph| &graph.types)?;
        decorator.arguments.iter().find(|argument| argument.name.is_none()).map(|argument| &argument.value)
    });
    let told = || {
        let inner = words.facts.types.iter().find(|inner| inner.span != one.span && one.span.contains(inner.span))?;
        inner.fields.iter().find(|field| field.name == "model")?.value.as_ref()
    };
    let value = decorated.or_else(told)?;
    let things = Things::new(words.project);
    let Value::Path(path) = value else { return None };
    match things.path(Site::of_file(words.file), path)? {
        Thing::Type(id) | Thing::Model(_, Some(id)) => Some(id),
        _ => None,
    }
}

fn capitalised(name: &str) -> Name {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    Name::from(&first.into_iter().chain(letters).collect::<String>())
}
