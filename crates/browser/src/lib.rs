//! Puppeteer's object model in Rust over the Chrome DevTools Protocol. Knows no JavaScript engine but the page's.
//!
//! Everything lives on one thread (`Rc`, no locks) inside a `tokio::task::LocalSet`, because Puppeteer programs depend
//! on one order of messages: state first, then listeners, then whoever awaits a response (see [`session`]).

pub mod accessibility;
pub mod binding;
pub mod browser;
pub mod browser_context;
pub mod cdp_session;
pub mod console_message;
mod context_proxy;
pub mod cookies;
pub mod coverage;
pub mod device_request_prompt;
pub mod devices;
pub mod dialect;
pub mod dialog;
pub mod downloads;
mod eager;
pub mod element_handle;
pub mod emulation;
pub mod error;
pub mod event;
pub mod exception;
pub mod execution_context;
pub mod file_chooser;
pub mod frame;
pub mod frame_manager;
mod function_text;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod geometry;
mod guard;
pub mod input;
pub mod js_handle;
pub mod launch;
pub mod lifecycle_watcher;
pub mod network_manager;
pub mod page;
pub mod pdf;
mod promise;
mod protocol_stream;
pub mod query;
pub mod remote_object;
pub mod request;
pub mod response;
pub mod screenshot;
pub mod security_details;
mod selector;
pub mod session;
mod status_text;
pub mod tags;
pub mod target;
pub mod timeout_settings;
pub mod tracing;
pub mod video_encoder;
pub mod wait_task;
pub mod worker;
mod world;

pub use browser::{Browser, ConnectOptions};
pub use browser_context::BrowserContext;
pub use context_proxy::{ContextOptions, ContextProxy};
pub use emulation::Viewport;
pub use error::Error;
pub use launch::{LaunchError, LaunchOptions, find_executable};
pub use page::Page;
