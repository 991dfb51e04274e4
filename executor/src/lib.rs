//! Consumes jobs, runs them in slots with a Chromium each, publishes the results.
