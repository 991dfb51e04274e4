//! Adding scripts and styles to a document.

use std::path::PathBuf;

use crate::element_handle::ElementHandle;
use crate::error::Error;
use crate::frame::Frame;
use crate::remote_object::{Argument, PageFunction};

/// Where the text of a script or style comes from: the first of these that is given.
#[derive(Clone, Debug, Default)]
pub struct Tag {
    /// An address that the page loads.
    pub url: Option<String>,
    /// A file of this machine.
    pub path: Option<PathBuf>,
    /// The text itself.
    pub content: Option<String>,
    /// A script's `type`, for example `module`.
    pub kind: Option<String>,
    /// A script's `id`.
    pub id: Option<String>,
}

const SCRIPT_URL: &str = "async (url, type, id) => {
  const script = document.createElement('script');
  if (id)
    script.id = id;
  script.src = url;
  if (type)
    script.type = type;
  const loaded = new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
  });
  document.head.appendChild(script);
  await loaded;
  return script;
}";

const SCRIPT_TEXT: &str = "(text, type, id) => {
  const script = document.createElement('script');
  if (id)
    script.id = id;
  script.type = type || 'text/javascript';
  script.text = text;
  let failure = null;
  script.onerror = event => failure = event;
  document.head.appendChild(script);
  if (failure)
    throw failure;
  return script;
}";

const STYLE_URL: &str = "async url => {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = url;
  const loaded = new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = reject;
  });
  document.head.appendChild(link);
  await loaded;
  return link;
}";

const STYLE_TEXT: &str = "async text => {
  const style = document.createElement('style');
  style.type = 'text/css';
  style.appendChild(document.createTextNode(text));
  const loaded = new Promise((resolve, reject) => {
    style.onload = resolve;
    style.onerror = reject;
  });
  document.head.appendChild(style);
  await loaded;
  return style;
}";

impl Frame {
    /// Adds a `<script>` and waits until it has run.
    ///
    /// # Errors
    /// When it cannot be loaded, or nothing is given.
    pub async fn add_script_tag(&self, tag: Tag) -> Result<ElementHandle, Error> {
        let kind = Argument::Json(tag.kind.as_deref().unwrap_or_default().into());
        let id = Argument::Json(tag.id.as_deref().unwrap_or_default().into());
        if let Some(url) = &tag.url {
            let added = self.add(SCRIPT_URL, vec![url.as_str().into(), kind, id]).await;
            return added.map_err(|_| Error::TagNotLoaded { kind: "script", url: url.clone() });
        }
        let text = text_of(tag, |path| format!("//# sourceURL={path}")).await?;
        self.add(SCRIPT_TEXT, vec![text.as_str().into(), kind, id]).await
    }

    /// Adds a `<style>` or a `<link>` and waits until it is loaded.
    ///
    /// # Errors
    /// When it cannot be loaded, or nothing is given.
    pub async fn add_style_tag(&self, tag: Tag) -> Result<ElementHandle, Error> {
        if let Some(url) = &tag.url {
            let added = self.add(STYLE_URL, vec![url.as_str().into()]).await;
            return added.map_err(|_| Error::TagNotLoaded { kind: "style", url: url.clone() });
        }
        let text = text_of(tag, |path| format!("/*# sourceURL={path}*/")).await?;
        let added = self.add(STYLE_TEXT, vec![text.as_str().into()]).await;
        added.map_err(|error| match error {
            // The page's policy refuses it. An event is all that 1.20 has to say of that.
            Error::Evaluation(_) if self.page().is_ok_and(|page| page.dialect().is_modern()) => {
                Error::TagNotLoaded { kind: "style", url: String::new() }
            }
            _ => error,
        })
    }

    async fn add(&self, function: &'static str, arguments: Vec<Argument>) -> Result<ElementHandle, Error> {
        let handle = self.evaluate_handle(PageFunction::own(function), arguments).await?;
        handle.as_element().ok_or(Error::ContextDestroyed)
    }
}

async fn text_of(tag: Tag, name: impl Fn(String) -> String) -> Result<String, Error> {
    if let Some(path) = tag.path {
        let read = tokio::fs::read_to_string(&path).await;
        let text = read.map_err(|error| Error::local_file(&error, &path.display().to_string()))?;
        return Ok(text + &name(path.display().to_string().replace('\n', "")));
    }
    tag.content.ok_or(Error::NoTagSource)
}
