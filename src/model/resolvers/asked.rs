//! What a resolver asks a database about its parent: statements keyed by it, relations of it, properties of its model
//! that ask. Knows one resolver at a time, not how many parents there are.

use rustc_hash::FxHashSet;

use super::Resolver;
use crate::catalogue::{LibraryId, Words};
use crate::facts::{
    BranchKind, Call, CallIndex, FileFacts, FunctionIndex, FunctionKind, Language, Leave, Name, Span, Value,
};
use crate::finding::Place;
use crate::model::calls::{Link, Origins, Params, Sent, branches, is_guarded, is_rare, passed};
use crate::model::effects::is_of_any_collection;
use crate::model::loops::{has_word, keeps};
use crate::model::things::{Evidence, Thing, Things};
use crate::model::{Access, CallId, Effect, FunctionId, Project};

/// Words in names of what collects keys and loads them together.
const LOADER_WORDS: [&str; 4] = ["dataloader", "dataloaders", "loader", "loaders"];

/// How far values within values are followed.
const DEPTH: u32 = 8;

/// A query that a resolver sends for its parent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where in the resolver it is sent, or called for.
    pub place: Place,
    /// As the reader knows it: `db.post.findMany`, `post.author`.
    pub said: String,
    /// The statement, where it stands elsewhere.
    pub statement: Option<Place>,
    /// The calls that lead there.
    pub way: Vec<CallId>,
    pub library: LibraryId,
    pub evidence: Evidence,
    /// The weakest link on the way.
    pub link: Option<Link>,
    pub hops: u8,
    /// A relation as it is: whoever loads the parents may have loaded it as well.
    pub plain: bool,
    /// Asked only where the parent does not know the answer already.
    pub guarded: bool,
    pub conditional: bool,
    pub cached: bool,
}

impl Project<'_> {
    /// The queries that a resolver sends for each parent, the most certain first.
    pub fn asked(&self, resolver: &Resolver) -> Vec<Asked> {
        let asking = Asking::of(self, resolver);
        let mut asked: Vec<Asked> = asking.calls().flat_map(|index| asking.call(index)).collect();
        asked.extend(asking.property());
        // What the decorator asks for is loaded with the parents, unless the field wants another choice of it.
        asked.retain(|one| !(resolver.hinted && one.plain));
        asked.sort_by_key(|one| {
            (one.guarded, one.link > Some(Link::Implemented), one.hops, one.plain, one.conditional, one.place)
        });
        asked
    }

    /// Whether anything in the service of a file collects keys and loads them together.
    pub fn has_loaders(&self, file: crate::walk::FileId) -> bool {
        let Some(service) = self.service_of(file).map(|id| self.service(id)) else { return false };
        let is_loader =
            |library: LibraryId| self.catalogue.library(library).role == crate::catalogue::LibraryRole::Loader;
        service.libraries.iter().any(|one| is_loader(one.library))
            || service.files.iter().filter(|file| self.has_facts(**file)).any(|file| {
                let facts = self.facts(*file);
                facts.imports.iter().any(|import| has_word(&import.alias, &LOADER_WORDS[..2]))
                    || facts.types.iter().any(|one| has_word(&one.name, &LOADER_WORDS[..2]))
            })
    }
}

/// One resolver, and where the names in it come from.
struct Asking<'p> {
    project: &'p Project<'p>,
    resolver: &'p Resolver,
    facts: &'p FileFacts,
    origins: Origins<'p>,
    span: Span,
    /// The names of the parent itself.
    parents: Vec<Name>,
    /// Names that hold a relation of the parent, or a query on one.
    trail: FxHashSet<Name>,
    /// The calls of chains whose result is the resolver's.
    returned: FxHashSet<CallIndex>,
}

impl<'p> Asking<'p> {
    fn of(project: &'p Project<'p>, resolver: &'p Resolver) -> Self {
        let facts = project.facts(resolver.function.file);
        let function = facts.function(resolver.function.index);
        let params = function.params.iter().enumerate();
        let params =
            params.filter(|(position, param)| resolver.parent.has(Params::one(*position)) && param.property.is_none());
        let mut parents: Vec<Name> = params.map(|(_, param)| param.name).collect();
        if resolver.parent.has(Params::SELF) {
            parents.push("self".into());
        }
        let mut asking = Self {
            project,
            resolver,
            facts,
            origins: Origins::of(facts, resolver.function.index),
            span: function.span,
            parents,
            trail: FxHashSet::default(),
            returned: FxHashSet::default(),
        };
        asking.follow_relations();
        for value in &function.returned {
            asking.note_returned(value, 0);
        }
        asking
    }

    fn bindings(&self) -> impl Iterator<Item = &'p crate::facts::Binding> + use<'p> {
        let (facts, span) = (self.facts, self.span);
        let start = facts.bindings.partition_point(|binding| binding.span.start < span.start);
        facts.bindings[start..].iter().take_while(move |binding| binding.span.start < span.end)
    }

    fn follow_relations(&mut self) {
        for binding in self.bindings() {
            let [name] = *binding.target else { continue };
            let path = match &binding.value {
                Value::Path(path) => &**path,
                Value::Call(call, read) if read.is_empty() => &*self.facts.call(*call).chain,
                _ => continue,
            };
            if self.is_relation(path) {
                self.trail.insert(name);
            }
        }
    }

    /// `post.comments`, and names that hold it.
    fn is_relation(&self, path: &[Name]) -> bool {
        path.first().is_some_and(|root| self.trail.contains(root) || path.len() > 1 && self.parents.contains(root))
    }

    fn note_returned(&mut self, value: &'p Value, depth: u32) {
        match value {
            _ if depth == DEPTH => {}
            Value::Call(call, _) => {
                let facts = self.facts;
                let before = std::iter::successors(Some(facts.last_of_chain(*call)), |at| facts.call(*at).receiver);
                self.returned.extend(before);
            }
            Value::Other(values) => values.iter().for_each(|value| self.note_returned(value, depth + 1)),
            Value::Element(element) => self.note_returned(&element.0, depth + 1),
            Value::Path(path) => {
                if let [name] = **path {
                    let held: Vec<&Value> =
                        self.bindings().filter(|one| *one.target == [name]).map(|one| &one.value).collect();
                    held.into_iter().for_each(|value| self.note_returned(value, depth + 1));
                }
            }
            _ => {}
        }
    }

    /// The calls that run when the resolver does.
    fn calls(&self) -> impl Iterator<Item = CallIndex> + '_ {
        let calls = &self.facts.calls;
        let start = calls.partition_point(|call| call.span.end <= self.span.start);
        let inside = calls[start..].iter().take_while(|call| call.span.end <= self.span.end).enumerate();
        inside.filter_map(move |(at, call)| {
            let runs = self.span.contains(call.span) && self.runs(call.function) && !is_rare(self.facts, call);
            runs.then_some(CallIndex((start + at) as u32))
        })
    }

    /// The code is the resolver's, or that of a literal which it runs at once.
    fn runs(&self, mut index: FunctionIndex) -> bool {
        while index != self.resolver.function.index {
            let function = self.facts.function(index);
            let runs = function.kind == FunctionKind::Literal
                && function.passed_to.is_some_and(|call| !keeps(self.facts.call(call).name()));
            let Some(parent) = function.parent.filter(|_| runs) else { return false };
            index = parent;
        }
        true
    }

    fn call(&self, index: CallIndex) -> Vec<Asked> {
        let call = self.facts.call(index);
        if call.chain.iter().any(|name| has_word(name, &LOADER_WORDS)) {
            return Vec::new();
        }
        if let Some(direct) = self.direct(index, call) {
            return vec![direct];
        }
        let behind = self.behind(index, call);
        if !behind.is_empty() {
            return behind;
        }
        self.relation(index, call).into_iter().collect()
    }

    fn id(&self, index: CallIndex) -> CallId {
        CallId { file: self.resolver.function.file, index }
    }

    /// A statement of its own.
    fn direct(&self, index: CallIndex, call: &'p Call) -> Option<Asked> {
        let id = self.id(index);
        let begun = || self.project.effect_of_result(id).filter(|_| self.returned.contains(&index));
        let effect = self.project.effect(id).or_else(begun)?;
        if !is_query(effect) || effect.locks {
            return None;
        }
        let mut keyed = Params::NONE;
        for argument in self.facts.chain(index).flat_map(|call| &call.arguments) {
            keyed |= self.origins.within(&argument.value);
        }
        if !effect.handle_leads || effect.related {
            keyed |= self.origins.named(call.root());
        }
        let plain = effect.related && effect.deferred && call.arguments.is_empty();
        keyed.has(self.resolver.parent).then(|| Asked {
            plain,
            evidence: effect.evidence,
            cached: effect.cached,
            ..self.found(index, call, effect.library)
        })
    }

    /// Statements in functions that it runs.
    fn behind(&self, index: CallIndex, call: &'p Call) -> Vec<Asked> {
        let id = self.id(index);
        let Some(callee) = self.project.callee(id) else { return Vec::new() };
        let is_meant = |sent: &&Sent| {
            let keyed = passed(self.project, &self.origins, call, &callee, sent.keyed);
            is_query(sent.effect) && keyed.has(self.resolver.parent)
        };
        let sent = self.project.sent(callee.function).iter().filter(is_meant).filter_map(|sent| {
            let way: Vec<CallId> = std::iter::once(id).chain(self.project.way(sent)).collect();
            let mut owners = way.iter().filter_map(|call| self.project.callee(*call));
            if owners.any(|callee| self.collects(callee.function)) {
                return None; // It asks for the keys of many parents.
            }
            let statement = self.project.call(sent.statement);
            Some(Asked {
                statement: Some(self.project.place(sent.statement.file, statement.span)),
                way,
                evidence: sent.effect.evidence,
                link: Some(callee.link).max(sent.link),
                hops: sent.hops + 1,
                conditional: call.branch.is_some() || sent.conditional,
                guarded: sent.guarded || self.is_known(call),
                cached: sent.effect.cached,
                ..self.found(index, call, sent.effect.library)
            })
        });
        sent.collect()
    }

    fn collects(&self, function: FunctionId) -> bool {
        let body = self.project.function(function);
        has_word(&body.name, &LOADER_WORDS) || body.owner.is_some_and(|owner| has_word(&owner, &LOADER_WORDS))
    }

    /// A relation of a parent whose model is not known: `self.comments.order_by("at")`, `user.$relatedQuery("groups")`
    fn relation(&self, index: CallIndex, call: &'p Call) -> Option<Asked> {
        let language = self.facts.language;
        let (name, before) = call.chain.split_last()?;
        let of_parent = matches!(before, [parent] if self.parents.contains(parent));
        let related = self.is_relation(before) && !of_parent;
        let declared = self.project.declared(language).map(|(id, _)| (id, self.project.catalogue.words(id, *name)));
        let (library, words) = { declared }.find(|(id, words)| match language {
            Language::Python => {
                related
                    && words.is(Words::READ.or(Words::DEFERRED))
                    && self.project.defers(*id)
                    && !is_of_any_collection(call)
            }
            _ => of_parent && words.is(Words::ROW_READ),
        })?;
        if call.continued.is_some_and(|next| {
            let next = self.project.catalogue.words(library, self.facts.call(next).name());
            next.is(Words::READ.or(Words::DEFERRED)) && !next.is(Words::ROW_READ)
        }) {
            return None; // The end of the chain is the query.
        }
        let sends = words.is(Words::READ.or(Words::ROW_READ))
            || self.returned.contains(&index)
            || self.project.is_consumed(self.facts, self.id(index), library);
        let plain = words.is(Words::DEFERRED) && call.arguments.is_empty() && before.len() == 2;
        sends.then(|| Asked { plain, evidence: Evidence::Spelled, ..self.found(index, call, library) })
    }

    fn found(&self, index: CallIndex, call: &Call, library: LibraryId) -> Asked {
        let id = self.id(index);
        Asked {
            place: self.project.place(id.file, call.span),
            said: self.project.called(id),
            statement: None,
            way: Vec::new(),
            library,
            evidence: Evidence::Proven,
            link: None,
            hops: 0,
            plain: false,
            guarded: is_guarded(self.facts, call) || self.is_known(call),
            conditional: call.branch.is_some(),
            cached: false,
        }
    }

    /// The parent, or something that was prepared for all parents, may know the answer already.
    fn is_known(&self, call: &Call) -> bool {
        let function = self.facts.function(self.resolver.function.index);
        let of_parent = |path: &[Name]| path.len() > 1 && self.parents.contains(&path[0]);
        let mentions = |condition: Option<&'p Value>, is_it: &mut dyn FnMut(&'p [Name]) -> bool| {
            let mut found = false;
            if let Some(condition) = condition {
                condition.paths(self.facts, &mut |path| found |= is_it(path));
            }
            found
        };
        // `if (post.author) { author = post.author } else { author = await find(post.authorId) }`
        let around = branches(self.facts, call).any(|branch| {
            let is_rest = matches!(branch.kind, BranchKind::Else | BranchKind::IfNot);
            let loaded = |path: &[Name]| of_parent(path) && self.is_used(path, call);
            is_rest && mentions(branch.condition.as_ref(), &mut |path| loaded(path))
        });
        // `if (known) return known.get(post.id)`
        let before = self.facts.branches.iter().filter(|branch| {
            self.span.contains(branch.span)
                && branch.span.end <= call.span.start
                && branch.kind == BranchKind::If
                && branch.leaves == Some(Leave::Return)
        });
        let gives = |path: &[Name]| {
            let is_name = matches!(path, [name] if self.parents.contains(name));
            !is_name && function.returned.iter().any(|value| first_path(self.facts, value).starts_with(path))
        };
        // `return post.author ?? find(post.authorId)`
        let or_else = function.returned.iter().any(|value| match value {
            Value::Other(values) => values.iter().any(|value| match value {
                Value::Path(path) => of_parent(path) && path.last() == Some(&self.resolver.field),
                _ => false,
            }),
            _ => false,
        });
        around || or_else || { before }.any(|branch| mentions(branch.condition.as_ref(), &mut |path| gives(path)))
    }

    /// What a condition tests is given elsewhere: returned, or assigned.
    fn is_used(&self, path: &[Name], call: &Call) -> bool {
        let function = self.facts.function(self.resolver.function.index);
        let is_it = |value: &Value| matches!(value, Value::Path(other) if other.starts_with(&path[..2]));
        let key = call.arguments.iter().any(|argument| is_it(&argument.value));
        !key && (function.returned.iter().any(is_it) || self.bindings().any(|binding| is_it(&binding.value)))
    }

    /// A property of the parent's model that asks: `return root.latest_release`
    fn property(&self) -> Option<Asked> {
        let function = self.facts.function(self.resolver.function.index);
        let things = Things::new(self.project);
        let site = things.file(self.resolver.function.file);
        let declared = function.params.iter().filter(|param| self.parents.contains(&param.name)).find_map(|param| {
            match things.declared_type(site, param.declared.as_ref()?)? {
                Thing::Type(id) | Thing::Model(_, Some(id)) => Some(id),
                _ => None,
            }
        });
        let model = declared.or(self.resolver.model)?;
        let mut read: Vec<(&[Name], Option<Span>)> = Vec::new();
        for value in &function.returned {
            value.paths(self.facts, &mut |path| read.push((path, None)));
        }
        for binding in self.bindings() {
            binding.value.paths(self.facts, &mut |path| read.push((path, Some(binding.span))));
        }
        read.into_iter().find_map(|(path, span)| {
            let [parent, name, ..] = path else { return None };
            let method = things.method(model, *name).filter(|_| self.parents.contains(parent))?;
            if self.project.function(method).kind != FunctionKind::Getter {
                return None;
            }
            let sent =
                self.project.sent(method).iter().find(|sent| is_query(sent.effect) && sent.keyed.has(Params::SELF))?;
            let statement = self.project.call(sent.statement);
            let file = self.resolver.function.file;
            Some(Asked {
                place: self.project.place(file, span.unwrap_or(function.head)),
                said: format!("{parent}.{name}"),
                statement: Some(self.project.place(sent.statement.file, statement.span)),
                way: self.project.way(sent),
                library: sent.effect.library,
                evidence: sent.effect.evidence,
                link: sent.link,
                hops: sent.hops + 1,
                plain: true,
                guarded: sent.guarded,
                conditional: sent.conditional,
                cached: sent.effect.cached,
            })
        })
    }
}

fn is_query(effect: Effect) -> bool {
    matches!(effect.access, Access::Read | Access::Count) && !effect.coalesced
}

/// The path or the names of the call that a value begins with.
fn first_path<'f>(facts: &'f FileFacts, value: &'f Value) -> &'f [Name] {
    match value {
        Value::Path(path) => path,
        Value::Call(call, _) => &facts.call(*call).chain,
        Value::Element(element) => first_path(facts, &element.0),
        _ => &[],
    }
}
