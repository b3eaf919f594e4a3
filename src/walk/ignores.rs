//! Folders whose ignore files can be handed to the walker. It does not know what ignore files say.
//!
//! The walker opens them itself: it would wait for a pipe forever, follow a link out of the root, and make a kilobyte of
//! each byte it reads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub(super) const OWN: &str = ".backlintignore";
const NAMES: [&str; 4] = [".gitignore", ".ignore", OWN, ".git/info/exclude"];
/// What counts for one folder: its own and those of the folders around it. People write a hundredth.
pub(super) const MOST: u64 = 128 << 10;

/// The ignore files of the folders that were met.
pub(super) struct Ignores {
    /// Links may not lead out of here.
    root: PathBuf,
    /// How much counts in each folder that has ignore files.
    sizes: Mutex<HashMap<PathBuf, u64>>,
}

impl Ignores {
    /// `root` is without symbolic links.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, sizes: Mutex::default() }
    }

    /// Why a folder cannot be entered, if it cannot. The folders around it were asked for before.
    pub(super) fn refuse(&self, folder: &Path) -> Option<String> {
        let mut size = 0;
        for name in NAMES {
            match self.size(&folder.join(name)) {
                Some(own) => size += own,
                None => return Some(format!("not entered, since its {name} is no file inside the root")),
            }
        }
        if size == 0 {
            return None;
        }
        let mut sizes = self.sizes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let around = folder.ancestors().skip(1).find_map(|outer| sizes.get(outer)).copied();
        size += around.unwrap_or_default();
        if size > MOST {
            return Some(too_large());
        }
        sizes.insert(folder.to_path_buf(), size);
        None
    }

    /// None for what is neither absent nor a file inside the root.
    fn size(&self, path: &Path) -> Option<u64> {
        let Ok(found) = path.symlink_metadata() else { return Some(0) };
        if found.is_dir() {
            return Some(0); // Opening it fails.
        }
        if !found.is_symlink() {
            return Some(found.len()).filter(|_| found.is_file());
        }
        let Ok(target) = path.canonicalize() else { return Some(0) };
        let found = target.metadata().ok()?;
        Some(found.len()).filter(|_| found.is_file() && target.starts_with(&self.root))
    }
}

pub(super) fn too_large() -> String {
    format!("not entered, since its ignore files are larger than {} KiB", MOST >> 10)
}
