//! The chaos: nodes and a store that die under their clients; afterwards nothing that was acknowledged may be missing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the terminal prints")]

mod book;
mod caller;
#[path = "../soak/chance.rs"]
mod chance;
mod count;
#[path = "../soak/http.rs"]
mod http;
mod ledger;
mod listen;
mod weather;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anpu_conformance::service::{Plan, Service};
use tokio::task::{JoinSet, spawn_blocking};

use book::Book;
use caller::Caller;
use chance::Chance;
use ledger::Ledger;
use listen::Listening;
use weather::Weather;

/// Clients at once; each writes from two places into the ledger of one session, and reads streams.
const CLIENTS: u64 = 8;
/// How long a client uses a session, in seconds.
const LIVES: [u64; 4] = [15, 20, 30, 45];

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let ([seconds, seed], 2) = (numbers.as_slice(), words.len()) else {
        eprintln!("chaos SECONDS SEED: `cargo xtask chaos` knows them");
        return ExitCode::FAILURE;
    };
    match chaos(Duration::from_secs(*seconds), *seed).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("chaos: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn chaos(time: Duration, seed: u64) -> Result<(), String> {
    println!("chaos: {} s, {CLIENTS} clients, seed {seed}", time.as_secs());
    let program = program()?;
    let service = spawn_blocking(move || Service::start(&Plan::new(&program))).await.map_err(|e| e.to_string())??;
    println!("what the processes say: {}", service.folder().display());
    let weather = Arc::new(Weather::new());
    let book = Arc::new(Book::default());
    let mut doors: Vec<_> = service.nodes().iter().map(|node| node.address()).collect();
    doors.push(service.address());

    let until = Instant::now() + time;
    let ids = Arc::new(AtomicU64::new(1));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let caller = Caller::new(&doors, Chance::new(seed ^ (number << 32)), Arc::clone(&book));
        clients.spawn(come_and_go(caller, until, Arc::clone(&ids)));
    }
    let raging = Arc::clone(&weather);
    let storm = spawn_blocking(move || weather::rage(service, Chance::new(!seed), &raging, time));
    let mut ledgers = Vec::new();
    while let Some(ended) = clients.join_next().await {
        ledgers.extend(ended.map_err(|error| error.to_string())?);
    }
    let service = storm.await.map_err(|error| error.to_string())??;

    println!("{} updates were begun in {} sessions", ids.load(Ordering::Relaxed) - 1, ledgers.len());
    for ledger in &ledgers {
        let caller = Caller::new(&doors, Chance::new(seed), Arc::clone(&book));
        ledger.check(caller).await;
    }
    let verdict = book.verdict(&weather);
    if verdict.is_err() {
        keep_logs(&service);
    }
    verdict
}

/// What the processes said is removed with the service; whoever looks for a reason needs it.
fn keep_logs(service: &Service) {
    let kept = std::env::temp_dir().join(format!("anpu-chaos-{}", std::process::id()));
    let copied = std::fs::create_dir_all(&kept).and_then(|()| {
        for file in std::fs::read_dir(service.folder())?.flatten() {
            if file.path().extension().is_some_and(|end| end == "log") {
                std::fs::copy(file.path(), kept.join(file.file_name()))?;
            }
        }
        Ok(())
    });
    match copied {
        Ok(()) => println!("what the processes said: {}", kept.display()),
        Err(error) => println!("what the processes said is lost: {error}"),
    }
}

/// The everything-server beside this program.
fn program() -> Result<PathBuf, String> {
    let here = std::env::current_exe().map_err(|error| format!("this program does not know where it is: {error}"))?;
    let folder = here.parent().and_then(|examples| examples.parent()).ok_or("this program is in no build folder")?;
    Ok(folder.join("everything-server"))
}

/// One client: one session after the other; their ledgers.
async fn come_and_go(mut caller: Caller, until: Instant, ids: Arc<AtomicU64>) -> Vec<Ledger> {
    let mut ledgers = Vec::new();
    while Instant::now() < until {
        let Some(session) = caller.open(until).await else { break };
        let life = Duration::from_secs(caller.chance.one_of(&LIVES));
        let end = until.min(Instant::now() + life);
        let ledger = Ledger::new(session.clone());
        let listening = Listening::new(&session);
        let [mut one, mut two, mut three, mut four, mut five] = std::array::from_fn(|_| caller.fork());
        tokio::join!(
            ledger.write(&mut one, &ids, end),
            ledger.write(&mut two, &ids, end),
            count::count(&mut three, &session, end),
            listening.announce(&mut four, end),
            listening.listen(&mut five, end),
        );
        listening.judge(&caller.book);
        ledgers.push(ledger);
    }
    ledgers
}
