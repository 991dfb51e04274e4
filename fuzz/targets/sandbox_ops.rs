//! libFuzzer's way into [`fuzz::sandbox_ops`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::sandbox_ops(bytes));
