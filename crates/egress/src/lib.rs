//! The guarded proxy between a browser context and the network.
//!
//! [`Proxy::start`] once per process, [`Proxy::open`] or [`Proxy::open_closed`] once per browser context. A [`Session`] listens at
//! an address of its own, so that connections of different contexts are told apart without credentials; dropping the session closes
//! the listener and each of its tunnels. At that address it speaks SOCKS5 and HTTP (forward requests and CONNECT). A session may
//! serve one user after the other ([`Session::admit`], [`Session::withdraw`]), and one user several sessions ([`Admission`]).
//!
//! For each connection the name is looked up once, every address is judged by the [`policy`], and one of the judged addresses is
//! dialled. So a name that changes its answer, a redirect, or another spelling of an address reaches nothing that the policy
//! refuses.
//!
//! This crate knows neither browsers nor jobs.

mod admission;
mod counters;
mod dial;
mod failure;
mod host_rules;
mod http;
mod meter;
pub mod policy;
mod proxy;
mod record;
mod resolver;
mod secret;
mod session;
mod socks;
mod stream;
mod target;
mod tunnel;
pub mod upstream;

pub use admission::Admission;
pub use counters::Counters;
pub use failure::Failure;
pub use host_rules::{HostRuleError, HostRules};
pub use policy::{Layer, Own, Policy, Refusal};
pub use proxy::{Proxy, Settings};
pub use record::{Limit, Observer};
pub use resolver::{Answer, Resolve, SystemResolver};
pub use secret::Secret;
pub use session::{Limits, Session, SessionOptions};
pub use target::{Host, Target, TargetError};
pub use upstream::Upstream;
