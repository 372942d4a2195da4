//! The soak: a server under clients that come, use it, and leave it as clients do; afterwards it must hold nothing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the terminal prints")]

mod chance;
mod client;
mod figures;
mod http;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;

use chance::Chance;
use client::{Client, Tally};
use figures::{Figures, Memory};

/// Clients at once; each may have a few connections.
const CLIENTS: u64 = 160;
/// How often memory is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long the server may take until it let go of everything: longer than its questions, calls and idle sessions.
const SETTLES: Duration = Duration::from_secs(90);
/// How many of the things that went wrong are shown.
const SHOWN: usize = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [address, pid, seconds, seed] = words.as_slice() else {
        eprintln!("soak ADDRESS PID SECONDS SEED: `cargo xtask soak` knows them");
        return ExitCode::FAILURE;
    };
    let (Ok(address), Ok(pid), Ok(seconds), Ok(seed)) = (address.parse(), pid.parse(), seconds.parse(), seed.parse())
    else {
        eprintln!("soak: wrong arguments: {words:?}");
        return ExitCode::FAILURE;
    };
    match soak(address, pid, Duration::from_secs(seconds), seed).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("soak: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn soak(address: SocketAddr, pid: u32, time: Duration, seed: u64) -> Result<(), String> {
    println!("soak: {} s, {CLIENTS} clients, seed {seed}", time.as_secs());
    let before = calm(address).await?;
    println!("before: {before}");

    let until = Instant::now() + time;
    let tally = Arc::new(Tally::default());
    let wrong = Arc::new(Mutex::new(Vec::new()));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (tally, wrong) = (Arc::clone(&tally), Arc::clone(&wrong));
        clients.spawn(come_and_go(address, Chance::new(seed ^ (number << 32)), number, until, tally, wrong));
    }
    let memory = watch(address, pid, time).await?;
    while clients.join_next().await.is_some() {}
    print!("{}", tally.lines());

    let after = settle(address, before).await?;
    let resident = figures::resident(pid)?;
    println!("after:  {after}, {resident} KiB resident");
    println!("memory: {memory}");
    let wrong = wrong.lock().unwrap_or_else(PoisonError::into_inner);
    for line in wrong.iter().take(SHOWN) {
        println!("went wrong: {line}");
    }
    let mut verdict = figures::judge(before, after, memory.warm, resident);
    if !wrong.is_empty() {
        verdict.push(format!("{} clients did not get what they should", wrong.len()));
    }
    if verdict.is_empty() { Ok(()) } else { Err(verdict.join("; ")) }
}

/// The least of some looks: the first one starts what starts with the first session, and a connection that just ended
/// may still be counted.
async fn calm(address: SocketAddr) -> Result<Figures, String> {
    let mut least = look(address).await?;
    for _ in 0..4 {
        sleep(LOOK).await;
        let now = look(address).await?;
        least = Figures { sockets: least.sockets.min(now.sockets), tasks: least.tasks.min(now.tasks), ..now };
    }
    Ok(least)
}

/// One place among the clients: one after the other until the time is over.
async fn come_and_go(
    address: SocketAddr,
    mut chance: Chance,
    number: u64,
    until: Instant,
    tally: Arc<Tally>,
    wrong: Arc<Mutex<Vec<String>>>,
) {
    sleep(Duration::from_millis(chance.between(0, 3000))).await;
    for life in 0_u64.. {
        if Instant::now() >= until {
            return;
        }
        let own = Chance::new(chance.between(0, u64::MAX));
        let told = match Client::open(address, own).await {
            Ok(mut client) => client.live(until, &tally).await.map_err(|why| format!("{why}; it did {:?}", client.did)),
            Err(why) => Err(why),
        };
        if let Err(why) = told {
            tally.add("went wrong");
            let line = format!("client {number}, life {life}: {}", why.chars().take(600).collect::<String>());
            wrong.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            // A server in trouble is not to be flooded.
            sleep(LOOK).await;
        }
        sleep(Duration::from_millis(chance.between(0, 500))).await;
    }
}

/// Looks at memory while the clients are at work.
async fn watch(address: SocketAddr, pid: u32, time: Duration) -> Result<Memory, String> {
    let start = Instant::now();
    let warm_up = (time / 5).min(Duration::from_secs(120));
    let mut samples = Vec::new();
    let mut memory = Memory::default();
    while start.elapsed() < time {
        sleep(LOOK).await;
        samples.push(figures::resident(pid)?);
        memory.take(&samples, start.elapsed() < warm_up);
        if samples.len().is_multiple_of(30) {
            let now = look(address).await.map_or_else(|why| why, |now| now.to_string());
            println!("{:>6} s: {now}, {} KiB resident", start.elapsed().as_secs(), memory.last);
        }
    }
    Ok(memory)
}

/// Asks until the server holds no more than before, or its time is up.
async fn settle(address: SocketAddr, before: Figures) -> Result<Figures, String> {
    let start = Instant::now();
    loop {
        let now = look(address).await?;
        if now.within(before) || start.elapsed() > SETTLES {
            println!("{:.0} s after the last client left:", start.elapsed().as_secs_f64());
            return Ok(now);
        }
        sleep(LOOK).await;
    }
}

/// Asks the server with a session that ends at once.
async fn look(address: SocketAddr) -> Result<Figures, String> {
    for seed in 0.. {
        let mut client = Client::open(address, Chance::new(seed)).await?;
        if !client.is_ready() {
            client.delete().await?;
            continue;
        }
        let text = client.call("server_figures", json!({})).await?;
        client.delete().await?;
        return Figures::read(&text);
    }
    Err("no client finished its handshake".to_owned())
}
