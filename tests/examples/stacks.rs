//! `fixtures/stacks/<name>/`: `expected.txt` is what `backlint stack --evidence` says of it, and where there is a
//! `checklist.txt`, that is what `backlint checklist` says.

use std::fs;
use std::path::Path;

use backlint::report::{self, Options, SurveyFormat};
use backlint::settings::Settings;

use crate::difference;

pub(crate) fn stack(expected: &Path) -> datatest_stable::Result<()> {
    compare(expected, |survey, out| report::write_stack(survey, SurveyFormat::Full, true, &Options::default(), out))
}

pub(crate) fn checklist(expected: &Path) -> datatest_stable::Result<()> {
    compare(expected, |survey, out| report::write_checklist(survey, SurveyFormat::Full, &Options::default(), out))
}

fn compare(
    expected: &Path,
    write: impl Fn(&report::Survey, &mut Vec<u8>) -> std::io::Result<()>,
) -> datatest_stable::Result<()> {
    let root = expected.parent().expect("a file lies in a folder");
    let survey = backlint::survey(root, &Settings::default(), &());
    let problems: Vec<String> = survey.problems.iter().map(|one| format!("{}: {}", one.path, one.message)).collect();
    if !problems.is_empty() {
        return Err(format!("a fixture has problems\n{}", problems.join("\n")).into());
    }
    let mut found = Vec::new();
    write(&survey, &mut found)?;
    let found = String::from_utf8_lossy(&found).into_owned();
    if std::env::var_os("BLESS").is_some() {
        fs::write(expected, found)?;
        return Ok(());
    }
    let wanted = fs::read_to_string(expected)?;
    if wanted != found {
        return Err(format!("{} differs\n{}", expected.display(), difference(&wanted, &found)).into());
    }
    Ok(())
}
