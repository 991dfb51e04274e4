//! The options that all navigations share.

use ::browser::page::{GotoOptions, NavigationOptions};
use serde::Deserialize;

/// As `js/puppeteer/options.js` makes them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct NavigationArgs {
    timeout: Option<f64>,
    wait_until: Vec<String>,
    referer: Option<String>,
    referrer_policy: Option<String>,
}

impl NavigationArgs {
    pub(super) fn goto(self) -> GotoOptions {
        GotoOptions {
            referer: self.referer.clone(),
            referrer_policy: self.referrer_policy.clone(),
            navigation: self.navigation(),
        }
    }

    pub(super) fn navigation(self) -> NavigationOptions {
        NavigationOptions { timeout: self.timeout, wait_until: self.wait_until }
    }
}
