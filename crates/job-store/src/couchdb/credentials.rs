//! Credentials for a CouchDB server, tried so carefully that its account is never locked.
//!
//! A refused password is never tried again at once: CouchDB locks an account for 300 s after five failures in that time,
//! so after one failure every request is refused here until a minute and a quarter passed. Until the server has accepted
//! the password, requests go one after the other, lest five wrong ones are under way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use tokio::time::Instant;

use super::CouchDbConfig;
use super::trouble::Reply;

/// Four failures in 300 s at most, so that one client alone never locks the account.
const REFUSED_PAUSE: Duration = Duration::from_secs(75);

/// The credentials, and what is known of them. Shared by all databases on the server: an account that is locked is locked
/// for each.
pub(super) struct Credentials {
    /// The header that carries them; `None` when there are none.
    header: Option<HeaderValue>,
    /// When the server refused them last, and its words.
    refused: Mutex<Option<(Instant, String)>>,
    /// Whether the server is known to take them.
    accepted: AtomicBool,
    /// Held by the one request that finds it out.
    trial: tokio::sync::Mutex<()>,
}

impl Credentials {
    /// The credentials of a configuration, of which nothing is known yet.
    pub(super) fn of(config: &CouchDbConfig) -> Self {
        let header = authorization(config);
        Self {
            refused: Mutex::new(None),
            // Without credentials there is no account to lock.
            accepted: AtomicBool::new(header.is_none()),
            trial: tokio::sync::Mutex::new(()),
            header,
        }
    }

    /// The header of a request; `None` when there are no credentials.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        self.header.clone()
    }

    /// Waits for its turn while it is not known whether the credentials are right.
    pub(super) async fn trial(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let accepted = || self.accepted.load(Ordering::Relaxed);
        if accepted() {
            return None;
        }
        let turn = self.trial.lock().await;
        (!accepted()).then_some(turn)
    }

    /// The server's words while it has refused the credentials so lately that they are not to be tried again.
    pub(super) fn still_refused(&self) -> Option<String> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        match &*refused {
            Some((since, reason)) if since.elapsed() < REFUSED_PAUSE => Some(reason.clone()),
            _ => {
                *refused = None;
                None
            }
        }
    }

    /// Notes what an answer tells of the credentials.
    ///
    /// "You are not …" tells a missing right of a user that is known; everything else is about the credentials.
    pub(super) fn judge(&self, reply: &Reply) {
        let refusal = match reply.status {
            StatusCode::UNAUTHORIZED => Some(reply.fault()).filter(|fault| !fault.reason.starts_with("You are not")),
            StatusCode::FORBIDDEN => Some(reply.fault()).filter(|fault| fault.reason.contains("locked")),
            _ => None,
        };
        // A server in trouble, or something in front of it, has not looked at them.
        if self.header.is_some() && !reply.status.is_server_error() {
            self.accepted.store(refusal.is_none(), Ordering::Relaxed);
        }
        if let Some(fault) = refusal {
            tracing::warn!(pause_s = REFUSED_PAUSE.as_secs(), "CouchDB refuses the credentials: {}", fault.reason);
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            *refused = Some((Instant::now(), fault.to_string()));
        }
    }
}

fn authorization(config: &CouchDbConfig) -> Option<HeaderValue> {
    if config.username.is_empty() && config.password.is_empty() {
        return None;
    }
    let credentials = format!("{}:{}", config.username, config.password);
    let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
    let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).expect("base64 is a legal header value");
    value.set_sensitive(true);
    Some(value)
}
