//! Ops of CDPSession.

use std::rc::Rc;

use ::browser::cdp_session::CDPSession;
use rquickjs as js;

use super::model::json;
use super::registry::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("cdp_session_id", |_, (session,): (Rc<CDPSession>,)| Ok(session.id().to_owned()))?;
    ops.sync("cdp_session_detached", |_, (session,): (Rc<CDPSession>,)| Ok(session.is_detached()))?;
    ops.future("cdp_session_send", |_, (session, method, params): (Rc<CDPSession>, String, String)| async move {
        let params = json(&params)?;
        Ok(session.send(method, params).await?)
    })?;
    ops.future("cdp_session_detach", |_, (session,): (Rc<CDPSession>,)| async move { Ok(session.detach().await?) })
}
