//! Ops of SecurityDetails.

use std::rc::Rc;

use ::browser::security_details::SecurityDetails;
use rquickjs as js;

use super::registry::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("security_details_subject_name", |_, (details,): (Rc<SecurityDetails>,)| {
        Ok(details.subject_name.clone())
    })?;
    ops.sync("security_details_issuer", |_, (details,): (Rc<SecurityDetails>,)| Ok(details.issuer.clone()))?;
    ops.sync("security_details_valid_from", |_, (details,): (Rc<SecurityDetails>,)| Ok(details.valid_from))?;
    ops.sync("security_details_valid_to", |_, (details,): (Rc<SecurityDetails>,)| Ok(details.valid_to))?;
    ops.sync("security_details_subject_alternative_names", |_, (details,): (Rc<SecurityDetails>,)| {
        Ok(details.subject_alternative_names.clone())
    })?;
    ops.sync("security_details_protocol", |_, (details,): (Rc<SecurityDetails>,)| Ok(details.protocol.clone()))
}
