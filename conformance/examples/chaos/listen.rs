//! A stream that belongs to no request: what was announced to a session comes once, wherever its client reads.

use std::collections::BTreeMap;
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
/// How many of the last openings are shown with what is wrong.
const WAYS: usize = 4;
/// In how many cases of a hundred a client drops the connection behind an event.
const DROPS: u64 = 10;

/// What was announced to one session, and what its client saw of it.
#[derive(Debug)]
pub(crate) struct Listening<'a> {
    session: &'a str,
    /// Sent when, under way until when, and through which doors it was sent and should have come.
    announced: Mutex<BTreeMap<u64, (Instant, Instant, String)>>,
    reader: Mutex<String>,
    /// Where and when the stream was opened, the last times.
    ways: Mutex<Vec<String>>,
    begun: Instant,
    /// Who gave it.
    seen: Mutex<BTreeMap<u64, String>>,
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Listening<'a> {
    pub(crate) fn new(session: &'a str) -> Self {
        Self {
            session,
            announced: Mutex::default(),
            reader: Mutex::default(),
            ways: Mutex::default(),
            begun: Instant::now(),
            seen: Mutex::default(),
        }
    }

    /// Announces one number after the other.
    pub(crate) async fn announce(&self, caller: &mut Caller, until: Instant) {
        let mut number = 0;
        while Instant::now() < until {
            if locked(&self.reader).is_empty() {
                // What is said before anybody reads may wait, and may not.
                caller.pause().await;
                continue;
            }
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
                    let place = if last.is_some() { "behind an event" } else { "anew" };
                    self.opened(format!("{node:?} after {:.2?} {place}", self.begun.elapsed()));
                    caller.book.count("streams of no request opened");
                    self.read(caller, &mut answer, &format!("{node:?}"), (&mut last, until)).await;
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

    fn opened(&self, way: String) {
        let mut ways = locked(&self.ways);
        let old = (ways.len() + 1).saturating_sub(WAYS);
        ways.drain(..old);
        ways.push(way);
    }

    async fn read(
        &self,
        caller: &mut Caller,
        answer: &mut Answer,
        reader: &str,
        (last, until): (&mut Option<String>, Instant),
    ) {
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
                *locked(&self.reader) = reader.to_owned();
            }
            let Ok(message) = serde_json::from_str::<Value>(&event.text) else { continue };
            let number = message["params"]["elicitationId"].as_str().and_then(|number| number.parse().ok());
            let Some(number) = number else { continue };
            caller.book.count("events");
            let reader = format!("{reader} after {:.2?}", self.begun.elapsed());
            if let Some(before) = locked(&self.seen).insert(number, reader.clone()) {
                let ways = locked(&self.ways).join("; ");
                let told =
                    format!("announcement {number} was seen twice: at {before}, then at {reader}; opened: {ways}");
                caller.book.breach(told);
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
        for (number, (from, to, way)) in announced.iter().filter(|(number, _)| !seen.contains_key(number)) {
            book.count("announcements not seen");
            let what = "an announcement was not seen";
            book.lost(what, format!("number {number}, {way}"), *from, *to);
        }
    }
}
