//! What a user does to an element, found by its selector.

use super::Frame;
use crate::element_handle::ElementHandle;
use crate::error::Error;
use crate::input::ClickOptions;

impl Frame {
    async fn element(&self, selector: &str) -> Result<ElementHandle, Error> {
        let document = self.utility_world.document().await?;
        document.query_selector(selector).await?.ok_or_else(|| Error::NoNode(selector.to_owned()))
    }

    /// Clicks the first element that matches.
    ///
    /// # Errors
    /// [`Error::NoNode`], [`Error::NotVisible`].
    pub async fn click(&self, selector: &str, options: ClickOptions) -> Result<(), Error> {
        let element = self.element(selector).await?;
        element.click(options).await?;
        element.handle().release();
        Ok(())
    }

    /// Focuses the first element that matches.
    ///
    /// # Errors
    /// [`Error::NoNode`].
    pub async fn focus(&self, selector: &str) -> Result<(), Error> {
        let element = self.element(selector).await?;
        element.focus().await?;
        element.handle().release();
        Ok(())
    }

    /// Moves the mouse over the first element that matches.
    ///
    /// # Errors
    /// [`Error::NoNode`], [`Error::NotVisible`].
    pub async fn hover(&self, selector: &str) -> Result<(), Error> {
        let element = self.element(selector).await?;
        element.hover().await?;
        element.handle().release();
        Ok(())
    }

    /// Chooses options of the first `<select>` that matches.
    ///
    /// # Errors
    /// [`Error::NoNode`], [`Error::Evaluation`].
    pub async fn select(&self, selector: &str, values: Vec<String>) -> Result<Vec<String>, Error> {
        let element = self.element(selector).await?;
        let chosen = element.select(values).await?;
        element.handle().release();
        Ok(chosen)
    }

    /// Touches the first element that matches.
    ///
    /// # Errors
    /// [`Error::NoNode`], [`Error::NotVisible`].
    pub async fn tap(&self, selector: &str) -> Result<(), Error> {
        let element = self.element(selector).await?;
        element.tap().await?;
        element.handle().release();
        Ok(())
    }

    /// Types into the first element that matches.
    ///
    /// # Errors
    /// [`Error::NoNode`].
    pub async fn type_text(&self, selector: &str, text: &str, delay: Option<f64>) -> Result<(), Error> {
        let found = self.main_world.document().await?.query_selector(selector).await?;
        let element = found.ok_or_else(|| Error::NoNode(selector.to_owned()))?;
        element.type_text(text, delay).await?;
        element.handle().release();
        Ok(())
    }
}
