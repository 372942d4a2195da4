//! What can be set on a server for its HTTP endpoint.

use super::door::Rules;
use super::host::HostRule;
use crate::server::Server;

impl Server {
    /// Where clients reach the server, such as `https://shop.example.com/mcp`: requests for its host and from its
    /// origin are let in. Default: only loopback names, so that no web page can reach a server at home by
    /// [DNS rebinding](https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning).
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.door.public_url = Some(url.into());
        self
    }

    /// Names under which the server is reached, beside loopback. `*` lets any host in.
    pub fn allowed_hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.door.allowed_hosts.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// Origins of web pages that may use the endpoint: `https://example.com`, `http://localhost:*`, `*`.
    pub fn allowed_origins<O: Into<String>>(mut self, origins: impl IntoIterator<Item = O>) -> Self {
        self.door.allowed_origins.extend(origins.into_iter().map(Into::into));
        self
    }

    /// The path of the endpoint when the server is served alone. Default: `/mcp`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.door.path = Some(path.into());
        self
    }

    /// Whether a server that is served alone also answers clients from before Streamable HTTP, at `/sse` and
    /// `/messages` beside its endpoint. Default: not. To mount it, see [`HttpService::legacy_sse`].
    ///
    /// [`HttpService::legacy_sse`]: crate::HttpService::legacy_sse
    pub fn legacy_sse(mut self, on: bool) -> Self {
        self.door.legacy_sse = on;
        self
    }

    /// Whether other processes may listen on the same port (`SO_REUSEPORT`), so that a successor can start before its
    /// predecessor ends. Default: not.
    ///
    /// Best effort: the kernel gives each connection to one of the processes, and those that its choice has not accepted
    /// yet when it stops listening are lost. A socket that is handed over ([`handed_over`](crate::handed_over)) loses none.
    /// Without effect where the system has no such thing.
    pub fn reuse_port(mut self, on: bool) -> Self {
        self.door.shares_port = on;
        self
    }

    /// The rules of the door, for an endpoint at `path` (any path if it is mounted).
    pub(super) fn rules(&self, path: Option<String>) -> Rules {
        let door = &self.door;
        let hosts = if door.allowed_hosts.iter().any(|host| host == "*") {
            Some(HostRule::Any)
        } else if door.allowed_hosts.is_empty() {
            None
        } else {
            Some(HostRule::These(door.allowed_hosts.clone()))
        };
        Rules {
            hosts,
            public_url: door.public_url.clone(),
            allowed_origins: door.allowed_origins.clone(),
            max_body: self.limits.body as u64,
            path,
        }
    }
}
