//! What a person's hands do: keys, mouse, fingers. One set of modifier keys for all three.
//!
//! Calls begin at once, so that a job which does not await them still sends them in their order.

pub mod keyboard;
pub mod mouse;
pub mod touchscreen;
mod us_layout;

pub use keyboard::{Keyboard, PressOptions};
pub use mouse::{ClickOptions, Mouse, MouseButton};
pub use touchscreen::{TouchHandle, Touchscreen};
