//! Methods of the repository by name, and types by what they implement: for calls on objects of which only an interface
//! or nothing is known.

use rustc_hash::FxHashMap;

use crate::facts::{FileId, FunctionIndex, FunctionKind, Language, Name, TypeIndex, TypeKind};
use crate::model::loops::has_word;
use crate::model::things::{Site, Thing, Things};
use crate::model::{FunctionId, Project, ServiceId, ServiceKind, TypeId};

/// Words in names of types that stand in for others.
const DOUBLES: [&str; 10] = ["Dummy", "Fake", "InMemory", "Memory", "Mock", "Mocked", "Noop", "Null", "Spy", "Stub"];

/// One store for each kind of database; where more stand behind an interface, they have less in common.
const FEW: usize = 4;

/// The methods of product code.
#[derive(Debug, Default)]
pub(super) struct Methods {
    by_name: FxHashMap<(Language, Name), Vec<FunctionId>>,
    /// The types that name a type of the repository as their base.
    heirs: FxHashMap<TypeId, Vec<TypeId>>,
}

impl Methods {
    pub(super) fn of(project: &Project) -> Self {
        let mut methods = Self::default();
        for file in project.product_files() {
            let facts = project.facts(file);
            for (index, function) in facts.functions.iter().enumerate() {
                let Some(owner) = function.owner.filter(|owner| !has_word(owner, &DOUBLES)) else { continue };
                if function.kind == FunctionKind::Literal || function.test || owner.is_empty() {
                    continue;
                }
                let id = FunctionId { file, index: FunctionIndex(index as u32) };
                methods.by_name.entry((facts.language, function.name)).or_default().push(id);
            }
            methods.inherit(project, file);
        }
        methods
    }

    fn inherit(&mut self, project: &Project, file: FileId) {
        for (index, one) in project.facts(file).types.iter().enumerate() {
            if has_word(&one.name, &DOUBLES) || one.test {
                continue;
            }
            for base in &one.bases {
                let things = Things::new(project);
                if let Some(Thing::Type(base)) = things.declared_type(Site::of_file(file), base) {
                    self.heirs.entry(base).or_default().push(TypeId { file, index: TypeIndex(index as u32) });
                }
            }
        }
    }

    /// The method that runs when an interface's, or an empty one of a base, is called: the only one, or any of a few
    /// that all send something.
    pub(super) fn implementation(
        &self,
        project: &Project,
        of: TypeId,
        name: Name,
        sends: &impl Fn(FunctionId) -> bool,
    ) -> Option<FunctionId> {
        let heirs = self.heirs.get(&of).map_or(&[][..], Vec::as_slice);
        let things = Things::new(project);
        let mut found: Vec<FunctionId> = heirs.iter().filter_map(|heir| things.own_method(*heir, name)).collect();
        let one = project.type_at(of);
        // Go's types implement an interface without saying so.
        let is_open = one.kind == TypeKind::Interface && one.methods.iter().any(|method| method.name == name);
        if found.is_empty() && is_open && project.language(of.file) == Language::Go {
            let has_all = |id: &&FunctionId| {
                let owner = project.function(**id).owner.expect("methods are listed with their owners");
                one.methods.iter().all(|method| project.has_method(id.file, owner, method.name))
            };
            found = self.named(project.language(of.file), name).iter().filter(has_all).copied().collect();
        }
        match found[..] {
            [one] => Some(one),
            [first, ..] => (found.len() <= FEW && found.iter().all(|one| sends(*one))).then_some(first),
            [] => None,
        }
    }

    pub(super) fn named(&self, language: Language, name: Name) -> &[FunctionId] {
        self.by_name.get(&(language, name)).map_or(&[], Vec::as_slice)
    }

    /// The only method of a name that code of a file can mean: in its service and the libraries that this uses.
    pub(super) fn only(&self, project: &Project, file: FileId, name: Name) -> Option<FunctionId> {
        let home = project.service_of(file);
        let reaches = |other: Option<ServiceId>| {
            home == other
                || home.zip(other).is_some_and(|(home, other)| {
                    project.service(home).uses.contains(&other) || project.service(home).kind == ServiceKind::Library
                })
        };
        let mut near =
            self.named(project.language(file), name).iter().filter(|id| reaches(project.service_of(id.file)));
        let first = near.next()?;
        near.next().is_none().then_some(*first)
    }
}
