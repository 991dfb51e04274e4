//! What a page is made to believe: its screen, its place, its time zone, its device.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, ScreenOrientation, ScreenOrientationType, SetCpuThrottlingRateParams, SetDeviceMetricsOverrideParams,
    SetEmulatedMediaParams, SetGeolocationOverrideParams, SetScriptExecutionDisabledParams, SetTimezoneOverrideParams,
    SetTouchEmulationEnabledParams,
};
use chromiumoxide::cdp::browser_protocol::page::SetBypassCspParams;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::{Error, ProtocolError};
use crate::session::Session;

/// The part of a page that is seen, and on what kind of screen. What a job left out stays out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Viewport {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Device pixels per CSS pixel; 1 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_scale_factor: Option<f64>,
    /// Whether `<meta name=viewport>` counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_mobile: Option<bool>,
    /// Whether there are touch events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_touch: Option<bool>,
    /// Whether the screen lies on its side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_landscape: Option<bool>,
}

impl Viewport {
    /// A viewport of that size on a desktop screen.
    pub fn of_size(width: u32, height: u32) -> Self {
        Self { width, height, ..Self::default() }
    }
}

/// What the idle detector sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleState {
    /// Whether the user does anything.
    pub is_user_active: bool,
    /// Whether the screen is unlocked.
    pub is_screen_unlocked: bool,
}

/// A place on the earth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Geolocation {
    /// Degrees, −180 to 180.
    pub longitude: f64,
    /// Degrees, −90 to 90.
    pub latitude: f64,
    /// In metres.
    pub accuracy: f64,
}

/// One page's emulation.
#[derive(Debug)]
pub struct EmulationManager {
    session: Rc<Session>,
    mobile: Cell<bool>,
    has_touch: Cell<bool>,
    viewport: Cell<Option<Viewport>>,
    scripts_run: Cell<bool>,
    media_type: RefCell<String>,
    media_features: RefCell<Vec<MediaFeature>>,
}

impl EmulationManager {
    /// Makes the emulation of a page's session, which emulates nothing yet.
    pub fn new(session: Rc<Session>) -> Rc<Self> {
        Rc::new(Self {
            session,
            mobile: Cell::new(false),
            has_touch: Cell::new(false),
            viewport: Cell::new(None),
            scripts_run: Cell::new(true),
            media_type: RefCell::default(),
            media_features: RefCell::default(),
        })
    }

    /// Returns the viewport that was set last.
    pub fn viewport(&self) -> Option<Viewport> {
        self.viewport.get()
    }

    /// Tells whether the page's own scripts run.
    pub fn scripts_run(&self) -> bool {
        self.scripts_run.get()
    }

    /// Sets the viewport. `true` when a loaded page must be reloaded to see all of the change.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn emulate_viewport(&self, viewport: &Viewport) -> Result<bool, Error> {
        let mobile = viewport.is_mobile.unwrap_or(false);
        let has_touch = viewport.has_touch.unwrap_or(false);
        let metrics = self.override_metrics(viewport, viewport.width, viewport.height);
        let touch = self.session.send(SetTouchEmulationEnabledParams::new(has_touch));
        futures::try_join!(metrics, touch)?;
        self.viewport.set(Some(*viewport));
        let was_mobile = self.mobile.replace(mobile);
        let had_touch = self.has_touch.replace(has_touch);
        Ok(was_mobile != mobile || had_touch != has_touch)
    }

    /// Takes the emulated screen away. `true` when a loaded page must be reloaded to see all of the change.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn clear_viewport(&self) -> Result<bool, Error> {
        let metrics = self.session.send_raw("Emulation.clearDeviceMetricsOverride", json!({}));
        let touch = self.session.send(SetTouchEmulationEnabledParams::new(false));
        futures::try_join!(metrics, touch)?;
        self.viewport.set(None);
        let was_mobile = self.mobile.replace(false);
        let had_touch = self.has_touch.replace(false);
        Ok(was_mobile || had_touch)
    }

    /// Sets the language that the page's scripts see; `None` ends it.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn emulate_locale(&self, locale: Option<&str>) -> Result<(), Error> {
        self.session.send_raw("Emulation.setLocaleOverride", json!({"locale": locale.unwrap_or_default()})).await?;
        Ok(())
    }

    /// Sets whether the page believes to have the focus.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn emulate_focused_page(&self, enabled: bool) -> Result<(), Error> {
        self.session.send_raw("Emulation.setFocusEmulationEnabled", json!({"enabled": enabled})).await?;
        Ok(())
    }

    /// Sets whether the user does anything and the screen is unlocked; `None` ends it.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn emulate_idle_state(&self, state: Option<IdleState>) -> Result<(), Error> {
        match state {
            Some(IdleState { is_user_active, is_screen_unlocked }) => {
                let arguments = json!({"isUserActive": is_user_active, "isScreenUnlocked": is_screen_unlocked});
                self.session.send_raw("Emulation.setIdleOverride", arguments).await?;
            }
            None => drop(self.session.send_raw("Emulation.clearIdleOverride", json!({})).await?),
        }
        Ok(())
    }

    /// Takes the emulated place away.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn clear_geolocation(&self) -> Result<(), Error> {
        self.session.send_raw("Emulation.clearGeolocationOverride", json!({})).await?;
        Ok(())
    }

    /// Gives the page another size on the same screen, for as long as a screenshot takes.
    pub(crate) fn override_metrics(
        &self,
        viewport: &Viewport,
        width: u32,
        height: u32,
    ) -> impl Future<Output = Result<(), ProtocolError>> + use<> {
        let orientation = if viewport.is_landscape.unwrap_or(false) {
            ScreenOrientation::new(ScreenOrientationType::LandscapePrimary, 90)
        } else {
            ScreenOrientation::new(ScreenOrientationType::PortraitPrimary, 0)
        };
        // Puppeteer takes a factor of 0 for "not given"; for the protocol it means the machine's own.
        let factor = viewport.device_scale_factor.filter(|factor| *factor != 0.0).unwrap_or(1.0);
        let mobile = viewport.is_mobile.unwrap_or(false);
        let mut command = SetDeviceMetricsOverrideParams::new(width, height, factor, mobile);
        command.screen_orientation = Some(orientation);
        let answer = self.session.send(command);
        async move { answer.await.map(drop) }
    }

    /// Switches the page's own scripts off or on, from the next document on.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn set_java_script_enabled(&self, enabled: bool) -> Result<(), Error> {
        if self.scripts_run.replace(enabled) != enabled {
            self.session.send(SetScriptExecutionDisabledParams::new(!enabled)).await?;
        }
        Ok(())
    }

    /// Lets scripts in that the page's content security policy forbids, from the next document on.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn set_bypass_csp(&self, enabled: bool) -> Result<(), Error> {
        self.session.send(SetBypassCspParams::new(enabled)).await?;
        Ok(())
    }

    /// `screen` or `print`; `None` ends it.
    ///
    /// # Errors
    /// [`Error::UnsupportedMediaType`], and what the protocol refuses.
    pub async fn emulate_media_type(&self, media_type: Option<&str>) -> Result<(), Error> {
        if !matches!(media_type, None | Some("screen" | "print")) {
            return Err(Error::UnsupportedMediaType(media_type.unwrap_or_default().to_owned()));
        }
        self.media_type.replace(media_type.unwrap_or_default().to_owned());
        self.send_media().await
    }

    /// Names and values of CSS media features; an empty list ends it.
    ///
    /// # Errors
    /// [`Error::UnsupportedMediaFeature`], and what the protocol refuses.
    pub async fn emulate_media_features(&self, features: Vec<(String, String)>) -> Result<(), Error> {
        let known = |name: &str| {
            ["color-scheme", "reduced-motion", "contrast", "reduced-data", "reduced-transparency"]
                .iter()
                .any(|feature| name.strip_prefix("prefers-") == Some(feature))
                || ["color-gamut", "forced-colors"].contains(&name)
        };
        if let Some((name, _)) = features.iter().find(|(name, _)| !known(name)) {
            return Err(Error::UnsupportedMediaFeature(name.clone()));
        }
        let features = features.into_iter().map(|(name, value)| MediaFeature::new(name, value)).collect();
        self.media_features.replace(features);
        self.send_media().await
    }

    /// Type and features together: the protocol forgets the one that is left out.
    async fn send_media(&self) -> Result<(), Error> {
        let command = SetEmulatedMediaParams {
            media: Some(self.media_type.borrow().clone()),
            features: Some(self.media_features.borrow().clone()),
        };
        let answer = self.session.send(command);
        answer.await?;
        Ok(())
    }

    /// Puts the page somewhere.
    ///
    /// # Errors
    /// [`Error::InvalidGeolocation`], and what the protocol refuses.
    pub async fn set_geolocation(&self, place: Geolocation) -> Result<(), Error> {
        let Geolocation { longitude, latitude, accuracy } = place;
        let refuse = |name, value, condition| Err(Error::InvalidGeolocation { name, value, condition });
        if !(-180.0..=180.0).contains(&longitude) {
            return refuse("longitude", longitude, "-180 <= LONGITUDE <= 180");
        }
        if !(-90.0..=90.0).contains(&latitude) {
            return refuse("latitude", latitude, "-90 <= LATITUDE <= 90");
        }
        if accuracy < 0.0 {
            return refuse("accuracy", accuracy, "0 <= ACCURACY");
        }
        let mut command = SetGeolocationOverrideParams::builder().build();
        command.longitude = Some(longitude);
        command.latitude = Some(latitude);
        command.accuracy = Some(accuracy);
        self.session.send(command).await?;
        Ok(())
    }

    /// Sets the time zone by its IANA name; `None` ends it.
    ///
    /// # Errors
    /// [`Error::InvalidTimezone`], and what else the protocol refuses.
    pub async fn emulate_timezone(&self, timezone: Option<&str>) -> Result<(), Error> {
        // Chromium checks the first name only, not a change of it.
        let cleared = self.session.send(SetTimezoneOverrideParams::new(String::new()));
        let set = self.session.send(SetTimezoneOverrideParams::new(timezone.unwrap_or_default()));
        cleared.await?;
        match set.await {
            Err(ProtocolError::Refused { message, .. }) if message.contains("Invalid timezone") => {
                Err(Error::InvalidTimezone(timezone.unwrap_or_default().to_owned()))
            }
            answer => Ok(answer.map(drop)?),
        }
    }

    /// Makes the processor slower: 2 is half as fast; `None` ends it.
    ///
    /// # Errors
    /// [`Error::ThrottlingRate`] under 1, and what the protocol refuses.
    pub async fn emulate_cpu_throttling(&self, factor: Option<f64>) -> Result<(), Error> {
        if factor.is_some_and(|factor| factor < 1.0) {
            return Err(Error::ThrottlingRate);
        }
        self.session.send(SetCpuThrottlingRateParams::new(factor.unwrap_or(1.0))).await?;
        Ok(())
    }

    /// Shows the page as somebody with that impairment sees it; `None` ends it.
    ///
    /// # Errors
    /// [`Error::UnsupportedVisionDeficiency`], and what the protocol refuses.
    pub async fn emulate_vision_deficiency(&self, deficiency: Option<&str>) -> Result<(), Error> {
        const KNOWN: [&str; 7] =
            ["none", "achromatopsia", "blurredVision", "deuteranopia", "protanopia", "tritanopia", "reducedContrast"];
        let deficiency = deficiency.unwrap_or("none");
        if !KNOWN.contains(&deficiency) {
            return Err(Error::UnsupportedVisionDeficiency(deficiency.to_owned()));
        }
        self.session.send_raw("Emulation.setEmulatedVisionDeficiency", json!({"type": deficiency})).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewport_reads_back_as_it_was_given() {
        for given in [
            json!({"width": 123, "height": 456}),
            json!({"width": 1, "height": 2, "deviceScaleFactor": 2.0, "isMobile": true, "hasTouch": true, "isLandscape": false}),
        ] {
            let viewport: Viewport = serde_json::from_value(given.clone()).expect("a viewport");
            assert_eq!(serde_json::to_value(viewport).expect("JSON"), given);
        }
    }
}
