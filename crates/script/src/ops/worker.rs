//! Ops of Worker.

use std::rc::Rc;

use ::browser::remote_object::{Argument, PageFunction};
use ::browser::worker::Worker;
use rquickjs as js;

use super::registry::Registry;

type Evaluate = (Rc<Worker>, PageFunction, Vec<Argument>);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("worker_url", |_, (worker,): (Rc<Worker>,)| Ok(worker.url().to_owned()))?;
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
