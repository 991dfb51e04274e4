//! Puppeteer's object model in Rust over the Chrome DevTools Protocol. Knows no JavaScript engine but the page's.
//!
//! Everything lives on one thread (`Rc`, no locks) inside a `tokio::task::LocalSet`, because Puppeteer programs depend
//! on one order of messages: state first, then listeners, then whoever awaits a response (see [`session`]).

pub mod error;
pub mod session;
