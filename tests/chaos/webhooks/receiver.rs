//! The server that hears of jobs: what came there, under which ids, in which words, and whether it was signed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use serde_json::Value;
use testkit::site::{Site, SiteRequest};

/// What every webhook is signed with.
pub(super) const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
/// What the address of schedules' jobs has behind it.
pub(super) const TICK: &str = "tick";
/// Where the receiver hears.
pub(super) const PATH: &str = "/hook";

/// What came at the receiver, over all its lives.
#[derive(Default)]
pub(super) struct Told {
    heard: Mutex<Heard>,
    requests: AtomicUsize,
}

/// What it took.
#[derive(Clone, Default)]
pub(super) struct Heard {
    /// Of jobs, by their uuid.
    pub(super) jobs: BTreeMap<String, Telling>,
    /// Of batches, by their uuid. One that was incomplete for a time ends twice, under two ids.
    pub(super) batches: BTreeMap<String, Telling>,
    /// How many of the jobs a schedule has made.
    ticks: usize,
    /// Requests that are not as they are promised to be.
    pub(super) faults: Vec<String>,
}

/// All requests about one job or batch.
#[derive(Clone, Default)]
pub(super) struct Telling {
    pub(super) ids: BTreeSet<String>,
    /// What is signed beside id and time.
    pub(super) bodies: BTreeSet<String>,
    pub(super) requests: usize,
}

impl Told {
    /// Begins to listen.
    pub(super) fn receiver(self: &Arc<Self>, port: u16) -> Site {
        let site = Site::start_at(port);
        let told = Arc::clone(self);
        site.route(PATH, move |request| told.hear(&request));
        site
    }

    /// Takes most requests, and refuses one now and then.
    fn hear(&self, request: &SiteRequest) -> StatusCode {
        if self.requests.fetch_add(1, Ordering::Relaxed) % 17 == 5 {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let mut heard = self.lock();
        if let Err(fault) = heard.take(request) {
            heard.faults.push(fault);
        }
        StatusCode::NO_CONTENT
    }

    /// How many jobs were told, without those of schedules.
    pub(super) fn jobs(&self) -> usize {
        let heard = self.lock();
        heard.jobs.len() - heard.ticks
    }

    /// How many requests came.
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// What was taken so far.
    pub(super) fn heard(&self) -> Heard {
        self.lock().clone()
    }

    /// Looks at what was taken so far.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Heard) -> T) -> T {
        look(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn take(&mut self, request: &SiteRequest) -> Result<(), String> {
        let header = |name: &str| request.header(name).ok_or_else(|| format!("there is no {name}: {}", request.body));
        let (id, time) = (header("webhook-id")?, header("webhook-timestamp")?);
        if header("webhook-signature")? != signature(id, time, &request.body) {
            return Err(format!("{id} has another signature: {}", request.body));
        }
        let body: Value = serde_json::from_str(&request.body).map_err(|error| format!("{error}: {}", request.body))?;
        let uuid = body["data"]["uuid"].as_str().ok_or_else(|| format!("of whom? {}", request.body))?;
        let kind = if body["type"] == "batch.done" { &mut self.batches } else { &mut self.jobs };
        let telling = kind.entry(uuid.to_owned()).or_default();
        self.ticks += usize::from(telling.requests == 0 && request.query.contains_key(TICK));
        telling.ids.insert(id.to_owned());
        telling.bodies.insert(request.body.clone());
        telling.requests += 1;
        Ok(())
    }
}

impl Telling {
    /// Whether it is the end of a batch that has all its rows.
    pub(super) fn is_whole(&self) -> bool {
        self.bodies.iter().any(|body| body.contains(r#""complete":true"#))
    }

    /// The last of what it was told.
    pub(super) fn data(&self) -> Value {
        let body = self.bodies.last().expect("there is one with each request");
        let mut body: Value = serde_json::from_str(body).expect("it was read before");
        body["data"].take()
    }
}

/// What <https://www.standardwebhooks.com/> promises, by a hand of its own.
fn signature(id: &str, time: &str, body: &str) -> String {
    let key = SECRET.strip_prefix("whsec_").expect("a secret's beginning");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(key).expect("base64"));
    format!("v1,{}", BASE64_STANDARD.encode(hmac::sign(&key, format!("{id}.{time}.{body}").as_bytes())))
}
