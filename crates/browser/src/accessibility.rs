//! Puppeteer's `Accessibility`: the page as a screen reader tells it. Roles are Chromium's own words; `tree.rs` says
//! which nodes a snapshot has.

mod node;
mod tree;

use std::rc::{Rc, Weak};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

use crate::error::Error;
use crate::frame::Frame;
use crate::js_handle::ElementHandle;
use crate::page::Page;
use node::AxNode;
use tree::Tree;

/// What a snapshot shows ([Puppeteer](https://pptr.dev/api/puppeteer.snapshotoptions)).
#[derive(Clone, Debug)]
pub struct SnapshotOptions {
    /// Whether nodes that say nothing are left out.
    pub interesting_only: bool,
    /// The top of the tree that is shown; the whole page when not given.
    pub root: Option<ElementHandle>,
    /// Whether the documents of iframes are shown, too.
    pub iframes: bool,
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        Self { interesting_only: true, root: None, iframes: false }
    }
}

/// One page's [accessibility tree](https://pptr.dev/api/puppeteer.accessibility).
#[derive(Debug)]
pub struct Accessibility {
    page: Weak<Page>,
}

impl Accessibility {
    pub(crate) fn new(page: Weak<Page>) -> Rc<Self> {
        Rc::new(Self { page })
    }

    fn page(&self) -> Result<Rc<Page>, Error> {
        self.page.upgrade().ok_or(Error::TargetClosed)
    }

    /// Reads the tree, by
    /// [`Accessibility.getFullAXTree`](https://chromedevtools.github.io/devtools-protocol/tot/Accessibility/#method-getFullAXTree),
    /// as nested objects with `role`, `name`, …, `children`, and `backendNodeId` and `frameId` by which a node's
    /// element is found. `None` when the root is not in the tree.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn snapshot(&self, options: SnapshotOptions) -> Result<Option<Value>, Error> {
        let page = self.page()?;
        let root = match &options.root {
            Some(element) => element.backend_node_id().await?.as_i64(),
            None => None,
        };
        let frame = match &options.root {
            Some(element) => element.frame()?,
            None => page.main_frame().clone(),
        };
        of_frame(frame, root, options).await
    }

    /// Finds the element of a node that a snapshot told of.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn element(&self, backend_node_id: f64, frame_id: Option<&str>) -> Result<Option<ElementHandle>, Error> {
        let page = self.page()?;
        let frame = frame_id.and_then(|id| page.frame_manager().frame(id));
        let frame = frame.unwrap_or_else(|| page.main_frame().clone());
        let context = frame.execution_context().await?;
        context.adopt_backend_node(&json!(backend_node_id)).await.map(Some)
    }
}

/// The tree of one frame's document, and of those in it.
fn of_frame(
    frame: Rc<Frame>,
    root: Option<i64>,
    options: SnapshotOptions,
) -> LocalBoxFuture<'static, Result<Option<Value>, Error>> {
    async move {
        let arguments = json!({"frameId": frame.id()});
        let mut answer = frame.session().send_raw("Accessibility.getFullAXTree", arguments).await?;
        let nodes: Vec<AxNode> = serde_json::from_value(answer["nodes"].take())
            .map_err(|error| Error::message(format!("unreadable accessibility tree: {error}")))?;
        let mut tree = Tree::new(nodes, frame.page()?.dialect());
        if options.iframes {
            for child in frame.child_frames() {
                let owner = frame.session().send_raw("DOM.getFrameOwner", json!({"frameId": child.id()})).await;
                // A frame may go away meanwhile.
                let Some(owner) = owner.ok().and_then(|owner| owner["backendNodeId"].as_i64()) else { continue };
                let inner = SnapshotOptions { root: None, ..options.clone() };
                if let Ok(Some(snapshot)) = of_frame(child, None, inner).await {
                    tree.documents.insert(owner, snapshot);
                }
            }
        }
        tree.frame_id = frame.id();
        Ok(tree.snapshot(root, options.interesting_only))
    }
    .boxed_local()
}
