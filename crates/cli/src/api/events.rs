//! The events of a job as they come: [Server-Sent Events](https://html.spec.whatwg.org/multipage/server-sent-events.html).

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use tokio::time::timeout;

use super::request::Repeat;
use super::{Gateway, job_path};

/// A gateway writes a comment every 15 s: a longer silence means that the connection is dead.
const SILENCE: Duration = Duration::from_secs(60);

/// What a gateway answers to who wants to follow a job.
pub(crate) enum Events {
    /// The job's events.
    Stream(Box<EventStream>),
    /// The job is not there, or the gateway knows no events, as the predecessor's does not.
    None,
}

/// An event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Where the stream goes on after it.
    pub(crate) id: Option<String>,
    /// `status`, `log`, `result` and so on.
    pub(crate) name: String,
    /// JSON.
    pub(crate) data: String,
}

/// Events as they come.
pub(crate) struct EventStream {
    response: Response,
    parser: Parser,
}

impl Gateway {
    /// Follows a job, from its beginning or after an event; with `live` there are its calls, too.
    pub(crate) async fn events(&self, uuid: &str, live: bool, after: Option<&str>) -> anyhow::Result<Events> {
        let path = format!("{}/events{}", job_path(uuid), if live { "?live" } else { "" });
        let build = || {
            let request = self.request(Method::GET, &path).header("accept", "text/event-stream");
            match after {
                Some(id) => request.header("last-event-id", id),
                None => request,
            }
        };
        let response = self.exchange(Repeat::Yes, build).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(Events::None);
        }
        let response = self.checked(response).await?;
        Ok(Events::Stream(Box::new(EventStream { response, parser: Parser::default() })))
    }
}

impl EventStream {
    /// The next event; `None` when the stream has ended or was cut.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.parser.event() {
                return Some(event);
            }
            let piece = timeout(SILENCE, self.response.chunk()).await.ok()?.ok()??;
            self.parser.take(&piece);
        }
    }
}

/// Makes events of bytes.
#[derive(Default)]
struct Parser {
    bytes: Vec<u8>,
    /// How many of them belong to lines that were read.
    read: usize,
    event: Event,
}

impl Parser {
    fn take(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(piece);
    }

    /// The next event that is there as a whole.
    fn event(&mut self) -> Option<Event> {
        loop {
            let rest = &self.bytes[self.read..];
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let line = String::from_utf8_lossy(&rest[..end]).into_owned();
            self.read += end + 1;
            let line = line.strip_suffix('\r').unwrap_or(&line);
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                if !event.name.is_empty() {
                    return Some(event);
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => self.event.id = Some(value.to_owned()),
                "event" => value.clone_into(&mut self.event.name),
                "data" => {
                    if !self.event.data.is_empty() {
                        self.event.data.push('\n');
                    }
                    self.event.data.push_str(value);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Parser};

    #[test]
    fn events_come_in_any_pieces() {
        let text = ": hello\n\nid: 1\nevent: log\ndata: {\"a\":1}\n\nevent: result\r\ndata: [\r\ndata: ]\r\n\r\n";
        let event = |id: Option<&str>, name: &str, data: &str| Event {
            id: id.map(str::to_owned),
            name: name.to_owned(),
            data: data.to_owned(),
        };
        let wanted = [event(Some("1"), "log", "{\"a\":1}"), event(None, "result", "[\n]")];
        for size in 1..=text.len() {
            let (mut parser, mut events) = (Parser::default(), Vec::new());
            for piece in text.as_bytes().chunks(size) {
                parser.take(piece);
                events.extend(std::iter::from_fn(|| parser.event()));
            }
            assert_eq!(events, wanted, "{size}");
        }
    }
}
