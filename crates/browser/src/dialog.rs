//! Puppeteer's `Dialog`: an `alert`, `confirm`, `prompt` or `beforeunload` that waits for an answer.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use chromiumoxide::cdp::browser_protocol::page::HandleJavaScriptDialogParams;

use crate::error::Error;
use crate::session::Session;

/// An open dialog. The page stands still until somebody accepts or dismisses it.
#[derive(Debug)]
pub struct Dialog {
    session: Rc<Session>,
    kind: String,
    message: String,
    default_value: String,
    handled: Cell<bool>,
}

impl Dialog {
    /// A dialog as `Page.javascriptDialogOpening` tells of it.
    pub fn new(session: Rc<Session>, kind: String, message: String, default_value: String) -> Rc<Self> {
        Rc::new(Self { session, kind, message, default_value, handled: Cell::new(false) })
    }

    /// `alert`, `beforeunload`, `confirm` or `prompt`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns what it says.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what a prompt holds at first; empty for the others.
    pub fn default_value(&self) -> &str {
        &self.default_value
    }

    /// Tells whether it was accepted or dismissed.
    pub fn is_handled(&self) -> bool {
        self.handled.get()
    }

    /// Says yes; a prompt returns `prompt_text`.
    ///
    /// # Errors
    /// [`Error::DialogHandled`] the second time, and what the protocol refuses.
    pub fn accept(&self, prompt_text: Option<String>) -> impl Future<Output = Result<(), Error>> + use<> {
        self.handle("accept", true, prompt_text)
    }

    /// Says no.
    ///
    /// # Errors
    /// [`Error::DialogHandled`] the second time, and what the protocol refuses.
    pub fn dismiss(&self) -> impl Future<Output = Result<(), Error>> + use<> {
        self.handle("dismiss", false, None)
    }

    fn handle(
        &self,
        verb: &'static str,
        accept: bool,
        prompt_text: Option<String>,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let answer = (!self.handled.replace(true)).then(|| {
            let mut command = HandleJavaScriptDialogParams::new(accept);
            command.prompt_text = prompt_text;
            self.session.send(command)
        });
        async move {
            answer.ok_or(Error::DialogHandled(verb))?.await?;
            Ok(())
        }
    }
}
