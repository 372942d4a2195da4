//! The socket to listen on: one that was handed over, or one that is bound here.

use std::io;
use std::net::{self, SocketAddr};
use std::sync::{Mutex, OnceLock, PoisonError};

use sd_listen_fds::OwnedFd;
use tokio::net::{TcpListener, TcpSocket, ToSocketAddrs};

use crate::error::{Error, ErrorKind, Result};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// The next TCP listener that was handed over to this process, as systemd and others do it (`LISTEN_FDS`, `LISTEN_PID`); none
/// if there is none, and on systems other than Linux. Must be called within a tokio runtime.
///
/// What [`Server::serve_http`](crate::Server::serve_http) takes before it binds an address; for callers of
/// `serve_listener`. A socket that outlives the process refuses no connection while one process takes the place of another:
/// clients wait. See `docs/drain.md`.
///
/// # Errors
///
/// What was handed over is no TCP listener.
pub fn handed_over() -> Result<Option<TcpListener>> {
    // The environment says it once; further servers of this process take further sockets.
    static HANDED: OnceLock<Mutex<Vec<OwnedFd>>> = OnceLock::new();
    let handed = HANDED.get_or_init(|| Mutex::new(sockets()));
    let mut handed = handed.lock().unwrap_or_else(PoisonError::into_inner);
    if handed.is_empty() {
        return Ok(None);
    }
    listener(handed.remove(0)).map(Some).map_err(|error| {
        let text = format!("what LISTEN_FDS hands over is no TCP listener: {error}");
        Error::new(ErrorKind::Config, text).because(error)
    })
}

fn sockets() -> Vec<OwnedFd> {
    match sd_listen_fds::get() {
        Ok(named) => named.into_iter().map(|(_, socket)| socket).collect(),
        Err(error) => {
            tracing::warn!(%error, "LISTEN_FDS and LISTEN_PID cannot be read and are ignored");
            Vec::new()
        }
    }
}

fn listener(socket: OwnedFd) -> io::Result<TcpListener> {
    // What the copy has and the original has not: processes that are started here do not get it.
    let listener = net::TcpListener::from(socket).try_clone()?;
    listener.local_addr()?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Listens on the socket that was handed over, or else on this address.
pub(super) async fn listen(address: impl ToSocketAddrs, shares_port: bool) -> Result<TcpListener> {
    if let Some(listener) = handed_over()? {
        tracing::info!(address = ?listener.local_addr(), "listening on a socket that was handed over");
        return Ok(listener);
    }
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(address).await?.collect();
    let bound = if shares_port { bind_shared(&addresses) } else { TcpListener::bind(&*addresses).await };
    bound.map_err(|error| {
        let names: Vec<_> = addresses.iter().map(SocketAddr::to_string).collect();
        Error::new(ErrorKind::Io, format!("cannot listen on {}: {error}", names.join(", "))).because(error)
    })
}

/// Binds the first of these that can be bound, together with others that do the same.
fn bind_shared(addresses: &[SocketAddr]) -> io::Result<TcpListener> {
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "there is no address of this name");
    for address in addresses {
        match shared(*address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn shared(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
