//! A token that is made for somebody.

use job_model::TokenName;
use service::Secret;

use super::digest::Digest;
use super::scope::Scope;

/// A token made by `puppet-master token new`.
#[derive(Debug)]
pub struct NewToken {
    /// The token, for its user. It is kept nowhere.
    pub token: Secret,
    /// Its lines for TOKENS_FILE.
    pub toml: String,
}

impl NewToken {
    /// Makes a token: `pm_` and 256 random bits as hexadecimal digits.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn make(name: &TokenName, scopes: &[Scope]) -> Result<Self, getrandom::Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let token = format!("pm_{digits}");
        let digest = Digest::of(token.as_bytes());
        let scopes: Vec<String> = scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
        let toml = format!("[[token]]\nname = \"{name}\"\nsha256 = \"{digest}\"\nscopes = [{}]\n", scopes.join(", "));
        Ok(Self { token: Secret::new(token), toml })
    }
}
