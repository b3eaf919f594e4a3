//! A checklist to its forms, and the words they share. It does not know how a question is answered.

pub(super) mod full;
pub(super) mod json;
pub(super) mod markdown;

use crate::checklist::Verdict;

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::Partly => "partly",
        Verdict::No => "no",
        Verdict::NotApplicable => "n/a",
    }
}
