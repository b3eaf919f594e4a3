//! The question about tests. Files of tests are not read: it knows them by their paths alone, and not what they check.

use super::Reply;
use super::view::{View, enumerated, has_path_word, has_role};
use crate::catalogue::{LibraryRole, SystemRole};
use crate::facts::Span;
use crate::finding::{Place, Step};
use crate::manifests::ContainerKind;
use crate::model::How;
use crate::walk::{File, FileKind, Role};

/// Words in paths of what tests need, but is none.
#[rustfmt::skip]
const PREPARATION: [&str; 24] = [
    "babel", "config", "conftest", "data", "dummy", "environment", "fixture", "fixtures", "helper", "helpers", "init",
    "mock", "mocks", "preset", "setup", "stub", "stubs", "support", "testrig", "testutil", "testutils", "transform",
    "util", "utils",
];

/// Folders of tests that go through several parts, wherever they stand.
#[rustfmt::skip]
const INTEGRATION: [&str; 12] = [
    "acceptance_tests", "acceptance-tests", "cypress", "e2e", "e2e-tests", "e2e_tests", "integration",
    "integration-test", "integration-tests", "integration_test", "integration_tests", "playwright",
];

/// The same inside a folder of tests; elsewhere these are words of the product.
const INTEGRATION_INSIDE: [&str; 5] = ["acceptance", "feature", "features", "functional", "system"];

/// Ends of names that say the same.
const INTEGRATION_NAMES: [&str; 5] = [".e2e", ".e2e-spec", ".e2e-test", ".int-spec", ".integration-spec"];

pub(super) fn tests(view: &View) -> Reply {
    let (mut unit, mut integration, mut contract) = (Vec::new(), Vec::new(), Vec::new());
    let is_source = |file: &File| match file.kind {
        FileKind::Source(_) => true,
        FileKind::Foreign(foreign) => foreign != crate::walk::Foreign::Sql,
        FileKind::Manifest => false,
    };
    let is_test = |file: &File| file.role == Role::Test && is_source(file) && !is_preparation(&file.path);
    for (id, file) in view.project.files().filter(|(_, file)| is_test(file)) {
        let place = Place { file: id, span: Span::default() };
        let kind = if is_of_contract(&file.path) {
            &mut contract
        } else if is_of_integration(&file.path) {
            &mut integration
        } else {
            &mut unit
        };
        kind.push(place);
    }
    for places in [&mut unit, &mut integration, &mut contract] {
        // Others in these folders may serve them.
        places.sort_by_key(|place: &Place| !is_named_test(view.path(place.file)));
    }
    for file in view.project.product_files() {
        let functions = &view.project.facts(file).functions;
        let test = functions.iter().find(|function| function.test && !function.name.is_empty());
        unit.extend(test.map(|function| Place { file, span: function.head }));
    }
    for known in view.project.services().iter().flat_map(|service| &service.libraries) {
        let library = view.project.catalogue().library(known.library);
        if !has_role(library, &[LibraryRole::Testing]) {
            continue;
        }
        let place = known.seen.iter().find(|seen| known.used || seen.how == How::Declared).map(|seen| seen.place);
        if has_role(library, &[LibraryRole::Contract]) {
            contract.extend(place);
        } else if !library.systems.is_empty() {
            // It starts what the services need.
            integration.extend(place);
        }
    }
    let needs = [SystemRole::Cache, SystemRole::Database, SystemRole::Messaging, SystemRole::Search];
    for (file, manifest) in view.manifests() {
        let is_needed = |image: &str| {
            let name = image.split('@').next().unwrap_or_default();
            let name = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(name, _)| name);
            let system = view.project.system_of_image(name);
            system.is_some_and(|id| needs.contains(&view.project.catalogue().system(id).role))
        };
        let mut beside = manifest.containers.iter().filter(|container| container.kind == ContainerKind::Pipeline);
        let beside = beside.find(|container| container.image.as_deref().is_some_and(is_needed));
        integration.extend(beside.map(|container| Place { file, span: container.span }));
    }
    reply([("unit", unit), ("integration", integration), ("contract", contract)])
}

/// `jest.config.js`, `conftest.py`, `mocks/server.ts`, `test/utils.py`
fn is_preparation(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or_default();
    let is_named_test = is_named_test(path);
    let own = !is_named_test && has_path_word(stem, &PREPARATION);
    let is_config = has_path_word(name, &["config", "conftest", "mock", "mocks", "preset", "setup"]) && !is_named_test;
    // `testing.go` and `test_utils.py` serve tests as well.
    let serves = ["test_util", "test-util", "test_helper", "test-helper", "testhelper", "testutil"];
    let mocks =
        ["__mocks__", "dummy", "fixture", "fixtures", "mock", "mocks", "stubs", "testrig", "testutil", "testutils"];
    let in_tests = has_path_word(folders, &["test", "tests", "testing"]);
    let helps = |folder: &str| has_path_word(folder, &["helper", "helpers", "support", "util", "utils"]);
    let below_mocks =
        folders.split('/').any(|folder| mocks.contains(&folder.to_lowercase().as_str()) || (in_tests && helps(folder)));
    let is_start = matches!(name, "__init__.py" | "mod.rs" | "index.ts" | "index.js" | "page.tsx" | "route.ts");
    own || is_config
        || below_mocks
        || is_start
        || serves.iter().any(|word| stem.to_lowercase().starts_with(word))
        || stem.ends_with("_mock")
        || stem.starts_with("mock_")
}

fn is_named_test(path: &str) -> bool {
    has_path_word(path.rsplit('/').next().unwrap_or_default(), &["test", "tests", "spec", "e2e"])
}

fn is_of_contract(path: &str) -> bool {
    let lower = path.to_lowercase();
    let in_tests = has_path_word(&lower, &["test", "tests", "spec", "specs"]);
    has_path_word(&lower, &["pact", "pacts"]) || (in_tests && in_folder(&lower, &["contract", "contracts"]))
}

fn is_of_integration(path: &str) -> bool {
    let lower = path.to_lowercase();
    let inside = ["/test/", "/tests/", "/spec/"].iter().find_map(|folder| {
        let rooted = format!("/{lower}");
        rooted.find(folder).map(|at| rooted[at..].to_owned())
    });
    let name = lower.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    in_folder(&lower, &INTEGRATION)
        || inside.is_some_and(|rest| in_folder(&rest, &INTEGRATION_INSIDE))
        || INTEGRATION_NAMES.iter().any(|end| stem.ends_with(end))
}

fn in_folder(path: &str, names: &[&str]) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| names.contains(&folder))
}

fn reply(kinds: [(&str, Vec<Place>); 3]) -> Reply {
    let mut evidence = Vec::new();
    let (mut has, mut lacks) = (Vec::new(), Vec::new());
    for (kind, places) in kinds {
        match places.first() {
            Some(place) => {
                has.push(kind.to_owned());
                let more = match places.len() {
                    1 => String::new(),
                    count => format!(", the first of {count} places"),
                };
                evidence.push(Step { place: *place, message: format!("{kind} tests{more}") });
            }
            None => lacks.push(kind.to_owned()),
        }
    }
    match (has.as_slice(), lacks.as_slice()) {
        ([], _) => Reply::no("No tests were found.", evidence),
        (has, []) => Reply::yes(format!("There are {} tests.", enumerated(has)), evidence),
        (has, lacks) => {
            let why = format!("There are {} tests; none are known as {} tests.", enumerated(has), enumerated(lacks));
            Reply::partly(why, evidence)
        }
    }
}
