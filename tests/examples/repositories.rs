//! `fixtures/repos/<name>/` run with all rules: `expected.txt` is the whole concise report. A new rule shows its noise
//! there as a diff; `clean-*` repositories stay empty.

use std::fs;
use std::path::Path;

use backlint::report::{self, Format};
use backlint::settings::Settings;

use crate::difference;

pub(crate) fn repository(expected: &Path) -> datatest_stable::Result<()> {
    let root = expected.parent().expect("a file lies in a folder");
    let report = backlint::audit(root, &Settings::default(), &());
    let mut found = Vec::new();
    let options = report::Options { quiet: true, ..report::Options::default() };
    report::write(&report, Format::Concise, &options, &mut found)?;
    let found = String::from_utf8_lossy(&found).into_owned();
    if std::env::var_os("BLESS").is_some() {
        fs::write(expected, found)?;
        return Ok(());
    }
    let wanted = fs::read_to_string(expected)?;
    let clean = root.file_name().is_some_and(|name| name.to_string_lossy().starts_with("clean-"));
    if clean && !report.findings.is_empty() {
        return Err(format!("a clean repository has findings\n{found}").into());
    }
    if wanted != found {
        return Err(format!("{} differs\n{}", expected.display(), difference(&wanted, &found)).into());
    }
    Ok(())
}
