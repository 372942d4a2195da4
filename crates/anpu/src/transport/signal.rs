//! When the process is asked to end: politely, and then not so politely.

/// Ready when the process gets SIGTERM or SIGINT (Ctrl-C). Must be called within a tokio runtime.
///
/// What [`Server::serve_http`](crate::Server::serve_http) waits for; for callers of `serve_listener`. The signals are
/// caught from the call on, so that none is missed before this is awaited. Once it is ready, a second one ends the process
/// at once, whatever runs, with the exit status that the signal would have given it: 143 or 130.
pub fn shutdown_signal() -> impl Future<Output = ()> + Send + 'static {
    let signals = Signals::caught();
    async move {
        let mut signals = signals;
        signals.next().await;
        tokio::spawn(async move {
            let number = signals.next().await;
            tracing::warn!("asked to end a second time: what runs is not waited for");
            std::process::exit(128 + number);
        });
    }
}

/// The numbers of the signals, the same on every system that has them.
const INTERRUPT: i32 = 2;
#[cfg(unix)]
const TERMINATE: i32 = 15;

struct Signals {
    #[cfg(unix)]
    both: Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>,
}

impl Signals {
    #[cfg(unix)]
    fn caught() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both =
            signal(SignalKind::terminate()).and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
        Self { both: both.ok() }
    }

    #[cfg(not(unix))]
    fn caught() -> Self {
        Self {}
    }

    /// The number of the next signal.
    async fn next(&mut self) -> i32 {
        #[cfg(unix)]
        if let Some((terminate, interrupt)) = &mut self.both {
            return tokio::select! {
                _ = terminate.recv() => TERMINATE,
                _ = interrupt.recv() => INTERRUPT,
            };
        }
        let _ = tokio::signal::ctrl_c().await;
        INTERRUPT
    }
}
