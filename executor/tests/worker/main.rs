//! A whole executor between a queue and a gateway of the test's own. Its slots are pretended: no job needs a browser here.

mod attempts;
mod cancelled;
mod draining;
mod ends;
mod gateway;
mod pretended;
mod priorities;
mod rabbitmq;
mod told;
mod wanted;
