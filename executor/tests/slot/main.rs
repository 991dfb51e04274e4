//! A slot process with its Chromium, job after job: what a job can do to it, and what it leaves.

mod deadlines;
mod isolation;
mod recycling;
mod stage;
mod unused_page;
