//! The environment to the addresses that a report may link to, and to whether the terminal follows them. It does not
//! know what is linked.

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use super::args::{Hyperlinks, Output};
use super::variable;
use crate::report::{Options, percent_encoded};

/// Where the files of an audit can be opened.
pub(super) struct Links {
    wanted: Hyperlinks,
    ground: String,
    blobs: Option<String>,
}

impl Links {
    pub(super) fn new(root: &Path, wanted: Hyperlinks) -> Self {
        let host = gethostname::gethostname();
        Self { wanted, ground: ground(root, &host.to_string_lossy()), blobs: blobs(root, variable) }
    }

    /// The options of a report, with the links that belong into it.
    pub(super) fn add(&self, options: &Options, output: &Output) -> Options {
        let follows = match output.path {
            Some(_) => self.wanted == Hyperlinks::Always,
            None => follows(self.wanted, options.colour && io::stdout().is_terminal(), variable),
        };
        let hyperlinks = follows.then(|| self.ground.clone());
        Options { blobs: self.blobs.clone(), hyperlinks, ..options.clone() }
    }
}

/// Whether to write hyperlinks: the flag, the environment's wish, then what is known of the terminal.
fn follows(wanted: Hyperlinks, colourful_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    match (wanted, set("FORCE_HYPERLINK")) {
        (Hyperlinks::Always, _) => true,
        (Hyperlinks::Never, _) => false,
        (Hyperlinks::Auto, Some(forced)) => forced != "0",
        (Hyperlinks::Auto, None) => colourful_terminal && set("CI").is_none() && is_known(variable),
    }
}

/// Whether this is one of the terminals that follow OSC 8. Of the others some show it as rubbish.
fn is_known(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let text = |name: &str| variable(name).and_then(|value| value.into_string().ok()).unwrap_or_default();
    let is_set = |name: &&str| !text(name).is_empty();
    let term = text("TERM");
    // GNU screen hides which terminal it runs in, and passes nothing on.
    if term == "dumb" || is_set(&"STY") {
        return false;
    }
    let programs = ["Hyper", "WezTerm", "ghostty", "iTerm.app", "mintty", "terminology", "vscode", "zed"];
    let terms = ["alacritty", "alacritty-direct", "foot", "foot-extra", "xterm-ghostty", "xterm-kitty"];
    // The first version crashed.
    text("VTE_VERSION").parse().is_ok_and(|version: u32| version > 5000)
        || programs.contains(&text("TERM_PROGRAM").as_str())
        || terms.contains(&term.as_str())
        || text("COLORTERM") == "xfce4-terminal"
        || ["DOMTERM", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION"].iter().any(is_set)
}

/// A folder as the start of an address of this machine. Terminals want the host, so that a link from elsewhere does not
/// open a file that happens to have the same path here.
fn ground(root: &Path, host: &str) -> String {
    let path = match cfg!(windows) {
        true => root.to_string_lossy().trim_start_matches(r"\\?\").replace('\\', "/").into_bytes(),
        false => root.as_os_str().as_encoded_bytes().to_vec(),
    };
    let path = percent_encoded(&path);
    let path = path.trim_matches('/');
    let slash = if path.is_empty() { "" } else { "/" };
    format!("file://{}{slash}{path}/", percent_encoded(host.as_bytes()))
}

/// Where a run of GitHub Actions says that the audited commit can be read. A wrong link is worse than none: the
/// checkout around the root has to be the one that the run was started for.
fn blobs(root: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    let text = |name| variable(name)?.into_string().ok();
    let (server, repository, commit) = (text("GITHUB_SERVER_URL")?, text("GITHUB_REPOSITORY")?, text("GITHUB_SHA")?);
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || ":/.-_".contains(sign);
    let is_address = server.starts_with("https://") || server.starts_with("http://");
    if !is_address || ![&server, &repository, &commit].into_iter().all(|part| part.chars().all(is_plain)) {
        return None;
    }
    let checkout = root.ancestors().find(|folder| fs::symlink_metadata(folder.join(".git")).is_ok())?;
    let workspace = variable("GITHUB_WORKSPACE").and_then(|workspace| fs::canonicalize(workspace).ok());
    if workspace.is_some_and(|workspace| workspace != checkout) {
        return None;
    }
    let below = root.strip_prefix(checkout).ok()?.to_str()?.replace('\\', "/");
    let below = if below.is_empty() { below } else { percent_encoded(below.as_bytes()) + "/" };
    Some(format!("{server}/{repository}/blob/{commit}/{below}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<const N: usize>(variables: [(&str, &str); N]) -> impl Fn(&str) -> Option<OsString> {
        move |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
    }

    #[test]
    fn terminals_are_known_by_their_variables() {
        for (variables, known) in [
            ([("TERM", "xterm-256color"), ("", "")], false),
            ([("TERM", "xterm-256color"), ("VTE_VERSION", "7600")], true),
            ([("TERM", "xterm-256color"), ("VTE_VERSION", "5000")], false),
            ([("TERM", "xterm-kitty"), ("", "")], true),
            ([("TERM", "xterm-kitty"), ("STY", "1.pts-0")], false),
            ([("TERM", "xterm-kitty"), ("CI", "true")], false),
            ([("TERM_PROGRAM", "vscode"), ("", "")], true),
            ([("TERM_PROGRAM", "Apple_Terminal"), ("", "")], false),
            ([("WT_SESSION", "1"), ("", "")], true),
            ([("WT_SESSION", ""), ("", "")], false),
            ([("WT_SESSION", "1"), ("TERM", "dumb")], false),
            ([("WT_SESSION", "1"), ("FORCE_HYPERLINK", "0")], false),
        ] {
            assert_eq!(follows(Hyperlinks::Auto, true, of(variables)), known, "{variables:?}");
            assert!(!follows(Hyperlinks::Auto, false, of(variables)), "{variables:?}");
            assert!(!follows(Hyperlinks::Never, true, of(variables)), "{variables:?}");
            assert!(follows(Hyperlinks::Always, false, of(variables)), "{variables:?}");
        }
        assert!(follows(Hyperlinks::Auto, false, of([("FORCE_HYPERLINK", "1")])));
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_addresses() {
        assert_eq!(ground(Path::new("/home/me/my shop"), "box"), "file://box/home/me/my%20shop/");
        assert_eq!(ground(Path::new("/"), ""), "file:///");
        assert_eq!(ground(Path::new("/a\u{1b}\\"), "b\u{7}x"), "file://b%07x/a%1B%5C/");
    }
}
