//! What slots and Chromiums see of the executor's environment: passwords are none of their business.

use std::ffi::OsString;

/// Their names.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "TZ",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "DBUS_SESSION_BUS_ADDRESS",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "RUST_BACKTRACE",
];

/// Returns the variables, with their values here.
pub(crate) fn inherited() -> impl Iterator<Item = (OsString, OsString)> {
    INHERITED.iter().filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)))
}
