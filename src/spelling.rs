//! A misspelt name to the nearest known one. Knows letters, not what the names stand for.

/// The known name that was probably meant, or `None` when none is near.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words are not near to anything, and the measure takes the product of the lengths.
    if name.len() > 100 {
        return None;
    }
    let letters = name.to_lowercase().replace('_', "-");
    let near = known.into_iter().map(|known| (strsim::damerau_levenshtein(&letters, known), known));
    let (distance, known) = near.min()?;
    // A third of the letters may be wrong: `query-loop` is near `query-in-loop`, `auth` is not near `note`.
    (distance <= known.len().max(3) / 3).then_some(known)
}
