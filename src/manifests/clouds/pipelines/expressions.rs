//! `${{ matrix.node }}` to the values it can have. What is known only at run time it does not know.

use crate::manifests::tree::Node;

/// More values than a matrix has.
const MOST: usize = 64;
/// The longest text that is filled in.
const LONGEST: usize = 400;
/// A variable of a variable, as far as it is followed.
const NESTED: u32 = 3;

/// What expressions of a step may name.
#[derive(Clone, Copy)]
pub(super) struct Names<'n> {
    pub(super) matrix: Option<&'n Node>,
    /// Variables, the innermost last.
    pub(super) variables: [Option<&'n Node>; 3],
    pub(super) inputs: [Option<&'n Node>; 2],
}

impl Names<'_> {
    /// The texts that a text with expressions can be; none where one of them is not known.
    pub(super) fn values(&self, text: &str) -> Vec<String> {
        self.values_within(text, NESTED)
    }

    fn values_within(&self, text: &str, depth: u32) -> Vec<String> {
        if text.len() > LONGEST || depth == 0 {
            return Vec::new();
        }
        let mut values = vec![String::new()];
        let mut rest = text;
        while let Some((before, (expression, after))) =
            rest.split_once("${{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
        {
            let each = self.resolve(expression, depth);
            let longer = values.iter().flat_map(|begun| each.iter().map(move |value| [begun, before, value].concat()));
            values = longer.filter(|value| value.len() <= LONGEST).take(MOST).collect();
            rest = after;
        }
        values.iter_mut().for_each(|value| value.push_str(rest));
        let mut known = Vec::new();
        for value in values {
            if !known.contains(&value) {
                known.push(value);
            }
        }
        known
    }

    /// `matrix.node`, `env.NODE`, `inputs.node || '20'`
    fn resolve(&self, expression: &str, depth: u32) -> Vec<String> {
        let mut alternatives = expression.split("||").map(|term| self.resolve_term(term.trim(), depth));
        alternatives.find(|values| !values.is_empty()).unwrap_or_default()
    }

    fn resolve_term(&self, term: &str, depth: u32) -> Vec<String> {
        if let Some(literal) = term.strip_prefix('\'').and_then(|term| term.strip_suffix('\'')) {
            return vec![literal.to_owned()];
        }
        if term == "github.workspace" {
            return vec![".".to_owned()];
        }
        let term = term.strip_prefix("github.event.").unwrap_or(term);
        match term.split_once('.') {
            Some(("matrix", path)) => self.of_matrix(path, depth),
            Some(("env", name)) => {
                let said = self.variables.iter().rev().find_map(|variables| variables.as_ref()?.text_of(name));
                said.map(|text| self.values_within(text, depth - 1)).unwrap_or_default()
            }
            Some(("inputs", name)) => {
                let default = self.inputs.iter().find_map(|inputs| inputs.as_ref()?.at(&[name, "default"]));
                default.and_then(Node::text).map(|text| vec![text.to_owned()]).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// What is listed for a name, and what `include` adds to it.
    fn of_matrix(&self, path: &str, depth: u32) -> Vec<String> {
        let Some(matrix) = self.matrix else { return Vec::new() };
        let keys: Vec<&str> = path.split('.').collect();
        let listed = matrix.get(keys[0]).map(Node::items).unwrap_or_default();
        let listed = listed.iter().take(MOST).filter_map(|item| item.at(&keys[1..]));
        let added = matrix.get("include").map(Node::items).unwrap_or_default();
        let added = added.iter().take(MOST).filter_map(|item| item.at(&keys));
        let texts = listed.chain(added).filter_map(Node::text);
        texts.flat_map(|text| self.values_within(text, depth - 1)).collect()
    }
}
