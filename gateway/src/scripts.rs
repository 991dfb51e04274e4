//! Scripts: code under a name, in versions, with default vars and options, and a schema for the vars.
//!
//! The script's own record says which version is the latest; each version is a record that never changes. A version is
//! stored before the script names it, so a gateway that dies in between leaves a version that nobody sees.

use std::collections::{BTreeMap, HashSet};

use job_model::{InstanceId, Job, ScriptVersion, Timestamp, TokenName, TokenNetwork};
use job_store::Stored;
use job_store::records::{RecordError, RecordKind, RecordQuery, RecordStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::job_template::JobTemplate;
use crate::records::typed_records::{self, Author, OwnedRecord, ROUNDS, TypedRecord};
use crate::template_files::{KeptFiles, TemplateFiles};
use crate::tokens::Reach;

/// Versions that are deleted in one step.
const STEP: usize = 50;

/// A script by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<TokenName>,
    /// Tells scripts apart that had the same name one after the other.
    creation: InstanceId,
    /// The latest version; 0 before the first is there.
    pub(crate) version: u32,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// One version of a script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    name: String,
    creation: InstanceId,
    pub(crate) version: u32,
    pub(crate) created_at: Timestamp,
    /// Code, modules, default vars and options.
    pub(crate) job: JobTemplate,
    /// What the vars must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vars_schema: Option<Value>,
    /// What the token leaves open of the network under which the code was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network_token: Option<TokenNetwork>,
    /// The files that each of its jobs gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<TemplateFiles>,
}

impl TypedRecord for Script {
    const KIND: RecordKind = RecordKind("script");

    fn id(&self) -> String {
        self.name.clone()
    }
}

impl OwnedRecord for Script {
    fn owner(&self) -> Option<&TokenName> {
        self.owner.as_ref()
    }
}

impl TypedRecord for Version {
    const KIND: RecordKind = RecordKind("script-version");

    fn id(&self) -> String {
        version_id(&self.name, &self.creation, self.version)
    }
}

fn version_id(name: &str, creation: &InstanceId, version: u32) -> String {
    format!("{name}:{}:{version:010}", creation.as_str())
}

/// Why a script could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScriptError {
    /// There is none of this name, or of this version, within reach.
    #[error("there is no script {0}")]
    NotFound(String),
    /// Another token has one of this name.
    #[error("the name {0} is taken")]
    Taken(String),
    /// Vars that the schema does not allow, by their names.
    #[error("the vars do not fit the script {script}: {}", sentence(.errors))]
    Vars { script: String, errors: BTreeMap<String, Vec<String>> },
    #[error(transparent)]
    Records(#[from] RecordError),
}

fn sentence(errors: &BTreeMap<String, Vec<String>>) -> String {
    errors.iter().map(|(name, errors)| format!("{name}: {}", errors.join(", "))).collect::<Vec<_>>().join("; ")
}

/// Stores a new version of a script, of a new one when there is none of the name. Tells the script and its version.
pub(crate) async fn put(
    records: &dyn RecordStore,
    author: &Author<'_>,
    name: &str,
    job: JobTemplate,
    vars_schema: Option<Value>,
    files: Option<TemplateFiles>,
) -> Result<(Script, Version), ScriptError> {
    let now = Timestamp::now();
    for _ in 0..ROUNDS {
        let stored = typed_records::read::<Script>(records, name).await?;
        let (mut script, read_at) = match stored {
            Some(Stored { value: script, revision }) => {
                if !author.reach.covers_owner(script.owner.as_ref()) {
                    return Err(ScriptError::Taken(name.to_owned()));
                }
                (script, Some(revision))
            }
            None => {
                let script = Script {
                    name: name.to_owned(),
                    owner: author.owner.cloned(),
                    creation: InstanceId::fresh(),
                    version: 0,
                    created_at: now,
                    updated_at: now,
                };
                (script, None)
            }
        };
        let mut version = Version {
            name: name.to_owned(),
            creation: script.creation.clone(),
            version: script.version + 1,
            created_at: now,
            job: job.clone(),
            vars_schema: vars_schema.clone(),
            network_token: author.network.cloned(),
            files: files.clone(),
        };
        // A number that a gateway took that died, or one that is quicker, is passed over.
        while typed_records::write(records, &version, None).await?.is_none() {
            version.version += 1;
        }
        (script.version, script.updated_at) = (version.version, now);
        if typed_records::write(records, &script, read_at.as_ref()).await?.is_some() {
            return Ok((script, version));
        }
    }
    Err(typed_records::busy::<Script>(name).into())
}

/// Reads a script and one of its versions, the latest unless one is named.
pub(crate) async fn read(
    records: &dyn RecordStore,
    reach: &Reach,
    name: &str,
    version: Option<u32>,
) -> Result<(Script, Version), ScriptError> {
    let found = typed_records::read_within::<Script>(records, reach, name).await?;
    let script = found.ok_or_else(|| ScriptError::NotFound(name.to_owned()))?.value;
    let number = version.unwrap_or(script.version);
    let id = version_id(name, &script.creation, number);
    let found = if number <= script.version { typed_records::read::<Version>(records, &id).await? } else { None };
    let missing = || ScriptError::NotFound(format!("{name} with a version {number}"));
    Ok((script, found.ok_or_else(missing)?.value))
}

/// Deletes a script with all its versions. Jobs that it made stay. Tells the files that nothing names any more.
pub(crate) async fn delete(
    records: &dyn RecordStore,
    reach: &Reach,
    name: &str,
) -> Result<Vec<KeptFiles>, ScriptError> {
    let removed = typed_records::remove::<Script>(records, reach, name).await?;
    let script = removed.ok_or_else(|| ScriptError::NotFound(name.to_owned()))?;
    let mut files = Vec::new();
    let mut versions = Versions::of(&script);
    while let Some(found) = versions.next(records).await? {
        for Stored { value: version, revision } in found {
            match typed_records::delete(records, &version, &revision).await {
                Ok(()) | Err(RecordError::Conflict { .. } | RecordError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            files.extend(version.kept_files());
        }
    }
    Ok(files)
}

/// The sets of files that versions of a script use; none when there is no script of the name.
pub(crate) async fn file_sets(records: &dyn RecordStore, name: &str) -> Result<HashSet<InstanceId>, RecordError> {
    let mut sets = HashSet::new();
    let Some(script) = typed_records::read::<Script>(records, name).await? else { return Ok(sets) };
    let mut versions = Versions::of(&script.value);
    while let Some(found) = versions.next(records).await? {
        sets.extend(found.into_iter().filter_map(|version| Some(version.value.kept_files()?.key.set)));
    }
    Ok(sets)
}

/// The versions of a script, some at a time.
struct Versions {
    prefix: String,
    after: Option<String>,
    is_over: bool,
}

impl Versions {
    fn of(script: &Script) -> Self {
        let prefix = format!("{}:{}:", script.name, script.creation.as_str());
        Self { prefix, after: None, is_over: false }
    }

    async fn next(&mut self, records: &dyn RecordStore) -> Result<Option<Vec<Stored<Version>>>, RecordError> {
        if self.is_over {
            return Ok(None);
        }
        let (prefix, after) = (self.prefix.clone(), self.after.take());
        let query = RecordQuery { prefix, after, ..RecordQuery::first(Version::KIND, STEP) };
        let found = records.list(query).await?;
        self.is_over = found.len() < STEP;
        self.after = found.last().map(|version| version.value.id.clone());
        Ok(Some(found.into_iter().filter_map(typed_records::value).collect()))
    }
}

impl Version {
    /// What a job of this version says, with what its caller says beside it.
    ///
    /// # Errors
    /// [`ScriptError::Vars`] when the vars do not fit the schema.
    pub(crate) fn template(&self, given: &JobTemplate) -> Result<JobTemplate, ScriptError> {
        let template = self.job.clone().with(given);
        if let Some(schema) = &self.vars_schema {
            let errors = vars_schema::mistakes(schema, &template.vars());
            if !errors.is_empty() {
                return Err(ScriptError::Vars { script: self.name.clone(), errors });
            }
        }
        Ok(template)
    }

    /// Where the files are that each of its jobs gets.
    pub(crate) fn kept_files(&self) -> Option<KeptFiles> {
        self.files.as_ref().map(|files| files.of(Script::KIND, &self.name))
    }

    /// Notes in a job that it runs this version, within what the author of the code may reach.
    pub(crate) fn mark(&self, job: &mut Job) {
        job.script = Some(ScriptVersion { name: self.name.clone(), version: self.version });
        job.network_token = self.network_token.clone();
    }
}

#[cfg(test)]
mod tests {
    use job_model::TokenName;
    use job_store::records::EmbeddedRecordStore;
    use serde_json::json;

    use super::{ScriptError, delete, put, read};
    use crate::job_template::JobTemplate;
    use crate::records::typed_records::Author;
    use crate::tokens::Reach;

    const EVERYBODY: Author<'_> = Author { owner: None, reach: Reach::All, network: None };

    fn name(text: &str) -> TokenName {
        TokenName::parse(text).unwrap()
    }

    fn template(code: &str) -> JobTemplate {
        serde_json::from_value(json!({"code": code})).unwrap()
    }

    #[tokio::test]
    async fn every_put_is_a_version_of_its_own_however_many_gateways_write() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("service.sqlite");
        let stores = [EmbeddedRecordStore::open(&path).unwrap(), EmbeddedRecordStore::open(&path).unwrap()];
        let puts = (0..8).map(|n| {
            let store = &stores[n % 2];
            async move { put(store, &EVERYBODY, "s", template(&n.to_string()), None, None).await.unwrap().1 }
        });
        let written = futures::future::join_all(puts).await;
        let (script, latest) = read(&stores[0], &Reach::All, "s", None).await.unwrap();
        assert_eq!(script.version, latest.version);
        for version in &written {
            let (_, stored) = read(&stores[1], &Reach::All, "s", Some(version.version)).await.unwrap();
            assert_eq!(&stored, version);
        }
        let mut numbers: Vec<_> = written.iter().map(|version| version.version).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 8);
        let missing = read(&stores[0], &Reach::All, "s", Some(script.version + 1)).await;
        assert!(matches!(missing, Err(ScriptError::NotFound(_))));

        delete(&stores[0], &Reach::All, "s").await.unwrap();
        assert!(matches!(read(&stores[1], &Reach::All, "s", Some(1)).await, Err(ScriptError::NotFound(_))));
        let (script, _) = put(&stores[0], &EVERYBODY, "s", template("new"), None, None).await.unwrap();
        assert_eq!(script.version, 1);
    }

    #[tokio::test]
    async fn a_script_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedRecordStore::open(directory.path().join("service.sqlite")).unwrap();
        let (alice, bob) = (name("alice"), name("bob"));
        let author = |name| Author { owner: Some(name), reach: Reach::Own(name.clone()), network: None };
        put(&store, &author(&alice), "s", template("a"), None, None).await.unwrap();
        let taken = put(&store, &author(&bob), "s", template("b"), None, None).await;
        assert!(matches!(taken, Err(ScriptError::Taken(_))));
        assert!(matches!(read(&store, &Reach::Own(bob.clone()), "s", None).await, Err(ScriptError::NotFound(_))));
        assert!(matches!(delete(&store, &Reach::Own(bob), "s").await, Err(ScriptError::NotFound(_))));
        assert_eq!(read(&store, &Reach::All, "s", None).await.unwrap().0.owner, Some(alice));
    }
}
