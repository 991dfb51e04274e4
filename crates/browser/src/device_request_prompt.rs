//! A page's question for a device, as `navigator.bluetooth.requestDevice()` asks it.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use serde_json::{Value, json};

use crate::error::Error;
use crate::event::{Event, Sink};
use crate::page::Page;
use crate::session::{Session, Subscription};
use crate::timeout_settings::TimeoutSettings;

/// Puppeteer's `DeviceRequestPrompt`. The page waits until it is answered.
#[derive(Debug)]
pub struct DeviceRequestPrompt {
    session: Rc<Session>,
    /// Whose question it is.
    page: Weak<Page>,
    id: String,
    devices: RefCell<Vec<Device>>,
    handled: Cell<bool>,
    subscription: RefCell<Option<Subscription>>,
}

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Chromium's id of it.
    pub id: String,
    /// Its name, which may be empty.
    pub name: String,
}

impl DeviceRequestPrompt {
    /// A prompt as `DeviceAccess.deviceRequestPrompted` tells of it.
    pub(crate) fn new(session: &Rc<Session>, page: Weak<Page>, sink: &Rc<Sink>, event: &Value) -> Rc<Self> {
        let prompt = Rc::new_cyclic(|prompt: &Weak<Self>| {
            let (prompt, sink) = (prompt.clone(), sink.clone());
            let subscription = session.on_event(move |event| {
                let is_prompt = event.method == "DeviceAccess.deviceRequestPrompted";
                if let Some(prompt) = prompt.upgrade().filter(|_| is_prompt) {
                    for device in prompt.note(&event.params) {
                        sink.tell(Event::DeviceFound(prompt.clone(), device));
                    }
                }
            });
            Self {
                session: session.clone(),
                page,
                id: event["id"].as_str().unwrap_or_default().to_owned(),
                devices: RefCell::default(),
                handled: Cell::new(false),
                subscription: RefCell::new(Some(subscription)),
            }
        });
        prompt.note(event);
        prompt
    }

    /// The devices that were not known before.
    fn note(&self, event: &Value) -> Vec<Device> {
        if event["id"] != self.id.as_str() {
            return Vec::new();
        }
        let text = |device: &Value, name: &str| device[name].as_str().unwrap_or_default().to_owned();
        let told = event["devices"].as_array().into_iter().flatten();
        let told = told.map(|device| Device { id: text(device, "id"), name: text(device, "name") });
        let mut devices = self.devices.borrow_mut();
        let new: Vec<Device> = told.filter(|told| !devices.iter().any(|known| known.id == told.id)).collect();
        devices.extend(new.iter().cloned());
        new
    }

    /// Returns the limit of waits that name none, in milliseconds.
    pub fn default_timeout(&self) -> f64 {
        self.page.upgrade().map_or_else(|| TimeoutSettings::default().any(), |page| page.default_timeout())
    }

    /// Returns what has been found so far.
    pub fn devices(&self) -> Vec<Device> {
        self.devices.borrow().clone()
    }

    /// Gives the page a device, by Chromium's id.
    ///
    /// # Errors
    /// The second time, and what the protocol refuses.
    pub async fn select(&self, device: &str) -> Result<(), Error> {
        self.handle("select")?;
        let answer = json!({"id": self.id, "deviceId": device});
        self.session.send_raw("DeviceAccess.selectPrompt", answer).await?;
        Ok(())
    }

    /// Gives the page none.
    ///
    /// # Errors
    /// As [`select`](Self::select).
    pub async fn cancel(&self) -> Result<(), Error> {
        self.handle("cancel")?;
        self.session.send_raw("DeviceAccess.cancelPrompt", json!({"id": self.id})).await?;
        Ok(())
    }

    fn handle(&self, verb: &str) -> Result<(), Error> {
        if self.handled.replace(true) {
            return Err(Error::message(format!("Cannot {verb} DeviceRequestPrompt which is already handled!")));
        }
        self.subscription.take();
        Ok(())
    }
}
