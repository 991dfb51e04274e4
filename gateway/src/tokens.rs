//! The tokens that open the API.

use service::Secret;
use subtle::{Choice, ConstantTimeEq};

/// The tokens that open the API.
pub(crate) struct Tokens(Vec<Secret>);

impl Tokens {
    /// These, none of them empty.
    pub(crate) fn new(tokens: Vec<Secret>) -> Self {
        Self(tokens)
    }

    /// Whether the text is one of them. Takes as long for a nearly right text as for a wrong one.
    pub(crate) fn accept(&self, given: &[u8]) -> bool {
        let equal = self.0.iter().map(|token| token.expose().as_bytes().ct_eq(given));
        equal.fold(Choice::from(0), |any, one| any | one).into()
    }
}

#[cfg(test)]
mod tests {
    use service::Secret;

    use super::Tokens;

    #[test]
    fn only_a_whole_token_is_accepted() {
        let tokens = Tokens::new(vec![Secret::new("one"), Secret::new("two")]);
        for (given, accepted) in [("one", true), ("two", true), ("", false), ("on", false), ("onetwo", false)] {
            assert_eq!(tokens.accept(given.as_bytes()), accepted, "{given}");
        }
        assert!(!Tokens::new(Vec::new()).accept(b""));
    }
}
