//! The lines of a baseline to its entries and back. It opens nothing, and does not know what is found now.
//!
//! JSON Lines: a header, then one object for each entry, sorted, so that two branches merge line by line. Lines that
//! speak of the same code in the same function are one entry, which counts as often as the line with most.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Identity;

/// What a file of known findings says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// How many folders above its own its paths begin; none where they begin wherever an audit does.
    pub root: Option<usize>,
    /// As many of a kind as were found; sorted.
    pub entries: Vec<Identity>,
}

/// What is wrong with a file of known findings, and in which line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {message}")]
pub struct Broken {
    /// Counted from one.
    pub line: usize,
    pub message: String,
}

const FORMAT: &str = "backlint-baseline";
const VERSION: u64 = 1;

/// More than anybody has, and no more than memory holds, whatever a line says of its count.
const MOST_ENTRIES: usize = 500_000;
const MOST_FOLDERS: usize = 64;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<String>,
}

/// What every version has.
#[derive(Deserialize)]
struct AnyHeader {
    format: String,
    version: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    rule: String,
    symbol: String,
    code: String,
    #[serde(default = "once", skip_serializing_if = "is_once")]
    count: usize,
    #[serde(default)]
    message: String,
}

fn once() -> usize {
    1
}

fn is_once(count: &usize) -> bool {
    *count == 1
}

impl Baseline {
    pub fn read(text: &str) -> Result<Self, Broken> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
        let (number, first) = lines.next().unwrap_or((1, ""));
        let root = header(first).map_err(|message| Broken { line: number, message })?;
        let mut rows = Rows::default();
        // Of two branches that each began a baseline the merged file has two headers.
        for (number, line) in lines.filter(|(_, line)| *line != first) {
            let (identity, count) = entry(line).map_err(|message| Broken { line: number, message })?;
            rows.add(identity, |before| before.max(count));
            if rows.is_too_long() {
                return Err(Broken { line: number, message: format!("more than {MOST_ENTRIES} entries") });
            }
        }
        Ok(Self { root, entries: rows.entries() })
    }

    pub fn write(&self) -> String {
        let root = self.root.map(|up| if up == 0 { ".".to_owned() } else { vec![".."; up].join("/") });
        let mut text = json(&Header { format: FORMAT.to_owned(), version: VERSION, root });
        let mut rows = Rows::default();
        for entry in &self.entries {
            rows.add(entry.clone(), |before| before + 1);
        }
        for ((path, rule, symbol, code), (count, message)) in rows.rows {
            text.push('\n');
            text.push_str(&json(&Line { path, rule, symbol, code: format!("{code:016x}"), count, message }));
        }
        text.push('\n');
        text
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are JSON")
}

/// How often each entry counts, with one of its messages.
#[derive(Default)]
struct Rows {
    rows: BTreeMap<(String, String, String, u64), (usize, String)>,
    entries: usize,
}

impl Rows {
    fn add(&mut self, identity: Identity, count: impl Fn(usize) -> usize) {
        let Identity { path, rule, symbol, code, message } = identity;
        let (row, _) = self.rows.entry((path, rule, symbol, code)).or_insert((0, message));
        let now = count(*row);
        self.entries = self.entries.saturating_add(now - *row);
        *row = now;
    }

    fn is_too_long(&self) -> bool {
        self.entries > MOST_ENTRIES
    }

    fn entries(self) -> Vec<Identity> {
        let of_row = |((path, rule, symbol, code), (count, message))| {
            std::iter::repeat_n(Identity { path, rule, symbol, code, message }, count)
        };
        self.rows.into_iter().flat_map(of_row).collect()
    }
}

/// Where paths begin.
fn header(line: &str) -> Result<Option<usize>, String> {
    refuse_conflict(line)?;
    let any: AnyHeader = serde_json::from_str(line).map_err(|_| "no header of a baseline".to_owned())?;
    if any.format != FORMAT {
        return Err("no header of a baseline".to_owned());
    }
    if any.version != VERSION {
        return Err(format!("version {} is not known; this backlint reads {VERSION}", any.version));
    }
    let header: Header = serde_json::from_str(line).map_err(|error| said(&error))?;
    let Some(root) = header.root else { return Ok(None) };
    if root == "." {
        return Ok(Some(0));
    }
    let folders = root.split('/').take(MOST_FOLDERS + 1).count();
    if folders > MOST_FOLDERS || root.split('/').any(|folder| folder != "..") {
        return Err("a root that is neither `.` nor folders above, such as `../..`".to_owned());
    }
    Ok(Some(folders))
}

fn entry(line: &str) -> Result<(Identity, usize), String> {
    refuse_conflict(line)?;
    let Line { path, rule, symbol, code, count, message } = serde_json::from_str(line).map_err(|error| said(&error))?;
    let is_code = code.len() == 16 && code.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = u64::from_str_radix(&code, 16).ok().filter(|_| is_code);
    let code = code.ok_or_else(|| "no entry of a baseline: a code has 16 hexadecimal digits".to_owned())?;
    if count == 0 {
        return Err("no entry of a baseline: a count of 0".to_owned());
    }
    Ok((Identity { path, rule, symbol, code, message }, count))
}

fn refuse_conflict(line: &str) -> Result<(), String> {
    let is_marker = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker));
    match is_marker {
        true => Err("a conflict of two branches; keep the lines of both and remove its marks".to_owned()),
        false => Ok(()),
    }
}

/// Without the place, which is that of a line on its own, and without all of a text that may be long.
fn said(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    let short: String = said.chars().take(120).collect();
    format!("no entry of a baseline: {}", short.replacen("field", "key", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"format":"backlint-baseline","version":1,"root":"."}"#;

    fn line(path: &str, count: &str) -> String {
        format!(r#"{{"path":"{path}","rule":"r","symbol":"f","code":"00000000000000ab",{count}"message":"m"}}"#)
    }

    #[test]
    fn what_is_written_is_read_again() {
        for root in [None, Some(0), Some(2)] {
            let identity = |path: &str| Identity {
                path: path.to_owned(),
                rule: "r".to_owned(),
                symbol: String::new(),
                code: u64::MAX,
                message: "a \"b\"\n\u{1b}".to_owned(),
            };
            let baseline = Baseline { root, entries: vec![identity("a"), identity("a"), identity("b")] };
            let text = baseline.write();
            assert_eq!(text.lines().count(), 3, "{text}");
            assert_eq!(Baseline::read(&text), Ok(baseline));
        }
    }

    #[test]
    fn lines_of_two_branches_are_one_entry() {
        let text = [
            HEADER,
            &line("b", ""),
            &line("a", "\"count\":2,"),
            "",
            HEADER,
            &line("a", "\"count\":3,"),
            &line("b", ""),
        ];
        let baseline = Baseline::read(&format!("\u{feff}{}\r\n", text.join("\r\n"))).expect("it is a baseline");
        let paths: Vec<_> = baseline.entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["a", "a", "a", "b"]);
    }

    #[test]
    fn broken_files_are_told_with_their_line() {
        let told = |text: &str| Baseline::read(text).expect_err("it is broken").to_string();
        let with = |text: &str| told(&format!("{HEADER}\n\n{text}\n"));
        assert_eq!(told(""), "1: no header of a baseline");
        assert_eq!(told("\n[]"), "2: no header of a baseline");
        assert_eq!(told(&line("a", "")), "1: no header of a baseline");
        assert_eq!(told(&HEADER.replace(":1", ":2")), "1: version 2 is not known; this backlint reads 1");
        assert!(told(&HEADER.replace("\".\"", "\"../etc\"")).starts_with("1: a root that is neither"));
        assert!(told(&HEADER.replace("\".\"", &format!("\"{}\"", vec![".."; 99].join("/")))).starts_with("1: a root"));
        assert!(with("<<<<<<< ours").starts_with("3: a conflict of two branches"));
        assert!(with("=======").starts_with("3: a conflict"));
        assert_eq!(with("{"), "3: no entry of a baseline: EOF while parsing an object");
        assert_eq!(with("{}"), "3: no entry of a baseline: missing key `path`");
        assert!(with(&"[".repeat(100_000)).starts_with("3: no entry"));
        assert!(with(&format!("{{\"{}\":1}}", "x".repeat(100_000))).len() < 200);
        assert!(with(&line("a", "\"count\":0,")).ends_with("a count of 0"));
        assert!(with(&line("a", "\"count\":18446744073709551615,")).ends_with("more than 500000 entries"));
        assert!(with(&line("a", "").replace("00ab", "+0ab")).ends_with("16 hexadecimal digits"));
    }
}
