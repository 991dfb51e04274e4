//! Our own binaries as child processes.
