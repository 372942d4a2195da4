//! HTTP+SSE, the wire of the first version: a GET holds the stream open on which everything comes back, POSTs bring
//! messages in. Off unless it is switched on or mounted.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Rejected, parse};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Uri};

use super::door::Admitted;
use super::place::{self, Missing};
use super::post::{event_stream, request_id};
use super::refusal::{Refusal, shown};
use super::service::{HttpService, Shared, preflight, read, refuse};
use super::stream::{Body, CHUNK};
use super::{cors, headers, sse};
use crate::auth::Principal;
use crate::error::{Error, Result};
use crate::server::{Connection, Core, Lost, Origin, Taken, Wire, answers, rejection};

/// Names the session in the query of the message endpoint.
const SESSION: &str = "session_id";

/// The two endpoints of HTTP+SSE as one [`tower::Service`](tower_service::Service), for clients that know no other
/// wire; cheap to clone. Mount it at both paths: a GET opens a stream and with it a session, a POST says something in
/// one.
///
/// A session lives as long as its stream. It must be called within a tokio runtime.
#[derive(Clone)]
pub struct LegacySse {
    shared: Arc<Shared>,
    /// The URI of the message endpoint, up to where the session's id begins.
    messages: Arc<str>,
}

impl HttpService {
    /// The same server over HTTP+SSE, the wire of clients from before Streamable HTTP. `messages` is where *clients*
    /// reach the message endpoint: with whatever prefix a router or a proxy in front takes off. One that does not
    /// begin with a slash, like `messages`, is meant beside the stream's own path.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// # fn main() -> anpu::Result {
    /// let (service, _) = Server::new("notes", "1.0.0").into_service()?;
    /// let legacy = service.legacy_sse("/messages")?;
    /// // axum::Router::new()
    /// //     .route_service("/mcp", service)
    /// //     .route_service("/sse", legacy.clone())
    /// //     .route_service("/messages", legacy)
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`Config`](crate::ErrorKind::Config): `messages` is not a URI.
    pub fn legacy_sse(&self, messages: impl AsRef<str>) -> Result<LegacySse> {
        LegacySse::new(Arc::clone(self.shared()), messages.as_ref())
    }
}

impl LegacySse {
    pub(super) fn new(shared: Arc<Shared>, messages: &str) -> Result<Self> {
        let wellformed = !messages.is_empty() && messages.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if !wellformed {
            let seen = shown(messages.as_bytes());
            return Err(Error::config(format!("legacy_sse: `{seen}` is not a path; write it as in `/messages`")));
        }
        let joint = if messages.contains('?') { '&' } else { '?' };
        Ok(Self { shared, messages: format!("{messages}{joint}{SESSION}=").into() })
    }

    async fn respond<B>(self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body + Send,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        let door = &self.shared.door;
        let origin = door.cross_origin(&parts.headers).cloned();
        let mut response = match door.admit(&parts.method, &parts.uri, &parts.headers) {
            Ok(Admitted::Get) => self.open(&parts),
            Ok(Admitted::Post(_)) => match read(body, door.max_body()).await {
                Ok(body) => take(self.shared.handle.core(), parts, &body),
                Err(refusal) => refuse(refusal),
            },
            Ok(Admitted::Preflight) => preflight(&parts.headers),
            Ok(Admitted::Delete) => refuse(no_such_method(&parts.method)),
            Err(refusal) if refusal.reason == "method" => refuse(no_such_method(&parts.method)),
            Err(refusal) => refuse(refusal),
        };
        if let Some(origin) = origin {
            cors::allow(response.headers_mut(), &origin);
        }
        response
    }

    /// A stream, and with it a session.
    fn open(&self, parts: &Parts) -> Response<Body> {
        let core = self.shared.handle.core();
        let principal = parts.extensions.get::<Principal>().cloned();
        let connection = match Connection::open_for(core, principal) {
            Ok(connection) => Arc::new(connection),
            Err(fault) => return place::fault(core.oldest_handshake(), None, &fault),
        };
        connection.publish();
        let endpoint = format!("{}{}", self.messages, connection.session().name());
        event_stream(Body::from(Reading { connection, endpoint: Some(endpoint), over: false }))
    }
}

impl<B> tower_service::Service<Request<B>> for LegacySse
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.respond(request).await) })
    }
}

impl fmt::Debug for LegacySse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacySse").field("messages", &self.messages).finish_non_exhaustive()
    }
}

/// Takes in one message, whose answer will come on the session's stream.
fn take(core: &Arc<Core>, parts: Parts, body: &[u8]) -> Response<Body> {
    let principal = parts.extensions.get::<Principal>().cloned();
    let connection = match find(core, &parts, principal.as_ref()) {
        Ok(connection) => connection,
        Err(missing) => {
            let message = parse(body, &core.limits.message).ok();
            return missing.into_response(core, message.as_ref().and_then(request_id));
        }
    };
    let message = match connection.read(body) {
        Ok(message) => message,
        Err(rejected) => return reject(&connection, &rejected),
    };
    // Answers to our questions and notices put nothing on the stream, so they always come in.
    if connection.is_crowded() && answers(&message) > 0 {
        let fault = Fault::Overloaded("the stream of this session is not read: read it, and then ask again".to_owned());
        return place::fault(connection.session().dialect(), request_id(&message), &fault);
    }
    connection.take(message, Origin::of(parts, None));
    place::empty(StatusCode::ACCEPTED)
}

/// The connection of the session that the query names, if it is this principal's.
fn find(core: &Core, parts: &Parts, principal: Option<&Principal>) -> Result<Arc<Connection>, Missing> {
    let id = session_id(&parts.uri)?;
    let session = core.session(id, Wire::Line, principal).ok_or(Missing::Lost(Lost::Unknown))?;
    let connection = session.connection().ok_or(Missing::Lost(Lost::Unknown))?;
    place::check_version(core, headers::protocol_version(&parts.headers)?)?;
    Ok(connection)
}

fn session_id(uri: &Uri) -> Result<&str, Refusal> {
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let mut ids = pairs.filter(|(name, _)| *name == SESSION).map(|(_, id)| id);
    let refused = |text| Err(Refusal::new(StatusCode::BAD_REQUEST, "no_session", text));
    match (ids.next(), ids.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => {
            refused("session_id is missing in the query: open a stream with GET, its first event says where to POST")
        }
        (Some(_), Some(_)) => refused("session_id is given more than once"),
    }
}

/// Answers a body that is no message.
fn reject(connection: &Connection, rejected: &Rejected) -> Response<Body> {
    // A client looks for answers on the stream only, and may wait for this one. Without an id it would be nobody's.
    if rejected.id.is_some() && !connection.is_crowded() {
        connection.refuse(rejected);
    }
    let mut response = place::json(rejection(connection.session().dialect(), rejected).into());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

fn no_such_method(method: &Method) -> Refusal {
    let seen = shown(method.as_str().as_bytes());
    let text = format!(
        "method `{seen}` is not allowed; GET opens a stream, POST sends a message, closing the stream ends its session"
    );
    Refusal { allow: Some("GET, POST"), ..Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", text) }
}

/// The client's end of a connection: where to send messages, and then everything that is sent to it.
///
/// This wire has no way to come back, so the session ends with its stream.
pub(super) struct Reading {
    connection: Arc<Connection>,
    /// Until it was told.
    endpoint: Option<String>,
    over: bool,
}

impl Reading {
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut chunk = BytesMut::new();
        if let Some(endpoint) = self.endpoint.take() {
            sse::endpoint(&mut chunk, &endpoint);
        }
        while !self.over && chunk.len() < CHUNK {
            match self.connection.poll_take(cx) {
                Poll::Ready(Ok(Taken::Entry(_, entry))) => sse::event(&mut chunk, None, &entry.text),
                Poll::Ready(Ok(Taken::Silence)) => sse::comment(&mut chunk),
                Poll::Ready(Err(_)) => self.over = true,
                Poll::Pending if chunk.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready((!chunk.is_empty()).then(|| chunk.freeze()))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.connection.gone();
    }
}
