//! Manifests of package managers: texts to facts.
