//! The fixture web site.
