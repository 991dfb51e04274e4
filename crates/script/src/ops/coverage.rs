//! Ops of Coverage.

use std::rc::Rc;

use ::browser::coverage::{Coverage, CoverageEntry, CssCoverageOptions, JsCoverageOptions};
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::value::Json;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("coverage_start_js", |_, (coverage, options): (Rc<Coverage>, Json<JsCoverageOptions>)| async move {
        Ok(coverage.start_js_coverage(options.0).await?)
    })?;
    ops.future("coverage_stop_js", |scope, (coverage,): (Rc<Coverage>,)| async move {
        entries(&coverage.stop_js_coverage(scope.dialect()).await?)
    })?;
    ops.future("coverage_start_css", |_, (coverage, reset_on_navigation): (Rc<Coverage>, bool)| async move {
        Ok(coverage.start_css_coverage(CssCoverageOptions { reset_on_navigation }).await?)
    })?;
    ops.future("coverage_stop_css", |scope, (coverage,): (Rc<Coverage>,)| async move {
        entries(&coverage.stop_css_coverage(scope.dialect()).await?)
    })
}

fn entries(entries: &[CoverageEntry]) -> Result<serde_json::Value, OpError> {
    serde_json::to_value(entries).map_err(|error| OpError::error(error.to_string()))
}
