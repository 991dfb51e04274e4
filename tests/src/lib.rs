//! End-to-end tests over the whole stack with real processes.
