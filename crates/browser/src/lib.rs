//! Puppeteer's object model in Rust over the Chrome DevTools Protocol.
