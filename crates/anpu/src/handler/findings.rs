//! What is known of an HTTP request beside its message: what layers in front found, and where it came from.

use std::net::SocketAddr;
use std::sync::OnceLock;

use http::Extensions;

/// The extensions of a request. The client's address is put among them when somebody looks, which few handlers do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    left: Extensions,
    peer: Option<SocketAddr>,
    all: OnceLock<Extensions>,
}

impl Findings {
    /// What layers left, and the client's address if they did not see it yet.
    pub(crate) fn new(left: Extensions, peer: Option<SocketAddr>) -> Self {
        Self { left, peer, all: OnceLock::new() }
    }

    /// One more.
    pub(crate) fn insert<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        self.left.insert(value);
        self.all.take();
    }

    /// All of it.
    pub(crate) fn extensions(&self) -> &Extensions {
        let Some(peer) = self.peer else { return &self.left };
        self.all.get_or_init(|| {
            let mut all = self.left.clone();
            all.insert(peer);
            all
        })
    }
}
