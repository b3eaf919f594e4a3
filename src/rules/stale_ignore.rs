//! Ignores that ignore nothing. `suppress` reports them, since only it sees what all other rules found.

use super::Pass;

pub(super) fn check(_pass: &mut Pass) {}
