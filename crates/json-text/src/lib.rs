//! What a JSON text may hold that Rust's types cannot, told or mended before the text is read.
//!
//! JavaScript's strings may hold halves of surrogate pairs, and its values may be nested deeper than a reader follows.
//! Whoever reads JSON that JavaScript wrote looks here first. Nothing here parses.

mod nesting;
mod surrogates;

pub use nesting::nesting;
pub use surrogates::without_lone_surrogates;
