//! What runs first in each new document: a script's own sources, and functions of the job that pages may call.

use std::rc::Rc;

use serde_json::json;

use super::Page;
use crate::binding;
use crate::error::Error;
use crate::remote_object::PageFunction;

impl Page {
    /// Runs `source` first in every new document of every frame.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn evaluate_on_new_document(&self, source: &str) -> Result<(), Error> {
        self.session.send_raw("Page.addScriptToEvaluateOnNewDocument", json!({"source": source})).await?;
        self.init_scripts.borrow_mut().push(source.to_owned());
        Ok(())
    }

    /// Makes `window[name]` a function whose calls come as [`PageEvent::BindingCalled`].
    ///
    /// # Errors
    /// When there is one of that name already.
    pub async fn expose_binding(&self, name: &str) -> Result<(), Error> {
        if !self.bindings.borrow_mut().insert(name.to_owned()) {
            let sentence = format!("Failed to add page binding with name {name}: window['{name}'] already exists!");
            return Err(Error::message(sentence));
        }
        let expression = binding::install_expression(name);
        let added = self.session.send_raw("Runtime.addBinding", json!({"name": name}));
        let frames = self.frames();
        for frame in &frames {
            let session = frame.session();
            if !Rc::ptr_eq(&session, &self.session) {
                session.post("Runtime.addBinding", json!({"name": name}));
            }
        }
        let kept = self.evaluate_on_new_document(&expression);
        let installed = frames.iter().map(|frame| {
            // A frame between two documents gets it with the new one.
            let frame = frame.clone();
            let expression = expression.clone();
            async move {
                if frame.main_world().has_context() {
                    let _ = frame.evaluate(PageFunction::Expression(expression), Vec::new()).await;
                }
            }
        });
        let (added, kept, _) = futures::join!(added, kept, futures::future::join_all(installed));
        added?;
        kept
    }
}
