//! Two paths that say how the server is, for those who send it work: whether it lives, and whether it takes any.

use std::sync::Arc;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Response, StatusCode};

use super::stream::Body;
use crate::server::{Core, Server};

impl Server {
    /// Where a server that is served alone answers probes: whether it lives, always 200, and whether it is ready for new
    /// work, 200 until it begins to end and 503 from then on. `None` turns both off. Default: `/live` and `/ready`.
    ///
    /// Probes are answered to any host and say nothing else. For a server that is mounted elsewhere, see
    /// [`Handle::is_ready`](crate::Handle::is_ready).
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// let server = Server::new("notes", "1.0.0").probes(["/healthz/live", "/healthz/ready"]);
    /// ```
    pub fn probes<'a>(mut self, paths: impl Into<Option<[&'a str; 2]>>) -> Self {
        self.door.probes = paths.into().map(|paths| paths.map(Arc::from));
        self
    }
}

/// The probes of a server.
#[derive(Clone, Debug)]
pub(super) struct Probes {
    /// Whether it lives, and whether it is ready.
    pub(super) paths: [Arc<str>; 2],
}

impl Probes {
    /// The answer, if this path asks how the server is.
    pub(super) fn answer(&self, core: &Core, method: &Method, path: &str) -> Option<Response<Body>> {
        let [live, ready] = &self.paths;
        let is_well = match path {
            _ if path == &**live => true,
            _ if path == &**ready => !core.drain.is_leaving(),
            _ => return None,
        };
        let (status, text) = match *method {
            Method::GET | Method::HEAD if is_well => (StatusCode::OK, "ok\n"),
            Method::GET | Method::HEAD => (StatusCode::SERVICE_UNAVAILABLE, "the server is about to end\n"),
            _ => (StatusCode::METHOD_NOT_ALLOWED, "a probe is a GET\n"),
        };
        let mut response = Response::new(Body::from(text.to_owned()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match status {
            StatusCode::SERVICE_UNAVAILABLE => headers.insert(RETRY_AFTER, HeaderValue::from_static("1")),
            StatusCode::METHOD_NOT_ALLOWED => headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD")),
            _ => None,
        };
        Some(response)
    }
}
