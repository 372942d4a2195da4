//! The load of `cargo xtask bench`: many connections, one thread, one request at a time on each, every reply checked.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the terminal prints")]

mod answer;
mod call;
mod connection;
mod process;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use call::Mode;
use connection::{Connection, Tally};
use process::Seconds;

/// How long connections work before anything is counted: caches, allocators and branch predictors are warm by then.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long a reply may take after the window is over.
const PATIENCE: Duration = Duration::from_secs(10);

/// What went wrong, in words.
type Trouble = String;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asked = match words.as_slice() {
        [mode, address, pid, connections, seconds] => read(mode, address, pid, connections, seconds),
        _ => None,
    };
    let Some(asked) = asked else {
        eprintln!("load MODE ADDRESS PID CONNECTIONS SECONDS, where MODE is plain, session or request");
        return ExitCode::FAILURE;
    };
    match LocalSet::new().run_until(load(asked)).await {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("load: {why}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    mode: Mode,
    address: SocketAddr,
    pid: u32,
    connections: usize,
    time: Duration,
}

fn read(mode: &str, address: &str, pid: &str, connections: &str, seconds: &str) -> Option<Asked> {
    let time = seconds.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())?;
    Some(Asked {
        mode: Mode::read(mode)?,
        address: address.parse().ok()?,
        pid: pid.parse().ok()?,
        connections: connections.parse().ok()?,
        time,
    })
}

/// One window: what was answered in it, and the processor time that took both sides.
async fn load(asked: Asked) -> Result<Value, Trouble> {
    if let Err(why) = probe(asked).await {
        return Ok(json!({ "served": false, "requests": 0, "errors": 1, "why": [why] }));
    }
    let tally = Rc::new(Tally::default());
    let mut connections = JoinSet::new();
    for _ in 0..asked.connections {
        connections.spawn_local(connection::work(asked.mode, asked.address, Rc::clone(&tally)));
    }
    sleep(WARM_UP).await;
    let (start, before) = (Instant::now(), look(asked.pid, &tally)?);
    sleep(asked.time).await;
    let (seconds, after) = (start.elapsed().as_secs_f64(), look(asked.pid, &tally)?);
    tally.end();
    let ended = timeout(PATIENCE, async { while connections.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tally.wrong(format!("{} connections wait for a reply that does not come", connections.len()));
    }
    Ok(json!({
        "served": true,
        "requests": after.answered - before.answered,
        "errors": tally.errors(),
        "why": tally.why(),
        "seconds": seconds,
        "server": after.server.all - before.server.all,
        "user": after.server.user - before.server.user,
        "generator": after.generator.all - before.generator.all,
    }))
}

/// One call, to see whether this era is served at all.
async fn probe(asked: Asked) -> Result<(), Trouble> {
    let mut connection = Connection::open(asked.mode, asked.address).await?;
    connection.call().await
}

/// Where everything stands at one moment.
struct Look {
    answered: u64,
    server: Seconds,
    generator: Seconds,
}

fn look(pid: u32, tally: &Tally) -> Result<Look, Trouble> {
    let (server, generator) = (process::seconds(pid)?, process::seconds(std::process::id())?);
    Ok(Look { answered: tally.answered(), server, generator })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_read() {
        let asked = read("session", "127.0.0.1:1", "2", "64", "0.5").unwrap();
        assert_eq!((asked.mode, asked.pid, asked.connections), (Mode::Session, 2, 64));
        assert_eq!(asked.time, Duration::from_millis(500));
        assert!(read("sessions", "127.0.0.1:1", "2", "64", "1").is_none());
        assert!(read("plain", "127.0.0.1:1", "2", "64", "-1").is_none());
    }
}
