//! The response headers by which a browser lets a page of another origin use the endpoint.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, VARY,
};
use http::{HeaderMap, HeaderValue};

const EXPOSED: &str = "mcp-session-id, mcp-protocol-version, retry-after, www-authenticate";
const METHODS: &str = "POST, GET, DELETE, OPTIONS";
const USUAL: &str =
    "accept, authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id";
const MAX_ASKED: usize = 1024;

/// Lets a page of `origin` read this response; for every response to it, refusals included.
pub(crate) fn allow(response: &mut HeaderMap, origin: &HeaderValue) {
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    response.append(VARY, HeaderValue::from_static("origin"));
}

/// What a preflight asks for, beside [`allow`]: every method of the endpoint, and the headers it named. They cannot
/// be listed beforehand, for `Mcp-Param-*` are the tools' own, and a `*` does not cover `Authorization`.
pub(crate) fn answer_preflight(response: &mut HeaderMap, request: &HeaderMap) {
    let asked = request.get(ACCESS_CONTROL_REQUEST_HEADERS).filter(|asked| is_list_of_names(asked.as_bytes()));
    let headers = asked.cloned().unwrap_or_else(|| HeaderValue::from_static(USUAL));
    response.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers);
    response.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    response.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response.append(VARY, HeaderValue::from_static("access-control-request-headers"));
}

fn is_list_of_names(asked: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_, ".contains(byte);
    !asked.is_empty() && asked.len() <= MAX_ASKED && asked.iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed_headers(asked: Option<&'static str>) -> String {
        let (mut request, mut response) = (HeaderMap::new(), HeaderMap::new());
        if let Some(asked) = asked {
            request.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static(asked));
        }
        answer_preflight(&mut response, &request);
        response[ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_preflight_gets_the_headers_it_asked_for() {
        assert_eq!(allowed_headers(Some("authorization,mcp-param-region")), "authorization,mcp-param-region");
        assert_eq!(allowed_headers(None), USUAL);
        assert_eq!(allowed_headers(Some("x; y")), USUAL);
    }

    #[test]
    fn a_response_names_its_reader_and_varies_by_it() {
        let mut response = HeaderMap::new();
        response.insert(VARY, HeaderValue::from_static("accept"));
        allow(&mut response, &HeaderValue::from_static("https://app.example"));
        assert_eq!(response[ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
        assert!(response[ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap().contains("mcp-session-id"));
        assert_eq!(response.get_all(VARY).iter().collect::<Vec<_>>(), ["accept", "origin"]);
    }
}
