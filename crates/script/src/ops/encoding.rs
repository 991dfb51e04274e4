//! Ops of Buffer, TextDecoder, atob and btoa: text ⇄ bytes.

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use encoding_rs::{Decoder, DecoderResult, Encoding};
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::resources::Resource;
use crate::scope::Scope;
use crate::value::Bytes;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("bytes_to_text", bytes_to_text)?;
    ops.sync("text_to_bytes", text_to_bytes)?;
    ops.sync("encoding_name", encoding_name)?;
    ops.sync("decoder", decoder)?;
    ops.sync("decode", decode)
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

/// The name that a label stands for, in the [Encoding Standard](https://encoding.spec.whatwg.org/#names-and-labels); null
/// for any other text, and for what stands for nothing that can be decoded.
fn encoding_name(_: &Rc<Scope>, (label,): (String,)) -> Result<Option<String>, OpError> {
    Ok(Encoding::for_label_no_replacement(label.as_bytes()).map(|encoding| encoding.name().to_lowercase()))
}

/// A decoder of a stream: bytes of a character whose other bytes are still to come wait in it.
struct StreamDecoder(RefCell<Decoder>);

impl Resource for StreamDecoder {
    fn class(&self) -> &'static str {
        "StreamDecoder"
    }
}

fn decoder(_: &Rc<Scope>, (name, keeps_mark): (String, bool)) -> Result<Rc<StreamDecoder>, OpError> {
    let encoding = Encoding::for_label(name.as_bytes()).ok_or_else(|| unknown(&name))?;
    let decoder =
        if keeps_mark { encoding.new_decoder_without_bom_handling() } else { encoding.new_decoder_with_bom_removal() };
    Ok(Rc::new(StreamDecoder(RefCell::new(decoder))))
}

/// Text of a part of the stream; null when `fatal` and the bytes are malformed.
fn decode(
    _: &Rc<Scope>,
    (decoder, bytes, fatal, last): (Rc<StreamDecoder>, Bytes, bool, bool),
) -> Result<Option<String>, OpError> {
    let mut decoder = decoder.0.borrow_mut();
    let too_long = || OpError::type_error("the text is too long");
    if fatal {
        let room = decoder.max_utf8_buffer_length_without_replacement(bytes.0.len()).ok_or_else(too_long)?;
        let mut text = String::with_capacity(room);
        let (result, _) = decoder.decode_to_string_without_replacement(&bytes.0, &mut text, last);
        return Ok((result == DecoderResult::InputEmpty).then_some(text));
    }
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.0.len()).ok_or_else(too_long)?);
    let _ = decoder.decode_to_string(&bytes.0, &mut text, last);
    Ok(Some(text))
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
