//! Names that no other test uses, for databases, queues and directories on shared servers.

use uuid::Uuid;

/// `prefix` with twelve random hex digits behind it. A prefix of lower-case letters gives a legal CouchDB database name.
#[must_use]
pub fn unique(prefix: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{prefix}-{}", &random[..12])
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_names_differ() {
        assert_ne!(super::unique("jobs"), super::unique("jobs"));
    }
}
