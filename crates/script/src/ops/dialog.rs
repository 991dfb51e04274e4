//! Ops of Dialog.

use std::rc::Rc;

use ::browser::dialog::Dialog;
use rquickjs as js;

use super::registry::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("dialog_type", |_, (dialog,): (Rc<Dialog>,)| Ok(dialog.kind().to_owned()))?;
    ops.sync("dialog_message", |_, (dialog,): (Rc<Dialog>,)| Ok(dialog.message().to_owned()))?;
    ops.sync("dialog_default_value", |_, (dialog,): (Rc<Dialog>,)| Ok(dialog.default_value().to_owned()))?;
    ops.sync("dialog_handled", |_, (dialog,): (Rc<Dialog>,)| Ok(dialog.is_handled()))?;
    ops.future("dialog_accept", |_, (dialog, text): (Rc<Dialog>, Option<String>)| {
        let accepted = dialog.accept(text);
        async move { Ok(accepted.await?) }
    })?;
    ops.future("dialog_dismiss", |_, (dialog,): (Rc<Dialog>,)| {
        let dismissed = dialog.dismiss();
        async move { Ok(dismissed.await?) }
    })
}
