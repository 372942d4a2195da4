//! The server's half: this test binary again, as a program that serves stdio.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anpu::{Component, Cx, Limits, Server, Tool};
use tokio::sync::Semaphore;

/// Set where this binary is to be the server.
pub(crate) const IN_CHILD: &str = "ANPU_TEST_STDIO";
/// What the harness printed ends with this; from here on standard output belongs to the protocol.
pub(crate) const BEGIN: &str = "the protocol begins\n";
/// The longest line the server takes.
pub(crate) const LINE: usize = 64 * 1024;

/// Does nothing unless a test of this file started it.
#[test]
#[allow(clippy::print_stdout, reason = "so that the parent finds the beginning")]
fn child() {
    if std::env::var_os(IN_CHILD).is_none() {
        return;
    }
    print!("{BEGIN}");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let served = runtime.block_on(server().serve_stdio());
    // As `main` would: the harness has nothing to add.
    std::process::exit(i32::from(served.is_err()));
}

fn server() -> Server {
    let (gate, dropped) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    Server::new("child", "1.0.0")
        .limits(Limits::default().line(LINE))
        .drain(Duration::from_secs(2))
        .with([shout(), echo(), count(), soon()])
        .with([hold(&gate, &dropped), release(&gate), how_many_dropped(&dropped)])
}

#[allow(clippy::print_stdout, reason = "that is what is tested")]
fn shout() -> Component {
    Tool::new("shout").handler(|_: Cx| async {
        println!("println: this is not JSON");
        print!("half a line");
        let status = Command::new("sh").args(["-c", "echo; echo from a child process"]).status();
        if status.is_ok_and(|status| status.success()) { "shouted" } else { "not shouted" }
    })
}

#[derive(anpu::Args)]
struct Said {
    text: String,
}

fn echo() -> Component {
    Tool::new("echo").input::<Said>().handler(|said: Said, _: Cx| async move { said.text })
}

fn count() -> Component {
    Tool::new("count").handler(|cx: Cx| async move {
        for number in 1..=3 {
            cx.progress_of(f64::from(number), Some(3.0), None).await;
            tokio::task::yield_now().await;
        }
    })
}

/// Ends by itself, within the time that is left when the client is gone.
fn soon() -> Component {
    Tool::new("soon").handler(|_: Cx| async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        "in time"
    })
}

struct CountDrop(Arc<AtomicUsize>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn hold(gate: &Arc<Semaphore>, dropped: &Arc<AtomicUsize>) -> Component {
    let (gate, dropped) = (Arc::clone(gate), Arc::clone(dropped));
    Tool::new("hold").handler(move |_: Cx| {
        let (gate, dropped) = (Arc::clone(&gate), Arc::clone(&dropped));
        async move {
            let _dropped = CountDrop(dropped);
            gate.acquire().await.unwrap().forget();
            "released"
        }
    })
}

fn release(gate: &Arc<Semaphore>) -> Component {
    let gate = Arc::clone(gate);
    Tool::new("release").handler(move |_: Cx| {
        gate.add_permits(1);
        async { "released" }
    })
}

/// Answers when the first was dropped: that happens on a thread of its own.
fn how_many_dropped(dropped: &Arc<AtomicUsize>) -> Component {
    let dropped = Arc::clone(dropped);
    Tool::new("dropped").handler(move |_: Cx| {
        let dropped = Arc::clone(&dropped);
        async move {
            while dropped.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            dropped.load(Ordering::SeqCst)
        }
    })
}
