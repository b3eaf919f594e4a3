//! What backlint does, seen from outside.

mod report;
mod sarif;
