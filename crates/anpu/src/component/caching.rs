//! For how long clients may keep what they got, and for whom.

use std::time::Duration;

use anpu_proto::model::{CacheScope, Cacheable, Reply};

/// For how long a client may keep a list or the contents of a resource, and who may share it.
///
/// Only the versions of the protocol without sessions have it. Without it clients are told to keep nothing. See
/// [the specification](https://modelcontextprotocol.io/specification/latest/server/utilities/caching).
///
/// ```
/// use std::time::Duration;
/// use anpu::{Caching, Resource, Server};
///
/// let logo = Resource::new("img:///logo").cache(Caching::public(Duration::from_secs(3600))).handler(|_| async { "…" });
/// let server = Server::new("brand", "1.0.0").cache_lists(Caching::private(Duration::from_secs(60))).with(logo);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caching {
    ttl: Duration,
    scope: CacheScope,
}

impl Caching {
    /// Fresh for so long, and the same for everybody: proxies may share it.
    pub fn public(ttl: Duration) -> Self {
        Self { ttl, scope: CacheScope::Public }
    }

    /// Fresh for so long, for the one who asked only.
    pub fn private(ttl: Duration) -> Self {
        Self { ttl, scope: CacheScope::Private }
    }

    /// For the one who asked only.
    pub(crate) fn alone(self) -> Self {
        Self { scope: CacheScope::Private, ..self }
    }

    /// What holds for two things together: the shorter time, and for everybody only if both are.
    pub(crate) fn shorter(self, other: Self) -> Self {
        let shared = self.scope == CacheScope::Public && other.scope == CacheScope::Public;
        let scope = if shared { CacheScope::Public } else { CacheScope::Private };
        Self { ttl: self.ttl.min(other.ttl), scope }
    }

    /// Says so in a reply that can be kept and says nothing of its own.
    pub(crate) fn apply_to(self, reply: &mut Reply) {
        if let Some(result) = reply.caching_mut() {
            self.apply(result);
        }
    }

    /// Says so in a result that says nothing of its own.
    pub(crate) fn apply(self, result: &mut dyn Cacheable) {
        let (ttl_ms, scope) = result.caching_mut();
        let silent = ttl_ms.is_none() && scope.is_none();
        if silent {
            *ttl_ms = Some(u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX));
            *scope = Some(self.scope);
        }
    }
}
