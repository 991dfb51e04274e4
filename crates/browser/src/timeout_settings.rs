//! A page's default timeouts, in milliseconds; 0 means none.

use std::cell::Cell;

const DEFAULT: f64 = 30_000.0;

/// What `setDefaultTimeout` and `setDefaultNavigationTimeout` set.
#[derive(Debug, Default)]
pub struct TimeoutSettings {
    every: Cell<Option<f64>>,
    navigation: Cell<Option<f64>>,
}

impl TimeoutSettings {
    /// For all waits.
    pub fn set_default(&self, timeout: f64) {
        self.every.set(Some(timeout));
    }

    /// For navigations, where it takes precedence over the other one.
    pub fn set_navigation(&self, timeout: f64) {
        self.navigation.set(Some(timeout));
    }

    /// A navigation's limit, if the call itself names none.
    pub fn navigation(&self) -> f64 {
        self.navigation.get().or(self.every.get()).unwrap_or(DEFAULT)
    }

    /// Any other wait's limit, if the call itself names none.
    pub fn any(&self) -> f64 {
        self.every.get().unwrap_or(DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_navigation_timeout_goes_first() {
        let settings = TimeoutSettings::default();
        assert_eq!(settings.navigation(), 30_000.0);
        settings.set_default(5.0);
        assert_eq!((settings.navigation(), settings.any()), (5.0, 5.0));
        settings.set_navigation(0.0);
        assert_eq!((settings.navigation(), settings.any()), (0.0, 5.0));
    }
}
