//! The tokens that open the API: those without a name may do everything, those of TOKENS_FILE what it says.
//!
//! The file is read again when it changes. One that cannot be used changes nothing: the tokens before it stay, and the fault
//! is told in the log once and by `readyz` until it is mended.

mod digest;
mod file;
mod grant;
mod new_token;
mod rate;
mod reach;
mod reload;
mod scope;
mod wrong_tokens;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use job_model::TokenName;
use service::Secret;

use self::digest::Digest;
use self::rate::Bucket;

pub(crate) use self::file::NamedToken;
pub use self::file::TokensFileFault;
pub(crate) use self::grant::Grant;
pub use self::new_token::NewToken;
pub(crate) use self::reach::Reach;
pub use self::scope::{Scope, UnknownScope};
pub(crate) use self::wrong_tokens::WrongTokens;

/// The tokens that open the API.
pub(crate) struct Tokens {
    unnamed: Vec<Digest>,
    file: Option<PathBuf>,
    named: RwLock<Arc<[Arc<NamedToken>]>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    buckets: HashMap<TokenName, Bucket>,
    /// Jobs that are being stored at this moment.
    storing: HashMap<TokenName, u32>,
    /// Why the file cannot be used as it is now.
    fault: Option<TokensFileFault>,
}

impl Tokens {
    /// The tokens of API_TOKEN and its kin, and those of TOKENS_FILE.
    ///
    /// # Errors
    /// The file cannot be used.
    pub(crate) fn open(unnamed: &[Secret], file: Option<&Path>) -> Result<Self, TokensFileFault> {
        let unnamed: Vec<_> = unnamed.iter().map(|token| Digest::of(token.expose().as_bytes())).collect();
        let named = file.map(|file| file::read(file, &unnamed)).transpose()?.unwrap_or_default();
        let named = named.into_iter().map(Arc::new).collect();
        Ok(Self { unnamed, file: file.map(Path::to_owned), named: RwLock::new(named), state: Mutex::default() })
    }

    /// What a token may do; `None` when it is not one of ours. Takes as long for a nearly right text as for a wrong one.
    pub(crate) fn accept(&self, given: &[u8]) -> Option<Grant> {
        let given = Digest::of(given);
        let mut found = None;
        // All of them are compared, whichever it is.
        for digest in &self.unnamed {
            if bool::from(digest.ct_eq(&given)) {
                found = Some(Grant::Everything);
            }
        }
        for token in self.named().iter() {
            if bool::from(token.digest.ct_eq(&given)) {
                found = Some(Grant::Named(token.clone()));
            }
        }
        found
    }

    /// What the token of this name may do now, that of the unnamed tokens without one; `None` when there is no such token.
    pub(crate) fn grant_of(&self, owner: Option<&TokenName>) -> Option<Grant> {
        let Some(owner) = owner else { return Some(Grant::Everything) };
        self.named().iter().find(|token| token.name == *owner).cloned().map(Grant::Named)
    }

    /// Whether a token that opened a long answer may still do the same.
    pub(crate) fn is_current(&self, grant: &Grant) -> bool {
        let Grant::Named(held) = grant else { return true };
        let same =
            |token: &NamedToken| token.name == held.name && token.digest == held.digest && token.scopes == held.scopes;
        self.named().iter().any(|token| same(token))
    }

    /// Counts a request against its token's rate.
    ///
    /// # Errors
    /// How long to wait when there were too many.
    pub(crate) fn take_turn(&self, grant: &Grant) -> Result<(), Duration> {
        let Grant::Named(token) = grant else { return Ok(()) };
        let Some(rate) = token.rate else { return Ok(()) };
        let now = Instant::now();
        let mut state = self.state();
        state.buckets.entry(token.name.clone()).or_insert_with(|| Bucket::full(rate, now)).take(rate, now)
    }

    /// Takes note that a job of this owner is about to be stored, until what is returned is dropped.
    pub(crate) fn begin_storing(self: &Arc<Self>, owner: &TokenName) -> Storing {
        let mut state = self.state();
        let count = state.storing.entry(owner.clone()).or_default();
        *count += 1;
        Storing { tokens: self.clone(), owner: owner.clone(), together: *count }
    }

    /// The tokens of the file.
    pub(crate) fn named(&self) -> Arc<[Arc<NamedToken>]> {
        self.named.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the file cannot be used as it is now, while the tokens before it stay.
    pub(crate) fn fault(&self) -> Option<TokensFileFault> {
        self.state().fault.clone()
    }

    /// Whether there is a file that may change.
    pub(crate) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job that is about to be stored. Dropped once it is, or is not.
pub(crate) struct Storing {
    tokens: Arc<Tokens>,
    owner: TokenName,
    /// How many jobs of its owner were about to be stored when this one was noted, this one included.
    pub(crate) together: u32,
}

impl Drop for Storing {
    fn drop(&mut self) {
        let mut state = self.tokens.state();
        if let Some(count) = state.storing.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                state.storing.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use job_model::{Job, NewJob, Timestamp, TokenName};
    use service::Secret;

    use super::{Grant, NewToken, Reach, Scope, Tokens};

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn only_a_whole_token_is_accepted() {
        let tokens = Tokens::open(&[Secret::new("one"), Secret::new("two")], None).unwrap();
        for (given, accepted) in [("one", true), ("two", true), ("", false), ("on", false), ("onetwo", false)] {
            assert_eq!(tokens.accept(given.as_bytes()).is_some(), accepted, "{given}");
        }
        assert!(Tokens::open(&[], None).unwrap().accept(b"").is_none());
    }

    #[test]
    fn a_made_token_opens_what_its_lines_say_and_its_jobs_are_its_own() {
        let alice = TokenName::parse("alice").unwrap();
        let made = NewToken::make(&alice, &[Scope::JobsRead, Scope::Admin]).unwrap();
        assert!(!made.toml.contains(made.token.expose()));
        let file = file(&made.toml);
        let tokens = Tokens::open(&[Secret::new("one")], Some(file.path())).unwrap();
        let grant = tokens.accept(made.token.expose().as_bytes()).unwrap();
        assert_eq!(Scope::ALL.map(|scope| grant.holds(scope)), [false, true, false, false, true]);
        assert_eq!((grant.name(), grant.reach()), ("alice", Reach::Own(alice.clone())));
        assert!(!format!("{grant:?}").contains(&made.toml[30..90]));
        let mut job = Job::create(NewJob::default(), Timestamp::now()).unwrap();
        assert!(!grant.reach().covers(&job) && Reach::All.covers(&job));
        job.owner = Some(alice);
        assert!(grant.reach().covers(&job));
        let one = tokens.accept(b"one").unwrap();
        assert!(matches!(one, Grant::Everything) && one.holds(Scope::JobsAll) && one.owner().is_none());
    }

    #[test]
    fn a_broken_file_keeps_the_old_tokens_until_it_is_mended() {
        let name = |name| TokenName::parse(name).unwrap();
        let (alice, bob) = (
            NewToken::make(&name("alice"), &[Scope::JobsRead]).unwrap(),
            NewToken::make(&name("bob"), &[Scope::JobsRead]).unwrap(),
        );
        let file = file(&alice.toml);
        let tokens = Tokens::open(&[], Some(file.path())).unwrap();
        let accepted = |token: &NewToken| tokens.accept(token.token.expose().as_bytes());
        let held = accepted(&alice).unwrap();
        std::fs::write(file.path(), "[[token]]\nname = 1").unwrap();
        tokens.read_again(file.path());
        assert!(accepted(&alice).is_some() && tokens.is_current(&held));
        let fault = tokens.fault().unwrap().to_string();
        assert!(fault.contains(", line 2, column 8, cannot be used: "), "{fault}");
        std::fs::write(file.path(), &bob.toml).unwrap();
        tokens.read_again(file.path());
        assert!(accepted(&alice).is_none() && accepted(&bob).is_some() && !tokens.is_current(&held));
        assert_eq!(tokens.fault(), None);
        std::fs::remove_file(file.path()).unwrap();
        tokens.read_again(file.path());
        assert!(accepted(&bob).is_some() && tokens.fault().is_some());
    }

    #[test]
    fn jobs_that_are_being_stored_are_counted_by_owner() {
        let tokens = Arc::new(Tokens::open(&[], None).unwrap());
        let (alice, bob) = (TokenName::parse("alice").unwrap(), TokenName::parse("bob").unwrap());
        let first = tokens.begin_storing(&alice);
        let second = tokens.begin_storing(&alice);
        assert_eq!((first.together, second.together, tokens.begin_storing(&bob).together), (1, 2, 1));
        drop(first);
        assert_eq!(tokens.begin_storing(&alice).together, 2);
        drop(second);
        assert!(tokens.state().storing.is_empty());
    }
}
