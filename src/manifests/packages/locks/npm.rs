//! `package-lock.json` of npm 7 and later to facts. Knows nothing of the older form, which has no `packages`.

use serde::Deserialize;

use super::{json, rows};
use crate::manifests::{Broken, ManifestFacts};

/// What lies below is a package, and its name.
const MODULES: &str = "node_modules/";

#[derive(Deserialize)]
#[serde(expecting = "a package")]
struct Row<'t> {
    /// Where it differs from the folder: `npm:` aliases.
    #[serde(borrow, default)]
    name: json::Text<'t>,
    #[serde(borrow, default)]
    version: json::Text<'t>,
    #[serde(borrow, default)]
    deprecated: json::Text<'t>,
    /// Leads to a package of the repository.
    #[serde(borrow, default)]
    link: json::Text<'t>,
}

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut packages = json::packages::<Row>(text)?;
    // The deeper a package lies, the fewer see it.
    packages.sort_by_cached_key(|(folder, ..)| (folder.matches(MODULES).count(), !folder.starts_with(MODULES)));
    for (folder, span, row) in packages {
        let Some((_, installed)) = folder.rsplit_once(MODULES).filter(|_| row.link.0.is_none()) else {
            continue; // A package of the repository itself.
        };
        let name = row.name.0.as_deref().unwrap_or(installed);
        let deprecated = row.deprecated.0.as_deref().and_then(rows::sentence);
        rows::keep(facts, name, row.version.0.as_deref().unwrap_or_default(), deprecated, span);
    }
    Ok(())
}
