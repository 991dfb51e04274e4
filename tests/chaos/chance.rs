//! Chance for who is killed and when, with a number that brings the same chances again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// A source of chances ([splitmix64](https://prng.di.unimi.it/splitmix64.c)).
pub(crate) struct Chance {
    state: u64,
    round: Vec<usize>,
}

impl Chance {
    /// New chances, or those of CHAOS_SEED.
    pub(crate) fn new() -> Self {
        let seed = crate::size("CHAOS_SEED", RandomState::new().build_hasher().finish());
        println!("CHAOS_SEED={seed} brings the same kills");
        Self { state: seed, round: Vec::new() }
    }

    /// A number below that one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let end = u64::try_from(end.max(1)).expect("a number of 64 bits");
        usize::try_from((mixed ^ (mixed >> 31)) % end).expect("smaller than the end")
    }

    /// A time up to that one.
    pub(crate) fn up_to(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(self.below(1000) as f64 / 1000.0)
    }

    /// Numbers below `end`, all of them in each round of so many turns, in another order each time.
    pub(crate) fn in_rounds(&mut self, end: usize) -> usize {
        if self.round.is_empty() {
            self.round = (0..end).collect();
        }
        let index = self.below(self.round.len());
        self.round.swap_remove(index)
    }
}
