//! The roots of a client, remembered while they do not change.

use std::sync::{Arc, Mutex, PoisonError};

use anpu_proto::model::Root;

use super::exchange::Exchange;
use crate::error::Result;
use crate::handler::{Cx, Roots};

/// What is remembered, and how often it was forgotten.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<(u64, Option<Arc<[Root]>>)>);

impl Remembered {
    /// The client says that they changed.
    pub(crate) fn forget(&self) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *remembered = (remembered.0 + 1, None);
    }

    /// What is remembered, and the ticket with which to remember something else.
    fn recall(&self) -> (u64, Option<Arc<[Root]>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers what was asked for under this ticket, unless it changed meanwhile.
    fn remember(&self, ticket: u64, roots: &[Root]) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.0 == ticket {
            remembered.1 = Some(roots.into());
        }
    }
}

impl Cx {
    /// The folders that the client lets the server work in.
    ///
    /// A client that tells when they change is asked once and then again after each change; any other one is asked each
    /// time. It has 60 seconds to answer; `cx.ask("roots", Roots).within(..)` gives it another time.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// /// List the folders this server may work in.
    /// #[tool(read_only)]
    /// async fn folders(cx: Cx) -> Result<String> {
    ///     let roots = cx.roots().await?;
    ///     Ok(roots.into_iter().map(|root| root.uri + "\n").collect())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As those of [`ask`](Cx::ask).
    pub async fn roots(&self) -> Result<Vec<Root>> {
        let asking = self.ask("roots", Roots);
        let remembered = self.port().as_any().downcast_ref::<Exchange>().and_then(Exchange::session);
        // Asked in rounds, they come back with each of them anyway.
        let remembered =
            remembered.filter(|session| !session.core.keeping.is_shared()).map(|session| &session.rare().roots);
        let Some(remembered) = remembered.filter(|_| self.client_capabilities().tells_root_changes()) else {
            return asking.await;
        };
        let (ticket, roots) = remembered.recall();
        if let Some(roots) = roots {
            return Ok(roots.to_vec());
        }
        let roots = asking.await?;
        remembered.remember(ticket, &roots);
        Ok(roots)
    }
}
