//! How Chromium is started.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Sandbox;

/// How to start Chromium.
#[derive(Clone, Debug)]
pub struct LaunchOptions {
    /// The program; `None` looks for one in `PATH`, `chromium-headless-shell` first.
    pub executable: Option<PathBuf>,
    /// Whether Chromium shows no window.
    pub headless: bool,
    /// Further flags. Of a flag given twice Chromium takes the last one.
    pub extra_args: Vec<String>,
    /// The first window's size in CSS pixels.
    pub window_size: (u32, u32),
    /// The user interface's language.
    pub language: String,
    /// Where the profile directory is made.
    pub run_dir: PathBuf,
    /// How long Chromium may take until it answers.
    pub timeout: Duration,
    /// The environment; `None` for this process's own.
    pub environment: Option<Vec<(OsString, OsString)>>,
    /// Whether local addresses and downloads are open to scripts; for trusted users only.
    pub allow_local: bool,
    /// How much memory one process of Chromium may use for data, in bytes; `None` for no limit.
    pub memory_limit: Option<u64>,
    /// The proxy of Chromium itself and of its first context, as `--proxy-server` takes it. With one, nothing of Chromium goes past
    /// its contexts' proxies, and it looks no name up.
    pub proxy_server: Option<String>,
    /// Whether Chromium has its own sandbox. It does not start with one that [`sandbox_obstacle`](super::sandbox_obstacle) is in the way of.
    pub sandbox: Sandbox,
    /// Namespaces that Chromium is started in; see [`enter_namespaces`](super::enter_namespaces).
    pub namespaces: Vec<Arc<OwnedFd>>,
}

impl Default for LaunchOptions {
    fn default() -> Self {
        Self {
            executable: None,
            headless: true,
            extra_args: Vec::new(),
            window_size: (1920, 1080),
            language: "en".to_owned(),
            run_dir: std::env::temp_dir(),
            timeout: Duration::from_secs(30),
            environment: None,
            allow_local: false,
            memory_limit: None,
            proxy_server: None,
            sandbox: Sandbox::Off,
            namespaces: Vec::new(),
        }
    }
}
