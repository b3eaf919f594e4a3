//! The text of a statement in SQL to the tables that it names. Knows words and brackets, no dialect and no schema.

/// Words after which a table is named.
const BEFORE: [&str; 4] = ["from", "into", "join", "update"];
/// Words that may stand between such a word and the table.
const BETWEEN: [&str; 5] = ["ignore", "low_priority", "only", "or", "table"];
/// Words before `update` that make it a part of another statement: `FOR UPDATE`, `ON CONFLICT DO UPDATE`.
const CLAUSES: [&str; 6] = ["after", "before", "do", "for", "key", "on"];
/// Functions with a `FROM` between their brackets.
const FUNCTIONS: [&str; 5] = ["extract", "overlay", "position", "substring", "trim"];
/// What stands where a table is expected and is none.
#[rustfmt::skip]
const NO_TABLES: [&str; 13] = [
    "as", "dual", "information_schema", "lateral", "pg_catalog", "replace", "rollback", "select", "set", "sys",
    "unnest", "values", "where",
];
/// More words than this no statement has that a person wrote.
const MOST: usize = 4_000;

/// The tables that a statement reads or writes, each once, as written and without the schema.
pub(super) fn tables(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let word = |at: usize| tokens.get(at).map_or("", |token| token.lower.as_str());
    let mut found: Vec<String> = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    // What stands before each open bracket.
    let mut brackets: Vec<&str> = Vec::new();
    for at in 0..tokens.len() {
        match word(at) {
            "(" => brackets.push(if at == 0 { "" } else { word(at - 1) }),
            ")" => drop(brackets.pop()),
            // `WITH recent AS (..), old AS (..)`: names of the statement itself.
            "as" if matches!(word(at + 1), "(" | "materialized" | "not") && at > 0 => {
                named.push(before_columns(&tokens, at))
            }
            lower if BEFORE.contains(&lower) && !tokens[at].quoted => {
                let previous = if at == 0 { "" } else { word(at - 1) };
                let is_clause = lower == "update" && CLAUSES.contains(&previous)
                    || lower == "from" && (previous == "distinct" && at > 1 && matches!(word(at - 2), "is" | "not"))
                    || lower == "from" && brackets.last().is_some_and(|before| FUNCTIONS.contains(before));
                if !is_clause {
                    add(&tokens, at + 1, lower, &mut found);
                }
            }
            _ => {}
        }
    }
    found.retain(|name| !named.iter().any(|own| name.eq_ignore_ascii_case(own)));
    found
}

/// Words of what mappers of objects say badly or not at all: windows, recursion, search, vectors, places, lists that
/// are tables.
#[rustfmt::skip]
const SPECIAL: [&str; 16] = [
    "JSONB_SET", "LATERAL", "MATCH", "OVER", "PLAINTO_TSQUERY", "RECURSIVE", "SIMILARITY", "SKIP", "TO_TSQUERY",
    "TO_TSVECTOR", "TSQUERY", "TSVECTOR", "UNION", "UNNEST", "VECTOR", "WEBSEARCH_TO_TSQUERY",
];

/// Whether a statement says what mappers of objects have no good words for. Sums over groups are of that kind too, and
/// so are rows that are written from other rows.
pub(super) fn is_special(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let words = upper.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let pairs = words.windows(2).any(|pair| matches!(pair, ["GROUP" | "PARTITION", "BY"]));
    let copies = words.first() == Some(&"INSERT") && words.contains(&"SELECT");
    pairs || copies || words.iter().any(|word| SPECIAL.contains(word) || word.starts_with("ST_"))
}

/// `recent (id, name) AS (`: the name before the columns.
fn before_columns(tokens: &[Token], at: usize) -> &str {
    let mut before = at - 1;
    if tokens[before].lower == ")" {
        while before > 0 && tokens[before].lower != "(" {
            before -= 1;
        }
        before = before.saturating_sub(1);
    }
    &tokens[before].text
}

/// The table at a position, and those that follow it after commas.
fn add(tokens: &[Token], mut at: usize, after: &str, found: &mut Vec<String>) {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.lower.as_str());
    loop {
        while BETWEEN.contains(&word(at)) && !tokens[at].quoted {
            at += 1 + usize::from(word(at) == "or");
        }
        let Some(first) = tokens.get(at) else { return };
        let mut name = first;
        let mut is_system = NO_TABLES.contains(&first.lower.as_str()) && !first.quoted;
        while word(at + 1) == "." && tokens.get(at + 2).is_some() {
            at += 2;
            name = &tokens[at];
        }
        // `FROM generate_series(1, 9)`; but `INSERT INTO orders (id)`
        is_system |= word(at + 1) == "(" && after != "into";
        is_system |= name.lower.starts_with("pg_") || name.lower.starts_with("sqlite_");
        if !is_system && name.is_name() && !found.contains(&name.text) {
            found.push(name.text.clone());
        }
        // `FROM orders o, customers AS c`
        at += 1;
        if word(at) == "as" {
            at += 1;
        }
        if word(at) != "," && word(at + 1) == "," {
            at += 1;
        }
        if after != "from" || word(at) != "," {
            return;
        }
        at += 1;
    }
}

struct Token {
    text: String,
    lower: String,
    quoted: bool,
}

impl Token {
    fn is_name(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Words, names in quotes, and signs one by one; strings and comments are left out.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if tokens.len() > MOST {
            break;
        }
        let token = |text: &str, quoted| Token { text: text.to_owned(), lower: text.to_ascii_lowercase(), quoted };
        let end = match first {
            '\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' | '`' | '[' => {
                let close = if first == '[' { ']' } else { first };
                let end = rest[1..].find(close).map_or(rest.len(), |end| end + 2);
                tokens.push(token(rest[1..end].trim_end_matches(close), true));
                end
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                tokens.push(token(&rest[..end], false));
                end
            }
            letter => {
                if !letter.is_whitespace() {
                    tokens.push(token(&rest[..letter.len_utf8()], false));
                }
                letter.len_utf8()
            }
        };
        rest = &rest[end..];
    }
    tokens
}
