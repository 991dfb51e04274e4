//! What a frame's document says.

use serde_json::Value;

use super::Frame;
use crate::error::Error;
use crate::remote_object::{EvaluationResult, PageFunction};

/// What Puppeteer 1.20 takes for the content: doctype and root.
const CONTENT: &str = "() => {
  const doctype = document.doctype ? new XMLSerializer().serializeToString(document.doctype) : '';
  return doctype + (document.documentElement ? document.documentElement.outerHTML : '');
}";

/// The same with the comments around the root, as newer Puppeteers have it.
const WHOLE_CONTENT: &str = "() => {
  const text = node => node === document.documentElement ? node.outerHTML : new XMLSerializer().serializeToString(node);
  let content = '';
  for (const node of document.childNodes)
    content += text(node);
  return content;
}";

impl Frame {
    /// Reads the document as HTML, with its doctype; for newer Puppeteers with the comments before and after the root, too.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub async fn content(&self) -> Result<String, Error> {
        let whole = self.page().is_ok_and(|page| page.dialect().is_modern());
        let read = if whole { WHOLE_CONTENT } else { CONTENT };
        text(self.utility_world.evaluate(PageFunction::own(read), Vec::new()).await?)
    }

    /// Reads the document's title.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub async fn title(&self) -> Result<String, Error> {
        text(self.utility_world.evaluate(PageFunction::own("() => document.title"), Vec::new()).await?)
    }
}

fn text(result: EvaluationResult) -> Result<String, Error> {
    match result {
        EvaluationResult::Json(Value::String(text)) => Ok(text),
        other => Ok(other.to_text()),
    }
}
