//! Caching hints on results: for how long, and for whom.

use serde::{Deserialize, Serialize};

/// Who may share a cached result.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/utilities/caching).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheScope {
    /// Everyone.
    Public,
    /// Only the one who asked.
    #[default]
    Private,
}

/// A result with caching hints. A new one has none; what requires them gets `ttlMs` 0 and a private scope, which is always
/// right.
pub trait Cacheable {
    /// Where the hints are kept.
    fn caching_mut(&mut self) -> (&mut Option<u64>, &mut Option<CacheScope>);

    /// Sets both hints: fresh for `ttl_ms` milliseconds, shared by `scope`.
    #[must_use]
    fn cached(mut self, ttl_ms: u64, scope: CacheScope) -> Self
    where
        Self: Sized,
    {
        let (ttl, cache_scope) = self.caching_mut();
        *ttl = Some(ttl_ms);
        *cache_scope = Some(scope);
        self
    }

    /// Takes both hints away, for peers that do not know them.
    fn forget_caching(&mut self) {
        let (ttl, cache_scope) = self.caching_mut();
        *ttl = None;
        *cache_scope = None;
    }
}

macro_rules! cacheable {
    ($($name:ty),*) => {
        $(impl $crate::model::caching::Cacheable for $name {
            fn caching_mut(&mut self) -> (&mut Option<u64>, &mut Option<$crate::model::caching::CacheScope>) {
                (&mut self.ttl_ms, &mut self.cache_scope)
            }
        })*
    };
}

pub(super) use cacheable;
