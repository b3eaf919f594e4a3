//! backlint audits a checkout against backend architecture anti-patterns.

pub mod facts;
pub mod finding;
pub mod languages;
pub mod manifests;
pub mod model;
pub mod rules;
pub mod walk;
