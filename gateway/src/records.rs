//! What schedules, scripts and batches share: their records as types, when to look at them, and their names.

pub(crate) mod names;
pub(crate) mod record_looks;
pub(crate) mod typed_records;
