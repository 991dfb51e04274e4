//! Ops of Node's `crypto` and `process`: digests, random bytes, memory.

use std::rc::Rc;

use hmac::{KeyInit, Mac, SimpleHmac};
use rquickjs as js;
use sha1::Digest;

use super::registry::Registry;
use crate::error::OpError;
use crate::scope::Scope;
use crate::value::Bytes;

/// Longest array of random bytes: what a browser gives at once is 64 KiB.
const RANDOM_MAX: usize = 1 << 20;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("crypto_digest", digest)?;
    ops.sync("crypto_hmac", hmac)?;
    ops.sync("crypto_random", random)?;
    ops.sync("clock_now", |scope, (): ()| Ok(scope.created.elapsed().as_nanos() as f64 / 1e6))?;
    ops.sync("memory_used", |scope, (): ()| Ok(scope.meter.memory.used() as f64))
}

fn digest(_: &Rc<Scope>, (algorithm, bytes): (String, Bytes)) -> Result<Bytes, OpError> {
    let bytes = bytes.0;
    Ok(Bytes(match algorithm.as_str() {
        "md5" => md5::Md5::digest(bytes).to_vec(),
        "sha1" => sha1::Sha1::digest(bytes).to_vec(),
        "sha224" => sha2::Sha224::digest(bytes).to_vec(),
        "sha256" => sha2::Sha256::digest(bytes).to_vec(),
        "sha384" => sha2::Sha384::digest(bytes).to_vec(),
        "sha512" => sha2::Sha512::digest(bytes).to_vec(),
        other => return Err(unknown(other)),
    }))
}

fn hmac(_: &Rc<Scope>, (algorithm, key, bytes): (String, Bytes, Bytes)) -> Result<Bytes, OpError> {
    let (key, bytes) = (key.0, bytes.0);
    Ok(Bytes(match algorithm.as_str() {
        "md5" => keyed::<SimpleHmac<md5::Md5>>(&key, &bytes)?,
        "sha1" => keyed::<SimpleHmac<sha1::Sha1>>(&key, &bytes)?,
        "sha224" => keyed::<SimpleHmac<sha2::Sha224>>(&key, &bytes)?,
        "sha256" => keyed::<SimpleHmac<sha2::Sha256>>(&key, &bytes)?,
        "sha384" => keyed::<SimpleHmac<sha2::Sha384>>(&key, &bytes)?,
        "sha512" => keyed::<SimpleHmac<sha2::Sha512>>(&key, &bytes)?,
        other => return Err(unknown(other)),
    }))
}

fn keyed<M: Mac + KeyInit>(key: &[u8], bytes: &[u8]) -> Result<Vec<u8>, OpError> {
    let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|error| OpError::error(error.to_string()))?;
    mac.update(bytes);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn unknown(algorithm: &str) -> OpError {
    OpError::error(format!(
        "Digest method not supported: {algorithm} (md5, sha1, sha224, sha256, sha384 and sha512 are)"
    ))
}

fn random(_: &Rc<Scope>, (size,): (usize,)) -> Result<Bytes, OpError> {
    if size > RANDOM_MAX {
        return Err(OpError::of_class("RangeError", format!("{size} random bytes are more than {RANDOM_MAX} at once")));
    }
    let mut bytes = vec![0; size];
    getrandom::fill(&mut bytes).map_err(|error| OpError::error(format!("no random bytes: {error}")))?;
    Ok(Bytes(bytes))
}
