//! What belongs to a page, on a real Chromium: input, emulation, pictures, cookies, coverage, …

mod accessibility;
mod console;
mod cookies;
mod coverage;
mod dialog;
mod element;
mod emulation;
mod file_chooser;
mod fixture;
mod keyboard;
mod mouse;
mod pdf;
mod screenshot;
mod tracing;
