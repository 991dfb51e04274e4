//! The window and the tab that show a page.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::Page;
use super::own_session::OwnSession;
use crate::error::Error;

impl Page {
    /// Asks for the number of the window, by
    /// [`Browser.getWindowForTarget`](https://chromedevtools.github.io/devtools-protocol/tot/Browser/#method-getWindowForTarget).
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn window_id(&self) -> Result<i64, Error> {
        let answer = self.session.send_raw("Browser.getWindowForTarget", json!({})).await?;
        Ok(answer["windowId"].as_i64().unwrap_or_default())
    }

    /// Sizes the window so that its content has this size, in CSS pixels. A page with a viewport of its own keeps that.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn resize(&self, width: Value, height: Value) -> Result<(), Error> {
        let size = json!({"windowId": self.window_id().await?, "width": width, "height": height});
        self.session.send_raw("Browser.setContentsSize", size).await?;
        Ok(())
    }

    /// Asks what the window's strip of tabs says of the page's tab, in Chromium's form; `None` when there is no such strip.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn tab(&self) -> Result<Option<Value>, Error> {
        let browser = self.browser()?;
        let root = browser.session();
        let told = root.send_raw("Target.getTargets", json!({"filter": [{"type": "tab"}]})).await?;
        let context = self.browser_context().id();
        let tabs = told["targetInfos"].as_array().into_iter().flatten();
        for tab in tabs.filter(|tab| context.is_none() || tab["browserContextId"].as_str() == context) {
            let (Some(id), data) = (tab["targetId"].as_str(), &tab["embedderData"]) else { continue };
            if data["tabStripIndex"].is_number() && self.is_in_tab(id).await? {
                return Ok(Some(data.clone()));
            }
        }
        Ok(None)
    }

    /// Whether a tab, by CDP's id, shows the page: a tab tells its page to who attaches to it.
    async fn is_in_tab(&self, tab: &str) -> Result<bool, Error> {
        let session = OwnSession::attach(&*self.browser()?, tab).await?;
        let (page, found) = (self.target.id().to_owned(), Rc::new(Cell::new(false)));
        let slot = found.clone();
        let _listening = session.on_event(move |event| {
            if event.method == "Target.attachedToTarget" && event.params["targetInfo"]["targetId"] == page.as_str() {
                slot.set(true);
            }
        });
        let attach = |on: bool| json!({"autoAttach": on, "waitForDebuggerOnStart": false, "flatten": true});
        session.send_raw("Target.setAutoAttach", attach(true)).await?;
        // A tab that is left keeps the session of its page.
        session.send_raw("Target.setAutoAttach", attach(false)).await?;
        Ok(found.get())
    }

    /// Asks whether DevTools are open for the page.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn has_dev_tools(&self) -> Result<bool, Error> {
        let browser = self.browser()?;
        let page = json!({"targetId": self.target.id()});
        let answer = browser.session().send_raw("Target.getDevToolsTarget", page).await?;
        Ok(answer["targetId"].is_string())
    }
}
