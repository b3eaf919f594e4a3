//! `composer.lock` to facts, without a tree of it. Addresses and sums are passed over.

use std::borrow::Cow;

use serde::Deserialize;

use crate::facts::Span;
use crate::manifests::{Broken, Locked, ManifestFacts};

#[derive(Deserialize)]
struct Lock<'t> {
    #[serde(borrow, default)]
    packages: Vec<Package<'t>>,
    #[serde(borrow, default, rename = "packages-dev")]
    dev: Vec<Package<'t>>,
}

#[derive(Deserialize)]
struct Package<'t> {
    #[serde(borrow, default)]
    name: Cow<'t, str>,
    #[serde(borrow, default)]
    version: Cow<'t, str>,
    #[serde(borrow)]
    abandoned: Option<Abandoned<'t>>,
}

/// `true`, or the package to use instead.
#[derive(Deserialize)]
#[serde(untagged)]
enum Abandoned<'t> {
    Is(bool),
    For(#[serde(borrow)] Cow<'t, str>),
}

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let lock: Lock = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(text.len());
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        Broken { message: format!("not a lock of composer: {message}"), span: Some(Span::new(at, at)) }
    })?;
    for package in lock.packages.into_iter().chain(lock.dev) {
        let span = place(text, &package.name);
        facts.locked.push(Locked {
            name: package.name.into_owned(),
            version: package.version.trim_start_matches('v').to_owned(),
            deprecated: match package.abandoned {
                None | Some(Abandoned::Is(false)) => None,
                Some(Abandoned::Is(true)) => Some("abandoned".to_owned()),
                Some(Abandoned::For(other)) => Some(format!("abandoned, use {other}")),
            },
            span,
        });
    }
    Ok(())
}

/// Where a name stands that was borrowed from the text. One with escapes was not, and has no place.
fn place(text: &str, name: &str) -> Span {
    let start = (name.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    let end = start.wrapping_add(name.len());
    if text.get(start..end) == Some(name) { Span::new(start, end) } else { Span::new(0, 0) }
}
