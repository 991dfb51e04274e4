//! The network of jobs in a real slot with a real Chromium: what is closed sees nothing, and what is open looks as it always did.

mod asking_proxy;
mod bypass;
mod cases;
mod fetch;
mod guarded_slot;
mod listener;
mod namespace;
mod site;
mod way_out;
