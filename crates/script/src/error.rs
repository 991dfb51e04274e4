//! What ops answer instead of a value.

use std::rc::Rc;

use rquickjs as js;

/// An error that a script sees as an instance of one of its error classes.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{class}: {message}")]
pub struct OpError {
    /// The name of the error's class in JavaScript: `Error`, `TypeError`, `TimeoutError` …; see `js/core/errors.js`.
    pub class: &'static str,
    /// The text that the script's author reads.
    pub message: String,
    /// The engine holds the thrown value already.
    pub(crate) thrown: bool,
    /// The object model's error that it is, which has words for each Puppeteer.
    pub(crate) model: Option<Rc<::browser::Error>>,
}

impl OpError {
    /// An `Error`.
    pub fn error(message: impl Into<String>) -> Self {
        Self::of_class("Error", message)
    }

    /// A `TypeError`.
    pub fn type_error(message: impl Into<String>) -> Self {
        Self::of_class("TypeError", message)
    }

    /// An error of any class that `js/core/errors.js` knows.
    pub fn of_class(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), thrown: false, model: None }
    }
}

/// What the engine threw while a value crossed (a getter's error, an interruption) stays pending in it.
impl From<js::Error> for OpError {
    fn from(error: js::Error) -> Self {
        let thrown = matches!(error, js::Error::Exception);
        Self { thrown, ..Self::type_error(error.to_string()) }
    }
}
