//! Whose a session is: a principal that a layer in front found out, and that nobody else can stand in for.

use std::convert::Infallible;

use anpu::{Cx, HttpService, Principal, Tool};
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_service::Service as _;

use crate::support::{Endpoint, PING, PONG, call, delete, get, initialize, post, server, text};

/// A layer in front, as an application would have one: it believes what `X-User` says.
async fn answer(
    mut service: HttpService,
    mut request: Request<Incoming>,
) -> Result<http::Response<anpu::Body>, Infallible> {
    if let Some(user) = request.headers().get("x-user").map(HeaderValue::to_str) {
        let principal = Principal::new(user.unwrap());
        request.extensions_mut().insert(principal);
    }
    service.call(request).await
}

async fn serve(service: HttpService, listener: TcpListener, mut stopped: oneshot::Receiver<()>) {
    loop {
        let stream = tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => accepted.unwrap().0,
        };
        let service = service.clone();
        tokio::spawn(async move {
            let answering = service_fn(|request| answer(service.clone(), request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answering).await;
        });
    }
}

fn endpoint() -> Endpoint {
    let who = Tool::new("who").handler(|cx: Cx| async move { cx.principal().map(|who| who.subject().to_owned()) });
    let (service, _) = server().with(who).into_service().unwrap();
    Endpoint::run(move |listener, stopped| serve(service, listener, stopped))
}

fn as_user(user: &str, request: &str) -> String {
    request.replacen("Host: localhost\r\n", &format!("Host: localhost\r\nX-User: {user}\r\n"), 1)
}

#[test]
fn a_session_is_its_principals_alone() {
    let endpoint = endpoint();
    let response = endpoint.send(as_user("ann", &post(None, &initialize("2025-11-25"))));
    let session = response.header("mcp-session-id").unwrap().to_owned();

    assert_eq!(text(&endpoint.send(as_user("ann", &post(Some(&session), &call(1, "who")))).json()), "ann");

    let stranger = |request: String| [as_user("bob", &request), request];
    for request in [post(Some(&session), PING), get(&session, &[]), delete(&session)] {
        for request in stranger(request) {
            let response = endpoint.send(&request);
            assert_eq!(response.status, 404, "{request}");
            assert_eq!(response.json()["error"]["code"], -32001, "as for one that does not exist");
        }
    }
    assert_eq!(endpoint.send(as_user("ann", &post(Some(&session), PING))).body, PONG, "it is still there");
    assert_eq!(endpoint.send(as_user("ann", &delete(&session))).status, 204);
}

#[test]
fn a_session_that_nobody_signed_for_is_not_a_principals() {
    let endpoint = endpoint();
    let session = endpoint.open("2025-11-25");
    assert_eq!(endpoint.send(as_user("bob", &post(Some(&session), PING))).status, 404);
    assert_eq!(endpoint.send(post(Some(&session), PING)).body, PONG);
}

#[test]
fn initialize_with_the_id_of_another_opens_a_session_of_its_own() {
    let endpoint = endpoint();
    let response = endpoint.send(as_user("ann", &post(None, &initialize("2025-11-25"))));
    let hers = response.header("mcp-session-id").unwrap().to_owned();
    let response = endpoint.send(as_user("bob", &post(Some(&hers), &initialize("2025-11-25"))));
    let his = response.header("mcp-session-id").unwrap();
    assert_ne!(his, hers);
    assert_eq!(text(&endpoint.send(as_user("bob", &post(Some(his), &call(1, "who")))).json()), "bob");
    assert_eq!(text(&endpoint.send(as_user("ann", &post(Some(&hers), &call(1, "who")))).json()), "ann");
}
