//! Ops of Buffer, TextDecoder, atob and btoa: text ⇄ bytes.

use std::rc::Rc;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::scope::Scope;
use crate::value::Bytes;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("bytes_to_text", bytes_to_text)?;
    ops.sync("text_to_bytes", text_to_bytes)?;
    ops.sync("utf8_strict", utf8_strict)
}

/// Base64 as Node reads it: padded or not, whatever the last bits say.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn bytes_to_text(_: &Rc<Scope>, (bytes, encoding): (Bytes, String)) -> Result<String, OpError> {
    let Bytes(bytes) = bytes;
    Ok(match encoding.as_str() {
        "utf8" => String::from_utf8_lossy(&bytes).into_owned(),
        "hex" => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        "base64" => STANDARD.encode(bytes),
        "base64url" => URL_SAFE_NO_PAD.encode(bytes),
        "latin1" => bytes.into_iter().map(char::from).collect(),
        "ascii" => bytes.into_iter().map(|byte| char::from(byte & 0x7f)).collect(),
        "utf16le" => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        other => return Err(unknown(other)),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "Node keeps the low byte of each character")]
fn text_to_bytes(_: &Rc<Scope>, (text, encoding): (String, String)) -> Result<Bytes, OpError> {
    Ok(Bytes(match encoding.as_str() {
        "utf8" => text.into_bytes(),
        "hex" => hex(text.as_bytes()),
        "base64" | "base64url" => base64(&text),
        "latin1" | "ascii" => text.encode_utf16().map(|unit| unit as u8).collect(),
        "utf16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        other => return Err(unknown(other)),
    }))
}

/// For `new TextDecoder("utf-8", {fatal: true})`; null when the bytes are no UTF-8.
fn utf8_strict(_: &Rc<Scope>, (bytes,): (Bytes,)) -> Result<Option<String>, OpError> {
    Ok(String::from_utf8(bytes.0).ok())
}

fn unknown(encoding: &str) -> OpError {
    OpError::type_error(format!("Unknown encoding: {encoding}"))
}

/// Pairs of digits up to the first that is none.
fn hex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.chunks_exact(2).map_while(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Both alphabets, white space and stray characters skipped, up to the first padding.
fn base64(text: &str) -> Vec<u8> {
    let mut clean: Vec<u8> = text
        .bytes()
        .take_while(|byte| *byte != b'=')
        .filter_map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            b'+' | b'/' => Some(byte),
            _ => byte.is_ascii_alphanumeric().then_some(byte),
        })
        .collect();
    if clean.len() % 4 == 1 {
        clean.pop();
    }
    FORGIVING.decode(clean).unwrap_or_default()
}
