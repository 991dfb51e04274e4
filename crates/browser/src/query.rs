//! Finding nodes below a node: by selector and by XPath.

use std::rc::Rc;

use crate::element_handle::ElementHandle;
use crate::error::Error;
use crate::js_handle::JSHandle;
use crate::remote_object::{Argument, EvaluationResult, PageFunction};

const ONE: &str = "(root, selector) => root.querySelector(selector)";
const ALL: &str = "(root, selector) => Array.from(root.querySelectorAll(selector))";
const BY_PATH: &str = "(root, path) => {
  const owner = root.ownerDocument || root;
  const found = owner.evaluate(path, root, null, XPathResult.ORDERED_NODE_ITERATOR_TYPE);
  const nodes = [];
  for (let node = found.iterateNext(); node; node = found.iterateNext())
    nodes.push(node);
  return nodes;
}";

impl ElementHandle {
    /// The first match below the element.
    ///
    /// # Errors
    /// [`Error::Evaluation`] for a selector that the page cannot read.
    pub async fn query_selector(&self, selector: &str) -> Result<Option<ElementHandle>, Error> {
        let handle = self.handle().evaluate_handle(PageFunction::own(ONE), vec![selector.into()]).await?;
        let element = handle.as_element();
        if element.is_none() {
            handle.release();
        }
        Ok(element)
    }

    /// All matches below the element.
    ///
    /// # Errors
    /// As [`query_selector`](Self::query_selector).
    pub async fn query_selector_all(&self, selector: &str) -> Result<Vec<ElementHandle>, Error> {
        let list = self.handle().evaluate_handle(PageFunction::own(ALL), vec![selector.into()]).await?;
        elements_of(&list).await
    }

    /// All nodes that the XPath expression finds from the element.
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
        let list = self.handle().evaluate_handle(PageFunction::own(ALL), vec![selector.into()]).await?;
        let result = list.evaluate(function, arguments).await;
        list.release();
        result
    }
}

/// The elements in a handle to an array, which is released.
async fn elements_of(list: &Rc<JSHandle>) -> Result<Vec<ElementHandle>, Error> {
    let properties = list.get_properties().await;
    list.release();
    Ok(properties?.into_iter().filter_map(|(_, handle)| handle.as_element()).collect())
}
