//! `Cargo.lock` to facts. Does not know which features brought a package.

use super::rows;
use crate::manifests::{Broken, ManifestFacts};

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    rows::tables(text, "Cargo", facts)
}
