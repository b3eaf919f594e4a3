//! What a resolver asks a database about its parent: statements keyed by it, relations of it, properties of its model
//! that ask. Knows one resolver at a time, not how many parents there are.

use rustc_hash::FxHashSet;

use super::Resolver;
use crate::catalogue::{LibraryId, Words};
use crate::facts::{
    Branch, BranchKind, Call, CallIndex, FileFacts, FunctionIndex, FunctionKind, Language, Leave, Name, Span, Value,
};
use crate::finding::Place;
use crate::model::calls::{Link, Origins, Params, Sent, branches, is_guarded, is_off, is_rare, passed};
use crate::model::effects::is_of_any_collection;
use crate::model::loops::{has_word, keeps};
use crate::model::things::{Evidence, Site, Thing, Things};
use crate::model::{Access, CallId, Effect, FunctionId, Project};

/// Words in names of what collects keys and loads them together.
const LOADER_WORDS: [&str; 2] = ["loader", "loaders"];

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
                facts.imports.iter().any(|import| collects_keys(&import.alias))
                    || facts.types.iter().any(|one| collects_keys(&one.name))
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
            origins: Origins::of(project, resolver.function.file, resolver.function.index),
            span: function.span,
            parents,
            trail: FxHashSet::default(),
            returned: FxHashSet::default(),
        };
        asking.follow_relations();
        for value in &function.returned {
            asking.note_returned(value, 0, &mut FxHashSet::default());
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

    fn note_returned(&mut self, value: &'p Value, depth: u32, seen: &mut FxHashSet<Name>) {
        match value {
            _ if depth == DEPTH => {}
            Value::Call(call, _) => {
                let facts = self.facts;
                let before = std::iter::successors(Some(facts.last_of_chain(*call)), |at| facts.call(*at).receiver);
                self.returned.extend(before);
            }
            Value::Other(values) => values.iter().for_each(|value| self.note_returned(value, depth + 1, seen)),
            Value::Element(element) => self.note_returned(&element.0, depth + 1, seen),
            Value::Path(path) => {
                if let [name] = **path
                    && seen.insert(name)
                {
                    let held: Vec<&Value> =
                        self.bindings().filter(|one| *one.target == [name]).map(|one| &one.value).collect();
                    held.into_iter().for_each(|value| self.note_returned(value, depth + 1, seen));
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
        if call.chain.iter().any(|name| is_loader(name)) {
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
        // A query in the making may hold the key: `query = db.where(..)`
        let is_made = || self.bindings().any(|binding| *binding.target == [call.root()]);
        if !effect.handle_leads || effect.related || is_made() {
            keyed |= self.origins.named(call.root());
        }
        let plain = effect.related && effect.deferred && call.arguments.is_empty();
        let sent = self.project.sent(self.resolver.function).iter().find(|one| one.statement == id);
        keyed.has(self.resolver.parent).then(|| Asked {
            plain,
            evidence: effect.evidence,
            cached: effect.cached || sent.is_some_and(|one| one.cached),
            ..self.found(index, call, effect.library)
        })
    }

    /// Statements in functions that it runs.
    fn behind(&self, index: CallIndex, call: &'p Call) -> Vec<Asked> {
        let id = self.id(index);
        let Some(callee) = self.project.callee(id) else { return Vec::new() };
        let is_meant = |sent: &&Sent| {
            let keyed = passed(self.project, &self.origins, call, &callee, sent.keyed);
            let is_off = is_off(call, self.project.function(callee.function), sent.when);
            is_query(sent.effect) && !is_off && keyed.has(self.resolver.parent)
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
                cached: sent.effect.cached || sent.cached,
                ..self.found(index, call, sent.effect.library)
            })
        });
        sent.collect()
    }

    fn collects(&self, function: FunctionId) -> bool {
        let body = self.project.function(function);
        is_loader(&body.name) || body.owner.is_some_and(|owner| is_loader(&owner))
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
        let mut around = branches(self.facts, call);
        let or_else = || {
            let given = function.returned.iter().chain(self.bindings().map(|binding| &binding.value));
            { given }.any(|value| self.offers_own(value, 0))
        };
        let before = || {
            let mut before = self.facts.branches.iter().filter(|branch| {
                self.span.contains(branch.span)
                    && branch.span.end <= call.span.start
                    && branch.kind == BranchKind::If
                    && branch.leaves == Some(Leave::Return)
            });
            before.any(|branch| self.gives_tested(branch))
        };
        around.any(|branch| self.is_rest(branch, call)) || or_else() || before()
    }

    fn is_of_parent(&self, path: &[Name]) -> bool {
        path.len() > 1 && self.parents.contains(&path[0])
    }

    /// `if (post.author) { author = post.author } else { author = await find(post.authorId) }`
    fn is_rest(&self, branch: &Branch, call: &Call) -> bool {
        let function = self.facts.function(self.resolver.function.index);
        let is_used = |path: &[Name]| {
            let is_it = |value: &Value| first_path(self.facts, value).starts_with(&path[..2]);
            let is_key = call.arguments.iter().any(|argument| is_it(&argument.value));
            !is_key && (function.returned.iter().any(is_it) || self.bindings().any(|binding| is_it(&binding.value)))
        };
        let mut found = false;
        if let Some(condition) = branch.condition.as_ref()
            && matches!(branch.kind, BranchKind::Else | BranchKind::IfNot)
        {
            condition.paths(self.facts, &mut |path| found |= self.is_of_parent(path) && is_used(path));
        }
        found
    }

    /// `post.author ?? find(post.authorId)`
    fn offers_own(&self, value: &Value, depth: u32) -> bool {
        match value {
            Value::Other(values) if depth < DEPTH => values.iter().any(|value| match value {
                Value::Path(path) => self.is_of_parent(path) && path.last() == Some(&self.resolver.field),
                value => self.offers_own(value, depth + 1),
            }),
            _ => false,
        }
    }

    /// `if (known) return known.get(post.id)`
    fn gives_tested(&self, branch: &Branch) -> bool {
        let function = self.facts.function(self.resolver.function.index);
        let mut tested: Vec<&[Name]> = Vec::new();
        if let Some(condition) = &branch.condition {
            condition.paths(self.facts, &mut |path| tested.push(path));
        }
        tested.retain(|path| !matches!(path, [name] if self.parents.contains(name)));
        let is_from = |path: &[Name], tested: &[&[Name]]| tested.iter().any(|one| path.starts_with(one));
        let made = self.bindings().filter(|binding| branch.span.contains(binding.span));
        let made: Vec<&[Name]> = made
            .filter(|binding| is_from(first_path(self.facts, &binding.value), &tested))
            .map(|binding| &*binding.target)
            .collect();
        tested.extend(made);
        let mut given = Vec::new();
        function.returned.iter().for_each(|value| spread(self.facts, value, 0, &mut given));
        given.iter().any(|path| is_from(path, &tested))
    }

    /// A property of the parent's model that asks: `return root.latest_release`
    fn property(&self) -> Option<Asked> {
        let function = self.facts.function(self.resolver.function.index);
        let things = Things::new(self.project);
        let site = Site::of_file(self.resolver.function.file);
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

/// `userLoader`, `loaders`, `dataloader`
fn is_loader(name: &str) -> bool {
    has_word(name, &LOADER_WORDS) || collects_keys(name)
}

/// `UserDataLoader`, `dataloaders`
fn collects_keys(name: &str) -> bool {
    name.replace('_', "").to_ascii_lowercase().contains("dataloader")
}

fn is_query(effect: Effect) -> bool {
    matches!(effect.access, Access::Read | Access::Count) && !effect.coalesced
}

/// The path or the names of the call that a value begins with.
fn first_path<'f>(facts: &'f FileFacts, mut value: &'f Value) -> &'f [Name] {
    for _ in 0..DEPTH {
        value = match value {
            Value::Path(path) => return path,
            Value::Call(call, _) => return &facts.call(*call).chain,
            Value::Element(element) => &element.0,
            Value::Each(each) => match &facts.loop_at(*each).over {
                Some(over) => over,
                None => return &[],
            },
            _ => return &[],
        };
    }
    &[]
}

/// What the choices in a value begin with.
fn spread<'f>(facts: &'f FileFacts, value: &'f Value, depth: u32, given: &mut Vec<&'f [Name]>) {
    match value {
        Value::Other(values) if depth < DEPTH => {
            values.iter().for_each(|value| spread(facts, value, depth + 1, given));
        }
        value => given.push(first_path(facts, value)),
    }
}
