//! How many files and connections this process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the process's limit of open descriptors to the most that it may have, and tells the limit that holds now.
///
/// Shells and service managers start processes with 1,024 for the sake of programs that wait by `select`
/// (<https://0pointer.net/blog/file-descriptor-limits.html>). Ours do not.
pub fn raise_descriptor_limit() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 1024 };
    if soft < hard
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    {
        tracing::debug!(%error, "the limit of open descriptors stays at {soft}");
        return soft;
    }
    hard
}

#[cfg(test)]
mod tests {
    use super::raise_descriptor_limit;

    #[test]
    fn what_is_told_holds() {
        let told = raise_descriptor_limit();
        assert!(told >= 256);
        assert_eq!(raise_descriptor_limit(), told);
    }
}
