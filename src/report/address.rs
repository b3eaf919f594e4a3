//! Files and rules to the addresses under which people can open them. It does not know whether anything leads there.

/// Where backlint is at home: `repository` in Cargo.toml. Without it there are no links, since a wrong one is worse.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");

pub(super) fn home() -> Option<&'static str> {
    (!HOME.is_empty()).then_some(HOME)
}

/// The page of a rule.
pub(super) fn of_rule(id: &str) -> Option<String> {
    home().map(|home| format!("{home}/blob/main/rules/{id}.md"))
}

/// A file below an address that ends in a slash.
pub(super) fn of_file(base: &str, path: &str) -> String {
    base.to_owned() + &percent_encoded(path.as_bytes())
}

/// A path as the path of an address. All but letters, digits and four signs is encoded, so that neither a terminal
/// nor Markdown can read an end in it.
pub fn percent_encoded(path: &[u8]) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' => encoded.push(char::from(*byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
