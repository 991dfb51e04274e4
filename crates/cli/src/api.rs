//! The gateway's HTTP API, from a client's side.

use std::time::Duration;

use anyhow::{Context, bail};
use job_model::{Job, Language};
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::Secret;

use crate::job_folder::JobFolder;

/// Which gateway is asked.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Gateway")]
pub(crate) struct GatewayArgs {
    /// Address of the gateway, such as http://127.0.0.1:3000.
    #[arg(long, env = "PUPPET_MASTER_ENDPOINT", value_name = "URL", value_parser = endpoint)]
    pub(crate) puppet_master_endpoint: Option<String>,
    /// Token for the gateway.
    #[arg(long, env = "PUPPET_MASTER_API_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub(crate) puppet_master_api_token: Option<Secret>,
}

/// A gateway that can be asked.
pub(crate) struct Gateway {
    client: reqwest::Client,
    endpoint: String,
    token: Secret,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Failure {
    error: String,
    message: String,
}

impl Gateway {
    /// The gateway of the arguments; `None` when no endpoint is given.
    pub(crate) fn from_args(args: &GatewayArgs) -> anyhow::Result<Option<Self>> {
        let Some(endpoint) = &args.puppet_master_endpoint else { return Ok(None) };
        let Some(token) = args.puppet_master_api_token.clone() else {
            service::config::refuse("PUPPET_MASTER_API_TOKEN (--puppet-master-api-token) is missing")
        };
        let tls = service::tls::client_config(None).as_ref().clone();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(Duration::from_secs(10))
            .build()?;
        Ok(Some(Self { client, endpoint: endpoint.trim_end_matches('/').to_owned(), token }))
    }

    /// Stores a new job.
    pub(crate) async fn create(&self, folder: &JobFolder) -> anyhow::Result<Job> {
        let mut body = serde_json::json!({"code": folder.code, "vars": folder.vars, "modules": folder.modules});
        // An older gateway knows nothing else.
        if folder.language != Language::Js {
            body["language"] = serde_json::json!(folder.language);
        }
        self.ask(Method::POST, "/jobs", Some(body)).await
    }

    /// Reads a job.
    pub(crate) async fn get(&self, uuid: &str) -> anyhow::Result<Job> {
        self.ask(Method::GET, &format!("/jobs/{}", encoded(uuid)), None).await
    }

    /// Waits until the job is done. An older gateway answers at once: then this asks once a second.
    pub(crate) async fn wait(&self, uuid: &str, mut on_status: impl FnMut(&Job)) -> anyhow::Result<Job> {
        loop {
            let asked = tokio::time::Instant::now();
            let job: Job = self.ask(Method::GET, &format!("/jobs/{}?wait=20", encoded(uuid)), None).await?;
            on_status(&job);
            if job.status == job_model::JobStatus::Done {
                return Ok(job);
            }
            tokio::time::sleep_until(asked + Duration::from_secs(1)).await;
        }
    }

    /// Reads a file of a job, as it comes. The time of a request does not bound it.
    pub(crate) async fn file(&self, uuid: &str, name: &str) -> anyhow::Result<Response> {
        let name: Vec<String> = name.split('/').map(encoded).collect();
        let url = format!("{}/jobs/{}/files/{}", self.endpoint, encoded(uuid), name.join("/"));
        let sent = self.client.get(&url).bearer_auth(self.token.expose()).send().await;
        let response = sent.map_err(|error| error.without_url()).with_context(|| format!("failed to GET {url}"))?;
        anyhow::ensure!(response.status().is_success(), "GET {url} answered {}", response.status());
        Ok(response)
    }

    /// A page of jobs, newest first, without what may be large. An older gateway does not know `view` and answers whole
    /// jobs.
    pub(crate) async fn list(&self, status: &str, page: u64, per_page: u64) -> anyhow::Result<Vec<Job>> {
        let path = format!("/jobs?view=summary&page={page}&per_page={per_page}&status={}", encoded(status));
        self.ask(Method::GET, &path, None).await
    }

    /// Deletes a job.
    pub(crate) async fn delete(&self, uuid: &str) -> anyhow::Result<()> {
        self.send(Method::DELETE, &format!("/jobs/{}", encoded(uuid)), None).await.map(drop)
    }

    /// Ends a job that is not done.
    pub(crate) async fn cancel(&self, uuid: &str) -> anyhow::Result<Job> {
        self.ask(Method::POST, &format!("/jobs/{}/cancel", encoded(uuid)), None).await
    }

    /// Who is there, as the API answers it.
    pub(crate) async fn fleet(&self) -> anyhow::Result<serde_json::Value> {
        self.ask(Method::GET, "/fleet", None).await
    }

    /// How the last hour went, as the API answers it.
    pub(crate) async fn stats(&self) -> anyhow::Result<serde_json::Value> {
        self.ask(Method::GET, "/stats", None).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> anyhow::Result<T> {
        let response = self.send(method, path, body).await?;
        let answer: Data<T> = response.json().await.context("the gateway's answer could not be read")?;
        Ok(answer.data)
    }

    async fn send(&self, method: Method, path: &str, body: Option<serde_json::Value>) -> anyhow::Result<Response> {
        let url = format!("{}{path}", self.endpoint);
        let mut request = self.client.request(method.clone(), &url).bearer_auth(self.token.expose());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request
            .timeout(Duration::from_secs(60))
            .send()
            .await
            .map_err(|error| error.without_url())
            .with_context(|| format!("failed to {method} {url}"))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status == StatusCode::UNAUTHORIZED {
            bail!("the gateway at {} refused the token (PUPPET_MASTER_API_TOKEN)", self.endpoint);
        }
        let text = response.text().await.unwrap_or_default();
        match serde_json::from_str::<Failure>(&text) {
            Ok(failure) => bail!("{method} {url} answered {status}: {}: {}", failure.error, failure.message),
            Err(_) => bail!("{method} {url} answered {status}: {}", text.chars().take(300).collect::<String>()),
        }
    }
}

/// An address that this client can talk to: it knows no TLS.
fn endpoint(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).ok().filter(|url| url.scheme() == "http" && url.has_host());
    url.map(|_| text.to_owned()).ok_or_else(|| "expected an address such as http://127.0.0.1:3000".to_owned())
}

/// Percent-encodes everything but letters and digits.
fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
