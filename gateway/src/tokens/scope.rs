//! What a token may do.

/// One thing that a token may do. `gateway/src/http/routes/` says which route needs which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Create jobs.
    JobsCreate,
    /// Read jobs, lists and events.
    JobsRead,
    /// Cancel and delete jobs.
    JobsDelete,
    /// Do with everybody's jobs what the other scopes allow with one's own.
    JobsAll,
    /// See and drain the fleet, see the statistics.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Scope; 5] = [Scope::JobsCreate, Scope::JobsRead, Scope::JobsDelete, Scope::JobsAll, Scope::Admin];

    /// Returns the scope's word in TOKENS_FILE.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::JobsCreate => "jobs:create",
            Scope::JobsRead => "jobs:read",
            Scope::JobsDelete => "jobs:delete",
            Scope::JobsAll => "jobs:all",
            Scope::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not a scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a scope: write {}", Scope::ALL.map(Scope::as_str).join(", "))]
pub struct UnknownScope {
    /// The text.
    pub text: String,
}

impl std::str::FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| UnknownScope { text: text.chars().take(80).collect() })
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes(u8);

impl Scopes {
    pub(crate) fn holds(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, Scopes};

    #[test]
    fn each_scope_is_itself_alone() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            let only = Scopes::from_iter([scope]);
            assert!(Scope::ALL.into_iter().all(|other| only.holds(other) == (other == scope)));
        }
        let error = "jobs".parse::<Scope>().unwrap_err().to_string();
        assert_eq!(error, "\"jobs\" is not a scope: write jobs:create, jobs:read, jobs:delete, jobs:all, admin");
    }
}
