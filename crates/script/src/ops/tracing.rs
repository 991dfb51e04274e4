//! Ops of Tracing.

use std::rc::Rc;

use ::browser::tracing::{Tracing, TracingOptions};
use rquickjs as js;

use super::local_files;
use super::registry::Registry;
use crate::value::Bytes;

type Start = (Rc<Tracing>, Option<String>, bool, Option<Vec<String>>, Option<f64>);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("tracing_start", |scope, (tracing, path, screenshots, categories, buffer_size): Start| async move {
        local_files::place(&scope, "tracing.start", path.as_deref())?;
        Ok(tracing.start(TracingOptions { screenshots, categories, buffer_size }).await?)
    })?;
    ops.future("tracing_stop", |scope, (tracing, path): (Rc<Tracing>, Option<String>)| async move {
        let place = local_files::place(&scope, "tracing.start", path.as_deref())?;
        let trace = tracing.stop().await?;
        local_files::write(&scope, place, &trace).await?;
        Ok(Bytes(trace))
    })
}
