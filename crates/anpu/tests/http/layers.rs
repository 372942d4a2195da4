//! Layers in front of a server that is served alone: in their order, and with what they find out.

use std::task::{Context, Poll};

use anpu::{Cx, Principal, Tool};
use http::{HeaderValue, Request};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Endpoint, PING, call, post, server, text};

/// Adds its name to `X-Way`, and takes the last of these names for who is asking.
#[derive(Clone)]
struct Mark(&'static str);

#[derive(Clone)]
struct Marked<S>(&'static str, S);

impl<S> Layer<S> for Mark {
    type Service = Marked<S>;

    fn layer(&self, service: S) -> Marked<S> {
        Marked(self.0, service)
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Marked<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.1.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.headers_mut().append("x-way", HeaderValue::from_static(self.0));
        request.extensions_mut().insert(Principal::new(self.0));
        self.1.call(request)
    }
}

#[test]
fn the_layer_added_last_sees_a_request_first_and_the_handler_sees_them_all() {
    let way = Tool::new("way").handler(|cx: Cx| async move {
        let names: Vec<_> =
            cx.headers().get_all("x-way").iter().map(|name| name.to_str().unwrap().to_owned()).collect();
        format!("{} as {}", names.join(" "), cx.principal().unwrap().subject())
    });
    let server = server().with(way).layer(Mark("inner")).layer(Mark("outer"));
    let endpoint = Endpoint::run(|listener, stopped| async move {
        let stopped = async move {
            let _ = stopped.await;
        };
        server.serve_listener(listener, stopped).await.unwrap();
    });
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "way")));
    assert_eq!(text(&wire.response().json()), "outer inner as inner");
    wire.send(post(Some(&session), PING));
    assert_eq!(wire.response().status, 200);
}
