//! A slot process with its Chromium, job after job: what a job can do to it, and what it leaves.

mod certificates;
mod deadlines;
mod files;
mod isolation;
mod recycling;
mod sessions;
mod test_slot;
mod unused_page;
mod waiting_page;
