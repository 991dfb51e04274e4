//! What each slot does now, as `/fleet` shows it: its job, its memory, and how old its Chromium is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use job_model::{JobId, SlotState};

use crate::chromiums::owner::RunningChromiums;
use crate::{memory, processes};

/// The slots that have started. Clones are the same list.
#[derive(Clone, Default)]
pub(crate) struct SlotStates(Arc<Mutex<Slots>>);

#[derive(Default)]
struct Slots {
    next: u64,
    all: BTreeMap<u64, Listed>,
}

struct Listed {
    /// The slot process, and its group.
    process: i32,
    chromiums: RunningChromiums,
    job: Option<JobId>,
    memory: u64,
}

/// A slot in the list. Dropped, it is there no more.
pub(crate) struct ListedSlot {
    states: SlotStates,
    number: u64,
}

impl SlotStates {
    /// Lists a slot that has started.
    pub(crate) fn add(&self, process: u32, chromiums: RunningChromiums) -> ListedSlot {
        let mut slots = self.lock();
        let number = slots.next;
        slots.next += 1;
        let listed = Listed { process: process.cast_signed(), chromiums, job: None, memory: 0 };
        slots.all.insert(number, listed);
        ListedSlot { states: self.clone(), number }
    }

    /// Returns all slots, in the order in which they started.
    pub(crate) fn read(&self) -> Vec<SlotState> {
        let slots = self.lock();
        let states = slots.all.values().map(|slot| {
            let browser_since = slot.chromiums.started().into_iter().map(|(_, since)| since).min();
            SlotState { job: slot.job.clone(), memory: slot.memory, browser_since }
        });
        states.collect()
    }

    /// Measures their memory. Looks at every process of the machine.
    pub(crate) fn measure(&self) {
        let groups = processes::by_group();
        let of_group = |group: i32| groups.get(&group).map_or(0, |members| memory::of_processes(members));
        let found: Vec<(u64, Vec<i32>)> = {
            let slots = self.lock();
            let groups_of =
                |slot: &Listed| slot.chromiums.started().into_iter().map(|(group, _)| group).chain([slot.process]);
            slots.all.iter().map(|(number, slot)| (*number, groups_of(slot).collect())).collect()
        };
        for (number, groups) in found {
            let memory = groups.into_iter().map(of_group).sum();
            if let Some(slot) = self.lock().all.get_mut(&number) {
                slot.memory = memory;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ListedSlot {
    /// The slot runs this job now, or none.
    pub(crate) fn runs(&self, job: Option<JobId>) {
        if let Some(slot) = self.states.lock().all.get_mut(&self.number) {
            slot.job = job;
        }
    }
}

impl Drop for ListedSlot {
    fn drop(&mut self) {
        self.states.lock().all.remove(&self.number);
    }
}
