//! One-shots: what page is meant, and how.

use serde_json::{Value, json};

/// The schemas of this subject by name.
pub(super) fn schemas() -> Value {
    json!({
        "OneShot": {"type": "object", "description": "which page is meant, and how: docs/ONE-SHOTS.md has all members",
            "properties": {
                "url": {"type": "string", "description": "the page's address"},
                "html": {"type": "string", "description": "the page itself, in the place of an address"},
                "options": {"type": "object", "description": "options of Puppeteer's page.screenshot() or page.pdf()"},
                "cache": {"type": "integer", "description": "an equal request's answer may be so many seconds old"},
            }},
    })
}
