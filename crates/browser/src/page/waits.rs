//! Waiting for something that a page tells about.

use std::rc::{Rc, Weak};

use serde_json::json;

use super::Page;
use crate::device_request_prompt::DeviceRequestPrompt;
use crate::error::{Awaited, Error};
use crate::event::PageEvent;
use crate::file_chooser::FileChooser;
use crate::promise::{Promise, milliseconds, within};

/// Takes its listener away when the wait ends, however it ends.
struct Listening {
    page: Weak<Page>,
    id: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(page) = self.page.upgrade() {
            page.listeners.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}

impl Page {
    fn listen(self: &Rc<Self>, listener: impl Fn(&PageEvent) + 'static) -> Listening {
        let id = self.next_listener.replace(self.next_listener.get() + 1);
        self.listeners.borrow_mut().push((id, Rc::new(listener)));
        Listening { page: Rc::downgrade(self), id }
    }

    /// Waits for the first event that `pick` takes something from.
    ///
    /// # Errors
    /// [`Error::EventTimeout`], [`Error::WaitingPageClosed`].
    pub async fn wait_for_event<T: Clone + 'static>(
        self: &Rc<Self>,
        pick: impl Fn(&PageEvent) -> Option<T> + 'static,
        timeout: Option<f64>,
    ) -> Result<T, Error> {
        let picked = Rc::new(Promise::default());
        let slot = picked.clone();
        let _listening = self.listen(move |event| {
            if let Some(value) = pick(event) {
                slot.settle(value);
            }
        });
        let wait = async {
            tokio::select! {
                biased;
                value = picked.wait() => Ok(value),
                () = self.session.closed() => Err(Error::WaitingPageClosed),
            }
        };
        let limit = timeout.unwrap_or(self.default_timeout());
        within(limit, wait).await.unwrap_or(Err(Error::EventTimeout(limit)))
    }

    /// Waits until no more than `concurrency` requests have been without a response for `idle` milliseconds.
    ///
    /// # Errors
    /// [`Error::EventTimeout`], [`Error::WaitingPageClosed`].
    pub async fn wait_for_network_idle(
        &self,
        idle: f64,
        concurrency: usize,
        timeout: Option<f64>,
    ) -> Result<(), Error> {
        let network = self.network();
        let quiet = network.idle(|| network.unanswered_requests() <= concurrency, milliseconds(idle));
        let wait = async {
            tokio::select! {
                biased;
                () = quiet => Ok(()),
                () = self.session.closed() => Err(Error::WaitingPageClosed),
            }
        };
        let limit = timeout.unwrap_or(self.default_timeout());
        within(limit, wait).await.unwrap_or(Err(Error::EventTimeout(limit)))
    }

    /// Waits until the page asks for a file. All who wait at that moment get the same one.
    ///
    /// # Errors
    /// [`Error::WaitTimeout`], [`Error::WaitingPageClosed`].
    pub async fn wait_for_file_chooser(&self, timeout: Option<f64>) -> Result<Rc<FileChooser>, Error> {
        let timeout = timeout.unwrap_or(self.default_timeout());
        let chooser = self.file_chooser.borrow().clone();
        let wait = async {
            if !self.intercepts_file_choosers.replace(true) {
                self.session.send_raw("Page.setInterceptFileChooserDialog", json!({"enabled": true})).await?;
            }
            tokio::select! {
                biased;
                chooser = chooser.wait() => Ok(chooser),
                () = self.session.closed() => Err(Error::WaitingPageClosed),
            }
        };
        let expired = || Err(Error::WaitTimeout { what: Awaited::FileChooser, timeout });
        within(timeout, wait).await.unwrap_or_else(expired)
    }

    /// Waits until the page asks for a device. All who wait at that moment get the same question.
    ///
    /// # Errors
    /// As [`wait_for_file_chooser`](Self::wait_for_file_chooser), and what the protocol refuses.
    pub async fn wait_for_device_prompt(&self, timeout: Option<f64>) -> Result<Rc<DeviceRequestPrompt>, Error> {
        let timeout = timeout.unwrap_or(self.default_timeout());
        let prompt = self.device_prompt.borrow().clone();
        let wait = async {
            if !self.hears_of_devices.replace(true) {
                self.session.send_raw("DeviceAccess.enable", json!({})).await?;
            }
            tokio::select! {
                biased;
                prompt = prompt.wait() => Ok(prompt),
                () = self.session.closed() => Err(Error::WaitingPageClosed),
            }
        };
        let expired = || Err(Error::WaitTimeout { what: Awaited::DevicePrompt, timeout });
        within(timeout, wait).await.unwrap_or_else(expired)
    }
}
