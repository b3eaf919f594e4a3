//! All facts and the catalogue to one immutable picture of the repository. Knows no syntax, severity or wording.

use std::marker::PhantomData;

/// The repository as its engineers see it.
#[derive(Debug)]
pub struct Project<'p> {
    files: PhantomData<&'p ()>,
}
