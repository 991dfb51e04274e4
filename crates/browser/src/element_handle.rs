//! An element of a page: where it is, whether it can be clicked, and acting on it as a user does.

use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::error::{Error, ProtocolError};
use crate::frame::Frame;
use crate::geometry::{self, BoxModel, Point, Quad, Rect};
use crate::input::{ClickOptions, PressOptions};
use crate::js_handle::JSHandle;
use crate::page::Page;
use crate::remote_object::{Argument, EvaluationResult, PageFunction};
use crate::session::Session;
use crate::wait_task::{self, WaitForOptions};

/// Puppeteer's `ElementHandle`: a [`JSHandle`] that is a node. Clones are the same handle.
#[derive(Clone, Debug)]
pub struct ElementHandle(Rc<JSHandle>);

/// Waits for the observer's first word on how much of the element is in view. The observer speaks with the next frame,
/// so it is not asked when layout alone tells that all of the element is: the box lies in the viewport and nothing
/// around it can cut it. A document that has painted nothing yet needs the frame all the same, because Chromium drops
/// input before the first one.
const SCROLL_INTO_VIEW: &str = "async (element, scriptsRun) => {
  if (!element.isConnected)
    return 'Node is detached from document';
  if (element.nodeType !== Node.ELEMENT_NODE)
    return 'Node is not of type HTMLElement';
  const toCenter = () => element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
  if (!scriptsRun) {
    toCenter();
    return false;
  }
  const cuts = style => style.overflowX !== 'visible' || style.overflowY !== 'visible' || style.clipPath !== 'none' ||
      style.clip !== 'auto' || style.contain !== 'none' || style.contentVisibility !== 'visible';
  const isPlainlyInView = () => {
    if (window !== window.top || visualViewport.scale !== 1 || !performance.getEntriesByType('paint').length)
      return false;
    const root = document.documentElement;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || box.left < 0 || box.top < 0 ||
        box.right > Math.min(innerWidth, root.clientWidth) || box.bottom > Math.min(innerHeight, root.clientHeight))
      return false;
    const above = node => node.assignedSlot || node.parentNode || node.host;
    for (let node = above(element); node !== document; node = above(node)) {
      if (node instanceof Element && cuts(getComputedStyle(node)))
        return false;
    }
    return true;
  };
  try {
    if (isPlainlyInView())
      return false;
  } catch {
    // A page may have replaced what is used above.
  }
  const inView = await new Promise(seen => {
    const observer = new IntersectionObserver(entries => {
      seen(entries[0].intersectionRatio);
      observer.disconnect();
    });
    observer.observe(element);
  });
  if (inView !== 1)
    toCenter();
  return false;
}";

const INTERSECTS: &str = "async (element, threshold) => {
  const inView = await new Promise(seen => {
    const observer = new IntersectionObserver(entries => {
      seen(entries[0].intersectionRatio);
      observer.disconnect();
    });
    observer.observe(element);
  });
  return threshold === 1 ? inView === 1 : inView > threshold;
}";

const SELECT: &str = "(element, values) => {
  if (element.nodeName.toLowerCase() !== 'select')
    throw new Error('Element is not a <select> element.');
  const options = [...element.options];
  element.value = undefined;
  for (const option of options) {
    option.selected = values.includes(option.value);
    if (option.selected && !element.multiple)
      break;
  }
  for (const name of ['input', 'change'])
    element.dispatchEvent(new Event(name, {bubbles: true}));
  return options.filter(option => option.selected).map(option => option.value);
}";

/// As newer Puppeteers choose: where one option can be selected, none leaves the first.
const SELECT_ANEW: &str = "(element, values) => {
  if (!(element instanceof HTMLSelectElement))
    throw new Error('Element is not a <select> element.');
  const options = [...element.options];
  const wanted = new Set(values);
  let chosen = options.filter(option => wanted.has(option.value));
  if (!element.multiple)
    chosen = chosen.slice(0, 1);
  for (const option of options)
    option.selected = element.multiple && wanted.has(option.value);
  for (const option of chosen)
    option.selected = true;
  for (const name of ['input', 'change'])
    element.dispatchEvent(new Event(name, {bubbles: true}));
  return [...new Set(chosen.map(option => option.value))];
}";

impl ElementHandle {
    pub(crate) fn new(handle: Rc<JSHandle>) -> Self {
        Self(handle)
    }

    /// Returns the handle itself; the same `Rc` for the same element handle.
    pub fn handle(&self) -> &Rc<JSHandle> {
        &self.0
    }

    /// Returns the session that the element's commands go through.
    pub fn session(&self) -> &Rc<Session> {
        self.0.session()
    }

    /// CDP's id of the node's object.
    pub fn object_id(&self) -> Option<&str> {
        self.0.remote_object().object_id.as_deref()
    }

    /// Returns the frame whose document holds the element.
    ///
    /// # Errors
    /// When the frame is gone.
    pub fn frame(&self) -> Result<Rc<Frame>, Error> {
        self.0.execution_context().frame().ok_or(Error::TargetClosed)
    }

    /// Returns the page that holds the element.
    ///
    /// # Errors
    /// When the page is gone.
    pub fn page(&self) -> Result<Rc<Page>, Error> {
        self.frame()?.page()
    }

    async fn call(&self, method: &'static str) -> Result<Value, Error> {
        Ok(self.session().send_raw(method, json!({"objectId": self.object_id()})).await?)
    }

    /// Finds the frame inside an `iframe` element.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn content_frame(&self) -> Result<Option<Rc<Frame>>, Error> {
        let node = self.call("DOM.describeNode").await?;
        let Some(id) = node["node"]["frameId"].as_str() else { return Ok(None) };
        Ok(self.page()?.frame_manager().frame(id))
    }

    /// Scrolls only when some of the element is out of view.
    ///
    /// # Errors
    /// When the node is not an element or no longer in the document.
    pub async fn scroll_into_view_if_needed(&self) -> Result<(), Error> {
        let scripts_run = Argument::Json(self.page()?.is_java_script_enabled().into());
        match self.0.evaluate(PageFunction::own(SCROLL_INTO_VIEW), vec![scripts_run]).await? {
            EvaluationResult::Json(Value::String(reason)) => Err(Error::message(reason)),
            _ => Ok(()),
        }
    }

    /// Finds the middle of the element's first visible piece, or what is `from_corner` away from its upper left corner; in the
    /// main frame's viewport.
    ///
    /// # Errors
    /// [`Error::NotVisible`].
    pub async fn clickable_point(&self, from_corner: Option<Point>) -> Result<Point, Error> {
        let quads = self.call("DOM.getContentQuads");
        let metrics = self.session().send_raw("Page.getLayoutMetrics", json!({}));
        let (quads, metrics) = futures::join!(quads, metrics);
        let (Ok(quads), metrics) = (quads, metrics?) else { return Err(Error::NotVisible) };
        let of_css = metrics.get("cssLayoutViewport").filter(|viewport| viewport.is_object());
        let viewport = of_css.unwrap_or(&metrics["layoutViewport"]);
        let size = |name: &str| viewport[name].as_f64().unwrap_or_default();
        let quads = quads["quads"].as_array().into_iter().flatten().filter_map(quad);
        let piece =
            geometry::clickable_quad(quads, size("clientWidth"), size("clientHeight")).ok_or(Error::NotVisible)?;
        let point = match from_corner {
            Some(distance) => piece.bounds().moved(distance).corner(),
            None => piece.middle(),
        };
        let offset = self.frame()?.offset_in_page().await?;
        Ok(Point { x: point.x + offset.x, y: point.y + offset.y })
    }

    /// Moves the mouse over the element's middle.
    ///
    /// # Errors
    /// [`Error::NotVisible`], or when the element is gone.
    pub async fn hover(&self) -> Result<(), Error> {
        self.scroll_into_view_if_needed().await?;
        let point = self.clickable_point(None).await?;
        self.page()?.mouse().move_to(point.x, point.y, 1).await
    }

    /// Clicks the element's middle, or where `options.offset` says.
    ///
    /// # Errors
    /// As [`hover`](Self::hover).
    pub async fn click(&self, options: ClickOptions) -> Result<(), Error> {
        self.scroll_into_view_if_needed().await?;
        let point = self.clickable_point(options.offset).await?;
        self.page()?.mouse().click(point.x, point.y, options).await
    }

    /// Touches the element's middle.
    ///
    /// # Errors
    /// As [`hover`](Self::hover).
    pub async fn tap(&self) -> Result<(), Error> {
        self.scroll_into_view_if_needed().await?;
        let point = self.clickable_point(None).await?;
        let page = self.page()?;
        page.touchscreen().tap(point.x, point.y, page.dialect()).await
    }

    /// Chooses options of a `<select>` by value; returns the values of those that are selected then.
    ///
    /// # Errors
    /// [`Error::Evaluation`] when the element is no `<select>`.
    pub async fn select(&self, values: Vec<String>) -> Result<Vec<String>, Error> {
        let is_modern = self.frame()?.page()?.dialect().is_modern();
        let choose = PageFunction::own(if is_modern { SELECT_ANEW } else { SELECT });
        let result = self.0.evaluate(choose, vec![Argument::Json(values.into())]).await?;
        Ok(serde_json::from_value(result.into_json()).unwrap_or_default())
    }

    /// Gives a file input these files of the browser's machine.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the element is not a file input.
    pub async fn upload_file<P: AsRef<Path>>(&self, files: &[P]) -> Result<(), Error> {
        let files: Vec<String> = files
            .iter()
            .map(|file| std::path::absolute(file).unwrap_or_else(|_| file.as_ref().to_owned()).display().to_string())
            .collect();
        let arguments = json!({"objectId": self.object_id(), "files": files});
        self.session().send_raw("DOM.setFileInputFiles", arguments).await?;
        Ok(())
    }

    /// Fills in a form as Chromium does with what a user has stored: a `card` or an `address`, in
    /// [CDP's form](https://chromedevtools.github.io/devtools-protocol/tot/Autofill/#method-trigger).
    ///
    /// # Errors
    /// [`Error::Protocol`], and that a Chromium which is a headless shell cannot.
    pub async fn autofill(&self, card: Option<Value>, address: Option<Value>) -> Result<(), Error> {
        let mut arguments = json!({"fieldId": self.backend_node_id().await?, "frameId": self.frame()?.id()});
        for (name, value) in [("card", card), ("address", address)] {
            if let Some(value) = value {
                arguments[name] = value;
            }
        }
        match self.session().send_raw("Autofill.trigger", arguments).await {
            Err(ProtocolError::Refused { message, .. }) if message.ends_with("wasn't found") => Err(Error::message(
                "elementHandle.autofill() is not available: chromium-headless-shell cannot fill in forms by itself, chromium can",
            )),
            filled => Ok(filled.map(drop)?),
        }
    }

    /// Gives the element the keyboard.
    ///
    /// # Errors
    /// As [`ExecutionContext::evaluate`](crate::execution_context::ExecutionContext::evaluate).
    pub async fn focus(&self) -> Result<(), Error> {
        self.0.evaluate(PageFunction::own("element => element.focus()"), Vec::new()).await.map(drop)
    }

    /// Focuses the element and types, waiting `delay` milliseconds after each key.
    ///
    /// # Errors
    /// As [`focus`](Self::focus).
    pub async fn type_text(&self, text: &str, delay: Option<f64>) -> Result<(), Error> {
        self.focus().await?;
        self.page()?.keyboard().type_text(text, delay).await
    }

    /// Focuses the element and presses a key.
    ///
    /// # Errors
    /// For a key that the US layout lacks.
    pub async fn press(&self, key: &str, options: PressOptions) -> Result<(), Error> {
        self.focus().await?;
        self.page()?.keyboard().press(key, options).await
    }

    /// Measures the upright rectangle around the border box; `None` when the element is not rendered.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn bounding_box(&self) -> Result<Option<Rect>, Error> {
        Ok(self.box_model().await?.map(|model| model.border.bounds()))
    }

    /// Measures all four boxes; `None` when the element is not rendered.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn box_model(&self) -> Result<Option<BoxModel>, Error> {
        let Ok(answer) = self.call("DOM.getBoxModel").await else { return Ok(None) };
        let offset = self.frame()?.offset_in_page().await?;
        let model =
            serde_json::from_value(answer["model"].clone()).ok().and_then(|model| BoxModel::from_protocol(&model));
        Ok(model.map(|model| model.moved(offset)))
    }

    /// Waits for an element below this one; `None` when its absence was waited for.
    ///
    /// # Errors
    /// As [`Frame::wait_for_selector`].
    pub async fn wait_for_selector(
        &self,
        selector: &str,
        options: WaitForOptions,
    ) -> Result<Option<ElementHandle>, Error> {
        wait_task::wait_for_node(&*self.frame()?, Some(self), wait_task::Sought::Selector, selector, options).await
    }

    /// CDP's id of the node in the browser, whatever session asks.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn backend_node_id(&self) -> Result<Value, Error> {
        let mut node = self.call("DOM.describeNode").await?;
        Ok(node["node"]["backendNodeId"].take())
    }

    /// Asks whether more than that share of the element is in view; 1 means all of it.
    ///
    /// # Errors
    /// As [`ExecutionContext::evaluate`](crate::execution_context::ExecutionContext::evaluate).
    pub async fn is_intersecting_viewport(&self, threshold: f64) -> Result<bool, Error> {
        let result = self.0.evaluate(PageFunction::own(INTERSECTS), vec![Argument::from_number(threshold)]).await?;
        Ok(result == EvaluationResult::Json(Value::Bool(true)))
    }
}

fn quad(numbers: &Value) -> Option<Quad> {
    let numbers: Vec<f64> = numbers.as_array()?.iter().filter_map(Value::as_f64).collect();
    Quad::from_numbers(&numbers)
}
