//! The endpoint as a `tower::Service`, to be mounted into any application.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::door::{Admitted, Door};
use super::refusal::Refusal;
use super::stream::Body;
use super::{cors, delete, get, place, post};
use crate::error::{Error, Result};
use crate::server::{Core, Handle, Origin, Server};

/// The MCP endpoint as a [`tower::Service`](tower_service::Service) over [`http`]; cheap to clone.
///
/// It answers POST, GET and DELETE on whatever path it is mounted. It must be called within a tokio runtime.
#[derive(Clone, Debug)]
pub struct HttpService {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) handle: Handle,
    pub(super) door: Door,
}

impl HttpService {
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Server {
    /// The endpoint as a service for axum, hyper or any tower stack, and the server from outside.
    ///
    /// A [`Principal`](crate::Principal) that a layer in front puts into the request's extensions is who asks.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// # fn main() -> anpu::Result {
    /// let (service, handle) = Server::new("notes", "1.0.0").into_service()?;
    /// // axum::Router::new().route_service("/mcp", service)
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`build`](Server::build); also a `public_url`, a host or an origin that cannot be read.
    pub fn into_service(self) -> Result<(HttpService, Handle)> {
        self.service(None, None)
    }

    pub(super) fn service(self, path: Option<String>, bound: Option<IpAddr>) -> Result<(HttpService, Handle)> {
        let door = Door::new(&self.rules(path), bound).map_err(|rule| Error::config(rule.to_string()))?;
        let handle = self.build()?;
        let shared = Arc::new(Shared { handle: handle.clone(), door });
        Ok((HttpService { shared }, handle))
    }
}

impl HttpService {
    pub(super) fn core(&self) -> &Arc<Core> {
        self.shared.handle.core()
    }
}

impl<B> tower_service::Service<Request<B>> for HttpService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Responding;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.call_from(None, request)
    }
}

/// A response on its way.
type Responding = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl HttpService {
    /// Answers a request that came from this client, if layers in front do not know it.
    pub(super) fn call_from<B>(&self, peer: Option<SocketAddr>, request: Request<B>) -> Responding
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let shared = Arc::clone(&self.shared);
        let (parts, body) = request.into_parts();
        let admitted = shared.door.admit(&parts.method, &parts.uri, &parts.headers);
        let page = shared.door.cross_origin(&parts.headers).cloned();
        let request = Origin::of(parts, peer);
        Box::pin(async move {
            let core = shared.handle.core();
            let mut response = match admitted {
                Ok(Admitted::Post(accepts)) => match read(body, shared.door.max_body()).await {
                    Ok(body) => post::post(core, request, body, accepts).await,
                    Err(refusal) => refuse(refusal),
                },
                // Apart, so that the many POSTs need no room for them.
                Ok(Admitted::Get) => Box::pin(get::get(core, request)).await,
                Ok(Admitted::Delete) => Box::pin(delete::delete(core, request)).await,
                Ok(Admitted::Preflight) => preflight(&request.headers),
                Err(refusal) => refuse(refusal),
            };
            if let Some(page) = page {
                cors::allow(response.headers_mut(), &page);
            }
            Ok(response)
        })
    }
}

pub(super) fn preflight(asked: &HeaderMap) -> Response<Body> {
    let mut response = place::empty(StatusCode::NO_CONTENT);
    cors::answer_preflight(response.headers_mut(), asked);
    response
}

pub(super) fn refuse(refusal: Refusal) -> Response<Body> {
    metrics::counter!("mcp.server.refused", "reason" => refusal.reason).increment(1);
    tracing::debug!(status = refusal.status.as_u16(), text = %refusal.text, "refused");
    refusal.into_response()
}

/// How long the next piece of a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What this comes to within [`PATIENCE`], else nothing. The clock is asked only if it is not there yet.
async fn soon<T>(mut coming: impl Future<Output = T> + Unpin) -> Option<T> {
    let mut alarm = None;
    poll_fn(|cx| match Pin::new(&mut coming).poll(cx) {
        Poll::Ready(it) => Poll::Ready(Some(it)),
        Poll::Pending => {
            let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE)));
            alarm.as_mut().poll(cx).map(|()| None)
        }
    })
    .await
}

/// The whole body, if it is not too large.
pub(super) async fn read<B>(body: B, most: u64) -> Result<Bytes, Refusal>
where
    B: http_body::Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut body = std::pin::pin!(body);
    let mut whole = BytesMut::new();
    let mut first: Option<Bytes> = None;
    let late = || Refusal::new(StatusCode::REQUEST_TIMEOUT, "slow_body", "the body came too slowly");
    while let Some(frame) = soon(body.frame()).await.ok_or_else(late)? {
        let frame = frame.map_err(|error| {
            let error = error.into();
            Refusal::new(StatusCode::BAD_REQUEST, "body", format!("the body could not be read: {error}"))
        })?;
        let Ok(mut data) = frame.into_data() else { continue };
        let length = data.remaining();
        let data = data.copy_to_bytes(length);
        let held = whole.len() + first.as_ref().map_or(0, Bytes::len);
        if (held + data.len()) as u64 > most {
            return Err(Refusal::too_large(most));
        }
        // Nearly every body is one piece, and then nothing is copied.
        if held == 0 && body.is_end_stream() {
            return Ok(data);
        }
        match first.take() {
            None if whole.is_empty() => first = Some(data),
            before => {
                whole.extend_from_slice(&before.unwrap_or_default());
                whole.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| whole.freeze()))
}
