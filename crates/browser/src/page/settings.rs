//! What a script sets for a page.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json;

use super::{Cache, NavigationOptions, Page};
use crate::emulation::Viewport;
use crate::error::Error;
use crate::network_manager::UserAgent;

impl Page {
    /// Says whether the page accepts any certificate, by
    /// [`Security.setIgnoreCertificateErrors`](https://chromedevtools.github.io/devtools-protocol/tot/Security/#method-setIgnoreCertificateErrors).
    pub fn set_ignore_https_errors(&self, ignore: bool) {
        if self.ignores_https_errors.replace(ignore) != ignore {
            self.session.post("Security.setIgnoreCertificateErrors", json!({"ignore": ignore}));
        }
    }

    /// Returns the limit of waits that name none, in milliseconds.
    pub fn default_timeout(&self) -> f64 {
        self.frame_manager.timeouts().any()
    }

    /// Returns the limit of navigations that name none, in milliseconds.
    pub fn default_navigation_timeout(&self) -> f64 {
        self.frame_manager.timeouts().navigation()
    }

    /// Sets [`default_timeout`](Self::default_timeout); 0 for none.
    pub fn set_default_timeout(&self, timeout: f64) {
        self.frame_manager.timeouts().set_default(timeout);
    }

    /// Sets [`default_navigation_timeout`](Self::default_navigation_timeout); 0 for none.
    pub fn set_default_navigation_timeout(&self, timeout: f64) {
        self.frame_manager.timeouts().set_navigation(timeout);
    }

    /// Sets the size of the page and what its screen is like; reloads it when it could not see the change otherwise.
    ///
    /// # Errors
    /// [`Error::Protocol`], and those of the reload.
    pub async fn set_viewport(&self, viewport: Viewport) -> Result<(), Error> {
        if self.emulation.emulate_viewport(&viewport).await? {
            self.reload(NavigationOptions::default(), Cache::Used).await?;
        }
        Ok(())
    }

    /// Returns the size that was set.
    pub fn viewport(&self) -> Option<Viewport> {
        self.emulation.viewport()
    }

    /// Sets whether the page's own scripts run, from the next navigation on.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_java_script_enabled(&self, enabled: bool) -> Result<(), Error> {
        self.emulation.set_java_script_enabled(enabled).await
    }

    /// Sets whether the page's content security policy is ignored, from the next navigation on.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_bypass_csp(&self, enabled: bool) -> Result<(), Error> {
        self.emulation.set_bypass_csp(enabled).await
    }

    /// See [`NetworkManager::set_user_agent`](crate::network_manager::NetworkManager::set_user_agent).
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_user_agent(&self, user_agent: UserAgent) -> Result<(), Error> {
        self.network().set_user_agent(user_agent).await
    }

    /// Gives the page back the size that its window has.
    ///
    /// # Errors
    /// [`Error::Protocol`], and those of a reload.
    pub async fn clear_viewport(&self) -> Result<(), Error> {
        if self.emulation.clear_viewport().await? {
            self.reload(NavigationOptions::default(), Cache::Used).await?;
        }
        Ok(())
    }

    /// Sets whether drags are reported instead of done.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_drag_interception(&self, enabled: bool) -> Result<(), Error> {
        self.intercepts_drags.set(enabled);
        self.session.send_raw("Input.setInterceptDrags", json!({"enabled": enabled})).await?;
        Ok(())
    }

    /// Tells whether drags are reported instead of done.
    pub fn intercepts_drags(&self) -> bool {
        self.intercepts_drags.get()
    }

    /// Tells whether the mouse drags an element.
    pub fn is_dragging(&self) -> bool {
        self.dragging.get()
    }

    /// The mouse drags an element, or no longer.
    pub fn set_dragging(&self, dragging: bool) {
        self.dragging.set(dragging);
    }

    /// Takes a snapshot of the heap of the page's scripts, in DevTools' format.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn heap_snapshot(&self) -> Result<Vec<u8>, Error> {
        let snapshot = Rc::new(RefCell::new(Vec::new()));
        let chunks = snapshot.clone();
        let _listening = self.session.on_event(move |event| {
            if event.method == "HeapProfiler.addHeapSnapshotChunk" {
                chunks.borrow_mut().extend_from_slice(event.params["chunk"].as_str().unwrap_or_default().as_bytes());
            }
        });
        self.session.send_raw("HeapProfiler.enable", json!({})).await?;
        self.session.send_raw("HeapProfiler.collectGarbage", json!({})).await?;
        let taken = self.session.send_raw("HeapProfiler.takeHeapSnapshot", json!({"reportProgress": false})).await;
        self.session.post("HeapProfiler.disable", json!({}));
        taken?;
        Ok(snapshot.take())
    }

    /// See [`NetworkManager::set_cache_enabled`](crate::network_manager::NetworkManager::set_cache_enabled).
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_cache_enabled(&self, enabled: bool) -> Result<(), Error> {
        self.network().set_cache_enabled(enabled).await
    }

    /// See [`NetworkManager::set_offline_mode`](crate::network_manager::NetworkManager::set_offline_mode).
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_offline_mode(&self, offline: bool) -> Result<(), Error> {
        self.network().set_offline_mode(offline).await
    }

    /// See [`NetworkManager::set_extra_http_headers`](crate::network_manager::NetworkManager::set_extra_http_headers).
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_extra_http_headers(&self, headers: Vec<(String, String)>) -> Result<(), Error> {
        self.network().set_extra_http_headers(headers).await
    }

    /// See [`NetworkManager::authenticate`](crate::network_manager::NetworkManager::authenticate).
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn authenticate(&self, credentials: Option<(String, String)>) -> Result<(), Error> {
        self.network().authenticate(credentials).await
    }

    /// See [`NetworkManager::set_request_interception`](crate::network_manager::NetworkManager::set_request_interception).
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_request_interception(&self, enabled: bool) -> Result<(), Error> {
        self.network().set_request_interception(enabled).await
    }
}
