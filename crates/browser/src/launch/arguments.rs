//! What Chromium is told at its start.

use std::path::Path;

use super::LaunchOptions;
use super::network;
use super::sandbox::Sandbox;

/// Flags that make a browser a quiet, scriptable one.
const FLAGS: [&str; 29] = [
    "--disable-setuid-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-back-forward-cache",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-features=Translate,AcceptCHFrame,MediaRouter,OptimizationHints,RenderDocument,\
     ProcessPerSiteUpToMainFrameThreshold,IsolateSandboxedIframes",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-renderer-backgrounding",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--enable-automation",
    "--force-color-profile=srgb",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
    "--use-mock-keychain",
];

/// Makes the whole command line. Of a flag given twice Chromium takes the last one, so the caller's come late.
pub(super) fn all(options: &LaunchOptions, profile: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
    if options.sandbox == Sandbox::Off {
        arguments.push("--no-sandbox".to_owned());
    }
    let (width, height) = options.window_size;
    arguments.push(format!("--lang={}", options.language));
    arguments.push(format!("--window-size={width},{height}"));
    arguments.push(format!("--user-data-dir={}", profile.display()));
    if options.headless {
        arguments.extend(["--headless", "--hide-scrollbars", "--mute-audio"].map(str::to_owned));
    }
    arguments.push("--remote-debugging-pipe".to_owned());
    arguments.extend(options.extra_args.iter().cloned());
    if let Some(proxy_server) = &options.proxy_server {
        arguments.extend(network::flags(proxy_server));
    }
    arguments.push("about:blank".to_owned());
    arguments
}
