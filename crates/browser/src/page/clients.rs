//! What a script sees of the sessions that the model itself works with.

use std::rc::Rc;

use super::Page;
use crate::cdp_session::CDPSession;
use crate::error::Error;
use crate::frame::Frame;
use crate::session::Session;

impl Page {
    /// Returns the script's view of one of the page's sessions, always the same one.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn client_of(&self, session: &Rc<Session>) -> Result<Rc<CDPSession>, Error> {
        let known = self.clients.borrow().iter().find(|client| client.is_over(session)).cloned();
        if let Some(client) = known {
            return Ok(client);
        }
        let client = CDPSession::over(session.clone(), self.target.clone(), &self.browser()?);
        self.clients.borrow_mut().push(client.clone());
        Ok(client)
    }
}

impl Frame {
    /// Returns the session that the frame's commands go through.
    ///
    /// # Errors
    /// When the page or the browser is gone.
    pub fn client(&self) -> Result<Rc<CDPSession>, Error> {
        self.page()?.client_of(&self.session())
    }
}
