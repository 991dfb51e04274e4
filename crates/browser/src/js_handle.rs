//! A value that stays in the page, and the element that it may be.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::error::Error;
use crate::execution_context::{ExecutionContext, cannot_be_carried};
use crate::remote_object::{Argument, EvaluationResult, PageFunction, RemoteObject};
use crate::session::Session;

pub use crate::element_handle::ElementHandle;

/// Puppeteer's `JSHandle`. Chromium keeps the value until [`dispose`](Self::dispose) or the end of the document.
pub struct JSHandle {
    context: Rc<ExecutionContext>,
    object: RemoteObject,
    disposed: Cell<bool>,
}

impl JSHandle {
    pub(crate) fn new(context: Rc<ExecutionContext>, object: RemoteObject) -> Rc<Self> {
        Rc::new(Self { context, object, disposed: Cell::new(false) })
    }

    /// Returns where the value lives; the only context that takes it as an argument.
    pub fn execution_context(&self) -> &Rc<ExecutionContext> {
        &self.context
    }

    /// Returns what CDP said about the value.
    pub fn remote_object(&self) -> &RemoteObject {
        &self.object
    }

    /// Tells whether the value counts as true in JavaScript.
    pub(crate) fn is_truthy(&self) -> bool {
        let object = self.remote_object();
        object.object_id.is_some() || object.clone().into_result().is_ok_and(|value| value.is_truthy())
    }

    /// Returns the session that the handle's commands go through.
    pub fn session(&self) -> &Rc<Session> {
        self.context.session()
    }

    /// Runs a function with the value as its first argument.
    ///
    /// # Errors
    /// As [`ExecutionContext::evaluate`].
    pub async fn evaluate(
        self: &Rc<Self>,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<EvaluationResult, Error> {
        self.context.evaluate(function, self.first_of(arguments)).await
    }

    /// Like [`evaluate`](Self::evaluate), and keeps the result in the page.
    ///
    /// # Errors
    /// As [`ExecutionContext::evaluate`].
    pub async fn evaluate_handle(
        self: &Rc<Self>,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<Rc<JSHandle>, Error> {
        self.context.evaluate_handle(function, self.first_of(arguments)).await
    }

    fn first_of(self: &Rc<Self>, mut arguments: Vec<Argument>) -> Vec<Argument> {
        arguments.insert(0, Argument::Handle(self.clone()));
        arguments
    }

    /// One property, own or inherited.
    ///
    /// # Errors
    /// As [`ExecutionContext::evaluate`], for example when reading `null`'s property.
    pub async fn get_property(self: &Rc<Self>, name: &str) -> Result<Option<Rc<JSHandle>>, Error> {
        let pick =
            "(object, name) => { const holder = {__proto__: null}; holder[name] = object[name]; return holder; }";
        let holder = self.evaluate_handle(PageFunction::own(pick), vec![name.into()]).await?;
        let properties = holder.get_properties().await;
        holder.release();
        Ok(properties?.into_iter().find(|(key, _)| key == name).map(|(_, value)| value))
    }

    /// Reads the own enumerable properties, in the object's order.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn get_properties(&self) -> Result<Vec<(String, Rc<JSHandle>)>, Error> {
        let arguments = json!({"objectId": self.object.object_id, "ownProperties": true});
        let mut answer = self.session().send_raw("Runtime.getProperties", arguments).await?;
        let Value::Array(properties) = answer["result"].take() else { return Ok(Vec::new()) };
        let mut handles = Vec::with_capacity(properties.len());
        for mut property in properties {
            if property["enumerable"] != true || property["value"].is_null() {
                continue;
            }
            let name = property["name"].as_str().unwrap_or_default().to_owned();
            handles
                .push((name, JSHandle::new(self.context.clone(), RemoteObject::from_value(property["value"].take())?)));
        }
        Ok(handles)
    }

    /// Reads the value as JSON can carry it.
    ///
    /// # Errors
    /// [`Error::Protocol`] for circular and other objects that JSON cannot carry.
    pub async fn json_value(&self) -> Result<EvaluationResult, Error> {
        let Some(id) = &self.object.object_id else { return self.object.clone().into_result() };
        if self.is_disposed() && self.is_modern() {
            return Err(Error::DisposedHandle);
        }
        let arguments = json!({
            "functionDeclaration": "function() { return this; }",
            "objectId": id,
            "returnByValue": true,
            "awaitPromise": true,
        });
        let mut answer = match self.session().send_raw("Runtime.callFunctionOn", arguments).await {
            Err(error) if self.is_modern() && cannot_be_carried(&error) => {
                return Err(Error::message("Could not serialize referenced object"));
            }
            answer => answer?,
        };
        RemoteObject::from_value(answer["result"].take())?.into_result()
    }

    /// Lets Chromium forget the value. The handle is unusable from the call on.
    pub async fn dispose(&self) {
        if self.disposed.replace(true) {
            return;
        }
        if let Some(id) = &self.object.object_id {
            // The page may be gone, and the value with it.
            let _ = self.session().send_raw("Runtime.releaseObject", json!({"objectId": id})).await;
        }
    }

    /// Like [`dispose`](Self::dispose), without waiting for Chromium.
    pub fn release(&self) {
        if self.disposed.replace(true) {
            return;
        }
        if let Some(id) = &self.object.object_id {
            self.session().post("Runtime.releaseObject", json!({"objectId": id}));
        }
    }

    /// Tells whether the handle was disposed of.
    pub fn is_disposed(&self) -> bool {
        self.disposed.get()
    }

    /// Whether the page's script is written for a newer Puppeteer.
    fn is_modern(&self) -> bool {
        let page = self.context.frame().and_then(|frame| frame.page().ok());
        page.is_some_and(|page| page.dialect().is_modern())
    }

    /// Tells whether it is a node of a page, that is, an [`ElementHandle`].
    pub fn is_element(&self) -> bool {
        self.object.subtype.as_deref() == Some("node") && self.context.world().is_some()
    }

    /// Returns the same handle as an element.
    pub fn as_element(self: &Rc<Self>) -> Option<ElementHandle> {
        self.is_element().then(|| ElementHandle::new(self.clone()))
    }

    /// Puppeteer's `toString()`: `JSHandle@object`, `JSHandle:1`.
    pub fn to_text(&self) -> String {
        if self.object.object_id.is_some() {
            return format!("JSHandle@{}", self.object.subtype.as_ref().unwrap_or(&self.object.r#type));
        }
        format!("JSHandle:{}", self.value_text())
    }

    /// A primitive value as text.
    pub(crate) fn value_text(&self) -> String {
        self.object.clone().into_result().map(|value| value.to_text()).unwrap_or_default()
    }

    pub(crate) fn call_argument(&self) -> Result<Value, Error> {
        if self.disposed.get() {
            return Err(Error::DisposedHandle);
        }
        Ok(if let Some(text) = &self.object.unserializable_value {
            json!({"unserializableValue": text})
        } else if let Some(id) = &self.object.object_id {
            json!({"objectId": id})
        } else if self.object.r#type == "undefined" {
            json!({})
        } else {
            json!({"value": self.object.value})
        })
    }
}

impl fmt::Debug for JSHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}
