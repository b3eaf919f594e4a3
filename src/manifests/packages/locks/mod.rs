//! The exact versions that package managers chose, and what authors say of packages they gave up.

pub(in crate::manifests) mod bun;
pub(in crate::manifests) mod cargo;
pub(in crate::manifests) mod composer;
pub(in crate::manifests) mod gemfile;
mod json;
pub(in crate::manifests) mod npm;
pub(in crate::manifests) mod pnpm;
pub(in crate::manifests) mod python;
mod rows;
pub(in crate::manifests) mod yarn;
