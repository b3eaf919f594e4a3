//! One integration binary: what a run does, seen from outside.

mod manifests;
mod report;
mod roles;
mod sarif;
mod walk;
