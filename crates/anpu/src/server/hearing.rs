//! What the client said reaches hooks and registered handlers: one thing after the other, each in its own time.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use super::session::Session;

/// Lets hooks and registered handlers hear what the client said, one thing after the other. The task lives while there
/// is something to hear.
pub(super) async fn hear(session: Arc<Session>) {
    loop {
        let next = session.lock().next_heard();
        let Some(notice) = next else { return };
        let mut hearing = std::pin::pin!(session.core.heard(session.cx(), notice));
        // Whoever panics does so for this one thing; the next one is heard.
        let heard = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| hearing.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        });
        if heard.await.is_err() {
            tracing::error!(session = ?session.id, "what hears the client's notifications panicked");
        }
    }
}
