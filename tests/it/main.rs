//! One integration binary: what a run does, from the outside.

mod manifests;
mod roles;
mod walk;
