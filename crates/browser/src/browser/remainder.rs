//! What is left of a job in a browser that serves others after it: what was being made when the job ended, which nobody has noted,
//! and what should not be there.

use futures::future::{join_all, try_join_all};
use serde_json::{Value, json};

use super::Browser;
use crate::error::Error;

impl Browser {
    /// Returns how many pages Chromium's own context has when nobody has been there.
    pub(super) fn pages_of_own_context(&self) -> usize {
        let targets = self.targets.borrow();
        let own = targets.iter().filter(|target| std::ptr::eq(&**target.browser_context(), &*self.own_context));
        own.filter(|target| target.target_type() == "page").count()
    }

    /// Disposes of what the job has left, and of what was being made when it ended; then counts what is there.
    ///
    /// Commands are answered in the order in which they were sent, but for disposals: whatever the job has asked for is there when
    /// Chromium tells its contexts, and so are its sessions.
    pub(super) async fn clear_contexts(&self) -> Result<(), Error> {
        let shown: Vec<String> = {
            let contexts = self.contexts.borrow();
            let shown = contexts.iter().filter(|context| !context.is_hidden());
            shown.filter_map(|context| context.id()).map(str::to_owned).collect()
        };
        let disposals = try_join_all(shown.iter().map(|id| self.dispose_context(id)));
        let told = self.session.send_raw("Target.getBrowserContexts", json!({}));
        let cookies = self.session.send_raw("Storage.getCookies", json!({}));
        let (_, told, cookies) = futures::try_join!(disposals, async { told.await.map_err(Error::from) }, async {
            cookies.await.map_err(Error::from)
        })?;
        let strays = self.strays_among(&told, &shown);
        try_join_all(strays.iter().map(|id| self.dispose_context(id))).await?;
        let detached = self.stray_sessions().into_iter().map(|id| {
            let session = json!({"sessionId": id});
            self.session.send_raw("Target.detachFromTarget", session)
        });
        // What fails has gone already, or is counted now.
        join_all(detached).await;
        self.count_remainder(&cookies)
    }

    /// The contexts that Chromium has and this model does not know.
    fn strays_among(&self, told: &Value, disposed: &[String]) -> Vec<String> {
        let ids = told["browserContextIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let is_stray = |id: &&str| {
            let is_own = told["defaultBrowserContextId"].as_str() == Some(id);
            !is_own && !disposed.iter().any(|gone| gone == id) && self.context_by_id(id).is_none()
        };
        ids.filter(is_stray).map(str::to_owned).collect()
    }

    /// The sessions that are not of a page that waits for its job.
    fn stray_sessions(&self) -> Vec<String> {
        let waits = |target: &str| {
            let context = self.target_by_id(target).map(|target| target.browser_context().clone());
            context.is_some_and(|context| context.is_hidden() && context.id().is_some())
        };
        self.session.siblings().into_iter().filter(|(_, target)| !waits(target)).map(|(id, _)| id).collect()
    }

    fn count_remainder(&self, cookies: &Value) -> Result<(), Error> {
        let sessions = self.stray_sessions().len();
        let pages = self.pages_of_own_context().saturating_sub(self.own_pages.get());
        let cookies = cookies["cookies"].as_array().map_or(0, Vec::len);
        if (sessions, pages, cookies) == (0, 0, 0) {
            return Ok(());
        }
        Err(Error::message(format!(
            "a job has left {sessions} sessions, and {pages} pages and {cookies} cookies in the browser's own context"
        )))
    }
}
