//! Connections of a listener, each served by the same service.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower_service::Service;

use super::leaving::serve;
use super::patience::Patience;
use crate::server::Core;

/// What a service may fail with.
pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// What running requests get when the server ends, unless it says how long.
const DRAIN: Duration = Duration::from_secs(25);

/// Serves until `shutdown` is ready; then running requests get the time to drain. `service` makes what serves one client.
pub(super) async fn accept<S, B>(
    core: &Arc<Core>,
    listener: TcpListener,
    service: impl Fn(SocketAddr) -> S,
    shutdown: impl Future<Output = ()>,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let places = Arc::new(Semaphore::new(core.limits.connections));
    // Ends with this function, and all that is still served with it.
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        while connections.try_join_next().is_some() {}
        // Shutting down comes first, so that a flood of connections cannot put it off.
        let (place, accepted) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            _ = core.drain.begun() => break,
            next = next(&listener, &places) => next,
        };
        let Some((stream, peer)) = accepted_or_wait(accepted).await else { continue };
        let service = TowerToHyperService::new(service(peer));
        let connection = serve(Arc::clone(core), protocol(), stream, service);
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "a connection ended with an error");
            }
            drop(place);
        });
    }
    // A connection that nobody will accept is better refused than left to wait. If the socket was handed over, it is not
    // closed by this: connections wait for whoever else has it.
    drop(listener);
    let grace = core.times.drain.unwrap_or(DRAIN);
    core.leave(grace);
    let all = async {
        // Also those whose clients are gone; what comes of them may still be fetched.
        core.drain.quiet().await;
        core.pause_lines();
        while connections.join_next().await.is_some() {}
    };
    core.drain.wait(all).await;
    core.end(grace).await;
}

/// How one connection is served.
fn protocol() -> http1::Builder {
    let mut protocol = http1::Builder::new();
    // No `pipeline_flush`: with it hyper's write buffer has no bound, and who never reads fills the memory.
    protocol.timer(Patience::default()).header_read_timeout(Duration::from_secs(30));
    protocol
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, io::Result<(TcpStream, SocketAddr)>) {
    // It is never closed, so there is always a permit in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    (place, listener.accept().await)
}

/// The service as seen from one client, whose address it leaves in the request's extensions, for layers in front.
#[derive(Clone, Debug)]
pub(super) struct From<S> {
    pub(super) peer: SocketAddr,
    pub(super) service: S,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for From<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(self.peer);
        self.service.call(request)
    }
}

/// A connection; after a failure, a pause, because most failures to accept (no free file descriptor) come again.
async fn accepted_or_wait(accepted: io::Result<(TcpStream, SocketAddr)>) -> Option<(TcpStream, SocketAddr)> {
    match accepted {
        Ok((stream, peer)) => {
            // Without it a small answer waits for the acknowledgement of the one before, up to 40 ms.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%peer, %error, "TCP_NODELAY could not be set");
            }
            Some((stream, peer))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
