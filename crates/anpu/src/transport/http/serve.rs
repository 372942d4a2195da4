//! The endpoint on a socket of its own, with or without layers in front.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use tokio::net::{TcpListener, ToSocketAddrs};
use tower_layer::{Identity, Layer, Stack};
use tower_service::Service;

use super::connections::{From, accept};
use super::listener::listen;
use super::site::Endpoint;
use crate::error::Result;
use crate::server::Server;
use crate::transport::signal::shutdown_signal;

/// The path of the endpoint unless it is set.
const PATH: &str = "/mcp";

/// A server with layers in front of its HTTP endpoint.
pub struct Layered<L> {
    server: Server,
    layer: L,
}

impl<L> fmt::Debug for Layered<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Server {
    /// Puts a [`tower::Layer`](tower_layer::Layer) in front of the HTTP endpoint: any layer over [`http`], such as
    /// those of `tower-http`. The last one added sees a request first.
    ///
    /// Only what [`serve_http`](Layered::serve_http) and [`serve_listener`](Layered::serve_listener) serve is layered; a
    /// server that is mounted elsewhere is layered there.
    ///
    /// ```
    /// use anpu::prelude::*;
    /// # #[derive(Clone)] struct Nothing;
    /// # impl<S> tower_layer::Layer<S> for Nothing { type Service = S; fn layer(&self, inner: S) -> S { inner } }
    /// # let tower_http_trace = Nothing;
    ///
    /// let serving = Server::new("notes", "1.0.0").layer(tower_http_trace).serve_http("127.0.0.1:8000");
    /// ```
    pub fn layer<L>(self, layer: L) -> Layered<Stack<Identity, L>> {
        Layered { server: self, layer: Identity::new() }.layer(layer)
    }

    /// Serves Streamable HTTP on this address, at `/mcp` unless [`path`](Server::path) says otherwise, until the
    /// process gets SIGTERM or SIGINT (Ctrl-C) or is [drained](crate::Handle::drain).
    ///
    /// Then no connection is accepted any more, running requests get the time set with [`drain`](Server::drain), and
    /// this returns. A second signal ends the process at once, with status 143 or 130.
    ///
    /// If a socket was handed over ([`handed_over`](crate::handed_over)), it is served instead of the address. Probes are
    /// answered at `/live` and `/ready` ([`probes`](Server::probes)).
    ///
    /// # Errors
    ///
    /// As for [`into_service`](Server::into_service) and [`prepare`](Server::prepare); also an address that cannot be
    /// listened on.
    pub async fn serve_http(self, address: impl ToSocketAddrs) -> Result {
        let listener = listen(address, self.door.shares_port).await?;
        self.serve_listener(listener, shutdown_signal()).await
    }

    /// As [`serve_http`](Server::serve_http), on a listener that is already bound, until `shutdown` is ready.
    ///
    /// # Errors
    ///
    /// As for [`into_service`](Server::into_service) and [`prepare`](Server::prepare).
    pub async fn serve_listener(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result {
        let site = self.prepare().await?.open(&listener)?;
        let core = Arc::clone(site.core());
        accept(&core, listener, |peer| site.seen_from(peer), shutdown).await;
        Ok(())
    }
}

impl Server {
    fn open(self, listener: &TcpListener) -> Result<Endpoint> {
        let address = listener.local_addr()?;
        let path = self.door.path.clone().unwrap_or_else(|| PATH.to_owned());
        let site = self.site(&path, address.ip())?;
        tracing::info!("serving MCP at http://{address}{path}");
        Ok(site)
    }
}

impl<L> Layered<L> {
    /// Puts another layer in front.
    pub fn layer<M>(self, layer: M) -> Layered<Stack<L, M>> {
        // In a stack the first one is the inner one.
        Layered { server: self.server, layer: Stack::new(self.layer, layer) }
    }

    /// As [`Server::serve_http`].
    ///
    /// # Errors
    ///
    /// As for [`Server::serve_http`].
    pub async fn serve_http<B>(self, address: impl ToSocketAddrs) -> Result
    where
        L: Layer<Endpoint>,
        L::Service: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        <L::Service as Service<Request<Incoming>>>::Future: Send,
        <L::Service as Service<Request<Incoming>>>::Error: Into<Box<dyn StdError + Send + Sync>>,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let listener = listen(address, self.server.door.shares_port).await?;
        self.serve_listener(listener, shutdown_signal()).await
    }

    /// As [`Server::serve_listener`].
    ///
    /// # Errors
    ///
    /// As for [`Server::serve_listener`].
    pub async fn serve_listener<B>(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result
    where
        L: Layer<Endpoint>,
        L::Service: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        <L::Service as Service<Request<Incoming>>>::Future: Send,
        <L::Service as Service<Request<Incoming>>>::Error: Into<Box<dyn StdError + Send + Sync>>,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let Self { server, layer } = self;
        let site = server.prepare().await?.open(&listener)?;
        let core = Arc::clone(site.core());
        let service = layer.layer(site);
        accept(&core, listener, |peer| From { peer, service: service.clone() }, shutdown).await;
        Ok(())
    }
}
