//! A CDP session that a script opened for itself, with its events.

mod commands;
mod open_sessions;

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use serde_json::{Value, json};

use self::commands::{Reach, Refusal};
pub(crate) use self::open_sessions::OpenSessions;
use crate::browser::Browser;
use crate::error::{Error, ProtocolError};
use crate::event::Event;
use crate::session::{Session, Subscription};
use crate::target::Target;

/// Puppeteer's `CDPSession`.
#[derive(Debug)]
pub struct CDPSession {
    session: Rc<Session>,
    /// What it is attached to. The target does not know of it.
    target: Rc<Target>,
    browser: Weak<Browser>,
    subscription: RefCell<Option<Subscription>>,
}

impl CDPSession {
    /// A session that the script itself opened: it ends with the job.
    pub(crate) fn new(session: Rc<Session>, target: Rc<Target>, browser: &Rc<Browser>) -> Rc<Self> {
        browser.open_sessions().add(&session);
        Self::over(session, target, browser)
    }

    /// Returns the script's view of a session that the model works with. It ends with what it is attached to.
    pub(crate) fn over(session: Rc<Session>, target: Rc<Target>, browser: &Rc<Browser>) -> Rc<Self> {
        Rc::new_cyclic(|this: &Weak<CDPSession>| {
            let (listener, sink) = (this.clone(), browser.sink().clone());
            let subscription = session.on_event(move |event| {
                if let Some(session) = listener.upgrade() {
                    if event.method == "Tracing.tracingComplete" {
                        session.take_note_of_stream(&event.method, &event.params);
                    }
                    sink.tell(Event::CdpSession(session, event.method.clone(), event.params.clone()));
                }
            });
            Self { session, target, browser: Rc::downgrade(browser), subscription: RefCell::new(Some(subscription)) }
        })
    }

    /// CDP's id of the session.
    pub fn id(&self) -> &str {
        self.session.id().unwrap_or_default()
    }

    pub(crate) fn is_over(&self, session: &Rc<Session>) -> bool {
        Rc::ptr_eq(&self.session, session)
    }

    /// Tells whether the session has ended.
    pub fn is_detached(&self) -> bool {
        self.session.is_detached()
    }

    /// Sends a command and gives back its answer. A guarded browser takes only what stays with the job; see
    /// `cdp_session/commands.rs`.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub fn send(
        self: &Rc<Self>,
        method: String,
        mut params: Value,
    ) -> impl Future<Output = Result<Value, Error>> + use<> {
        let place =
            if self.is_answered_here(&method, &params) { Ok(None) } else { self.check(&method, &mut params).map(Some) };
        let answer = match place {
            Ok(None) => Ok((None, None)),
            Ok(Some(place)) => {
                let through = self.session_for(&method, &mut params);
                Ok((place, Some(through.send_raw(method.clone(), params.clone()))))
            }
            Err(message) => Err(ProtocolError::Refused { method: method.clone(), message }),
        };
        let this = self.clone();
        async move {
            let (_place, answer) = answer?;
            let Some(answer) = answer else { return Ok(json!({})) };
            let answer = answer.await?;
            this.take_note_of_stream(&method, &answer);
            if let ("IO.close", Some(handle), Some(browser)) =
                (method.as_str(), params["handle"].as_str(), this.browser.upgrade())
            {
                browser.open_sessions().remove_stream(&this.session, handle);
            }
            Ok(answer)
        }
    }

    /// Decides whether the command may be sent, and takes a place for the stream that it opens. A refusal is logged for the job.
    fn check(&self, method: &str, params: &mut Value) -> Result<Option<open_sessions::Place>, String> {
        let Some(browser) = self.browser.upgrade() else { return Ok(None) };
        if self.session.is_guarded() {
            self.judge(&browser, method, params)?;
        }
        commands::opens_stream(method, params).then(|| browser.open_sessions().place_for_stream()).transpose()
    }

    /// Whether the command asks for what a job has anyway: downloads into its own files.
    fn is_answered_here(&self, method: &str, params: &Value) -> bool {
        let browser = self.browser.upgrade().filter(|_| self.session.is_guarded());
        browser.is_some_and(|browser| browser.takes_download_command(method, params))
    }

    /// Which session sends the command: this one, or the browser's, which alone takes the name of a context.
    fn session_for(&self, method: &str, params: &mut Value) -> Rc<Session> {
        let Some(browser) = self.browser.upgrade().filter(|_| !self.session.is_detached()) else {
            return self.session.clone();
        };
        let default = browser.default_browser_context();
        let context = if self.is_of_browser() { &default } else { self.target.browser_context() };
        let names_context = commands::mean_context(method, params, context.id());
        if names_context { browser.session().clone() } else { self.session.clone() }
    }

    fn is_of_browser(&self) -> bool {
        self.target.target_type() == "browser"
    }

    fn judge(&self, browser: &Browser, method: &str, params: &mut Value) -> Result<(), String> {
        let of_browser = self.is_of_browser();
        let reach = Reach {
            of_browser,
            owns_context: &|id| browser.shows_context(id),
            owns_target: &|id| if of_browser { id == self.session.target_id() } else { browser.shows_target(id) },
            owns_stream: &|handle| browser.open_sessions().has_stream(&self.session, handle),
        };
        let refusal = commands::judge(method, params, &reach);
        refusal.map_err(|refusal| match refusal {
            Refusal::Machine => self.session.refuse(method, "the executor's machine"),
            Refusal::OtherJobs => self.session.refuse(method, "what is not the job's own"),
            // What Chromium does not have it says in these words.
            Refusal::Unknown => format!("'{method}' wasn't found"),
        })
    }

    fn take_note_of_stream(&self, method: &str, answer: &Value) {
        if let (Some(handle), Some(browser)) = (commands::handed_out(method, answer), self.browser.upgrade()) {
            browser.open_sessions().add_stream(&self.session, handle);
        }
    }

    /// Ends the session.
    ///
    /// # Errors
    /// [`Error::SessionDetached`] the second time.
    pub async fn detach(&self) -> Result<(), Error> {
        let Some(browser) = self.browser.upgrade().filter(|_| !self.session.is_detached()) else {
            return Err(Error::SessionDetached(self.session.target_type().to_owned()));
        };
        browser.session().send_raw("Target.detachFromTarget", json!({"sessionId": self.id()})).await?;
        self.subscription.take();
        Ok(())
    }
}
