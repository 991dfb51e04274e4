//! Replays the corpus without libFuzzer: what was once a bug stays mended.

use std::path::Path;

/// Each input in turn; a panic comes with the input's name before it.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = std::fs::read_dir(folder).expect("the target has a corpus");
    let mut inputs: Vec<_> = entries.map(|entry| entry.expect("an input").path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    for input in inputs {
        eprintln!("{}", input.display());
        run(&std::fs::read(&input).expect("an input"));
    }
}

#[test]
fn wire() {
    replay("wire", fuzz::wire);
}

#[test]
fn sandbox_ops() {
    replay("sandbox_ops", fuzz::sandbox_ops);
}
