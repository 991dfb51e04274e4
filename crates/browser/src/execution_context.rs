//! One JavaScript realm of a page, frame, isolated world or worker, and the one way to run code in it.

use std::rc::{Rc, Weak};

use serde_json::{Map, Value, json};

use crate::error::{Error, ProtocolError};
use crate::exception::{EVALUATION_SCRIPT_URL, Exception};
use crate::frame::Frame;
use crate::js_handle::{ElementHandle, JSHandle};
use crate::remote_object::{Argument, EvaluationResult, PageFunction, RemoteObject};
use crate::session::Session;
use crate::world::World;

/// Puppeteer's `ExecutionContext`.
#[derive(Debug)]
pub struct ExecutionContext {
    session: Rc<Session>,
    id: i64,
    /// Empty for workers and for worlds that are not ours.
    world: Weak<World>,
    /// Where a worker's script came from; `None` for frames.
    worker_url: Option<String>,
}

/// Where the result of an evaluation is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Return {
    Value,
    Handle,
}

impl ExecutionContext {
    pub(crate) fn new(session: Rc<Session>, id: i64, world: Weak<World>) -> Rc<Self> {
        Rc::new(Self { session, id, world, worker_url: None })
    }

    pub(crate) fn of_worker(session: Rc<Session>, id: i64, url: String) -> Rc<Self> {
        Rc::new(Self { session, id, world: Weak::new(), worker_url: Some(url) })
    }

    /// Returns the session that the context's commands go through.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// CDP's id of the context.
    pub fn id(&self) -> i64 {
        self.id
    }

    pub(crate) fn world(&self) -> Option<Rc<World>> {
        self.world.upgrade()
    }

    /// Returns the frame that the context belongs to; `None` for workers.
    pub fn frame(&self) -> Option<Rc<Frame>> {
        self.world.upgrade()?.frame()
    }

    /// Runs code and brings the value over; what cannot be brought over is `undefined`.
    ///
    /// # Errors
    /// [`Error::Evaluation`] when the code throws, [`Error::ContextDestroyed`] when a navigation comes between.
    pub async fn evaluate(
        self: &Rc<Self>,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<EvaluationResult, Error> {
        match self.run(function, arguments, Return::Value).await {
            Ok(object) => object.into_result(),
            Err(Error::Protocol(error)) if cannot_be_carried(&error) => Ok(EvaluationResult::Undefined),
            Err(error) => Err(error),
        }
    }

    /// Runs code and keeps the value in the page.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub async fn evaluate_handle(
        self: &Rc<Self>,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<Rc<JSHandle>, Error> {
        let object = self.run(function, arguments, Return::Handle).await?;
        Ok(JSHandle::new(self.clone(), object))
    }

    async fn run(
        &self,
        function: PageFunction,
        arguments: Vec<Argument>,
        wanted: Return,
    ) -> Result<RemoteObject, Error> {
        let by_value = wanted == Return::Value;
        let answer = match function {
            PageFunction::Expression(text) => self.session.send_raw(
                "Runtime.evaluate",
                json!({
                    "expression": with_source_url(text),
                    "contextId": self.id,
                    "returnByValue": by_value,
                    "awaitPromise": true,
                    "userGesture": true,
                }),
            ),
            PageFunction::Function(text) => self.session.send_raw(
                "Runtime.callFunctionOn",
                json!({
                    "functionDeclaration": format!("{text}\n//# sourceURL={EVALUATION_SCRIPT_URL}\n"),
                    "executionContextId": self.id,
                    "arguments": self.call_arguments(arguments)?,
                    "returnByValue": by_value,
                    "awaitPromise": true,
                    "userGesture": true,
                }),
            ),
        };
        let mut answer = answer.await.map_err(|error| self.rewrite(error))?;
        if let Some(details) = answer.get("exceptionDetails").filter(|details| details.is_object()) {
            return Err(Error::Evaluation(Box::new(Exception::new(details))));
        }
        RemoteObject::from_value(answer["result"].take())
    }

    /// Puppeteer says that a navigation is to blame where the program navigates; where the page does so itself, the
    /// protocol's own words stay.
    fn rewrite(&self, error: ProtocolError) -> Error {
        if let (ProtocolError::SessionClosed { .. }, Some(url)) = (&error, &self.worker_url) {
            return Error::RealmGone { url: url.clone(), error: Box::new(error.into()) };
        }
        let ProtocolError::Refused { message, .. } = &error else { return error.into() };
        let navigates = || {
            let manager = self.frame().and_then(|frame| frame.manager().ok());
            manager.is_some_and(|manager| manager.waiting_navigations() > 0)
        };
        let lost = message.ends_with("Cannot find context with specified id")
            || message.ends_with("Execution context was destroyed.") && navigates();
        let error = if lost { Error::ContextDestroyed } else { error.into() };
        match self.world().filter(|world| lost && world.is_detached()).and_then(|world| world.frame()) {
            Some(frame) => Error::RealmGone { url: frame.url(), error: Box::new(error) },
            None => error,
        }
    }

    fn call_arguments(&self, arguments: Vec<Argument>) -> Result<Vec<Value>, Error> {
        arguments
            .into_iter()
            .map(|argument| {
                Ok(match argument {
                    Argument::Json(value) => one_field("value", value),
                    Argument::Undefined => Value::Object(Map::new()),
                    Argument::Unserializable(text) => one_field("unserializableValue", text.into_owned().into()),
                    Argument::Handle(handle) => {
                        if !std::ptr::eq(Rc::as_ptr(handle.execution_context()), self) {
                            return Err(Error::ForeignHandle);
                        }
                        handle.call_argument()?
                    }
                })
            })
            .collect()
    }

    /// Finds all objects of the heap that have this prototype, as a handle to an array.
    ///
    /// # Errors
    /// For a disposed handle or one to a primitive value.
    pub async fn query_objects(self: &Rc<Self>, prototype: &Rc<JSHandle>) -> Result<Rc<JSHandle>, Error> {
        if prototype.is_disposed() {
            return Err(Error::message("Prototype JSHandle is disposed!"));
        }
        let Some(id) = &prototype.remote_object().object_id else {
            return Err(Error::message("Prototype JSHandle must not be referencing primitive value"));
        };
        let mut answer = self.session.send_raw("Runtime.queryObjects", json!({"prototypeObjectId": id})).await?;
        Ok(JSHandle::new(self.clone(), RemoteObject::from_value(answer["objects"].take())?))
    }

    /// Takes the same node, as a handle of this context.
    pub(crate) async fn adopt(self: &Rc<Self>, element: &ElementHandle) -> Result<ElementHandle, Error> {
        self.adopt_backend_node(&element.backend_node_id().await?).await
    }

    /// Takes the node of that CDP backend id, as a handle of this context.
    pub(crate) async fn adopt_backend_node(self: &Rc<Self>, backend_node_id: &Value) -> Result<ElementHandle, Error> {
        let mut answer = self
            .session
            .send_raw("DOM.resolveNode", json!({"backendNodeId": backend_node_id, "executionContextId": self.id}))
            .await?;
        let handle = JSHandle::new(self.clone(), RemoteObject::from_value(answer["object"].take())?);
        handle.as_element().ok_or_else(|| Error::message("the node is no element of this document"))
    }
}

fn one_field(name: &str, value: Value) -> Value {
    let mut fields = Map::with_capacity(1);
    fields.insert(name.to_owned(), value);
    Value::Object(fields)
}

/// Tells whether Chromium says that a value cannot be told as JSON.
pub(crate) fn cannot_be_carried(error: &ProtocolError) -> bool {
    matches!(error, ProtocolError::Refused { message, .. }
        if message.contains("Object reference chain is too long") || message.contains("Object couldn't be returned by value"))
}

/// Keeps a name that the code gives itself by a `sourceURL` comment on a line of its own.
fn with_source_url(text: String) -> String {
    let names_itself = text.contains(" sourceURL=")
        && text.lines().any(|line| {
            let line = line.trim_start_matches([' ', '\t']);
            line.strip_prefix("//# sourceURL=")
                .or_else(|| line.strip_prefix("//@ sourceURL="))
                .is_some_and(|name| name.split_whitespace().count() <= 1)
        });
    if names_itself { text } else { format!("{text}\n//# sourceURL={EVALUATION_SCRIPT_URL}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_the_name_it_gives_itself() {
        let named = "1;\n  //# sourceURL=mine.js".to_owned();
        assert_eq!(with_source_url(named.clone()), named);
        assert!(with_source_url("'//# sourceURL=x'".to_owned()).ends_with(EVALUATION_SCRIPT_URL));
    }
}
