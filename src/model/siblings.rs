//! Which function does for many what another one does for one. Knows names and parameters, not what either sends.

use crate::facts::{FileId, Function, FunctionKind, Name, TypeRef};

use super::{CallId, Callee, Project};

/// Words that say "for many".
const MANY: [&str; 8] = ["batch", "batched", "bulk", "many", "multi", "multiple", "set", "several"];

/// Types that hold many of something.
const COLLECTIONS: [&str; 14] = [
    "AbstractSet",
    "Array",
    "Collection",
    "IntoIterator",
    "Iterable",
    "Iterator",
    "List",
    "QuerySet",
    "ReadonlyArray",
    "Sequence",
    "Set",
    "Vec",
    "[]",
    "frozenset",
];

impl Project<'_> {
    /// The function beside the one that a call runs which does the same for many: `update_many` beside `update`.
    pub fn batch_sibling(&self, call: CallId, callee: Callee) -> Option<Name> {
        let own = self.function(callee.function);
        let around = self.function_of(call);
        let file = callee.function.file;
        let singular = words(&own.name);
        let beside = std::iter::once(&file).chain(self.modules.siblings(file, self.language(file)));
        let mut siblings =
            beside.flat_map(|file| self.facts(*file).functions.iter().map(move |function| (*file, function)));
        let found = siblings.find(|(file, other)| {
            other.kind != FunctionKind::Literal
                && !other.test
                && other.owner == own.owner
                && (other.name, other.owner) != (around.name, around.owner)
                && is_plural(&words(&other.name), &singular, other)
                && !self.goes_through(*file, other, own.name)
        });
        found.map(|(_, sibling)| sibling.name)
    }

    /// Does for many what it does by doing it for each.
    fn goes_through(&self, file: FileId, function: &Function, name: Name) -> bool {
        self.facts(file).calls.iter().any(|call| {
            let own = call.chain.len() == 1 || call.chain.len() == 2 && matches!(call.root().as_str(), "self" | "Self");
            own && call.name() == name && function.span.contains(call.span)
        })
    }
}

/// Whether words say for many what others say for one: with a word for it, or by a plural and a list.
fn is_plural(many: &[String], one: &[String], function: &Function) -> bool {
    let is_mark = |word: &&String| MANY.contains(&word.as_str());
    let marked = many.iter().any(|word| is_mark(&word));
    let rest: Vec<&String> = many.iter().filter(|word| !is_mark(word)).collect();
    let one: Vec<&String> = one.iter().filter(|word| !marked || *word != "one").collect();
    let alike = |many: &str, one: &str| many == one || is_plural_of(many, one);
    let pairs = rest.len() == one.len() && rest.iter().zip(&one).all(|(many, one)| alike(many, one));
    let plural = rest.iter().zip(&one).any(|(many, one)| is_plural_of(many, one));
    pairs && !one.is_empty() && (marked && !function.params.is_empty() || plural && takes_many(function))
}

fn is_plural_of(many: &str, one: &str) -> bool {
    let Some(stem) = many.strip_suffix('s') else { return false };
    stem == one
        || stem.strip_suffix('e') == Some(one)
        || stem.strip_suffix("ie").zip(one.strip_suffix('y')).is_some_and(|(many, one)| many == one)
}

fn takes_many(function: &Function) -> bool {
    function.params.iter().any(|param| match &param.declared {
        Some(declared) => is_collection(declared),
        None => param.name.ends_with('s'),
    })
}

fn is_collection(declared: &TypeRef) -> bool {
    let of = |one: &TypeRef| one.path.last().is_some_and(|name| COLLECTIONS.contains(&name.as_str()));
    of(declared) || declared.arguments.iter().any(of) && declared.path.last().is_some_and(|name| name == "?")
}

/// The words of a name in camel or snake case, in lower case: `getByIDs` is `get`, `by`, `ids`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut lower = false;
    for letter in name.chars() {
        let starts = letter.is_uppercase() && lower;
        if letter == '_' {
            words.push(String::new());
        } else {
            if starts || words.is_empty() {
                words.push(String::new());
            }
            let last = words.last_mut().expect("one was pushed above");
            last.extend(letter.to_lowercase());
        }
        lower = letter.is_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}
