//! Reports queries that run once per element of a loop.

use super::Pass;

pub(super) fn check(_pass: &mut Pass) {}
