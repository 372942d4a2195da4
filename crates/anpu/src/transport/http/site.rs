//! The endpoints of a server that is served alone: which path is whose.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response, Uri};
use tower_service::Service;

use super::door::Door;
use super::legacy_sse::LegacySse;
use super::probes::Probes;
use super::service::{HttpService, Shared};
use super::stream::Body;
use crate::error::{Error, Result};
use crate::server::{Core, Server};

/// All that a server answers when it is served alone: the endpoint at its path, and beside it those of HTTP+SSE if they are
/// wanted, and probes. What [`Server::layer`] puts layers around.
#[derive(Clone, Debug)]
pub struct Endpoint {
    service: HttpService,
    beside: Option<Beside>,
    probes: Option<Probes>,
    /// The client that is served, where no layer stands between: one that does finds it in the request.
    peer: Option<SocketAddr>,
}

#[derive(Clone, Debug)]
struct Beside {
    /// Of the stream and of the messages.
    paths: [Arc<str>; 2],
    service: LegacySse,
}

impl Server {
    /// The server as it is at `path` of the address it is bound to.
    pub(super) fn site(self, path: &str, bound: IpAddr) -> Result<Endpoint> {
        let rules = self.rules(None);
        let legacy = self.door.legacy_sse;
        let probes = self.door.probes.clone().map(|paths| Probes { paths });
        let probed = |at: &str| probes.iter().flat_map(|probes| &probes.paths).any(|path| is_at(path, at));
        if probed(path) {
            return Err(Error::config(format!(
                "path: `{path}` is where probes are answered; choose other .probes(..)"
            )));
        }
        let (service, handle) = self.service(Some(path.to_owned()), Some(bound))?;
        if !legacy {
            return Ok(Endpoint { service, beside: None, probes, peer: None });
        }
        let paths = ["sse", "messages"].map(|name| Arc::from(beside(path, name)));
        if paths.iter().any(|other| is_at(path, other)) {
            return Err(Error::config(format!("path: `{path}` is where legacy_sse is served; choose another")));
        }
        // The path that clients see: a proxy may have taken a part of it off.
        let public: Option<Uri> = rules.public_url.as_deref().and_then(|url| url.parse().ok());
        let seen = public.as_ref().map(Uri::path).filter(|path| path.len() > 1).unwrap_or(path);
        let messages = beside(seen, "messages");
        let door = Door::new(&rules, Some(bound)).map_err(|rule| Error::config(rule.to_string()))?;
        let service_beside = LegacySse::new(Arc::new(Shared { handle, door }), &messages)?;
        tracing::info!("serving MCP over HTTP+SSE too, at {}", paths[0]);
        Ok(Endpoint { service, beside: Some(Beside { paths, service: service_beside }), probes, peer: None })
    }
}

impl Endpoint {
    pub(super) fn core(&self) -> &Arc<Core> {
        self.service.core()
    }

    /// The same, for the client at this address.
    pub(super) fn seen_from(&self, peer: SocketAddr) -> Self {
        Self { peer: Some(peer), ..self.clone() }
    }
}

impl<B> Service<Request<B>> for Endpoint
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = <HttpService as Service<Request<B>>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(probes) = &self.probes
            && let Some(answer) = probes.answer(self.service.core(), request.method(), request.uri().path())
        {
            return Box::pin(ready(Ok(answer)));
        }
        let at = |beside: &&mut Beside| beside.paths.iter().any(|path| is_at(request.uri().path(), path));
        match self.beside.as_mut().filter(at) {
            Some(beside) => {
                if let Some(peer) = self.peer {
                    request.extensions_mut().insert(peer);
                }
                beside.service.call(request)
            }
            None => self.service.call_from(self.peer, request),
        }
    }
}

/// The path of another endpoint in the same place: `/api/sse` beside `/api/mcp`.
fn beside(path: &str, name: &str) -> String {
    let path = path.strip_suffix('/').unwrap_or(path);
    let place = path.rsplit_once('/').map_or("", |(place, _)| place);
    format!("{place}/{name}")
}

/// With a slash at the end too, as the endpoint itself.
fn is_at(seen: &str, path: &str) -> bool {
    seen.strip_suffix('/').unwrap_or(seen) == path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_endpoints_are_in_the_same_place() {
        let cases =
            [("/mcp", "/sse"), ("/", "/sse"), ("/mcp/", "/sse"), ("/api/mcp", "/api/sse"), ("/a/b/c/", "/a/b/sse")];
        for (path, expected) in cases {
            assert_eq!(beside(path, "sse"), expected, "{path}");
        }
    }
}
