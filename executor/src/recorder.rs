//! What a job did, kept so that it is there however the job ended.
//!
//! The slot writes into a [`ring`] that the parent owns, so a slot that is killed leaves all that it has written. In the slot
//! [`job_recorder`] listens to calls and to Chromium, [`camera`] takes pictures, and [`bodies`] asks for what was sent and answered
//! when that is wished; neither the job nor its pages notice.
//! The parent reads the ring when the recording is to be kept, trusts nothing in it, and makes the job's files of it
//! ([`evidence`], [`har`]).

mod bodies;
pub(crate) mod camera;
pub(crate) mod entries;
pub(crate) mod evidence;
mod har;
pub(crate) mod job_recorder;
mod masks;
mod network;
pub(crate) mod ring;

pub(crate) use evidence::{Evidence, Subject};
pub(crate) use job_recorder::JobRecorder;
pub(crate) use ring::{Ring, RingContents, RingWriter};
