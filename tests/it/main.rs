//! backlint as its users meet it: the program is run in folders made for each test.

#![expect(clippy::disallowed_methods, reason = "tests make the folders they run in")]

mod advice;
mod catalogue;
mod cli;
mod comfort;
mod config;
mod functions;
mod invariants;
mod manifests;
mod report;
mod roles;
mod sandbox;
mod sarif;
mod services;
mod stacks;
mod starts;
mod suppress;
mod survey;
mod tidy;
mod walk;
