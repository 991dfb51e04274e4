//! The puppet-master command: exec, jobs, up.
