//! A job as a CouchDB document, written and read.
//!
//! The body is the job itself, so the predecessor and we open each other's databases. Two members are added around it:
//! `_id` (always the job's uuid) and `write_token`, random per write. CouchDB derives a revision from the parent
//! revision and the body, so two writers that store the same bytes on the same parent would get one and the same
//! revision and both believe they won; the token makes them differ. Other programs ignore the member, and a document
//! without it reads the same.

use bytes::Bytes;
use job_model::{Job, JobId, JobStatus, PlainJob};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::hidden::Noted;
use crate::size::{Limit, not_encodable};
use crate::unreadable::Unreadable;
use crate::{Revision, StoreError, Stored};

/// A job's document, ready to be sent.
pub(super) struct Encoded {
    pub(super) document: Bytes,
    /// How many bytes of it are the job's.
    pub(super) job_bytes: usize,
}

/// What a document says beside what the predecessor knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Everything.
    Whole,
    /// Nothing: the database refuses it. Instead of the token the order of the members makes two writes differ (there are
    /// 479 million): CouchDB takes it into the revision, and no program minds.
    Plain,
}

/// The document's bytes: the job serialised once, between the members that are the store's.
pub(super) fn encode(job: &Job, revision: Option<&Revision>, form: Form) -> Result<Encoded, StoreError> {
    let failed = |error: serde_json::Error| not_encodable(job, &error);
    let mut bytes = Vec::with_capacity(1024);
    bytes.extend_from_slice(br#"{"_id":"#);
    serde_json::to_writer(&mut bytes, &job.uuid).map_err(failed)?;
    // Absent, not null: CouchDB answers 400 to a null or empty revision.
    if let Some(revision) = revision {
        bytes.extend_from_slice(br#","_rev":"#);
        serde_json::to_writer(&mut bytes, &revision.0).map_err(failed)?;
    }
    let start = bytes.len();
    match form {
        Form::Whole => serde_json::to_writer(&mut bytes, job),
        Form::Plain => serde_json::to_writer(&mut bytes, &PlainJob { job, order: any_order() }),
    }
    .map_err(failed)?;
    let job_bytes = bytes.len() - start;
    let limit = if revision.is_some() { Limit::Update } else { Limit::Insert };
    limit.check(&job.uuid, job_bytes)?;
    bytes[start] = b','; // in place of the job's opening brace
    if form == Form::Whole {
        bytes.pop();
        let token = uuid::Uuid::new_v4().simple();
        bytes.extend_from_slice(format!(r#","write_token":"{token}"}}"#).as_bytes());
    }
    Ok(Encoded { document: Bytes::from(bytes), job_bytes })
}

/// A random order of a plain job's members.
fn any_order() -> [u8; PlainJob::MEMBERS] {
    let mut order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    let mut random = uuid::Uuid::new_v4().as_u128();
    for last in (1..order.len()).rev() {
        let choices = last as u128 + 1;
        order.swap(last, usize::try_from(random % choices).expect("less than 12"));
        random /= choices;
    }
    order
}

/// What takes a document's place when it is deleted.
pub(crate) fn tombstone(id: &str, revision: &Revision) -> Bytes {
    Bytes::from(json!({ "_id": id, "_rev": revision.0, "_deleted": true }).to_string())
}

/// Whether a text can be a revision at all; CouchDB rejects a whole batch for one that cannot.
pub(crate) fn is_revision(revision: &Revision) -> bool {
    let Some((generation, hash)) = revision.0.split_once('-') else { return false };
    let digits = |text: &str, legal: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|byte| legal(&byte));
    generation.len() <= 9
        && digits(generation, u8::is_ascii_digit)
        && hash.len() == 32
        && digits(hash, u8::is_ascii_hexdigit)
}

/// Reads documents, says once of each that is not a job why not, and notes jobs that have hidden leaves.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) unreadable: Unreadable,
    pub(super) noted: Noted,
}

/// What every job document has, whoever wrote it. [`Job`] alone would fill gaps with defaults and so adopt documents
/// that only look alike.
#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_rev")]
    revision: String,
    uuid: Option<JobId>,
    status: Option<JobStatus>,
    #[serde(borrow)]
    code: Option<&'a serde_json::value::RawValue>,
    /// Revisions of hidden leaves, when they were asked for.
    #[serde(rename = "_conflicts", default)]
    hidden: Vec<IgnoredAny>,
}

/// A job as a document shows it.
pub(super) struct Shown {
    pub(super) job: Stored<Job>,
    /// Whether other leaves of the document are hidden behind this one.
    pub(super) hides: bool,
}

impl Reader {
    /// The job in a document; `None` for a document that is none.
    pub(super) fn read(&self, document: &[u8]) -> Option<Stored<Job>> {
        self.shown(document).map(|shown| shown.job)
    }

    /// As [`Self::read`], for a document among many: one that hides others is noted.
    pub(super) fn read_and_note(&self, document: &[u8]) -> Option<Stored<Job>> {
        let Shown { job, hides } = self.shown(document)?;
        if hides {
            self.noted.add(job.value.uuid.clone());
        }
        Some(job)
    }

    /// As [`Self::read`], with whether others are hidden behind the document.
    pub(super) fn shown(&self, document: &[u8]) -> Option<Shown> {
        match decode(document) {
            Ok(shown) => Some(shown),
            Err(reason) => {
                self.report(document, &reason);
                None
            }
        }
    }

    fn report(&self, document: &[u8], reason: &str) {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Name {
            _id: String,
            _rev: String,
        }
        let name: Name = serde_json::from_slice(document).unwrap_or_default();
        self.unreadable.report(&name._id, &name._rev, reason);
    }
}

fn decode(document: &[u8]) -> Result<Shown, String> {
    let shape: Shape<'_> = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    match &shape.uuid {
        None => return Err("it has no uuid".into()),
        Some(uuid) if uuid.as_str() != shape.id => return Err("its uuid is not its id".into()),
        Some(_) => {}
    }
    if shape.status.is_none() {
        return Err("it has no status".into());
    }
    if !shape.code.is_some_and(|code| code.get().starts_with('"')) {
        return Err("it has no code".into());
    }
    let job = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    let job = Stored { value: job, revision: Revision(shape.revision) };
    Ok(Shown { job, hides: !shape.hidden.is_empty() })
}

#[cfg(test)]
mod tests {
    use super::{Form, Reader, decode, encode, is_revision};
    use crate::Revision;

    const OF_THE_PREDECESSOR: &str = r#"{"_id":"j","_rev":"2-7b5a47f728698961a77b137a2f3e78d1","uuid":"j","code":"1",
        "status":"queued","vars":{},"modules":null,"error":"","logs":null,"results":null,
        "created_at":"2020-01-02T03:04:05.9+01:00","started_at":null,"finished_at":null,"duration":0,"unknown":1}"#;

    #[test]
    fn a_document_of_the_predecessor_is_read_as_it_is() {
        let stored = decode(OF_THE_PREDECESSOR.as_bytes()).unwrap().job;
        assert_eq!(stored.value.created_at.to_whole_seconds(), "2020-01-02T02:04:05Z");
        assert_eq!(stored.revision.0, "2-7b5a47f728698961a77b137a2f3e78d1");
    }

    #[test]
    fn documents_that_only_look_alike_are_no_jobs() {
        for (from, to) in [
            (r#""uuid":"j""#, r#""uuid":"k""#),
            (r#""uuid":"j","#, ""),
            (r#""status":"queued","#, ""),
            (r#""status":"queued""#, r#""status":"lost""#),
            (r#""code":"1","#, ""),
            (r#""code":"1""#, r#""code":1"#),
            ("2020-01-02", "yesterday"),
        ] {
            let document = OF_THE_PREDECESSOR.replace(from, to);
            assert!(Reader::default().read(document.as_bytes()).is_none(), "{document}");
        }
        assert!(Reader::default().read(b"[]").is_none());
    }

    #[test]
    fn a_first_write_names_no_revision_and_two_never_have_the_same_bytes() {
        let job = decode(OF_THE_PREDECESSOR.as_bytes()).unwrap().job.value;
        let text = |revision: Option<&Revision>| {
            String::from_utf8(encode(&job, revision, Form::Whole).unwrap().document.to_vec()).unwrap()
        };
        let (first, second) = (text(None), text(None));
        assert!(!first.contains("_rev"));
        assert_ne!(first, second);
        let written = text(Some(&Revision("1-a".into())));
        assert!(written.starts_with(r#"{"_id":"j","_rev":"1-a","uuid":"j","#), "{written}");
        let mut members: serde_json::Value = serde_json::from_str(&written).unwrap();
        for added in ["_id", "_rev", "write_token"] {
            assert!(members.as_object_mut().unwrap().remove(added).is_some(), "{written}");
        }
        assert_eq!(members, serde_json::to_value(&job).unwrap());
    }

    #[test]
    fn a_plain_document_has_the_predecessors_members_and_no_two_the_same_bytes() {
        let job = decode(OF_THE_PREDECESSOR.as_bytes()).unwrap().job.value;
        let revision = Revision("1-a".into());
        let texts: Vec<_> =
            (0..20).map(|_| encode(&job, Some(&revision), Form::Plain).unwrap().document.to_vec()).collect();
        for (n, text) in texts.iter().enumerate() {
            let members: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(text).unwrap();
            let mut names: Vec<_> = members.keys().map(String::as_str).collect();
            names.sort_unstable();
            let expected = "_id _rev code created_at duration error finished_at logs modules results started_at status";
            assert_eq!(names.join(" "), format!("{expected} uuid vars"));
            assert_eq!(decode(text).unwrap().job.value, job);
            assert!(!texts[..n].contains(text));
        }
    }

    #[test]
    fn revisions_that_couchdb_would_call_malformed_are_known_beforehand() {
        assert!(is_revision(&Revision("12-7b5a47f728698961a77b137a2f3e78d1".into())));
        for text in
            ["", "1", "abc", "1-", "-7b5a47f728698961a77b137a2f3e78d1", "x-7b5a47f728698961a77b137a2f3e78d1", "1-xyz"]
        {
            assert!(!is_revision(&Revision(text.into())), "{text:?}");
        }
    }
}
