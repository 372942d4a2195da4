//! The HTTP door: refuses what must not come in before a byte of the body is read; knows no JSON and no session.

use std::net::IpAddr;

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use super::accept::{Accepts, accepts};
use super::headers::{General, require_identity, require_json, require_length};
use super::host::{BadRule, HostPort, HostRule, Hosts};
use super::origin::{Origin, Origins};
use super::refusal::{Refusal, shown};

/// The largest body taken unless the server is told otherwise: 4 MiB.
pub(crate) const DEFAULT_MAX_BODY: u64 = 4 * 1024 * 1024;

/// The settings of a [`Door`].
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// Which `Host` a request may name; decided from the other settings and the bound address if not set.
    pub(crate) hosts: Option<HostRule>,
    /// Where clients reach the server, `https://shop.example.com/mcp`: its host and its origin are let in.
    pub(crate) public_url: Option<String>,
    /// Origins of web pages that may use the endpoint: `https://example.com`, `http://localhost:*`, `*`.
    pub(crate) allowed_origins: Vec<String>,
    /// The largest body in bytes.
    pub(crate) max_body: u64,
    /// The path of the endpoint; any path if the service is mounted into a router that has decided already.
    pub(crate) path: Option<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { hosts: None, public_url: None, allowed_origins: Vec::new(), max_body: DEFAULT_MAX_BODY, path: None }
    }
}

/// The rules, read once, so that a request costs comparisons only.
#[derive(Debug)]
pub(crate) struct Door {
    /// None: any host.
    hosts: Option<Hosts>,
    origins: Origins,
    max_body: u64,
    /// Without a slash at its end.
    path: Option<Box<str>>,
}

/// A request that was let in; its body, if any, is not read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// A message, and how its reply may come; at least one way.
    Post(Accepts),
    /// A stream of events is asked for, and may be sent.
    Get,
    /// The session is to end.
    Delete,
    /// A browser asks whether a page may: answer 204 with the headers of `cors`, before any authorization.
    Preflight,
}

impl Door {
    /// Reads the rules. `bound` is the address the server listens on, if it is its own: on an address other than
    /// loopback, without a `public_url`, every `Host` is let in, for a server cannot know its names.
    pub(crate) fn new(rules: &Rules, bound: Option<IpAddr>) -> Result<Self, BadRule> {
        let own = rules.public_url.as_deref().map(public_origin).transpose()?;
        let reached_from_elsewhere = bound.is_some_and(|address| !address.to_canonical().is_loopback());
        let mut hosts = match &rules.hosts {
            Some(HostRule::Any) => None,
            None if own.is_none() && reached_from_elsewhere => None,
            Some(HostRule::These(entries)) => Some(Hosts::new(entries)?),
            None => Some(Hosts::new(&[])?),
        };
        let mut origins = Origins::new(&rules.allowed_origins)?;
        if let Some(own) = &own {
            let origin = Origin::read(own).ok_or_else(|| bad_url(own))?;
            let host = own.split_once("://").and_then(|(_, host)| HostPort::read(host)).ok_or_else(|| bad_url(own))?;
            hosts.as_mut().into_iter().for_each(|hosts| hosts.add(host.name));
            origins.set_own(origin);
        }
        let path = rules.path.as_deref().map(|path| match path.starts_with('/') {
            true => Ok(path.strip_suffix('/').unwrap_or(path).into()),
            false => Err(BadRule(format!("path: `{}` does not begin with a slash", shown(path.as_bytes())))),
        });
        Ok(Self { hosts, origins, max_body: rules.max_body, path: path.transpose()? })
    }

    /// Lets a request in, or says why not. Who asks is judged before what is asked, so that a page that should not
    /// be here learns nothing.
    pub(crate) fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Admitted, Refusal> {
        let general = General::of(headers)?;
        self.admit_host(uri, &general)?;
        let origin = self.admit_origin(&general)?;
        self.admit_path(uri)?;
        match *method {
            Method::POST => self.admit_post(headers, &general).map(Admitted::Post),
            Method::GET if accepts(headers).event_stream => Ok(Admitted::Get),
            Method::GET => Err(not_acceptable(headers, "text/event-stream")),
            Method::DELETE => Ok(Admitted::Delete),
            Method::OPTIONS if self.is_preflight(origin, headers) => Ok(Admitted::Preflight),
            _ => Err(self.no_such_method(method)),
        }
    }

    /// The origin of the page that may read the response to this request, if it comes from one that may.
    pub(crate) fn cross_origin<'a>(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        if !self.origins.is_cross_origin() {
            return None;
        }
        let value = headers.get(ORIGIN)?;
        let origin = Origin::read(value.to_str().ok()?)?;
        self.origins.may_read(origin).then_some(value)
    }

    /// The largest body; whoever reads it stops there with [`Refusal::too_large`].
    pub(crate) fn max_body(&self) -> u64 {
        self.max_body
    }

    /// The host is in `Host`, in the target (HTTP/2, and HTTP/1.1 to a proxy), or in both and then the same.
    fn admit_host(&self, uri: &Uri, headers: &General<'_>) -> Result<(), Refusal> {
        let header = headers.host()?;
        let target = uri.authority().map(http::uri::Authority::as_str);
        if let (Some(header), Some(target)) = (header, target)
            && !header.eq_ignore_ascii_case(target)
        {
            let (header, target) = (shown(header.as_bytes()), shown(target.as_bytes()));
            return Err(bad_host(format!("header Host says `{header}`, but the request is for `{target}`")));
        }
        let Some(hosts) = &self.hosts else { return Ok(()) };
        let Some(text) = target.or(header) else { return Err(bad_host("header Host is missing".to_owned())) };
        match HostPort::read(text) {
            Some(host) if hosts.admit(host) => Ok(()),
            None => Err(bad_host(format!("`{}` is not a host", shown(text.as_bytes())))),
            Some(_) => {
                let seen = shown(text.as_bytes());
                let fix = format!("add it with .public_url(\"https://{seen}/..\") or .allowed_hosts([\"{seen}\"])");
                Err(forbidden("host", format!("host `{seen}` is not allowed; {fix}")))
            }
        }
    }

    /// No origin is no browser, and fine.
    fn admit_origin<'a>(&self, headers: &General<'a>) -> Result<Option<Origin<'a>>, Refusal> {
        let Some(text) = headers.origin()? else { return Ok(None) };
        if let Some(origin) = Origin::read(text).filter(|origin| self.origins.admit(*origin)) {
            return Ok(Some(origin));
        }
        let seen = shown(text.as_bytes());
        let fix = match text {
            "null" => {
                "it belongs to a page without a site (a file, a sandboxed frame); serve the page from a site".to_owned()
            }
            _ => format!("add it with .allowed_origins([\"{seen}\"])"),
        };
        Err(forbidden("origin", format!("origin `{seen}` is not allowed; {fix}")))
    }

    fn admit_path(&self, uri: &Uri) -> Result<(), Refusal> {
        let Some(path) = self.path.as_deref() else { return Ok(()) };
        // With the slash at the end too: a redirect would lose the body with some clients.
        if uri.path().strip_suffix('/').unwrap_or(uri.path()) == path {
            return Ok(());
        }
        let (seen, shown_path) = (shown(uri.path().as_bytes()), if path.is_empty() { "/" } else { path });
        let text = format!("nothing is at `{seen}`; the MCP endpoint is `{shown_path}`");
        Err(Refusal::new(StatusCode::NOT_FOUND, "path", text))
    }

    fn admit_post(&self, headers: &HeaderMap, general: &General<'_>) -> Result<Accepts, Refusal> {
        require_json(general)?;
        require_identity(general)?;
        require_length(general, self.max_body)?;
        let accepts = accepts(headers);
        if accepts.json || accepts.event_stream {
            return Ok(accepts);
        }
        Err(not_acceptable(headers, "application/json, text/event-stream"))
    }

    fn is_preflight(&self, origin: Option<Origin<'_>>, headers: &HeaderMap) -> bool {
        let may_read = origin.is_some_and(|origin| self.origins.may_read(origin));
        may_read && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    fn no_such_method(&self, method: &Method) -> Refusal {
        let seen = shown(method.as_str().as_bytes());
        let cross_origin = self.origins.is_cross_origin();
        let text = match *method {
            Method::OPTIONS if !cross_origin => {
                "method `OPTIONS` is not allowed; to let a web page in, name its origin with .allowed_origins([..])"
                    .to_owned()
            }
            _ => format!(
                "method `{seen}` is not allowed; POST sends a message, GET opens a stream, DELETE ends a session"
            ),
        };
        let allow = if cross_origin { "POST, GET, DELETE, OPTIONS" } else { "POST, GET, DELETE" };
        Refusal { allow: Some(allow), ..Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", text) }
    }
}

/// `scheme://host[:port]` of the public URL.
fn public_origin(url: &str) -> Result<String, BadRule> {
    let uri: Uri = url.parse().map_err(|_| bad_url(url))?;
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme @ ("http" | "https")), Some(authority)) => Ok(format!("{scheme}://{authority}")),
        _ => Err(bad_url(url)),
    }
}

fn bad_url(url: &str) -> BadRule {
    let text = "is not a URL clients could use; write it whole, `https://example.com/mcp`";
    BadRule(format!("public_url: `{}` {text}", shown(url.as_bytes())))
}

fn bad_host(text: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "host", text)
}

fn forbidden(reason: &'static str, text: String) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, reason, text)
}

fn not_acceptable(headers: &HeaderMap, offered: &str) -> Refusal {
    let seen = headers.get(http::header::ACCEPT).map_or_else(String::new, |value| shown(value.as_bytes()));
    let text = format!("Accept `{seen}` admits nothing this endpoint sends; send Accept: {offered}");
    Refusal::new(StatusCode::NOT_ACCEPTABLE, "accept", text)
}

#[cfg(test)]
mod tests;
