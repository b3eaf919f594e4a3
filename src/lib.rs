//! backlint audits a checkout against backend architecture anti-patterns.
//!
//! The pipeline, one direction: files, facts of each file, one model of the repository, findings, report.

pub mod catalogue;
pub mod facts;
pub mod finding;
pub mod languages;
pub mod manifests;
pub mod model;
pub mod report;
pub mod rules;
pub mod settings;
pub mod suppress;
pub mod walk;
