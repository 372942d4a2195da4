//! Where the server is: a URL read, and connections made to it.

use std::fmt;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::{ClusterClient, ClusterConfig};
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, ProtocolVersion, RedisResult};

use super::link::Wire;
use super::tls;
use crate::error::{Error, ErrorKind, Result};

/// How often a lost connection is tried again before the next call has to ask for it: about two minutes.
const RETRIES: usize = 120;
/// The pauses between the attempts, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How many commands may wait to be written.
const QUEUE: usize = 1024;

/// One server, or the first servers of a cluster.
#[derive(Clone)]
pub(super) struct Address {
    servers: Vec<ConnectionInfo>,
    is_cluster: bool,
}

impl Address {
    /// Reads a URL: `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`; with `+cluster` behind the scheme, it may
    /// name several servers with commas between them.
    pub(super) fn read(url: &str) -> Result<Self> {
        let cluster = url.split_once("+cluster://");
        let urls = match cluster {
            Some((scheme, rest)) => each_server(scheme, rest),
            None => vec![url.to_owned()],
        };
        let servers = urls.iter().map(|url| server(url)).collect::<Result<Vec<_>>>()?;
        let address = Self { servers, is_cluster: cluster.is_some() };
        if address.is_cluster && address.servers.iter().any(|server| server.redis_settings().db() != 0) {
            return Err(unreadable("a cluster has only database 0"));
        }
        Ok(address)
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    /// The connection that all calls share.
    pub(super) async fn shared(&self, deadline: Duration) -> RedisResult<Wire> {
        if self.is_cluster {
            return self.alone(deadline, deadline).await;
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(deadline))
            .set_response_timeout(Some(deadline))
            .set_number_of_retries(RETRIES)
            .set_min_delay(FIRST_PAUSE)
            .set_max_delay(LONGEST_PAUSE)
            .set_pipeline_buffer_size(QUEUE);
        Ok(Wire::One(ConnectionManager::new_lazy_with_config(self.client()?, config)?))
    }

    /// A connection of its own, for who waits long for answers.
    pub(super) async fn alone(&self, connect: Duration, answer: Duration) -> RedisResult<Wire> {
        if self.is_cluster {
            let config = ClusterConfig::new().set_connection_timeout(connect).set_response_timeout(answer);
            // It would send again what was lost with a connection, although that may have been done.
            let client = ClusterClient::builder(self.servers.clone()).retries(0).tcp_settings(settings(connect));
            return Ok(Wire::Cluster(client.build()?.get_async_connection_with_config(config).await?));
        }
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(connect)).set_response_timeout(Some(answer));
        Ok(Wire::Plain(self.client()?.get_multiplexed_async_connection_with_config(&config).await?))
    }

    fn client(&self) -> RedisResult<Client> {
        // The list of servers is never empty.
        Client::open(self.servers[0].clone())
    }
}

/// Without user and password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, server) in self.servers.iter().enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { "," }, server.addr())?;
        }
        match self.servers[0].redis_settings().db() {
            0 => Ok(()),
            database => write!(f, "/{database}"),
        }
    }
}

/// The URL of each server: they share user, password and what follows.
fn each_server(scheme: &str, rest: &str) -> Vec<String> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, hosts) =
        authority.rsplit_once('@').map_or((String::new(), authority), |(user, h)| (format!("{user}@"), h));
    hosts.split(',').map(|host| format!("{scheme}://{user}{host}{path}")).collect()
}

fn server(url: &str) -> Result<ConnectionInfo> {
    if url.starts_with("rediss:") || url.starts_with("valkeys:") {
        tls::ready()?;
    }
    if url.ends_with("#insecure") {
        return Err(unreadable("`#insecure` is not supported: it would trust every certificate"));
    }
    let info: ConnectionInfo = url.parse().map_err(|error: redis::RedisError| unreadable(&error.to_string()))?;
    // Only with it does the server's end tell a connection that nobody uses at the moment.
    let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Ok(info.set_redis_settings(redis).set_tcp_settings(settings(Duration::from_secs(10))))
}

/// A server that is gone without a word is noticed by what it does not acknowledge.
#[cfg(target_os = "linux")]
fn settings(unacknowledged: Duration) -> TcpSettings {
    TcpSettings::default().set_nodelay(true).set_user_timeout(unacknowledged)
}

#[cfg(not(target_os = "linux"))]
fn settings(_: Duration) -> TcpSettings {
    TcpSettings::default().set_nodelay(true)
}

fn unreadable(why: &str) -> Error {
    let text = format!("the URL of Redis cannot be used: {why}; one is like redis://user:password@host:6379/0");
    Error::new(ErrorKind::Config, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_of_a_cluster_share_what_is_around_them() {
        let urls = each_server("redis", "ann:pass%2Cword@a:7000,[::1]:7001,c/0");
        assert_eq!(
            urls,
            ["redis://ann:pass%2Cword@a:7000/0", "redis://ann:pass%2Cword@[::1]:7001/0", "redis://ann:pass%2Cword@c/0"]
        );
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (url, shown) in [
            ("redis://ann:secret@a", "a:6379"),
            ("valkey://:secret@a:1/2", "a:1/2"),
            ("redis+cluster://:secret@a:1,b:2", "a:1,b:2"),
            ("unix:///run/redis.sock?pass=secret", "/run/redis.sock"),
        ] {
            assert_eq!(Address::read(url).unwrap().to_string(), shown);
        }
    }
}
