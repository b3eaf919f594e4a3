//! A lock file of JSON to the rows of its `packages`, without a tree: texts that need no change stay where they
//! stand, which tells their place. Does not know what a row says.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::rows::MOST;
use crate::facts::Span;
use crate::manifests::Broken;

/// The file, of which only `packages` counts.
#[derive(Deserialize)]
#[serde(expecting = "a lock file", bound(deserialize = "Rows<R>: Deserialize<'de>"))]
struct Lock<R> {
    #[serde(default = "Rows::none")]
    packages: Rows<R>,
}

struct Rows<R>(Vec<R>);

impl<R> Rows<R> {
    fn none() -> Self {
        Self(Vec::new())
    }
}

/// The rows of `packages`: the key, where it stands, and what is there.
pub(super) fn packages<'t, R: Deserialize<'t>>(text: &'t str) -> Result<Vec<(String, Span, R)>, Broken> {
    let plain = text.trim_start_matches('\u{feff}');
    let lock: Lock<(Text, R)> = serde_json::from_str(plain).map_err(|error| broken(text, &error))?;
    let rows = lock.packages.0.into_iter().map(|(key, row)| {
        let span = place(text, &key);
        (key.0.map(Cow::into_owned).unwrap_or_default(), span, row)
    });
    Ok(rows.collect())
}

/// Where and why the parser gave up.
fn broken(text: &str, error: &serde_json::Error) -> Broken {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (before + error.column().saturating_sub(1)).min(text.len());
    let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    Broken { message: format!("not JSON: {message}"), span: Some(Span::new(at, at)) }
}

/// Where a text stands that was not copied.
fn place(text: &str, part: &Text) -> Span {
    let Some(Cow::Borrowed(part)) = part.0 else { return Span::default() };
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len());
    Span::new(start, (start + part.len()).min(text.len()))
}

impl<'t, R: Deserialize<'t>> Deserialize<'t> for Rows<(Text<'t>, R)> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowsVisitor(PhantomData))
    }
}

struct RowsVisitor<R>(PhantomData<R>);

impl<'t, R: Deserialize<'t>> Visitor<'t> for RowsVisitor<R> {
    type Value = Rows<(Text<'t>, R)>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object of packages")
    }

    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut rows = Vec::new();
        while rows.len() < MOST {
            let Some(row) = map.next_entry()? else { return Ok(Rows(rows)) };
            rows.push(row);
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Rows(rows))
    }
}

/// A text, or the first text of a list; `true` is one as well. Whatever else stands there is none.
#[derive(Default)]
pub(super) struct Text<'t>(pub(super) Option<Cow<'t, str>>);

impl<'d: 't, 't> Deserialize<'d> for Text<'t> {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'t> Visitor<'t> for TextVisitor {
    type Value = Text<'t>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Text<'t>, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'t>, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Text<'t>, E> {
        Ok(Text(truth.then_some(Cow::Borrowed("true"))))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Text<'t>, E> {
        Ok(Text(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Text<'t>, E> {
        Ok(Text(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Text<'t>, E> {
        Ok(Text(None))
    }

    fn visit_unit<E>(self) -> Result<Text<'t>, E> {
        Ok(Text(None))
    }

    fn visit_seq<S: SeqAccess<'t>>(self, mut list: S) -> Result<Text<'t>, S::Error> {
        let first = list.next_element()?.unwrap_or_default();
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }

    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<Text<'t>, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
}
