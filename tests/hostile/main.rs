//! Job code that means harm. Each script runs in a real slot; it must end in time with what its row says, another slot's
//! jobs must not notice, and afterwards the memory must be back.

mod arena;
mod escapes;
mod exhaustion;
mod page;
mod prototypes;
