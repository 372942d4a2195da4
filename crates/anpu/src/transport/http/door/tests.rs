//! The door against requests as attackers and honest clients make them.

use http::HeaderName;
use http::header::HOST;

use super::*;

const JSON: (&str, &str) = ("content-type", "application/json");

/// Asks the door with these header lines; a refusal as status and text.
fn ask(door: &Door, method: &str, uri: &str, lines: &[(&str, &str)]) -> Result<Admitted, (u16, String)> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let refused = |refusal: Refusal| (refusal.status.as_u16(), refusal.text);
    door.admit(&method.parse().unwrap(), &uri.parse().unwrap(), &headers).map_err(refused)
}

fn status(door: &Door, method: &str, uri: &str, lines: &[(&str, &str)]) -> u16 {
    ask(door, method, uri, lines).map_or_else(|(status, _)| status, |_| 200)
}

fn door(change: impl FnOnce(&mut Rules)) -> Door {
    let mut rules = Rules::default();
    change(&mut rules);
    Door::new(&rules, None).unwrap()
}

fn owned(entries: &[&str]) -> Vec<String> {
    entries.iter().map(|entry| (*entry).to_owned()).collect()
}

/// The status a DELETE (which has no other conditions) with this `Host` gets.
fn host(door: &Door, host: &str) -> u16 {
    status(door, "DELETE", "/mcp", &[("host", host)])
}

fn origin(door: &Door, origin: &str) -> u16 {
    status(door, "DELETE", "/mcp", &[("host", "localhost"), ("origin", origin)])
}

#[test]
fn an_ordinary_request_comes_in() {
    let door = door(|_| {});
    let local = ("host", "localhost:8000");
    let both = Accepts { json: true, event_stream: true };
    assert_eq!(ask(&door, "POST", "/mcp", &[local, JSON]), Ok(Admitted::Post(both)));
    let json = Accepts { json: true, event_stream: false };
    assert_eq!(ask(&door, "POST", "/", &[local, JSON, ("accept", "application/json")]), Ok(Admitted::Post(json)));
    assert_eq!(ask(&door, "GET", "/", &[local, ("accept", "text/event-stream")]), Ok(Admitted::Get));
    assert_eq!(ask(&door, "DELETE", "/", &[local, ("accept", "text/html")]), Ok(Admitted::Delete));
}

#[test]
fn by_default_only_loopback_hosts_come_in() {
    let door = door(|_| {});
    for name in ["localhost", "LocalHost.:1", "127.0.0.1:8000", "[::1]:8000"] {
        assert_eq!(host(&door, name), 200, "{name}");
    }
    let (status, text) = ask(&door, "POST", "/mcp", &[("host", "evil.example.com"), JSON]).unwrap_err();
    assert_eq!(status, 403);
    let fix = "add it with .public_url(\"https://evil.example.com/..\") or .allowed_hosts([\"evil.example.com\"])";
    assert_eq!(text, format!("host `evil.example.com` is not allowed; {fix}"));
    assert_eq!(host(&door, "localhost@evil.example"), 400);
    assert_eq!(host(&door, ""), 400);
    assert_eq!(ask(&door, "POST", "/", &[JSON]).unwrap_err(), (400, "header Host is missing".to_owned()));
}

#[test]
fn the_target_names_the_host_too() {
    let door = door(|_| {});
    assert_eq!(status(&door, "DELETE", "http://localhost:8000/mcp", &[]), 200);
    assert_eq!(status(&door, "DELETE", "http://LOCALHOST:8000/mcp", &[("host", "localhost:8000")]), 200);
    assert_eq!(status(&door, "DELETE", "http://evil.example/mcp", &[]), 403);
    assert_eq!(status(&door, "DELETE", "http://evil.example/mcp", &[("host", "evil.example")]), 403);
    assert_eq!(status(&door, "DELETE", "http://evil.example/mcp", &[("host", "localhost")]), 400);
    assert_eq!(status(&door, "DELETE", "http://u@localhost/mcp", &[]), 400);
}

#[test]
fn hosts_are_opened_by_list_by_url_or_altogether() {
    let list = door(|rules| rules.hosts = Some(HostRule::These(owned(&["a.example", "b.example:8443"]))));
    assert_eq!((host(&list, "A.example:1"), host(&list, "b.example:8443"), host(&list, "localhost")), (200, 200, 200));
    assert_eq!((host(&list, "b.example"), host(&list, "c.example")), (403, 403));

    let url = door(|rules| rules.public_url = Some("https://shop.example/mcp".to_owned()));
    assert_eq!((host(&url, "shop.example"), host(&url, "shop.example:443"), host(&url, "x.example")), (200, 200, 403));
    assert_eq!((origin(&url, "https://shop.example"), origin(&url, "http://shop.example")), (200, 403));

    let any = door(|rules| rules.hosts = Some(HostRule::Any));
    assert_eq!((host(&any, "c.example"), status(&any, "DELETE", "/", &[])), (200, 200));
    assert_eq!(status(&any, "DELETE", "http://a.example/", &[("host", "b.example")]), 400);
    assert_eq!(origin(&any, "http://c.example"), 403, "an open host does not open origins");
}

#[test]
fn the_bound_address_decides_where_nothing_is_said() {
    let bound = |address: &str, url: Option<&str>| {
        let rules = Rules { public_url: url.map(str::to_owned), ..Rules::default() };
        host(&Door::new(&rules, Some(address.parse().unwrap())).unwrap(), "10.1.2.3:8000")
    };
    assert_eq!((bound("127.0.0.1", None), bound("::1", None), bound("::ffff:127.0.0.1", None)), (403, 403, 403));
    assert_eq!((bound("0.0.0.0", None), bound("::", None), bound("10.1.2.3", None)), (200, 200, 200));
    assert_eq!(bound("0.0.0.0", Some("https://shop.example")), 403);
}

#[test]
fn pages_of_other_sites_are_refused() {
    let plain = door(|_| {});
    for text in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:1"] {
        assert_eq!(origin(&plain, text), 200, "{text}");
    }
    for text in ["http://evil.example", "http://localhost.evil.example", "null", "", "localhost", "http://localhost/x"]
    {
        assert_eq!(origin(&plain, text), 403, "{text}");
    }
    let (_, text) = ask(&plain, "POST", "/", &[("host", "localhost"), ("origin", "http://evil.example")]).unwrap_err();
    assert_eq!(
        text,
        "origin `http://evil.example` is not allowed; add it with .allowed_origins([\"http://evil.example\"])"
    );
    let open = door(|rules| rules.allowed_origins = owned(&["*"]));
    assert_eq!((origin(&open, "http://evil.example"), origin(&open, "null")), (200, 403));
}

#[test]
fn what_the_client_sent_is_escaped_and_cut_in_texts() {
    let plain = door(|_| {});
    let long = format!("http://{}", "x".repeat(1000));
    let (_, text) = ask(&plain, "POST", "/", &[("host", "localhost"), ("origin", &long)]).unwrap_err();
    assert!(text.len() < 250, "{text}");
    let (_, text) = ask(&plain, "POST", "/", &[("host", "a\"b\tc")]).unwrap_err();
    assert_eq!(text, "`a\\\"b\\tc` is not a host");
}

#[test]
fn a_body_is_plain_json_of_bounded_length() {
    let plain = door(|rules| rules.max_body = 100);
    let post = |lines: &[(&str, &str)]| status(&plain, "POST", "/", &[&[("host", "localhost")], lines].concat());
    assert_eq!(post(&[("content-type", "application/json; charset=utf-8"), ("content-length", "100")]), 200);
    assert_eq!(post(&[]), 415);
    assert_eq!(post(&[("content-type", "text/plain")]), 415);
    assert_eq!(post(&[JSON, ("content-encoding", "gzip")]), 415);
    assert_eq!(post(&[JSON, ("content-length", "101")]), 413);
    assert_eq!(post(&[JSON, JSON]), 400);
    assert_eq!(post(&[JSON, ("authorization", "a"), ("authorization", "b")]), 400);
    assert_eq!(plain.max_body(), 100);
}

#[test]
fn a_reply_nobody_takes_is_not_made() {
    let plain = door(|_| {});
    let local = ("host", "localhost");
    let (status, text) = ask(&plain, "POST", "/", &[local, JSON, ("accept", "text/html")]).unwrap_err();
    let expected =
        "Accept `text/html` admits nothing this endpoint sends; send Accept: application/json, text/event-stream";
    assert_eq!((status, text.as_str()), (406, expected));
    let (status, text) = ask(&plain, "GET", "/", &[local, ("accept", "application/json")]).unwrap_err();
    assert!(status == 406 && text.ends_with("send Accept: text/event-stream"), "{text}");
}

#[test]
fn other_methods_are_told_which_there_are() {
    let plain = door(|_| {});
    let open = door(|rules| rules.allowed_origins = owned(&["https://app.example"]));
    let refused = |door: &Door, method: &Method| {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("localhost"))]);
        let refusal = door.admit(method, &Uri::from_static("/"), &headers).unwrap_err();
        (refusal.status.as_u16(), refusal.allow.unwrap(), refusal.text)
    };
    for method in [Method::PUT, Method::HEAD, Method::PATCH, Method::OPTIONS, Method::CONNECT] {
        assert_eq!(refused(&plain, &method).0, 405);
        assert_eq!(refused(&plain, &method).1, "POST, GET, DELETE");
        assert_eq!(refused(&open, &method).1, "POST, GET, DELETE, OPTIONS");
    }
    assert!(refused(&plain, &Method::OPTIONS).2.contains(".allowed_origins"));
}

#[test]
fn a_preflight_is_answered_for_named_origins_only() {
    let open = door(|rules| rules.allowed_origins = owned(&["https://app.example"]));
    let asked = ("access-control-request-method", "POST");
    let ask_for = |door: &Door, origin| ask(door, "OPTIONS", "/", &[("host", "localhost"), ("origin", origin), asked]);
    assert_eq!(ask_for(&open, "https://app.example"), Ok(Admitted::Preflight));
    assert_eq!(ask_for(&open, "https://evil.example").unwrap_err().0, 403);
    assert_eq!(ask_for(&open, "http://localhost:1").unwrap_err().0, 405);
    assert_eq!(ask_for(&door(|_| {}), "http://localhost:1").unwrap_err().0, 405);
    assert_eq!(status(&open, "OPTIONS", "/", &[("host", "localhost"), ("origin", "https://app.example")]), 405);

    let from = |origin| HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))]);
    assert_eq!(open.cross_origin(&from("https://app.example")).unwrap(), "https://app.example");
    assert_eq!(open.cross_origin(&from("http://localhost")), None);
    assert_eq!(door(|_| {}).cross_origin(&from("http://localhost")), None);
}

#[test]
fn the_path_is_the_endpoints_with_or_without_a_slash() {
    let at = door(|rules| rules.path = Some("/mcp/".to_owned()));
    let path = |path| status(&at, "DELETE", path, &[("host", "localhost")]);
    assert_eq!((path("/mcp"), path("/mcp/"), path("/mcp?x=1")), (200, 200, 200));
    assert_eq!((path("/"), path("/mcp/x"), path("/MCP"), path("/mcp//")), (404, 404, 404, 404));
    let root = door(|rules| rules.path = Some("/".to_owned()));
    assert_eq!(status(&root, "DELETE", "/", &[("host", "localhost")]), 200);
    let (_, text) = ask(&root, "DELETE", "/x", &[("host", "localhost")]).unwrap_err();
    assert_eq!(text, "nothing is at `/x`; the MCP endpoint is `/`");
}

#[test]
fn a_page_that_should_not_be_here_learns_nothing_else() {
    let plain = door(|rules| rules.path = Some("/mcp".to_owned()));
    assert_eq!(status(&plain, "PUT", "/other", &[("host", "evil.example"), ("content-length", "x")]), 403);
    assert_eq!(status(&plain, "PUT", "/other", &[("host", "localhost"), ("origin", "http://evil.example")]), 403);
}

#[test]
fn rules_that_cannot_be_meant_are_told() {
    let told = |change: fn(&mut Rules)| {
        let mut rules = Rules::default();
        change(&mut rules);
        Door::new(&rules, None).unwrap_err().to_string()
    };
    for url in ["shop.example", "ftp://shop.example", "/mcp", "https://u@shop.example/", "not a url"] {
        let rules = Rules { public_url: Some(url.to_owned()), ..Rules::default() };
        let text = Door::new(&rules, None).unwrap_err().to_string();
        assert!(text.starts_with("public_url: "), "{text}");
    }
    assert!(told(|rules| rules.path = Some("mcp".to_owned())).starts_with("path: `mcp`"));
    assert!(told(|rules| rules.allowed_origins = owned(&["a.example"])).starts_with("allowed_origins: `a.example`"));
    assert!(told(|rules| rules.hosts = Some(HostRule::These(owned(&["http://a"])))).starts_with("allowed_hosts: "));
}
