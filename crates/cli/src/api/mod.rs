//! The gateway's HTTP API, from a client's side: a function a route.
//!
//! What is not there at the first request is told at once. Once a gateway has answered, its restart is waited for
//! (`request.rs`).

mod address;
mod batches;
mod events;
mod filter;
mod pages;
mod request;
mod upload;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use job_model::{Job, JobStatus};
use reqwest::header::HeaderValue;
use reqwest::{Method, Response};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use service::Secret;

pub(crate) use events::{Event, Events};
pub(crate) use filter::FilterArgs;
pub(crate) use upload::Upload;

/// Which gateway is asked.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Gateway")]
pub(crate) struct GatewayArgs {
    /// Address of the gateway, such as `http://127.0.0.1:3000`, `https://jobs.example.org` or `localhost:3000`.
    #[arg(long, visible_alias = "server", alias = "target", env = "PUPPET_MASTER_ENDPOINT", value_name = "URL",
          value_parser = address::endpoint, global = true)]
    pub(crate) puppet_master_endpoint: Option<String>,
    /// Token for the gateway.
    #[arg(
        long,
        visible_alias = "token",
        env = "PUPPET_MASTER_API_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        global = true
    )]
    pub(crate) puppet_master_api_token: Option<Secret>,
}

/// A gateway that can be asked.
pub(crate) struct Gateway {
    client: reqwest::Client,
    endpoint: String,
    token: Secret,
    /// Whether it has ever answered.
    reached: AtomicBool,
}

/// A job, and the exact text that the gateway wrote.
pub(crate) struct JobText {
    /// The job.
    pub(crate) job: Job,
    /// The API's JSON.
    pub(crate) text: Box<RawValue>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Count {
    deleted: u64,
}

impl Gateway {
    /// The gateway of the arguments; `None` when no endpoint is given. Ends the process when the token is missing.
    pub(crate) fn from_args(args: &GatewayArgs) -> anyhow::Result<Option<Self>> {
        let Some(endpoint) = &args.puppet_master_endpoint else { return Ok(None) };
        let Some(token) = args.puppet_master_api_token.clone() else {
            service::config::refuse(
                "PUPPET_MASTER_API_TOKEN (--puppet-master-api-token) is missing: --token gives it, too; `puppet-master up` keeps its \
                 own in DATA_DIR/api-token",
            )
        };
        if HeaderValue::from_str(token.expose()).is_err() {
            service::config::refuse(
                "PUPPET_MASTER_API_TOKEN (--puppet-master-api-token) holds a character that a header cannot carry, such as the end of \
                 a line",
            )
        }
        Self::at(endpoint.clone(), token).map(Some)
    }

    /// The gateway of the arguments. Ends the process when the endpoint or the token is missing.
    pub(crate) fn required(args: &GatewayArgs) -> anyhow::Result<Self> {
        match Self::from_args(args)? {
            Some(gateway) => Ok(gateway),
            None => service::config::refuse(
                "PUPPET_MASTER_ENDPOINT (--puppet-master-endpoint) is missing: name a gateway, such as --server localhost:3000",
            ),
        }
    }

    /// A gateway at an address.
    pub(crate) fn at(endpoint: String, token: Secret) -> anyhow::Result<Self> {
        let tls = service::tls::client_config(None).as_ref().clone();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("puppet-master/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, endpoint, token, reached: AtomicBool::new(false) })
    }

    /// Reads a job.
    pub(crate) async fn get(&self, uuid: &str) -> anyhow::Result<JobText> {
        JobText::read(self.ask(Method::GET, &job_path(uuid), None).await?)
    }

    /// Waits until the job is done, or for `limit`. An older gateway answers at once: it is asked once a second.
    pub(crate) async fn wait(&self, uuid: &str, limit: Option<Duration>) -> anyhow::Result<JobText> {
        let end = limit.map(|limit| tokio::time::Instant::now() + limit);
        loop {
            let asked = tokio::time::Instant::now();
            let left = end.map_or(20, |end| end.saturating_duration_since(asked).as_millis().div_ceil(1000).min(20));
            let path = format!("{}?wait={left}", job_path(uuid));
            let job = JobText::read(self.ask(Method::GET, &path, None).await?)?;
            let over = end.is_some_and(|end| tokio::time::Instant::now() + Duration::from_secs(1) > end);
            if job.job.status == JobStatus::Done || over {
                return Ok(job);
            }
            tokio::time::sleep_until(asked + Duration::from_secs(1)).await;
        }
    }

    /// Reads a file of a job, as it comes. The time of a request does not bound it.
    pub(crate) async fn file(&self, uuid: &str, name: &str) -> anyhow::Result<Response> {
        let name: Vec<String> = name.split('/').map(encoded).collect();
        self.send(Method::GET, &format!("{}/files/{}", job_path(uuid), name.join("/")), None).await
    }

    /// A page of jobs, newest first, without what may be large, as the API writes each. An older gateway does not know
    /// `view` and answers whole jobs.
    pub(crate) async fn list(
        &self,
        filter: &FilterArgs,
        page: u64,
        per_page: u64,
    ) -> anyhow::Result<Vec<Box<RawValue>>> {
        let path = format!("/jobs?view=summary&page={page}&per_page={per_page}{}", filter.query());
        self.ask(Method::GET, &path, None).await
    }

    /// Deletes a job.
    pub(crate) async fn delete(&self, uuid: &str) -> anyhow::Result<()> {
        self.send(Method::DELETE, &job_path(uuid), None).await.map(drop)
    }

    /// Deletes all jobs of a filter, and answers how many these were.
    pub(crate) async fn delete_all(&self, filter: &FilterArgs) -> anyhow::Result<u64> {
        let path = format!("/jobs?{}", filter.query().trim_start_matches('&'));
        let count: Count = self.answer(Method::DELETE, &path, None).await?;
        Ok(count.deleted)
    }

    /// Ends a job that is not done.
    pub(crate) async fn cancel(&self, uuid: &str) -> anyhow::Result<JobText> {
        JobText::read(self.ask(Method::POST, &format!("{}/cancel", job_path(uuid)), None).await?)
    }

    /// Makes a new job of the same code, vars, modules and files.
    pub(crate) async fn rerun(&self, uuid: &str) -> anyhow::Result<JobText> {
        JobText::read(self.ask(Method::POST, &format!("{}/rerun", job_path(uuid)), None).await?)
    }

    /// Who is there, as the API answers it.
    pub(crate) async fn fleet(&self) -> anyhow::Result<Value> {
        self.ask(Method::GET, "/fleet", None).await
    }

    /// How the last hour went, as the API answers it.
    pub(crate) async fn stats(&self) -> anyhow::Result<Value> {
        self.ask(Method::GET, "/stats", None).await
    }
}

impl JobText {
    /// Reads the API's JSON of a job.
    pub(crate) fn read(text: Box<RawValue>) -> anyhow::Result<Self> {
        use anyhow::Context;
        let job = serde_json::from_str(text.get()).context("the gateway answered a job that cannot be read")?;
        Ok(Self { job, text })
    }
}

/// The path of a job.
fn job_path(uuid: &str) -> String {
    format!("/jobs/{}", encoded(uuid))
}

/// Percent-encodes everything but letters and digits.
pub(crate) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
