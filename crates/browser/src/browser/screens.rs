//! The screens that a headless Chromium believes in. They are the whole browser's: what a job adds is gone when the job is.

use serde_json::{Value, json};

use super::Browser;
use crate::error::Error;

/// How many screens a job may add.
const AT_ONCE: usize = 16;

impl Browser {
    /// Returns all screens, in [CDP's form](https://chromedevtools.github.io/devtools-protocol/tot/Emulation/#type-ScreenInfo).
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn screens(&self) -> Result<Value, Error> {
        let mut answer = self.session.send_raw("Emulation.getScreenInfos", json!({})).await?;
        Ok(answer["screenInfos"].take())
    }

    /// Adds a screen, by [`Emulation.addScreen`](https://chromedevtools.github.io/devtools-protocol/tot/Emulation/#method-addScreen),
    /// and answers it.
    ///
    /// # Errors
    /// [`Error::Protocol`], and when there are too many.
    pub async fn add_screen(&self, screen: Value) -> Result<Value, Error> {
        if self.added_screens.borrow().len() >= AT_ONCE {
            return Err(Error::message(format!("Limit of {AT_ONCE} added screens exceeded: remove one of them")));
        }
        let mut answer = self.session.send_raw("Emulation.addScreen", screen).await?;
        let added = answer["screenInfo"].take();
        self.added_screens.borrow_mut().extend(added["id"].as_str().map(str::to_owned));
        Ok(added)
    }

    /// Takes a screen away that was added.
    ///
    /// # Errors
    /// [`Error::Protocol`], and for a screen that was not added.
    pub async fn remove_screen(&self, id: &str) -> Result<(), Error> {
        if self.screens().await?.as_array().into_iter().flatten().any(|screen| screen["id"] == id)
            && !self.added_screens.borrow().iter().any(|added| added == id)
        {
            let sentence = "browser.removeScreen() is available to jobs for screens that they have added";
            return Err(Error::message(sentence));
        }
        self.session.send_raw("Emulation.removeScreen", json!({"screenId": id})).await?;
        self.added_screens.borrow_mut().retain(|added| added != id);
        Ok(())
    }

    /// Takes away what the job has added.
    pub(super) async fn remove_added_screens(&self) -> Result<(), Error> {
        for id in self.added_screens.take() {
            self.session.send_raw("Emulation.removeScreen", json!({"screenId": id})).await?;
        }
        Ok(())
    }
}
