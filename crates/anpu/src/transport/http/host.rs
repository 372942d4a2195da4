//! Names of hosts as `Host` and `Origin` write them, and the set of names a server answers to.

use super::refusal::shown;

/// Which `Host` a request may name. A page whose own name was pointed at this machine (DNS rebinding) names its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostRule {
    /// `localhost`, `127.0.0.1` and `[::1]` with any port, and these: `example.com` with any port, `example.com:8443` with that one.
    These(Vec<String>),
    /// Every host: for a server that is reached from elsewhere under names it does not know.
    Any,
}

/// A setting of the door that cannot be meant so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRule(pub(crate) String);

impl std::fmt::Display for BadRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadRule {}

/// A host and a port, borrowed from where they were written.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostPort<'a> {
    /// The name without a trailing dot, or the address without brackets.
    pub(super) name: &'a str,
    pub(super) port: Option<u16>,
}

impl<'a> HostPort<'a> {
    /// Reads `name`, `name:port`, `[address]` or `[address]:port`; none if it is anything else.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (name, port) = rest.split_once(']')?;
                let is_address =
                    name.contains(':') && name.bytes().all(|b| b.is_ascii_hexdigit() || b":.".contains(&b));
                (is_address.then_some(name)?, if port.is_empty() { port } else { port.strip_prefix(':')? })
            }
            None => {
                let (name, port) = text.split_once(':').unwrap_or((text, ""));
                let name = name.strip_suffix('.').unwrap_or(name);
                let is_name =
                    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
                (is_name.then_some(name)?, port)
            }
        };
        // "example.com:" is a host without a port, says the grammar; "example.com:+1" is nothing.
        let port = match port {
            "" => None,
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().ok()?),
            _ => return None,
        };
        Some(Self { name, port })
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.name == "127.0.0.1" || self.name == "::1" || self.name.eq_ignore_ascii_case("localhost")
    }
}

/// The names a server answers to beside the loopback ones.
#[derive(Debug)]
pub(super) struct Hosts(Vec<AllowedHost>);

#[derive(Debug)]
struct AllowedHost {
    name: Box<str>,
    port: Option<u16>,
}

impl Hosts {
    /// Reads the entries of [`HostRule::These`].
    pub(super) fn new(entries: &[String]) -> Result<Self, BadRule> {
        let read = |entry: &String| {
            let host = HostPort::read(entry).ok_or_else(|| {
                let text = "is not a host; write `example.com` or `example.com:8443`, without scheme and path";
                BadRule(format!("allowed_hosts: `{}` {text}", shown(entry.as_bytes())))
            })?;
            Ok(AllowedHost { name: host.name.into(), port: host.port })
        };
        Ok(Self(entries.iter().map(read).collect::<Result<_, _>>()?))
    }

    /// Answers to one more name, on any port: a proxy may or may not pass its own port on.
    pub(super) fn add(&mut self, name: &str) {
        self.0.push(AllowedHost { name: name.into(), port: None });
    }

    pub(super) fn admit(&self, host: HostPort<'_>) -> bool {
        let is = |allowed: &AllowedHost| {
            allowed.name.eq_ignore_ascii_case(host.name) && (allowed.port.is_none() || allowed.port == host.port)
        };
        host.is_loopback() || self.0.iter().any(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(&str, Option<u16>)> {
        HostPort::read(text).map(|host| (host.name, host.port))
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        assert_eq!(read("Example.com"), Some(("Example.com", None)));
        assert_eq!(read("example.com.:80"), Some(("example.com", Some(80))));
        assert_eq!(read("localhost:"), Some(("localhost", None)));
        assert_eq!(read("[::1]"), Some(("::1", None)));
        assert_eq!(read("[::1]:65535"), Some(("::1", Some(65535))));
    }

    #[test]
    fn anything_else_is_not_a_host() {
        let wrong = ["", ":80", ".", "a b", "a/b", "u@localhost", "localhost:1:2", "localhost:65536", "localhost:+1"];
        let brackets = ["::1", "[::1", "[::1]x", "[localhost]", "[127.0.0.1]", "[]", "localhost]", "[::1%lo]"];
        for text in wrong.into_iter().chain(brackets).chain(["localhost\0", "caf\u{e9}", "http://localhost"]) {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn loopback_names_are_always_answered_to() {
        let hosts = Hosts::new(&[]).unwrap();
        let admits = |text| HostPort::read(text).is_some_and(|host| hosts.admit(host));
        assert!(["localhost", "LOCALHOST.:9", "127.0.0.1:80", "[::1]:1"].into_iter().all(admits));
        let others = ["localhost.evil.com", "127.0.0.1.evil.com", "127.0.0.2", "localhost..", "0.0.0.0", "[::2]"];
        assert!(!others.into_iter().any(admits));
    }

    #[test]
    fn an_entry_with_a_port_means_that_port_only() {
        let hosts = Hosts::new(&["A.example".to_owned(), "b.example:8443".to_owned()]).unwrap();
        let admits = |text| HostPort::read(text).is_some_and(|host| hosts.admit(host));
        assert!(["a.EXAMPLE", "a.example.:1", "b.example:8443"].into_iter().all(admits));
        assert!(!["b.example", "b.example:443", "c.a.example"].into_iter().any(admits));
    }

    #[test]
    fn an_entry_that_is_no_host_is_told() {
        let error = Hosts::new(&["https://a.example".to_owned()]).unwrap_err();
        assert!(error.to_string().starts_with("allowed_hosts: `https://a.example` is not a host"), "{error}");
    }
}
