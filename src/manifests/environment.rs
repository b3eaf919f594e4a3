//! `.env.example` to facts.

use crate::manifests::{Broken, ManifestFacts};

pub(super) fn read(_path: &str, _text: &str, _facts: &mut ManifestFacts) -> Result<(), Broken> {
    Ok(())
}
