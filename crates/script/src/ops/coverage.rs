//! Ops of Coverage.

use std::rc::Rc;

use ::browser::coverage::{Coverage, CoverageEntry, CssCoverageOptions, JsCoverageOptions};
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future(
        "coverage_start_js",
        |_, (coverage, reset_on_navigation, report_anonymous_scripts): (Rc<Coverage>, bool, bool)| async move {
            let options = JsCoverageOptions { reset_on_navigation, report_anonymous_scripts };
            Ok(coverage.start_js_coverage(options).await?)
        },
    )?;
    ops.future("coverage_stop_js", |_, (coverage,): (Rc<Coverage>,)| async move {
        entries(&coverage.stop_js_coverage().await?)
    })?;
    ops.future("coverage_start_css", |_, (coverage, reset_on_navigation): (Rc<Coverage>, bool)| async move {
        Ok(coverage.start_css_coverage(CssCoverageOptions { reset_on_navigation }).await?)
    })?;
    ops.future("coverage_stop_css", |_, (coverage,): (Rc<Coverage>,)| async move {
        entries(&coverage.stop_css_coverage().await?)
    })
}

fn entries(entries: &[CoverageEntry]) -> Result<serde_json::Value, OpError> {
    serde_json::to_value(entries).map_err(|error| OpError::error(error.to_string()))
}
