//! Streams that count: cut by their clients and by dying nodes, and gone on with elsewhere.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::caller::{Caller, is_hung, told};
use crate::http::Answer;

/// How long a stream may take with all the times it is taken up again; it counts for two seconds.
const LONGEST: Duration = Duration::from_secs(40);
/// In how many cases of a hundred a client drops the connection behind an event.
const DROPS: u64 = 8;

/// One call whose progress is numbered.
struct Counting<'a> {
    caller: &'a mut Caller,
    session: &'a str,
    to: u64,
    next: u64,
    /// Of the request.
    id: Value,
    /// Who was asked, when, and for which number.
    readers: Vec<String>,
    last: Option<String>,
    from: Instant,
    /// The one that counts; none if the proxy chose it.
    node: Option<SocketAddr>,
}

/// How one reading of the stream ended.
enum Ended {
    Whole,
    Lost,
    Cut,
}

/// Calls that count, one after the other.
pub(crate) async fn count(caller: &mut Caller, session: &str, until: Instant) {
    while Instant::now() < until {
        let to = caller.chance.between(5, 30);
        Counting {
            caller,
            session,
            to,
            next: 1,
            id: Value::Null,
            readers: Vec::new(),
            last: None,
            from: Instant::now(),
            node: None,
        }
        .run()
        .await;
        caller.pause().await;
    }
}

impl Counting<'_> {
    async fn run(&mut self) {
        let message = self.caller.call("count_up", &json!({ "to": self.to, "pause": 60 }));
        self.id = message["id"].clone();
        let Some(mut answer) = self.open(Some(&message)).await else { return };
        self.caller.book.count("streams begun");
        loop {
            match self.read(&mut answer).await {
                Ended::Whole => return self.caller.book.count("streams read to their answer"),
                Ended::Lost => return self.caller.book.count("streams that ended with an error"),
                Ended::Cut => {}
            }
            drop(answer);
            let Some(again) = self.again().await else { return };
            answer = again;
        }
    }

    /// Takes the stream up behind the last event.
    async fn again(&mut self) -> Option<Answer> {
        if self.last.is_none() {
            self.caller.book.failed("stream: broke before its first event".to_owned(), self.from, self.node);
            return None;
        }
        while self.from.elapsed() < LONGEST {
            if let Some(answer) = self.open(None).await {
                self.caller.book.count("streams taken up again");
                return Some(answer);
            }
            self.caller.pause().await;
        }
        let (id, to, next, node) = (&self.id, self.to, self.next, self.node);
        let readers = self.readers.join(", ");
        let told = format!("stream {id} of {to} at {node:?} never ended; the next was {next}; read at {readers}");
        self.caller.book.breach(told);
        None
    }

    async fn open(&mut self, message: Option<&Value>) -> Option<Answer> {
        let last = if message.is_some() { None } else { self.last.as_deref() };
        let what = if message.is_some() { "stream" } else { "resume" };
        let (opened, node) = self.caller.stream(what, self.session, message, last).await;
        if message.is_some() {
            self.node = node;
        }
        let asked = node.map_or_else(|| "the proxy".to_owned(), |node| node.to_string());
        let status = opened.as_ref().map_or_else(|status| *status, |answer| answer.status);
        self.readers.push(format!("{asked} after {:.2?}: {status}, from {}", self.from.elapsed(), self.next));
        opened.ok()
    }

    async fn read(&mut self, answer: &mut Answer) -> Ended {
        loop {
            let Ok(read) = timeout(LONGEST.saturating_sub(self.from.elapsed()), answer.next()).await else {
                return Ended::Cut;
            };
            let event = match read {
                Ok(Some(event)) => event,
                Ok(None) => return Ended::Cut,
                Err(trouble) => {
                    if is_hung(&trouble) {
                        self.caller.book.breach(format!("a stream: {trouble}"));
                    }
                    return Ended::Cut;
                }
            };
            if event.id.is_some() {
                self.last = event.id;
            }
            let Ok(message) = serde_json::from_str::<Value>(&event.text) else { continue };
            self.caller.book.count("events");
            if message["method"] == "notifications/progress" {
                self.progress(message["params"]["progress"].as_f64().unwrap_or_default());
            } else {
                return self.reply(&message);
            }
            if self.last.is_some() && self.caller.chance.percent(DROPS) {
                self.caller.book.count("streams cut by their client");
                return Ended::Cut;
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the numbers are small and whole")]
    fn progress(&mut self, number: f64) {
        let number = number as u64;
        if number != self.next {
            let kind = if number < self.next { "seen twice" } else { "skipped" };
            let told =
                format!("{kind}: {number} came where {} was due, begun {:?} ago", self.next, self.from.elapsed());
            self.caller.book.breach(told);
        }
        self.next = number + 1;
    }

    fn reply(&mut self, message: &Value) -> Ended {
        let told = told(message);
        if message.get("error").is_none() {
            if self.next != self.to + 1 {
                self.caller.book.breach(format!("skipped: the answer of {} came where {} was due", self.to, self.next));
            }
            return Ended::Whole;
        }
        self.caller.judge_status("stream", 200, &told);
        // Whoever says so: only the end of the node that counted is a reason.
        self.caller.book.failed(format!("stream: {told}"), self.from, self.node);
        Ended::Lost
    }
}
