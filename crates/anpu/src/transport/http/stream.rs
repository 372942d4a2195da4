//! The body of a response: nothing, one text, or a stream of events that drains an outbox.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

use super::legacy_sse::Reading;
use super::sse;
use crate::server::{End, EventId, Exchange, Outbox, Session, Taken};

/// The body of a response of the endpoint.
pub struct Body(Kind);

enum Kind {
    Text(Bytes),
    Events(Events),
    Reading(Reading),
}

impl Body {
    pub(super) fn events(reader: Reader, outbox: Arc<Outbox>, turn: u64, prime: bool) -> Self {
        Self(Kind::Events(Events { reader, outbox, turn, prime, over: false }))
    }
}

impl From<Bytes> for Body {
    fn from(text: Bytes) -> Self {
        Self(Kind::Text(text))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self(Kind::Text(text.into()))
    }
}

impl From<Reading> for Body {
    fn from(reading: Reading) -> Self {
        Self(Kind::Reading(reading))
    }
}

impl Default for Body {
    fn default() -> Self {
        Self(Kind::Text(Bytes::new()))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Text(_) => "Body(text)",
            Kind::Events(_) | Kind::Reading(_) => "Body(events)",
        })
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match &mut self.0 {
            Kind::Text(text) if text.is_empty() => return Poll::Ready(None),
            Kind::Text(text) => std::mem::take(text),
            Kind::Events(events) => match std::task::ready!(events.poll_chunk(cx)) {
                Some(chunk) => chunk,
                None => return Poll::Ready(None),
            },
            Kind::Reading(reading) => match std::task::ready!(reading.poll_chunk(cx)) {
                Some(chunk) => chunk,
                None => return Poll::Ready(None),
            },
        };
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Text(text) => text.is_empty(),
            Kind::Events(events) => events.over,
            Kind::Reading(reading) => reading.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Text(text) => SizeHint::with_exact(text.len() as u64),
            Kind::Events(_) | Kind::Reading(_) => SizeHint::default(),
        }
    }
}

/// Whose stream it is.
pub(super) enum Reader {
    /// A session's, which goes on without it.
    Session(Arc<Session>),
    /// That of one request, which ends with it.
    Alone(Arc<Exchange>),
}

impl Reader {
    fn retry(&self) -> u32 {
        match self {
            Self::Session(session) => millis(session.core.times.retry),
            Self::Alone(exchange) => millis(exchange.core().times.retry),
        }
    }

    fn gone(&self) {
        match self {
            Self::Session(session) => session.touch(),
            Self::Alone(exchange) => exchange.cancel(),
        }
    }
}

/// One reader of an outbox.
struct Events {
    reader: Reader,
    outbox: Arc<Outbox>,
    turn: u64,
    /// Whether the first event is still to be sent that only names the stream.
    prime: bool,
    over: bool,
}

/// Bytes that are gathered into one chunk before it is sent.
pub(super) const CHUNK: usize = 16 * 1024;

impl Events {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut chunk = BytesMut::new();
        if std::mem::take(&mut self.prime)
            && let Some(id) = self.event_id(0, 0)
        {
            sse::priming(&mut chunk, &id, self.reader.retry());
        }
        while !self.over && chunk.len() < CHUNK {
            match self.outbox.poll_take(self.turn, cx) {
                Poll::Ready(Ok(Taken::Entry(number, entry))) => {
                    let id = self.event_id(number + 1, entry.place);
                    sse::event(&mut chunk, id.as_deref(), &entry.text);
                }
                Poll::Ready(Ok(Taken::Silence)) => sse::comment(&mut chunk),
                Poll::Ready(Err(end)) => {
                    self.over = true;
                    if let End::Paused(retry) = end {
                        sse::retry(&mut chunk, millis(retry));
                    }
                }
                Poll::Pending if chunk.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready((!chunk.is_empty()).then(|| chunk.freeze()))
    }

    /// Where a client that saw so much goes on; none where it cannot.
    fn event_id(&self, seen: u64, place: u64) -> Option<String> {
        let Reader::Session(session) = &self.reader else { return None };
        if !session.dialect().http.resumable {
            return None;
        }
        let (node, requests) = self.outbox.writer().unwrap_or((session.core.node, &[]));
        let (stream, requests) = (self.outbox.stream, requests.to_vec());
        let id = EventId { session: session.id, stream, seen, place, node, requests, cut: false };
        id.seal(&session.core).inspect_err(|error| tracing::error!(%error, "an event has no id")).ok()
    }
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

impl Drop for Events {
    fn drop(&mut self) {
        self.outbox.detach(self.turn);
        self.reader.gone();
    }
}
