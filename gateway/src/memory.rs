//! What this gateway alone knows of jobs, the queues and the store.
//!
//! All of it is lost with the process. Nothing depends on it: with an empty memory a gateway reads the store, or is slower.

pub(crate) mod created_here;
pub(crate) mod due_times;
pub(crate) mod hand_over;
pub(crate) mod held_marks;
pub(crate) mod last_hour;
pub(crate) mod publish_line;
pub(crate) mod queue_length;
pub(crate) mod store_health;
pub(crate) mod untouched_jobs;
pub(crate) mod watermark;
