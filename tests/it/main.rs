//! backlint as its users meet it: the program is run in folders made for each test.

#![expect(clippy::disallowed_methods, reason = "tests make the folders they run in")]

mod advice;
mod baseline;
mod catalogue;
mod cli;
mod comfort;
mod config;
mod formats;
mod functions;
mod invariants;
mod manifests;
mod report;
mod roles;
mod sandbox;
mod sarif;
mod services;
mod since;
mod stacks;
mod starts;
mod suppress;
mod survey;
mod tidy;
mod walk;
