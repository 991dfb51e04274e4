//! Finding nodes below a node: by selector and by XPath.

pub(crate) mod direct_call;
pub mod handlers;

use std::rc::Rc;

use serde_json::{Value, json};

use crate::element_handle::ElementHandle;
use crate::error::Error;
use crate::js_handle::JSHandle;
use crate::remote_object::{Argument, EvaluationResult, PageFunction};
use crate::selector::{FIND, Selector, Step, find_with};
use handlers::QueryHandlers;

const ONE: &str = "(root, selector) => root.querySelector(selector)";
const ALL: &str = "(root, selector) => [...root.querySelectorAll(selector)]";
const BY_PATH: &str = "(root, path) => {
  const owner = root.ownerDocument || root;
  const found = owner.evaluate(path, root, null, XPathResult.ORDERED_NODE_ITERATOR_TYPE);
  const nodes = [];
  for (let node = found.iterateNext(); node; node = found.iterateNext())
    nodes.push(node);
  return nodes;
}";
const FIRST: &str = "nodes => nodes[0] || null";
const LIST: &str = "(_, ...nodes) => nodes";

/// Roles of pieces of text, which are no elements.
const TEXT_ROLES: [&str; 2] = ["StaticText", "InlineTextBox"];

impl ElementHandle {
    /// Finds the first match below the element.
    ///
    /// # Errors
    /// [`Error::Evaluation`] for a selector that the page cannot read.
    pub async fn query_selector(&self, selector: &str) -> Result<Option<ElementHandle>, Error> {
        let handlers = self.query_handlers();
        let handle = match Selector::parse(selector, &handlers)? {
            Selector::Css(css) => self.handle().evaluate_handle(PageFunction::own(ONE), vec![css.into()]).await?,
            Selector::Steps(alternatives) => {
                let list = self.walk(&handlers, &alternatives, true).await?;
                let first = list.evaluate_handle(PageFunction::own(FIRST), Vec::new()).await;
                list.release();
                first?
            }
        };
        let element = handle.as_element();
        if element.is_none() {
            handle.release();
        }
        Ok(element)
    }

    /// Finds all matches below the element.
    ///
    /// # Errors
    /// As [`query_selector`](Self::query_selector).
    pub async fn query_selector_all(&self, selector: &str) -> Result<Vec<ElementHandle>, Error> {
        let list = self.find_all(selector).await?;
        elements_of(&list).await
    }

    /// Finds all nodes that the XPath expression finds from the element.
    ///
    /// # Errors
    /// As [`query_selector`](Self::query_selector).
    pub async fn xpath(&self, expression: &str) -> Result<Vec<ElementHandle>, Error> {
        let list = self.handle().evaluate_handle(PageFunction::own(BY_PATH), vec![expression.into()]).await?;
        elements_of(&list).await
    }

    /// Runs a function with the first match as its first argument.
    ///
    /// # Errors
    /// [`Error::NoElement`], or as [`ExecutionContext::evaluate`](crate::execution_context::ExecutionContext::evaluate).
    pub async fn eval_on_selector(
        &self,
        selector: &str,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<EvaluationResult, Error> {
        let Some(element) = self.query_selector(selector).await? else {
            return Err(Error::NoElement(selector.to_owned()));
        };
        let result = element.handle().evaluate(function, arguments).await;
        element.handle().release();
        result
    }

    /// Runs a function with the array of all matches as its first argument.
    ///
    /// # Errors
    /// As [`ExecutionContext::evaluate`](crate::execution_context::ExecutionContext::evaluate).
    pub async fn eval_on_selector_all(
        &self,
        selector: &str,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<EvaluationResult, Error> {
        let list = self.find_all(selector).await?;
        let result = list.evaluate(function, arguments).await;
        list.release();
        result
    }

    /// An array of all matches, in the page.
    async fn find_all(&self, selector: &str) -> Result<Rc<JSHandle>, Error> {
        let handlers = self.query_handlers();
        match Selector::parse(selector, &handlers)? {
            Selector::Css(css) => self.handle().evaluate_handle(PageFunction::own(ALL), vec![css.into()]).await,
            Selector::Steps(alternatives) => self.walk(&handlers, &alternatives, false).await,
        }
    }

    /// What the script has registered.
    fn query_handlers(&self) -> Rc<QueryHandlers> {
        let world = self.handle().execution_context().world();
        world.map(|world| world.query_handlers()).unwrap_or_default()
    }

    async fn walk(
        &self,
        handlers: &QueryHandlers,
        alternatives: &[Vec<Step>],
        first: bool,
    ) -> Result<Rc<JSHandle>, Error> {
        if let Some(steps) = Selector::for_page(alternatives) {
            let find = PageFunction::Function(find_with(handlers, alternatives, first));
            return self.handle().evaluate_handle(find, vec![Argument::Json(steps)]).await;
        }
        let mut found = Vec::with_capacity(alternatives.len());
        for steps in alternatives {
            found.push(self.walk_with_aria(handlers, steps).await?);
        }
        self.gather(found).await
    }

    /// Step by step: what assistive software knows has to be asked of Chromium.
    async fn walk_with_aria(&self, handlers: &QueryHandlers, steps: &[Step]) -> Result<Vec<ElementHandle>, Error> {
        let mut nodes = vec![self.clone()];
        for step in steps {
            let mut next = Vec::new();
            for node in nodes {
                next.extend(node.take_step(handlers, step).await?);
                if !Rc::ptr_eq(node.handle(), self.handle()) {
                    node.handle().release();
                }
            }
            nodes = next;
        }
        Ok(nodes)
    }

    async fn take_step(&self, handlers: &QueryHandlers, step: &Step) -> Result<Vec<ElementHandle>, Error> {
        if let Step::Aria { name, role } = step {
            return self.known_as(name.as_deref(), role.as_deref()).await;
        }
        let steps = Argument::Json(json!([[step.for_page()]]));
        let find = PageFunction::Function(find_with(handlers, &[vec![step.clone()]], false));
        elements_of(&self.handle().evaluate_handle(find, vec![steps]).await?).await
    }

    /// The elements below this one that the accessibility tree has under this name and role.
    async fn known_as(&self, name: Option<&str>, role: Option<&str>) -> Result<Vec<ElementHandle>, Error> {
        let mut arguments = json!({"objectId": self.object_id()});
        for (key, value) in [("accessibleName", name), ("role", role)] {
            if let Some(value) = value {
                arguments[key] = value.into();
            }
        }
        let answer = self.session().send_raw("Accessibility.queryAXTree", arguments).await?;
        let context = self.handle().execution_context();
        let is_element = |node: &&Value| {
            let is_text = node["role"]["value"].as_str().is_some_and(|role| TEXT_ROLES.contains(&role));
            !is_text && node["ignored"] != Value::Bool(true)
        };
        let nodes = answer["nodes"].as_array().into_iter().flatten().filter(is_element);
        let adopted = nodes.map(|node| context.adopt_backend_node(&node["backendDOMNodeId"]));
        futures::future::try_join_all(adopted).await
    }

    /// The elements, in document order and each once, as an array of the page.
    async fn gather(&self, alternatives: Vec<Vec<ElementHandle>>) -> Result<Rc<JSHandle>, Error> {
        let elements = alternatives.concat();
        let handles = elements.iter().map(|element| Argument::Handle(element.handle().clone())).collect();
        let list = self.handle().evaluate_handle(PageFunction::own(LIST), handles).await?;
        elements.iter().for_each(|element| element.handle().release());
        // An alternative without steps finds what it is given; a second one asks for the order.
        let order = Argument::Json(if alternatives.len() > 1 { json!([[], []]) } else { json!([[]]) });
        let sorted = list.evaluate_handle(PageFunction::own(FIND), vec![order]).await;
        list.release();
        sorted
    }
}

/// The elements in a handle to an array, which is released.
async fn elements_of(list: &Rc<JSHandle>) -> Result<Vec<ElementHandle>, Error> {
    let properties = list.get_properties().await;
    list.release();
    Ok(properties?.into_iter().filter_map(|(_, handle)| handle.as_element()).collect())
}
