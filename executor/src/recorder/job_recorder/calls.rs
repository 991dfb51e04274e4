//! The calls of the job's code.

use std::rc::Rc;

use script::{Call, CallListener};
use tokio::time::Instant;

use super::{JobRecorder, TEXT_BYTES};
use crate::recorder::entries::{Entry, rounded};
use crate::recorder::network::clipped;

/// Hears the calls of a job's code.
pub(super) struct Hears(pub(super) Rc<JobRecorder>);

impl CallListener for Hears {
    fn is_listening(&self) -> bool {
        self.0.is_on.get()
    }

    fn hears_hidden(&self) -> bool {
        self.0.bodies.is_some()
    }

    fn began(&self, call: Call) -> u64 {
        let recorder = &self.0;
        let id = recorder.calls.get() + 1;
        recorder.calls.set(id);
        if id == 1 {
            recorder.film();
        }
        let Call { name, arguments, hidden, at: line, began } = call;
        if let Some(bodies) = &recorder.bodies {
            bodies.hide(&hidden);
        }
        let arguments = arguments.into_iter().map(|argument| recorder.vars.mask(argument)).collect();
        let at = rounded((Instant::from_std(began) - recorder.began).as_secs_f64() * 1000.0);
        recorder.write(&Entry::Call { id, at, name, arguments, line });
        id
    }

    fn ended(&self, number: u64, error: Option<&str>) {
        let error = error.map(|error| clipped(error, TEXT_BYTES));
        self.0.write(&Entry::Returned { id: number, at: self.0.now(), error });
    }
}
