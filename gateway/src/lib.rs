//! The HTTP API: stores jobs, publishes them, collects their results.
