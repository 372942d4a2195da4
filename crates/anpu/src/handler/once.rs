//! Effects that happen once, however often the handler runs.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::to_raw_value;

use super::Cx;
use crate::error::{Error, Result};

impl Cx {
    /// Does something once: when the handler runs again because it asked its client, it gets what came of it the first
    /// time instead of doing it again.
    ///
    /// In versions of the protocol without sessions, a handler that [asks](Cx::ask) is let go and runs again from its start
    /// once the answers are there. What it does before the question happens in each run, unless it is done in here. The
    /// result travels with the client, sealed, so it should be small: an id rather than a document. Keys are counted as
    /// those of questions. An error is not kept: the next run tries again.
    ///
    /// A client may send a round again, to this server or to another node. What later rounds do in here is therefore noted
    /// in the server's [store](crate::Server::store) for as long as the client may come back
    /// ([1 hour](crate::Server::request_state_expiry)): the same round gets what came of it, and waits for it while it is
    /// at work elsewhere. With a store that nodes share, that holds for all of them; without one, for this process as long
    /// as it lives. The first round sent again is no repetition but another request.
    ///
    /// What was begun and not completed (the client cancelled, the time was up, the process died) may have happened or
    /// not, and the next run does it again: at the latest 30 s after its last sign of life.
    ///
    /// In here nothing may be asked: the question fails with an error of kind [`Config`](crate::ErrorKind::Config). That of
    /// a task which was started in here fails in the same way, in versions without sessions after 10 to 20 s.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// async fn reserve(item: &str) -> Result<u64> { Ok(7) }
    ///
    /// /// Order something.
    /// #[tool]
    /// async fn order(item: String, cx: Cx) -> Result<String> {
    ///     let name = item.clone();
    ///     let reservation: u64 = cx.once("reserve", async move { reserve(&name).await }).await?;
    ///     if !cx.ask("sure", Confirm::new(format!("Buy {item}?"))).await?.accepted() {
    ///         return Err(declined("the user does not want it"));
    ///     }
    ///     Ok(format!("bought, reservation {reservation}"))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the effect; a result that cannot be serialized, or read back as a `T`; too many or too long keys; of kind
    /// [`Store`](crate::ErrorKind::Store) if the store fails, and then the effect was not begun.
    pub async fn once<T, E>(
        &self,
        key: impl Into<String>,
        effect: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
        E: Into<Error>,
    {
        let effect = Box::pin(async move {
            let done = effect.await.map_err(Into::into)?;
            Ok(to_raw_value(&done)?)
        });
        let kept = self.port().once(&key.into(), effect).await?;
        Ok(serde_json::from_str(kept.get())?)
    }
}
