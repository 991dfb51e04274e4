//! Waits for something to become true in a page: asked again by animation frame, DOM change or interval, inside the
//! page; asked anew in every document that comes.

mod node;

use std::rc::Rc;

use serde_json::{Value, json};

use crate::error::{Awaited, Error};
use crate::js_handle::JSHandle;
use crate::promise::within;
use crate::remote_object::{Argument, PageFunction};
use crate::world::World;
pub use node::WaitForOptions;
pub(crate) use node::{Sought, wait_for_node};

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

/// Asks `predicate` until its value is truthy. Pages that took their observer away are asked by animation frame.
/// `signal` says that nobody waits any more, where no timeout does. A script's own function may look into shadow trees, whose
/// changes the document does not tell of.
const POLL: &str = "async (predicate, polling, isDeep, timeout, signal, ...args) => {
  let expired = false;
  const expire = timeout ? setTimeout(() => expired = true, timeout) : 0;
  const isOver = () => expired || !!signal && signal.stopped;
  try {
    const first = await predicate(...args);
    if (first)
      return first;
    if (polling === 'mutation' && typeof MutationObserver === 'function') {
      return await new Promise((found, failed) => {
        const watched = new Set();
        const observer = new MutationObserver(async records => {
          try {
            if (isDeep)
              records.forEach(record => record.addedNodes.forEach(watchInside));
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
        const watch = root => {
          watched.add(root);
          observer.observe(root, {childList: true, subtree: true, attributes: true});
          if (isDeep)
            watchInside(root);
        };
        const watchInside = node => {
          const walker = document.createTreeWalker(node, NodeFilter.SHOW_ELEMENT);
          do {
            const shadow = walker.currentNode.shadowRoot;
            if (shadow && !watched.has(shadow))
              watch(shadow);
          } while (walker.nextNode());
        };
        watch(document);
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

/// A frame that is gone before the wait begins says so in the words of every other call.
fn refuse_detached(world: &World) -> Result<(), Error> {
    if world.is_gone() { Err(world.frame_detached()) } else { Ok(()) }
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
    refuse_detached(world)?;
    let asked = match function {
        PageFunction::Expression(text) => format!("() => (\n{text}\n)"),
        PageFunction::Function(text) => text.to_string(),
    };
    // The predicate is written where it sees none of the poller's names, and no string is compiled in the page, so that
    // a content security policy does not matter.
    let poll = format!("(...$) => ({POLL})(({asked}\n), ...$)");
    let is_deep = *what == Awaited::Function;
    let poll = Poll { source: poll, polling, is_deep, timeout, arguments };
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
    is_deep: bool,
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
        // A poll with a timeout ends by it, whether anybody waits or not.
        let signal = if poll.timeout != 0.0 {
            None
        } else {
            Some(Signal(context.evaluate_handle(PageFunction::own("() => ({})"), Vec::new()).await?))
        };
        let how = [poll.polling.argument(), poll.is_deep.into(), json!(poll.timeout)];
        let mut arguments: Vec<Argument> = how.into_iter().map(Argument::Json).collect();
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
