//! Jobs and lists as people read them, and JSON as programs do.

mod columns;
mod ending;
mod json;
mod listing;
mod results;

pub(crate) use columns::columns;
pub(crate) use ending::{ending, time};
pub(crate) use json::{lay_out, tame};
pub(crate) use listing::listing;
pub(crate) use results::{Shortened, picture, results, size};
