//! One connection, and how it ends with its server: who waits for an answer gets it, and who is about to ask is answered.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::connections::BoxError;
use super::together::Together;
use crate::server::Core;

/// Serves one connection until its client or the server ends it.
///
/// When the server ends, a connection without a request is not closed at once, nor one whose answer was on its way: a client
/// may be writing on it, and could not know whether its request was read. It is answered, and told that this was the last one.
pub(super) async fn serve<S, B>(
    core: Arc<Core>,
    protocol: http1::Builder,
    stream: TcpStream,
    service: S,
) -> hyper::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    let line = Arc::new(Line { core, answering: AtomicUsize::new(0), answered: Notify::new() });
    let watched = Watched { line: Arc::clone(&line), service };
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(Together(stream)), watched));
    let leave = tokio::select! {
        biased;
        ended = connection.as_mut() => return ended,
        leave = line.core.drain.begun() => leave,
    };
    let left = async {
        // The head of an answer that is on its way does not say that it is the last one.
        line.idle().await;
        leave.known().await;
    };
    tokio::select! {
        biased;
        ended = connection.as_mut() => return ended,
        () = left => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

struct Line {
    core: Arc<Core>,
    /// Requests that came in here, until the last byte of their answers.
    answering: AtomicUsize,
    answered: Notify,
}

impl Line {
    /// Ready when nothing is answered here.
    async fn idle(&self) {
        while self.answering.load(Ordering::SeqCst) > 0 {
            // Kept for whoever waits later.
            self.answered.notified().await;
        }
    }
}

/// A request that is being answered, until this is dropped.
struct Turn(Arc<Line>);

impl Drop for Turn {
    fn drop(&mut self) {
        if self.0.answering.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.answered.notify_one();
        }
    }
}

/// The service of a connection, which knows whether it is at work.
struct Watched<S> {
    line: Arc<Line>,
    service: S,
}

impl<S, B> Service<Request<Incoming>> for Watched<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    type Response = Response<Answer<B>>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.line.answering.fetch_add(1, Ordering::SeqCst);
        let turn = Some(Turn(Arc::clone(&self.line)));
        Answering { future: self.service.call(request), turn }
    }
}

pin_project! {
    /// A response on its way.
    struct Answering<F> {
        #[pin]
        future: F,
        turn: Option<Turn>,
    }
}

impl<F, B, E> Future for Answering<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<Answer<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.future.poll(cx))?;
        let turn = this.turn.take();
        if turn.as_ref().is_some_and(|turn| turn.0.core.drain.is_leaving()) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response.map(|body| Answer { body, _turn: turn })))
    }
}

pin_project! {
    /// The body of a response, which is over when it is dropped.
    struct Answer<B> {
        #[pin]
        body: B,
        _turn: Option<Turn>,
    }
}

impl<B: Body> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
