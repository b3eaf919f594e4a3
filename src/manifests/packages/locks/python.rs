//! `uv.lock`, `poetry.lock`, `pdm.lock` to facts. Does not know for which platform a row is.

use super::rows;
use crate::manifests::{Broken, ManifestFacts};

pub(in crate::manifests) fn read(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let tool = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".lock");
    rows::tables(text, tool, facts)
}
