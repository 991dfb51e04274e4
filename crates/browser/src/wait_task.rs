//! Waits for something to become true in a page: asked again by animation frame, DOM change or interval, inside the
//! page; asked anew in every document that comes.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::element_handle::ElementHandle;
use crate::error::{Awaited, Error};
use crate::frame::Frame;
use crate::js_handle::JSHandle;
use crate::promise::within;
use crate::remote_object::{Argument, PageFunction};
use crate::selector::{Selector, find_with};
use crate::world::World;

/// When the page asks again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Polling {
    /// At every animation frame.
    Raf,
    /// At every change of the document.
    Mutation,
    /// Every so many milliseconds.
    Interval(f64),
}

impl Polling {
    /// Reads Puppeteer's `polling` option.
    ///
    /// # Errors
    /// With Puppeteer's sentence for anything but `"raf"`, `"mutation"` and positive numbers.
    pub fn parse(value: &Value) -> Result<Self, Error> {
        match value {
            Value::Null => Ok(Self::Raf),
            Value::String(name) if name == "raf" => Ok(Self::Raf),
            Value::String(name) if name == "mutation" => Ok(Self::Mutation),
            Value::String(name) => Err(Error::message(format!("Unknown polling option: {name}"))),
            Value::Number(number) => match number.as_f64() {
                Some(interval) if interval > 0.0 => Ok(Self::Interval(interval)),
                _ => Err(Error::message(format!("Cannot poll with non-positive interval: {number}"))),
            },
            other => Err(Error::message(format!("Unknown polling options: {other}"))),
        }
    }

    fn argument(self) -> Value {
        match self {
            Self::Raf => "raf".into(),
            Self::Mutation => "mutation".into(),
            Self::Interval(interval) => json!(interval),
        }
    }
}

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

/// Asks `predicate` until its value is truthy. Pages that took their observer away are asked by animation frame.
/// `signal` says that nobody waits any more, where no timeout does.
const POLL: &str = "async (predicate, polling, timeout, signal, ...args) => {
  let expired = false;
  const expire = timeout ? setTimeout(() => expired = true, timeout) : 0;
  const isOver = () => expired || !!signal && signal.stopped;
  try {
    const first = await predicate(...args);
    if (first)
      return first;
    if (polling === 'mutation' && typeof MutationObserver === 'function') {
      return await new Promise((found, failed) => {
        const observer = new MutationObserver(async () => {
          try {
            const value = isOver() ? undefined : await predicate(...args);
            if (!value && !isOver())
              return;
            observer.disconnect();
            found(value);
          } catch (error) {
            observer.disconnect();
            failed(error);
          }
        });
        observer.observe(document, {childList: true, subtree: true, attributes: true});
      });
    }
    const pause = typeof polling === 'number'
      ? again => setTimeout(again, polling)
      : again => requestAnimationFrame(again);
    while (!isOver()) {
      await new Promise(pause);
      const value = await predicate(...args);
      if (value)
        return value;
    }
  } finally {
    clearTimeout(expire);
  }
}";

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
    found.map_err(|error| Error::WaitFailed { what, error: Box::new(error) })
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
    let is_seen = options.visible || options.hidden;
    let by_changes = if is_seen { Polling::Raf } else { Polling::Mutation };
    let world = frame.utility_world();
    let handlers = world.query_handlers();
    let (find, name, polling) = match (sought, Selector::parse(name, &handlers)) {
        (Sought::XPath, _) => (BY_XPATH.to_owned(), name.into(), by_changes),
        (Sought::Selector, Ok(Selector::Css(css))) => (BY_SELECTOR.to_owned(), css.into(), by_changes),
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
    let is_modern = frame.page()?.dialect().is_modern();
    let check = format!("({CHECK})(({find})({given}, name), visible, hidden, {is_modern})");
    let function = format!("(name, visible, hidden, root) => {check}");
    if is_modern {
        // Newer Puppeteers first look at a page when all that the script says in the same breath has been said.
        world.evaluate(PageFunction::own("() => {}"), Vec::new()).await?;
    }
    let function = PageFunction::Function(function.into());
    let handle = wait_for_function(world, &function, what, polling, timeout, arguments).await?;
    in_main_world(frame, &handle).await
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
    refuse_detached(world).await?;
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
                Err(error) if root.is_some() || !error.is_context_lost() => return Err(error),
                Ok(None) | Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    let expired = || Err(Error::WaitTimeout { what: what.clone(), timeout });
    within(timeout, asking).await.unwrap_or_else(expired)
}

/// A frame that is gone before the wait begins says so in the words of every other call.
async fn refuse_detached(world: &World) -> Result<(), Error> {
    if world.is_detached() { world.context().await.map(drop) } else { Ok(()) }
}

/// Waits until the function's value is truthy.
pub(crate) async fn wait_for_function(
    world: &Rc<World>,
    function: &PageFunction,
    what: &Awaited,
    polling: Polling,
    timeout: f64,
    arguments: Vec<Argument>,
) -> Result<Rc<JSHandle>, Error> {
    refuse_detached(world).await?;
    let asked = match function {
        PageFunction::Expression(text) => format!("() => (\n{text}\n)"),
        PageFunction::Function(text) => text.to_string(),
    };
    // The predicate is written where it sees none of the poller's names, and no string is compiled in the page, so that
    // a content security policy does not matter.
    let poll = format!("(...$) => ({POLL})(({asked}\n), ...$)");
    let poll = Poll { source: poll, polling, timeout, arguments };
    let detached = async {
        world.changed().until(|| world.is_detached().then_some(())).await;
        Err(Error::WaitingFrameDetached)
    };
    let found = async {
        loop {
            if let Some(handle) = ask_one_document(world, &poll).await? {
                return Ok(handle);
            }
        }
    };
    let wait = async {
        tokio::select! {
            biased;
            error = detached => error,
            result = found => result,
        }
    };
    let expired = || Err(Error::WaitTimeout { what: what.clone(), timeout });
    within(timeout, wait).await.unwrap_or_else(expired)
}

struct Poll {
    source: String,
    polling: Polling,
    timeout: f64,
    arguments: Vec<Argument>,
}

/// An object of the page. Who drops it stops the poll that was given it.
struct Signal(Rc<JSHandle>);

impl Drop for Signal {
    fn drop(&mut self) {
        if let Some(id) = &self.0.remote_object().object_id {
            let stop = json!({"functionDeclaration": "function() { this.stopped = true; }", "objectId": id});
            self.0.session().post("Runtime.callFunctionOn", stop);
            self.0.release();
        }
    }
}

/// `None` when the document went away, or its own timer expired a moment before ours.
async fn ask_one_document(world: &Rc<World>, poll: &Poll) -> Result<Option<Rc<JSHandle>>, Error> {
    let context = match world.context().await {
        Err(Error::FrameDetached { .. }) => return Err(Error::WaitingFrameDetached),
        context => context?,
    };
    let generation = world.generation();
    let asking = async {
        // A poll that has a timeout ends by it, whoever waits.
        let signal = if poll.timeout != 0.0 {
            None
        } else {
            Some(Signal(context.evaluate_handle(PageFunction::own("() => ({})"), Vec::new()).await?))
        };
        let mut arguments = vec![Argument::Json(poll.polling.argument()), Argument::Json(json!(poll.timeout))];
        arguments
            .push(signal.as_ref().map_or(Argument::Json(Value::Null), |signal| Argument::Handle(signal.0.clone())));
        arguments.extend(poll.arguments.iter().cloned());
        context.evaluate_handle(PageFunction::Function(poll.source.clone().into()), arguments).await
    };
    let replaced = world.changed().until(|| (world.generation() != generation).then_some(()));
    let outcome = tokio::select! {
        biased;
        outcome = asking => outcome,
        () = replaced => return Ok(None),
    };
    match outcome {
        Ok(handle) => Ok(handle.is_truthy().then_some(handle)),
        Err(error) if error.is_context_lost() => {
            // The answer may come before the event that takes the context away.
            world.changed().until(|| (world.generation() != generation || world.is_detached()).then_some(())).await;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
