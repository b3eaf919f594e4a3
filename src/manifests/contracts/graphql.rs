//! Schemas of GraphQL to facts. Documents of operations alone, which clients have, promise nothing and give no contract.
//! What another file of the same schema says, it does not know.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::Span;
use crate::manifests::tokens::{Comments, Tokens};
use crate::manifests::{Broken, Contract, ContractKind, GraphField, ManifestFacts, Resource};

/// Words that begin a definition of a type, and whether it has fields of its own.
const TYPES: &[(&str, Shape)] = &[
    ("type", Shape::Object),
    ("interface", Shape::Composed),
    ("union", Shape::Composed),
    ("enum", Shape::Leaf),
    ("input", Shape::Leaf),
    ("scalar", Shape::Leaf),
    ("directive", Shape::Leaf),
    ("schema", Shape::Leaf),
];
/// What one page of a list needs beside its rows.
const PLUMBING: &[&str] = &["Edge", "Connection", "Payload"];

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let tokens = Tokens::of(text, Comments::Hash);
    let schema = Schema::of(&tokens);
    if let Some(span) = schema.begins {
        facts.contract = Some(schema.contract(span));
        facts.graph = schema.graph;
    }
    facts.resources.extend(schema.federation);
    tokens.sound()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Object,
    /// Of other types.
    Composed,
    Leaf,
}

struct Schema<'t> {
    objects: Vec<Object<'t>>,
    composed: FxHashSet<&'t str>,
    /// The names of `Query`, `Mutation` and `Subscription`.
    roots: [&'t str; 3],
    /// The first definition.
    begins: Option<Span>,
    /// What shows that the schema is a part of a larger one.
    federation: Option<Resource>,
    graph: Vec<GraphField>,
}

struct Object<'t> {
    name: &'t str,
    is_extension: bool,
    /// The types of its fields.
    fields: Vec<&'t str>,
}

impl<'t> Schema<'t> {
    fn of(tokens: &Tokens<'t>) -> Self {
        let mut schema = Self {
            objects: Vec::new(),
            composed: FxHashSet::default(),
            roots: ["Query", "Mutation", "Subscription"],
            begins: None,
            federation: None,
            graph: Vec::new(),
        };
        let mut at = 0;
        while at < tokens.len() {
            let is_extension = tokens.is(at, "extend");
            let keyword = at + usize::from(is_extension);
            let shape = tokens.word(keyword).and_then(|word| TYPES.iter().find(|(known, _)| *known == word));
            let Some((word, shape)) = shape.copied() else {
                // Operations, fragments and descriptions.
                at = tokens.next(at);
                continue;
            };
            let (body, end) = body(tokens, keyword + 1);
            let name = tokens.word(keyword + 1).unwrap_or_default();
            schema.begins.get_or_insert(tokens.span(at, keyword + 2));
            schema.note_federation(tokens, at, body.unwrap_or(end));
            if matches!(shape, Shape::Object | Shape::Composed) {
                schema.note_fields(tokens, name, keyword + 2, body, end);
            }
            match (shape, body) {
                (Shape::Object, _) => {
                    let fields = body.map(|open| fields(tokens, open)).unwrap_or_default();
                    let fields = fields.into_iter().map(|field| field.of).collect();
                    schema.objects.push(Object { name, is_extension, fields });
                }
                (Shape::Composed, _) => {
                    schema.composed.insert(name);
                }
                (Shape::Leaf, Some(open)) if word == "schema" => {
                    for field in fields(tokens, open) {
                        match field.name {
                            "query" => schema.roots[0] = field.of,
                            "mutation" => schema.roots[1] = field.of,
                            "subscription" => schema.roots[2] = field.of,
                            _ => {}
                        }
                    }
                }
                (Shape::Leaf, _) => {}
            }
            at = end;
        }
        schema
    }

    /// What the fields of a type give; for `implements Node` and `union Hit = Page | User` what else may be given.
    fn note_fields(&mut self, tokens: &Tokens, owner: &str, from: usize, body: Option<usize>, end: usize) {
        let mut note = |owner: &str, name: &str, of: &str, listed: bool| {
            let (owner, name, of) = (owner.to_owned(), name.to_owned(), of.to_owned());
            self.graph.push(GraphField { owner, name, of, listed });
        };
        let head = (from..body.unwrap_or(end)).take_while(|at| !tokens.is(*at, "@"));
        for word in head.filter_map(|at| tokens.word(at)).filter(|word| *word != "implements") {
            match tokens.is(from, "=") {
                true => note(owner, "", word, false),
                false => note(word, "", owner, false),
            }
        }
        for field in body.map(|open| fields(tokens, open)).unwrap_or_default() {
            note(owner, field.name, field.of, field.listed);
        }
    }

    fn note_federation(&mut self, tokens: &Tokens, from: usize, to: usize) {
        let names = ["key", "link", "requires", "provides"];
        let found = (from..to).find(|at| tokens.is(*at, "@") && names.iter().any(|name| tokens.is(at + 1, name)));
        if let (None, Some(at)) = (&self.federation, found) {
            let name = tokens.word(at + 1).unwrap_or_default().to_owned();
            let (kind, span) = ("graphql-federation".to_owned(), tokens.span(at, at + 2));
            self.federation = Some(Resource { kind, name, span, ..Resource::default() });
        }
    }

    fn contract(&self, span: Span) -> Contract {
        let mut lengths: FxHashMap<&str, usize> = FxHashMap::default();
        for object in &self.objects {
            *lengths.entry(object.name).or_default() += object.fields.len();
        }
        let roots = |kinds: &'static [usize]| {
            let named = move |object: &&Object| kinds.iter().any(|kind| self.roots[*kind] == object.name);
            self.objects.iter().filter(named).flat_map(|object| &object.fields)
        };
        // A field of a root may be a folder of operations.
        let folders: FxHashSet<&str> =
            roots(&[0, 1]).copied().filter(|of| is_folder(of) && lengths.contains_key(of)).collect();
        let operations: usize = roots(&[0, 1]).map(|of| if folders.contains(of) { lengths[of] } else { 1 }).sum();
        let is_counted = |name: &str| {
            let is_plumbing = name == "PageInfo" || PLUMBING.iter().any(|end| name.ends_with(end));
            !is_plumbing && !self.roots.contains(&name) && !folders.contains(name)
        };
        let counted = || self.objects.iter().filter(|object| is_counted(object.name));
        let is_type = |of: &&&str| lengths.contains_key(**of) || self.composed.contains(**of);
        Contract {
            kind: ContractKind::GraphQl,
            version: None,
            operations: operations as u32,
            types: counted().filter(|object| !object.is_extension).count() as u32,
            relations: counted().flat_map(|object| &object.fields).filter(is_type).count() as u32,
            subscriptions: roots(&[2]).count() as u32,
            span,
        }
    }
}

/// `user: UserMutation` of a root.
fn is_folder(name: &str) -> bool {
    ["Query", "Queries", "Mutation", "Mutations"].iter().any(|end| name.ends_with(end))
}

/// Where the braces of a definition open, and where the definition ends.
fn body(tokens: &Tokens, from: usize) -> (Option<usize>, usize) {
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        if tokens.is(at, "{") {
            return (Some(at), tokens.next(at));
        }
        let is_next = TYPES.iter().any(|(word, _)| tokens.is(at, word)) || tokens.is(at, "extend");
        // The name of a type may be any word; a definition without braces ends where a line begins the next.
        if is_next && token.starts_line {
            break;
        }
        at = tokens.next(at);
    }
    (None, at)
}

struct Given<'t> {
    name: &'t str,
    of: &'t str,
    listed: bool,
}

/// `orders(first: Int = 10): [Order!]! @deprecated` is `orders`, a list of `Order`.
fn fields<'t>(tokens: &Tokens<'t>, open: usize) -> Vec<Given<'t>> {
    let end = tokens.close(open);
    let mut fields = Vec::new();
    let mut at = open + 1;
    while at < end {
        if tokens.is(at, "@") {
            at = tokens.next(at + 1);
            at = if tokens.is(at, "(") { tokens.next(at) } else { at };
            continue;
        }
        let Some(name) = tokens.word(at) else {
            at = tokens.next(at);
            continue;
        };
        at += 1;
        if tokens.is(at, "(") {
            at = tokens.next(at);
        }
        if tokens.is(at, ":") {
            at += 1;
            let listed = tokens.is(at, "[");
            while tokens.is(at, "[") {
                at += 1;
            }
            if let Some(of) = tokens.word(at).filter(|_| at < end) {
                fields.push(Given { name, of, listed });
                at += 1;
            }
        }
    }
    fields
}
