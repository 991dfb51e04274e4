//! What the page is made to believe; see [`crate::emulation`].

use super::Page;
use crate::emulation::Geolocation;
use crate::error::Error;

impl Page {
    /// `screen` or `print`; `None` ends it.
    ///
    /// # Errors
    /// [`Error::UnsupportedMediaType`], [`Error::Protocol`].
    pub async fn emulate_media_type(&self, media_type: Option<&str>) -> Result<(), Error> {
        self.emulation.emulate_media_type(media_type).await
    }

    /// Names and values of CSS media features; an empty list ends it.
    ///
    /// # Errors
    /// [`Error::UnsupportedMediaFeature`], [`Error::Protocol`].
    pub async fn emulate_media_features(&self, features: Vec<(String, String)>) -> Result<(), Error> {
        self.emulation.emulate_media_features(features).await
    }

    /// Puts the page somewhere on the earth.
    ///
    /// # Errors
    /// [`Error::InvalidGeolocation`], [`Error::Protocol`].
    pub async fn set_geolocation(&self, place: Geolocation) -> Result<(), Error> {
        self.emulation.set_geolocation(place).await
    }

    /// Sets the time zone by its IANA name; `None` ends it.
    ///
    /// # Errors
    /// [`Error::InvalidTimezone`], [`Error::Protocol`].
    pub async fn emulate_timezone(&self, timezone: Option<&str>) -> Result<(), Error> {
        self.emulation.emulate_timezone(timezone).await
    }

    /// Makes the processor slower: 2 is half as fast; `None` ends it.
    ///
    /// # Errors
    /// [`Error::ThrottlingRate`], [`Error::Protocol`].
    pub async fn emulate_cpu_throttling(&self, factor: Option<f64>) -> Result<(), Error> {
        self.emulation.emulate_cpu_throttling(factor).await
    }

    /// Shows the page as somebody with that impairment sees it; `None` ends it.
    ///
    /// # Errors
    /// [`Error::UnsupportedVisionDeficiency`], [`Error::Protocol`].
    pub async fn emulate_vision_deficiency(&self, deficiency: Option<&str>) -> Result<(), Error> {
        self.emulation.emulate_vision_deficiency(deficiency).await
    }
}
