//! What runs on one full-duplex connection, whichever way it came: ids are shared, so a cancellation finds its request.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{ById, Id};
use anpu_proto::line::{Owner, Table};
use anpu_proto::model::RequestId;

use super::exchange::Exchange;
use crate::handler::LocalCell;

pub(crate) struct Line(Mutex<Running>);

struct Running {
    table: Table,
    /// Those that belong to no session.
    alone: ById<Arc<Exchange>>,
    /// The state of the session, which lives as long as the connection.
    kept: Option<Arc<LocalCell>>,
}

impl Line {
    /// Nothing runs yet; at most this many will at once.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Running { table: Table::new(most), alone: ById::default(), kept: None })))
    }

    /// A request that belongs to no session begins.
    pub(crate) fn begin(&self, id: &Id, exchange: &Arc<Exchange>, listens: bool) -> Result<(), Fault> {
        let mut running = self.lock();
        running.table.begin(id.clone(), if listens { Owner::Listen } else { Owner::Exchange })?;
        running.alone.insert(id.clone(), Arc::clone(exchange));
        Ok(())
    }

    /// A request of the session begins.
    pub(crate) fn begin_in_session(&self, id: &Id) -> Result<(), Fault> {
        self.lock().table.begin(id.clone(), Owner::Session)
    }

    /// A request ended.
    pub(crate) fn end(&self, id: &Id) {
        let mut running = self.lock();
        running.table.end(id);
        running.alone.remove(id);
    }

    /// Stops the request of this id, if it belongs to no session. False if there is no such request.
    pub(crate) fn cancel(&self, id: &RequestId) -> bool {
        let exchange = self.lock().alone.get(&id_of(id)).cloned();
        exchange.inspect(|exchange| exchange.cancel()).is_some()
    }

    /// The place of the session's state, which takes so many bytes.
    pub(crate) fn cell(&self, largest: usize) -> Arc<LocalCell> {
        Arc::clone(self.lock().kept.get_or_insert_with(|| Arc::new(LocalCell::new(largest))))
    }

    /// Whether nothing runs beside the session.
    pub(crate) fn is_quiet(&self) -> bool {
        self.lock().alone.is_empty()
    }

    /// The client is gone: what runs is stopped, and nothing begins any more.
    pub(crate) fn gone(&self) {
        let mut running = self.lock();
        running.table.gone();
        let alone = std::mem::take(&mut running.alone);
        drop(running);
        alone.values().for_each(|exchange| exchange.cancel());
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        // Every change is complete before the lock is let go.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of the request that a message is about.
pub(super) fn id_of(id: &RequestId) -> Id {
    match id {
        RequestId::Number(number) => Id::Number(*number),
        RequestId::Text(text) => Id::Text(text.clone()),
    }
}

/// The id of a request, as messages about it have it.
pub(super) fn request_id(id: &Id) -> RequestId {
    match id {
        Id::Number(number) => RequestId::Number(*number),
        Id::Text(text) => RequestId::Text(text.clone()),
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("running", &self.lock().table.len()).finish_non_exhaustive()
    }
}
