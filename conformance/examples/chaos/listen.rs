//! A stream that belongs to no request: what was announced to a session comes once, wherever its client reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::book::Book;
use crate::caller::{Caller, Outcome, is_hung};
use crate::http::Answer;

/// How long after the last announcement a client reads on.
const REST: Duration = Duration::from_secs(3);
/// How long an announcement may be under way. The death of a node in this time may cost it: nobody promises more.
const TRAVELS: Duration = Duration::from_secs(1);
/// In how many cases of a hundred a client drops the connection behind an event.
const DROPS: u64 = 10;

/// What was announced to one session, and what its client saw of it.
#[derive(Debug)]
pub(crate) struct Listening<'a> {
    session: &'a str,
    /// Sent when, under way until when, and through which doors it was sent and should have come.
    announced: Mutex<BTreeMap<u64, (Instant, Instant, String)>>,
    reader: Mutex<String>,
    seen: Mutex<BTreeSet<u64>>,
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Listening<'a> {
    pub(crate) fn new(session: &'a str) -> Self {
        Self { session, announced: Mutex::default(), reader: Mutex::default(), seen: Mutex::default() }
    }

    /// Announces one number after the other.
    pub(crate) async fn announce(&self, caller: &mut Caller, until: Instant) {
        let mut number = 0;
        while Instant::now() < until {
            number += 1;
            let message = caller.call("announce", &json!({ "number": number, "to": self.session }));
            let (from, door) = (Instant::now(), caller.door());
            let way = format!("sent to {:?}, read at {}", caller.node(door), locked(&self.reader));
            if let Outcome::Answered(..) = caller.exchange_at(door, "announce", self.session, &message).await {
                caller.book.count("numbers announced");
                locked(&self.announced).insert(number, (from, Instant::now() + TRAVELS, way));
            }
            sleep(Duration::from_millis(caller.chance.between(50, 250))).await;
        }
    }

    /// Reads what is announced, and goes on elsewhere when the stream breaks.
    pub(crate) async fn listen(&self, caller: &mut Caller, until: Instant) {
        let until = until + REST;
        let mut last: Option<String> = None;
        while Instant::now() < until {
            let (opened, node) = caller.stream("listen", self.session, None, last.as_deref()).await;
            match opened {
                Ok(mut answer) => {
                    *locked(&self.reader) = format!("{node:?}");
                    caller.book.count("streams of no request opened");
                    self.read(caller, &mut answer, &mut last, until).await;
                }
                Err(status) => {
                    if status == 400 {
                        last = None;
                    }
                    caller.pause().await;
                }
            }
        }
    }

    async fn read(&self, caller: &mut Caller, answer: &mut Answer, last: &mut Option<String>, until: Instant) {
        while let Ok(read) = timeout(until.saturating_duration_since(Instant::now()), answer.next()).await {
            let event = match read {
                Ok(Some(event)) => event,
                Ok(None) => return,
                Err(trouble) => {
                    if is_hung(&trouble) {
                        caller.book.breach(format!("a stream of no request: {trouble}"));
                    }
                    return;
                }
            };
            if event.id.is_some() {
                *last = event.id;
            }
            let Ok(message) = serde_json::from_str::<Value>(&event.text) else { continue };
            let uri = message["params"]["uri"].as_str().unwrap_or_default();
            let Some(number) = uri.strip_prefix("test://number/").and_then(|number| number.parse().ok()) else {
                continue;
            };
            caller.book.count("events");
            if !locked(&self.seen).insert(number) {
                caller.book.breach(format!("announcement {number} was seen twice"));
            }
            if last.is_some() && caller.chance.percent(DROPS) {
                return;
            }
        }
    }

    /// What was announced and never came.
    pub(crate) fn judge(&self, book: &Book) {
        let seen = locked(&self.seen);
        let announced = locked(&self.announced);
        for (number, (from, to, way)) in announced.iter().filter(|(number, _)| !seen.contains(number)) {
            book.count("announcements not seen");
            let what = "an announcement was not seen";
            book.lost(what, format!("number {number}, {way}"), *from, *to);
        }
    }
}
