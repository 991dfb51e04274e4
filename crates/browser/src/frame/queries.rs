//! Finds elements by selector or XPath, at once or when they come.

use super::Frame;
use crate::element_handle::ElementHandle;
use crate::error::Error;
use crate::query::direct_call::{self, Matches};
use crate::remote_object::{Argument, EvaluationResult, PageFunction};
use crate::wait_task::{self, WaitForOptions};

impl Frame {
    /// Finds the first element that matches.
    ///
    /// # Errors
    /// [`Error::Evaluation`] for a selector that the page cannot read.
    pub async fn query_selector(&self, selector: &str) -> Result<Option<ElementHandle>, Error> {
        self.main_world.document().await?.query_selector(selector).await
    }

    /// Finds all elements that match.
    ///
    /// # Errors
    /// As [`query_selector`](Self::query_selector).
    pub async fn query_selector_all(&self, selector: &str) -> Result<Vec<ElementHandle>, Error> {
        self.main_world.document().await?.query_selector_all(selector).await
    }

    /// Finds all nodes of an XPath expression.
    ///
    /// # Errors
    /// As [`query_selector`](Self::query_selector).
    pub async fn xpath(&self, expression: &str) -> Result<Vec<ElementHandle>, Error> {
        self.main_world.document().await?.xpath(expression).await
    }

    /// Calls a function of the page on the first element that matches, as Puppeteer's
    /// [`$eval`](https://pptr.dev/api/puppeteer.frame._eval).
    ///
    /// # Errors
    /// [`Error::NoElement`], or as [`evaluate`](Self::evaluate).
    pub async fn eval_on_selector(
        &self,
        selector: &str,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<EvaluationResult, Error> {
        let called = direct_call::call(&self.main_world, Matches::First, selector, &function, &arguments).await;
        if let Some(result) = called {
            return result;
        }
        self.main_world.document().await?.eval_on_selector(selector, function, arguments).await
    }

    /// Calls a function of the page on all elements that match, as Puppeteer's
    /// [`$$eval`](https://pptr.dev/api/puppeteer.frame.__eval).
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub async fn eval_on_selector_all(
        &self,
        selector: &str,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<EvaluationResult, Error> {
        let called = direct_call::call(&self.main_world, Matches::All, selector, &function, &arguments).await;
        if let Some(result) = called {
            return result;
        }
        self.main_world.document().await?.eval_on_selector_all(selector, function, arguments).await
    }

    /// Waits for an element; `None` when its absence was waited for.
    ///
    /// # Errors
    /// [`Error::WaitTimeout`], [`Error::WaitingFrameDetached`], [`Error::Evaluation`].
    pub async fn wait_for_selector(
        &self,
        selector: &str,
        options: WaitForOptions,
    ) -> Result<Option<ElementHandle>, Error> {
        wait_task::wait_for_node(self, None, wait_task::Sought::Selector, selector, options).await
    }

    /// Waits for a node that the XPath expression finds.
    ///
    /// # Errors
    /// As [`wait_for_selector`](Self::wait_for_selector).
    pub async fn wait_for_xpath(&self, path: &str, options: WaitForOptions) -> Result<Option<ElementHandle>, Error> {
        wait_task::wait_for_node(self, None, wait_task::Sought::XPath, path, options).await
    }
}
