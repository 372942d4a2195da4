//! Handlers that block: they run on the blocking pool, where they may wait for futures.

use anpu_proto::fault::Fault;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::Span;

use super::Cx;

impl Cx {
    /// Waits for a future in a blocking handler, where there is no `.await`.
    ///
    /// ```
    /// use anpu::{Cx, Tool};
    ///
    /// let tool = Tool::new("import").blocking(|cx: Cx| {
    ///     cx.wait(cx.progress(0.5, "half of it"));
    ///     "done"
    /// });
    /// # let _ = tool;
    /// ```
    ///
    /// # Panics
    ///
    /// In an `async` handler: write `.await` there.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        Handle::current().block_on(future)
    }
}

/// Runs this where it may block; a panic is contained and its payload kept back.
pub(crate) async fn on_blocking_pool<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let span = Span::current();
    let mut running = Running(tokio::task::spawn_blocking(move || span.in_scope(work)));
    let done = (&mut running.0).await;
    done.map_err(|error| match error.is_panic() {
        true => Fault::Internal("the handler panicked; the server's log says more".to_owned()),
        false => Fault::Cancelled,
    })
}

/// Work on the blocking pool: what did not begin when nobody waits for it any more never does.
struct Running<T>(JoinHandle<T>);

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::Probe;

    #[tokio::test]
    async fn a_panic_is_contained_without_its_payload() {
        let Err(Fault::Internal(text)) = on_blocking_pool(|| panic!("secret")).await else { panic!("not a fault") };
        assert!(text.contains("panicked") && !text.contains("secret"), "{text}");
    }

    #[tokio::test]
    async fn a_blocking_handler_waits_for_futures() {
        let probe = Probe::new();
        let cx = probe.cx();
        let said = on_blocking_pool(move || cx.wait(async { cx.info("there").await })).await;
        assert_eq!(said, Ok(()));
        assert_eq!(probe.said().len(), 1);
    }
}
