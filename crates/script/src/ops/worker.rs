//! Ops of Worker.

use std::rc::Rc;

use ::browser::remote_object::{Argument, PageFunction};
use ::browser::wait_task::Polling;
use ::browser::worker::Worker;
use rquickjs as js;

use super::registry::Registry;
use crate::value::Json;

type Evaluate = (Rc<Worker>, PageFunction, Vec<Argument>);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("worker_url", |_, (worker,): (Rc<Worker>,)| Ok(worker.url().to_owned()))?;
    ops.sync("worker_client", |_, (worker,): (Rc<Worker>,)| Ok(worker.client()?))?;
    ops.sync("worker_listen", |_, (worker, name, hears): (Rc<Worker>, String, bool)| {
        if name == "console" || name == "error" {
            worker.set_has_listeners(hears);
        }
        Ok(())
    })?;
    ops.future(
        "worker_wait_for_function",
        |_,
         (worker, function, polling, timeout, args): (
            Rc<Worker>,
            PageFunction,
            Json<serde_json::Value>,
            Option<f64>,
            Vec<Argument>,
        )| async move { Ok(worker.wait_for_function(function, Polling::parse(&polling.0)?, timeout, args).await?) },
    )?;
    ops.future("worker_close", |_, (worker,): (Rc<Worker>,)| async move { Ok(worker.close().await?) })?;
    ops.future("worker_execution_context", |_, (worker,): (Rc<Worker>,)| async move {
        Ok(worker.execution_context().await?)
    })?;
    ops.future("worker_evaluate", |_, (worker, function, args): Evaluate| async move {
        Ok(worker.evaluate(function, args).await?)
    })?;
    ops.future("worker_evaluate_handle", |_, (worker, function, args): Evaluate| async move {
        Ok(worker.evaluate_handle(function, args).await?)
    })
}
