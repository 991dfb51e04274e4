//! A set of pages with cookies, caches and permissions of its own.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::browser::Browser;
use crate::context_proxy::ContextProxy;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::page::Page;
use crate::target::Target;

/// Puppeteer's `BrowserContext`.
#[derive(Debug)]
pub struct BrowserContext {
    browser: Weak<Browser>,
    /// `None` for the context that the browser starts with.
    id: Option<String>,
    /// Whether scripts are to know nothing of it.
    hidden: Cell<bool>,
    /// What its requests go through.
    proxy: Option<Rc<dyn ContextProxy>>,
}

/// How a page is opened
/// ([Puppeteer](https://pptr.dev/api/puppeteer.createpageoptions)).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NewPage {
    /// The bounds of a window of its own, in CDP's form; `None` for a tab.
    pub window: Option<Map<String, Value>>,
    /// Whether the page is opened behind others.
    pub background: Option<bool>,
}

/// Puppeteer's names of permissions and CDP's.
const PERMISSIONS: [(&str, &str); 20] = [
    ("geolocation", "geolocation"),
    ("midi", "midi"),
    ("notifications", "notifications"),
    ("push", "notifications"),
    ("camera", "videoCapture"),
    ("microphone", "audioCapture"),
    ("background-sync", "backgroundSync"),
    ("ambient-light-sensor", "sensors"),
    ("accelerometer", "sensors"),
    ("gyroscope", "sensors"),
    ("magnetometer", "sensors"),
    ("accessibility-events", "accessibilityEvents"),
    ("clipboard-read", "clipboardReadWrite"),
    ("clipboard-write", "clipboardReadWrite"),
    ("clipboard-sanitized-write", "clipboardSanitizedWrite"),
    ("payment-handler", "paymentHandler"),
    ("persistent-storage", "durableStorage"),
    ("idle-detection", "idleDetection"),
    ("storage-access", "storageAccess"),
    ("midi-sysex", "midiSysex"),
];

impl BrowserContext {
    pub(crate) fn new(browser: Weak<Browser>, id: Option<String>, proxy: Option<Rc<dyn ContextProxy>>) -> Rc<Self> {
        Rc::new(Self { browser, id, hidden: Cell::new(false), proxy })
    }

    /// Returns the proxy that its requests go through; `None` when there is none, or one that only Chromium knows.
    pub fn proxy(&self) -> Option<&Rc<dyn ContextProxy>> {
        self.proxy.as_ref()
    }

    /// Tells whether scripts are to know nothing of it: it is not theirs, or not yet.
    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden.get()
    }

    pub(crate) fn set_hidden(&self, hidden: bool) {
        self.hidden.set(hidden);
    }

    /// CDP's id; `None` for the context that the browser starts with.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Tells whether it is one of those that can be closed.
    pub fn is_incognito(&self) -> bool {
        self.id.is_some() && !self.is_default()
    }

    /// Whether it is the context that the browser starts with, or stands in its place.
    fn is_default(&self) -> bool {
        self.browser.upgrade().is_some_and(|browser| std::ptr::eq(&*browser.default_browser_context(), self))
    }

    /// Returns the browser.
    ///
    /// # Errors
    /// When it is gone.
    pub fn browser(&self) -> Result<Rc<Browser>, Error> {
        self.browser.upgrade().ok_or(Error::PageClosed)
    }

    /// Returns the context's targets.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn targets(self: &Rc<Self>) -> Result<Vec<Rc<Target>>, Error> {
        let all = self.browser()?.targets();
        Ok(all.into_iter().filter(|target| Rc::ptr_eq(target.browser_context(), self)).collect())
    }

    /// Returns the context's pages.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn pages(self: &Rc<Self>) -> Result<Vec<Rc<Page>>, Error> {
        let targets: Vec<_> = self.targets()?.into_iter().filter(|target| target.target_type() == "page").collect();
        let pages = futures::future::join_all(targets.iter().map(Target::page)).await;
        // A page may go away while it is attached to.
        Ok(pages.into_iter().filter_map(|page| page.ok().flatten()).collect())
    }

    /// Opens a page in a tab.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the context or the browser is gone, and when there are too many pages.
    pub async fn new_page(self: &Rc<Self>) -> Result<Rc<Page>, Error> {
        self.new_page_with(NewPage::default()).await
    }

    /// Opens a page.
    ///
    /// # Errors
    /// As [`new_page`](Self::new_page).
    pub async fn new_page_with(self: &Rc<Self>, options: NewPage) -> Result<Rc<Page>, Error> {
        let browser = self.browser()?;
        // A page of a hidden context is not the job's.
        let _place = if self.is_hidden() { None } else { Some(browser.place_for_page()?) };
        let mut arguments = json!({"url": "about:blank"});
        self.name_in(&mut arguments);
        if let Some(background) = options.background {
            arguments["background"] = background.into();
        }
        if let Some(bounds) = options.window {
            for name in ["left", "top", "width", "height", "windowState"] {
                if let Some(value) = bounds.get(name) {
                    arguments[name] = value.clone();
                }
            }
            // The first page of a context opens a window by itself.
            if !self.targets()?.is_empty() {
                arguments["newWindow"] = true.into();
            }
        }
        let answer = browser.session().send_raw("Target.createTarget", arguments).await?;
        let target = browser.target_by_id(answer["targetId"].as_str().unwrap_or_default());
        let target = target.ok_or(Error::message("Failed to create target for page"))?;
        if !target.initialized().await {
            return Err(Error::message("Failed to create target for page"));
        }
        target.page().await?.ok_or(Error::message("Failed to create target for page"))
    }

    fn name_in(&self, arguments: &mut Value) {
        if let Some(id) = &self.id {
            arguments["browserContextId"] = id.as_str().into();
        }
    }

    /// Grants a site these permissions and no others.
    ///
    /// # Errors
    /// For an unknown permission.
    pub async fn override_permissions(&self, origin: &str, permissions: &[String]) -> Result<(), Error> {
        let names: Result<Vec<&str>, Error> = permissions
            .iter()
            .map(|name| {
                let known = PERMISSIONS.iter().find(|(known, _)| known == name);
                known.map(|(_, name)| *name).ok_or_else(|| Error::message(format!("Unknown permission: {name}")))
            })
            .collect();
        let mut arguments = json!({"origin": origin, "permissions": names?});
        self.name_in(&mut arguments);
        self.browser()?.session().send_raw("Browser.grantPermissions", arguments).await?;
        Ok(())
    }

    /// Sets permissions one by one: an array of `{permission, state}`, for one site or, by `*`, for all.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_permissions(&self, origin: &str, settings: Value) -> Result<(), Error> {
        for setting in settings.as_array().into_iter().flatten() {
            let mut arguments = json!({"permission": setting["permission"], "setting": setting["state"]});
            if origin != "*" {
                arguments["origin"] = origin.into();
            }
            self.name_in(&mut arguments);
            self.browser()?.session().send_raw("Browser.setPermission", arguments).await?;
        }
        Ok(())
    }

    /// Reads all cookies of the context, in CDP's form.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn cookies(&self) -> Result<Value, Error> {
        let mut arguments = json!({});
        self.name_in(&mut arguments);
        let mut answer = self.browser()?.session().send_raw("Storage.getCookies", arguments).await?;
        Ok(answer["cookies"].take())
    }

    /// Sets cookies, given in CDP's form.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_cookies(&self, cookies: Value) -> Result<(), Error> {
        let mut arguments = json!({"cookies": cookies});
        self.name_in(&mut arguments);
        self.browser()?.session().send_raw("Storage.setCookies", arguments).await?;
        Ok(())
    }

    /// Says what becomes of downloads. A job has them in its folder, where `folder` names a place, unless they are denied.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_download_behavior(&self, policy: &str, folder: Option<&str>) -> Result<(), Error> {
        let browser = self.browser()?;
        let mut arguments = json!({"behavior": policy, "eventsEnabled": true});
        if let Some(folder) = folder {
            arguments["downloadPath"] = folder.into();
        }
        if browser.takes_download_command("Browser.setDownloadBehavior", &arguments) {
            return Ok(());
        }
        if policy != "deny" && browser.session().is_guarded() {
            return Err(Error::message("this job has no folder for downloads"));
        }
        self.name_in(&mut arguments);
        browser.session().send_raw("Browser.setDownloadBehavior", arguments).await?;
        Ok(())
    }

    /// Tells whether the context is gone.
    pub fn is_closed(&self) -> bool {
        self.browser.upgrade().is_none_or(|browser| !browser.has_context(self))
    }

    /// Takes all granted permissions back.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn clear_permission_overrides(&self) -> Result<(), Error> {
        let mut arguments = json!({});
        self.name_in(&mut arguments);
        self.browser()?.session().send_raw("Browser.resetPermissions", arguments).await?;
        Ok(())
    }

    /// Closes the context and all its pages.
    ///
    /// # Errors
    /// For the context that the browser starts with.
    pub async fn close(&self) -> Result<(), Error> {
        let id = self.id.as_deref().filter(|_| !self.is_default());
        let browser = self.browser()?;
        let sentence = match browser.dialect() {
            Dialect::V1 => "Non-incognito profiles cannot be closed!",
            Dialect::V25 => "Default BrowserContext cannot be closed!",
        };
        browser.dispose_context(id.ok_or(Error::message(sentence))?).await
    }
}
