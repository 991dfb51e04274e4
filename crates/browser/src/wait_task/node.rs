//! Waits for a node: by selector or XPath, until it is there, can be seen, or is gone.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::{Polling, refuse_detached, wait_for_function};
use crate::element_handle::ElementHandle;
use crate::error::{Awaited, Error};
use crate::frame::Frame;
use crate::js_handle::JSHandle;
use crate::promise::within;
use crate::remote_object::{Argument, PageFunction};
use crate::selector::{Selector, find_with, has_pseudo_class};

/// What to wait for in a node.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WaitForOptions {
    /// Until it can be seen.
    pub visible: bool,
    /// Until it cannot be seen, or is not there.
    pub hidden: bool,
    /// In milliseconds; 0 for no limit, `None` for the page's default.
    pub timeout: Option<f64>,
}

/// How a node is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sought {
    Selector,
    XPath,
}

const BY_SELECTOR: &str = "(root, name) => root.querySelector(name)";
const BY_XPATH: &str =
    "(root, name) => root.evaluate(name, root, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue";

/// What the node is good for: the node itself when it is what was waited for, `true` when its absence was.
const CHECK: &str = "(node, visible, hidden, modern) => {
  if (!node)
    return hidden;
  if (!visible && !hidden)
    return node;
  const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  const style = window.getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const hasBox = modern ? !!box.width && !!box.height : !!(box.top || box.bottom || box.width || box.height);
  const isInvisible = style && (style.visibility === 'hidden' || modern && style.visibility === 'collapse');
  const isVisible = !!style && !isInvisible && hasBox;
  return visible === isVisible || hidden === !isVisible ? node : null;
}";

/// How long the model pauses before it asks again for what the page cannot be asked for.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits for a node below `root`, or in the frame's document, and gives it to the frame's main world.
pub(crate) async fn wait_for_node(
    frame: &Frame,
    root: Option<&ElementHandle>,
    sought: Sought,
    name: &str,
    options: WaitForOptions,
) -> Result<Option<ElementHandle>, Error> {
    let kind = if sought == Sought::XPath { "XPath" } else { "selector" };
    let what = Awaited::Node { kind, name: name.to_owned(), hidden: options.hidden };
    let found = find_node(frame, root, sought, &what, name, options).await;
    found.map_err(|error| match error {
        // Newer Puppeteers refuse the call, before there is a wait that could fail.
        Error::FrameDetached { .. } if frame.utility_world().is_gone() && is_modern(frame) => error,
        _ => Error::WaitFailed { what, error: Box::new(error) },
    })
}

fn is_modern(frame: &Frame) -> bool {
    frame.page().is_ok_and(|page| page.dialect().is_modern())
}

async fn find_node(
    frame: &Frame,
    root: Option<&ElementHandle>,
    sought: Sought,
    what: &Awaited,
    name: &str,
    options: WaitForOptions,
) -> Result<Option<ElementHandle>, Error> {
    let timeout = options.timeout.unwrap_or(frame.manager()?.timeouts().any());
    let is_modern = frame.page()?.dialect().is_modern();
    let is_seen = options.visible || options.hidden;
    let by_changes = if is_seen { Polling::Raf } else { Polling::Mutation };
    let world = frame.utility_world();
    let handlers = world.query_handlers();
    let (find, name, polling) = match (sought, Selector::parse(name, &handlers)) {
        (Sought::XPath, _) => (BY_XPATH.to_owned(), name.into(), by_changes),
        (Sought::Selector, Ok(Selector::Css(css))) => {
            let by_frames = is_modern && has_pseudo_class(css);
            (BY_SELECTOR.to_owned(), css.into(), if by_frames { Polling::Raf } else { by_changes })
        }
        (Sought::Selector, Ok(Selector::Steps(alternatives))) => match Selector::for_page(&alternatives) {
            // Changes in shadow trees are not told to who observes the document.
            Some(steps) => {
                let find = find_with(&handlers, &alternatives, true);
                (format!("(root, steps) => ({find})(root, steps)[0]"), Argument::Json(steps), Polling::Raf)
            }
            None => return wait_by_asking(frame, root, name, what, timeout, options).await,
        },
        (Sought::Selector, Err(error)) => return Err(error),
    };
    let mut arguments = vec![name, Argument::Json(options.visible.into()), Argument::Json(options.hidden.into())];
    let given = match root {
        Some(root) => {
            arguments.push(Argument::Handle(world.context().await?.adopt(root).await?.handle().clone()));
            "root"
        }
        None => "document",
    };
    let check = format!("({CHECK})(({find})({given}, name), visible, hidden, {is_modern})");
    let function = format!("(name, visible, hidden, root) => {check}");
    if is_modern {
        // Newer Puppeteers first look at a page when all that the script says in the same breath has been said.
        // A document that goes away meanwhile is what such a wait is there for.
        match world.evaluate(PageFunction::own("() => {}"), Vec::new()).await {
            Err(error) if !error.is_document_lost() => return Err(error),
            _ => {}
        }
    }
    let function = PageFunction::Function(function.into());
    let started = Instant::now();
    let mut left = timeout;
    loop {
        let generation = world.generation();
        let handle = match wait_for_function(world, &function, what, polling, left, arguments.clone()).await {
            Err(Error::WaitTimeout { what, .. }) => return Err(Error::WaitTimeout { what, timeout }),
            handle => handle?,
        };
        let error = match in_main_world(frame, &handle).await {
            Err(error) if root.is_none() && error.is_document_lost() => error,
            outcome => return outcome,
        };
        // The page has left with the node in hand: the document that comes may have such a node, too.
        tokio::time::sleep(PAUSE).await;
        if world.generation() == generation && world.has_context() {
            return Err(error);
        }
        if timeout != 0.0 {
            let spent = started.elapsed().as_secs_f64() * 1000.0;
            // 0 would be no limit at all.
            left = if timeout > spent { timeout - spent } else { -1.0 };
        }
    }
}

async fn in_main_world(frame: &Frame, handle: &Rc<JSHandle>) -> Result<Option<ElementHandle>, Error> {
    let Some(element) = handle.as_element() else {
        handle.release();
        return Ok(None);
    };
    let adopted = frame.main_world().context().await?.adopt(&element).await;
    handle.release();
    adopted.map(Some)
}

/// Asks for the node again and again: names and roles are not known to the page itself.
async fn wait_by_asking(
    frame: &Frame,
    root: Option<&ElementHandle>,
    selector: &str,
    what: &Awaited,
    timeout: f64,
    options: WaitForOptions,
) -> Result<Option<ElementHandle>, Error> {
    let world = frame.utility_world();
    refuse_detached(world)?;
    let root = match root {
        Some(root) => Some(world.context().await?.adopt(root).await?),
        None => None,
    };
    let ask = async || {
        let root = match &root {
            Some(root) => root.clone(),
            None => world.document().await?,
        };
        let node = root.query_selector(selector).await?;
        let argument =
            node.as_ref().map_or(Argument::Json(Value::Null), |node| Argument::Handle(node.handle().clone()));
        let mut arguments =
            vec![argument, Argument::Json(options.visible.into()), Argument::Json(options.hidden.into())];
        arguments.push(Argument::Json(frame.page()?.dialect().is_modern().into()));
        let handle = world.evaluate_handle(PageFunction::own(CHECK), arguments).await?;
        if let Some(node) = node {
            node.handle().release();
        }
        let is_good =
            handle.remote_object().object_id.is_some() || handle.remote_object().value == Some(Value::Bool(true));
        let found = if is_good { Some(in_main_world(frame, &handle).await?) } else { None };
        Ok(found)
    };
    let asking = async {
        loop {
            match ask().await {
                Ok(Some(found)) => return Ok(found),
                Err(Error::FrameDetached { .. }) => return Err(Error::WaitingFrameDetached),
                // An element does not outlive its document.
                Err(error) if root.is_some() || !error.is_document_lost() => return Err(error),
                Ok(None) | Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    let expired = || Err(Error::WaitTimeout { what: what.clone(), timeout });
    within(timeout, asking).await.unwrap_or_else(expired)
}
