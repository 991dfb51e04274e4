//! What the fuzz targets do with their bytes. `scripts/fuzz.sh` feeds them from libFuzzer, `tests/replay.rs` from the
//! files in `corpus/`: examples to start from, and every input that was once a bug.

mod wire;

pub use wire::wire;

/// Calls the sandbox's ops with arguments of every kind; see [`script::fuzzing::call_ops`].
///
/// # Panics
/// When an op does.
pub fn sandbox_ops(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        script::fuzzing::call_ops(bytes).expect("the prelude loads");
    });
}
