//! Spans as [protobuf](https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto):
//! one `ExportTraceServiceRequest`. A dozen fields are all that is used of it.
//!
//! Spans are written when they are recorded, each straight behind the one before. A request is a head and the spans that wait.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Span, SpanKind, Value};

/// What stands before the spans of every request: the process, by its attributes, and who recorded them.
#[derive(Debug)]
pub(super) struct Head {
    resource: Vec<u8>,
    scope: Vec<u8>,
}

impl Head {
    pub(super) fn of(attributes: &[(&str, Value<'_>)]) -> Self {
        let (mut resource, mut scope) = (Vec::new(), Vec::new());
        message(&mut resource, 1, |to| attributes.iter().for_each(|(name, value)| attribute(to, 1, name, *value)));
        message(&mut scope, 1, |to| {
            text(to, 1, "puppet-master");
            text(to, 2, env!("CARGO_PKG_VERSION"));
        });
        Self { resource, scope }
    }

    /// The body of a request with these spans.
    pub(super) fn request(&self, spans: &[u8]) -> Vec<u8> {
        let Self { resource, scope } = self;
        let mut scope_spans = Vec::new();
        tag(&mut scope_spans, 2, 2);
        varint(&mut scope_spans, (scope.len() + spans.len()) as u64);
        let length = resource.len() + scope_spans.len() + scope.len() + spans.len();
        let mut request = Vec::with_capacity(length + 16);
        tag(&mut request, 1, 2);
        varint(&mut request, length as u64);
        [resource, &scope_spans, scope, spans].into_iter().for_each(|part| request.extend_from_slice(part));
        request
    }
}

/// Writes a span as it stands in a request.
pub(super) fn span(to: &mut Vec<u8>, span: &Span<'_>) {
    message(to, 2, |to| {
        bytes(to, 1, span.trace.bytes());
        bytes(to, 2, span.id.bytes());
        if let Some(parent) = &span.parent {
            bytes(to, 4, parent.bytes());
        }
        text(to, 5, span.name);
        let kind = match span.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        };
        number(to, 6, kind);
        fixed64(to, 7, nanoseconds(span.start));
        fixed64(to, 8, nanoseconds(span.end.max(span.start)));
        span.attributes.iter().for_each(|(name, value)| attribute(to, 9, name, *value));
        if let Some(error) = &span.error {
            message(to, 15, |status| {
                text(status, 2, error);
                number(status, 3, 2);
            });
        }
    });
}

fn attribute(to: &mut Vec<u8>, field: u32, name: &str, value: Value<'_>) {
    message(to, field, |pair| {
        text(pair, 1, name);
        message(pair, 2, |any| match value {
            Value::Text(value) => text(any, 1, value),
            // Two's complement in 64 bits, as protobuf's int64 has it.
            Value::Number(value) => number(any, 3, value.cast_unsigned()),
        });
    });
}

fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

// Fields: <https://protobuf.dev/programming-guides/encoding/>.

fn varint(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    to.push((number & 0x7f) as u8);
}

fn tag(to: &mut Vec<u8>, field: u32, kind: u32) {
    varint(to, u64::from(field << 3 | kind));
}

fn number(to: &mut Vec<u8>, field: u32, number: u64) {
    tag(to, field, 0);
    varint(to, number);
}

fn fixed64(to: &mut Vec<u8>, field: u32, number: u64) {
    tag(to, field, 1);
    to.extend_from_slice(&number.to_le_bytes());
}

fn bytes(to: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    tag(to, field, 2);
    varint(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

fn text(to: &mut Vec<u8>, field: u32, text: &str) {
    bytes(to, field, text.as_bytes());
}

/// Writes a field that is a message. Its length is put before it when it is known, which for what is this short takes less than
/// a buffer of its own.
fn message(to: &mut Vec<u8>, field: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    tag(to, field, 2);
    let start = to.len();
    fill(to);
    let end = to.len();
    varint(to, (end - start) as u64);
    let length = to.len() - end;
    to[start..].rotate_right(length);
}

#[cfg(test)]
mod tests {
    use super::{fixed64, message, number, text};

    #[test]
    fn numbers_and_texts_stand_as_protobuf_says() {
        let mut bytes = Vec::new();
        number(&mut bytes, 1, 150);
        text(&mut bytes, 2, "testing");
        message(&mut bytes, 3, |inner| number(inner, 1, 150));
        fixed64(&mut bytes, 4, 1);
        message(&mut bytes, 5, |inner| text(inner, 1, &"x".repeat(198)));
        let expected = "089601 120774657374696e67 1a03089601 210100000000000000 2ac901 0ac601".replace(' ', "");
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected + &"78".repeat(198));
    }
}
