//! The store as the server uses it: nothing waits for it longer than a deadline.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anpu_proto::fault::Fault;

use crate::error::{Error, ErrorKind, Result};
use crate::store::AnyStore;

/// The store of a server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Keeping {
    store: Arc<dyn AnyStore>,
    deadline: Duration,
}

impl Keeping {
    pub(crate) fn new(store: Arc<dyn AnyStore>, deadline: Duration) -> Self {
        Self { store, deadline }
    }

    /// Whether other processes work on the same store.
    pub(crate) fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    /// Whether what is kept outlives this process.
    pub(crate) fn is_durable(&self) -> bool {
        self.store.is_durable()
    }

    /// What and where it is, without secrets.
    pub(crate) fn describe(&self) -> String {
        self.store.describe()
    }

    /// Asks the store something.
    ///
    /// # Errors
    ///
    /// The store's own, or that it did not answer in time.
    pub(crate) async fn ask<'a, T>(
        &'a self,
        question: impl FnOnce(&'a dyn AnyStore) -> std::pin::Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>,
    ) -> Result<T> {
        match tokio::time::timeout(self.deadline, question(&*self.store)).await {
            Ok(answer) => answer,
            Err(_) => {
                let text = format!("the store did not answer within {:?}", self.deadline);
                Err(Error::new(ErrorKind::Store, text))
            }
        }
    }
}

impl fmt::Debug for Keeping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keeping").field(&self.describe()).finish()
    }
}

/// What the client is told of a store that failed: that it may try again. The log says more.
#[expect(clippy::needless_pass_by_value, reason = "made for `map_err`")]
pub(crate) fn unavailable(error: Error) -> Fault {
    tracing::warn!(error = format!("{error:#}"), "the store failed");
    metrics::counter!("mcp.server.store.failures").increment(1);
    Fault::Unavailable("the server's store does not answer; try again".to_owned())
}
