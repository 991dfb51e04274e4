//! Which program is started.

use std::path::{Path, PathBuf};

use super::LaunchError;

/// What is tried, in this order, when no executable is named.
const EXECUTABLES: [&str; 6] = [
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// Finds the program to start: the one that is named, or else the first of those that are known in `PATH`.
///
/// # Errors
/// [`LaunchError::NotFound`] or [`LaunchError::NotThere`], which say what to do.
pub fn find_executable(named: Option<&Path>) -> Result<PathBuf, LaunchError> {
    let in_path = |name: &Path| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| can_be_run(file))
    };
    let Some(named) = named else {
        let found = EXECUTABLES.iter().find_map(|name| in_path(Path::new(name)));
        return found.ok_or_else(|| LaunchError::NotFound { tried: EXECUTABLES.join(", ") });
    };
    // As a shell does it: a bare name is looked for.
    let is_bare = named.components().count() == 1 && !named.as_os_str().as_encoded_bytes().contains(&b'/');
    let found = if is_bare { in_path(named) } else { Some(named.to_owned()).filter(|file| can_be_run(file)) };
    found.ok_or_else(|| LaunchError::NotThere { executable: named.to_owned() })
}

/// Whether this process may run a file.
fn can_be_run(file: &Path) -> bool {
    file.is_file() && nix::unistd::access(file, nix::unistd::AccessFlags::X_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{LaunchError, find_executable};

    #[test]
    fn a_program_is_found_by_its_name_or_its_path_and_only_when_it_can_be_run() {
        assert!(find_executable(Some(Path::new("sh"))).unwrap().ends_with("sh"));
        assert_eq!(find_executable(Some(Path::new("/bin/sh"))).unwrap(), Path::new("/bin/sh"));
        for path in ["/nowhere/chromium", "no-such-program", "/etc/passwd", "/etc", "./sh"] {
            let error = find_executable(Some(Path::new(path))).unwrap_err();
            assert!(matches!(&error, LaunchError::NotThere { executable } if executable == Path::new(path)), "{error}");
        }
    }
}
