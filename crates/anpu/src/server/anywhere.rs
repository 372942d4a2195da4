//! A session that other processes serve too: what goes to whichever of them has a stream of it.

use std::sync::Arc;

use anpu_proto::model::Notice;
use anpu_proto::session::Route;

use super::event_id::EventId;
use super::log;
use super::nodes::Told;
use super::parked::State;
use super::session::{Session, Wire};

impl Session {
    /// Tells the client something that belongs to no request, on a stream that it has open in this process.
    pub(crate) fn say_here(self: &Arc<Self>, notice: &Notice) {
        self.say(Route::Session, notice);
    }

    /// Tells the client something that belongs to no request, whichever process has a stream of it.
    pub(crate) fn say_anywhere(self: &Arc<Self>, notice: &Notice) {
        if !self.core.keeping.is_shared() || self.has_reader() {
            return self.say_here(notice);
        }
        if let Some((method, params)) = self.dialect().write_notice(notice.clone()) {
            self.core.nodes.tell(Told::Say { session: self.id.0, method: method.into_owned(), params });
        }
    }

    /// Whether the client reads a stream of this process that belongs to no request, or did so last and reads none elsewhere
    /// as far as is known.
    pub(crate) fn has_reader(&self) -> bool {
        let has = |state: &State| match state {
            State::Live(live) => live.streams.iter().any(|stream| stream.is_attached() || stream.is_logged()),
            State::Parked(_) => false,
        };
        self.wire == Wire::Line || has(&self.peek())
    }

    /// Ready when what other processes tell is heard here: before a client is told that it listens.
    pub(crate) async fn hears_others(&self) {
        self.core.nodes.hears(&self.core).await;
    }

    /// The client reads this stream elsewhere now.
    pub(crate) fn leave_stream(&self, stream: u64) {
        self.lock().streams.extract_if(.., |open| open.stream == stream).for_each(|left| left.end());
    }

    /// A stream that belongs to no request was read elsewhere before: what is missing comes here.
    pub(crate) fn take_over(self: &Arc<Self>, id: &EventId) {
        if !self.core.keeping.is_shared() {
            return;
        }
        self.core.nodes.tell(Told::Moved { session: self.id.0, stream: id.stream });
        let newest = self.lock().streams.last().cloned();
        newest.iter().for_each(|outbox| log::fetch_rest(self, id.clone(), outbox));
    }
}
