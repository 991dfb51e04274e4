//! Which trace something is part of, and how the next process hears of that.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// Bytes of a `traceparent`.
const LENGTH: usize = 55;

/// Names a trace: 16 bytes, not all 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// Names a span: 8 bytes, not all 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

/// A place in a trace: what comes next belongs to this span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Which trace.
    pub trace: TraceId,
    /// The span that the next ones belong to.
    pub span: SpanId,
    /// Whether spans of this trace are kept.
    pub sampled: bool,
}

impl TraceId {
    /// Reads 32 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        bytes(text).map(Self)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Names a span by the first eight bytes, for a part that every process has to name alike. `None` when they are all 0.
    pub fn first_span(self) -> Option<SpanId> {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        let bytes = [a, b, c, d, e, f, g, h];
        (bytes != [0; 8]).then_some(SpanId(bytes))
    }

    /// The last eight bytes, which are random in every trace.
    pub(super) fn tail(self) -> u64 {
        let [.., a, b, c, d, e, f, g, h] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

impl SpanId {
    /// Makes a new one.
    pub fn fresh() -> Self {
        // What hash maps are seeded with differs each time, and needs no system call: spans have to differ within a trace alone.
        Self(RandomState::new().hash_one(()).max(1).to_be_bytes())
    }

    /// Reads 16 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        bytes(text).map(Self)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TraceContext {
    /// Reads a [`traceparent`](https://www.w3.org/TR/trace-context/#traceparent-header-field-values). `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (version, trace) = (text.get(..2)?, text.get(3..35)?);
        let (span, flags) = (text.get(36..52)?, text.get(53..LENGTH)?);
        let (dashes, rest) = ([2, 35, 52].map(|at| text.as_bytes()[at]), &text[LENGTH..]);
        let version: [u8; 1] = digits(version)?;
        // Later versions may have more behind it; ff is none.
        let has_end = rest.is_empty() || version != [0] && rest.starts_with('-');
        if dashes != *b"---" || version == [0xff] || !has_end {
            return None;
        }
        let [flags]: [u8; 1] = digits(flags)?;
        Some(Self { trace: TraceId::parse(trace)?, span: SpanId::parse(span)?, sampled: flags & 1 == 1 })
    }
}

/// A `traceparent`.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        write(&mut text[3..35], &self.trace.0);
        write(&mut text[36..52], &self.span.0);
        write(&mut text[53..], &[u8::from(self.sampled)]);
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

fn write(place: &mut [u8], bytes: &[u8]) {
    let digit = |number: u8| char::from_digit(number.into(), 16).map_or(b'0', |digit| digit as u8);
    for (place, byte) in place.chunks_exact_mut(2).zip(bytes) {
        place.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
}

/// As many bytes as there are to be, not all 0.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    digits(text).filter(|bytes| *bytes != [0; N])
}

fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{SpanId, TraceContext};

    #[test]
    fn a_traceparent_is_read_and_written_the_same() {
        for text in [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        ] {
            assert_eq!(TraceContext::parse(text).unwrap().to_string(), text);
        }
        let later = TraceContext::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what");
        assert!(later.unwrap().sampled, "of a later version what is known is read");
    }

    #[test]
    fn what_is_no_traceparent_is_nothing() {
        for text in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c8031é-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333é-01",
            "00 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01what",
        ] {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
    }

    #[test]
    fn new_spans_differ() {
        assert_ne!(SpanId::fresh(), SpanId::fresh());
    }
}
