//! Functions of the script that pages can call: the page's side of them, and one call.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::remote_object::Argument;
use crate::session::Session;

/// Puts a function in place of Chromium's binding that returns a promise and numbers its calls.
const INSTALL: &str = "name => {
  const send = window[name];
  if (typeof send !== 'function' || send.callbacks)
    return;
  const exposed = (...args) => {
    const seq = ++exposed.lastSeq;
    const outcome = new Promise((resolve, reject) => exposed.callbacks.set(seq, {resolve, reject}));
    send(JSON.stringify({name, seq, args}));
    return outcome;
  };
  exposed.callbacks = new Map();
  exposed.lastSeq = 0;
  window[name] = exposed;
}";

/// Settles one of the promises: `how` is `resolve` or `reject`.
const SETTLE: &str = "(name, seq, how, value) => {
  const callbacks = window[name] && window[name].callbacks;
  const callback = callbacks && callbacks.get(seq);
  if (!callback)
    return;
  callbacks.delete(seq);
  callback[how](value);
}";

/// Returns the expression that makes `window[name]` callable.
pub(crate) fn install_expression(name: &str) -> String {
    format!("({INSTALL})({})", Value::from(name))
}

/// What [`INSTALL`] sends. The arguments may be nested deeper than can be read.
#[derive(Deserialize)]
struct Payload<'a> {
    name: String,
    seq: Value,
    #[serde(borrow)]
    args: &'a RawValue,
}

/// The page called an exposed function and awaits the outcome.
#[derive(Debug)]
pub struct BindingCall {
    session: Rc<Session>,
    context_id: i64,
    name: String,
    seq: Value,
    args: Vec<Value>,
}

impl BindingCall {
    /// Reads what the page sent; `None` when a page called Chromium's own binding with something else. Arguments that are
    /// nested too deeply reject the page's promise.
    pub(crate) fn read(session: &Rc<Session>, params: &Value) -> Option<Rc<Self>> {
        let payload = json_text::without_lone_surrogates(params["payload"].as_str()?);
        let Payload { name, seq, args } = serde_json::from_str(&payload).ok()?;
        let context_id = params["executionContextId"].as_i64()?;
        let mut call = Self { session: session.clone(), context_id, name, seq, args: Vec::new() };
        match serde_json::from_str(args.get()) {
            Ok(args) => call.args = args,
            Err(error) => {
                call.reject_error(&format!("The arguments of {} cannot be read: {error}", call.name), "");
                return None;
            }
        }
        Some(Rc::new(call))
    }

    /// Returns which function was called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// With what.
    pub fn args(&self) -> &[Value] {
        &self.args
    }

    fn settle(&self, how: &str, value: &str) {
        let expression = format!("({SETTLE})({}, {}, '{how}', {value})", Value::from(self.name.as_str()), self.seq);
        self.session.post("Runtime.evaluate", json!({"expression": expression, "contextId": self.context_id}));
    }

    /// The function returned; `None` is `undefined`.
    pub fn resolve(&self, value: Option<&Value>) {
        self.settle("resolve", &value.map_or("undefined".to_owned(), Value::to_string));
    }

    /// The function returned a number, of those that JSON has not, too.
    pub fn resolve_number(&self, number: f64) {
        self.settle("resolve", &Argument::from_number(number).as_expression().unwrap_or_default());
    }

    /// The function threw an error.
    pub fn reject_error(&self, message: &str, stack: &str) {
        let (message, stack) = (Value::from(message), Value::from(stack));
        self.settle("reject", &format!("Object.assign(new Error({message}), {{stack: {stack}}})"));
    }

    /// The function threw something else; `None` is `undefined`.
    pub fn reject_value(&self, value: Option<&Value>) {
        self.settle("reject", &value.map_or("undefined".to_owned(), Value::to_string));
    }
}
