//! The browser's contexts: the job's, those that it opens, and those that wait for the next job.

use std::rc::Rc;

use serde_json::json;

use super::Browser;
use crate::browser_context::{BrowserContext, NewPage};
use crate::context_proxy::{ContextOptions, ContextProxy};
use crate::error::Error;
use crate::page::Page;

impl Browser {
    /// Opens a context with cookies, caches and permissions of its own, by
    /// [`Target.createBrowserContext`](https://chromedevtools.github.io/devtools-protocol/tot/Target/#method-createBrowserContext).
    /// The context ends with our connection at the latest.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone.
    pub async fn create_browser_context(&self) -> Result<Rc<BrowserContext>, Error> {
        self.create_browser_context_with(ContextOptions::default()).await
    }

    /// Opens a context as [`create_browser_context`](Self::create_browser_context) does, with what a script says of it. Behind the
    /// default context's proxy, a proxy of the script's choice is reached through that one's owner.
    ///
    /// # Errors
    /// As there, and when the owner of the default context's proxy refuses the script's.
    pub async fn create_browser_context_with(&self, options: ContextOptions) -> Result<Rc<BrowserContext>, Error> {
        self.check_context_limit()?;
        let default = self.default_browser_context();
        match default.proxy() {
            Some(proxy) if options.proxy_server.is_some() => {
                let proxy = proxy.open(&options).map_err(Error::message)?;
                self.create_context(Some(proxy), ContextOptions::default()).await
            }
            Some(proxy) => self.create_context(Some(proxy.clone()), ContextOptions::default()).await,
            None => self.create_context(None, options).await,
        }
    }

    async fn create_context(
        &self,
        proxy: Option<Rc<dyn ContextProxy>>,
        options: ContextOptions,
    ) -> Result<Rc<BrowserContext>, Error> {
        let mut arguments = json!({"disposeOnDetach": true});
        match (&proxy, options.proxy_server) {
            (Some(proxy), _) => {
                arguments["proxyServer"] = proxy.server().into();
                // Chromium goes straight to this machine unless it is told not to.
                arguments["proxyBypassList"] = "<-loopback>".into();
            }
            (None, Some(server)) => {
                arguments["proxyServer"] = server.into();
                arguments["proxyBypassList"] = options.proxy_bypass_list.join(",").into();
            }
            (None, None) => {}
        }
        let answer = self.session.send_raw("Target.createBrowserContext", arguments).await?;
        let id = answer["browserContextId"].as_str().unwrap_or_default().to_owned();
        if let Some(behavior) = self.download_behavior(&id, self.guarded) {
            self.session.post("Browser.setDownloadBehavior", behavior);
        }
        let context = BrowserContext::new(
            self.own_context.browser().as_ref().map(Rc::downgrade).unwrap_or_default(),
            Some(id),
            proxy,
        );
        self.contexts.borrow_mut().push(context.clone());
        Ok(context)
    }

    /// Opens a context for a job to come, which the job that runs meanwhile knows nothing of. It is shown by
    /// [`set_default_context`](Self::set_default_context).
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone.
    pub async fn create_hidden_context(&self) -> Result<Rc<BrowserContext>, Error> {
        self.create_hidden_context_behind(None).await
    }

    /// Opens a context as [`create_hidden_context`](Self::create_hidden_context) does, whose requests go through a proxy.
    ///
    /// # Errors
    /// As there.
    pub async fn create_hidden_context_behind(
        &self,
        proxy: Option<Rc<dyn ContextProxy>>,
    ) -> Result<Rc<BrowserContext>, Error> {
        let context = self.create_context(proxy, ContextOptions::default()).await?;
        context.set_hidden(true);
        Ok(context)
    }

    /// Puts a context in the place of the one that the browser starts with, which is hidden from now on: a job finds a
    /// browser of its own.
    pub fn set_default_context(&self, context: &Rc<BrowserContext>) {
        self.own_context.set_hidden(true);
        context.set_hidden(false);
        self.default_context.replace(context.clone());
    }

    /// Disposes of every context that was created here and is not hidden, with all that is in it, and of the sessions
    /// that scripts have opened, also of those that were being made. The context that the browser starts with takes its place
    /// again, and is empty.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone, [`Error::Message`] when something is left: then the browser is not to be used
    /// any more.
    pub async fn dispose_contexts(&self) -> Result<(), Error> {
        self.own_context.set_hidden(false);
        self.default_context.replace(self.own_context.clone());
        self.open_sessions.end(&self.session).await;
        self.clear_contexts().await?;
        self.remove_added_screens().await?;
        self.end_bluetooth_emulation().await
    }

    pub(crate) async fn dispose_context(&self, id: &str) -> Result<(), Error> {
        self.session.send_raw("Target.disposeBrowserContext", json!({"browserContextId": id})).await?;
        self.contexts.borrow_mut().retain(|context| context.id() != Some(id));
        Ok(())
    }

    /// Asks for a context's end and does not wait for it.
    pub(crate) fn drop_context(&self, id: &str) {
        self.session.post("Target.disposeBrowserContext", json!({"browserContextId": id}));
        self.contexts.borrow_mut().retain(|context| context.id() != Some(id));
    }

    /// Returns all contexts that scripts know of, the default one first.
    pub fn browser_contexts(&self) -> Vec<Rc<BrowserContext>> {
        let default = self.default_browser_context();
        let contexts = self.contexts.borrow();
        let others = contexts.iter().filter(|context| !context.is_hidden() && !Rc::ptr_eq(context, &default));
        [vec![default.clone()], others.cloned().collect()].concat()
    }

    /// Returns the context that the browser starts with, or the one that was put in its place.
    pub fn default_browser_context(&self) -> Rc<BrowserContext> {
        self.default_context.borrow().clone()
    }

    /// Opens a page in the context that the browser starts with.
    ///
    /// # Errors
    /// As [`BrowserContext::new_page`].
    pub async fn new_page(&self) -> Result<Rc<Page>, Error> {
        self.new_page_with(NewPage::default()).await
    }

    /// Opens a page as [`new_page`](Self::new_page) does, as the options say.
    ///
    /// # Errors
    /// As there.
    pub async fn new_page_with(&self, options: NewPage) -> Result<Rc<Page>, Error> {
        self.default_browser_context().new_page_with(options).await
    }

    /// Returns all pages of all contexts that scripts know of.
    ///
    /// # Errors
    /// As [`BrowserContext::pages`].
    pub async fn pages(&self) -> Result<Vec<Rc<Page>>, Error> {
        let contexts = self.browser_contexts();
        let pages = futures::future::try_join_all(contexts.iter().map(BrowserContext::pages)).await?;
        Ok(pages.into_iter().flatten().collect())
    }

    /// Tells whether that context is there.
    pub(crate) fn has_context(&self, context: &BrowserContext) -> bool {
        let contexts = self.contexts.borrow();
        std::ptr::eq(&*self.own_context, context) || contexts.iter().any(|known| std::ptr::eq(&**known, context))
    }

    /// Tells whether a browser context, by CDP's id, is one that scripts know of.
    pub(crate) fn shows_context(&self, id: &str) -> bool {
        self.context_by_id(id).is_some_and(|context| !context.is_hidden())
    }

    pub(super) fn context_by_id(&self, id: &str) -> Option<Rc<BrowserContext>> {
        self.contexts.borrow().iter().find(|context| context.id() == Some(id)).cloned()
    }
}
