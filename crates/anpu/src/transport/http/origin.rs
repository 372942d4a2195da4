//! Origins of web pages: which ones may send requests, and which ones may read the replies (CORS).

use super::host::{BadRule, HostPort};
use super::refusal::shown;

/// An origin as a browser writes it, its default port filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
    loopback: bool,
}

impl<'a> Origin<'a> {
    /// Reads `scheme://host[:port]`; none for `null` and for anything else.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let host = HostPort::read(rest).filter(|_| is_scheme)?;
        let default = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => Some(443),
            _ if scheme.eq_ignore_ascii_case("http") => Some(80),
            _ => None,
        };
        // Another scheme on `localhost` (`tauri://localhost`) is an application, not this machine.
        let loopback = default.is_some() && host.is_loopback();
        Some(Self { scheme, host: host.name, port: host.port.or(default), loopback })
    }
}

/// The origins that may send requests beside pages on the loopback names.
#[derive(Debug)]
pub(super) struct Origins {
    any: bool,
    /// Named in `allowed_origins`: these may read replies too.
    named: Vec<AllowedOrigin>,
    /// The origin of `public_url`: its pages read replies without asking, they are of the same origin.
    own: Option<AllowedOrigin>,
}

#[derive(Debug)]
struct AllowedOrigin {
    scheme: Box<str>,
    host: Box<str>,
    port: Port,
}

#[derive(Debug)]
enum Port {
    Any,
    Only(Option<u16>),
}

impl Origins {
    /// Reads the entries of `allowed_origins`: `https://example.com`, `http://localhost:*`, or `*` for all.
    pub(super) fn new(entries: &[String]) -> Result<Self, BadRule> {
        let mut origins = Self { any: false, named: Vec::new(), own: None };
        for entry in entries {
            if entry == "*" {
                origins.any = true;
            } else {
                origins.named.push(AllowedOrigin::read(entry)?);
            }
        }
        Ok(origins)
    }

    /// Lets the pages of `public_url` in.
    pub(super) fn set_own(&mut self, origin: Origin<'_>) {
        self.own = Some(AllowedOrigin::from(origin));
    }

    /// Whether anything was configured, so that browsers may ask with a preflight.
    pub(super) fn is_cross_origin(&self) -> bool {
        self.any || !self.named.is_empty()
    }

    /// Whether a page of this origin may send requests.
    pub(super) fn admit(&self, origin: Origin<'_>) -> bool {
        origin.loopback || self.own.as_ref().is_some_and(|own| own.is(origin)) || self.may_read(origin)
    }

    /// Whether a page of this origin may read the replies, though it is of another origin than the server.
    pub(super) fn may_read(&self, origin: Origin<'_>) -> bool {
        self.any || self.named.iter().any(|named| named.is(origin))
    }
}

impl AllowedOrigin {
    fn read(entry: &str) -> Result<Self, BadRule> {
        let without_port = entry.strip_suffix(":*");
        let origin = Origin::read(without_port.unwrap_or(entry)).ok_or_else(|| {
            let text = "is not an origin; write `https://example.com`, `http://localhost:*` or `*`, without a path";
            BadRule(format!("allowed_origins: `{}` {text}", shown(entry.as_bytes())))
        })?;
        let port = if without_port.is_some() { Port::Any } else { Port::Only(origin.port) };
        Ok(Self { port, ..Self::from(origin) })
    }

    fn is(&self, origin: Origin<'_>) -> bool {
        let port = match self.port {
            Port::Any => true,
            Port::Only(port) => port == origin.port,
        };
        port && self.host.eq_ignore_ascii_case(origin.host) && self.scheme.eq_ignore_ascii_case(origin.scheme)
    }
}

impl From<Origin<'_>> for AllowedOrigin {
    fn from(origin: Origin<'_>) -> Self {
        Self { scheme: origin.scheme.into(), host: origin.host.into(), port: Port::Only(origin.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(entries: &[&str]) -> Result<Origins, BadRule> {
        Origins::new(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>())
    }

    fn admits(origins: &Origins, text: &str) -> bool {
        Origin::read(text).is_some_and(|origin| origins.admit(origin))
    }

    #[test]
    fn pages_on_loopback_names_may_send_but_not_read() {
        let none = origins(&[]).unwrap();
        for text in ["http://localhost", "https://LocalHost:3000", "http://127.0.0.1:1", "http://[::1]:8080"] {
            assert!(admits(&none, text), "{text}");
            assert!(!none.may_read(Origin::read(text).unwrap()));
        }
        for text in ["http://evil.example", "http://localhost.evil.example", "tauri://localhost", "http://0.0.0.0"] {
            assert!(!admits(&none, text), "{text}");
        }
        assert!(!none.is_cross_origin());
    }

    #[test]
    fn what_is_not_an_origin_is_not_let_in_even_where_all_are() {
        let all = origins(&["*"]).unwrap();
        assert!(admits(&all, "http://evil.example"));
        for text in ["null", "", "localhost", "://localhost", "http://", "http://a/b", "http://u@a", "ht tp://a"] {
            assert!(!admits(&all, text), "{text}");
        }
    }

    #[test]
    fn scheme_host_and_port_must_all_be_the_named_ones() {
        let named = origins(&["https://App.example", "http://dev.example:*", "app://obsidian.md"]).unwrap();
        for text in ["https://app.example", "HTTPS://app.EXAMPLE:443", "http://dev.example:9", "app://obsidian.md"] {
            assert!(admits(&named, text), "{text}");
        }
        for text in ["http://app.example", "https://app.example:8443", "https://x.app.example", "https://dev.example"] {
            assert!(!admits(&named, text), "{text}");
        }
        assert!(named.is_cross_origin());
    }

    #[test]
    fn the_own_origin_needs_no_permission_to_read() {
        let mut own = origins(&[]).unwrap();
        own.set_own(Origin::read("https://shop.example").unwrap());
        assert!(admits(&own, "https://shop.example:443"));
        assert!(!admits(&own, "http://shop.example"));
        assert!(!own.is_cross_origin());
    }

    #[test]
    fn an_entry_that_is_no_origin_is_told() {
        for entry in ["app.example", "https://app.example/", "null", "", ":*"] {
            let error = origins(&[entry]).unwrap_err();
            assert!(error.to_string().contains("is not an origin; write"), "{error}");
        }
    }
}
