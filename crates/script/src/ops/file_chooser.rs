//! Ops of FileChooser.

use std::rc::Rc;

use ::browser::file_chooser::FileChooser;
use rquickjs as js;

use super::local_files;
use super::registry::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("file_chooser_is_multiple", |_, (chooser,): (Rc<FileChooser>,)| Ok(chooser.is_multiple()))?;
    ops.future("file_chooser_accept", |scope, (chooser, paths): (Rc<FileChooser>, Vec<String>)| async move {
        let paths = local_files::uploads(&scope, "fileChooser.accept", &paths)?;
        Ok(chooser.accept(paths).await?)
    })?;
    ops.future("file_chooser_cancel", |_, (chooser,): (Rc<FileChooser>,)| async move { Ok(chooser.cancel().await?) })
}
