//! The one design document: the index that list, count and leftovers read.
//!
//! Each job is emitted twice, under its status and under `all`, with the time it was created taken apart into month,
//! day, hour, minute and second. Equal keys are ordered by document id in byte order, which is the job's uuid.
//! The parts let `_count` say how many jobs a month, a day … has, which is how a deep page is found (see `listing`).

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::http::{Http, Trouble};
use crate::StoreError;

/// Where the index is, below the database.
pub(super) const VIEW: &str = "_design/puppet-master/_view/jobs";
const PATH: &str = "_design/puppet-master";
/// Raised with every change of the document's meaning; a gateway never replaces a newer one's.
const VERSION: u64 = 1;
/// Each lost race means that another gateway has written it, so a few rounds are plenty.
const ROUNDS: usize = 10;

/// ES5, since older servers know nothing newer. It must not throw on any document and emits jobs only.
const MAP: &str = r#"function (doc) {
  if (typeof doc.uuid !== "string" || doc.uuid !== doc._id) { return; }
  if (typeof doc.code !== "string" || typeof doc.created_at !== "string") { return; }
  if (doc.status !== "created" && doc.status !== "queued" && doc.status !== "done") { return; }
  var t = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|([+-])(\d\d):(\d\d))$/.exec(doc.created_at);
  if (!t) { return; }
  var utc = doc.created_at;
  if (t[9]) {
    var minutes = (t[9] === "+" ? -1 : 1) * (60 * t[10] + 1 * t[11]);
    var moment = new Date(Date.UTC(+t[1], t[2] - 1, +t[3], +t[4], +t[5] + minutes, +t[6]));
    if (isNaN(moment.getTime())) { return; }
    utc = moment.toISOString();
  }
  var parts = [utc.substring(0, 7), utc.substring(8, 10), utc.substring(11, 13), utc.substring(14, 16), utc.substring(17, 19)];
  emit([doc.status].concat(parts), null);
  emit(["all"].concat(parts), null);
}"#;

fn wanted() -> Value {
    json!({
        "_id": PATH,
        "language": "javascript",
        "version": VERSION,
        "views": { "jobs": { "map": MAP, "reduce": "_count" } },
    })
}

/// Makes the design document, or brings an older one up to this version. Safe from many gateways at once.
pub(super) async fn ensure(http: &Http) -> Result<(), StoreError> {
    ensure_version(http).await.map_err(|trouble| trouble.into_error("make the index of the job list"))
}

async fn ensure_version(http: &Http) -> Result<(), Trouble> {
    for _ in 0..ROUNDS {
        let reply = http.get(PATH, &[]).await?;
        let mut document = wanted();
        if reply.status != StatusCode::NOT_FOUND {
            let stored: Value = reply.json()?;
            if is_current(&stored) {
                return Ok(());
            }
            if let Some(version) = stored["version"].as_u64().filter(|version| *version > VERSION) {
                tracing::info!(version, "the index of the job list is a newer gateway's and stays as it is");
                return Ok(());
            }
            document["_rev"] = stored["_rev"].clone();
        }
        let reply = http.write(Method::PUT, PATH, Some(Bytes::from(document.to_string()))).await?;
        match reply.status {
            status if status.is_success() => {
                tracing::info!(version = VERSION, "made the index of the job list");
                return Ok(());
            }
            StatusCode::CONFLICT => {}
            _ => return Err(reply.fault().into()),
        }
    }
    Err(Trouble::Unavailable(std::sync::Arc::from(Box::from("others keep changing it"))))
}

fn is_current(stored: &Value) -> bool {
    let wanted = wanted();
    ["language", "version", "views"].iter().all(|member| stored[member] == wanted[member])
}
