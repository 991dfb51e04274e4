//! A durable queue in one SQLite file.
