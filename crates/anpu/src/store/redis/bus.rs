//! The bus: one Redis stream of all messages, and for each process that listens one reader of it, on a connection of its own.
//!
//! A lost connection loses nothing: the reader goes on behind the last message it saw. Each message names the one before
//! it, so that a gap is seen, and subscribers are told: `Lagged`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use redis::streams::{StreamId, StreamReadReply};
use redis::{RedisError, RedisResult};
use tokio::task::AbortHandle;

use super::address::Address;
use super::link::Wire;
use super::{Redis, scripts};
use crate::error::Result;
use crate::store::contract::Bus;
use crate::store::limits::{check_key, check_value};
use crate::store::subscription::{Feed, Message, Subscription};

/// How many messages the server keeps for readers that lost their connection.
const MESSAGES: usize = 10_000;
/// How many bytes all of them have together: 64 MiB.
const BYTES: usize = 64 * 1024 * 1024;
/// How many messages are read at a time.
const BATCH: usize = 64;
/// How long a read waits for a message.
const WAIT: Duration = Duration::from_secs(1);
/// The pauses before a lost connection is made again, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The place of a message in the stream; the default is before all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place(u64, u64);

/// Those in this process who listen, and their reader.
pub(super) struct Hub {
    address: Address,
    keys: [String; 2],
    deadline: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last message that the reader saw.
    position: Place,
    listeners: HashMap<Arc<str>, Vec<Listener>>,
    reader: Option<AbortHandle>,
}

struct Listener {
    /// Messages up to here were published before it listened.
    from: Place,
    feed: Arc<Feed>,
}

/// A message as the stream has it.
struct Entry {
    place: Place,
    before: Place,
    topic: String,
    bytes: Bytes,
}

impl Bus for Redis {
    async fn publish(&self, topic: &str, message: Bytes) -> Result<()> {
        check_key("topic", topic)?;
        check_value("message", &message, self.0.max_value)?;
        let mut call = scripts::PUBLISH.key(&self.0.hub.keys[..]);
        self.0.link.run(call.arg(topic).arg(&message[..]).arg(MESSAGES).arg(BYTES)).await
    }

    async fn subscribe(&self, topics: &[&str]) -> Result<Subscription> {
        topics.iter().try_for_each(|topic| check_key("topic", topic))?;
        let mut command = redis::cmd("HGET");
        let last: Option<String> = self.0.link.send(command.arg(&self.0.hub.keys[0]).arg("l")).await?;
        let last = last.as_deref().map_or(Some(Place::default()), Place::read).ok_or_else(|| self.0.link.damaged())?;
        Ok(self.0.hub.listen(topics, last))
    }
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let (millis, count) = text.split_once('-')?;
        Some(Self(millis.parse().ok()?, count.parse().ok()?))
    }
}

impl Entry {
    fn read(found: &StreamId) -> Option<Self> {
        let before: String = found.get("p")?;
        let (place, before) = (Place::read(&found.id)?, Place::read(&before)?);
        Some(Self { place, before, topic: found.get("t")?, bytes: found.get("d")? })
    }
}

impl Hub {
    pub(super) fn new(address: Address, keys: [String; 2], deadline: Duration) -> Self {
        Self { address, keys, deadline, state: Mutex::default() }
    }

    /// Ends the reader and with it all subscriptions.
    pub(super) fn close(&self) {
        let reader = {
            let mut state = self.lock();
            state.listeners.clear();
            state.reader.take()
        };
        if let Some(reader) = reader {
            reader.abort();
        }
    }

    /// Adds a listener to what is published behind `last`, or behind what the reader has seen if that is more.
    fn listen(self: &Arc<Self>, topics: &[&str], last: Place) -> Subscription {
        let (feed, subscription) = Subscription::new();
        let feed = Arc::new(feed);
        let mut state = self.lock();
        if state.reader.is_none() {
            state.position = last;
            state.reader = Some(tokio::spawn(follow(Arc::clone(self))).abort_handle());
        }
        let from = last.max(state.position);
        for (at, topic) in topics.iter().enumerate() {
            if !topics[..at].contains(topic) {
                let listener = Listener { from, feed: Arc::clone(&feed) };
                state.listeners.entry(Arc::from(*topic)).or_default().push(listener);
            }
        }
        subscription
    }

    /// Reads until the connection is lost or, then without an error, nobody listens any more.
    async fn read(&self, reader: &mut Reader) -> RedisResult<()> {
        let patience = WAIT + self.deadline;
        let mut wire = within(self.deadline, self.address.alone(self.deadline, patience)).await?;
        while !self.is_deserted(reader) {
            let (found, last) = within(patience, self.next(&mut wire)).await?;
            reader.is_back(&self.address);
            self.lock().hand_out(found, last);
        }
        Ok(())
    }

    /// What follows the position, and the place of the last message.
    async fn next(&self, wire: &mut Wire) -> RedisResult<(Vec<Entry>, Place)> {
        let Place(millis, count) = self.lock().position;
        let mut calls = redis::pipe();
        calls.cmd("XREAD").arg("COUNT").arg(BATCH).arg("BLOCK").arg(WAIT.as_millis() as u64);
        calls.arg("STREAMS").arg(&self.keys[1]).arg(format!("{millis}-{count}"));
        calls.cmd("HGET").arg(&self.keys[0]).arg("l");
        let (found, last): (Option<StreamReadReply>, Option<String>) = calls.query_async(wire).await?;
        let found = found.into_iter().flat_map(|found| found.keys).flat_map(|stream| stream.ids);
        let found = found.filter_map(|entry| Entry::read(&entry)).collect();
        Ok((found, last.as_deref().and_then(Place::read).unwrap_or_default()))
    }

    /// Whether nobody listens; then the next one to listen gets a reader of its own.
    fn is_deserted(&self, reader: &mut Reader) -> bool {
        let mut state = self.lock();
        state.listeners.retain(|_, listeners| {
            listeners.retain(|listener| !listener.feed.is_closed());
            !listeners.is_empty()
        });
        let deserted = state.listeners.is_empty();
        if deserted {
            state.reader = None;
            reader.over = true;
        }
        deserted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Listeners are added and taken away whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives each message to who listens, and tells everyone when one is missing.
    fn hand_out(&mut self, found: Vec<Entry>, last: Place) {
        if found.is_empty() && last < self.position {
            // The server lost its memory.
            self.position = last;
            self.missed();
        }
        for Entry { place, before, topic, bytes } in found {
            if before != self.position {
                self.missed();
            }
            self.position = place;
            let Some((topic, _)) = self.listeners.get_key_value(topic.as_str()) else { continue };
            let topic = Arc::clone(topic);
            let Some(listeners) = self.listeners.get_mut(&topic) else { continue };
            listeners.retain(|listener| match place > listener.from {
                true => listener.feed.send(Message { topic: Arc::clone(&topic), bytes: bytes.clone() }),
                false => !listener.feed.is_closed(),
            });
        }
    }

    fn missed(&mut self) {
        for listener in self.listeners.values_mut().flatten() {
            listener.from = listener.from.min(self.position);
            listener.feed.lagged();
        }
    }
}

/// What a reader leaves behind however it ends: no listener waits for one that is gone.
struct Reader {
    hub: Arc<Hub>,
    over: bool,
    pause: Duration,
    lost: bool,
}

/// Reads for as long as somebody listens.
async fn follow(hub: Arc<Hub>) {
    let mut reader = Reader { hub: Arc::clone(&hub), over: false, pause: FIRST_PAUSE, lost: false };
    while let Err(error) = hub.read(&mut reader).await {
        reader.is_lost(&error);
        tokio::time::sleep(reader.pause).await;
        reader.pause = (reader.pause * 2).min(LONGEST_PAUSE);
    }
}

impl Reader {
    fn is_lost(&mut self, error: &RedisError) {
        if !self.lost {
            self.lost = true;
            tracing::warn!(store = %self.hub.address, %error, "the bus lost its connection to Redis, and tries again");
        }
    }

    fn is_back(&mut self, address: &Address) {
        self.pause = FIRST_PAUSE;
        if self.lost {
            self.lost = false;
            tracing::info!(store = %address, "the bus has its connection to Redis again");
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if !self.over {
            let mut state = self.hub.lock();
            state.listeners.clear();
            state.reader = None;
        }
    }
}

async fn within<T>(time: Duration, answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let late = || RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
    tokio::time::timeout(time, answer).await.unwrap_or_else(|_| Err(late()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::subscription::Delivery;

    fn entry(place: u64, before: u64) -> Entry {
        let bytes = Bytes::from(place.to_string());
        Entry { place: Place(place, 0), before: Place(before, 0), topic: "topic".to_owned(), bytes }
    }

    fn listening(state: &mut State, from: u64) -> Subscription {
        let (feed, subscription) = Subscription::new();
        let listener = Listener { from: Place(from, 0), feed: Arc::new(feed) };
        state.listeners.entry(Arc::from("topic")).or_default().push(listener);
        subscription
    }

    /// What was heard until nobody speaks any more.
    async fn heard(mut subscription: Subscription) -> Vec<String> {
        let mut heard = Vec::new();
        while let Some(delivery) = subscription.next().await {
            heard.push(match delivery {
                Delivery::Message(message) => String::from_utf8_lossy(&message.bytes).into_owned(),
                Delivery::Lagged => "lagged".to_owned(),
            });
        }
        heard
    }

    #[tokio::test]
    async fn who_listens_later_does_not_hear_what_was_said_before() {
        let mut state = State { position: Place(1, 0), ..State::default() };
        let (early, late) = (listening(&mut state, 1), listening(&mut state, 3));
        state.hand_out(vec![entry(2, 1), entry(3, 2), entry(4, 3)], Place(4, 0));
        drop(state);
        assert_eq!(heard(early).await, ["2", "3", "4"]);
        assert_eq!(heard(late).await, ["4"]);
    }

    #[tokio::test]
    async fn a_gap_is_told_once_and_the_rest_is_heard() {
        let mut state = State { position: Place(1, 0), ..State::default() };
        let subscription = listening(&mut state, 1);
        state.hand_out(vec![entry(2, 1), entry(5, 4), entry(6, 5)], Place(6, 0));
        drop(state);
        assert_eq!(heard(subscription).await, ["2", "lagged", "5", "6"]);
    }

    #[tokio::test]
    async fn a_server_that_begins_anew_with_an_earlier_clock_is_heard() {
        let mut state = State { position: Place(9, 0), ..State::default() };
        let subscription = listening(&mut state, 9);
        state.hand_out(Vec::new(), Place::default());
        state.hand_out(Vec::new(), Place::default());
        state.hand_out(vec![entry(2, 0)], Place(2, 0));
        drop(state);
        assert_eq!(heard(subscription).await, ["lagged", "2"]);
    }
}
