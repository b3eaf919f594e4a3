//! Paths of the repository, relative to its root and with forward slashes, to folders. Opens nothing.

/// The folder that a file or folder lies in; empty for the root.
pub fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |end| &path[..end])
}

/// Whether a path lies below a folder, which is not below itself unless it is the root.
pub fn below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A folder, the folder it lies in, and so on up to the root, which is empty.
pub fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder);
    std::iter::from_fn(move || {
        let current = next?;
        next = (!current.is_empty()).then(|| current.rfind('/').map_or("", |end| &current[..end]));
        Some(current)
    })
}

/// A path below a folder, or none when it leads out of the repository.
pub fn join(base: &str, path: &str) -> Option<String> {
    let mut joined = String::with_capacity(base.len() + path.len() + 1);
    let push = |joined: &mut String, segment: &str| {
        if !joined.is_empty() {
            joined.push('/');
        }
        joined.push_str(segment);
    };
    base.split('/').filter(|segment| !segment.is_empty()).for_each(|segment| push(&mut joined, segment));
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." if joined.is_empty() => return None,
            ".." => joined.truncate(joined.rfind('/').unwrap_or_default()),
            _ => push(&mut joined, segment),
        }
    }
    Some(joined)
}
