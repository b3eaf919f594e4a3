//! Functions that nothing describes to those that their files give away: by the name that the platform calls and by
//! what the file imports. A name alone is no function, and what other files import is theirs; what deploys it is not
//! known.

use rustc_hash::FxHashSet;

use super::{Finder, Handler, whole};
use crate::catalogue::{ApiStyle, Library, LibraryId, SystemId};
use crate::facts::{FileFacts, FunctionIndex, Name};
use crate::model::FunctionId;
use crate::model::services::sources::Source;
use crate::paths::folder;
use crate::walk::{FileId, Role};

/// What gives a function away, what calls it, and which it is.
type Tied = (LibraryId, SystemId, Option<FunctionId>);

impl Finder<'_, '_> {
    /// The functions of files behind which nothing stands yet.
    pub(super) fn shaped(&self, known: &FxHashSet<FileId>) -> Vec<Handler> {
        let (project, sources) = (self.project, self.sources);
        let ids = || (0..project.facts.len()).map(|index| FileId(index as u32));
        let imported: FxHashSet<FileId> =
            ids().filter_map(|file| sources.of_file(file)).flat_map(|source| source.files.iter().copied()).collect();
        let found = ids().filter_map(|file| {
            let (facts, source) = (project.facts[file.get()].as_ref()?, sources.of_file(file)?);
            if known.contains(&file) || project.file(file).role != Role::Product {
                return None;
            }
            let (library, system, function) = match imported.contains(&file) {
                true => None,
                false => self.exported(file, facts),
            }
            .or_else(|| self.begun(file, source))?;
            let path = &project.file(file).path;
            let stem = path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
            let is_plain = matches!(stem, "app" | "handler" | "index" | "lambda_function" | "main");
            let name = folder(path).rsplit('/').next().filter(|name| is_plain && !name.is_empty()).unwrap_or(stem);
            Some(Handler {
                name: name.to_owned(),
                place: whole(file),
                function,
                file: Some(file),
                triggers: Vec::new(),
                described: Some((library, Some(system))),
            })
        });
        found.collect()
    }

    /// A function by the name that a platform calls, in a file that imports the platform's library or its types.
    fn exported(&self, file: FileId, facts: &FileFacts) -> Option<Tied> {
        let catalogue = self.project.catalogue;
        let imported = facts.imports.iter().flat_map(|import| catalogue.imported(facts.language, &import.module));
        imported.into_iter().find_map(|id| {
            let library: &Library = catalogue.library(id);
            let mut names = library.called.iter().map(|name| Name::from(name));
            let name = names.find(|name| is_given(facts, *name))?;
            let system = catalogue.system_named(library.called_by.as_deref()?)?;
            Some((id, system, self.symbol(file, &name)))
        })
    }

    /// A program that hands a function to its platform.
    fn begun(&self, file: FileId, source: &Source) -> Option<Tied> {
        let is_event = |id: &LibraryId| self.project.catalogue.library(*id).api == Some(ApiStyle::Event);
        let (library, _) = source.starts.iter().find(|(id, _)| is_event(id)).filter(|_| source.main.is_some())?;
        let catalogue = self.project.catalogue;
        let mut systems = catalogue.library(*library).systems.iter().filter_map(|name| catalogue.system_named(name));
        let system = systems.find(|id| catalogue.system(*id).functions)?;
        Some((*library, system, self.started(file)))
    }
}

/// Whether a file offers a name of its own to others.
fn is_given(facts: &FileFacts, name: Name) -> bool {
    let is_own = |parent: Option<FunctionIndex>| parent == Some(FunctionIndex::FILE);
    let mut functions = facts.functions.iter();
    functions.any(|one| one.name == name && one.exported && one.owner.is_none() && is_own(one.parent))
        || facts.bindings.iter().any(|one| match *one.target {
            [only] => one.exported && only == name,
            [first, last] => first == "exports" && last == name,
            _ => false,
        })
}
