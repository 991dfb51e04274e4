//! Puppeteer's `FileChooser`: an `<input type=file>` that asks for files.

use std::cell::Cell;
use std::rc::Rc;

use chromiumoxide::cdp::browser_protocol::dom::{BackendNodeId, ResolveNodeParams, SetFileInputFilesParams};
use serde_json::json;

use crate::error::Error;
use crate::session::Session;

/// Empties a file input. `DOM.setFileInputFiles` with no files leaves it as it is and tells the page nothing.
const CLEAR: &str = "function() {
  this.files = new DataTransfer().files;
  for (const name of ['input', 'change'])
    this.dispatchEvent(new Event(name, {bubbles: true, composed: true}));
}";

/// What an input does by itself when a user closes its dialog.
const CANCEL: &str = "function() { this.dispatchEvent(new Event('cancel', {bubbles: true})); }";

/// A question for files. The page never sees a dialog; without an answer nothing happens to it.
#[derive(Debug)]
pub struct FileChooser {
    session: Rc<Session>,
    multiple: bool,
    /// `None` when the page asked through another way than an input.
    input: Option<BackendNodeId>,
    handled: Cell<bool>,
}

impl FileChooser {
    /// A chooser as `Page.fileChooserOpened` tells of it.
    pub fn new(session: Rc<Session>, multiple: bool, backend_node_id: Option<i64>) -> Rc<Self> {
        let input = backend_node_id.map(BackendNodeId::new);
        Rc::new(Self { session, multiple, input, handled: Cell::new(false) })
    }

    /// Tells whether more than one file may be given.
    pub fn is_multiple(&self) -> bool {
        self.multiple
    }

    /// Gives files, by absolute path on Chromium's machine.
    ///
    /// # Errors
    /// [`Error::FileChooserHandled`] the second time, [`Error::SingleFileInput`], and what the protocol refuses.
    pub async fn accept(&self, files: Vec<String>) -> Result<(), Error> {
        let input = self.handle("accept")?;
        if files.len() > 1 && !self.multiple {
            return Err(Error::SingleFileInput);
        }
        if files.is_empty() {
            return self.call(input, CLEAR).await;
        }
        let mut command = SetFileInputFilesParams::new(files);
        command.backend_node_id = Some(input);
        self.session.send(command).await?;
        Ok(())
    }

    /// Gives none.
    ///
    /// # Errors
    /// [`Error::FileChooserHandled`] the second time, and what the protocol refuses.
    pub async fn cancel(&self) -> Result<(), Error> {
        let input = self.handle("cancel")?;
        self.call(input, CANCEL).await
    }

    fn handle(&self, verb: &'static str) -> Result<BackendNodeId, Error> {
        if self.handled.replace(true) {
            return Err(Error::FileChooserHandled(verb));
        }
        self.input.ok_or_else(|| Error::message("the page asked for files without an <input>"))
    }

    async fn call(&self, input: BackendNodeId, function: &str) -> Result<(), Error> {
        let resolved = self.session.send(ResolveNodeParams::builder().backend_node_id(input).build()).await?;
        let Some(object_id) = resolved.object.object_id else { return Err(Error::NotVisible) };
        let call = json!({"functionDeclaration": function, "objectId": object_id, "userGesture": true});
        let called = self.session.send_raw("Runtime.callFunctionOn", call).await;
        self.session.post("Runtime.releaseObject", json!({"objectId": object_id}));
        called?;
        Ok(())
    }
}
