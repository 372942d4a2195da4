//! Connecting: what is set before, and what is looked at once.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::ConnectionLike as _;
use redis::{RedisError, RedisResult};

use super::address::Address;
use super::bus::Hub;
use super::keys::Keys;
use super::link::{self, Link, Wire};
use super::{Redis, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::store::limits::MAX_VALUE;

/// How long a call waits for its answer.
const DEADLINE: Duration = Duration::from_secs(2);
/// The oldest Redis whose scripts know the flags that ours have.
const OLDEST: u32 = 7;

/// A connection to a [`Redis`] to be made: set what should differ from the defaults, then await it.
#[must_use = "nothing is connected until it is awaited"]
pub struct Connecting {
    url: String,
    prefix: String,
    max_value: usize,
    deadline: Duration,
}

impl Connecting {
    pub(super) fn new(url: String) -> Self {
        Self { url, prefix: "anpu:".to_owned(), max_value: MAX_VALUE, deadline: DEADLINE }
    }

    /// What the names of all keys begin with: `anpu:` by default. Services that share a server need one each.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The largest value this handle takes: 1 MiB by default.
    pub fn max_value(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }

    /// How long a call waits for its answer before it fails: 2 s by default. Connecting waits as long.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    async fn connect(self) -> Result<Redis> {
        let address = Address::read(&self.url)?;
        let place = address.to_string();
        let attempt = tokio::time::timeout(self.deadline, reach(&address, self.deadline)).await;
        let attempt = attempt.map_err(|_| link::silent(&place, self.deadline))?;
        let (wire, about) = attempt.map_err(|error| unconnected(&place, error))?;
        let version = check(&about, &place)?;
        let kind = if address.is_cluster() { "Redis cluster" } else { "Redis" };
        let described = format!("{kind}{version} at {place}, keys {}*", self.prefix);
        tracing::info!(store = described, "connected");
        let link = Link { wire, place, deadline: self.deadline };
        let keys = Keys { prefix: self.prefix };
        let hub = Arc::new(Hub::new(address, keys.bus(), self.deadline));
        Ok(Redis(Arc::new(Shared { link, keys, max_value: self.max_value, hub, described })))
    }
}

/// The shared connection, and what the server says of itself: nothing if it is a cluster or may not say.
async fn reach(address: &Address, deadline: Duration) -> RedisResult<(Wire, String)> {
    if address.is_cluster() {
        return Ok((address.shared(deadline).await?, String::new()));
    }
    // The shared connection would try again and again, and at last not say why.
    let mut first = address.alone(deadline, deadline).await?;
    first.req_packed_command(&redis::cmd("PING")).await?;
    let about = redis::cmd("INFO").query_async(&mut first).await.unwrap_or_default();
    Ok((address.shared(deadline).await?, about))
}

/// Refuses what is too old, warns of what loses data, and returns the version as it is described.
fn check(about: &str, place: &str) -> Result<String> {
    let field = |name: &str| {
        let mut lines = about.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    };
    let Some(version) = field("redis_version") else { return Ok(String::new()) };
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major < OLDEST) {
        let text = format!("Redis at {place} is version {version}; it takes {OLDEST} or newer, or Valkey");
        return Err(Error::new(ErrorKind::Config, text));
    }
    if field("aof_enabled") == Some("0") {
        tracing::warn!(
            store = place,
            "Redis keeps no append-only file: its crash loses sessions (set `appendonly yes`)"
        );
    }
    if field("maxmemory_policy").is_some_and(|policy| policy != "noeviction") {
        tracing::warn!(
            store = place,
            "Redis evicts keys when it is full: sessions (set `maxmemory-policy noeviction`)"
        );
    }
    Ok(format!(" {}", field("valkey_version").unwrap_or(version)))
}

/// Why there is no connection.
fn unconnected(place: &str, error: RedisError) -> Error {
    let login = error.kind() == redis::ErrorKind::AuthenticationFailed
        || matches!(error.code(), Some("WRONGPASS" | "NOAUTH" | "NOPERM"));
    if !login {
        return link::failed(place, error);
    }
    let text = format!("Redis at {place} refuses the user or password of its URL (redis://user:password@host)");
    Error::new(ErrorKind::Config, text).because(error)
}

impl IntoFuture for Connecting {
    type Output = Result<Redis>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Redis>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.connect())
    }
}

/// Without the URL, which may have a password in it.
impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, prefix, max_value, deadline } = self;
        let mut shown = f.debug_struct("Connecting");
        shown.field("prefix", prefix).field("max_value", max_value).field("deadline", deadline).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_too_old_is_refused() {
        let error = check("# Server\r\nredis_version:6.2.14\r\n", "here").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.to_string(), "Redis at here is version 6.2.14; it takes 7 or newer, or Valkey");
        for (about, version) in [
            ("redis_version:7.0.15\r\n", " 7.0.15"),
            ("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n", " 8.1.0"),
            ("", ""),
        ] {
            assert_eq!(check(about, "here").unwrap(), version);
        }
    }
}
