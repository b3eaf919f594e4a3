//! What runs in containers, and what arranges them.

pub(super) mod compose;
pub(super) mod dockerfile;
pub(super) mod helm;
pub(super) mod kubernetes;
pub(super) mod kustomize;
pub(super) mod skaffold;
