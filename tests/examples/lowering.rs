//! `fixtures/lowering/<topic>.<extension>` gives `<topic>.facts`, or `<topic>.<extension>.facts` when the language
//! truly differs; the first line of such a dump says why.

use std::fs;
use std::path::Path;

use backlint::languages::{self, Grammar};

use crate::difference;
use crate::dump::dump;

pub(crate) fn lowers(path: &Path) -> datatest_stable::Result<()> {
    let extension = path.extension().and_then(|extension| extension.to_str()).expect("the pattern asks for one");
    let grammar = Grammar::of_extension(extension).expect("the pattern lists known extensions");
    let facts = languages::lower(grammar, &fs::read_to_string(path)?);
    let found = dump(&facts);

    let own = path.with_extension(format!("{extension}.facts"));
    let shared = path.with_extension("facts");
    let (file, reason) = if own.exists() {
        let text = fs::read_to_string(&own)?;
        (own, format!("{}\n", text.lines().next().unwrap_or_default()))
    } else {
        (shared, String::new())
    };
    let found = reason + &found;
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, found)?;
        return Ok(());
    }
    let wanted = fs::read_to_string(&file)?;
    if wanted != found {
        return Err(format!("{} differs\n{}", file.display(), difference(&wanted, &found)).into());
    }
    Ok(())
}
