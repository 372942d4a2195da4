//! When the process is asked to end.

/// Ready when the process gets SIGTERM or SIGINT (Ctrl-C). Must be called within a tokio runtime.
///
/// What [`Server::serve_http`](crate::Server::serve_http) waits for; for callers of `serve_listener`. The signals are
/// caught from the call on, so that none is missed before this is awaited.
pub fn shutdown_signal() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)))
    };
    async move {
        #[cfg(unix)]
        if let Ok((mut terminate, mut interrupt)) = signals {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
            }
        }
        let _ = tokio::signal::ctrl_c().await;
    }
}
