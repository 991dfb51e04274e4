//! What both binaries share: configuration parts, telemetry, shutdown, retry.
