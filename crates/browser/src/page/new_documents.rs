//! What runs first in each new document: a script's own sources, and functions of the job that pages may call.

use std::rc::Rc;

use serde_json::json;

use super::Page;
use crate::binding;
use crate::error::Error;
use crate::remote_object::PageFunction;

/// What runs first in each new document.
#[derive(Clone, Debug)]
pub(super) struct InitScript {
    /// The page's own session knows it by this.
    identifier: String,
    pub(super) source: String,
}

impl Page {
    /// Runs `source` first in every new document of every frame; answers the name by which it is taken away.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn evaluate_on_new_document(&self, source: &str) -> Result<String, Error> {
        let added = self.session.send_raw("Page.addScriptToEvaluateOnNewDocument", json!({"source": source})).await?;
        let identifier = added["identifier"].as_str().unwrap_or_default().to_owned();
        let script = InitScript { identifier: identifier.clone(), source: source.to_owned() };
        self.init_scripts.borrow_mut().push(script);
        Ok(identifier)
    }

    /// Takes a script away. A frame that lives in a process of its own keeps it for as long as it does.
    ///
    /// # Errors
    /// [`Error::Protocol`] when there is none of that name.
    pub async fn remove_script_to_evaluate_on_new_document(&self, identifier: &str) -> Result<(), Error> {
        let arguments = json!({"identifier": identifier});
        self.session.send_raw("Page.removeScriptToEvaluateOnNewDocument", arguments).await?;
        self.init_scripts.borrow_mut().retain(|script| script.identifier != identifier);
        Ok(())
    }

    /// Takes an exposed function away, from the documents that are there, too.
    ///
    /// # Errors
    /// When there is none of that name, and [`Error::Protocol`].
    pub async fn remove_binding(&self, name: &str) -> Result<(), Error> {
        if !self.bindings.borrow_mut().remove(name) {
            return Err(Error::message(format!("Function with name \"{name}\" does not exist")));
        }
        self.session.send_raw("Runtime.removeBinding", json!({"name": name})).await?;
        let expression = binding::install_expression(name);
        let known = self.init_scripts.borrow().iter().find(|script| script.source == expression).cloned();
        if let Some(script) = known {
            self.remove_script_to_evaluate_on_new_document(&script.identifier).await?;
        }
        let taken = self.frames().into_iter().map(|frame| async move {
            if frame.main_world().has_context() {
                let remove = PageFunction::own("name => { delete globalThis[name]; }");
                let _ = frame.evaluate(remove, vec![name.into()]).await;
            }
        });
        futures::future::join_all(taken).await;
        Ok(())
    }

    /// Makes `window[name]` a function whose calls come as `PageEvent::BindingCalled`.
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
        kept.map(drop)
    }
}
