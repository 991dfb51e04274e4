//! The one design document: the index that list, count and leftovers read.
//!
//! Each job is emitted under `all`, its status, its state (`state:failed`) and, before it is done, both together
//! (`queued:running`), one of a named token also under the same words of its owner (`owner:alice:queued:running`), with the time it was created taken apart into month, day, hour, minute and second. Equal keys are
//! ordered by document id in byte order, which is the job's uuid. The parts let `_count` say how many jobs a month, a day …
//! has, which is how a deep page is found (see `listing`). The value is the job's summary with its revision. A job that has files is also
//! emitted under `files` and its id, so that whose a set of files is costs no document.
//!
//! A job with a `wake_at` is also emitted under `due` and that time; a created one under `left` when it may be published, else
//! under `waits:` and what it waits for, and one that waits for a key under `key:` with owner and key (see `waking`). A job of
//! a batch is also emitted under `batch:` with the batch (see `batches`).
//!
//! An older version is replaced without a gap: the new index is built under a second document's name first, and CouchDB
//! keeps one file for equal views whatever document they are in. Gateways of older versions go on with the new
//! index: they read keys that are still there, look at no member of a value that they do not know, and leave a newer document
//! alone.

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::http::Http;
use super::trouble::Trouble;

/// Where the index is, below the database.
pub(super) const VIEW: &str = "_design/puppet-master/_view/jobs";
const PATH: &str = "_design/puppet-master";
/// Where an index is built that is to replace an older one, and what builds it.
const NEXT: &str = "_design/puppet-master-next";
const NEXT_VIEW: &str = "_design/puppet-master-next/_view/jobs";
/// Raised with every change of the document's meaning; a gateway never replaces a newer one's.
const VERSION: u64 = 5;
/// Each lost race means that another gateway has written it, so a few rounds are plenty.
const ROUNDS: usize = 10;

/// ES5, since older servers know nothing newer. It must not throw on any document and emits only what can be read as a
/// job. A summary's members are those of `JobSummary`, cut where that cuts.
const MAP: &str = r#"function (doc) {
  var time = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|([+-])(\d\d):(\d\d))$/;
  var outcomes = ["succeeded", "failed", "cancelled", "timed_out", "given_up", "expired"];
  function absent(value) { return value === null || value === undefined; }
  function isText(value) { return typeof value === "string"; }
  function isName(value) { return isText(value) && /^[a-z0-9][a-z0-9._\-]{0,63}$/.test(value); }
  function isTime(value) { return isText(value) && time.test(value); }
  function isCount(value) { return typeof value === "number" && value >= 0 && value % 1 === 0; }
  function isTexts(value) {
    if (typeof value !== "object" || Object.prototype.toString.call(value) === "[object Array]") { return false; }
    for (var key in value) {
      if (!isText(value[key]) && value[key] !== null) { return false; }
    }
    return true;
  }
  function isOutcome(value) {
    for (var i = 0; i < outcomes.length; i++) {
      if (outcomes[i] === value) { return true; }
    }
    return false;
  }
  function isRunning(value) {
    return typeof value === "object" && isTime(value.since) && isText(value.executor) && isCount(value.attempt);
  }
  if (!isText(doc.uuid) || doc.uuid !== doc._id || !isText(doc.code)) { return; }
  if (doc.status !== "created" && doc.status !== "queued" && doc.status !== "done") { return; }
  var rules = {
    vars: isTexts, modules: isTexts, error: isText, started_at: isTime, finished_at: isTime, duration: isCount,
    timeout: isCount, max_attempts: isCount, outcome: isOutcome, attempt: isCount, running: isRunning,
    rerun_of: isText, owner: isName, file_set: isText, instance: isText, run_at: isTime, wake_at: isTime,
    waits_for: isText, key: isText, batch: isText
  };
  for (var member in rules) {
    if (!absent(doc[member]) && !rules[member](doc[member])) { return; }
  }
  var t = isText(doc.created_at) && time.exec(doc.created_at);
  if (!t) { return; }
  var utc = doc.created_at;
  if (t[9]) {
    var minutes = (t[9] === "+" ? -1 : 1) * (60 * t[10] + 1 * t[11]);
    var moment = new Date(Date.UTC(+t[1], t[2] - 1, +t[3], +t[4], +t[5] + minutes, +t[6]));
    if (isNaN(moment.getTime())) { return; }
    utc = moment.toISOString();
  }
  var error = doc.error || "";
  if (error.length > 300) {
    error = error.substring(0, 300);
    if (/[\uD800-\uDBFF]$/.test(error)) { error = error.substring(0, 299); }
  }
  var summary = { rev: doc._rev, uuid: doc.uuid, status: doc.status, error: error, created_at: doc.created_at };
  var others = ["started_at", "finished_at", "duration", "timeout", "max_attempts", "run_at", "outcome", "attempt", "waits_for", "running", "rerun_of", "batch", "owner", "instance"];
  for (var i = 0; i < others.length; i++) {
    if (!absent(doc[others[i]])) { summary[others[i]] = doc[others[i]]; }
  }
  if (!absent(doc.file_set)) {
    summary.file_set = doc.file_set;
  } else if (!absent(doc.input_files)) {
    summary.file_set = "in";
  }
  if (summary.file_set) { emit(["files", doc.uuid], summary); }
  var parts = [utc.substring(0, 7), utc.substring(8, 10), utc.substring(11, 13), utc.substring(14, 16), utc.substring(17, 19)];
  function enter(scope) {
    emit([scope].concat(parts), summary);
    if (doc.owner) { emit(["owner:" + doc.owner + ":" + scope].concat(parts), summary); }
  }
  if (doc.wake_at) { emit(["due", doc.wake_at], null); }
  if (doc.status === "created" && doc.waits_for) {
    emit(["waits:" + doc.waits_for, utc], null);
    if (doc.waits_for === "key" && doc.key) { emit(["key:" + (doc.owner || "") + "/" + doc.key, utc], null); }
  } else if (doc.status === "created") {
    emit(["left"].concat(parts), null);
  }
  enter(doc.status);
  enter("all");
  var state = doc.running ? "running" : "waiting";
  if (doc.status === "done") {
    state = doc.outcome || (error ? "failed" : "succeeded");
  } else {
    enter(doc.status + ":" + state);
  }
  enter("state:" + state);
  if (doc.batch) {
    emit(["batch:" + doc.batch, state, doc.uuid], summary);
    emit(["batch:" + doc.batch, "all", doc.uuid], summary);
  }
}"#;

fn wanted(path: &str) -> Value {
    json!({
        "_id": path,
        "language": "javascript",
        "version": VERSION,
        "views": { "jobs": { "map": MAP, "reduce": "_count" } },
    })
}

/// Makes the design document, or brings an older one up to this version. Safe from many gateways at once.
pub(super) async fn ensure(http: &Http) -> Result<(), Trouble> {
    let mut built = false;
    for _ in 0..ROUNDS {
        let stored = stored(http, PATH).await?;
        match stored.as_ref().map(|stored| (is_current(stored), stored["version"].as_u64())) {
            Some((true, _)) => return remove_next(http).await,
            Some((false, Some(version))) if version > VERSION => {
                tracing::info!(version, "the index of the job list is a newer gateway's and stays as it is");
                return Ok(());
            }
            Some(_) if !built => {
                build_next(http).await?;
                built = true;
                // It took its time: look again what is there.
                continue;
            }
            _ => {}
        }
        if put(http, PATH, stored).await? {
            tracing::info!(version = VERSION, "made the index of the job list");
            return remove_next(http).await;
        }
    }
    Err(Trouble::Unavailable(std::sync::Arc::from(Box::from("others keep changing it"))))
}

/// Builds the index that is to replace an older one while everybody goes on reading that. Takes seconds on a large
/// database; a build that outlasts the request goes on in the server, and the next call finds it further on.
async fn build_next(http: &Http) -> Result<(), Trouble> {
    let stored = stored(http, NEXT).await?;
    if !stored.as_ref().is_some_and(is_current) {
        tracing::info!(version = VERSION, "building the index of the job list anew");
        // A lost race leaves the same document there.
        put(http, NEXT, stored).await?;
    }
    let reply = http.get(NEXT_VIEW, &[("group_level", "1".to_owned())]).await?;
    match reply.status {
        status if status.is_success() => Ok(()),
        // Another gateway was quicker and has put it in its place.
        StatusCode::NOT_FOUND => Ok(()),
        _ => Err(reply.fault().into()),
    }
}

/// The document under the second name has done its duty; whoever removes it.
async fn remove_next(http: &Http) -> Result<(), Trouble> {
    let Some(stored) = stored(http, NEXT).await? else { return Ok(()) };
    let Some(revision) = stored["_rev"].as_str() else { return Ok(()) };
    let reply = http.write(Method::DELETE, &format!("{NEXT}?rev={revision}"), None).await?;
    match reply.status {
        status if status.is_success() => Ok(()),
        StatusCode::CONFLICT | StatusCode::NOT_FOUND => Ok(()),
        _ => Err(reply.fault().into()),
    }
}

async fn stored(http: &Http, path: &str) -> Result<Option<Value>, Trouble> {
    let reply = http.get(path, &[]).await?;
    let reason = reply.fault().reason;
    if reply.status == StatusCode::NOT_FOUND && matches!(reason.as_str(), "missing" | "deleted") {
        return Ok(None);
    }
    reply.json().map(Some)
}

/// Writes the document over what was stored; false when somebody else did meanwhile.
async fn put(http: &Http, path: &str, stored: Option<Value>) -> Result<bool, Trouble> {
    let mut document = wanted(path);
    if let Some(stored) = stored {
        document["_rev"] = stored["_rev"].clone();
    }
    let reply = http.write(Method::PUT, path, Some(Bytes::from(document.to_string()))).await?;
    match reply.status {
        status if status.is_success() => Ok(true),
        StatusCode::CONFLICT => Ok(false),
        _ => Err(reply.fault().into()),
    }
}

fn is_current(stored: &Value) -> bool {
    let wanted = wanted(PATH);
    ["language", "version", "views"].iter().all(|member| stored[member] == wanted[member])
}
