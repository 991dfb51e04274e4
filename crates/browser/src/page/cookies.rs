//! The page's cookies; see [`crate::cookies`].

use serde_json::{Map, Value};

use super::Page;
use crate::cookies::{self, Cookie, Place};
use crate::error::Error;

impl Page {
    /// Reads the cookies that these addresses would be sent; of the page's own address when there are none.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn cookies(&self, urls: Vec<String>) -> Result<Vec<Cookie>, Error> {
        cookies::get_cookies(self.place(&self.url()), urls).await
    }

    /// Sets cookies, given under Puppeteer's names.
    ///
    /// # Errors
    /// As [`cookies::set_cookies`].
    pub async fn set_cookies(&self, cookies: Vec<Map<String, Value>>) -> Result<(), Error> {
        cookies::set_cookies(self.place(&self.url()), cookies).await
    }

    /// Deletes cookies by name and, where given, `url`, `domain` and `path`.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn delete_cookies(&self, cookies: Vec<Map<String, Value>>) -> Result<(), Error> {
        cookies::delete_cookies(self.place(&self.url()), cookies).await
    }

    fn place<'a>(&'a self, url: &'a str) -> Place<'a> {
        Place { session: &self.session, url, dialect: self.dialect() }
    }
}
