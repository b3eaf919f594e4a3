//! Packages outside the repository that repeat the statements of a handle they are given. Knows their calls, not what
//! they do inside.

use super::effects::{EXECUTES, Receiver};
use super::things::{Evidence, Site, Thing, Things};
use super::{CallId, Project};

impl<'p> Project<'p> {
    /// A package that nobody here knows repeats the statements of the handle that it is given:
    /// `mongoutil.UpdateOne(ctx, collection, filter)`
    pub(super) fn wrapped(&self, things: &Things<'_, 'p>, id: CallId) -> Option<Receiver> {
        let facts = self.facts(id.file);
        let call = facts.call(id.index);
        let [package, name] = *call.chain else { return None };
        // `Delete` is what many packages have, `DeleteMany` is not.
        let telling = name.chars().skip(1).any(char::is_uppercase);
        let import = facts.imports.iter().find(|import| import.alias == package && import.symbol.is_none())?;
        if !telling || !self.is_external(id.file, import.module) {
            return None;
        }
        let site = Site { file: id.file, function: call.function, at: call.span.start };
        call.arguments.iter().find_map(|argument| match things.value(site, &argument.value)? {
            Thing::Handle(library) => {
                let words = self.catalogue.words(library, name);
                let evidence = Evidence::Proven;
                let receiver = Receiver { library, words, evidence, handle_leads: false, related: false };
                words.is(EXECUTES).then_some(receiver)
            }
            _ => None,
        })
    }
}
