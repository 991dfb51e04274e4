//! What a gateway has of one kind, as `… list` shows it.

use serde_json::Value;

use super::columns;
use crate::api::Gateway;
use crate::output::{note, print, print_json};

/// Prints all entries of `/kind`: as they are with `json`, otherwise a row each.
pub(crate) async fn listing(
    gateway: &Gateway,
    kind: &str,
    json: bool,
    head: &[&str],
    row: impl Fn(&Value) -> Vec<String>,
) -> anyhow::Result<()> {
    let entries = gateway.every(&format!("/{kind}")).await?;
    if json {
        return print_json(&Value::Array(entries).to_string());
    }
    if entries.is_empty() {
        note(&format!("No {kind}"));
    }
    print(&columns(head, &entries.iter().map(row).collect::<Vec<_>>()))
}
