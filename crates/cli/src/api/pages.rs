//! Lists that go on behind what their page says is next.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{Gateway, encoded};

#[derive(Deserialize)]
struct Page {
    data: Vec<Value>,
    #[serde(default)]
    next: Option<String>,
}

impl Gateway {
    /// All entries of a list.
    pub(crate) async fn every(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let (mut entries, mut after) = (Vec::new(), String::new());
        loop {
            let page: Page = self.answer(Method::GET, &format!("{path}?per_page=500{after}"), None).await?;
            entries.extend(page.data);
            let Some(next) = page.next else { return Ok(entries) };
            after = format!("&after={}", encoded(&next));
        }
    }
}
