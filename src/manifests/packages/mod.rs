//! Manifests of package managers to facts: what a package is called, needs, offers and starts.

pub(super) mod cargo;
pub(super) mod composer;
pub(super) mod deno;
pub(super) mod dotnet;
pub(super) mod gemfile;
pub(super) mod go;
pub(super) mod gradle;
mod gradle_catalog;
pub(super) mod locks;
pub(super) mod maven;
pub(super) mod monorepo;
pub(super) mod node;
pub(super) mod pnpm;
pub(super) mod python;
pub(super) mod requirements;
pub(super) mod setup_script;
mod xml;

use super::lines::lines;
use super::tree::Node;
use super::{Broken, Dependency, ManifestFacts, Origin, Scope, tree};
use crate::facts::Span;
