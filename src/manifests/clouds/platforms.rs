//! `vercel.json`, `netlify.toml`, `fly.toml`, `render.yaml`, `railway.json`, `Procfile`, `app.yaml` and the like to facts.

use crate::manifests::{Broken, ManifestFacts};

pub(in crate::manifests) fn read(_path: &str, _text: &str, _facts: &mut ManifestFacts) -> Result<(), Broken> {
    Ok(())
}
