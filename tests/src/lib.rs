//! For end-to-end tests: the whole stack as real processes, or in a single one, a client of its API, and the language of
//! expectations.

pub mod client;
pub mod expectation;
pub mod s3;
pub mod stack;
pub mod up;
